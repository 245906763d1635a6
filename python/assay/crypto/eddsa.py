"""EdDSA over Baby Jubjub with Poseidon, as circomlib's `EdDSAPoseidonVerifier` checks it.

A = k Base8; h = Poseidon(R8.x, R8.y, A.x, A.y, M); S = r + 8 h k mod l; accepted when S Base8 = R8 + 8 h A, S < l, R8
is on the curve and A has order l. A message M is an element of Fr; bytes are hashed to one by `message_from_bytes`.
Keys derive from a seed of 32 bytes by SHA-256 with domain tags, nonces from a secret, the message and fresh randomness
(cpp/curve/babyjubjub/eddsa.h); signing is constant-time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import numpy as np

from assay import _native
from assay.core.errors import EncodingError, InvalidInput, SignatureError, WrongType
from assay.crypto import babyjubjub
from assay.crypto.babyjubjub import ORDER, Point, point_limbs
from assay.crypto.field import Fr, Limbs
from assay.crypto.poseidon import domain_tag, hash_ints

__all__ = [
    "SEED_BYTES",
    "SIGNATURE_BYTES",
    "PrivateKey",
    "PublicKey",
    "Signature",
    "failures",
    "message_from_bytes",
    "verify",
    "verify_many",
]

SEED_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_MESSAGE_DOMAIN: Final = "assay/eddsa/message/v1"


def message_from_bytes(data: bytes) -> int:
    """The field element of a byte string: Poseidon, tagged, of the two halves of its SHA-256 digest (big-endian)."""
    digest = hashlib.sha256(data).digest()
    halves = [int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:], "big")]
    return hash_ints(halves, domain_tag(_MESSAGE_DOMAIN))


def _message(message: int | bytes) -> int:
    return message_from_bytes(message) if isinstance(message, bytes) else message


@dataclass(frozen=True)
class Signature:
    """R8 and S. Construction refuses S >= l and coordinates outside Fr (EncodingError); the curve is checked on use."""

    R8: Point
    S: int

    def __post_init__(self) -> None:
        if not 0 <= self.S < ORDER:
            raise EncodingError("S of an EdDSA signature must be in [0, l)")
        if len(self.R8) != 2 or not all(0 <= c < Fr.modulus for c in self.R8):
            raise EncodingError("R8 of an EdDSA signature must be two coordinates in [0, r)")

    def to_bytes(self) -> bytes:
        """64 bytes: R8 packed, S little-endian; as circomlibjs packSignature."""
        return babyjubjub.pack(self.R8) + self.S.to_bytes(32, "little")

    @classmethod
    def from_bytes(cls, data: bytes) -> Signature:
        """The signature of 64 bytes; EncodingError unless they are canonical."""
        if len(data) != SIGNATURE_BYTES:
            raise EncodingError(f"an EdDSA signature has {SIGNATURE_BYTES} bytes, got {len(data)}")
        return cls(babyjubjub.unpack(data[:32]), int.from_bytes(data[32:], "little"))

    def limbs(self) -> Limbs:
        """uint64[12]: R8.x, R8.y, S."""
        return Fr.to_limbs([*self.R8, self.S]).reshape(12)


@dataclass(frozen=True)
class PublicKey:
    """A point of order l. Construction refuses every other (EncodingError; InvalidInput for coordinates outside Fr)."""

    x: int
    y: int

    def __post_init__(self) -> None:
        babyjubjub.require_prime_order(self.point)

    @property
    def point(self) -> Point:
        """(x, y)."""
        return self.x, self.y

    def to_bytes(self) -> bytes:
        """32 bytes, packed."""
        return babyjubjub.pack(self.point)

    @classmethod
    def from_bytes(cls, data: bytes) -> PublicKey:
        """The key of 32 bytes; EncodingError unless they are the canonical form of a point of order l."""
        return cls(*babyjubjub.unpack(data))

    def verify(self, message: int | bytes, signature: Signature) -> None:
        """Returns None or raises SignatureError. An integer message must be in [0, r), else InvalidInput."""
        verify_many([self], [message], [signature])


class PrivateKey:
    """A signing key, held and wiped by the kernels. Its text shows no secret, and it cannot be pickled or copied."""

    __slots__ = ("_native_key", "public_key")

    def __init__(self, native_key: _native.EddsaPrivateKey) -> None:
        self._native_key = native_key
        x, y = Fr.from_limbs(native_key.public_key().reshape(2, 4))
        self.public_key: Final = PublicKey(x, y)

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new key from the operating system's randomness."""
        return cls(_native.EddsaPrivateKey.generate())

    @classmethod
    def from_bytes(cls, seed: bytes) -> PrivateKey:
        """The key of a secret seed of 32 bytes (EncodingError for another length)."""
        if not isinstance(seed, bytes):
            raise WrongType(f"a seed is bytes, got {type(seed).__name__}")
        return cls(_native.EddsaPrivateKey.from_seed(seed))

    def to_bytes(self) -> bytes:
        """The secret seed, for a key store. Python cannot wipe what this returns."""
        seed: bytes = self._native_key.seed()
        return seed

    def sign(self, message: int | bytes) -> Signature:
        """Signs an element of Fr, or bytes by way of `message_from_bytes`. Two signatures of one message differ."""
        r8x, r8y, s = _integers(self._native_key.sign(Fr.to_limbs([_message(message)])[0]))
        return Signature((r8x, r8y), s)

    def __repr__(self) -> str:
        return f"PrivateKey(public_key=0x{self.public_key.to_bytes().hex()})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key cannot be pickled or copied; store to_bytes() where secrets are kept")


