"""Hands traces to the native compiler: expressions and operations as streams of words (see cpp/circuit/flatten.h)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.circuits.signal import Terms
from assay.circuits.trace import Assert, Call, Define, Hint, Product, Repeat, Site, Trace
from assay.core.errors import InvalidInput
from assay.crypto.field import Fr

__all__ = ["callers", "compile_main", "expressions_of", "free_wires", "place_text", "site_of", "trace_of"]

_PRODUCT, _DEFINE, _ASSERT, _HINT, _CALL, _REPEAT = range(1, 7)
_BITS, _DIVMOD, _LOOKUP = 8, 9, 11

_compiler = _native.CircuitCompiler()
_coefficients: dict[int, int] = {}
_traces: dict[int, Trace] = {}


class _Writer:
    """Words of one trace."""

    def __init__(self) -> None:
        self.words = array("I")

    def expression(self, terms: Terms) -> None:
        words = self.words
        words.append(len(terms))
        for wire, coefficient in terms.items():
            words.append(wire)
            words.append(_coefficients[coefficient])

    def head(self, *words: int) -> None:
        self.words.extend(words)


def _array(words: array[int] | Iterable[int]) -> npt.NDArray[np.uint32]:
    return np.array(words, dtype=np.uint32)


def expressions_of(trace: Trace) -> Iterable[Terms]:
    """Every linear expression that the operations and outputs of a trace read."""
    for operation in trace.operations:
        if isinstance(operation, Product):
            yield operation.a
            yield operation.b
        elif isinstance(operation, Define):
            yield operation.expression
        elif isinstance(operation, Assert):
            yield from operation[:3]
        elif isinstance(operation, Hint):
            yield from operation.inputs
        elif isinstance(operation, Call):
            yield from operation.arguments
        else:
            yield from operation.initial
            for row in operation.inputs:
                yield from row
    yield from trace.outputs


def _intern(trace: Trace) -> None:
    seen = {1}
    for terms in expressions_of(trace):
        seen.update(terms.values())
    for operation in trace.operations:
        if isinstance(operation, Hint) and operation.code == _LOOKUP:
            seen.update(operation.immediates)
    fresh = [value for value in seen if value not in _coefficients]
    if fresh:
        _coefficients.update(zip(fresh, _compiler.intern(Fr.to_limbs(fresh)).tolist(), strict=True))


def _immediates(operation: Hint) -> list[int]:
    if operation.code == _DIVMOD:
        return [operation.immediates[0] & 0xFFFFFFFF, operation.immediates[0] >> 32]
    if operation.code == _LOOKUP:
        return [len(operation.immediates), *(_coefficients[v] for v in operation.immediates)]
    return list(operation.immediates)


def _encode(trace: Trace) -> npt.NDArray[np.uint32]:
    out = _Writer()
    expression = out.expression
    for operation in trace.operations:
        if isinstance(operation, Product):
            out.head(_PRODUCT, operation.site, operation.wire)
            expression(operation.a)
            expression(operation.b)
        elif isinstance(operation, Define):
            out.head(_DEFINE, operation.site, operation.wire)
            expression(operation.expression)
        elif isinstance(operation, Assert):
            out.head(_ASSERT, operation.site)
            for terms in operation[:3]:
                expression(terms)
        elif isinstance(operation, Hint):
            numbers = _immediates(operation)
            out.head(_HINT, operation.site, operation.code, operation.first, operation.size)
            out.head(len(operation.inputs), len(numbers), *numbers)
            for terms in operation.inputs:
                expression(terms)
        elif isinstance(operation, Call):
            out.head(_CALL, operation.site, _template(operation.trace), operation.first)
            for terms in operation.arguments:
                expression(terms)
        elif isinstance(operation, Repeat):
            out.head(_REPEAT, operation.site, _template(operation.trace), operation.first)
            out.head(len(operation.inputs), operation.carries)
            for terms in (*operation.initial, *(terms for row in operation.inputs for terms in row)):
                expression(terms)
    return _array(out.words)


def _template(trace: Trace) -> int:
    """The number of a template's trace in the compiler, which flattens it once."""
    if trace.serial is None:
        _intern(trace)
        code = _encode(trace)
        outputs = _Writer()
        for terms in trace.outputs:
            outputs.expression(terms)
        trace.serial, places = _compiler.add_template(
            trace.ports, trace.wires, code, _array(trace.keep), _array(outputs.words), len(trace.outputs)
        )
        _traces[trace.serial] = trace
        if places is not None:
            raise _contradiction(places)
    return trace.serial


def compile_main(trace: Trace, *, unroll: bool = False) -> Any:
    """The native circuit of a main trace."""
    _intern(trace)
    outputs = [w for item in trace.public_outputs for w in item.wires]
    public = [w for item in trace.public_inputs for w in item.wires]
    private = [w for item in trace.private_inputs for w in item.wires]
    serial, places, circuit = _compiler.compile_main(
        trace.wires, _encode(trace), _array(trace.keep), _array(outputs + public), len(outputs), _array(private), unroll
    )
    _traces[serial] = trace
    if places is not None:
        raise _contradiction(places)
    return circuit


def free_wires() -> list[tuple[int, int]]:
    """(trace, wire) of everything declared free in the traces compiled so far."""
    return [(serial, wire) for serial, trace in _traces.items() for wire in trace.free]


def trace_of(serial: int) -> Trace:
    """The trace with this number."""
    return _traces[serial]


def place_text(places: Sequence[tuple[int, int]]) -> str:
    """The message and line of a constraint that failed, then the lines of the stamps around it."""
    site = site_of(places)
    return "\n".join([f"{site.message}: not satisfied at {site}", *callers(places)])


def site_of(places: Sequence[tuple[int, int]]) -> Site:
    """The innermost line."""
    return _traces[places[0][0]].sites[places[0][1]]


def callers(places: Sequence[tuple[int, int]]) -> list[str]:
    """One text for each stamp around a line, from the inside out."""
    lines = []
    trace = _traces[places[0][0]]
    inner = trace.name
    for serial, number in places[1:]:
        lines.append(f"  in {inner}, stamped at {_traces[serial].sites[number]}")
        inner = _traces[serial].name
    return lines


def _contradiction(places: Sequence[tuple[int, int]]) -> InvalidInput:
    return InvalidInput(f"no witness can satisfy this circuit; {place_text(places)}")
