"""The slow, obvious solver: walks the trace with Python integers. The oracle of the compiler and its runner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from assay.circuits.builder import describe, wire_name
from assay.circuits.hints import HINTS
from assay.circuits.signal import MODULUS, Terms
from assay.circuits.trace import Assert, Call, Define, Hint, Operation, Product, Repeat, Site, Trace

__all__ = ["Frame", "explain", "solve", "violations"]

_EVALUATE = {spec.code: spec.evaluate for spec in HINTS.values()}


@dataclass
class Frame:
    """The values of one stamp of a trace, and the stamps inside it in the order of their operations."""

    trace: Trace
    values: list[int]
    parent: Frame | None = None
    site: Site | None = None
    children: list[Frame] = field(default_factory=list)

    def value(self, terms: Terms) -> int:
        """The value of a linear expression."""
        return sum(c * self.values[w] for w, c in terms.items()) % MODULUS


def solve(trace: Trace, inputs: Mapping[int, int]) -> Frame:
    """Computes every wire from the values of the input wires."""
    frame = Frame(trace, [0] * trace.wires)
    frame.values[0] = 1
    for wire, value in inputs.items():
        frame.values[wire] = value
    _run(frame)
    return frame


def _run(frame: Frame) -> None:
    values = frame.values
    for operation in frame.trace.operations:
        if isinstance(operation, Product):
            values[operation.wire] = frame.value(operation.a) * frame.value(operation.b) % MODULUS
        elif isinstance(operation, Define):
            values[operation.wire] = frame.value(operation.expression)
        elif isinstance(operation, Hint):
            results = _EVALUATE[operation.code]([frame.value(t) for t in operation.inputs], operation.immediates)
            values[operation.first : operation.first + operation.size] = results
        elif isinstance(operation, Call):
            out = _stamp(frame, operation.trace, [frame.value(t) for t in operation.arguments], operation.site)
            values[operation.first : operation.first + len(out)] = out
        elif isinstance(operation, Repeat):
            chain = [frame.value(t) for t in operation.initial]
            wire = operation.first
            for row in operation.inputs:
                out = _stamp(frame, operation.trace, chain + [frame.value(t) for t in row], operation.site)
                chain, rest = out[: operation.carries], out[operation.carries :]
                values[wire : wire + len(rest)] = rest
                wire += len(rest)
            values[wire : wire + len(chain)] = chain


def _stamp(parent: Frame, trace: Trace, arguments: list[int], site: int) -> list[int]:
    frame = Frame(trace, [0] * trace.wires, parent, parent.trace.sites[site])
    frame.values[: len(arguments) + 1] = [1, *arguments]
    parent.children.append(frame)
    _run(frame)
    return [frame.value(t) for t in trace.outputs]


def violations(frame: Frame) -> Iterator[tuple[Frame, Operation]]:
    """The constraints that do not hold, in the order in which they were written."""
    children = iter(frame.children)
    for operation in frame.trace.operations:
        if isinstance(operation, Product):
            holds = frame.value(operation.a) * frame.value(operation.b) % MODULUS == frame.values[operation.wire]
        elif isinstance(operation, Define):
            holds = frame.value(operation.expression) == frame.values[operation.wire]
        elif isinstance(operation, Assert):
            holds = frame.value(operation.a) * frame.value(operation.b) % MODULUS == frame.value(operation.c)
        elif isinstance(operation, Call):
            yield from violations(next(children))
            continue
        elif isinstance(operation, Repeat):
            for _ in operation.inputs:
                yield from violations(next(children))
            continue
        else:
            continue
        if not holds:
            yield frame, operation


def explain(frame: Frame, operation: Operation) -> str:
    """One failed constraint in words: line, scope, callers, equation, and the value of each signal in it."""
    trace = frame.trace
    site = trace.sites[operation.site]
    if isinstance(operation, Product):
        a, b, c = operation.a, operation.b, {operation.wire: 1}
    elif isinstance(operation, Define):
        a, b, c = {}, {}, {operation.wire: 1, **{w: MODULUS - k for w, k in operation.expression.items()}}
    elif isinstance(operation, Assert):
        a, b, c = operation.a, operation.b, operation.c
    else:
        raise TypeError("only constraints can fail")
    lines = [f"{site.message}: not satisfied at {site}"]
    up, template = frame, trace
    while up.parent is not None and up.site is not None:
        lines.append(f"  in {template.name}, stamped at {up.site}")
        up = up.parent
        template = up.trace
    if a or b:
        lines.append(f"  ({describe(trace, a)}) ({describe(trace, b)}) = {describe(trace, c)}")
        lines.append(f"  {frame.value(a)} * {frame.value(b)} is not {frame.value(c)}")
    else:
        lines.append(f"  {describe(trace, c)} = 0")
        lines.append(f"  the left side is {frame.value(c)}")
    wires = [w for w in dict.fromkeys([*a, *b, *c]) if w]
    lines += [f"  {wire_name(trace, w)} = {frame.values[w]}" for w in wires[:12]]
    if len(wires) > 12:
        lines.append(f"  ... and {len(wires) - 12} more")
    return "\n".join(lines)
