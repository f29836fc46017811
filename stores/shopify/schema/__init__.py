"""Shopify's Admin API schema, cut down to what we and the twin speak (see `prune_schema`)."""

from functools import cache
from pathlib import Path

from graphql import GraphQLSchema, build_schema

__all__ = ["SDL_PATH", "VERSION", "load_schema"]

VERSION = "2026-10"
SDL_PATH = Path(__file__).with_name(f"admin-{VERSION}.graphql")


@cache
def load_schema() -> GraphQLSchema:
    """The schema, built once; the file is our own output, so it isn't validated again."""
    return build_schema(SDL_PATH.read_text("utf-8"), assume_valid=True, no_location=True)
