"""The configuration in force: whose signatures count, which model answers, what the detector's constants are.

    config = H(config; service.x, service.y, registrar.x, registrar.y, model digest, epoch, table root, detector)
    detector = d_match + 2^32 d_mismatch + 2^64 h
    ctx    = H(context; chain id, rollup id, config)

It stands on the contract and changes only by a transaction of the model owner that names the first batch it holds
for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from assay.core.encoding import Encodable
from assay.core.errors import EncodingError, InvalidInput
from assay.crypto import babyjubjub, field, poseidon
from assay.rollup.account import ARITY, DEPTH, SCORE_LIMIT, PublicKey
from assay.rollup.detector import CusumDetector, credit_table
from assay.rollup.domains import MODULUS, domain, hash_fields

__all__ = ["CreditTable", "DetectorConstants", "RollupConfig", "RollupId", "model_field", "shared_table"]


@dataclass(frozen=True, slots=True)
class RollupId:
    """Which rollup on which chain; both enter every signed message.

    Attributes:
        chain_id: below 2^248; of a ledger, the first 31 bytes of its identifier.
        rollup_id: below 2^64.
    """

    chain_id: int
    rollup_id: int

    def __post_init__(self) -> None:
        for name, bits in (("chain_id", 248), ("rollup_id", 64)):
            value = getattr(self, name)
            if type(value) is not int or not 0 <= value < 1 << bits:
                raise InvalidInput(f"{name} is {value!r}; it must be an int in [0, 2^{bits})")

    def context(self, config: RollupConfig) -> int:
        """ctx, which every transaction's message contains."""
        return hash_fields("context", [self.chain_id, self.rollup_id, config.digest()])

    def batch_start(self, batch: int) -> int:
        """h_0 = H(batch; rollup id, batch number)."""
        return hash_fields("batch", [self.rollup_id, batch])


@dataclass(frozen=True, slots=True)
class DetectorConstants:
    """The three integers of the CUSUM, scale 2^16: the magnitudes of a match and of a mismatch, and h.

    Each lies in [1, 2^32), and h + mismatch <= 2^32, so that S stays below 2^32.
    """

    match: int
    mismatch: int
    threshold: int

    def __post_init__(self) -> None:
        for name in ("match", "mismatch", "threshold"):
            value = getattr(self, name)
            if type(value) is not int or not 0 < value < 1 << 32:
                raise InvalidInput(f"the detector's {name} is {value!r}; it must be an int in [1, 2^32)")
        if self.threshold + self.mismatch > 1 << 32:
            raise InvalidInput("the detector's threshold and mismatch together must not exceed 2^32")

    @classmethod
    def of(cls, detector: CusumDetector) -> DetectorConstants:
        """The constants of a fitted detector."""
        return cls(-detector.match_step, detector.mismatch_step, detector.threshold)

    @property
    def packed(self) -> int:
        """One field element."""
        return self.match + (self.mismatch << 32) + (self.threshold << 64)

    def step(self, score: int, match: bool) -> tuple[int, bool]:
        """S', which saturates at 0 and 2^32 - 1, and whether it reaches the threshold."""
        new = max(0, score - self.match) if match else min(SCORE_LIMIT - 1, score + self.mismatch)
        return new, new >= self.threshold


class CreditTable:
    """T[i] = round(2^16 log_base(i + 1)) for i < 2^16, committed as a 4-ary Poseidon tree.

    The lowest level hashes four entries under the tag table-leaf, the levels above under table-node.
    """

    def __init__(self, base: float = 10.0) -> None:
        self.base = base
        self.values = [int(v) for v in credit_table(base)]
        limbs = np.zeros((len(self.values), 4), dtype=np.uint64)
        limbs[:, 0] = credit_table(base)  # below 2^21
        self._levels = [limbs.reshape(-1, ARITY, 4)]
        tag = domain("table-leaf")
        for _ in range(DEPTH):
            hashed = poseidon.poseidon(self._levels[-1], tag=tag)
            tag = domain("table-node")
            if len(hashed) > 1:
                self._levels.append(hashed.reshape(-1, ARITY, 4))
            else:
                (self.root,) = field.Fr.from_limbs(hashed)

    def path(self, index: int) -> list[list[int]]:
        """For each level from the lowest, the four children of the node on the way; int[DEPTH][4]."""
        if not 0 <= index < len(self.values):
            raise InvalidInput(f"the table has no entry {index}; it has {len(self.values)}")
        path = []
        for level in self._levels:
            index //= ARITY
            path.append([int(x) for x in field.Fr.from_limbs(level[index])])
        return path


