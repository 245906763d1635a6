"""Exact counts under version control: what must not change unless somebody means it.

Times vary, counts do not: constraints of circuits, bytes of proofs and keys, products of a kernel. A Python file counts
them, `SECTIONS = {section: function that returns {name: count}}`, and a JSON file {section: {name: count}} stores them.
`assay bench counts` compares both and fails on any difference, up or down; `--write` restates the stored ones, and the
difference then stands in the commit that made it.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from assay.core.errors import EncodingError, InvalidInput, NotFound, VerificationError
from assay.core.files import atomic_write

__all__ = ["Counts", "CountsChanged", "check", "count", "differences", "load", "write"]

Counts: TypeAlias = dict[str, dict[str, int]]
"""{section: {name: count}}"""


class CountsChanged(VerificationError):
    """A count is not what is stored."""


def count(counter: Path, sections: Sequence[str] = ()) -> Counts:
    """Runs the functions of a file, all or those named. `NotFound` for a file or section that is not there."""
    if not counter.is_file():
        raise NotFound(f"there is no file {counter} that counts")
    known: Mapping[str, Callable[[], Mapping[str, int]]] | None = runpy.run_path(str(counter)).get("SECTIONS")
    if not isinstance(known, dict) or not known:
        raise InvalidInput(f"{counter} defines no dictionary SECTIONS of names and functions")
    if missing := [name for name in sections if name not in known]:
        raise NotFound(f"{counter} has no section {missing[0]!r}; known: {', '.join(known)}")
    return _checked({name: dict(known[name]()) for name in sections or known}, counter)


def load(stored: Path) -> Counts:
    """The stored counts; `EncodingError` for anything but {section: {name: integer}}."""
    if not stored.is_file():
        raise NotFound(f"there are no stored counts {stored}; `assay bench counts --write` makes them")
    try:
        return _checked(json.loads(stored.read_text()), stored)
    except ValueError as error:
        raise EncodingError(f"{stored} is no JSON: {error}") from None


def differences(stored: Counts, fresh: Counts) -> list[str]:
    """One line for each count of the fresh sections that was added, removed or changed."""
    lines = []
    for section, now in fresh.items():
        before = stored.get(section, {})
        for name in sorted(before.keys() | now.keys()):
            old, new = before.get(name), now.get(name)
            if old is None:
                lines.append(f"{section}: {name}: {new}, not stored")
            elif new is None:
                lines.append(f"{section}: {name}: stored as {old}, no longer counted")
            elif old != new:
                lines.append(f"{section}: {name}: {new}, stored as {old} ({(new - old) / max(old, 1):+.2%})")
    return lines


def check(stored: Path, counter: Path, sections: Sequence[str] = ()) -> int:
    """How many counts agree; `CountsChanged` with a line for each that does not."""
    before, fresh = load(stored), count(counter, sections)
    lines = differences(before, fresh)
    if not sections:
        lines += [f"{name}: a stored section that is no longer counted" for name in before if name not in fresh]
    if lines:
        restate = "if they are meant: `assay bench counts --write`, in the commit that says why"
        raise CountsChanged("\n".join([f"{len(lines)} counts changed ({restate})", *lines]))
    return sum(map(len, fresh.values()))


def write(stored: Path, counter: Path, sections: Sequence[str] = ()) -> list[str]:
    """Restates the stored counts, all or those of some sections; what changed."""
    fresh = count(counter, sections)
    before = load(stored) if stored.is_file() else {}
    kept = {name: before[name] for name in before if sections and name not in fresh}
    with atomic_write(stored) as file:
        file.write((json.dumps(kept | fresh, indent=2, sort_keys=True) + "\n").encode())
    return differences(before, fresh)


def _checked(counts: object, path: Path) -> Counts:
    if not isinstance(counts, dict) or not all(isinstance(section, dict) for section in counts.values()):
        raise EncodingError(f"{path} must hold sections of counts")
    for section, rows in counts.items():
        for name, value in rows.items():
            if type(value) is not int or value < 0:
                raise EncodingError(f"{path}: {section}: {name} is {value!r}, not a count")
    return counts
