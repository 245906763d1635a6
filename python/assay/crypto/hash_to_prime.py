"""Hashing to primes: the first prime among SHA-256(tag, fields, counter) with top and bottom bit set.

    string(x)    = length of x in bytes as 8 bytes little-endian, then x
    seed         = SHA-256(string("assay/hash-to-prime/v1") || string(tag) || number of fields as 8 bytes little-endian
                           || string(field_1) || string(field_2) || ...)
    block(c, j)  = SHA-256(seed || bits as 4 bytes || c as 8 bytes || j as 4 bytes, all little-endian)
    x(c)         = the last `bits` bits of block(c, 0) || ... || block(c, ceil(bits / 256) - 1) as a big-endian number,
                   with bits `bits` - 1 and 0 set
    result       = x(c) for the least c = 0, 1, 2, ... that makes it prime, and c

A number is taken for prime if it passes Baillie-PSW and two random bases of Miller's test. For public values: the time
depends on them. `reference` follows the definition line by line, with a primality test of the caller's choice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from operator import index
from typing import Final, SupportsIndex

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.errors import InvalidInput, VerificationError, WrongType
from assay.crypto.bigint import Progress, Words, from_words

__all__ = ["MAX_BITS", "MIN_BITS", "hash_to_prime", "hash_to_primes", "reference", "verify"]

MIN_BITS: Final = 64
MAX_BITS: Final = 2048
_DOMAIN: Final = b"assay/hash-to-prime/v1"


def hash_to_primes(
    tag: str, messages: Iterable[Sequence[bytes]], *, bits: SupportsIndex = 256, progress: Progress | None = None
) -> tuple[Words, npt.NDArray[np.uint64]]:
    """The prime of each message, a sequence of byte strings.

    Args:
        tag: what the primes are for; two tags never share a prime but by chance.
        messages: n sequences of fields. ("ab", "c") and ("a", "bc") are different messages.
        bits: the length of the primes, 64 to 2048.
        progress: told how many are found.

    Returns:
        (primes `uint64[n, bits / 64]`, counters `uint64[n]`).

    Raises:
        InvalidInput: bits out of range. WrongType: a tag that is no str, a field that is no bytes.
    """
    length = _length(bits)
    seeds = _native.hash_to_prime_seeds(_tag(tag), [_fields(message) for message in messages])
    primes, counters = _native.hash_to_prime(seeds, length, progress)
    return primes, counters


def hash_to_prime(tag: str, *fields: bytes, bits: SupportsIndex = 256) -> tuple[int, int]:
    """(prime, counter) of one message; see `hash_to_primes`, which is faster for many."""
    primes, counters = hash_to_primes(tag, [fields], bits=bits)
    return from_words(primes)[0], int(counters[0])


def verify(tag: str, fields: Sequence[bytes], prime: SupportsIndex, counter: SupportsIndex, *, bits: int = 256) -> None:
    """Returns if `prime` with `counter` is what the message hashes to, by searching again.

    Raises `VerificationError` if it is not. A verifier that checked this counter alone would accept a later prime of
    the same message: a second name for one member.
    """
    expected = hash_to_prime(tag, *fields, bits=bits)
    if (index(prime), index(counter)) != expected:
        raise VerificationError(
            f"the message does not hash to this prime at counter {index(counter)}, but to another at {expected[1]}; "
            "check tag, fields and their order"
        )


def reference(
    tag: str, *fields: bytes, bits: int = 256, is_prime: Callable[[int], bool], start: int = 0
) -> tuple[int, int]:
    """The definition, number by number: what the kernels are tested against. Slow."""
    message = _string(_DOMAIN) + _string(tag.encode()) + len(fields).to_bytes(8, "little")
    seed = hashlib.sha256(message + b"".join(_string(field) for field in fields)).digest()
    counter = start
    while True:
        prefix = seed + bits.to_bytes(4, "little") + counter.to_bytes(8, "little")
        blocks = [hashlib.sha256(prefix + j.to_bytes(4, "little")).digest() for j in range(-(-bits // 256))]
        x = int.from_bytes(b"".join(blocks), "big") % 2**bits | 1 << (bits - 1) | 1
        if is_prime(x):
            return x, counter
        counter += 1


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(8, "little") + data


def _length(bits: SupportsIndex) -> int:
    try:
        length = index(bits)
    except TypeError as error:
        raise WrongType(f"bits is an integer: {error}") from None
    if not MIN_BITS <= length <= MAX_BITS:
        raise InvalidInput(f"hashing gives primes of {MIN_BITS} to {MAX_BITS} bits, got {length}")
    return length


def _tag(tag: str) -> str:
    if not isinstance(tag, str):
        raise WrongType(f"a tag is a str, got {type(tag).__name__}")
    return tag


def _fields(message: Sequence[bytes]) -> list[bytes]:
    if isinstance(message, (bytes, str)):
        raise WrongType("a message is a sequence of byte strings; wrap a single one in a list")
    fields = list(message)
    for i, field in enumerate(fields):
        if not isinstance(field, bytes):
            raise WrongType(f"field {i} must be bytes, got {type(field).__name__}; encode it without ambiguity")
    return fields
