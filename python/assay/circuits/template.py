"""Templates: sub-circuits traced once for each static argument and input shape, then stamped."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

from assay.circuits.builder import Builder
from assay.circuits.shape import flatten, rebuild, shape_of, size_of
from assay.circuits.signal import Signal, Terms
from assay.circuits.trace import Repeat, Trace
from assay.core.errors import InvalidInput, WrongType

__all__ = ["Repeated", "Template", "template"]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Repeated:
    """What `repeat` returns: the carries after the last stamp, and each stamp's other outputs by name."""

    carry: dict[str, Any]
    outputs: dict[str, list[Any]]


class Template(Generic[P, T]):
    """A traced sub-circuit; call it as the function it wraps.

    Positional parameters after the builder are signals (or nested lists, tuples, dictionaries of them, or integers);
    keyword-only parameters are static and must be hashable.
    """

    def __init__(self, function: Callable[Concatenate[Builder, P], T]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._signature = inspect.signature(function)
        parameters = list(self._signature.parameters.values())
        if not parameters or any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
            raise WrongType(f"{self.name}: a template takes a builder first, and no *args or **kwargs")
        self._signals = [p.name for p in parameters[1:] if p.kind != p.KEYWORD_ONLY]
        self._static = [p.name for p in parameters if p.kind == p.KEYWORD_ONLY]
        self._cache: dict[Any, tuple[Trace, Any]] = {}

    @property
    def name(self) -> str:
        """The name of the function."""
        return getattr(self._function, "__name__", "template")

    def __repr__(self) -> str:
        return f"<template {self.name}>"

    def __call__(self, c: Builder, *args: P.args, **kwargs: P.kwargs) -> T:
        """Stamps the template into `c` and returns its outputs as signals of `c`."""
        if not isinstance(c, Builder):
            raise WrongType(f"{self.name}: the first argument must be a Builder, not {type(c).__name__}")
        bound = self._signature.bind(c, *args, **kwargs)
        bound.apply_defaults()
        static = {name: bound.arguments[name] for name in self._static}
        values = [bound.arguments[name] for name in self._signals]
        trace, shape = self.trace([shape_of(v) for v in values], static)
        out = c._call(trace, tuple(c._terms(leaf) for leaf in flatten(values)))
        return cast(T, rebuild(shape, iter(out)))

    def trace(self, shapes: Sequence[Any], static: Mapping[str, Any]) -> tuple[Trace, Any]:
        """The trace and the shape of its result for these argument shapes; traced at the first call only."""
        key = (tuple(shapes), tuple(sorted(static.items())))
        try:
            known = self._cache.get(key)
        except TypeError:
            raise WrongType(
                f"{self.name}: static arguments must be hashable (a tuple instead of a list): {sorted(static)}"
            ) from None
        if known is None:
            builder, leaves = _template_builder(self.name, shapes, self._signals)
            result = self._function(builder, *leaves, **static)
            known = self._cache[key] = (_seal(builder, flatten(result)), shape_of(result))
        return known

    def repeat(
        self,
        c: Builder,
        count: int,
        *,
        carry: Mapping[str, Any],
        inputs: Mapping[str, Sequence[Any]],
        shared: Mapping[str, Any],
        static: Mapping[str, Any],
        name: str | None,
    ) -> Repeated:
        """Stamps the template `count` times in a chain.

        The template's signal parameters are named in exactly one of `carry` (initial value), `inputs` (a sequence of
        `count` values) and `shared` (the same for all stamps). It returns a dictionary that holds, under each name in
        `carry`, the value handed to the next stamp; its other entries come back in `Repeated.outputs`, one a stamp.
        """
        if count < 1:
            raise InvalidInput(f"repeat: count {count} must be at least 1")
        given = [*carry, *inputs, *shared]
        if sorted(given) != sorted(self._signals):
            raise InvalidInput(f"{self.name} takes {self._signals}; carry, inputs and shared name {given}")
        for key, values in inputs.items():
            if len(values) != count:
                raise InvalidInput(f"repeat: inputs[{key!r}] has {len(values)} values for {count} stamps")
        if set(static) - set(self._static):
            raise InvalidInput(f"{self.name}: unknown static arguments {sorted(set(static) - set(self._static))}")
        settled = {n: static.get(n, self._signature.parameters[n].default) for n in self._static}
        firsts = {**carry, **{k: v[0] for k, v in inputs.items()}, **shared}
        shapes = {k: shape_of(v) for k, v in firsts.items()}
        for key, values in inputs.items():
            if any(shape_of(v) != shapes[key] for v in values):
                raise InvalidInput(f"repeat: inputs[{key!r}] must have the same shape in every stamp")
        wrapper, carry_shapes, out_shapes = self._chained(
            {k: shapes[k] for k in carry}, {k: shapes[k] for k in (*inputs, *shared)}, settled
        )
        initial = tuple(c._terms(leaf) for leaf in flatten(list(carry.values())))
        common = tuple(c._terms(leaf) for leaf in flatten(list(shared.values())))
        rows = tuple(
            tuple(c._terms(leaf) for leaf in flatten([v[i] for v in inputs.values()])) + common for i in range(count)
        )
        return self._stamp(c, wrapper, initial, rows, carry_shapes, out_shapes, name or self.name)

    def _stamp(
        self,
        c: Builder,
        trace: Trace,
        initial: tuple[Terms, ...],
        rows: tuple[tuple[Terms, ...], ...],
        carry_shapes: dict[str, Any],
        out_shapes: dict[str, Any],
        name: str,
    ) -> Repeated:
        c._open()
        carries = len(initial)
        others = len(trace.outputs) - carries
        if c._is_template:
            return self._unrolled(c, trace, initial, rows, carry_shapes, out_shapes)
        first = c._new(others * len(rows) + carries)
        site = c._site(f"repeat of {self.name}")
        sizes = {key: size_of(shape) for key, shape in carry_shapes.items()}
        c._trace.operations.append(Repeat(name, trace, sizes, initial, rows, first, site))
        wires: Iterator[Signal] = (Signal(c, {first + i: 1}) for i in range(others * len(rows) + carries))
        outputs: dict[str, list[Any]] = {key: [] for key in out_shapes}
        for _ in rows:
            for key, shape in out_shapes.items():
                outputs[key].append(rebuild(shape, wires))
        return Repeated({key: rebuild(shape, wires) for key, shape in carry_shapes.items()}, outputs)

    def _unrolled(
        self,
        c: Builder,
        trace: Trace,
        initial: tuple[Terms, ...],
        rows: tuple[tuple[Terms, ...], ...],
        carry_shapes: dict[str, Any],
        out_shapes: dict[str, Any],
    ) -> Repeated:
        outputs: dict[str, list[Any]] = {key: [] for key in out_shapes}
        chain = initial
        out: list[Signal] = []
        for row in rows:
            out = c._call(trace, chain + row)
            chain = tuple(s._terms for s in out[: len(initial)])
            rest = iter(out[len(initial) :])
            for key, shape in out_shapes.items():
                outputs[key].append(rebuild(shape, rest))
        last = iter(out[: len(initial)])
        return Repeated({key: rebuild(shape, last) for key, shape in carry_shapes.items()}, outputs)

    def _chained(
        self, carries: dict[str, Any], others: dict[str, Any], static: Mapping[str, Any]
    ) -> tuple[Trace, dict[str, Any], dict[str, Any]]:
        """The template with its carries first, in and out, and each carry out on a wire of its own."""
        key = ("chained", tuple(carries.items()), tuple(others.items()), tuple(sorted(static.items())))
        known = self._cache.get(key)
        if known is None:
            names = [*carries, *others]
            builder, leaves = _template_builder(self.name, [*carries.values(), *others.values()], names)
            values = dict(zip(names, leaves, strict=True))
            # reported at the template's own lines, not at those of this wrapper
            result: Any = self._function(builder, *(values[n] for n in self._signals), **static)
            if not isinstance(result, dict) or not set(carries) <= set(result):
                raise WrongType(f"{self.name}: a repeated template returns a dictionary with {sorted(carries)}")
            for name, shape in carries.items():
                if shape_of(result[name]) != shape:
                    raise InvalidInput(f"{self.name}: carry {name!r} leaves with another shape than it came with")
            carried = [builder.wire(leaf, keep=True) for n in carries for leaf in flatten(result[n])]
            rest = {n: v for n, v in result.items() if n not in carries}
            trace = _seal(builder, carried + flatten(rest))
            known = self._cache[key] = (trace, {n: shape_of(v) for n, v in rest.items()})
        trace, out_shapes = known
        return trace, carries, out_shapes


def _template_builder(name: str, shapes: Sequence[Any], names: Sequence[str]) -> tuple[Builder, list[Any]]:
    builder = Builder(name)
    builder._is_template = True
    arguments = [rebuild(shape, _ports(builder, name, shape)) for name, shape in zip(names, shapes, strict=True)]
    builder._trace.ports = builder._trace.wires - 1
    return builder, arguments


def _ports(builder: Builder, name: str, shape: Any) -> Iterator[Signal]:
    for index in itertools.count():
        wire = builder._new(1, name if shape is None else f"{name}[{index}]")
        yield Signal(builder, {wire: 1})


def _seal(builder: Builder, outputs: list[Any]) -> Trace:
    builder._trace.outputs = [builder._terms(leaf) for leaf in outputs]
    builder._sealed = True
    return builder._trace


def template(function: Callable[Concatenate[Builder, P], T]) -> Template[P, T]:
    """Makes a sub-circuit of a function `f(c: Builder, signals..., *, static...)`.

    The function runs once for each combination of static arguments and argument shapes; every call stamps the result.
    """
    return Template(function)
