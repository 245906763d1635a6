"""The arithmetic of `EncryptedArray`: each operation works out scale and bound of its result before it starts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from assay.core.errors import InvalidInput, WrongType
from assay.crypto.paillier.encoding import FixedPoint, Plain, Rows, as_plain_array, signed_integers
from assay.crypto.paillier.randomness import Progress
from assay.crypto.paillier.table import distinct

if TYPE_CHECKING:
    from assay.crypto.paillier.array import EncryptedArray
    from assay.crypto.paillier.keys import PublicKey

__all__ = ["add", "add_plain", "broadcast", "concatenate", "dot", "dot_left", "multiply", "rescale", "total"]


def add(a: EncryptedArray, b: EncryptedArray) -> EncryptedArray:
    """A + b, broadcast."""
    a._same_key(b)
    scale = max(a.encoding.fraction_bits, b.encoding.fraction_bits)
    encoding = FixedPoint(scale, _bound_at(a.encoding, scale) + _bound_at(b.encoding, scale))
    a.public_key.require_room(encoding.bound)
    shape = _common_shape(a.shape, b.shape)
    left, right = rescale(a, scale), rescale(b, scale)
    rows = a.public_key.native.multiply(_flat(left.ciphertexts, shape), _flat(right.ciphertexts, shape))
    return _made(a, rows, shape, encoding)


def add_plain(a: EncryptedArray, values: Plain, encoding: FixedPoint | None, *, negate: bool = False) -> EncryptedArray:
    """A + values or a - values, broadcast."""
    plain = as_plain_array(values)
    scale = a.encoding.fraction_bits
    if encoding is None:
        encoding = FixedPoint.default_for(plain, scale or None)
        if isinstance(values, int):
            encoding = FixedPoint(scale, _int_bound(values) << scale)
    common = max(scale, encoding.fraction_bits)
    result = FixedPoint(common, _bound_at(a.encoding, common) + _bound_at(encoding, common))
    a.public_key.require_room(result.bound)
    shape = _common_shape(a.shape, plain.shape)
    at_scale = FixedPoint(common, _bound_at(encoding, common))
    if encoding.fraction_bits != common:
        encoding.encode(plain)  # refuses what does not fit the encoding asked for
    rows = at_scale.encode(plain)
    if negate:
        rows = negated(rows)
    summands = _flat(rows.reshape(*plain.shape, rows.shape[1]), shape)
    factors = _flat(rescale(a, common).ciphertexts, shape)
    return _made(a, a.public_key.native.add_plain(summands, factors, None), shape, result)


def multiply(
    a: EncryptedArray, weights: Plain, encoding: FixedPoint | None, *, public: bool, progress: Progress | None
) -> EncryptedArray:
    """A * weights by elements, broadcast."""
    plain, encoding = _weights(weights, encoding, public=public)
    rows = encoding.encode(plain)
    if public:
        encoding = FixedPoint(encoding.fraction_bits, largest(rows))
    result = _product(a.public_key, a.encoding, encoding, 1)
    shape = _common_shape(a.shape, plain.shape)
    spread = _flat(rows.reshape(*plain.shape, rows.shape[1]), shape)
    out = a.public_key.native.weighted(
        _flat(a.ciphertexts, shape), spread, math.prod(shape), 1, 1, weight_bits(encoding.bound), True, public, progress
    )
    return _made(a, out, shape, result)


def dot(
    a: EncryptedArray, weights: Plain, encoding: FixedPoint | None, *, public: bool, progress: Progress | None
) -> EncryptedArray:
    """A @ weights for weights [n] or [n, m]."""
    plain, encoding = _weights(weights, encoding, public=public)
    if plain.ndim not in (1, 2) or a.ndim < 1 or a.shape[-1] != plain.shape[0]:
        raise InvalidInput(f"shapes {a.shape} and {plain.shape} have no product; weights are [n] or [n, m]")
    terms, outputs = plain.shape[0], math.prod(plain.shape[1:])
    if terms == 0:
        raise InvalidInput("a sum of no terms cannot be encrypted by arithmetic; encrypt zeros")
    # The kernel takes weights as [outputs, terms].
    rows = encoding.encode(plain.reshape(terms, outputs).T)
    if public:
        sums = FixedPoint(encoding.fraction_bits, largest_sum(rows, outputs, terms))
        encoding = FixedPoint(encoding.fraction_bits, largest(rows))
        result = _product(a.public_key, a.encoding, sums, 1)
    else:
        result = _product(a.public_key, a.encoding, encoding, terms)
    groups = math.prod(a.shape[:-1])
    out = a.public_key.native.weighted(
        a.flat_rows, rows, groups, terms, outputs, weight_bits(encoding.bound), False, public, progress
    )
    return _made(a, out, a.shape[:-1] + plain.shape[1:], result)


def dot_left(a: EncryptedArray, weights: Plain) -> EncryptedArray:
    """Weights @ a, for weights [n] or [m, n] and a [n] or [n, k]: the transposed product."""
    plain = as_plain_array(weights)
    if a.ndim not in (1, 2):
        raise InvalidInput(f"weights @ array takes an encrypted array of one or two dimensions, not {a.ndim}")
    return dot(a.T, np.ascontiguousarray(plain.T), None, public=False, progress=None).T


def total(a: EncryptedArray, axis: int | None) -> EncryptedArray:
    """The sum over one axis or all elements: a tree of products."""
    if axis is None:
        return total(a.ravel(), 0)
    if type(axis) is not int or not -a.ndim <= axis < a.ndim:
        raise InvalidInput(f"axis {axis} is outside an array of {a.ndim} dimensions")
    rows = np.moveaxis(a.ciphertexts, axis % a.ndim, 0)
    terms, width = rows.shape[0], rows.shape[-1]
    if terms == 0:
        raise InvalidInput("a sum of no terms cannot be encrypted by arithmetic; encrypt zeros")
    encoding = FixedPoint(a.encoding.fraction_bits, terms * a.encoding.bound)
    a.public_key.require_room(encoding.bound)
    return _made(a, product_tree(a.public_key, rows.reshape(terms, -1, width)), rows.shape[1:-1], encoding)


def product_tree(key: PublicKey, rows: Rows) -> Rows:
    """uint64[terms, n, 2 k] to the products over the first axis, uint64[n, 2 k]."""
    while len(rows) > 1:
        half = len(rows) // 2
        width = rows.shape[-1]
        left, right = rows[:half].reshape(-1, width), rows[half : 2 * half].reshape(-1, width)
        products = key.native.multiply(np.ascontiguousarray(left), np.ascontiguousarray(right))
        paired = products.reshape(half, *rows.shape[1:])
        rows = paired if len(rows) % 2 == 0 else np.concatenate([paired, rows[2 * half :]])
    return np.ascontiguousarray(rows[0])


def rescale(a: EncryptedArray, fraction_bits: int) -> EncryptedArray:
    """The same numbers at a finer scale: a power with the public exponent 2^(difference)."""
    if type(fraction_bits) is not int:
        raise WrongType(f"fraction_bits is an int, not {type(fraction_bits).__name__}")
    shift = fraction_bits - a.encoding.fraction_bits
    if shift < 0:
        raise InvalidInput(f"{-shift} fraction bits cannot be taken away under encryption; decrypt and round")
    if shift == 0:
        return a
    encoding = FixedPoint(fraction_bits, a.encoding.bound << shift)
    a.public_key.require_room(encoding.bound)
    return _made(a, scale_up(a.public_key, a.flat_rows, shift), a.shape, encoding)


def scale_up(key: PublicKey, rows: Rows, shift: int) -> Rows:
    """Plaintexts times 2^shift: uint64[n, 2 k]."""
    exponent = np.zeros(shift // 64 + 1, dtype=np.uint64)
    exponent[-1] = np.uint64(1 << (shift % 64))
    out: Rows = key.native.power_public(rows, exponent, None)
    return out


def concatenate(arrays: Sequence[EncryptedArray], axis: int) -> EncryptedArray:
    """Side by side along an axis, at the largest scale and bound."""
    if not arrays:
        raise InvalidInput("there is nothing to concatenate")
    first = arrays[0]
    for other in arrays[1:]:
        first._same_key(other)
    if type(axis) is not int or not -first.ndim <= axis < first.ndim:
        raise InvalidInput(f"axis {axis} is outside arrays of {first.ndim} dimensions")
    scale = max(a.encoding.fraction_bits for a in arrays)
    encoding = FixedPoint(scale, max(_bound_at(a.encoding, scale) for a in arrays))
    first.public_key.require_room(encoding.bound)
    scaled = [rescale(a, scale) for a in arrays]
    try:
        rows = np.concatenate([a.ciphertexts for a in scaled], axis=axis % first.ndim)
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    return type(first)(first.public_key, rows, encoding, fresh=all(a.fresh for a in scaled) and distinct(rows))


def broadcast(rows: Rows, shape: tuple[int, ...]) -> Rows:
    """uint64[*own, w] to uint64[*shape, w]."""
    try:
        return np.broadcast_to(rows, (*shape, rows.shape[-1]))
    except ValueError:
        raise InvalidInput(f"shape {rows.shape[:-1]} cannot be broadcast to {shape}") from None


def _made(like: EncryptedArray, rows: Rows, shape: tuple[int, ...], encoding: FixedPoint) -> EncryptedArray:
    return type(like)(like.public_key, rows.reshape(*shape, rows.shape[-1]), encoding, fresh=False)


def _bound_at(encoding: FixedPoint, fraction_bits: int) -> int:
    return encoding.bound << (fraction_bits - encoding.fraction_bits)


def _flat(rows: Rows, shape: tuple[int, ...]) -> Rows:
    """uint64[*own, w] broadcast to uint64[size of shape, w]. Operands of fewer dimensions gain leading ones."""
    return np.ascontiguousarray(broadcast(rows, shape)).reshape(-1, rows.shape[-1])


def _common_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        raise InvalidInput(f"shapes {a} and {b} cannot be broadcast together") from None


def _weights(weights: Plain, encoding: FixedPoint | None, *, public: bool) -> tuple[npt.NDArray[Any], FixedPoint]:
    plain = as_plain_array(weights)
    if encoding is not None:
        return plain, encoding
    if plain.dtype.kind == "O" or isinstance(weights, int):
        if public or isinstance(weights, int):
            return plain, FixedPoint(0, max((_int_bound(int(w)) for w in plain.flat), default=0))
        return plain, FixedPoint.default_for(plain)
    return plain, FixedPoint.default_for(plain)


def _int_bound(value: int) -> int:
    """2^63, or for longer integers the least 2^(64 i - 1) that is not below: the length in words shows, no more."""
    return 2 ** (-(-max(abs(value) - 1, 1).bit_length() // 64) * 64 - 1) if abs(value) > 2**63 else 2**63


def weight_bits(bound: int) -> int:
    """The least b >= 1 with bound <= 2^b: what the kernel is told of the weights."""
    return max(1, (bound - 1).bit_length())


def _product(key: PublicKey, values: FixedPoint, weights: FixedPoint, terms: int) -> FixedPoint:
    bound = terms * values.bound * weights.bound
    key.require_room(bound)
    return FixedPoint(values.fraction_bits + weights.fraction_bits, bound)


def largest(rows: Rows) -> int:
    """The largest |w| of signed rows."""
    return max((abs(w) for w in signed_integers(rows)), default=0)


def largest_sum(rows: Rows, outputs: int, terms: int) -> int:
    """The largest sum_j |w[i, j]| over i of signed rows [outputs, terms]."""
    integers = [abs(w) for w in signed_integers(rows)]
    return max((sum(integers[i * terms : (i + 1) * terms]) for i in range(outputs)), default=0)


def negated(rows: Rows) -> Rows:
    """-m of signed rows, one word wider: the least m of a row has no counterpart in it."""
    sign = (rows[:, -1:].view(np.int64) >> 63).view(np.uint64)
    out = ~np.concatenate([rows, sign], axis=1)
    carry = np.ones(len(out), dtype=np.uint64)
    for j in range(out.shape[1]):
        out[:, j] += carry
        carry &= out[:, j] == 0
    return out
