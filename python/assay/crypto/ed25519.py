"""Ed25519 (RFC 8032) signatures: made in constant time, verified many at once.

A signature R || s of 64 bytes on a message M under a public key A of 32 is accepted when

    s < L,  A decodes,  and  [s]B - [k]A encodes to exactly the bytes R,   k = SHA-512(R || A || M) mod L,

the verification without cofactor of RFC 8032, section 5.1.7 (L = 2^252 + 27742317777372353535851937790883648493, B its
base point). A decodes as in OpenSSL and the reference implementation of Bernstein and others ("ref10"), which is wider
than the RFC: y may be given unreduced, in [p, 2^255), x = 0 may carry a sign, and A may have small order. A ledger
must judge a signature alike on each machine, so this rule is fixed here and tested bit by bit; whoever hands out keys
refuses the special ones with `require_key`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Final, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.errors import EncodingError, InvalidInput, SignatureError, StateError, WrongType
from assay.crypto.sha256 import Bytes, require_rows

__all__ = [
    "PUBLIC_KEY_BYTES",
    "SEED_BYTES",
    "SIGNATURE_BYTES",
    "PrivateKey",
    "require_key",
    "verify",
    "verify_many",
    "verify_rows",
]

Verdicts: TypeAlias = npt.NDArray[np.bool_]

SEED_BYTES: Final = 32
PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_FIELD: Final = (1 << 255) - 19

# y of the points of order 1, 2, 4 and 8, apart from the sign of x (Bernstein, Lange, "Montgomery curves and the
# Montgomery ladder", 2017, section 2.4, lists those of Curve25519, which these are on the Edwards curve).
_SMALL_ORDER: Final = frozenset(
    (
        0,
        1,
        _FIELD - 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    )
)


class PrivateKey:
    """A signing key, held and wiped by the kernels. Its text shows no secret, and it cannot be pickled or copied.

    Args:
        seed: the 32 secret bytes that RFC 8032 calls the private key.

    Raises:
        EncodingError: the seed has another length. WrongType: it is not bytes.
    """

    __slots__ = ("_native", "public")

    def __init__(self, seed: bytes) -> None:
        if not isinstance(seed, bytes):
            raise WrongType(f"a seed is bytes, got {type(seed).__name__}")
        self._native = _native.Ed25519PrivateKey(seed)
        self.public: Final[bytes] = self._native.public_key()

    def sign(self, message: bytes) -> bytes:
        """The signature R || s on a message, 64 bytes: the same each time. About 20 us for a short one."""
        if not isinstance(message, bytes):
            raise WrongType(f"a message is bytes, got {type(message).__name__}")
        return self._native.sign(message)

    def __repr__(self) -> str:
        return f"<Ed25519 PrivateKey of {self.public.hex()}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise StateError("an Ed25519 PrivateKey is neither pickled nor copied")


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Returns None if the signature verifies, else raises SignatureError; malformed input is no signature."""
    if not verify_many([public], [message], [signature])[0]:
        raise SignatureError(f"the Ed25519 signature does not verify under the key {bytes(public).hex()}")


def verify_many(public: Sequence[bytes], messages: Sequence[bytes], signatures: Sequence[bytes]) -> Verdicts:
    """Which signatures verify: bool[n]. All are judged; a key or signature of another length is False.

    Raises:
        InvalidInput: the three sequences differ in length.
        WrongType: an element is not bytes.
    """
    n = _paired(len(public), len(messages), len(signatures))
    formed = [
        len(key) == PUBLIC_KEY_BYTES and len(mark) == SIGNATURE_BYTES
        for key, mark in zip(_all_bytes(public, "public key"), _all_bytes(signatures, "signature"), strict=True)
    ]
    if all(formed):
        return _verify(b"".join(public), messages, b"".join(signatures))
    verdicts = np.zeros(n, np.bool_)
    verdicts[formed] = verify_many(*(list(compress(part, formed)) for part in (public, messages, signatures)))
    return verdicts


def verify_rows(public: Bytes, messages: Sequence[bytes], signatures: Bytes) -> Verdicts:
    """Which of the signatures uint8[n, 64] verify under the keys uint8[n, 32]: bool[n].

    Raises:
        WrongType: another dtype, or a message that is not bytes.
        InvalidInput: another shape.
    """
    require_rows(public, PUBLIC_KEY_BYTES, "public")
    require_rows(signatures, SIGNATURE_BYTES, "signatures")
    _paired(len(public), len(messages), len(signatures))
    return _verify(public.tobytes(), messages, signatures.tobytes())


def require_key(public: bytes) -> None:
    """Raises EncodingError unless a key may be handed out: 32 bytes, canonical, on the curve, not of small order.

    A key of small order verifies signatures that nobody made. A point of the curve outside the subgroup of order L
    passes: under this rule of verification it binds its holder like any other.
    """
    if len(public) != PUBLIC_KEY_BYTES:
        raise EncodingError(f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes, got {len(public)}")
    y = int.from_bytes(public, "little") & ((1 << 255) - 1)
    if y >= _FIELD:
        raise EncodingError("the Ed25519 public key is not canonical: y is not below 2^255 - 19")
    if y in _SMALL_ORDER:
        raise EncodingError("the Ed25519 public key is a point of small order, which verifies what nobody signed")
    # x^2 = (y^2 - 1) / (d y^2 + 1), d = -121665 / 121666; u / v is a square exactly when u v is one
    square = (y * y - 1) * (121666 - 121665 * y * y) * 121666
    if pow(square, (_FIELD - 1) // 2, _FIELD) != 1:
        raise EncodingError("the Ed25519 public key is not a point of the curve")


def _paired(keys: int, messages: int, signatures: int) -> int:
    if messages != keys or signatures != keys:
        raise InvalidInput(f"{keys} keys, {messages} messages and {signatures} signatures do not pair up")
    return keys


def _all_bytes(values: Sequence[bytes], name: str) -> Sequence[bytes]:
    for value in values:
        if not isinstance(value, bytes):
            raise WrongType(f"a {name} is bytes, got {type(value).__name__}")
    return values


def _verify(public: bytes, messages: Sequence[bytes], signatures: bytes) -> Verdicts:
    lengths = np.array([len(message) for message in _all_bytes(messages, "message")], np.uint64)
    verdicts: Verdicts = _native.ed25519_verify(public, b"".join(messages), lengths, signatures)
    return verdicts