@cache
def shared_table(base: float = 10.0) -> CreditTable:
    """The table for a base, built once in a process."""
    return CreditTable(base)


def model_field(digest: bytes) -> int:
    """The field element of a SHA-256 model digest: its first 31 bytes."""
    if len(digest) != 32:
        raise InvalidInput(f"a model digest has 32 bytes, not {len(digest)}")
    return int.from_bytes(digest[:31], "big")


@dataclass(frozen=True, slots=True)
class RollupConfig:
    """Everything that a batch must agree with.

    Attributes:
        service_key: Baby Jubjub key of the recognition service.
        registrar_key: Baby Jubjub key of the registrar.
        model_digest: SHA-256 of the model's canonical bytes.
        epoch: counts the configurations, from 0; below 2^64.
        table_root: root of the credit table.
        detector: constants of the CUSUM.
    """

    service_key: PublicKey
    registrar_key: PublicKey
    model_digest: bytes
    epoch: int
    table_root: int
    detector: DetectorConstants

    def __post_init__(self) -> None:
        if type(self.epoch) is not int or not 0 <= self.epoch < 1 << 64:
            raise InvalidInput(f"epoch is {self.epoch!r}; it must be an int in [0, 2^64)")
        if self.service_key == self.registrar_key:
            raise InvalidInput("the service and the registrar must have different keys")
        for value in (*self.service_key, *self.registrar_key, self.table_root):
            if type(value) is not int or not 0 <= value < MODULUS:
                raise InvalidInput(f"{value!r} is not a field element in [0, r)")
        for name in ("service_key", "registrar_key"):
            try:
                babyjubjub.require_prime_order(getattr(self, name))
            except InvalidInput as error:
                raise InvalidInput(f"{name} can sign nothing: {error}") from None
        model_field(self.model_digest)

    def fields(self) -> list[int]:
        """The eight inputs of the digest."""
        return [
            *self.service_key,
            *self.registrar_key,
            model_field(self.model_digest),
            self.epoch,
            self.table_root,
            self.detector.packed,
        ]

    def digest(self) -> int:
        """The public input `config`."""
        return hash_fields("config", self.fields())

    def to_map(self) -> dict[str, Encodable]:
        """A map for the ledger's encoding."""
        return {
            "service_key": list(self.service_key),
            "registrar_key": list(self.registrar_key),
            "model_digest": self.model_digest,
            "epoch": self.epoch,
            "table_root": self.table_root,
            "detector": [self.detector.match, self.detector.mismatch, self.detector.threshold],
        }

    @classmethod
    def from_map(cls, value: object) -> RollupConfig:
        """The configuration in a map written by `to_map`; EncodingError for anything else."""
        names = {"service_key", "registrar_key", "model_digest", "epoch", "table_root", "detector"}
        if not isinstance(value, dict) or set(value) != names:
            raise EncodingError(f"a configuration is a map with exactly the keys {sorted(names)}")
        lists = (("service_key", 2), ("registrar_key", 2), ("detector", 3))
        for name, length in lists:
            items = value[name]
            if not isinstance(items, list) or len(items) != length or any(type(x) is not int for x in items):
                raise EncodingError(f"the configuration's {name} is a list of {length} integers")
        if not isinstance(value["model_digest"], bytes) or len(value["model_digest"]) != 32:
            raise EncodingError("the configuration's model_digest is 32 bytes")
        return cls(
            service_key=(value["service_key"][0], value["service_key"][1]),
            registrar_key=(value["registrar_key"][0], value["registrar_key"][1]),
            model_digest=value["model_digest"],
            epoch=value["epoch"],
            table_root=value["table_root"],
            detector=DetectorConstants(*value["detector"]),
        )
