"""A batch: its steps, its public inputs, and what is published.

public inputs = chain id, rollup id, batch number, old root, new root, h_B, config, in this order
h_(k+1) = H(difference; h_k, index, leaf),  h_0 = H(batch; rollup id, batch number)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.encoding import decode_record, encode_record
from assay.core.errors import EncodingError, InvalidInput
from assay.rollup.account import CAPACITY
from assay.rollup.accounts import Step
from assay.rollup.config import RollupConfig, RollupId
from assay.rollup.domains import MODULUS, hash_fields

__all__ = ["PUBLIC_INPUTS", "Batch", "Submission", "difference_chain"]

PUBLIC_INPUTS = ("chain_id", "rollup_id", "batch", "old_root", "new_root", "differences", "config")

_MAX_BATCH = 4096
_PROOF_BYTES = 256


def difference_chain(start: int, differences: Sequence[tuple[int, int]]) -> int:
    """h_B from h_0 and the ordered (index, new leaf)."""
    h = start
    for index, leaf in differences:
        h = hash_fields("difference", [h, index, leaf])
    return h


@dataclass(frozen=True, slots=True)
class Batch:
    """A sealed batch, ready to be proved.

    Attributes:
        rollup: the rollup it belongs to.
        config: the configuration every transaction in it was signed under.
        number: 1 for the first.
        steps: exactly B of them, pads included.
    """

    rollup: RollupId
    config: RollupConfig
    number: int
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.steps) <= _MAX_BATCH:
            raise InvalidInput(f"a batch has 1 to {_MAX_BATCH} steps, got {len(self.steps)}")

    @property
    def differences(self) -> list[tuple[int, int]]:
        """The ordered (index, new leaf)."""
        return [(step.index, step.new_leaf) for step in self.steps]

    def public_inputs(self) -> list[int]:
        """The seven public inputs, in the order of `PUBLIC_INPUTS`."""
        return [
            self.rollup.chain_id,
            self.rollup.rollup_id,
            self.number,
            self.steps[0].old_root,
            self.steps[-1].new_root,
            difference_chain(self.rollup.batch_start(self.number), self.differences),
            self.config.digest(),
        ]


@dataclass(frozen=True, slots=True)
class Submission:
    """What goes onto the ledger: public inputs, differences and the 256-byte proof (EIP-197 words)."""

    public_inputs: tuple[int, ...]
    differences: tuple[tuple[int, int], ...]
    proof: bytes

    def encode(self) -> bytes:
        """Canonical bytes."""
        flat = [x for pair in self.differences for x in pair]
        return encode_record("assay/rollup/submission", 1, list(self.public_inputs), flat, self.proof)

    @classmethod
    def decode(cls, data: bytes) -> Submission:
        """The submission in `data`. EncodingError for any other bytes, InvalidInput for a public input >= r."""
        public, flat, proof = decode_record(data, "assay/rollup/submission", 1, list, list, bytes, limit=1 << 20)
        if len(public) != len(PUBLIC_INPUTS) or any(type(x) is not int for x in public):
            raise EncodingError(f"a submission has {len(PUBLIC_INPUTS)} integer public inputs")
        for name, value in zip(PUBLIC_INPUTS, public, strict=True):
            if not 0 <= value < MODULUS:
                raise InvalidInput(f"public input {name} is not below r: x + r verifies like x and is refused")
        if len(flat) % 2 or not 0 < len(flat) // 2 <= _MAX_BATCH or any(type(x) is not int for x in flat):
            raise EncodingError("the differences are pairs (index, leaf), at least one and at most 4096")
        pairs = tuple(zip(flat[::2], flat[1::2], strict=True))
        for index, leaf in pairs:
            if not 0 <= index < CAPACITY or not 0 <= leaf < MODULUS:
                raise InvalidInput(f"difference ({index}, ...): the index or the leaf is out of range")
        if len(proof) != _PROOF_BYTES:
            raise EncodingError(f"a proof has {_PROOF_BYTES} bytes, not {len(proof)}")
        return cls(tuple(public), pairs, proof)
