"""Paillier through the C interface, against the formulas in Python's integers; and what is refused."""

from __future__ import annotations

import math
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gmpy2
import pytest
from support.capi import Refused, call, ffi, lib, output, rows

RNG = random.Random(4)


def prime(bits: int) -> int:
    return int(gmpy2.next_prime(RNG.getrandbits(bits) | 3 << (bits - 2)))


P, Q = prime(1024), prime(1024)
N = P * Q
N2, WIDTH = N * N, 256
KEY = N.to_bytes(WIDTH, "big")
PRIMES = (P.to_bytes(128, "big"), Q.to_bytes(128, "big"), 128)
EDGES = [0, 1, 2, N - 1, N - 2, N // 2, N // 2 + 1, 2**2047 - 1, 2**2047, 2**64, 2**64 - 1, P, Q]


def fixed(values: list[int], width: int) -> Any:
    return rows([v.to_bytes(width, "big") for v in values], width)


def numbers(data: bytes, width: int) -> list[int]:
    assert len(data) % width == 0
    return [int.from_bytes(data[i : i + width], "big") for i in range(0, len(data), width)]


def encrypted(m: int) -> int:
    return (1 + m * N) * pow(RNG.randrange(1, N), N, N2) % N2


def decrypted(c: int) -> int:
    phi = (P - 1) * (Q - 1)
    return (pow(c, phi, N2) - 1) // N * pow(phi, -1, N) % N


def encrypt(values: list[int], width: int = WIDTH) -> list[int]:
    return numbers(output("assay_paillier_encrypt", KEY, WIDTH, fixed(values, width)), 2 * WIDTH)


def decrypt(ciphertexts: list[int]) -> list[int]:
    return numbers(output("assay_paillier_decrypt", *PRIMES, fixed(ciphertexts, 2 * WIDTH)), WIDTH)


def test_encryptions_decrypt_by_the_formula_and_are_fresh() -> None:
    found = encrypt(EDGES)
    assert [decrypted(c) for c in found] == EDGES
    again = encrypt([7] * 5)
    assert len(set(again)) == 5
    assert all(0 < c < N2 and math.gcd(c, N) == 1 for c in found + again)


def test_narrow_plaintexts() -> None:
    assert [decrypted(c) for c in encrypt([0, 255, 128], 1)] == [0, 255, 128]


def test_decryption_is_the_formula() -> None:
    assert decrypt([encrypted(m) for m in EDGES]) == EDGES
    units = [RNG.randrange(1, N2) for _ in range(3)]
    assert decrypt(units) == [decrypted(c) for c in units]
    swapped = output("assay_paillier_decrypt", PRIMES[1], PRIMES[0], 128, fixed([encrypted(5)], 2 * WIDTH))
    assert numbers(swapped, WIDTH) == [5]


def test_sums_and_products_are_exact() -> None:
    a, b = [encrypted(m) for m in EDGES], [encrypted(RNG.randrange(N)) for _ in EDGES]
    found = output("assay_paillier_add", KEY, WIDTH, fixed(a, 2 * WIDTH), fixed(b, 2 * WIDTH))
    assert numbers(found, 2 * WIDTH) == [x * y % N2 for x, y in zip(a, b, strict=True)]
    scalars = [0, 1, 2, 2**32 - 1, N - 1, *(RNG.randrange(N) for _ in EDGES)][: len(a)]
    found = output("assay_paillier_multiply", KEY, WIDTH, fixed(a, 2 * WIDTH), fixed(scalars, WIDTH))
    assert numbers(found, 2 * WIDTH) == [pow(c, w, N2) for c, w in zip(a, scalars, strict=True)]
    found = output("assay_paillier_multiply", KEY, WIDTH, fixed(a, 2 * WIDTH), fixed([1000], 2))
    assert numbers(found, 2 * WIDTH) == [pow(c, 1000, N2) for c in a]


def test_a_column_is_weighed_and_summed() -> None:
    values, weight = [3, 5, N - 4], 11  # the last one is -4
    ciphertexts = encrypt(values)
    weighed = numbers(
        output("assay_paillier_multiply", KEY, WIDTH, fixed(ciphertexts, 512), fixed([weight], 1)), 2 * WIDTH
    )
    total = weighed[0]
    for c in weighed[1:]:
        total = numbers(output("assay_paillier_add", KEY, WIDTH, fixed([total], 512), fixed([c], 512)), 512)[0]
    assert decrypt([total]) == [(3 + 5 - 4) * 11]


def test_threads_share_a_key() -> None:
    def round_trip(number: int) -> list[int]:
        mine = [number * 1000 + i for i in range(9)]
        ciphertexts = fixed(encrypt(mine), 2 * WIDTH)
        sums = output("assay_paillier_add", KEY, WIDTH, ciphertexts, ciphertexts)
        return [m - 2 * value for m, value in zip(decrypt(numbers(sums, 2 * WIDTH)), mine, strict=True)]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(round_trip, range(8))) == [[0] * 9] * 8


