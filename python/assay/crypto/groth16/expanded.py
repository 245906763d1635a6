"""A proving key together with multiples of its points, for a service that proves again and again.

The multiples let a sum's windows share their buckets (`assay.crypto.msm.PrecomputedBases`). They live as long as the
`ExpandedKey`, in memory only, and derive from the key: there is nothing in them to save or to keep secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any, Final, Literal, SupportsIndex, get_args

from assay import _native
from assay.core.errors import InvalidInput, WrongType
from assay.core.progress import SILENT, Progress, native_progress
from assay.crypto.groth16.keys import ProvingKey

__all__ = ["DEFAULT_FACTOR", "EXPANDABLE", "ExpandedKey", "Section", "expand", "require_factor", "require_sections"]

Section = Literal["h", "l", "a", "b1", "b2"]
EXPANDABLE: Final[tuple[Section, ...]] = get_args(Section)

DEFAULT_FACTOR: Final = 8
"""Twice the memory brings a fiftieth more, half of it costs a twentieth (docs/performance.md)."""
_MOST_FACTOR: Final = 64  # a sum has fewer windows


class ExpandedKey(ProvingKey):
    """A proving key and multiples of its points; made by `expand`. `save` writes the key without them."""

    def __init__(self, key: ProvingKey, tables: _native.Groth16Tables, sections: tuple[Section, ...]) -> None:
        super().__init__(key._header, key.sections)
        self.key: Final = key
        """The key by itself."""
        self.tables: Final = tables
        self.expanded_sections: Final = sections
        """Which sums have a table."""

    def __repr__(self) -> str:
        sections = ", ".join(self.expanded_sections)
        return f"{super().__repr__()[:-1]}; multiples for {sections}: {self.table_bytes / 2**20:.0f} MiB)"

    @property
    def table_bytes(self) -> int:
        """Memory of the multiples."""
        return int(self.tables.bytes)


def expand(
    key: ProvingKey,
    *,
    memory_factor: SupportsIndex = DEFAULT_FACTOR,
    sections: Iterable[Section] = EXPANDABLE,
    progress: Progress = SILENT,
) -> ExpandedKey:
    """Makes the multiples, on all threads; Ctrl-C stops it. Takes as long as some fifteen proofs.

    memory_factor: the tables take at most so many times the memory of the points they are of, 1 or more. sections:
    the sums that get a table; "h" gains with every witness, the others, which weigh the points by the witness, where
    seven eighths of its values differ (docs/groth16.md). `estimate` tells time and memory.

    Raises `InvalidInput` for a factor below 1, no section or an unknown one, or a key that is expanded already,
    `EncodingError` for a mapped key whose file is damaged.
    """
    if not isinstance(key, ProvingKey):
        raise WrongType(f"expected a ProvingKey, got {type(key).__name__}")
    if isinstance(key, ExpandedKey):
        raise InvalidInput("the key is expanded already; expand the key in its .key to choose anew")
    chosen = require_sections(sections)
    mapped = key.mapped
    with native_progress(progress, "expanding") as report:
        options = (list(chosen), require_factor(memory_factor), report, mapped is not None)
        arguments: tuple[Any, ...] = (*key.native_arguments(), *options)
        tables = _native.Groth16Tables(*arguments)
    if mapped is not None:
        mapped.require_unchanged()
    return ExpandedKey(key, tables, chosen)


def require_factor(memory_factor: SupportsIndex) -> int:
    """The factor, no larger than is of use; `InvalidInput` below 1."""
    factor = index(memory_factor)
    if factor < 1:
        raise InvalidInput(f"memory_factor must be 1 or more, got {factor}")
    return min(factor, _MOST_FACTOR)


def require_sections(sections: Iterable[Section]) -> tuple[Section, ...]:
    """The sections named, in order; `InvalidInput` for none, or for another name."""
    asked = {sections} if isinstance(sections, str) else set(sections)
    if not asked or not asked <= set(EXPANDABLE):
        raise InvalidInput(f"sections are of {', '.join(EXPANDABLE)}, one at least; got {sorted(map(str, asked))}")
    return tuple(name for name in EXPANDABLE if name in asked)
