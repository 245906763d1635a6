"""The compiled circuit: R1CS in native memory, and the program that computes its witness."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from assay.circuits.builder import Builder, describe, wire_name
from assay.circuits.native import compile_main, expressions_of, place_text, trace_of
from assay.circuits.shape import flatten
from assay.circuits.signal import MODULUS
from assay.circuits.system import R1CS, Witness
from assay.circuits.trace import Repeat, Trace
from assay.core.errors import InvalidInput, UnsatisfiedError
from assay.crypto.field import Fr, Limbs

__all__ = ["Circuit", "compile"]

MAX_SHOWN = 12


def compile(c: Builder) -> Circuit:
    """Compiles a builder, which takes no more lines afterwards.

    Raises InvalidInput, with the line, for a constraint that no witness can satisfy and for a public input that
    nothing uses.
    """
    c._sealed = True
    return Circuit(c._trace, compile_main(c._trace))


class Circuit(R1CS):
    """A compiled circuit; made by `compile`."""

    def __init__(self, trace: Trace, native: Any) -> None:
        names = [wire_name(trace, w) for item in (*trace.public_outputs, *trace.public_inputs) for w in item.wires]
        super().__init__(native.r1cs, trace.name, names)
        self._trace = trace
        self._native = native
        self._refuse_unused(native.unbound_public)

    def _refuse_unused(self, positions: Sequence[int]) -> None:
        wires = [w for item in (*self._trace.public_outputs, *self._trace.public_inputs) for w in item.wires]
        outputs = self.r1cs.num_outputs
        candidates = {wires[i]: self.public_names[i] for i in positions if i >= outputs}
        if candidates:
            for terms in expressions_of(self._trace):
                for wire in terms:
                    candidates.pop(wire, None)
        if candidates:
            raise InvalidInput(f"{self.name}: nothing uses the public {', '.join(candidates.values())}")

    def witness(
        self,
        inputs: Mapping[str, Any],
        *,
        carries: Mapping[str, Mapping[str, Sequence[Any]]] | None = None,
        progress: Any = None,
    ) -> Witness:
        """Computes and checks all wires.

        `inputs`: integers in [0, r), or nested sequences of them, by declared name. `carries`: by the name of a repeat,
        for each carry its value after each stamp; the stamps then run in parallel, and what they compute must agree.
        Raises UnsatisfiedError with the line, signals and values of the first constraint that fails.
        """
        values, failure = self._native.witness(
            Fr.to_limbs(self._flat_inputs(inputs)), self._flat_carries(carries or {}), progress
        )
        if failure is not None:
            raise UnsatisfiedError(self._failed_step(failure))
        return Witness(values, self.public_names)

    def wire_name(self, wire: int) -> str:
        """The name of a wire of the R1CS, with the stamp it is in."""
        if wire == 0:
            return "1"
        if wire <= self.num_public:
            return self.public_names[wire - 1]
        group, stamp, serial, local = self._native.wire_origin(wire)
        name = wire_name(trace_of(serial), local)
        return name if group is None else f"{self._repeats[group].name}[{stamp}].{name}"

    @property
    def _repeats(self) -> list[Repeat]:
        return [operation for operation in self._trace.operations if isinstance(operation, Repeat)]

    def _flat_inputs(self, inputs: Mapping[str, Any]) -> list[int]:
        declared = self._trace.inputs
        names = {item.name for item in declared}
        missing, unknown = sorted(names - set(inputs)), sorted(set(inputs) - names)
        if missing or unknown:
            raise InvalidInput(f"{self.name}: inputs missing {missing}, unknown {unknown}")
        values: list[int] = []
        for item in declared:
            _collect(inputs[item.name], item.shape, item.name, values)
        return values

    def _flat_carries(self, carries: Mapping[str, Mapping[str, Sequence[Any]]]) -> list[Limbs | None]:
        given: list[Limbs | None] = []
        unknown = set(carries) - {repeat.name for repeat in self._repeats}
        if unknown:
            raise InvalidInput(f"{self.name} has no repeat named {sorted(unknown)}")
        for repeat in self._repeats:
            chain = carries.get(repeat.name)
            if chain is None:
                given.append(None)
                continue
            if set(chain) != set(repeat.carry_sizes):
                raise InvalidInput(f"repeat {repeat.name} carries {sorted(repeat.carry_sizes)}, not {sorted(chain)}")
            count = len(repeat.inputs)
            for name, values in chain.items():
                if len(values) != count:
                    raise InvalidInput(f"carry {name!r} has {len(values)} values for {count} stamps")
            rows: list[int] = []
            for k in range(count):
                for name, size in repeat.carry_sizes.items():
                    leaves = flatten(chain[name][k])
                    if len(leaves) != size:
                        raise InvalidInput(f"carry {name!r} has {size} elements, got {len(leaves)}")
                    rows += leaves
            given.append(Fr.to_limbs(rows))
        return given

    def _failed_step(self, failure: Mapping[str, Any]) -> str:
        place = place_text(failure["places"])
        stamp = failure["stamp"]
        if not failure["expressions"]:
            return f"{self.name}: stamp {stamp} does not compute the carries that were given for it; {place}"
        lines = [f"{self.name}: {place}"]
        if failure["group"] is not None:
            lines.append(f"  in stamp {stamp} of {len(self._repeats[failure['group']].inputs)}")
        named = [
            [
                (factor, wire_name(trace_of(serial), wire) if wire else "1", value)
                for factor, serial, wire, value in terms
            ]
            for terms in failure["expressions"]
        ]
        return "\n".join(lines + _equation(named))

    def _failed_row(self, row: int, values: Limbs) -> str:
        place = place_text(self._native.row_places(row))
        named = [
            [
                (coefficient, self.wire_name(wire), Fr.from_limbs(values[wire].reshape(1, 4))[0])
                for wire, coefficient in terms.items()
            ]
            for terms in self.r1cs.row(row)
        ]
        return "\n".join([f"{self.name}: row {row}: {place}", *_equation(named)])


def _equation(expressions: list[list[tuple[int, str, int]]]) -> list[str]:
    """The equation of three expressions [(coefficient, name, value)], and the values in it."""
    texts = []
    totals = []
    values: dict[str, int] = {}
    for terms in expressions:
        names = dict(enumerate((name for _, name, _ in terms), start=1))
        keyed = {0 if name == "1" else i: c for i, (c, name, _) in enumerate(terms, start=1)}
        texts.append(describe(Trace(""), keyed, lambda _, i, names=names: names[i]))  # type: ignore[misc]
        totals.append(sum(c * v for c, _, v in terms) % MODULUS)
        values.update({name: v for _, name, v in terms if name != "1"})
    a, b, c = texts
    if expressions[0] or expressions[1]:
        lines = [f"  ({a}) ({b}) = {c}", f"  {totals[0]} * {totals[1]} is not {totals[2]}"]
    else:
        lines = [f"  {c} = 0", f"  the left side is {totals[2]}"]
    shown = list(values.items())[:MAX_SHOWN]
    lines += [f"  {name} = {value}" for name, value in shown]
    if len(values) > MAX_SHOWN:
        lines.append(f"  ... and {len(values) - MAX_SHOWN} more")
    return lines


def _collect(value: Any, shape: tuple[int, ...], name: str, into: list[int]) -> None:
    if shape:
        if isinstance(value, np.ndarray) and value.dtype.kind not in "iuO":
            raise InvalidInput(f"input {name} has dtype {value.dtype}; integers are needed")
        try:
            parts = list(value)
        except TypeError:
            raise InvalidInput(f"input {name} must have shape {list(shape)}, got a {type(value).__name__}") from None
        if len(parts) != shape[0]:
            raise InvalidInput(f"input {name} has {len(parts)} elements where {shape[0]} are declared")
        if len(shape) == 1:
            into.extend(_integers(parts, name))
        else:
            for i, part in enumerate(parts):
                _collect(part, shape[1:], f"{name}[{i}]", into)
    else:
        into.extend(_integers([value], name))


def _integers(values: list[Any], name: str) -> Iterable[int]:
    for value in values:
        try:
            number = operator.index(value)
        except TypeError:
            raise InvalidInput(f"input {name} must be an integer, got a {type(value).__name__}") from None
        if not 0 <= number < MODULUS:
            raise InvalidInput(f"input {name} lies outside [0, r); negative values are written modulo r")
        yield number
