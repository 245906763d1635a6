"""What tracing leaves behind: the operations of one circuit or template, in order, over local wires.

Local wire 0 is the constant one, wires 1 .. ports are the arguments of a template. Linear expressions are `Terms`.
Each operation names the site (line, scope, message) that wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from assay.circuits.signal import Terms

__all__ = ["Assert", "Call", "Define", "Hint", "Input", "Product", "Repeat", "Site", "Trace"]


class Site(NamedTuple):
    """Where a line of a circuit stands."""

    file: str
    line: int
    scope: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place} in {self.scope}" if self.scope else place


class Product(NamedTuple):
    """wire = a b, computed and constrained."""

    a: Terms
    b: Terms
    wire: int
    site: int


class Define(NamedTuple):
    """wire = expression, computed and constrained."""

    expression: Terms
    wire: int
    site: int


class Assert(NamedTuple):
    """a b = c; linear (c = 0) if a and b are empty."""

    a: Terms
    b: Terms
    c: Terms
    site: int


class Hint(NamedTuple):
    """Wires first .. first + size - 1 are computed by the operation; nothing is constrained."""

    code: int
    inputs: tuple[Terms, ...]
    immediates: tuple[int, ...]
    first: int
    size: int
    site: int


class Call(NamedTuple):
    """One stamp of a template; its outputs become wires first, first + 1, ..."""

    trace: Trace
    arguments: tuple[Terms, ...]
    first: int
    site: int


class Repeat(NamedTuple):
    """Stamps of a template in a chain: the first outputs of one, its carries, are the first arguments of the next.

    Wires: for each stamp its other outputs, then the carries of the last.
    """

    name: str
    trace: Trace
    carry_sizes: dict[str, int]  # how many elements each carry has, in order
    initial: tuple[Terms, ...]
    inputs: tuple[tuple[Terms, ...], ...]
    first: int
    site: int

    @property
    def carries(self) -> int:
        """The number of elements carried."""
        return len(self.initial)


class Input(NamedTuple):
    """A declared input, or a public output: `wires` are its elements in row-major order."""

    name: str
    shape: tuple[int, ...]
    wires: range


Operation = Product | Define | Assert | Hint | Call | Repeat


@dataclass(eq=False)
class Trace:
    """One traced circuit or template."""

    name: str
    ports: int = 0
    wires: int = 1
    operations: list[Operation] = field(default_factory=list)
    outputs: list[Terms] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    free: dict[int, str] = field(default_factory=dict)
    keep: list[int] = field(default_factory=list)  # wires that elimination must leave in place
    serial: int | None = None  # of a template, once the native compiler has it
    public_outputs: list[Input] = field(default_factory=list)
    public_inputs: list[Input] = field(default_factory=list)
    private_inputs: list[Input] = field(default_factory=list)

    @property
    def inputs(self) -> list[Input]:
        """Declared inputs, public ones first."""
        return self.public_inputs + self.private_inputs
