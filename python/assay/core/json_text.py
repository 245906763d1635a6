"""JSON from outside: bounded in bytes and nesting, no key twice, no NaN, and floats only where they belong.

The parser of the standard library recurses, and other libraries raise Python's recursion limit so far that deep nesting
exhausts the stack: the depth is therefore counted before it parses.
"""

from __future__ import annotations

import json
import re
from typing import Any

from assay.core.errors import EncodingError, LimitError, WrongType

__all__ = ["parse_json"]

# A string with its escapes (an unfinished one runs to the end), or a bracket outside strings.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def parse_json(text: str | bytes, *, max_bytes: int, max_depth: int, floats: bool = False) -> Any:
    """The value in `text`.

    Raises:
        WrongType: neither str nor bytes.
        LimitError: longer than `max_bytes`.
        EncodingError: not UTF-8, not JSON, deeper than `max_depth`, a key twice, or (unless `floats`) a float.
    """
    if not isinstance(text, (str, bytes)):
        raise WrongType(f"JSON is read from str or bytes, got {type(text).__name__}")
    if len(text) > max_bytes:
        raise LimitError(f"{len(text)} bytes of JSON are above the limit of {max_bytes}")
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        _require_shallow(decoded, max_depth)
        parse_float = float if floats else _refuse
        return json.loads(decoded, object_pairs_hook=_unique, parse_float=parse_float, parse_constant=_refuse)
    except EncodingError:
        raise
    except ValueError as error:
        raise EncodingError(f"not JSON: {error}") from None


def _require_shallow(text: str, max_depth: int) -> None:
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token[0] != '"':
            depth += 1 if token in "[{" else -1
        if depth > max_depth:
            raise EncodingError(f"JSON of more than {max_depth} levels of nesting")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise EncodingError("a key occurs twice in a JSON object")
    return data


def _refuse(token: str) -> Any:
    raise EncodingError(f"the number {token[:20]} has no place here")
