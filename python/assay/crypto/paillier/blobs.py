"""Encrypted arrays as bytes: records of `assay.core.encoding`, one canonical form each.

    array   ("assay.paillier.array", 1, fingerprint, shape, fraction_bits, bound, ciphertexts)
    packed  ("assay.paillier.packed", 1, fingerprint, shape of the table, length, width, fraction_bits, offset, top,
             ciphertexts)

The fingerprint is the key's, 32 bytes. Ciphertexts lie one after the other in C order, each of 2 bits(N) bits rounded
up to 16 bytes, big-endian. Whoever reads has the key already: a blob under another key is refused, and so is one that
is longer than the limit, cut off, longer than its shape says, or holds a number that is 0, not below N^2, or shares a
factor with N. What is declared (scale, bound, slots) is the sender's word; a plaintext that breaks it is refused when
it is decrypted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.core.encoding import MAX_BYTES, decode_record, encode_record
from assay.core.errors import EncodingError, LimitError, WrongKeyError
from assay.crypto.paillier.array import EncryptedArray
from assay.crypto.paillier.encoding import FixedPoint, Rows
from assay.crypto.paillier.packing import PackedArray, Slots
from assay.crypto.paillier.table import CipherTable

if TYPE_CHECKING:
    from assay.crypto.paillier.keys import PublicKey

__all__ = ["MAX_BYTES", "array_from_bytes", "array_to_bytes", "packed_from_bytes", "packed_to_bytes"]

_ARRAY, _PACKED = "assay.paillier.array", "assay.paillier.packed"
_VERSION: Final = 1
_MAX_AXES: Final = 32
_HEADER: Final = 4096  # what a record needs beside its ciphertexts, at most


def array_to_bytes(array: EncryptedArray) -> bytes:
    """The blob of an array, rerandomised if it is not fresh."""
    array = array if array.fresh else array.rerandomize()
    encoding = array.encoding
    fields = (array.shape, encoding.fraction_bits, encoding.bound, _ciphertexts(array))
    return encode_record(_ARRAY, _VERSION, array.public_key.fingerprint, *fields, limit=array.nbytes + _HEADER)


def array_from_bytes(key: PublicKey, data: bytes, *, limit: int | None = None) -> EncryptedArray:
    """The array of `array_to_bytes`; `limit` is by default `MAX_BYTES` (16 MiB)."""
    kinds = (bytes, tuple, int, int, bytes)
    fingerprint, shape, fraction_bits, bound, raw = decode_record(data, _ARRAY, _VERSION, *kinds, limit=_limit(limit))
    _require_key(key, fingerprint)
    encoding = FixedPoint(fraction_bits, bound)
    key.require_room(encoding.bound)
    return EncryptedArray(key, _rows(key, _shape(shape), raw), encoding, fresh=True)


def packed_to_bytes(array: PackedArray) -> bytes:
    """The blob of a packed array, rerandomised if it is not fresh."""
    array = array if array.fresh else array.rerandomize()
    slots = array.slots
    table = array.ciphertexts.shape[:-1]
    fields = (table, array.shape[-1], slots.width, slots.fraction_bits, slots.offset, slots.top, _ciphertexts(array))
    return encode_record(_PACKED, _VERSION, array.public_key.fingerprint, *fields, limit=array.nbytes + _HEADER)


def packed_from_bytes(key: PublicKey, data: bytes, *, limit: int | None = None) -> PackedArray:
    """The array of `packed_to_bytes`; `limit` is by default `MAX_BYTES` (16 MiB)."""
    kinds = (bytes, tuple, int, int, int, int, int, bytes)
    fields = decode_record(data, _PACKED, _VERSION, *kinds, limit=_limit(limit))
    fingerprint, table, length, width, fraction_bits, offset, top, raw = fields
    _require_key(key, fingerprint)
    if not 2 <= width < key.bits:
        raise EncodingError(f"slots of {width} bits do not fit {key!r}")
    slots = Slots(width, fraction_bits, offset, top)
    form = _shape(table)
    per = slots.count(key.bits)
    if not form or length < 0 or form[-1] != -(-length // per):
        raise EncodingError(f"a table of shape {form} does not hold rows of {length} numbers, {per} a ciphertext")
    return PackedArray(key, _rows(key, form, raw), length, slots, fresh=True)


def _limit(limit: int | None) -> int:
    return MAX_BYTES if limit is None else limit


def _require_key(key: PublicKey, fingerprint: bytes) -> None:
    if fingerprint != key.fingerprint:
        raise WrongKeyError(f"the blob is encrypted under the key {fingerprint[:8].hex()}, not under {key!r}")


def _shape(parts: tuple[Any, ...]) -> tuple[int, ...]:
    if len(parts) > _MAX_AXES:
        raise LimitError(f"a shape of {len(parts)} axes; at most {_MAX_AXES} are read")
    for part in parts:
        if type(part) is not int or part < 0:
            raise EncodingError("a shape is a tuple of natural numbers")
    return tuple(parts)


def _ciphertexts(table: CipherTable) -> bytes:
    return table.flat_rows[:, ::-1].astype(">u8").tobytes()


def _rows(key: PublicKey, shape: tuple[int, ...], raw: bytes) -> Rows:
    words = 2 * key.words
    count = math.prod(shape)
    if len(raw) != 8 * words * count:
        raise EncodingError(f"{len(raw)} bytes of ciphertexts; shape {shape} takes {count} of {8 * words} bytes each")
    rows = np.ascontiguousarray(np.frombuffer(raw, dtype=">u8").astype(np.uint64).reshape(count, words)[:, ::-1])
    key.require_ciphertexts(rows)
    return rows.reshape(*shape, words)
