"""The builder: declares inputs, records what the circuit does, and offers the primitives that gadgets are made of."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from assay.circuits.hints import HINTS
from assay.circuits.signal import MODULUS, Scalar, Signal, Terms, add_scaled, constant
from assay.circuits.trace import Assert, Call, Define, Hint, Input, Product, Site, Trace
from assay.core.errors import InvalidInput, StateError, WrongType

if TYPE_CHECKING:
    from assay.circuits.template import Repeated, Template

__all__ = ["Builder"]

_ENGINE = str(Path(__file__).parent)
_is_engine: dict[str, bool] = {}
MAX_ELEMENTS = 1 << 24


def _user_line() -> tuple[str, int]:
    frame = sys._getframe(2)
    while True:
        file = frame.f_code.co_filename
        engine = _is_engine.get(file)
        if engine is None:
            engine = _is_engine[file] = str(Path(file).parent) == _ENGINE
        if not engine or frame.f_back is None:
            return file, frame.f_lineno
        frame = frame.f_back


class Builder:
    """Records one circuit. `name` appears in errors.

    Signals of one builder cannot be used in another; a template gets a builder of its own while it is traced.
    """

    def __init__(self, name: str = "circuit") -> None:
        self._trace = Trace(name)
        self._scopes: list[str] = []
        self._site_ids: dict[Site, int] = {}
        self._sealed = False
        self._is_template = False
        self._declared: set[str] = set()

    def __repr__(self) -> str:
        return f"<Builder {self._trace.name}: {self._trace.wires} wires>"

    # Inputs and outputs

    @overload
    def public(self, name: str) -> Signal: ...
    @overload
    def public(self, name: str, shape: int) -> list[Signal]: ...
    @overload
    def public(self, name: str, shape: tuple[int, ...]) -> Any: ...
    def public(self, name: str, shape: int | tuple[int, ...] | None = None) -> Any:
        """A public input: a signal, a list of `shape` signals, or nested lists of a shape (a, b, ...)."""
        return self._declare(name, shape, self._trace.public_inputs)

    @overload
    def private(self, name: str) -> Signal: ...
    @overload
    def private(self, name: str, shape: int) -> list[Signal]: ...
    @overload
    def private(self, name: str, shape: tuple[int, ...]) -> Any: ...
    def private(self, name: str, shape: int | tuple[int, ...] | None = None) -> Any:
        """A private input; shapes as for `public`."""
        return self._declare(name, shape, self._trace.private_inputs)

    def output(self, name: str, value: Any) -> None:
        """Makes `value`, a signal or nested lists of equal length, a public output. Outputs precede public inputs."""
        leaves = [value] if isinstance(value, Signal | int) else self._array(name, value)
        shape: tuple[int, ...] = ()
        walk = value
        while isinstance(walk, list | tuple):
            shape = (*shape, len(walk))
            walk = walk[0]
        before = self._trace.wires
        self._declare(name, shape or None, self._trace.public_outputs)
        for offset, leaf in enumerate(leaves):
            site = self._site(f"output {name}")
            self._trace.operations.append(Define(self._terms(leaf), before + offset, site))

    def _array(self, name: str, value: Any) -> list[Any]:
        if isinstance(value, list | tuple):
            parts = [self._array(name, v) for v in value]
            if not parts or len({len(p) for p in parts}) != 1:
                raise InvalidInput(f"output {name} must be a signal or non-empty nested lists of equal length")
            return [leaf for part in parts for leaf in part]
        return [value]

    def _declare(self, name: str, shape: int | tuple[int, ...] | None, into: list[Input]) -> Any:
        self._open()
        if self._is_template:
            raise StateError(f"{name}: inputs and outputs belong to the main circuit; a template takes arguments")
        if not name or name in self._declared:
            raise InvalidInput(f"the name {name!r} is empty or already declared")
        dimensions = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        if any(not isinstance(d, int) or d < 1 for d in dimensions) or math.prod(dimensions) > MAX_ELEMENTS:
            raise InvalidInput(f"{name}: shape {dimensions} must be positive and hold at most {MAX_ELEMENTS} elements")
        self._declared.add(name)
        first = self._trace.wires
        count = math.prod(dimensions)
        self._trace.wires += count
        into.append(Input(name, dimensions, range(first, first + count)))
        return self._nest(dimensions, iter(range(first, first + count)))

    def _nest(self, shape: tuple[int, ...], wires: Iterator[int]) -> Any:
        if not shape:
            return Signal(self, {next(wires): 1})
        return [self._nest(shape[1:], wires) for _ in range(shape[0])]

    # Expressions

    def constant(self, value: SupportsIndex) -> Signal:
        """A constant as a signal; integers mix with signals without it."""
        number = constant(value)
        return Signal(self, {0: number} if number else {})

    def sum(self, values: Sequence[Scalar]) -> Signal:
        """The sum of many signals; linear time, where repeated + would be quadratic."""
        total: Terms = {}
        for value in values:
            for wire, coefficient in self._terms(value).items():
                total[wire] = (total.get(wire, 0) + coefficient) % MODULUS
        return Signal(self, {w: c for w, c in total.items() if c})

    def dot(self, values: Sequence[Scalar], weights: Sequence[SupportsIndex]) -> Signal:
        """sum weights_i values_i for constant weights; free."""
        total: Terms = {}
        for value, weight in zip(values, weights, strict=True):
            factor = constant(weight)
            for wire, coefficient in self._terms(value).items():
                total[wire] = (total.get(wire, 0) + factor * coefficient) % MODULUS
        return Signal(self, {w: c for w, c in total.items() if c})

    def wire(self, value: Scalar, name: str | None = None, *, keep: bool = False) -> Signal:
        """A new wire equal to a linear expression.

        Costs no constraint: compiling eliminates it. It keeps expressions short while they are traced and evaluated.
        With `keep`, elimination leaves this wire and removes another of the equation where it can.
        """
        self._open()
        terms = self._terms(value)
        wire = self._new(1, name)
        self._trace.operations.append(Define(terms, wire, self._site("wire")))
        if keep:
            self._trace.keep.append(wire)
        return Signal(self, {wire: 1})

    def _product(self, a: Signal, b: Signal) -> Signal:
        self._open()
        wire = self._new(1)
        self._trace.operations.append(Product(a._terms, b._terms, wire, self._site("product")))
        return Signal(self, {wire: 1})

    # Constraints

    def assert_equal(self, a: Scalar, b: Scalar, message: str = "equal") -> None:
        """Demands a = b: one linear constraint, which compiling eliminates where it can."""
        self._linear(add_scaled(self._terms(a), self._terms(b), -1), message)

    def assert_zero(self, a: Scalar, message: str = "zero") -> None:
        """Demands a = 0."""
        self._linear(self._terms(a), message)

    def assert_product(self, a: Scalar, b: Scalar, c: Scalar, message: str = "product") -> None:
        """Demands a b = c: one constraint and no new wire."""
        self._open()
        left, right, result = self._terms(a), self._terms(b), self._terms(c)
        for one, other in ((left, right), (right, left)):
            if not one or (len(one) == 1 and 0 in one):
                factor = one.get(0, 0)
                return self._linear(
                    add_scaled({w: t * factor % MODULUS for w, t in other.items() if factor}, result, -1), message
                )
        self._trace.operations.append(Assert(left, right, result, self._site(message)))
        return None

    def assert_boolean(self, a: Scalar, message: str = "0 or 1") -> None:
        """Demands a in {0, 1}: a (a - 1) = 0."""
        terms = self._terms(a)
        self.assert_product(a, Signal(self, add_scaled(terms, {0: 1}, -1)), 0, message)

    def assert_nonzero(self, a: Scalar, message: str = "not zero") -> None:
        """Demands a != 0, by an inverse."""
        self.assert_product(a, self.hint("inverse", a), 1, message)

    def _linear(self, terms: Terms, message: str) -> None:
        self._open()
        if not terms:
            return
        site = self._site(message)
        if len(terms) == 1 and 0 in terms:
            raise InvalidInput(f"{self._trace.sites[site]}: {message}: the constants differ by {terms[0]}")
        self._trace.operations.append(Assert({}, {}, terms, site))

    # Hints and what is built on them

    def hint(self, operation: str, *inputs: Scalar, name: str | None = None, **immediates: Any) -> Any:
        """A value the witness program computes; unconstrained until you constrain it.

        Returns a signal; a list for "bits"; a pair for "divmod". Operations: `assay.circuits.HINTS`.
        """
        self._open()
        spec = HINTS.get(operation)
        if spec is None:
            raise InvalidInput(f"unknown hint {operation!r}; known: {', '.join(HINTS)}")
        if len(inputs) != spec.inputs or not set(immediates) <= set(spec.immediates):
            raise InvalidInput(f"hint {operation} takes {spec.inputs} inputs and {spec.immediates or 'no'} immediates")
        count, numbers = self._immediates(operation, immediates)
        first = self._new(count)
        for i in range(count):
            self._trace.names[first + i] = (name or operation) if count == 1 else f"{name or operation}[{i}]"
        terms = tuple(self._terms(value) for value in inputs)
        self._trace.operations.append(Hint(spec.code, terms, numbers, first, count, self._site(f"hint {operation}")))
        signals = [Signal(self, {first + i: 1}) for i in range(count)]
        if operation == "bits":
            return signals
        return tuple(signals) if operation == "divmod" else signals[0]

    @staticmethod
    def _immediates(operation: str, given: Mapping[str, Any]) -> tuple[int, tuple[int, ...]]:
        """Number of outputs, and the immediates as integers."""
        if operation == "bits":
            count, start = operator.index(given.get("count", 0)), operator.index(given.get("start", 0))
            if count < 1 or start < 0 or start + count > 254:
                raise InvalidInput(f"hint bits: count {count} from bit {start} lies outside 1..254")
            return count, (count, start)
        if operation == "divmod":
            divisor = operator.index(given.get("divisor", 0))
            if not 0 < divisor < 1 << 64:
                raise InvalidInput(f"hint divmod: divisor {divisor} lies outside [1, 2^64)")
            return 2, (divisor,)
        if operation == "lookup":
            table = tuple(constant(v, "a table entry") for v in given.get("table", ()))
            if not table:
                raise InvalidInput("hint lookup: the table is empty")
            return 1, table
        return 1, ()

    def bits(self, value: Scalar, count: int) -> list[Signal]:
        """The `count` low-to-high bits of value, which must be below 2^count: count + 1 constraints.

        count <= 253, so that the sum cannot wrap round r; see the gadgets for 254 bits.
        """
        if not 1 <= count <= 253:
            raise InvalidInput(f"bits: count {count} lies outside 1..253; 2^254 > r makes 254 bits ambiguous")
        bits: list[Signal] = self.hint("bits", value, count=count, name="bit")
        for i, bit in enumerate(bits):
            self.assert_boolean(bit, f"bit {i} is 0 or 1")
        self.assert_equal(self.dot(bits, [1 << i for i in range(count)]), value, f"value fits {count} bits")
        return bits

    def is_zero(self, value: Scalar) -> Signal:
        """1 if value = 0, else 0: two constraints (value inv = 1 - out, value out = 0)."""
        number = self._signal(value).constant_value
        if number is not None:
            return self.constant(int(number == 0))
        inverse = self.hint("inverse", value)
        self.free(inverse, "any value serves when the argument is zero")
        out: Signal = self.hint("is_zero", value)
        self.assert_product(value, inverse, 1 - out, "is_zero: inverse")
        self.assert_product(value, out, 0, "is_zero: product")
        return out

    def is_equal(self, a: Scalar, b: Scalar) -> Signal:
        """1 if a = b, else 0: two constraints."""
        return self.is_zero(self._signal(a) - b)

    def inverse(self, value: Scalar) -> Signal:
        """1 / value, which must not be zero: one constraint."""
        number = self._signal(value).constant_value
        if number is not None:
            if number == 0:
                raise InvalidInput("inverse of the constant zero")
            return self.constant(pow(number, -1, MODULUS))
        out: Signal = self.hint("inverse", value)
        self.assert_product(value, out, 1, "inverse of a value that is not zero")
        return out

    def div(self, a: Scalar, b: Scalar) -> Signal:
        """a / b for b that must not be zero: two constraints (0 / 0 would be anything)."""
        divisor = self._signal(b).constant_value
        if divisor is not None:
            return self._signal(a) / divisor
        return self._signal(a) * self.inverse(b)

    def select(self, condition: Scalar, a: Scalar, b: Scalar) -> Signal:
        """A if condition else b, for a condition already known to be 0 or 1: one constraint."""
        return self._signal(condition) * (self._signal(a) - b) + b

    def free(self, value: Any, why: str) -> None:
        """Declares that a witness value may take several values without harm; the soundness search accepts it."""
        if not why:
            raise InvalidInput("say why the value is free")
        for leaf in [value] if isinstance(value, Signal) else list(value):
            if not isinstance(leaf, Signal) or len(leaf._terms) != 1 or 0 in leaf._terms:
                raise WrongType("only a single wire (an input, a hint, a product) can be declared free")
            self._same(leaf)
            self._trace.free[next(iter(leaf._terms))] = why

    def name(self, value: Signal, name: str) -> Signal:
        """Names a wire for error messages; returns it."""
        if len(value._terms) == 1 and 0 not in value._terms:
            self._trace.names[next(iter(value._terms))] = name
        return value

    # Structure

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Names a part of the circuit in errors: `with c.scope("audit"): ...`."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    def repeat(
        self,
        count: int,
        template: Template[..., Any],
        *,
        carry: Mapping[str, Any],
        inputs: Mapping[str, Sequence[Any]] | None = None,
        shared: Mapping[str, Any] | None = None,
        static: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Repeated:
        """Stamps `template` count times without tracing it again; see `Template.repeat`."""
        return template.repeat(
            self, count, carry=carry, inputs=inputs or {}, shared=shared or {}, static=static or {}, name=name
        )

    # Internals that templates and signals use

    def _call(self, trace: Trace, arguments: tuple[Terms, ...]) -> list[Signal]:
        self._open()
        first = self._new(len(trace.outputs))
        self._trace.operations.append(Call(trace, arguments, first, self._site(f"call of {trace.name}")))
        out = []
        for i, terms in enumerate(trace.outputs):
            fixed = not terms or (len(terms) == 1 and 0 in terms)
            out.append(Signal(self, dict(terms) if fixed else {first + i: 1}))
        return out

    def _new(self, count: int, name: str | None = None) -> int:
        wire = self._trace.wires
        self._trace.wires += count
        if name:
            self._trace.names[wire] = name
        return wire

    def _open(self) -> None:
        if self._sealed:
            raise StateError(f"{self._trace.name} is compiled (or its template is traced): it takes no more lines")

    def _same(self, other: Signal) -> None:
        if other._builder is not self:
            raise InvalidInput(
                f"a signal of {other._builder._trace.name!r} is used in {self._trace.name!r}; "
                "pass it to the template as an argument"
            )

    def _signal(self, value: Scalar) -> Signal:
        if isinstance(value, Signal):
            self._same(value)
            return value
        return self.constant(value)

    def _terms(self, value: Scalar) -> Terms:
        if isinstance(value, Signal):
            self._same(value)
            return value._terms
        number = constant(value)
        return {0: number} if number else {}

    def _site(self, message: str) -> int:
        file, line = _user_line()
        site = Site(file, line, "/".join(self._scopes), message)
        known = self._site_ids.get(site)
        if known is None:
            known = self._site_ids[site] = len(self._trace.sites)
            self._trace.sites.append(site)
        return known

    def _describe(self, terms: Terms) -> str:
        return describe(self._trace, terms)


def wire_name(trace: Trace, wire: int) -> str:
    """The name of a local wire: its own, its input's, or a number."""
    if wire in trace.names:
        return trace.names[wire]
    if wire >= trace.wires:
        return f"(an expression in {trace.name})"
    for item in (*trace.public_outputs, *trace.public_inputs, *trace.private_inputs):
        if wire in item.wires:
            index = wire - item.wires.start
            subscript = ""
            for size in reversed(item.shape):
                subscript = f"[{index % size}]" + subscript
                index //= size
            return item.name + subscript
    return f"w{wire}"


def describe(trace: Trace, terms: Terms, name: Callable[[Trace, int], str] = wire_name) -> str:
    """A linear expression in words; long ones are cut."""
    parts: list[str] = []
    for wire, coefficient in list(terms.items())[:8]:
        signed = coefficient if coefficient <= MODULUS // 2 else coefficient - MODULUS
        sign, size = ("-", -signed) if signed < 0 else ("+", signed)
        text = str(size) if wire == 0 else name(trace, wire) if size == 1 else f"{size} {name(trace, wire)}"
        parts.append(f" {sign} {text}" if parts else f"-{text}" if sign == "-" else text)
    if len(terms) > 8:
        parts.append(f" + ... ({len(terms) - 8} more)")
    return "".join(parts) or "0"
