"""A product's pictures: which is which in every store, and the next step towards others.

A picture is an entry `key text`: what its content is called everywhere, then its alt text. The key
is the address that the content was first given by, or for a store's own upload its file's name and
the SHA-256 of its bytes: `front.jpg#0f3a…`. Ids differ from store to store, so each listing
remembers which of its media is which. What nobody has looked at yet has an empty key.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import parse_qs, quote, unquote, urlsplit

from catalogue.domain.values import Value

__all__ = [
    "Medium",
    "Step",
    "identify",
    "key_of",
    "keys_in",
    "names_for",
    "next_step",
    "renamed",
    "shown_by",
    "text_of",
    "version_of",
]

Node: TypeAlias = Mapping[str, Any]
READY, FAILED, IMAGE = "READY", "FAILED", "IMAGE"
MOST_NEW = 99  # pictures that one call attaches, and whose ids its answer shows
DIGITS = 32  # of a digest: half of it tells as many apart as there ever will be
# What Shopify appends to the name of a file whose name is taken (APPEND_UUID).
_UUID = re.compile(r"_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\.[^.]*$|$)")


@dataclass(frozen=True, slots=True)
class Medium:
    """One of a listing's media. `key`: empty until it is known, None for what is no picture.

    `digest`: of its bytes, where they were looked at; `source` changes with its content, and `was`
    is its key until then.
    """

    gid: str
    key: str | None
    alt: str
    status: str
    source: str = ""
    digest: str = ""
    was: str = ""

    @property
    def unseen(self) -> bool:
        """Whether its bytes must be looked at before anybody knows what it is."""
        return self.key == "" and self.status == READY and not self.digest

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
    nodes: Sequence[Node],
    known: Mapping[str, Medium],
    sent: Iterable[str],
    keys: Mapping[str, str],
) -> list[Medium]:
    """Each of a product's media, in order, by what the listing remembers or by its content.

    `keys`: what contents are called, by digest. `sent`: entries that we may have put there without
    hearing the answer; Shopify may have packed their bytes anew, so there a name and a text count
    too, and where processing has failed the text alone.
    """
    found = {node["id"]: _read(node, known.get(node["id"])) for node in nodes}
    taken = {medium.key for medium in found.values()}
    come = taken | {medium.was for medium in found.values()}
    waiting = {key_of(entry): text_of(entry) for entry in sent if key_of(entry) not in come}
    looked = [one for one in found.values() if one.key == "" and keys.get(one.digest)]
    for medium in sorted(looked, key=lambda one: keys[one.digest] not in waiting):
        content = keys[medium.digest]
        ours = content if content in waiting else _sent_as(medium, waiting) or content
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


def _read(node: Node, known: Medium | None) -> Medium:
    """A medium as a node shows it; what has other content by now is known no longer."""
    status, image = node["status"], node.get("image") or {}
    source = image.get("url") or "" if status == READY else ""
    key, was = (known.key or "", known.was) if known else ("", "")
    if known is not None and known.source and source and known.source != source:
        known, key, was = None, "", key or was
    if node["mediaContentType"] != IMAGE or (status == FAILED and not key):
        return Medium(node["id"], None, _words(node["alt"]), status, source)
    digest = known.digest if known else ""
    return Medium(node["id"], key, _words(node["alt"]), status, source, digest, was)


def _words(alt: str | None) -> str:
    return " ".join((alt or "").split())


def version_of(source: str) -> str:
    """What Shopify's CDN writes behind an address, anew for another content."""
    return parse_qs(urlsplit(source).query).get("v", [""])[0]


def names_for(media: Iterable[Medium]) -> dict[str, str]:
    """By digest what a content is called if nobody has called it anything yet."""
    new = [one for one in media if one.key == "" and one.digest]
    return {one.digest: f"{quote(_name(one.source))}#{one.digest[:DIGITS]}" for one in new}


def _sent_as(medium: Medium, waiting: Mapping[str, str]) -> str | None:
    name = _name(medium.source)
    alike = (key for key, text in waiting.items() if _name(key) == name and text == medium.alt)
    return next(alike, None)


def _name(key: str) -> str:
    """The file name at the end of an address, or before the digest of a content."""
    return _UUID.sub("", unquote(urlsplit(key).path.rpartition("/")[2]))


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
    media: Sequence[Medium],
    wanted: Sequence[str],
    sources: Mapping[str, str],
    gid: str,
    *,
    unknown: bool = False,
) -> Step | None:
    """What comes first: new pictures, then texts, then what must go, then the order.

    `sources`: addresses from which pictures can be fetched, by key; what has none waits, and so
    does the text of what is not processed. `unknown`: of some that are wanted nobody knows what
    they show; it may be what is there, so nothing goes. None where nothing can be done.
    """
    shown = shown_by(media)
    if shown is None:
        return None
    want = {key_of(entry): entry for entry in wanted}
    have = {medium.key: medium for medium in media if medium.key}
    new = {key: entry for key, entry in want.items() if key not in have and key in sources}
    if new:
        new = dict([*new.items()][:MOST_NEW])
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
    gone = [m for key, m in have.items() if key not in want and m.status == READY]
    lost = [m for key, m in have.items() if key not in want and m.status == FAILED]
    if lost:
        keys = {medium.key for medium in lost}
        rest = [entry for entry in shown if key_of(entry) not in keys]
        return Step("discard", [{"id": medium.gid} for medium in lost], rest)
    if gone and not unknown:
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


def renamed(value: Value, names: Mapping[str, str]) -> Value:
    """A value whose contents are called by other names; each of them stands in it once."""
    entries: dict[str, str] = {}
    for entry in value if isinstance(value, list) else ():
        key = names.get(key_of(entry), key_of(entry))
        entries.setdefault(key, f"{key} {text_of(entry)}".strip())
    return [*entries.values()]


def keys_in(value: Value) -> list[str]:
    """The keys of a value's entries, in order."""
    return [key_of(entry) for entry in value] if isinstance(value, list) else []
