"""The control API, JSON under `/_twin/`: set the stage, play the merchant, read the truth.

`GET /_twin/` lists every door with what it takes; `docs/twin.md` tells the story.
"""

from stores.twin.control import apps, goods, panel, shops, stage, truth, warehouse
from stores.twin.control.asking import Ask, Door, Json
from stores.twin.http import BadRequestError, Request, Response, json_response
from stores.twin.refusals import RefusedError
from stores.twin.world import Twin

__all__ = ["answer"]

DOORS: dict[str, Door] = {
    **stage.DOORS,
    **apps.DOORS,
    **shops.DOORS,
    **goods.DOORS,
    **warehouse.DOORS,
    **truth.DOORS,
    **panel.DOORS,
}
_PATTERNS = [(*name.partition(" ")[::2], door) for name, door in DOORS.items()]


def answer(twin: Twin, request: Request) -> Response:
    """One request to the control API; `request.path` is what follows `/_twin/`."""
    try:
        return json_response(_answer(twin, request))
    except (LookupError, RefusedError, TimeoutError, TypeError, ValueError) as error:
        said = error.args[0] if isinstance(error, KeyError) else error
        return json_response({"error": str(said)}, 400)


def _answer(twin: Twin, request: Request) -> Json:
    path = request.path.strip("/")
    if not path:
        return _doors()
    parts = path.split("/")
    for method, pattern, door in _PATTERNS:
        names = _match(pattern.split("/"), parts)
        if method == request.method and names is not None:
            given = {} if method == "GET" else _given(request)
            return door(Ask(twin, names, request.query, given))
    raise LookupError(f"There is nothing at {path}.")


def _given(request: Request) -> Json:
    """The body; a page of another site in a person's browser can't send this type unasked."""
    if "json" not in request.headers.get("content-type", ""):
        raise BadRequestError("Send JSON, with the Content-Type application/json.")
    return request.json()


def _match(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    """The named parts of a path, or None where it does not fit."""
    if len(pattern) != len(parts):
        return None
    names: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            names[wanted.strip("{}")] = part
        elif wanted != part:
            return None
    return names


def _doors() -> Json:
    told = {name: " ".join((door.__doc__ or "").split()) for name, door in DOORS.items()}
    return {"doors": told}
