"""What Paillier refuses beyond the errors of `assay.core`."""

from __future__ import annotations

from assay.core.errors import InvalidInput

__all__ = ["BoundError"]


class BoundError(InvalidInput, OverflowError):
    """A value, or what an operation might make of it, does not fit; nothing is wrapped around."""
