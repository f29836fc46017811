"""Random histories play in the same whole product as the journeys."""

from tests.journeys.conftest import world

__all__ = ["world"]
