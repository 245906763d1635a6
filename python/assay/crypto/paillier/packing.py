"""Several numbers in one ciphertext: `PackedArray`.

A plaintext of bits(N) - 1 usable bits is cut into slots. Slot i holds v + offset, never negative, with v in
[-offset, top - offset]; the plaintext is the sum of slot_i 2^(i slot_bits). What happens to plaintexts happens to each
slot, as long as no slot leaves [0, 2^slot_bits): range and offset are followed through every operation, and one that
could overflow a slot raises `BoundError` and makes nothing.

    a + b        offsets add, tops add
    a - b        slots of a plus (top_b - slots of b)
    w a          w slot + (offset' - w offset) with offset' = |w|_max max(offset, top - offset): the offset follows the
                 multiplication, and what travels in the clear tells the bound of w, not w
    sum, W a     likewise, with the number of terms

`slot_bits` plans the width: value bits + weight bits + ceil(log2(additions)) + 1 for the sign, and 80 more where a
statistical mask is to be carried. At 2048 bits that makes 31 slots of 64 bits, or 15 of 131.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from assay.core.errors import InvalidInput, WrongType
from assay.crypto.paillier import arithmetic
from assay.crypto.paillier.encoding import FixedPoint, Plain, Rows, as_plain_array, signed_integers, signed_rows
from assay.crypto.paillier.errors import BoundError
from assay.crypto.paillier.randomness import Progress
from assay.crypto.paillier.table import CipherTable, distinct

if TYPE_CHECKING:
    from assay.crypto.paillier.keys import PublicKey

__all__ = ["MASK_BITS", "PackedArray", "Slots", "slot_bits"]

MASK_BITS: Final = 80
"""A statistical mask hides what it is added to up to 2^-80."""


def slot_bits(value_bits: int, *, weight_bits: int = 0, additions: int = 1, mask: bool = False) -> int:
    """The width of a slot for values |m| < 2^value_bits, times weights |w| < 2^weight_bits, `additions` of them summed.

    value bits + weight bits + ceil(log2(additions)) + 1, and 80 more for a statistical mask.
    """
    for name, number, least in (
        ("value_bits", value_bits, 1),
        ("weight_bits", weight_bits, 0),
        ("additions", additions, 1),
    ):
        if type(number) is not int or number < least:
            raise InvalidInput(f"{name} is an int of at least {least}, got {number!r}")
    return value_bits + weight_bits + (additions - 1).bit_length() + 1 + (MASK_BITS if mask else 0)


@dataclass(frozen=True, slots=True)
class Slots:
    """How numbers lie in a plaintext: content v + offset in [0, top], `width` bits each, value v / 2^fraction_bits."""

    width: int
    fraction_bits: int
    offset: int
    top: int

    def __post_init__(self) -> None:
        if any(type(part) is not int for part in (self.width, self.fraction_bits, self.offset, self.top)):
            raise WrongType("width, fraction_bits, offset and top of Slots are ints")
        if self.width < 2 or self.offset < 0 or self.top < self.offset:
            raise InvalidInput("slots have at least 2 bits, and 0 <= offset <= top")
        if self.top >> self.width:
            raise BoundError(
                f"the content of a slot could reach {self.top.bit_length()} bits, a slot has {self.width}; "
                "take wider slots (packing.slot_bits), or declare a smaller bound"
            )
        FixedPoint(self.fraction_bits, self.reach)

    @classmethod
    def around(cls, width: int, fraction_bits: int, bound: int) -> Slots:
        """Slots for |v| <= bound."""
        return cls(width, fraction_bits, bound, 2 * bound)

    @property
    def reach(self) -> int:
        """The largest |v|."""
        return max(self.offset, self.top - self.offset)

    def count(self, key_bits: int) -> int:
        """Slots of one ciphertext under a modulus of so many bits."""
        return (key_bits - 1) // self.width

    def ones(self, count: int) -> int:
        """1 in each of `count` slots."""
        return ((1 << (self.width * count)) - 1) // ((1 << self.width) - 1)

    def __str__(self) -> str:
        return f"{self.width} bits a slot, fraction_bits={self.fraction_bits}, content of {self.top.bit_length()} bits"


class PackedArray(CipherTable):
    """An array of encrypted numbers, its last axis packed into slots. Made by `PublicKey.encrypt_packed`.

    Rows of the last axis have ceil(length / slots) ciphertexts each. Arithmetic works on whole rows: addition and
    subtraction by elements, one integer weight a row, sums and weighted sums over the axes before the last.
    """

    def __init__(self, public_key: PublicKey, rows: Rows, length: int, slots: Slots, *, fresh: bool) -> None:
        self._length = length
        self._slots = slots
        per = slots.count(public_key.bits)
        if per < 1:
            raise BoundError(f"a slot of {slots.width} bits does not fit a plaintext of {public_key.bits - 1} bits")
        if rows.ndim < 2 or rows.shape[-2] != -(-length // per):
            raise InvalidInput(
                f"{length} numbers in slots of {slots.width} bits take {-(-length // per)} ciphertexts a row"
            )
        super().__init__(public_key, rows, fresh=fresh)

    @property
    def slots(self) -> Slots:
        """Width, offset and range of each slot; known to whoever holds the array."""
        return self._slots

    @property
    def slots_per_ciphertext(self) -> int:
        """How many numbers a ciphertext holds."""
        return self._slots.count(self._key.bits)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the numbers, not of the ciphertexts."""
        return (*self._rows.shape[:-2], self._length)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"PackedArray(shape={self.shape}, {self._slots}, {self._key!r})"

    def _with(self, rows: Rows, *, fresh: bool) -> PackedArray:
        return PackedArray(self._key, rows, self._length, self._slots, fresh=fresh)

    def __getitem__(self, key: Any) -> PackedArray:
        """As numpy's on every axis but the last, which stays whole."""
        leading = self._rows.shape[:-2]
        rows = self._pick(key, leading, self._rows.shape[-2])
        return self._with(rows, fresh=self._fresh and distinct(rows))

    def __add__(self, other: PackedArray | Plain) -> PackedArray:
        if isinstance(other, PackedArray):
            self._alike(other)
            a, b = self._slots, other._slots
            slots = Slots(a.width, a.fraction_bits, a.offset + b.offset, a.top + b.top)
            return self._made(self._key.native.multiply(self.flat_rows, other.flat_rows), slots)
        return self.add(other)

    __radd__ = __add__

    def __sub__(self, other: PackedArray | Plain) -> PackedArray:
        if isinstance(other, PackedArray):
            self._alike(other)
            return self + (-other)
        return self._add_plain(other, None, -1)

    def __neg__(self) -> PackedArray:
        slots = Slots(
            self._slots.width, self._slots.fraction_bits, self._slots.top - self._slots.offset, self._slots.top
        )
        inverted = self._key.native.invert(self.flat_rows)
        return self._shifted(inverted, [slots.top] * len(inverted), slots)

    def __rsub__(self, other: Plain) -> PackedArray:
        return (-self).add(other)

    def __mul__(self, weights: Plain) -> PackedArray:
        return self.multiply(weights)

    __rmul__ = __mul__

    def __rmatmul__(self, weights: Plain) -> PackedArray:
        return self.weighted_sum(weights)

    def add(self, values: Plain, *, encoding: FixedPoint | None = None) -> PackedArray:
        """Self + values, broadcast to this shape; values are encoded at this array's scale, by dtype if not told."""
        return self._add_plain(values, encoding, 1)

    def _add_plain(self, values: Plain, encoding: FixedPoint | None, sign: int) -> PackedArray:
        plain = as_plain_array(values)
        scale = self._slots.fraction_bits
        chosen = FixedPoint.default_for(plain, scale) if encoding is None else encoding
        if chosen.fraction_bits != scale:
            raise InvalidInput(f"values are added at the array's {scale} fraction bits, not at {chosen.fraction_bits}")
        old = self._slots
        slots = Slots(old.width, scale, old.offset + chosen.bound, old.top + 2 * chosen.bound)
        try:
            spread = np.broadcast_to(plain, self.shape)
        except ValueError:
            raise InvalidInput(f"values of shape {plain.shape} cannot be broadcast to {self.shape}") from None
        content = [chosen.bound + sign * m for m in signed_integers(chosen.encode(spread))]
        packed = pack(content, self.shape, self._slots.width, self.slots_per_ciphertext, filler=chosen.bound)
        words = signed_rows(packed, self._key.words)
        return self._made(self._key.native.add_plain(words, self.flat_rows, None), slots)

    def multiply(
        self, weights: Plain, *, bound: int | None = None, public: bool = False, progress: Progress | None = None
    ) -> PackedArray:
        """Each row times its integer weight: a number, or an array that broadcasts to `shape[:-1]`.

        Args:
            weights: integers.
            bound: of |w|; by default what the dtype holds, or, if the weights are `public`, their largest.
            public: the weights are known to all; time then depends on them.
            progress: told how many ciphertexts are done.
        """
        plain, limit = _integer_weights(weights, bound, public=public)
        leading = self._rows.shape[:-2]
        try:
            spread = np.ascontiguousarray(np.broadcast_to(plain, leading))
        except ValueError:
            raise InvalidInput(f"weights of shape {plain.shape} cannot be broadcast to {leading}") from None
        rows = FixedPoint(0, limit).encode(spread)
        slots = self._weighted_slots(limit)
        blocks = self._rows.shape[-2]
        each = np.repeat(rows, blocks, axis=0)
        bits = arithmetic.weight_bits(limit)
        out = self._key.native.weighted(self.flat_rows, each, len(each), 1, 1, bits, True, public, progress)
        old = self._slots.offset
        shifts = [slots.offset - w * old for w in signed_integers(rows) for _ in range(blocks)]
        return self._shifted(out, shifts, slots)

    def weighted_sum(
        self, weights: Plain, *, bound: int | None = None, public: bool = False, progress: Progress | None = None
    ) -> PackedArray:
        """Weights @ self over the first axis, for integer weights [n] or [m, n] and a shape [n, length].

        Arguments as for `multiply`; the shape is [length] or [m, length].
        """
        plain, limit = _integer_weights(weights, bound, public=public)
        if len(self.shape) != 2 or plain.ndim not in (1, 2) or plain.shape[-1] != self.shape[0] or not self.shape[0]:
            raise InvalidInput(f"shapes {plain.shape} and {self.shape} have no product; weights are [n] or [m, n]")
        terms, outputs = plain.shape[-1], math.prod(plain.shape[:-1])
        rows = FixedPoint(0, limit).encode(plain)
        slots = self._weighted_slots(arithmetic.largest_sum(rows, outputs, terms) if public else limit * terms)
        # Blocks are the kernel's groups: [blocks, terms] ciphertexts, the same weights for each.
        width = self._rows.shape[-1]
        groups = np.ascontiguousarray(self._rows.transpose(1, 0, 2)).reshape(-1, width)
        blocks = self._rows.shape[1]
        bits = arithmetic.weight_bits(limit)
        out = self._key.native.weighted(groups, rows, blocks, terms, outputs, bits, False, public, progress)
        ordered = np.ascontiguousarray(out.reshape(blocks, outputs, width).transpose(1, 0, 2))
        integers = signed_integers(rows)
        sums = [sum(integers[i * terms : (i + 1) * terms]) for i in range(outputs)]
        shifts = [slots.offset - s * self._slots.offset for s in sums for _ in range(blocks)]
        shifted = self._shifted_rows(ordered.reshape(-1, width), shifts, slots)
        shape = (*plain.shape[:-1], blocks, width)
        return PackedArray(self._key, shifted.reshape(shape), self._length, slots, fresh=False)

    def sum(self, axis: int = 0) -> PackedArray:
        """The sum over one of the axes before the last."""
        leading = self._rows.ndim - 2
        if type(axis) is not int or not 0 <= axis < leading:
            raise InvalidInput(f"axis {axis} is not one of the {leading} axes before the packed one")
        rows = np.moveaxis(self._rows, axis, 0)
        terms = rows.shape[0]
        if terms == 0:
            raise InvalidInput("a sum of no terms cannot be encrypted by arithmetic; encrypt zeros")
        old = self._slots
        slots = Slots(old.width, old.fraction_bits, terms * old.offset, terms * old.top)
        flat = np.ascontiguousarray(rows).reshape(terms, -1, rows.shape[-1])
        summed = arithmetic.product_tree(self._key, flat)
        return PackedArray(self._key, summed.reshape(rows.shape[1:]), self._length, slots, fresh=False)

    def masked(self) -> tuple[PackedArray, npt.NDArray[Any]]:
        """(self + r, r) with r uniform in [0, 2^width - top) in every slot: hides each v up to 2^-80.

        r are integers (dtype object) in units of 2^-fraction_bits, of this shape, from the operating system's
        randomness. Raises `BoundError` if the slots are too narrow to hide what they may hold.
        """
        old = self._slots
        span = (1 << old.width) - old.top
        if old.top * ((1 << MASK_BITS) - 1) > span:
            raise BoundError(
                f"slots of {old.width} bits have no room for a mask of {MASK_BITS} over {old.top.bit_length()} bits; "
                "plan them with slot_bits(..., mask=True)"
            )
        slots = Slots(old.width, old.fraction_bits, old.offset, (1 << old.width) - 1)
        count = math.prod(self.shape)
        mask = [secrets.randbelow(span) for _ in range(count)]
        packed = pack(mask, self.shape, old.width, self.slots_per_ciphertext, filler=None, span=span)
        words = signed_rows(packed, self._key.words)
        out = self._made(self._key.native.add_plain(words, self.flat_rows, None), slots)
        result = np.empty(count, dtype=object)
        result[:] = mask
        return out, result.reshape(self.shape)

    def to_bytes(self) -> bytes:
        """The array with its slots and the key's fingerprint, rerandomised if it is not fresh."""
        from assay.crypto.paillier import blobs

        return blobs.packed_to_bytes(self)

    def _alike(self, other: PackedArray) -> None:
        self._same_key(other)
        a, b = self._slots, other._slots
        if self.shape != other.shape or a.width != b.width or a.fraction_bits != b.fraction_bits:
            raise InvalidInput(
                f"packed operands share shape, width of slots and scale, not {self.shape}, {a} and {other.shape}, {b}"
            )

    def _weighted_slots(self, factor: int) -> Slots:
        old = self._slots
        reach = factor * old.reach
        return Slots.around(old.width, old.fraction_bits, reach)

    def _shifted_rows(self, rows: Rows, shifts: Sequence[int], slots: Slots) -> Rows:
        ones = slots.ones(self.slots_per_ciphertext)
        words = signed_rows([shift * ones for shift in shifts], self._key.words)
        out: Rows = self._key.native.add_plain(words, rows, None)
        return out

    def _shifted(self, rows: Rows, shifts: Sequence[int], slots: Slots) -> PackedArray:
        return self._made(self._shifted_rows(rows, shifts, slots), slots)

    def _made(self, rows: Rows, slots: Slots) -> PackedArray:
        return PackedArray(self._key, rows.reshape(self._rows.shape), self._length, slots, fresh=False)


