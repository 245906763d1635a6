"""To and from python-paillier (the package `phe`): keys and encrypted numbers.

phe writes a number as m 16^exponent with |m| <= N / 3, the exponent beside each ciphertext. Ours is m
2^-fraction_bits for the whole array, so fraction bits are rounded up to a multiple of four on the way out, and the
numbers of a column are brought to their smallest exponent on the way in. phe knows no bounds: the caller declares
one, and decryption refuses what breaks it. phe keeps p and q as Python ints; its keys are secrets without our
protection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from assay.core.errors import DependencyMissing, EncodingError, InvalidInput, WrongKeyError, WrongType
from assay.crypto import bigint
from assay.crypto.paillier import arithmetic
from assay.crypto.paillier.array import EncryptedArray
from assay.crypto.paillier.encoding import MAX_FRACTION_BITS, FixedPoint
from assay.crypto.paillier.errors import BoundError
from assay.crypto.paillier.keys import PrivateKey, PublicKey

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "numbers_from_phe",
    "numbers_to_phe",
    "private_key_from_phe",
    "private_key_to_phe",
    "public_key_from_phe",
    "public_key_to_phe",
]

_BASE_BITS: Final = 4  # phe's base is 16


def _phe() -> ModuleType:
    try:
        import phe
    except ImportError:
        raise DependencyMissing.of("phe", extra="phe") from None
    module: ModuleType = phe
    return module


def public_key_from_phe(key: Any) -> PublicKey:
    """A `phe.PaillierPublicKey` as ours; `InvalidInput` for a modulus that is refused (phe takes any length)."""
    return PublicKey(int(key.n))


def public_key_to_phe(key: PublicKey) -> Any:
    """Ours as a `phe.PaillierPublicKey`."""
    return _phe().PaillierPublicKey(key.n)


def private_key_from_phe(key: Any) -> PrivateKey:
    """A `phe.PaillierPrivateKey` as ours."""
    return PrivateKey.from_primes(int(key.p), int(key.q))


def private_key_to_phe(key: PrivateKey) -> Any:
    """Ours as a `phe.PaillierPrivateKey`: p and q become Python ints."""
    p, q = bigint.from_words(np.stack(key.native.primes()))
    return _phe().PaillierPrivateKey(public_key_to_phe(key.public_key), p, q)


def numbers_to_phe(array: EncryptedArray) -> npt.NDArray[Any]:
    """An array of `phe.EncryptedNumber` (dtype object) of the same shape, rerandomised if `array` is not fresh.

    Raises `BoundError` if numbers may exceed N / 3, all that phe can hold.
    """
    module = _phe()
    whole = -(-array.encoding.fraction_bits // _BASE_BITS)
    array = array.rescale(_BASE_BITS * whole)
    key = array.public_key
    if array.encoding.bound > key.n // 3 - 1:
        raise BoundError("numbers of this array may exceed N / 3, which python-paillier cannot hold")
    array = array if array.fresh else array.rerandomize()
    theirs = public_key_to_phe(key)
    out = np.empty(array.size, dtype=object)
    for i, c in enumerate(bigint.from_words(np.ascontiguousarray(array.flat_rows))):
        out[i] = module.EncryptedNumber(theirs, c, -whole)
    return out.reshape(array.shape)


def numbers_from_phe(
    key: PublicKey, numbers: Sequence[Any] | npt.NDArray[Any], *, magnitude: int = 2**63
) -> EncryptedArray:
    """`phe.EncryptedNumber`s (a sequence, or an array of dtype object) as an array of the same shape.

    Args:
        key: the key they must be encrypted under.
        numbers: at least one.
        magnitude: the bound that the caller declares for every |x|, an integer.

    Numbers of other exponents than the smallest are scaled to it, which costs a power each.

    Raises `WrongKeyError` for a number under another key, `EncodingError` for something that is no ciphertext,
    `BoundError` if the bound at the smallest exponent does not fit.
    """
    given = np.asarray(numbers, dtype=object)
    if given.size == 0:
        raise InvalidInput("there are no numbers to convert")
    if type(magnitude) is not int or magnitude < 0:
        raise InvalidInput(f"the magnitude is an int of at least 0, got {magnitude!r}")
    kind = _phe().EncryptedNumber
    flat = list(given.flat)
    for i, number in enumerate(flat):
        if not isinstance(number, kind):
            raise WrongType(f"number {i} is a {type(number).__name__}, not a phe.EncryptedNumber")
        if number.public_key.n != key.n:
            raise WrongKeyError(f"number {i} is encrypted under another key than {key!r}")
    exponents = [min(int(number.exponent), 0) for number in flat]
    least = min(exponents)
    if -least * _BASE_BITS > MAX_FRACTION_BITS:
        raise BoundError(f"an exponent of {least} (base 16) is smaller than what an array can carry")
    words = 2 * key.words
    values = [int(number.ciphertext(be_secure=False)) for number in flat]
    for i, value in enumerate(values):
        if value < 0 or value.bit_length() > 64 * words:
            raise EncodingError(f"number {i} holds no ciphertext: it is negative or not below N^2")
    rows = bigint.to_words(values, words)
    key.require_ciphertexts(rows)
    encoding = FixedPoint(-least * _BASE_BITS, magnitude << (-least * _BASE_BITS))
    key.require_room(encoding.bound)
    # phe's positive exponents (large integers) and the coarser ones: times 16^(exponent - least).
    shifts = np.array([_BASE_BITS * (int(number.exponent) - least) for number in flat])
    if shifts.max() > key.bits:
        raise BoundError("a number's exponent is so large that the number cannot fit the bound declared")
    for shift in np.unique(shifts[shifts > 0]):
        rows[shifts == shift] = arithmetic.scale_up(key, np.ascontiguousarray(rows[shifts == shift]), int(shift))
    return EncryptedArray(key, rows.reshape(*given.shape, words), encoding, fresh=False)
