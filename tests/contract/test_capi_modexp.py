"""Modular exponentiation through the C interface, against Python's pow; and what is refused."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.capi import Refused, call, ffi, lib, output, rows

NAME = "assay_modexp"


def fixed(values: list[int], width: int) -> Any:
    return rows([v.to_bytes(width, "big") for v in values], width)


def modexp(flags: int, bases: Any, exponents: Any, moduli: Any) -> list[int]:
    found = output(NAME, flags, bases, exponents, moduli)
    width = moduli.struct.row_bytes
    return [int.from_bytes(found[i : i + width], "big") for i in range(0, len(found), width)]


def odd(rng: random.Random, bits: int) -> int:
    return rng.getrandbits(bits) | (1 << (bits - 1)) | 1


@pytest.mark.parametrize("flags", [0, 1], ids=["secret", "public"])
@pytest.mark.parametrize("bits", [256, 257, 1000, 2048])
@pytest.mark.parametrize("count", [1, 8, 9])
def test_powers_are_those_of_python(flags: int, bits: int, count: int) -> None:
    rng = random.Random(bits + count)
    width = (bits + 7) // 8
    moduli = [odd(rng, bits) for _ in range(count)]
    edges = [0, 1, moduli[0] - 1, moduli[0], 2 ** (8 * width) - 1]
    bases = [*edges, *(rng.getrandbits(bits) for _ in range(count))][:count]
    exponents = [*edges[::-1], *(rng.getrandbits(bits) for _ in range(count))][:count]
    found = modexp(flags, fixed(bases, width), fixed(exponents, width), fixed(moduli, width))
    assert found == [pow(b, e, m) for b, e, m in zip(bases, exponents, moduli, strict=True)]
    for exponent in (0, 1, 2, 65537, exponents[-1]):
        found = modexp(flags, fixed(bases, width), fixed([exponent], width), fixed(moduli[:1], width))
        assert found == [pow(b, exponent, moduli[0]) for b in bases]


def test_widths_need_not_be_those_of_the_numbers() -> None:
    rng = random.Random(1)
    m = odd(rng, 300)
    bases = [rng.getrandbits(8 * 1024) for _ in range(3)]
    assert modexp(0, fixed(bases, 1024), fixed([3], 1), fixed([m], 41)) == [pow(b, 3, m) for b in bases]
    assert modexp(0, fixed([2, 3], 1), fixed([5, 7], 100), fixed([m], 1024)) == [2**5, 3**7]
    assert modexp(1, fixed([255], 1), fixed([2**4000 + 1], 501), fixed([m], 38)) == [pow(255, 2**4000 + 1, m)]


def test_moduli_of_one_batch_may_have_other_lengths() -> None:
    rng = random.Random(2)
    moduli = [odd(rng, bits) for bits in (256, 8192, 4096, 256, 2048, 6144, 3072, 1024, 512)]
    bases = [rng.getrandbits(2048) for _ in moduli]
    found = modexp(1, fixed(bases, 256), fixed([65537], 3), fixed(moduli, 1024))
    assert found == [pow(b, 65537, m) for b, m in zip(bases, moduli, strict=True)]


def test_no_rows_give_no_bytes() -> None:
    m = fixed([odd(random.Random(3), 256)], 32)
    assert output(NAME, 0, rows(b"", 32), fixed([3], 1), m) == b""
    assert output(NAME, 0, rows(b"", 32), rows(b"", 1), rows(b"", 32)) == b""


def test_the_output_may_be_the_input() -> None:
    rng = random.Random(4)
    m = odd(rng, 512)
    bases = [rng.getrandbits(512) for _ in range(9)]
    memory = ffi.new("uint8_t[]", b"".join(b.to_bytes(64, "big") for b in bases))
    given = ffi.new("assay_rows *", (memory, 9 * 64, 64))
    size = ffi.new("size_t *", 9 * 64)
    call(NAME, 0, given, fixed([77], 1), fixed([m], 64), memory, size)
    found = bytes(ffi.buffer(memory, 9 * 64))
    assert found == b"".join(pow(b, 77, m).to_bytes(64, "big") for b in bases)


M = odd(random.Random(5), 256)


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"flags": 2}, "OUT_OF_RANGE", "flags"),
        ({"flags": 2**32 - 1}, "OUT_OF_RANGE", "flags"),
        ({"bases": None}, "NULL_POINTER", "bases"),
        ({"exponents": None}, "NULL_POINTER", "exponents"),
        ({"moduli": None}, "NULL_POINTER", "moduli"),
        ({"size": None}, "NULL_POINTER", "out_size"),
        ({"bases": rows(bytes(63), 32)}, "INVALID_LENGTH", "bases: 63 bytes"),
        ({"exponents": rows(bytes(3), 2)}, "INVALID_LENGTH", "exponents: 3 bytes"),
        ({"moduli": rows(bytes(33), 32)}, "INVALID_LENGTH", "moduli: 33 bytes"),
        ({"exponents": fixed([1, 2, 3], 4)}, "INVALID_LENGTH", "2 rows, got 3"),
        ({"exponents": rows(b"", 4)}, "INVALID_LENGTH", "2 rows, got 0"),
        ({"moduli": fixed([M, M, M], 32)}, "INVALID_LENGTH", "2 rows, got 3"),
        ({"moduli": fixed([M, M - 1], 32)}, "OUT_OF_RANGE", "row 1 must be odd"),
        ({"moduli": fixed([M >> 1 | 1], 32)}, "OUT_OF_RANGE", "256 to 8192 bits"),
        ({"moduli": fixed([0], 32)}, "OUT_OF_RANGE", "row 0"),
        ({"moduli": fixed([1], 1)}, "OUT_OF_RANGE", "row 0"),
        ({"moduli": fixed([2**8192 + 1], 1025)}, "TOO_LARGE", "1024 bytes, got 1025"),
        ({"bases": fixed([1, 2], 1025)}, "TOO_LARGE", "1024 bytes, got 1025"),
    ],
)
def test_what_is_wrong_is_refused_with_its_name(changes: dict[str, Any], code: str, said: str) -> None:
    out = ffi.new("uint8_t[128]", b"\xaa" * 128)
    given: dict[str, Any] = {
        "flags": 0,
        "bases": fixed([2, 3], 32),
        "exponents": fixed([5], 1),
        "moduli": fixed([M], 32),
        "out": out,
        "size": ffi.new("size_t *", 128),
    }
    with pytest.raises(Refused) as refused:
        call(NAME, *(given | changes).values())
    assert refused.value.code == getattr(lib, f"ASSAY_{code}")
    assert said in refused.value.text
    assert bytes(ffi.buffer(out)) == b"\xaa" * 128


@pytest.mark.parametrize("which", ["bases", "exponents", "moduli"])
@pytest.mark.parametrize("size", [2**40 + 32, 2**63, 2**64 - 32])
def test_sizes_that_no_memory_has_are_refused(which: str, size: int) -> None:
    given = {"bases": fixed([2], 32), "exponents": fixed([5], 32), "moduli": fixed([M], 32)}
    given[which].struct.size = size
    with pytest.raises(Refused) as refused:
        call(NAME, 0, *given.values(), ffi.NULL, ffi.new("size_t *"))
    assert refused.value.code == lib.ASSAY_TOO_LARGE


def test_an_output_above_the_limit_is_refused_before_anything_is_read() -> None:
    """2^35 bases of a byte each, which are not there, and a modulus of 1024 bytes: 2^45 bytes of output."""
    bases = rows(bytes(1), 1)
    bases.struct.size = 2**35
    with pytest.raises(Refused) as refused:
        call(NAME, 0, bases, fixed([5], 1), fixed([M], 1024), ffi.NULL, ffi.new("size_t *"))
    assert refused.value.code == lib.ASSAY_TOO_LARGE
    assert "out" in refused.value.text


def test_too_little_room_is_refused() -> None:
    size = ffi.new("size_t *", 63)
    out = ffi.new("uint8_t[64]")
    with pytest.raises(Refused) as refused:
        call(NAME, 0, fixed([2, 3], 32), fixed([5], 1), fixed([M], 32), out, size)
    assert (refused.value.code, size[0]) == (lib.ASSAY_BUFFER_TOO_SMALL, 64)
    assert bytes(ffi.buffer(out)) == bytes(64)


def test_threads_raise_at_the_same_time() -> None:
    """Each has moduli of its own, and the error of one call is not that of another."""
    start = threading.Barrier(4)

    def work(number: int) -> None:
        rng = random.Random(number)
        bits = 512 + 64 * number
        moduli = [odd(rng, bits) for _ in range(9)]
        bases, exponents = ([rng.getrandbits(500) for _ in moduli] for _ in range(2))
        expected = [pow(b, e, m) for b, e, m in zip(bases, exponents, moduli, strict=True)]
        start.wait()
        for _ in range(5):
            assert modexp(number % 2, fixed(bases, 63), fixed(exponents, 63), fixed(moduli, bits // 8)) == expected
            with pytest.raises(Refused) as refused:
                modexp(0, fixed(bases[:1], 63), fixed(exponents[:1], 63), fixed([moduli[0] - 1], bits // 8))
            assert refused.value.code == lib.ASSAY_OUT_OF_RANGE

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
