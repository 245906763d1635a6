"""Poseidon over Fr with circomlib's parameters (Grassi et al., USENIX Security 2021).

    state = [tag, x_1, .., x_k];  out = element 0 of the permutation of width t = k + 1

The domain tag sits in the capacity: two tags give independent functions. Tag 0 is circomlib's `Poseidon(k)`, tag s its
`PoseidonEx(k, 1)` with initial state s. The constants are those of `assay.crypto.poseidon`.

Cost: three constraints (x^2, x^4, x^5) for each of the 8 t + R_P s-boxes and nothing more; the matrix is linear. With a
constant tag the first s-box is a constant: 3 less.

    k        1    2    3    4    5    6    7    8
    fixed  213  240  261  297  321  354  381  402
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.circuits import Builder, Scalar, Signal, template
from assay.core.errors import InvalidInput
from assay.crypto.poseidon import MAX_INPUTS, parameters

__all__ = ["poseidon"]


def poseidon(c: Builder, inputs: Sequence[Scalar], tag: Scalar = 0) -> Signal:
    """H(tag; inputs), 1 to 16 inputs; the tag is an integer or a signal."""
    if not 1 <= len(inputs) <= MAX_INPUTS:
        raise InvalidInput(f"Poseidon takes 1 to {MAX_INPUTS} inputs, got {len(inputs)}")
    if isinstance(tag, Signal):
        return _tagged(c, tag, list(inputs))
    return _fixed(c, list(inputs), tag=int(tag))


@template
def _fixed(c: Builder, inputs: list[Scalar], *, tag: int) -> Signal:
    return _permutation(c, [tag, *inputs])


@template
def _tagged(c: Builder, tag: Scalar, inputs: list[Scalar]) -> Signal:
    return _permutation(c, [tag, *inputs])


def _permutation(c: Builder, state: list[Scalar]) -> Signal:
    p = parameters(len(state))
    matrix = p.mds_ints()
    half = p.full_rounds // 2
    for r, constants in enumerate(p.round_constant_ints()):
        boxes = [c.sum([x, k]) for x, k in zip(state, constants, strict=True)]
        full = r < half or r >= half + p.partial_rounds
        boxes = [x**5 if full or i == 0 else x for i, x in enumerate(boxes)]
        last = r == p.full_rounds + p.partial_rounds - 1
        state = [c.dot(boxes, row) for row in (matrix[:1] if last else matrix)]
    return c.sum(state)
