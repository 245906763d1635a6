"""What comes of verifying a whole store."""

from __future__ import annotations

from typing import NamedTuple

from assay.core.errors import VerificationError

__all__ = ["DamagedStore", "Verified"]


class Verified(NamedTuple):
    """What was gone through, and found right."""

    blocks: int
    bytes: int
    pins: int


class DamagedStore(VerificationError):
    """Damage was found: `damage` lists all of it, `seen` counts what was gone through."""

    def __init__(self, damage: tuple[str, ...], seen: Verified) -> None:
        more = f" (and {len(damage) - 1} more)" if len(damage) > 1 else ""
        super().__init__(f"{damage[0]}{more}; putting a block again repairs it")
        self.damage = damage
        self.seen = seen
