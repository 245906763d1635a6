"""LtHash against SHAKE-128 of hashlib and numpy's arithmetic of 16 bits, on every level."""

from __future__ import annotations

import hashlib
import random
import threading

import numpy as np
import pytest

from assay.core.errors import InvalidInput, WrongType
from assay.crypto import lthash

EDGES = [0, 1, 7, 8, 9, 166, 167, 168, 169, 334, 335, 336, 337, 503, 504, 505, 1000]


def numbers(raw: bytes) -> np.ndarray:
    return np.frombuffer(raw, dtype="<u2")


def expected(lanes: bytes, comes: list[bytes], goes: list[bytes]) -> bytes:
    total = numbers(lanes).copy()
    for element in comes:
        total += numbers(hashlib.shake_128(element).digest(2048))
    for element in goes:
        total -= numbers(hashlib.shake_128(element).digest(2048))
    return total.tobytes()


def elements(lengths: list[int], seed: int = 1) -> list[bytes]:
    rng = random.Random(seed)
    return [rng.randbytes(length) for length in lengths]


def test_the_empty_message_as_published(isa: str) -> None:
    """NIST, examples of FIPS 202: SHAKE-128 of no bits."""
    lanes = lthash.move(lthash.EMPTY, [b""], [])
    assert lanes[:32].hex() == "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"


@pytest.mark.parametrize("length", EDGES)
def test_lengths_around_the_rate(isa: str, length: int) -> None:
    for count in (1, 2, 8, 9):
        batch = elements([length] * count, length)
        assert lthash.move(lthash.EMPTY, batch, []) == expected(lthash.EMPTY, batch, [])
        assert lthash.move(lthash.EMPTY, [], batch) == expected(lthash.EMPTY, [], batch)


def test_every_length_up_to_three_blocks(isa: str) -> None:
    for start in range(0, 520, 8):
        batch = elements(list(range(start, start + 8)), start)
        assert lthash.move(lthash.EMPTY, batch, []) == expected(lthash.EMPTY, batch, [])


def test_every_count_and_sign(isa: str) -> None:
    rng = random.Random(2)
    lanes = rng.randbytes(2048)
    for count in [*range(35), 255, 256, 257, 300]:
        batch = elements([rng.choice([*EDGES, 40, 80]) for _ in range(count)], count)
        part = rng.randrange(count + 1)
        assert lthash.move(lanes, batch[:part], batch[part:]) == expected(lanes, batch[:part], batch[part:]), count


def test_neighbours_of_very_different_lengths(isa: str) -> None:
    batch = elements([0, 100_000, 1, 168, 20_000, 3, 335, 336, 5000, 2])
    assert lthash.move(lthash.EMPTY, batch, batch[3:6]) == expected(lthash.EMPTY, batch, batch[3:6])


@pytest.mark.parametrize("byte", [0x00, 0x7F, 0x80, 0xFF])
def test_lanes_and_messages_of_equal_bits(isa: str, byte: int) -> None:
    """Sums wrap, and no number carries into its neighbour."""
    lanes = bytes([byte]) * 2048
    batch = [bytes([byte]) * length for length in EDGES]
    assert lthash.move(lanes, batch, []) == expected(lanes, batch, [])
    assert lthash.move(lanes, [], batch) == expected(lanes, [], batch)


def test_what_comes_and_goes_leaves_nothing(isa: str) -> None:
    batch = elements([40] * 100)
    there = lthash.move(lthash.EMPTY, batch, [])
    assert there != lthash.EMPTY
    assert lthash.move(there, [], batch[::-1]) == lthash.EMPTY
    assert lthash.move(there, batch, batch) == there
    assert lthash.move(there, [], []) == there


def test_wrong_input_is_refused() -> None:
    for size in (0, 2047, 2049):
        with pytest.raises(InvalidInput, match=f"not {size}"):
            lthash.move(bytes(size), [], [])
    for element in ("text", None, bytearray(1), memoryview(b"a")):
        with pytest.raises(WrongType, match=f"not {type(element).__name__}"):
            lthash.move(lthash.EMPTY, [b"", element], [])  # type: ignore[list-item]
        with pytest.raises(WrongType):
            lthash.move(lthash.EMPTY, [], [element])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        lthash.move(lthash.EMPTY, (), [])  # type: ignore[arg-type]


def test_threads_do_not_disturb_each_other(isa: str) -> None:
    batch = elements([60] * 200)
    right, results = expected(lthash.EMPTY, batch, []), []
    threads = [threading.Thread(target=lambda: results.append(lthash.move(lthash.EMPTY, batch, []))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [right] * 4
