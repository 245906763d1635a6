"""Where a contribution's secrets come from: the operating system, or a public beacon that nobody could foresee.

Both seed a ChaCha20 key stream; what is drawn from it, and how, is that of snarkjs, so that the beacon of one tool is
the beacon of the other. The secrets of a contributor never exist as Python objects: `CeremonyGenerator.scalar` gives a
handle that computes and cannot be read, and the seed and the scalars are wiped when their handles go.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from assay import _native
from assay.core.errors import InvalidInput
from assay.core.progress import SILENT, Progress, native_progress

__all__ = ["MAX_LOG_ITERATIONS", "Beacon", "system_generator"]

MAX_LOG_ITERATIONS: Final = 36
"""What a verifier computes again unless told otherwise: some hours. A hostile file may ask for centuries."""

_MIN_LOG: Final = 10
_MAX_LOG: Final = 63
_MAX_BYTES: Final = 255


def system_generator(entropy: str | None = None) -> _native.CeremonyGenerator:
    """A generator seeded by the operating system; `entropy`, any text, is mixed in and can only help."""
    mixed_in = hashlib.blake2b((entropy or "").encode(), digest_size=32, person=b"assay entropy").digest()
    return _native.CeremonyGenerator.from_system(mixed_in)


@dataclass(frozen=True)
class Beacon:
    """A public value fixed after the last contribution, and the delay: SHA-256 iterated 2^`log_iterations` times."""

    value: bytes
    log_iterations: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.value) <= _MAX_BYTES:
            raise InvalidInput(f"a beacon has 1 to {_MAX_BYTES} bytes, got {len(self.value)}")
        if not _MIN_LOG <= self.log_iterations <= _MAX_LOG:
            raise InvalidInput(
                f"a beacon is hashed 2^{_MIN_LOG} to 2^{_MAX_LOG} times, got an exponent of {self.log_iterations}"
            )

    @classmethod
    def from_hex(cls, text: str, log_iterations: int) -> Beacon:
        """From hexadecimal digits, with or without 0x."""
        try:
            value = bytes.fromhex(text.removeprefix("0x"))
        except ValueError:
            raise InvalidInput(f"a beacon is written in pairs of hexadecimal digits, got {text!r}") from None
        return cls(value, log_iterations)

    def generator(self, *, progress: Progress = SILENT) -> _native.CeremonyGenerator:
        """The generator that everybody can make again: what it draws is public."""
        with native_progress(progress, "beacon") as report:
            seed = _native.ceremony_beacon(self.value, self.log_iterations, report)
        return _native.CeremonyGenerator.from_seed(seed)
