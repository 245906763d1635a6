"""The chain x <- x^2 + 7, the circuit on which provers are compared: one row and one wire a step, every wire full-size.

`chain(k)` fills an evaluation domain of size 2^k exactly: 2^k - 2 steps, which with the public output and the constant
one leave no row free (cpp/groth16/key.h). `chain_witness` computes its wires: the chain is serial, so this takes one
multiplication a step on one thread.
"""

from __future__ import annotations

from typing import Final

from assay.circuits import Builder, Circuit, Signal, template
from assay.circuits import compile as compile_circuit
from assay.circuits.system import Witness
from assay.core.errors import InvalidInput

__all__ = ["chain", "chain_witness"]

_CONSTANT: Final = 7
_STAMP_LOG: Final = 8  # steps of one stamp: rows in memory grow with the stamp, wire numbers with the stamps
_MIN_LOG: Final = 3
_MAX_LOG: Final = 24


def _step(x: Signal) -> Signal:
    return x * x + _CONSTANT


@template
def _steps(c: Builder, x: Signal, *, count: int) -> dict[str, Signal]:
    for _ in range(count):
        x = _step(x)
    return {"x": x}


def chain(log_rows: int) -> Circuit:
    """The chain of 2^log_rows - 2 steps from the private x; its public output is y. 3 <= log_rows <= 24."""
    if not _MIN_LOG <= log_rows <= _MAX_LOG:
        raise InvalidInput(f"log_rows must be from {_MIN_LOG} to {_MAX_LOG}, got {log_rows}")
    steps = 2**log_rows - 2
    stamps, rest = divmod(steps, 2**_STAMP_LOG)
    c = Builder(f"chain 2^{log_rows}")
    x = c.private("x")
    if stamps:
        x = c.repeat(stamps, _steps, carry={"x": x}, static={"count": 2**_STAMP_LOG}, name="steps").carry["x"]
    for _ in range(rest):
        x = _step(x)
    c.output("y", x)
    return compile_circuit(c)


def chain_witness(circuit: Circuit, x: int = 3) -> Witness:
    """All wires of `chain(k)`, from the private x."""
    return circuit.witness({"x": x})
