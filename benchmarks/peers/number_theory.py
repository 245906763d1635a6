"""Primes, hashing to primes and product trees beside gmpy2 and OpenSSL: CPU time on one thread, all in one run.

    python benchmarks/peers/number_theory.py [repetitions, default 20]

Searches for primes scatter: their time is close to exponentially distributed, so a mean of r has a relative error of
about 1 / sqrt(r). OpenSSL's column is half an RSA key of twice the length (64 bases a prime).
"""

from __future__ import annotations

import random
import secrets
import sys
import time
from collections.abc import Callable

import gmpy2
from cryptography.hazmat.primitives.asymmetric import rsa

from assay import _native, set_num_threads
from assay.crypto.bigint import to_words
from assay.crypto.hash_to_prime import hash_to_primes, reference
from assay.crypto.primes import generate_prime
from assay.crypto.product_tree import ProductTree


def milliseconds(call: Callable[[], object], repetitions: int = 1) -> float:
    begin = time.process_time()
    for _ in range(repetitions):
        call()
    return (time.process_time() - begin) / repetitions * 1e3


def on_levels(call: Callable[[], object], repetitions: int) -> str:
    cells = []
    for level in _native.cpu_info()["available"]:
        _native.set_isa(level)
        cells.append(f"{level} {milliseconds(call, repetitions):.1f}")
    return ", ".join(cells)


def gmp_tree(values: list[gmpy2.mpz]) -> list[list[gmpy2.mpz]]:
    levels = [values]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [below[i] * below[i + 1] for i in range(0, len(below) - 1, 2)]
        levels.append(pairs + below[len(pairs) * 2 :])
    return levels


def gmp_remainders(levels: list[list[gmpy2.mpz]], x: gmpy2.mpz) -> list[gmpy2.mpz]:
    rest = [x % levels[-1][0]]
    for level in reversed(levels[:-1]):
        rest = [rest[i // 2] % m for i, m in enumerate(level)]
    return rest


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    set_num_threads(1)
    generate_prime(256)  # the table of small primes
    print("milliseconds of CPU time; GMP", gmpy2.mp_version())
    for bits in (1024, 1536, 2048):
        ours = on_levels(lambda bits=bits: generate_prime(bits), repetitions)
        gmp = milliseconds(lambda bits=bits: gmpy2.next_prime(secrets.randbits(bits) | 3 << (bits - 2)), repetitions)
        pair = milliseconds(lambda bits=bits: rsa.generate_private_key(65537, 2 * bits), max(2, repetitions // 3))
        print(f"prime of {bits} bits: {ours}; gmpy2 next_prime {gmp:.1f}; OpenSSL {pair / 2:.1f}")
    messages = [[i.to_bytes(8, "little")] for i in range(1000)]
    gmp = milliseconds(lambda: [reference("t", *m, is_prime=gmpy2.is_prime) for m in messages[:200]]) * 5
    print(f"1000 hashes to primes: {on_levels(lambda: hash_to_primes('t', messages), 1)}; hashlib and gmpy2 {gmp:.0f}")
    rng = random.Random(1)
    values = [rng.getrandbits(256) | 1 for _ in range(10_000)]
    rows, numbers = to_words(values), [gmpy2.mpz(v) for v in values]
    print(f"tree of 10^4 numbers of 256 bits: {on_levels(lambda: ProductTree(rows), 2)}", end="; ")
    print(f"gmpy2 {milliseconds(lambda: gmp_tree(numbers), 2):.1f}")
    tree, levels, x = ProductTree(rows), gmp_tree(numbers), rng.getrandbits(2_560_000)
    print(f"its remainders: {on_levels(lambda: tree.remainders(x), 1)}", end="; ")
    print(f"gmpy2 {milliseconds(lambda: gmp_remainders(levels, gmpy2.mpz(x))):.1f}")


if __name__ == "__main__":
    main()
