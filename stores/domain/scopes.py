"""What leave the app asks of a store, what each is for, and what a store lacks."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ASKED", "CHANNELS", "PICTURES", "REQUIRED", "USES", "Use", "lacking", "with_implied"]


@dataclass(frozen=True, slots=True)
class Use:
    """Leave that a store may keep back, and what is not done there then."""

    scopes: tuple[str, ...]
    lost: str

    def granted(self, scopes: Iterable[str]) -> bool:
        return set(self.scopes) <= with_implied(scopes)

    def __str__(self) -> str:
        return " and ".join(self.scopes)


REQUIRED = (
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
)
PICTURES = Use(
    ("read_files", "write_files"), "its pictures are neither carried to other stores nor set there"
)
CHANNELS = Use(
    ("read_publications", "write_publications"),
    "its sales channels are neither shown nor set from here",
)
USES: tuple[Use, ...] = (PICTURES, CHANNELS)
ASKED = (*REQUIRED, *(scope for use in USES for scope in use.scopes))


def with_implied(scopes: Iterable[str]) -> set[str]:
    """Leave to write implies leave to read, and Shopify names only the wider one."""
    named = set(scopes)
    return named | {one.replace("write_", "read_", 1) for one in named if one.startswith("write_")}


def lacking(scopes: Iterable[str]) -> list[Use]:
    """What a store with these scopes has not granted, of what it may keep back."""
    named = list(scopes)
    return [use for use in USES if not use.granted(named)]