def _integers(limbs: Limbs) -> list[int]:
    return [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in limbs.reshape(-1, 4)]


def _statuses(keys: Sequence[PublicKey], messages: Sequence[int | bytes], signatures: Sequence[Signature]) -> list[int]:
    n = len(keys)
    if len(messages) != n or len(signatures) != n:
        raise InvalidInput(f"{n} keys, {len(messages)} messages and {len(signatures)} signatures do not pair up")
    if n == 0:
        return []
    for kind, values in ((PublicKey, keys), (Signature, signatures)):
        for value in values:
            if not isinstance(value, kind):
                raise WrongType(f"expected a {kind.__name__}, got {type(value).__name__}")
    native: Any = _native.eddsa_verify(
        np.stack([point_limbs(key.point) for key in keys]),
        Fr.to_limbs([_message(message) for message in messages]),
        np.stack([signature.limbs() for signature in signatures]),
        True,  # a PublicKey was checked when it was made
    )
    return [int(status) for status in native]


def failures(keys: Sequence[PublicKey], messages: Sequence[int | bytes], signatures: Sequence[Signature]) -> list[int]:
    """The positions whose signature does not verify, verified in parallel. An empty list: all do."""
    return [i for i, status in enumerate(_statuses(keys, messages, signatures)) if status != 0]


def verify_many(keys: Sequence[PublicKey], messages: Sequence[int | bytes], signatures: Sequence[Signature]) -> None:
    """Returns None if every signature verifies, else raises SignatureError naming the first that does not."""
    for position, status in enumerate(_statuses(keys, messages, signatures)):
        if status != 0:
            where = f"signature {position} of {len(keys)}: " if len(keys) > 1 else ""
            raise SignatureError(f"{where}{_native.status_message(status)}")


def verify(public_key: Point, message: int | bytes, signature: Signature | bytes) -> None:
    """Verifies with a key and a signature as they arrive; every fault of either is a SignatureError.

    An integer message outside Fr is InvalidInput.
    """
    try:
        key = PublicKey(*public_key)
        given = Signature.from_bytes(signature) if isinstance(signature, bytes) else signature
    except InvalidInput as error:
        raise SignatureError(f"the signature cannot be verified: {error}") from error
    key.verify(message, given)
