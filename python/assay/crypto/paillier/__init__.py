"""Paillier encryption of arrays: sums and weighted sums of numbers that nobody but the key holder sees.

    key = paillier.generate()                       # 3072 bits
    public = key.public_key
    a, b = public.encrypt(x), public.encrypt(y)     # numpy arrays
    key.decrypt(a + b), key.decrypt(a @ weights)

| module | holds |
|---|---|
| `keys` | `PublicKey`, `PrivateKey`, `generate` |
| `encoding` | `FixedPoint`: scale and bound of numbers |
| `array`, `arithmetic` | `EncryptedArray` and its operations |
| `packing` | `PackedArray`: many numbers in a ciphertext |
| `randomness`, `pool` | blindings: exact, short exponents, the key holder's; made in advance |
| `blobs` | arrays as bytes |
| `phe` | python-paillier's keys and numbers |

Security, assumptions and limits: docs/paillier.md and SECURITY.md.
"""

from assay.crypto.paillier.array import EncryptedArray, concatenate
from assay.crypto.paillier.encoding import FixedPoint
from assay.crypto.paillier.errors import BoundError
from assay.crypto.paillier.keys import DEFAULT_BITS, PicklablePrivateKey, PrivateKey, PublicKey, generate
from assay.crypto.paillier.packing import PackedArray, Slots, slot_bits
from assay.crypto.paillier.pool import RandomnessPool
from assay.crypto.paillier.randomness import ExactRandomness, KeyholderRandomness, Randomness, ShortRandomness

__all__ = [
    "DEFAULT_BITS",
    "BoundError",
    "EncryptedArray",
    "ExactRandomness",
    "FixedPoint",
    "KeyholderRandomness",
    "PackedArray",
    "PicklablePrivateKey",
    "PrivateKey",
    "PublicKey",
    "Randomness",
    "RandomnessPool",
    "ShortRandomness",
    "Slots",
    "concatenate",
    "generate",
    "slot_bits",
]
