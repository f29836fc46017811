"""Which mode may follow which."""

from collections.abc import Mapping

from stores.enums import Mode

NEXT: Mapping[Mode, frozenset[Mode]] = {
    Mode.DISCOVERED: frozenset({Mode.CONNECTED}),
    Mode.CONNECTED: frozenset({Mode.IMPORTING, Mode.PAUSED, Mode.UNINSTALLED}),
    Mode.IMPORTING: frozenset({Mode.REVIEW, Mode.PAUSED, Mode.UNINSTALLED}),
    Mode.REVIEW: frozenset({Mode.LIVE, Mode.IMPORTING, Mode.PAUSED, Mode.UNINSTALLED}),
    Mode.LIVE: frozenset({Mode.REVIEW, Mode.PAUSED, Mode.UNINSTALLED}),
    Mode.PAUSED: frozenset(
        {Mode.CONNECTED, Mode.IMPORTING, Mode.REVIEW, Mode.LIVE, Mode.UNINSTALLED}
    ),
    Mode.UNINSTALLED: frozenset({Mode.CONNECTED}),
}


def may_follow(now: Mode, wanted: Mode) -> bool:
    return wanted in NEXT[now]
