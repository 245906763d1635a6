"""The transcript against its definition over hashlib, and the ways in which two runs must differ."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pytest

from assay.core.errors import EncodingError, InvalidInput
from assay.crypto.field import Fr
from assay.crypto.transcript import Transcript


def string(data: bytes) -> bytes:
    return len(data).to_bytes(8, "little") + data


class Definition:
    def __init__(self, protocol: str) -> None:
        self.state = hashlib.sha256(b"assay/transcript/v1" + string(protocol.encode())).digest()

    def absorb(self, label: str, data: bytes, kind: int = 0) -> None:
        body = b"\x01" + self.state + string(label.encode()) + bytes([kind]) + string(data)
        self.state = hashlib.sha256(body).digest()

    def absorb_elements(self, label: str, values: list[int]) -> None:
        self.absorb(label, b"".join(v.to_bytes(32, "little") for v in values), 1)

    def challenge_bytes(self, label: str) -> bytes:
        self.state = hashlib.sha256(b"\x02" + self.state + string(label.encode())).digest()
        return hashlib.sha256(b"\x03" + self.state).digest()

    def challenge(self, label: str) -> int:
        wide = self.challenge_bytes(label) + hashlib.sha256(b"\x04" + self.state).digest()
        return int.from_bytes(wide, "little") % Fr.modulus


def test_the_bytes_are_the_documented_ones() -> None:
    ours, definition = Transcript("assay/test/v1"), Definition("assay/test/v1")
    for t in (ours, definition):
        t.absorb("statement", b"\x00\x01" * 100)
        t.absorb("", b"")
        t.absorb_elements("inputs", [0, 1, Fr.modulus - 1, 2**64])
        t.absorb_elements("none", [])
    for i in range(20):
        assert ours.challenge(f"c{i}") == definition.challenge(f"c{i}")
        assert ours.challenge_bytes("b") == definition.challenge_bytes("b")
    assert ours.copy().challenge("x") == ours.challenge("x") == definition.challenge("x")


RUNS: list[Callable[[Transcript], object]] = [
    lambda t: None,
    lambda t: t.absorb("a", b""),
    lambda t: t.absorb("", b"a"),
    lambda t: t.absorb("a", b"b"),
    lambda t: t.absorb("ab", b""),
    lambda t: (t.absorb("a", b"b"), t.absorb("c", b"d")),
    lambda t: (t.absorb("c", b"d"), t.absorb("a", b"b")),
    lambda t: t.absorb("a", b"bcd"),
    lambda t: t.absorb("e", bytes(32)),
    lambda t: t.absorb_elements("e", [0]),
    lambda t: t.absorb_elements("e", [0, 0]),
    lambda t: (t.absorb_elements("e", [0]), t.absorb_elements("e", [0])),
    lambda t: t.challenge("c"),
    lambda t: t.challenge("d"),
]


def test_different_runs_have_different_challenges() -> None:
    seen = set()
    for protocol in ("p", "q"):
        for run in RUNS:
            transcript = Transcript(protocol)
            run(transcript)
            seen.add(transcript.challenge("c"))
    assert len(seen) == 2 * len(RUNS)
    again = Transcript("p")
    assert again.challenge("c") != again.challenge("c")


def test_a_refused_element_changes_nothing() -> None:
    transcript, twin = Transcript("p"), Transcript("p")
    with pytest.raises(InvalidInput):
        transcript.absorb_elements("e", [1, Fr.modulus])
    with pytest.raises(EncodingError, match="canonical"):
        transcript.absorb_elements("e", np.full((2, 4), 2**64 - 1, dtype=np.uint64))
    with pytest.raises(TypeError):
        transcript.absorb_elements("e", np.zeros((2, 4), dtype=np.int64))  # type: ignore[arg-type]
    assert transcript.challenge("c") == twin.challenge("c")
