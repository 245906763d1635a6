"""What set-up and prover need of a circuit: its constraints in native memory, and a digest that names them."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from assay import _native
from assay.core.errors import WrongType
from assay.crypto.field import Limbs

__all__ = ["ConstraintSystem", "WitnessValues", "require_system"]


@runtime_checkable
class ConstraintSystem(Protocol):
    """A compiled circuit, or a system read from a `.r1cs` file."""

    @property
    def r1cs(self) -> _native.R1cs:
        """The constraints."""

    def digest(self) -> bytes:
        """32 bytes that change with any constraint, wire or public count."""


@runtime_checkable
class WitnessValues(Protocol):
    """The witness of a compiled circuit."""

    @property
    def values(self) -> Limbs:
        """uint64[wires, 4], canonical; wire 0 is 1, then the public wires."""


def require_system(circuit: object) -> ConstraintSystem:
    """Returns `circuit` if it is a constraint system; `WrongType` otherwise."""
    if not isinstance(circuit, ConstraintSystem):
        raise WrongType(f"expected a compiled circuit or an R1CS, got {type(circuit).__name__}")
    return circuit
