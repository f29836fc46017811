"""Random histories play in the same whole product as the journeys."""

from tests.journeys.conftest import twin_process, world

__all__ = ["twin_process", "world"]
