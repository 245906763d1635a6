"""SHA-256 Merkle roots through the C interface, against the definition on hashlib."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from support.capi import Refused, call, ffi, lib, output, rows

NAME = "assay_merkle_root_sha256"


def top(leaves: list[bytes], prefix: bytes) -> bytes:
    while len(leaves) > 1:
        pairs = [hashlib.sha256(prefix + a + b).digest() for a, b in zip(leaves[::2], leaves[1::2], strict=False)]
        leaves = pairs + leaves[2 * len(pairs) :]
    return leaves[0]


def reference(rule: int, leaves: list[bytes]) -> bytes:
    if rule == lib.ASSAY_MERKLE_RFC6962:
        return top(leaves, b"\x01")
    return hashlib.sha256(top(leaves, b"") + len(leaves).to_bytes(32, "little")).digest()


@pytest.mark.parametrize("rule", [0, 1], ids=["counted", "rfc6962"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 31, 32, 33, 1000, 4097])
def test_roots_follow_the_definition(rule: int, count: int) -> None:
    rng = random.Random(count)
    leaves = [bytes(32), b"\xff" * 32, *(rng.randbytes(32) for _ in range(count))][:count]
    assert output(NAME, rule, rows(leaves)) == reference(rule, leaves)


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"rule": 2}, "OUT_OF_RANGE", "rule"),
        ({"leaves": None}, "NULL_POINTER", "leaves"),
        ({"leaves": rows(b"", 32)}, "INVALID_LENGTH", "at least one"),
        ({"leaves": rows(bytes(63), 32)}, "INVALID_LENGTH", "truncated"),
        ({"leaves": rows(bytes(64), 64)}, "INVALID_LENGTH", "32 bytes, got 64"),
        ({"size": None}, "NULL_POINTER", "out_size"),
        ({"size": ffi.new("size_t *", 31)}, "BUFFER_TOO_SMALL", "31"),
    ],
)
def test_what_is_wrong_is_refused_with_its_name(changes: dict[str, Any], code: str, said: str) -> None:
    out = ffi.new("uint8_t[32]")
    given = {"rule": 0, "leaves": rows(bytes(64), 32), "out": out, "size": ffi.new("size_t *", 32)} | changes
    with pytest.raises(Refused) as refused:
        call(NAME, *given.values())
    assert refused.value.code == getattr(lib, f"ASSAY_{code}")
    assert said in refused.value.text
    assert bytes(ffi.buffer(out)) == bytes(32)
