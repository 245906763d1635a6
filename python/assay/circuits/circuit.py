"""The compiled circuit."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from assay.circuits.builder import Builder, wire_name
from assay.circuits.reference import Frame, explain, solve, violations
from assay.circuits.signal import MODULUS
from assay.circuits.trace import Assert, Call, Define, Product, Repeat, Trace
from assay.core.errors import InvalidInput, UnsatisfiedError

__all__ = ["Circuit", "compile"]


def compile(c: Builder) -> Circuit:
    """Compiles a builder. The builder takes no more lines afterwards."""
    c._sealed = True
    return Circuit(c._trace)


class Circuit:
    """A compiled circuit."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self.name = trace.name
        self.public_names = [
            wire_name(trace, w) for item in (*trace.public_outputs, *trace.public_inputs) for w in item.wires
        ]
        self.constraints = _count(trace)

    def __repr__(self) -> str:
        return f"<Circuit {self.name}: {self.constraints} constraints, {len(self.public_names)} public>"

    def witness(self, inputs: Mapping[str, Any]) -> Frame:
        """Solves the circuit; raises UnsatisfiedError with the line, signals and values of what fails."""
        frame = solve(self._trace, flat_inputs(self._trace, inputs))
        self.check(frame)
        return frame

    def check(self, witness: Frame) -> None:
        """Raises UnsatisfiedError unless all constraints hold."""
        for frame, operation in violations(witness):
            raise UnsatisfiedError(f"{self.name}: {explain(frame, operation)}")


def flat_inputs(trace: Trace, inputs: Mapping[str, Any]) -> dict[int, int]:
    """Wire -> value for the declared inputs; names, shapes and ranges are checked."""
    declared = {item.name: item for item in trace.inputs}
    missing, unknown = sorted(set(declared) - set(inputs)), sorted(set(inputs) - set(declared))
    if missing or unknown:
        raise InvalidInput(f"{trace.name}: inputs missing {missing}, unknown {unknown}")
    values: dict[int, int] = {}
    for name, item in declared.items():
        leaves = _leaves(inputs[name], item.shape, name)
        values.update(zip(item.wires, leaves, strict=True))
    return values


def _leaves(value: Any, shape: tuple[int, ...], name: str) -> list[int]:
    if shape:
        try:
            parts = list(value)
        except TypeError:
            raise InvalidInput(f"input {name} must have shape {list(shape)}, got a {type(value).__name__}") from None
        if len(parts) != shape[0]:
            raise InvalidInput(f"input {name} has {len(parts)} elements where {shape[0]} are declared")
        return [leaf for i, part in enumerate(parts) for leaf in _leaves(part, shape[1:], f"{name}[{i}]")]
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidInput(f"input {name} must be an integer, got a {type(value).__name__}") from None
    if not 0 <= number < MODULUS:
        raise InvalidInput(f"input {name} lies outside [0, r); negative values are written modulo r")
    return [number]


def _count(trace: Trace) -> int:
    total = 0
    for operation in trace.operations:
        if isinstance(operation, Product | Define | Assert):
            total += 1
        elif isinstance(operation, Call):
            total += _count(operation.trace)
        elif isinstance(operation, Repeat):
            total += _count(operation.trace) * len(operation.inputs)
    return total
