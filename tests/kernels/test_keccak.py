"""Keccak-256 against published vectors, SHA-3 of the standard library (the same permutation) and eth-hash."""

from __future__ import annotations

import hashlib

import pytest
from eth_utils import keccak

from assay.crypto import keccak as ours


def test_published_vectors() -> None:
    assert ours.keccak_256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert ours.keccak_256(b"transfer(address,uint256)")[:4].hex() == "a9059cbb"


@pytest.mark.parametrize("length", [0, 1, 7, 8, 134, 135, 136, 137, 271, 272, 273, 1000])
def test_every_padding(length: int) -> None:
    data = bytes((7 * i + length) % 256 for i in range(length))
    assert ours.keccak_256(data) == keccak(data)
    assert ours._sponge(data, 0x06) == hashlib.sha3_256(data).digest()