def pack(
    content: Sequence[int], shape: tuple[int, ...], width: int, per: int, *, filler: int | None, span: int = 0
) -> list[int]:
    """Contents of slots, [*leading, length] in C order, to plaintexts, [*leading, blocks].

    Slots after the last number hold `filler`, or a random number below `span` if that is None.
    """
    length = shape[-1]
    blocks = -(-length // per)
    out: list[int] = []
    for row in range(math.prod(shape[:-1])):
        numbers = list(content[row * length : (row + 1) * length])
        missing = blocks * per - length
        numbers += [secrets.randbelow(span) if filler is None else filler for _ in range(missing)]
        for block in range(blocks):
            plaintext = 0
            for number in reversed(numbers[block * per : (block + 1) * per]):
                plaintext = (plaintext << width) | number
            out.append(plaintext)
    return out


def unpack(plaintexts: Sequence[int], shape: tuple[int, ...], slots: Slots, per: int) -> npt.NDArray[Any]:
    """Plaintexts [*leading, blocks] to numbers of `shape`; `BoundError` where a slot is outside its declared range."""
    length = shape[-1]
    blocks = -(-length // per)
    mask = (1 << slots.width) - 1
    integers: list[int] = []
    for at, plaintext in enumerate(plaintexts):
        if plaintext >> (slots.width * per):
            raise BoundError(
                f"plaintext {at} is wider than its slots: whoever made the ciphertext did not keep its bound"
            )
        used = min(per, length - (at % blocks) * per)
        for i in range(per):
            content = (plaintext >> (slots.width * i)) & mask
            if content > slots.top:
                raise BoundError(f"slot {i} of ciphertext {at} is outside its declared range ({slots})")
            if i < used:
                integers.append(content - slots.offset)
    return FixedPoint(slots.fraction_bits, slots.reach).decode_integers(integers, shape)


def _integer_weights(weights: Plain, bound: int | None, *, public: bool) -> tuple[npt.NDArray[Any], int]:
    plain = as_plain_array(weights)
    if plain.dtype.kind == "f":
        raise WrongType("packed numbers are multiplied by integers; scale floats to integers first")
    if bound is not None:
        if type(bound) is not int or bound < 0:
            raise InvalidInput(f"the bound of weights is an int of at least 0, got {bound!r}")
        return plain, bound
    if public:
        return plain, max((abs(int(w)) for w in plain.flat), default=0)
    return plain, FixedPoint.default_for(plain).bound
