"""What a ceremony refuses, and where it found it."""

from __future__ import annotations

from assay.core.errors import VerificationError

__all__ = ["CeremonyError"]


class CeremonyError(VerificationError):
    """A file of a ceremony does not verify; `where` names the contribution or section, `check` what failed there."""

    def __init__(self, where: str, check: str) -> None:
        super().__init__(f"{where}: {check}")
        self.where = where
        self.check = check
