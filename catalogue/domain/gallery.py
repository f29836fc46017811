"""A product's pictures: which is which in every store, and the next step towards others.

A picture is an entry `key text`: what it is known by everywhere, then its alt text. The key is the
address that it was given by, or for a store's own upload what Shopify shows of its content:
`front.jpg#1200x900-123456`, its file's name, size and bytes. Ids differ from store to store, so
each listing remembers which of its media is which.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import quote, unquote, urlsplit

from catalogue.domain.values import Value

__all__ = ["Medium", "Step", "identify", "key_of", "keys_in", "next_step", "shown_by", "text_of"]

Node: TypeAlias = Mapping[str, Any]
READY, FAILED, IMAGE = "READY", "FAILED", "IMAGE"
# What Shopify appends to the name of a file whose name is taken (APPEND_UUID).
_UUID = re.compile(r"_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\.[^.]*$|$)")


@dataclass(frozen=True, slots=True)
class Medium:
    """One of a listing's media. `key`: empty until it is known, None for what is no picture."""

    gid: str
    key: str | None
    alt: str
    status: str
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Step:
    """One mutation of a gallery, what it is given, and what the store shows after it."""

    kind: str
    given: list[dict[str, Any]]
    shown: list[str]


def key_of(entry: str) -> str:
    return entry.partition(" ")[0]


def text_of(entry: str) -> str:
    return entry.partition(" ")[2]


def identify(
    nodes: Sequence[Node], known: Mapping[str, str | None], sent: Iterable[str]
) -> list[Medium]:
    """Each of a product's media, in order, by what the listing remembers or by its content.

    `sent`: entries that we may have put there without hearing the answer. What has failed shows no
    content: there its text alone tells that it is ours.
    """
    found = {node["id"]: _read(node, known.get(node["id"])) for node in nodes}
    taken = {medium.key for medium in found.values()}
    waiting = {key_of(entry): text_of(entry) for entry in sent if key_of(entry) not in taken}
    for node in nodes:
        medium = found[node["id"]]
        if medium.key == "" and medium.source:
            content = _content(node)
            ours = next((key for key in waiting if _name(key) == _name(content)), content)
            waiting.pop(ours, None)
            found[medium.gid] = replace(medium, key=_free(ours, taken))
            taken.add(found[medium.gid].key)
    for node in nodes:
        medium = found[node["id"]]
        if medium.key is None and node["mediaContentType"] == IMAGE:
            lost = next((key for key, text in waiting.items() if text == medium.alt), None)
            waiting.pop(lost or "", None)
            found[medium.gid] = replace(medium, key=lost)
    return [*found.values()]


def _read(node: Node, known: str | None) -> Medium:
    picture = node["mediaContentType"] == IMAGE
    lost = node["status"] == FAILED and not known
    image = node.get("image") or {}
    source = image.get("url") or "" if node["status"] == READY else ""
    key = (known or "") if picture and not lost else None
    return Medium(node["id"], key, " ".join((node["alt"] or "").split()), node["status"], source)


def _content(node: Node) -> str:
    image, original = node["image"], node.get("originalSource") or {}
    name = _UUID.sub("", unquote(urlsplit(image["url"]).path.rpartition("/")[2]))
    size = f"{image['width']}x{image['height']}-{original.get('fileSize') or 0}"
    return f"{quote(name)}#{size}"


def _name(key: str) -> str:
    """The file name at the end of an address, or before the size of a content."""
    return unquote(urlsplit(key).path.rpartition("/")[2])


def _free(key: str, taken: Collection[str | None]) -> str:
    """The same content twice in one gallery is two pictures."""
    copy, number = key, 1
    while copy in taken:
        number += 1
        copy = f"{key}~{number}"
    return copy


def shown_by(media: Iterable[Medium]) -> list[str] | None:
    """The entries that a store shows; None while Shopify still processes what nobody knows yet."""
    pictures = [medium for medium in media if medium.key is not None]
    if any(not medium.key for medium in pictures):
        return None
    return [f"{medium.key} {medium.alt}".strip() for medium in pictures]


def next_step(
    media: Sequence[Medium], wanted: Sequence[str], sources: Mapping[str, str], gid: str
) -> Step | None:
    """What comes first: new pictures, then texts, then the order, then what must go.

    `sources`: addresses from which pictures can be fetched, by key; what has none waits, and so
    does the text of what is not processed. None where nothing can be done.
    """
    shown = shown_by(media)
    if shown is None:
        return None
    want = {key_of(entry): entry for entry in wanted}
    have = {medium.key: medium for medium in media if medium.key}
    new = {key: entry for key, entry in want.items() if key not in have and key in sources}
    if new:
        given = [
            {"mediaContentType": IMAGE, "originalSource": sources[key], "alt": text_of(entry)}
            for key, entry in new.items()
        ]
        return Step("attach", given, [*shown, *new.values()])
    texts = {
        key: entry
        for key, entry in want.items()
        if key in have and have[key].alt != text_of(entry) and have[key].status == READY
    }
    if texts:
        given = [{"id": have[key].gid, "alt": text_of(entry)} for key, entry in texts.items()]
        return Step("describe", given, [texts.get(key_of(entry), entry) for entry in shown])
    gone = [m for key, m in have.items() if key not in want and m.status in (READY, FAILED)]
    if gone:
        off = [{"id": medium.gid, "referencesToRemove": [gid]} for medium in gone]
        keys = {medium.key for medium in gone}
        return Step("detach", off, [entry for entry in shown if key_of(entry) not in keys])
    return _order(media, shown, [key for key in want if key in have])


def _order(media: Sequence[Medium], shown: Sequence[str], keys: Sequence[str]) -> Step | None:
    """Pictures change places among themselves; films and models stay where they are."""
    entries = {key_of(entry): entry for entry in shown}
    places = [place for place, medium in enumerate(media) if medium.key in keys]
    target = [medium.gid for medium in media]
    gids = {medium.key: medium.gid for medium in media}
    for place, key in zip(places, keys, strict=True):
        target[place] = gids[key]
    standing, moves = [medium.gid for medium in media], []
    for place, gid in enumerate(target):
        if standing[place] != gid:
            standing.remove(gid)
            standing.insert(place, gid)
            moves.append({"id": gid, "newPosition": str(place)})
    rest = [entries[key] for key in entries if key not in keys]
    return Step("order", moves, [*(entries[key] for key in keys), *rest]) if moves else None


def keys_in(value: Value) -> list[str]:
    """The keys of a value's entries, in order."""
    return [key_of(entry) for entry in value] if isinstance(value, list) else []