def test_no_rows_give_no_bytes() -> None:
    none = rows(b"", 2 * WIDTH)
    assert output("assay_paillier_encrypt", KEY, WIDTH, rows(b"", WIDTH)) == b""
    assert output("assay_paillier_decrypt", *PRIMES, none) == b""
    assert output("assay_paillier_add", KEY, WIDTH, none, none) == b""
    assert output("assay_paillier_multiply", KEY, WIDTH, none, fixed([3], 1)) == b""


ONE = fixed([1], 2 * WIDTH)
CALLS: dict[str, tuple[Any, ...]] = {
    "encrypt": (KEY, WIDTH, fixed([1], WIDTH)),
    "decrypt": (*PRIMES, ONE),
    "add": (KEY, WIDTH, ONE, ONE),
    "multiply": (KEY, WIDTH, ONE, fixed([1], WIDTH)),
}


def refusal(name: str, *arguments: Any) -> tuple[int, str]:
    out = ffi.new("uint8_t[4096]", b"\xaa" * 4096)
    with pytest.raises(Refused) as refused:
        call(f"assay_paillier_{name}", *arguments, out, ffi.new("size_t *", 4096))
    assert bytes(ffi.buffer(out)) == b"\xaa" * 4096
    return refused.value.code, refused.value.text


def replaced(name: str, at: int, value: Any) -> tuple[Any, ...]:
    given = CALLS[name]
    return (*given[:at], value, *given[at + 1 :])


@pytest.mark.parametrize("name", ["encrypt", "add", "multiply"])
def test_public_keys_that_are_none(name: str) -> None:
    rest = CALLS[name][2:]
    assert refusal(name, None, WIDTH, *rest)[0] == lib.ASSAY_NULL_POINTER
    for n, code in (
        (b"", "INVALID_LENGTH"),
        (b"\x00" + KEY, "INVALID_LENGTH"),
        (b"\x80" + bytes(511) + b"\x01", "INVALID_LENGTH"),
        ((N - 1).to_bytes(WIDTH, "big"), "OUT_OF_RANGE"),
        (((1 << 2046) + 1).to_bytes(WIDTH, "big"), "OUT_OF_RANGE"),
        (b"\x81" * 32, "OUT_OF_RANGE"),
        (b"\x03", "OUT_OF_RANGE"),
    ):
        found, text = refusal(name, n, len(n), *rest)
        assert (found, text[0]) == (getattr(lib, f"ASSAY_{code}"), "n")


def test_nothing_is_encrypted_under_a_prime_or_a_square() -> None:
    plaintext = fixed([1], WIDTH)
    for n, said in ((prime(2048), "prime"), (P * P, "square"), (Q * Q, "square")):
        code, text = refusal("encrypt", n.to_bytes(WIDTH, "big"), WIDTH, plaintext)
        assert (code, text.split(":")[0].split()[-1]) == (lib.ASSAY_OUT_OF_RANGE, said)


