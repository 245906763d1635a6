"""Fiat-Shamir transcripts over SHA-256 (cpp/hash/transcript.h has the exact bytes).

Prover and verifier make the same calls in the same order; each challenge depends on all that came before, and on
labels, kinds and lengths. Absorb the whole statement and its context before the first challenge.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import SupportsIndex

import numpy as np

from assay import _native
from assay.crypto.field import Fr, Limbs

__all__ = ["Transcript"]


class Transcript:
    """The state of one protocol run."""

    def __init__(self, protocol: str) -> None:
        self._native = _native.Transcript(protocol)

    def absorb(self, label: str, data: bytes) -> None:
        """Binds what follows to a byte string."""
        self._native.absorb(label, data)

    def absorb_elements(self, label: str, elements: Iterable[SupportsIndex] | Limbs) -> None:
        """Binds what follows to elements of Fr: integers in [0, r) or uint64[n, 4].

        Raises InvalidInput or EncodingError for a value outside the field; the transcript is then as before.
        """
        limbs = elements if isinstance(elements, np.ndarray) else Fr.to_limbs(elements)
        self._native.absorb_elements(label, limbs)

    def challenge(self, label: str) -> int:
        """An element of Fr, uniform to within 2^-256."""
        return Fr.from_limbs(self._native.challenge(label))[0]

    def challenge_bytes(self, label: str) -> bytes:
        """32 bytes."""
        out: bytes = self._native.challenge_bytes(label)
        return out

    def copy(self) -> Transcript:
        """An independent transcript in the same state."""
        twin = object.__new__(Transcript)
        twin._native = self._native.copy()
        return twin
