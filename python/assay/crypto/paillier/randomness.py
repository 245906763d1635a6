"""Where blindings r^N mod N^2 come from: the slow part of an encryption, and independent of the plaintext.

| source | who | one blinding costs | rests on, beside Paillier's assumption |
|---|---|---|---|
| `ExactRandomness` | anybody | a power modulo N^2 with an exponent of bits(N) | nothing |
| `ShortRandomness` | anybody | exponent_bits / 5 products modulo N^2, from a table | short exponents, see below |
| `KeyholderRandomness` | who knows p and q | two powers of half the length and half the exponent | nothing |

`RandomnessPool` of `assay.crypto.paillier.pool` makes them ahead of time. A blinding hides one plaintext once:
whoever sees two ciphertexts under one blinding learns the difference. `take` therefore never gives the same row
twice, and what uses a row overwrites it.

Short exponents: Damgard, Jurik, Nielsen, Int. J. Inf. Secur. 9 (2010). g = (-x^2)^N mod N^2 for an x drawn here, so
that nobody has to be trusted for g, and g^a for a random short a. With bits(N) / 2 bits (the default) that g^a passes
for a random power follows if factoring N is hard (Goldreich, Rosen, J. Cryptology 16 (2003)); with fewer, down to 2 *
128, it is an assumption of its own, the short-exponent assumption.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from assay import _native
from assay.core.errors import InvalidInput, StateError, WrongType
from assay.crypto.paillier.encoding import Rows

if TYPE_CHECKING:
    from assay.crypto.paillier.keys import PrivateKey, PublicKey

__all__ = ["ExactRandomness", "KeyholderRandomness", "Progress", "Randomness", "ShortRandomness", "require_count"]

Progress = Callable[[str, int, int], object]
"""Called with (stage, rows done, rows in all)."""

MIN_EXPONENT_BITS: Final = 256
_MAX_COUNT: Final = 1 << 24


class Randomness(Protocol):
    """A source of blindings for one public key."""

    @property
    def public_key(self) -> PublicKey:
        """The key whose ciphertexts these blindings fit."""

    def take(self, count: int, progress: Progress | None = None) -> Rows:
        """`count` blindings that nobody was given before: uint64[count, 2 k]. Secret; overwrite them after use."""


class _Source:
    """What the sources share: a key, and that they are not pickled (a copy would share tables, not values)."""

    def __init__(self, public_key: PublicKey) -> None:
        self._public_key = public_key

    @property
    def public_key(self) -> PublicKey:
        """The key whose ciphertexts these blindings fit."""
        return self._public_key

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise StateError(f"a {type(self).__name__} is not pickled; make one from the key")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._public_key!r})"


class ExactRandomness(_Source):
    """r^N mod N^2 with r uniform in [1, N), by the public key alone."""

    def take(self, count: int, progress: Progress | None = None) -> Rows:
        """`count` fresh blindings, uint64[count, 2 k]."""
        rows: Rows = self._public_key.native.blind_exact(require_count(count), progress)
        return rows


class ShortRandomness(_Source):
    """g^a mod N^2 with short random a and a random N-th residue g.

    Args:
        public_key: the key.
        exponent_bits: of a; bits(N) / 2 by default, 256 at least. See the module's text for what each rests on.

    The table is made here, once: 32 numbers of 2 bits(N) for each five bits of the exponent (3.2 MiB at 2048 bits, 7.2
    at 3072, by default).
    """

    def __init__(self, public_key: PublicKey, exponent_bits: int | None = None) -> None:
        super().__init__(public_key)
        bits = (public_key.bits + 1) // 2 if exponent_bits is None else exponent_bits
        if type(bits) is not int:
            raise WrongType("exponent_bits is an int")
        if not MIN_EXPONENT_BITS <= bits <= public_key.bits:
            raise InvalidInput(
                f"short exponents of {bits} bits; take {MIN_EXPONENT_BITS} (for 128-bit security) to "
                f"{public_key.bits}, by default {(public_key.bits + 1) // 2}"
            )
        self.exponent_bits: Final = bits
        self._base = _native.PaillierShortBase(public_key.native, bits)

    def take(self, count: int, progress: Progress | None = None) -> Rows:
        """`count` fresh blindings, uint64[count, 2 k]."""
        rows: Rows = self._base.blind(require_count(count), progress)
        return rows

    def __repr__(self) -> str:
        return f"ShortRandomness({self._public_key!r}, exponent_bits={self.exponent_bits})"


class KeyholderRandomness(_Source):
    """The same distribution as `ExactRandomness` for who knows p and q, about six times as fast."""

    def __init__(self, private_key: PrivateKey) -> None:
        super().__init__(private_key.public_key)
        self._private_key = private_key

    def take(self, count: int, progress: Progress | None = None) -> Rows:
        """`count` fresh blindings, uint64[count, 2 k]."""
        rows: Rows = self._private_key.native.blind(require_count(count), progress)
        return rows


def require_count(count: int) -> int:
    """`count` if it is an int from 0 to 2^24."""
    if type(count) is not int:
        raise WrongType(f"a count is an int, not {type(count).__name__}")
    if not 0 <= count <= _MAX_COUNT:
        raise InvalidInput(f"{count} blindings at once; ask for 0 to {_MAX_COUNT}")
    return count
