"""JSON as PostgreSQL stores it: `jsonb` and `text` know no NUL and no half of a surrogate pair."""

import json
import re
from typing import Any

_TROUBLE = re.compile(r"\\u(?:0000|d[89a-f])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def is_storable(data: Any) -> bool:
    """Whether it may be taken as it is; a rare sign makes this False for nothing."""
    return not _TROUBLE.search(json.dumps(data))


def storable(data: Any) -> Any:
    """The same data with U+FFFD for every character that can't be stored."""
    if isinstance(data, str):
        return _UNSTORABLE.sub(REPLACEMENT, data)
    if isinstance(data, dict):
        return {storable(key): storable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [storable(value) for value in data]
    return data


def dumps(data: Any) -> str:
    """JSON text that can be stored, whatever is in the data."""
    text = json.dumps(data)
    return json.dumps(storable(data)) if _TROUBLE.search(text) else text
