"""Signals: linear expressions over the wires of one builder.

A signal is `sum c_i w_i` with constants c_i in Fr; wire 0 is the constant one. Adding signals and multiplying them by
constants costs nothing; the product of two signals that are not constant makes one wire and one constraint.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, NoReturn, SupportsIndex, TypeAlias

from assay.core.errors import InvalidInput, WrongType
from assay.crypto.field import Fr

if TYPE_CHECKING:
    from assay.circuits.builder import Builder

__all__ = ["MODULUS", "Scalar", "Signal", "Terms"]

# r, the order of BN254's groups (about 100 bits of security)
MODULUS = Fr.modulus

# wire -> coefficient in [1, r); wire 0 is the constant one
Terms: TypeAlias = dict[int, int]


def constant(value: object, what: str = "a constant") -> int:
    """`value` in [0, r). Negative integers above -r stand for themselves mod r; anything else is refused."""
    if isinstance(value, bool):
        raise WrongType(f"{what} is the truth value {value}; write int({value}) if 0 or 1 is meant")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise WrongType(
            f"{what} must be a signal or an integer, not {type(value).__name__}; scale fractions to integers first"
        ) from None
    if not -MODULUS < number < MODULUS:
        raise InvalidInput(f"{what} of {number.bit_length()} bits lies outside (-r, r); reduce it modulo r first")
    return number % MODULUS


def add_scaled(terms: Terms, other: Terms, factor: int) -> Terms:
    """terms + factor other, as a new dictionary without zeros."""
    out = dict(terms)
    for wire, coefficient in other.items():
        total = (out.get(wire, 0) + factor * coefficient) % MODULUS
        if total:
            out[wire] = total
        else:
            out.pop(wire, None)
    return out


class Signal:
    """A linear expression over the wires of one builder. Immutable; made by a `Builder` and by arithmetic."""

    __slots__ = ("_builder", "_terms")

    _builder: Builder
    _terms: Terms

    def __init__(self, builder: Builder, terms: Terms) -> None:
        self._builder = builder
        self._terms = terms

    @property
    def terms(self) -> Terms:
        """Wire -> coefficient, a copy."""
        return dict(self._terms)

    @property
    def constant_value(self) -> int | None:
        """The value if the expression is constant, else None."""
        if not self._terms:
            return 0
        return self._terms[0] if len(self._terms) == 1 and 0 in self._terms else None

    def _combine(self, other: Scalar, left: int, right: int) -> Signal:
        if isinstance(other, Signal):
            self._builder._same(other)
            base = self._terms if left == 1 else {w: left * c % MODULUS for w, c in self._terms.items()}
            return Signal(self._builder, add_scaled(base, other._terms, right))
        base = self._terms if left == 1 else {w: left * c % MODULUS for w, c in self._terms.items()}
        return Signal(self._builder, add_scaled(base, {0: constant(other)}, right))

    def __add__(self, other: Scalar) -> Signal:
        return self._combine(other, 1, 1)

    __radd__ = __add__

    def __sub__(self, other: Scalar) -> Signal:
        return self._combine(other, 1, -1)

    def __rsub__(self, other: Scalar) -> Signal:
        return self._combine(other, -1, 1)

    def __neg__(self) -> Signal:
        return Signal(self._builder, {w: MODULUS - c for w, c in self._terms.items()})

    def __mul__(self, other: Scalar) -> Signal:
        if isinstance(other, Signal):
            self._builder._same(other)
            value = other.constant_value
            if value is None:
                own = self.constant_value
                return self._builder._product(self, other) if own is None else other * own
            other = value
        factor = constant(other)
        if factor == 0:
            return Signal(self._builder, {})
        return Signal(self._builder, {w: c * factor % MODULUS for w, c in self._terms.items()})

    __rmul__ = __mul__

    def __pow__(self, exponent: SupportsIndex) -> Signal:
        e = operator.index(exponent)
        if e < 0:
            raise InvalidInput(f"exponent {e} is negative; use Builder.inverse")
        result: Signal | None = None
        square = self
        while e:
            if e & 1:
                result = square if result is None else result * square
            e >>= 1
            if e:
                square = square * square
        return Signal(self._builder, {0: 1}) if result is None else result

    def __truediv__(self, other: Scalar) -> Signal:
        divisor = other.constant_value if isinstance(other, Signal) else constant(other)
        if divisor is None:
            raise WrongType("a signal divides only by constants; use Builder.div, which constrains the quotient")
        if divisor == 0:
            raise InvalidInput("division by zero")
        return self * pow(divisor, -1, MODULUS)

    def _no_truth(self, *_: object) -> NoReturn:
        raise WrongType(
            "a signal has no truth value while the circuit is traced: use Builder.select for a choice, "
            "Builder.is_equal or is_zero for a comparison, Builder.assert_equal to demand one"
        )

    __bool__ = _no_truth
    __eq__ = _no_truth
    __ne__ = _no_truth
    __lt__ = __le__ = __gt__ = __ge__ = _no_truth
    __hash__ = None  # type: ignore[assignment]

    def _no_number(self) -> NoReturn:
        raise WrongType("a signal has no value while the circuit is traced; Circuit.witness computes values")

    __int__ = __index__ = __float__ = _no_number

    def __repr__(self) -> str:
        return f"<Signal {self._builder._describe(self._terms)}>"


Scalar: TypeAlias = Signal | SupportsIndex
