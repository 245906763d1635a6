"""Nested arguments of templates: lists, tuples, named tuples and dictionaries of signals, flattened and rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.circuits.signal import Signal
from assay.core.errors import WrongType

__all__ = ["flatten", "rebuild", "shape_of", "size_of"]

# A shape is None for a signal, or (kind, keys or None, shapes...): hashable, equal for equal structure.


def _children(value: Any) -> Iterator[Any]:
    return iter(value.values()) if isinstance(value, dict) else iter(value)


def shape_of(value: Any) -> Any:
    """The structure of a nested value, hashable. Leaves are signals and integers."""
    if isinstance(value, dict):
        return (dict, tuple(value), tuple(shape_of(v) for v in value.values()))
    if isinstance(value, list | tuple):
        return (type(value), None, tuple(shape_of(v) for v in value))
    if value is None:
        return ()
    if isinstance(value, str | bytes):
        raise WrongType(f"{type(value).__name__} is not a signal; pass static values by keyword")
    return None


def flatten(value: Any) -> list[Any]:
    """The leaves, in order."""
    if value is None:
        return []
    if isinstance(value, dict | list | tuple):
        return [leaf for child in _children(value) for leaf in flatten(child)]
    return [value]


def rebuild(shape: Any, leaves: Iterator[Signal]) -> Any:
    """The nested value of this shape over the leaves."""
    if shape is None:
        return next(leaves)
    if shape == ():
        return None
    kind, keys, children = shape
    values = [rebuild(child, leaves) for child in children]
    if kind is dict:
        return dict(zip(keys, values, strict=True))
    if kind is list:
        return values
    return kind(*values) if hasattr(kind, "_fields") else kind(values)


def size_of(shape: Any) -> int:
    """The number of leaves of a shape."""
    if shape is None:
        return 1
    return sum(size_of(child) for child in shape[2]) if shape else 0