def test_primes_that_make_no_key() -> None:
    p, q, size = PRIMES
    for first, second, width in (
        (p, p, size),
        (p, bytes(128), size),
        (p, (Q - 1).to_bytes(128, "big"), size),
        (p, (1).to_bytes(128, "big"), size),
        (p, prime(900).to_bytes(128, "big"), size),
        (p[:100], q[:100], 100),
    ):
        code, text = refusal("decrypt", first, second, width, ONE)
        assert code in (lib.ASSAY_OUT_OF_RANGE, lib.ASSAY_NOT_INVERTIBLE), text
    assert refusal("decrypt", p, q, 0, ONE)[0] == lib.ASSAY_INVALID_LENGTH
    assert refusal("decrypt", p, q, 2**63, ONE)[0] == lib.ASSAY_INVALID_LENGTH
    assert refusal("decrypt", None, q, size, ONE)[0] == lib.ASSAY_NULL_POINTER
    assert refusal("decrypt", p, None, size, ONE)[0] == lib.ASSAY_NULL_POINTER


@pytest.mark.parametrize(("name", "at"), [("decrypt", 3), ("add", 2), ("add", 3), ("multiply", 2)])
def test_ciphertexts_that_are_none(name: str, at: int) -> None:
    for value, code, said in (
        (0, "NOT_INVERTIBLE", "zero"),
        (N2, "NON_CANONICAL", "not below"),
        (N2 + 1, "NON_CANONICAL", "not below"),
        (2**4096 - 1, "NON_CANONICAL", "not below"),
        (P, "NOT_INVERTIBLE", "factor"),
        (N, "NOT_INVERTIBLE", "factor"),
        (N2 - Q, "NOT_INVERTIBLE", "factor"),
    ):
        found, text = refusal(name, *replaced(name, at, fixed([value], 2 * WIDTH)))
        assert found == getattr(lib, f"ASSAY_{code}")
        assert "row 0" in text
        assert said in text
    for wrong in (rows(bytes(511), 512), fixed([1], 511), fixed([1], 513), rows(bytes(512), 0)):
        assert refusal(name, *replaced(name, at, wrong))[0] == lib.ASSAY_INVALID_LENGTH
    assert refusal(name, *replaced(name, at, None))[0] == lib.ASSAY_NULL_POINTER
    lying = fixed([1], 2 * WIDTH)
    lying.struct.size = 2**40 + 512
    assert refusal(name, *replaced(name, at, lying))[0] == lib.ASSAY_TOO_LARGE


def test_the_row_that_is_wrong_is_named() -> None:
    bad = fixed([1, 2, 0, 4], 2 * WIDTH)
    assert "row 2" in refusal("decrypt", *PRIMES, bad)[1]
    four = fixed([1, 2, 3, 4], 2 * WIDTH)
    assert refusal("add", KEY, WIDTH, four, bad)[1].startswith("b: row 2")


def test_plaintexts_and_scalars_that_do_not_fit() -> None:
    for m in (N, N + 1, 2**2048 - 1):
        code, text = refusal("encrypt", KEY, WIDTH, fixed([m], WIDTH))
        assert (code, text) == (lib.ASSAY_NON_CANONICAL, "plaintexts: row 0 is not below n")
    assert refusal("encrypt", KEY, WIDTH, fixed([1], 257))[0] == lib.ASSAY_TOO_LARGE
    assert refusal("multiply", KEY, WIDTH, ONE, fixed([1], 257))[0] == lib.ASSAY_TOO_LARGE
    assert refusal("multiply", KEY, WIDTH, ONE, fixed([1, 2], 1))[0] == lib.ASSAY_INVALID_LENGTH
    assert refusal("multiply", KEY, WIDTH, ONE, rows(b"", 1))[0] == lib.ASSAY_INVALID_LENGTH
    assert refusal("add", KEY, WIDTH, ONE, fixed([1, 2], 512))[0] == lib.ASSAY_INVALID_LENGTH


@pytest.mark.parametrize("name", sorted(CALLS))
def test_too_little_room_is_refused(name: str) -> None:
    need = 256 if name == "decrypt" else 512
    size = ffi.new("size_t *", need - 1)
    out = ffi.new("uint8_t[]", need)
    with pytest.raises(Refused) as refused:
        call(f"assay_paillier_{name}", *CALLS[name], out, size)
    assert (refused.value.code, size[0]) == (lib.ASSAY_BUFFER_TOO_SMALL, need)
    assert bytes(ffi.buffer(out)) == bytes(need)
    with pytest.raises(Refused) as refused:
        call(f"assay_paillier_{name}", *CALLS[name], out, ffi.NULL)
    assert refused.value.code == lib.ASSAY_NULL_POINTER
