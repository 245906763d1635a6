"""The circuit language: arithmetic that is traced once, compiled to R1CS over BN254's scalar field, and solved in C++.

    from assay.circuits import Builder, compile

    c = Builder("square")
    x = c.private("x")
    c.output("y", x * x + 1)
    circuit = compile(c)
    witness = circuit.witness({"x": 3})

BN254 gives about 100 bits of security. See docs/circuits.md.
"""

from assay.circuits.builder import Builder
from assay.circuits.circuit import Circuit, compile
from assay.circuits.hints import HINTS
from assay.circuits.signal import MODULUS, Scalar, Signal
from assay.circuits.system import R1CS, Witness
from assay.circuits.template import Repeated, Template, template

__all__ = [
    "HINTS",
    "MODULUS",
    "R1CS",
    "Builder",
    "Circuit",
    "Repeated",
    "Scalar",
    "Signal",
    "Template",
    "Witness",
    "compile",
    "template",
]
