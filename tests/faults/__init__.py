"""Killing real processes at every commit point, and what must be true afterwards."""
