"""The kernels of Paillier against the definitions in Python's integers, on every level."""

from __future__ import annotations

import random
from math import gcd, prod

import gmpy2
import numpy as np
import pytest
from support.paillier_keys import PRIMES, private_key

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto.bigint import from_words, to_words
from assay.crypto.paillier import PublicKey, ShortRandomness
from assay.crypto.paillier.arithmetic import negated
from assay.crypto.paillier.encoding import Rows, signed_integers, signed_rows

SECRET = private_key()
KEY = SECRET.public_key
P, Q = PRIMES[2048]
N = P * Q
NN = N * N
WIDTH = 64


def gmp_pow(base: int, exponent: int, modulus: int) -> int:
    return int(gmpy2.powmod(base, exponent, modulus))


def rows(values: list[int]) -> Rows:
    return to_words(values, WIDTH)


def units(count: int, seed: int = 1) -> list[int]:
    rng = random.Random(seed)
    return [1, NN - 1, N - 1, N + 1, *(rng.randrange(1, NN) for _ in range(count - 4))]


EDGES = [0, 1, -1, 2, N - 1, 1 - N, N // 2, -(N // 2), 2**63, -(2**63), 2**64, 2**2047 - 1, -(2**2047) + 1]


def test_the_fixed_key_is_as_described() -> None:
    assert KEY.n == N
    assert P % 4 == Q % 4 == 3
    assert gcd(P - 1, Q - 1) == 2


@pytest.mark.parametrize("count", [0, 1, 9])
def test_exact_blindings_are_nth_residues_and_differ(isa: str, count: int) -> None:
    values = from_words(KEY.native.blind_exact(count))
    assert len(set(values)) == len(values) == count
    for value in values:
        assert 0 < value < NN
        assert gmp_pow(value, (P - 1) * (Q - 1), NN) == 1  # r^N has order dividing phi(N)
        assert gcd(value, N) == 1


def test_the_key_holders_blindings_are_nth_residues_and_differ(isa: str) -> None:
    values = from_words(SECRET.native.blind(9))
    assert len(set(values)) == 9
    for value in values:
        assert 0 < value < NN
        assert gmp_pow(value, (P - 1) * (Q - 1), NN) == 1
    # Of all residues, not of a subgroup: among so many both symbols occur modulo p and modulo q.
    many = from_words(SECRET.native.blind(64))
    for prime in (P, Q):
        assert {gmp_pow(value, (prime - 1) // 2, prime) for value in many} == {1, prime - 1}


@pytest.mark.parametrize("words", [1, 2, 31, 32])
def test_plaintexts_are_added(isa: str, words: int) -> None:
    plain = [m for m in EDGES if -(2 ** (64 * words - 1)) <= m < 2 ** (64 * words - 1)]
    factors = units(len(plain))
    got = from_words(KEY.native.add_plain(signed_rows(plain, words), rows(factors)))
    assert got == [(1 + m * N) * f % NN for m, f in zip(plain, factors, strict=True)]


def test_decryption(isa: str) -> None:
    rng = random.Random(5)
    plain = [0, 1, N - 1, N // 2, N // 2 + 1, N - 2**64, *(rng.randrange(N) for _ in range(5))]
    ciphertexts = [(1 + m * N) * gmp_pow(rng.randrange(1, N), N, NN) % NN for m in plain]
    assert from_words(SECRET.native.decrypt(rows(ciphertexts), False)) == plain
    centered = signed_integers(SECRET.native.decrypt(rows(ciphertexts), True))
    assert centered == [m if m <= N // 2 else m - N for m in plain]


def test_decryption_in_several_blocks() -> None:
    plain = list(range(300))
    ciphertexts = KEY.native.add_plain(signed_rows(plain, 1), np.repeat(KEY.native.blind_exact(1), 300, axis=0))
    assert from_words(SECRET.native.decrypt(ciphertexts, False)) == plain


@pytest.mark.parametrize("bits", [2048, 3072])
def test_round_trip(isa: str, bits: int) -> None:
    secret = private_key(bits)
    plain = signed_rows([0, 1, -1, 2**63, -(2**100)], 2)
    for blindings in (secret.public_key.native.blind_exact(5), secret.native.blind(5)):
        ciphertexts = secret.public_key.native.add_plain(plain, blindings)
        assert signed_integers(secret.native.decrypt(ciphertexts, True)) == signed_integers(plain)


@pytest.mark.parametrize(("p_bits", "q_bits"), [(1024, 1024), (1032, 1024), (1025, 1023), (1056, 1056), (1280, 1273)])
def test_primes_of_all_sizes_of_words(isa: str, p_bits: int, q_bits: int) -> None:
    rng = random.Random(p_bits * q_bits)
    p, q = (int(gmpy2.next_prime(rng.getrandbits(b) | 3 << (b - 2))) for b in (p_bits, q_bits))
    secret = _native.PaillierPrivateKey(to_words([q], 21)[0], to_words([p], 21)[0])
    n = p * q
    key = _native.PaillierPublicKey(to_words([n])[0])
    assert from_words(secret.modulus().reshape(1, -1)) == [n]
    plain = [0, 1, 2**200, n // 2]
    words = -(-n.bit_length() // 64)
    for blindings in (key.blind_exact(4), secret.blind(4)):
        assert all(0 < value < n * n for value in from_words(blindings))
        ciphertexts = key.add_plain(signed_rows(plain, words), blindings)
        assert from_words(secret.decrypt(ciphertexts, False)) == plain


def test_products(isa: str) -> None:
    a, b = units(17, 2), units(17, 3)[::-1]
    assert from_words(KEY.native.multiply(rows(a), rows(b))) == [x * y % NN for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize("shift", [0, 1, 63, 64, 100])
def test_powers_of_two(isa: str, shift: int) -> None:
    a = units(5)
    exponent = to_words([1 << shift])[0]
    assert from_words(KEY.native.power_public(rows(a), exponent)) == [pow(x, 1 << shift, NN) for x in a]


@pytest.mark.parametrize("count", [1, 5, 130])
def test_inverses(isa: str, count: int) -> None:
    a = units(max(count, 4))[:count]
    assert from_words(KEY.native.invert(rows(a))) == [pow(x, -1, NN) for x in a]


def test_inverse_of_no_unit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no inverse"):
        KEY.native.invert(rows([5, P, 7]))


@pytest.mark.parametrize("count", [1, 2, 128, 129, 300])
@pytest.mark.parametrize(
    ("bad", "text"),
    [(0, "is zero"), (NN, "not below"), (2**4096 - 1, "not below"), (P, "factor"), (Q * Q, "factor"), (N, "factor")],
    ids=str.split("zero square all_ones p q_squared n"),
)
def test_the_first_unsound_ciphertext_is_told(count: int, bad: int, text: str) -> None:
    good = units(max(4, count))[:count]
    assert KEY.native.check(rows(good)) is None
    for at in {0, count // 2, count - 1}:
        with_flaw = good.copy()
        with_flaw[at] = bad
        if at + 1 < count:
            with_flaw[-1] = bad
        where, what = KEY.native.check(rows(with_flaw))
        assert where == at
        assert text in what


def test_factors_that_complete_n_between_ciphertexts_are_found() -> None:
    # The product of all is a multiple of N, which is zero modulo N.
    where, what = KEY.native.check(rows([3, P, 5, Q]))
    assert (where, what) == (1, "shares a factor with N")


# --- weighted sums ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize(
    ("groups", "terms", "outputs", "bits"),
    [(1, 1, 1, 1), (1, 3, 2, 5), (2, 5, 3, 8), (1, 33, 1, 63), (3, 2, 17, 16), (1, 40, 17, 20), (2, 1, 1, 127)],
)
def test_weighted_products(isa: str, groups: int, terms: int, outputs: int, bits: int, variable: bool) -> None:
    rng = random.Random(bits + terms)
    ciphertexts = units(max(4, groups * terms))[: groups * terms]
    edges = [0, 1, -1, 2**bits, -(2**bits), 2**bits - 1, 1 - 2**bits, 2 ** (bits - 1), -(2 ** (bits - 1))]
    words = bits // 64 + 1
    edges = [w for w in edges if -(2 ** (64 * words - 1)) <= w < 2 ** (64 * words - 1)]
    for each in (False, True):
        count = outputs * terms * (groups if each else 1)
        weights = [*edges, *(rng.randrange(-(2**bits) + 1, 2**bits) for _ in range(count))][:count]
        rng.shuffle(weights)
        got = KEY.native.weighted(
            rows(ciphertexts), signed_rows(weights, words), groups, terms, outputs, bits, each, variable
        )
        for g in range(groups):
            for i in range(outputs):
                at = ((g * outputs if each else 0) + i) * terms
                wanted = prod(gmp_pow(ciphertexts[g * terms + j], weights[at + j], NN) for j in range(terms)) % NN
                assert from_words(got[g * outputs + i : g * outputs + i + 1]) == [wanted]


@pytest.mark.parametrize("bits", [1, 2, 3, 62, 63])
@pytest.mark.parametrize("outputs", [1, 2, 16])  # which choose different windows
def test_every_edge_of_a_weight(isa: str, bits: int, outputs: int) -> None:
    c = units(5)[4]
    edges = sorted({0, 1, -1, 2**bits - (bits == 63), -(2**bits), 2**bits - 1, 1 - 2**bits, 2 ** (bits - 1)})
    for variable in (False, True):
        weights = signed_rows([w for w in edges for _ in range(outputs)], 1)
        got = KEY.native.weighted(rows([c] * len(edges)), weights, len(edges), 1, outputs, bits, True, variable)
        assert from_words(got) == [pow(c, w, NN) for w in edges for _ in range(outputs)]


def test_weights_need_room_for_their_sign() -> None:
    with pytest.raises(InvalidInput, match="weighted"):
        KEY.native.weighted(rows([3]), signed_rows([1], 1), 1, 1, 1, 64, False, False)
    with pytest.raises(InvalidInput, match="weighted"):
        KEY.native.weighted(rows([]), signed_rows([], 1), 1, 0, 1, 8, False, False)
    with pytest.raises(InvalidInput, match="no inverse"):
        KEY.native.weighted(rows([P]), signed_rows([1], 1), 1, 1, 1, 8, False, False)


def test_negation_of_signed_rows() -> None:
    values = [0, 1, -1, 2**63 - 1, -(2**63)]
    assert signed_integers(negated(signed_rows(values, 1))) == [-v for v in values]
    values = [0, 1, -1, 2**64, -(2**64), 2**127 - 1, -(2**127)]
    assert signed_integers(negated(signed_rows(values, 2))) == [-v for v in values]


# --- short exponents --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [256, 257, 1024])
def test_powers_from_the_table(isa: str, bits: int) -> None:
    base = _native.PaillierShortBase(KEY.native, bits)
    words = -(-bits // 64)
    rng = random.Random(bits)
    (g,) = from_words(base.power(to_words([1], words)))
    exponents = [0, 1, 2, 31, 32, 2**bits - 1, 2 ** (bits - 1), *(rng.getrandbits(bits) for _ in range(38))]
    assert from_words(base.power(to_words(exponents, words))) == [gmp_pow(g, e, NN) for e in exponents]
    assert gmp_pow(g, (P - 1) * (Q - 1), NN) == 1  # an N-th residue
    # g = h^N with h = -x^2, whose Legendre symbols are those of -1 to the N: -1 for both primes, as p = q = 3 mod 4.
    assert gmp_pow(g, (P - 1) // 2, P) == P - 1
    assert gmp_pow(g, (Q - 1) // 2, Q) == Q - 1
    blindings = from_words(base.blind(20))
    assert len(set(blindings)) == 20
    assert all(gmp_pow(value, (P - 1) * (Q - 1), NN) == 1 for value in blindings)


def test_every_table_has_a_base_of_its_own() -> None:
    a, b = (ShortRandomness(KEY, 256) for _ in range(2))
    one = to_words([1], 4)
    assert from_words(a._base.power(one)) != from_words(b._base.power(one))


# --- keys -------------------------------------------------------------------------------------------------------------


def test_exported_primes_are_those_imported() -> None:
    larger, smaller = SECRET.native.primes()
    assert from_words(np.stack([larger, smaller])) == sorted((P, Q), reverse=True)


@pytest.mark.parametrize(
    ("p", "q", "text"),
    [
        (P, P, "range"),
        (P, P + 2, "not prime"),
        (P, 2**521 - 1, "range"),  # lengths apart
        (2**607 - 1, 2**521 - 1, "range"),
    ],
    ids=str.split("equal composite far_apart short"),
)
def test_what_makes_no_key_is_refused(p: int, q: int, text: str) -> None:
    pair = to_words([p, q], 20)
    with pytest.raises(InvalidInput, match=text):
        _native.PaillierPrivateKey(pair[0], pair[1])


def test_a_prime_that_divides_the_others_group_order_is_refused() -> None:
    q = 2**1023 + 2**1022 + 135925
    p = 2 * q + 1 if gmpy2.is_prime(2 * q + 1) else 6 * q + 1
    assert gmpy2.is_prime(q)
    assert gmpy2.is_prime(p)
    pair = to_words([p, q], 20)
    with pytest.raises(InvalidInput, match="no inverse"):
        _native.PaillierPrivateKey(pair[0], pair[1])


def test_generated_keys() -> None:
    from assay.crypto import paillier

    key = paillier.generate(2048)
    p, q = from_words(np.stack(key.native.primes()))
    assert key.public_key.bits == 2048
    assert p % 4 == q % 4 == 3
    assert gcd(p - 1, q - 1) == 2
    assert p.bit_length() == q.bit_length() == 1024
    assert paillier.PrivateKey.from_primes(p, q) == key
    assert PublicKey(p * q) == key.public_key
    assert paillier.generate(2048) != key
