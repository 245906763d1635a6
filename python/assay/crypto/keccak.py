"""Keccak-256 as Ethereum uses it: the sponge of FIPS 202 with the padding of the original submission (0x01, not 0x06).

Source: Bertoni, Daemen, Peeters, Van Assche, "The Keccak reference", version 3.0, 2011. Plain Python, some tenths of a
millisecond a block: for function selectors and names, not for bulk data.
"""

from __future__ import annotations

import struct
from typing import Final

__all__ = ["keccak_256"]

_RATE: Final = 136
_MASK: Final = 2**64 - 1


def keccak_256(data: bytes) -> bytes:
    """32 bytes."""
    return _sponge(data, 0x01)


def _sponge(data: bytes, suffix: int) -> bytes:
    padded = bytearray(data) + bytearray(_RATE - len(data) % _RATE)
    padded[len(data)] ^= suffix
    padded[-1] ^= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        for i, word in enumerate(struct.unpack_from(f"<{_RATE // 8}Q", padded, start)):
            state[i] ^= word
        state = _permute(state)
    return struct.pack("<4Q", *state[:4])


def _round_constants() -> list[int]:
    """Bit 2^j - 1 of round i is bit j + 7 i of the sequence of x^8 + x^6 + x^5 + x^4 + 1 over GF(2)."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << (2**j - 1)
            register = (register << 1) ^ (0x171 * (register >> 7))
        constants.append(constant)
    return constants


def _rotations() -> list[int]:
    """By which each lane x + 5 y turns: triangular numbers along the orbit (x, y) -> (y, 2 x + 3 y)."""
    turns, x, y = [0] * 25, 1, 0
    for t in range(24):
        turns[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return turns


_ROUNDS: Final = _round_constants()
_TURNS: Final = _rotations()


def _turn(word: int, by: int) -> int:
    return (word << by | word >> (64 - by)) & _MASK


def _permute(a: list[int]) -> list[int]:
    for constant in _ROUNDS:
        parity = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        spread = [parity[x - 1] ^ _turn(parity[(x + 1) % 5], 1) for x in range(5)]
        b = [0] * 25
        for x in range(5):
            for y in range(5):
                b[y + 5 * ((2 * x + 3 * y) % 5)] = _turn(a[x + 5 * y] ^ spread[x], _TURNS[x + 5 * y])
        a = [b[i] ^ (~b[(i + 1) % 5 + i - i % 5] & b[(i + 2) % 5 + i - i % 5]) for i in range(25)]
        a[0] ^= constant
    return a
