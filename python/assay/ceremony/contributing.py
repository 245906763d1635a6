"""What both phases ask of a contribution: a name that a file can hold, a file of its own, a beacon that can be computed
again, and that the hashes somebody expects are among those found.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from assay.ceremony.errors import CeremonyError
from assay.core.errors import InvalidInput, LimitError

__all__ = ["require_expected", "require_feasible", "require_name", "require_other_file"]

_MAX_NAME: Final = 64  # as snarkjs has it, in UTF-16 units there
_MAX_NAME_BYTES: Final = 255  # its length is one byte


def require_name(name: str) -> str:
    """The name, if it is at most 64 printable characters. Raises `InvalidInput`."""
    if len(name) > _MAX_NAME or len(name.encode()) > _MAX_NAME_BYTES or not name.isprintable():
        raise InvalidInput(
            f"a contributor's name has at most {_MAX_NAME} printable characters ({_MAX_NAME_BYTES} bytes), "
            f"not {name!r:.100}"
        )
    return name


def require_other_file(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Raises `InvalidInput` if `target` is the file to start from, which says who contributed before."""
    if Path(target).exists() and Path(source).samefile(target):
        raise InvalidInput(f"{target} is the file to start from, the evidence so far: write to another file")


def require_feasible(position: int, log_iterations: int | None, max_log_iterations: int) -> None:
    """Raises `LimitError` if contribution `position`, from 1, is a beacon of more iterations than 2^max_log_iterations.

    log_iterations: None for a contribution that is no beacon.
    """
    if log_iterations is not None and log_iterations > max_log_iterations:
        raise LimitError(
            f"contribution {position} is a beacon of 2^{log_iterations} iterations, above the limit of "
            f"2^{max_log_iterations}"
        )


def require_expected(found: Collection[bytes], expected: Collection[bytes]) -> None:
    """Raises `CeremonyError` for the first hash of `expected` that no contribution has."""
    for digest in expected:
        if digest not in found:
            raise CeremonyError("contributions", f"the expected contribution {digest.hex()} is not among them")
