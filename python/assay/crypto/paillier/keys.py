"""Paillier's keys: N = p q, ciphertexts c = (1 + N)^m r^N mod N^2 with m in Z_N and r in Z_N*.

Paillier, Public-Key Cryptosystems Based on Composite Degree Residuosity Classes (EUROCRYPT 1999), with g = 1 + N as in
Damgard, Jurik (PKC 2001), so that g^m = 1 + m N costs one product; decryption by the Chinese remainder theorem.
Plaintexts are hidden if N-th residues modulo N^2 cannot be told from other units (decisional composite residuosity).
Anybody can change what a ciphertext holds: the scheme gives no integrity.

The secret work (decryption, blinding by the key holder) is constant time in the kernels, where p and q live and are
wiped.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.encoding import decode_record, digest_bytes, encode_record
from assay.core.errors import EncodingError, InvalidInput, StateError, WrongKeyError, WrongType
from assay.crypto import bigint
from assay.crypto.paillier import packing
from assay.crypto.paillier.array import EncryptedArray
from assay.crypto.paillier.encoding import FixedPoint, Plain, Rows, as_plain_array, signed_rows
from assay.crypto.paillier.errors import BoundError
from assay.crypto.paillier.modulus import MAX_BITS, MIN_BITS, require_factors, require_modulus
from assay.crypto.paillier.packing import PackedArray, Slots
from assay.crypto.paillier.randomness import (
    ExactRandomness,
    KeyholderRandomness,
    Progress,
    Randomness,
    ShortRandomness,
)

__all__ = ["DEFAULT_BITS", "PicklablePrivateKey", "PrivateKey", "PublicKey", "generate"]

DEFAULT_BITS: Final = 3072
"""Of N: 128 bits of security (NIST SP 800-57). 2048 bits give 112."""

_PUBLIC, _PRIVATE = "assay.paillier.public-key", "assay.paillier.private-key"
_KEY_LIMIT: Final = 4096


class PublicKey:
    """The modulus N: encrypts, and computes on what is encrypted.

    Args:
        n: of 2048 to 4096 bits.

    Raises:
        InvalidInput: N is too short or too long, even, prime, a perfect power, or has a factor below 65536. That it is
            the product of two large primes cannot be seen from N.
    """

    __slots__ = ("_n", "_short", "fingerprint", "native")

    def __init__(self, n: int) -> None:
        require_modulus(n)
        self._n = n
        self._short: ShortRandomness | None = None
        self.fingerprint: Final[bytes] = digest_bytes("assay/paillier/public-key/v1", self.to_bytes())
        self.native: Final = _native.PaillierPublicKey(bigint.to_words([n])[0])

    @property
    def n(self) -> int:
        """The modulus."""
        return self._n

    @property
    def bits(self) -> int:
        """The length of the modulus."""
        return self._n.bit_length()

    @property
    def words(self) -> int:
        """k: words of a plaintext; a ciphertext has 2 k."""
        return (self.bits + 63) // 64

    @property
    def max_bound(self) -> int:
        """The largest |m| that a plaintext can hold: (N - 1) / 2."""
        return (self._n - 1) // 2

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self._n == other._n

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"PublicKey({self.bits} bits, {self.fingerprint[:8].hex()})"

    def __reduce__(self) -> tuple[Any, ...]:
        return PublicKey, (self._n,)

    # Encryption.

    def encrypt(
        self,
        values: Plain,
        *,
        encoding: FixedPoint | None = None,
        randomness: Randomness | None = None,
        progress: Progress | None = None,
    ) -> EncryptedArray:
        """`values` as ciphertexts of the same shape.

        Args:
            values: an array of integers or floats, or one number. Python ints beyond 64 bits come as dtype object.
            encoding: scale and bound; by default those of the dtype: integers by their width, floats |x| < 2^31 in
                steps of 2^-32.
            randomness: the blindings; by default `ExactRandomness`. A `RandomnessPool` gives those made in advance.
            progress: told how many blindings are done.

        Raises:
            BoundError: a value is not finite or does not fit the encoding, or the encoding does not fit the key.
            WrongType: the dtype is not one of those. WrongKeyError: `randomness` belongs to another key.
        """
        plain = as_plain_array(values)
        chosen = FixedPoint.default_for(plain) if encoding is None else encoding
        self.require_room(chosen.bound)
        rows = chosen.encode(plain)
        out = self._blinded(rows, randomness, progress)
        return EncryptedArray(self, out.reshape(*plain.shape, 2 * self.words), chosen, fresh=True)

    def encrypt_exact(self, values: Plain, *, encoding: FixedPoint | None = None) -> EncryptedArray:
        """`encrypt` with blindings r^N by the public key alone: no assumption but Paillier's."""
        return self.encrypt(values, encoding=encoding, randomness=ExactRandomness(self))

    def encrypt_short(self, values: Plain, *, encoding: FixedPoint | None = None) -> EncryptedArray:
        """`encrypt` with short exponents of bits(N) / 2, by a table made at the first call; see `ShortRandomness`."""
        if self._short is None:
            self._short = ShortRandomness(self)
        return self.encrypt(values, encoding=encoding, randomness=self._short)

    def encrypt_packed(
        self,
        values: Plain,
        *,
        slot_bits: int,
        encoding: FixedPoint | None = None,
        randomness: Randomness | None = None,
        progress: Progress | None = None,
    ) -> PackedArray:
        """`values` of at least one dimension, the last axis packed into slots of `slot_bits` bits.

        `assay.crypto.paillier.slot_bits` plans the width for what is to be computed. Other arguments and errors as for
        `encrypt`; `BoundError` also where a slot has no room for the encoding.
        """
        plain = as_plain_array(values)
        if plain.ndim == 0:
            raise InvalidInput("packing takes an array of at least one dimension")
        if type(slot_bits) is not int:
            raise WrongType("slot_bits is an int")
        chosen = FixedPoint.default_for(plain) if encoding is None else encoding
        slots = Slots.around(slot_bits, chosen.fraction_bits, chosen.bound)
        per = slots.count(self.bits)
        if per < 1:
            raise BoundError(f"a slot of {slot_bits} bits does not fit a plaintext of {self.bits - 1} bits")
        content = [m + slots.offset for m in chosen.encode_integers(plain)]
        plaintexts = packing.pack(content, plain.shape, slot_bits, per, filler=slots.offset)
        out = self._blinded(signed_rows(plaintexts, self.words), randomness, progress)
        table = out.reshape(*plain.shape[:-1], -(-plain.shape[-1] // per), 2 * self.words)
        return PackedArray(self, table, plain.shape[-1], slots, fresh=True)

    def _blinded(self, rows: Rows, randomness: Randomness | None, progress: Progress | None) -> Rows:
        blindings = self.blindings(len(rows), randomness, progress)
        out: Rows = self.native.add_plain(rows, blindings, None)
        blindings[:] = 0
        return out

    def blindings(self, count: int, randomness: Randomness | None, progress: Progress | None) -> Rows:
        """`count` unused blindings, uint64[count, 2 k]: secret, to be overwritten after use."""
        source = ExactRandomness(self) if randomness is None else randomness
        if source.public_key != self:
            raise WrongKeyError(f"the randomness belongs to {source.public_key!r}, not to {self!r}")
        return source.take(count, progress)

    # What others send.

    def require_ciphertexts(self, rows: Rows) -> None:
        """Raises `EncodingError` unless each of uint64[n, 2 k] is above 0, below N^2 and without a factor of N."""
        found = self.native.check(rows)
        if found is not None:
            where, what = found
            raise EncodingError(f"ciphertext {where} of {len(rows)} {what}")

    def require_room(self, bound: int) -> None:
        """Raises `BoundError` if plaintexts |m| <= bound do not fit (-N / 2, N / 2)."""
        if bound > self.max_bound:
            raise BoundError(
                f"numbers could reach {bound.bit_length()} bits, plaintexts under {self!r} have {self.bits - 1}; "
                "declare tighter encodings, or take a longer key"
            )

    def read_array(self, data: bytes, *, limit: int | None = None) -> EncryptedArray:
        """The array of `EncryptedArray.to_bytes`; see `assay.crypto.paillier.blobs` for what is refused."""
        from assay.crypto.paillier import blobs

        return blobs.array_from_bytes(self, data, limit=limit)

    def read_packed(self, data: bytes, *, limit: int | None = None) -> PackedArray:
        """The array of `PackedArray.to_bytes`; see `assay.crypto.paillier.blobs` for what is refused."""
        from assay.crypto.paillier import blobs

        return blobs.packed_from_bytes(self, data, limit=limit)

    def to_bytes(self) -> bytes:
        """The canonical encoding of (kind, version, N)."""
        return encode_record(_PUBLIC, 1, self._n)

    @classmethod
    def from_bytes(cls, data: bytes) -> PublicKey:
        """The key of `to_bytes`. Raises `EncodingError` for anything else, `InvalidInput` for an N that is refused."""
        (n,) = decode_record(data, _PUBLIC, 1, int, limit=_KEY_LIMIT)
        return cls(n)


class PrivateKey:
    """p and q: decrypts, and encrypts faster. Made by `generate`, `from_primes` or `from_secret_bytes`.

    Not pickled and not copied, unless asked for by name (`picklable`); p and q are in no repr.
    """

    __slots__ = ("_native", "_public_key")

    def __init__(self, native: _native.PaillierPrivateKey) -> None:
        self._native: _native.PaillierPrivateKey | None = native
        self._public_key = PublicKey(bigint.from_words(native.modulus().reshape(1, -1))[0])

    @classmethod
    def from_primes(cls, p: int, q: int) -> PrivateKey:
        """The key of two primes, p != q, of nearly the same length.

        Raises `InvalidInput` if one is not prime, they are too close or too different, or N is refused.
        """
        require_factors(p, q)
        words = -(-max(p.bit_length(), q.bit_length()) // 64)
        pair = bigint.to_words([p, q], words)
        key = cls(_native.PaillierPrivateKey(pair[0], pair[1]))
        pair[:] = 0
        return key

    @property
    def public_key(self) -> PublicKey:
        """The key to give away."""
        return self._public_key

    @property
    def native(self) -> _native.PaillierPrivateKey:
        """The kernels' key; `StateError` after `wipe`."""
        if self._native is None:
            raise StateError("the private key was wiped")
        return self._native

    def decrypt(self, array: EncryptedArray | PackedArray, *, progress: Progress | None = None) -> npt.NDArray[Any]:
        """The numbers of an array: float64 if it has fraction bits, else int64, or Python ints if they may be longer.

        Raises `WrongKeyError` for an array under another key; `BoundError` if a plaintext lies outside the bound that
        the array declares, which only a maker of false ciphertexts can bring about.
        """
        if not isinstance(array, (EncryptedArray, PackedArray)):
            raise WrongType(f"decrypt takes an EncryptedArray or a PackedArray, not {type(array).__name__}")
        if array.public_key != self._public_key:
            raise WrongKeyError(f"the array is under {array.public_key!r}, this key is that of {self._public_key!r}")
        signed = isinstance(array, EncryptedArray)
        rows = self.native.decrypt(array.flat_rows, signed, progress)
        if isinstance(array, EncryptedArray):
            return array.encoding.decode(rows, array.shape)
        return packing.unpack(bigint.from_words(rows), array.shape, array.slots, array.slots_per_ciphertext)

    def encrypt_keyholder(self, values: Plain, *, encoding: FixedPoint | None = None) -> EncryptedArray:
        """`PublicKey.encrypt` with blindings by the Chinese remainder theorem: the same distribution, faster."""
        return self._public_key.encrypt(values, encoding=encoding, randomness=KeyholderRandomness(self))

    def wipe(self) -> None:
        """Forget p and q; the kernels overwrite them. Later use raises `StateError`."""
        self._native = None

    def to_secret_bytes(self) -> bytes:
        """p and q in the clear, as a canonical record. Keep it where only its owner reads
        (`assay.identity.custody.SecretBytes` does, with or without a passphrase).
        """
        p, q = bigint.from_words(np.stack(self.native.primes()))
        return encode_record(_PRIVATE, 1, p, q)

    @classmethod
    def from_secret_bytes(cls, data: bytes) -> PrivateKey:
        """The key of `to_secret_bytes`; `EncodingError` for anything else."""
        p, q = decode_record(data, _PRIVATE, 1, int, int, limit=_KEY_LIMIT)
        if p <= q:
            raise EncodingError("the larger prime comes first in a private key's record")
        return cls.from_primes(p, q)

    def picklable(self) -> PicklablePrivateKey:
        """A wrapper that pickles, with p and q in the clear: for processes that share this one's trust."""
        return PicklablePrivateKey(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrivateKey) and self._public_key == other._public_key

    def __hash__(self) -> int:
        return hash((PrivateKey, self._public_key))

    def __repr__(self) -> str:
        return f"<PrivateKey of {self._public_key!r}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise StateError("a PrivateKey is neither pickled nor copied; ask for key.picklable() by name if you must")


class PicklablePrivateKey:
    """A private key whose owner asked for it to be pickled; unpickling gives the wrapper again."""

    __slots__ = ("key",)

    def __init__(self, key: PrivateKey) -> None:
        self.key: Final = key

    def __reduce__(self) -> tuple[Any, ...]:
        return PicklablePrivateKey._read, (self.key.to_secret_bytes(),)

    @staticmethod
    def _read(data: bytes) -> PicklablePrivateKey:
        return PicklablePrivateKey(PrivateKey.from_secret_bytes(data))

    def __repr__(self) -> str:
        return f"PicklablePrivateKey({self.key!r})"


def generate(bits: int = DEFAULT_BITS, *, progress: Progress | None = None) -> PrivateKey:
    """A new key with N of exactly `bits` bits, 2048 to 4096 and even.

    p and q are random primes of bits / 2, both 3 mod 4, with gcd(p - 1, q - 1) = 2: then -x^2 generates, for nearly
    every x, the group that `ShortRandomness` draws from (Damgard, Jurik, Nielsen 2010). They never leave the kernels.
    """
    if type(bits) is not int:
        raise WrongType("bits is an int")
    if not MIN_BITS <= bits <= MAX_BITS or bits % 2:
        raise InvalidInput(f"a key of {bits} bits; take an even number from {MIN_BITS} to {MAX_BITS}")
    return PrivateKey(_native.PaillierPrivateKey.generate(bits, progress))
