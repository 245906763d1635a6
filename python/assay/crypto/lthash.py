"""LtHash: the digest of a set that moves along as elements come and go, whatever the size of the set.

    lanes(S) = sum of SHAKE-128(element) over the elements of S: 1024 numbers mod 2^16, little-endian

Source: Bellare and Micciancio 1997; parameters of Lewi, Kim, Maykov and Weis 2019 (eprint 2019/227): more than 200 bits
against two sets with the same lanes, as long as no element occurs twice. Eight elements are hashed side by side where
the processor has AVX-512.
"""

from __future__ import annotations

from typing import Final

from assay import _native

__all__ = ["EMPTY", "LANES_BYTES", "move"]

LANES_BYTES: Final = 2048
EMPTY: Final = bytes(LANES_BYTES)
"""The lanes of the empty set."""


def move(lanes: bytes, comes: list[bytes], goes: list[bytes]) -> bytes:
    """The 2048 bytes of lanes after the elements of `comes` were added and those of `goes` taken away.

    That what comes was not there, and what goes was, is the caller's to know. `InvalidInput` for lanes of another
    length, `WrongType` for elements that are not bytes. Of 32 elements and more the GIL is released meanwhile.
    """
    moved: bytes = _native.lthash_move(lanes, comes, goes)
    return moved
