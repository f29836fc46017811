"""Doors that set the stage of all shops: clock, settings, an empty world."""

from dataclasses import asdict
from datetime import timedelta

from stores.twin.control.asking import Ask, Door, Json
from stores.twin.knobs import described, turn

__all__ = ["DOORS"]


def settings(ask: Ask) -> Json:
    """Turn knobs of the whole twin: {knob: value, …}."""
    turn(ask.twin.settings, ask.given)
    if "seed" in ask.given:
        ask.twin.begin_chance()
    return asdict(ask.twin.settings)


def show_settings(ask: Ask) -> Json:
    """Every knob of the whole twin: value, bounds, meaning."""
    return {"knobs": described(ask.twin.settings)}


def clock(ask: Ask) -> Json:
    """{advance: seconds}, {mode: "virtual" | "real"}, or both: the mode comes first.

    A virtual clock stands. Its steps stop at every moment where something is due, until all of
    that has come to rest.
    """
    match ask.given.get("mode"):
        case None:
            pass
        case "virtual":
            ask.twin.clock.stand()
        case "real":
            ask.twin.clock.run()
        case other:
            raise ValueError(f"A clock is virtual or real, not {other!r}.")
    ask.twin.advance(timedelta(seconds=float(ask.given.get("advance", 0))))
    return show_clock(ask)


def show_clock(ask: Ask) -> Json:
    """The twin's time, its mode, and the seconds until something is due."""
    twin, due = ask.twin, ask.twin.agenda.next_due()
    return {
        "now": twin.clock.now().isoformat(),
        "mode": "virtual" if twin.clock.virtual else "real",
        "next_in": None if due is None else max(0.0, due - twin.clock.seconds()),
    }


def quiet(ask: Ask) -> Json:
    """Whether nothing is on its way or due; retries and delays may be waiting."""
    return {"quiet": ask.twin.is_quiet()}


def reset(ask: Ask) -> Json:
    """Forget every app, shop, setting and entry of the log, and tell the real time again."""
    ask.twin.clear()
    return {}


DOORS: dict[str, Door] = {
    "GET settings": show_settings,
    "POST settings": settings,
    "GET clock": show_clock,
    "POST clock": clock,
    "GET quiet": quiet,
    "POST reset": reset,
}
