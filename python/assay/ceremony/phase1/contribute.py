"""A contribution: all powers multiplied by the powers of a secret tau, and by a secret alpha and beta.

The secrets are drawn, used and wiped in native memory; what is left of them is the proof that somebody knew them. A
beacon does the same with secrets that everybody can compute, once the last contributor can no longer choose.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay import _native
from assay.ceremony.contributing import require_name, require_other_file
from assay.ceremony.knowledge import ProofOfKnowledge, prove_knowledge
from assay.ceremony.phase1.challenge import current_challenge, knowledge_base, new_hash
from assay.ceremony.phase1.contribution import SECRETS, Accumulated, Contribution, PublicKey, write_all
from assay.ceremony.phase1.ptau import (
    CONTRIBUTIONS,
    HEADER,
    MAGIC,
    POWERS,
    VERSION,
    Powers,
    PowersFile,
    header_bytes,
)
from assay.ceremony.points import CHUNK, G1
from assay.ceremony.randomness import Beacon, system_generator
from assay.core.binfile import SectionWriter
from assay.core.errors import StateError
from assay.core.files import atomic_write
from assay.core.progress import SILENT, Progress, Task
from assay.crypto.field import Limbs

__all__ = ["Receipt", "SecretKey", "apply_beacon", "contribute"]


@dataclass(frozen=True)
class Receipt:
    """What a contributor publishes: with it anybody finds the contribution in the final file."""

    position: int
    """Which contribution it is, from 1."""
    response: bytes
    next_challenge: bytes


class SecretKey:
    """The secrets of one contribution and the proofs that they are known. `repr` shows nothing of them."""

    def __init__(self, generator: _native.CeremonyGenerator, challenge: bytes) -> None:
        """Draws tau, alpha, beta, and then a point s for each; `challenge` is that of the contribution before."""
        self.tau: Final = generator.scalar()
        self.alpha: Final = generator.scalar()
        self.beta: Final = generator.scalar()
        secrets = (self.tau, self.alpha, self.beta)
        self.public: Final = PublicKey(
            *(_prove(name, x, generator, challenge) for name, x in zip(SECRETS, secrets, strict=True))
        )

    def first(self, powers: Powers) -> _native.SecretScalar:
        """What a section's point 0 is multiplied by."""
        if powers.name == "alphaTauG1":
            return self.alpha
        return self.beta if powers.name in ("betaTauG1", "betaG2") else _native.SecretScalar.one()


def _prove(
    name: str, secret: _native.SecretScalar, generator: _native.CeremonyGenerator, challenge: bytes
) -> ProofOfKnowledge:
    g1_s = G1.draw(generator)
    g1_sx = G1.scale(g1_s, secret)
    return prove_knowledge(secret, g1_s, g1_sx, knowledge_base(name, challenge, g1_s, g1_sx))


def contribute(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    name: str = "",
    entropy: str | None = None,
    progress: Progress = SILENT,
) -> Receipt:
    """Writes `target`: the powers of `source` with this machine's secrets on top. Lagrange bases are not taken over.

    The secrets come from the operating system; `entropy`, any text, is mixed in. Every point of `source` is checked to
    be in its group, because a secret times a point outside would tell about the secret; whether the contributions
    before verify is for `verify` to say. Raises `CeremonyError` for such a point, `StateError` for a reduced file.
    """
    return _apply(source, target, name, None, lambda: system_generator(entropy), progress)


def apply_beacon(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    beacon: Beacon,
    *,
    name: str = "",
    progress: Progress = SILENT,
) -> Receipt:
    """As `contribute`, with secrets that follow from the beacon: everybody gets the same file. Errors as there."""
    return _apply(source, target, name, beacon, lambda: beacon.generator(progress=progress), progress)


def _apply(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    name: str,
    beacon: Beacon | None,
    generator: Callable[[], _native.CeremonyGenerator],
    progress: Progress,
) -> Receipt:
    require_name(name)
    require_other_file(source, target)
    with PowersFile(source) as old:
        if old.reduced:
            raise StateError(
                f"{old.name} was cut down from 2^{old.ceremony_power} to 2^{old.power}: contribute to the whole file"
            )
        challenge = current_challenge(old, progress=progress)
        key = SecretKey(generator(), challenge)
        with atomic_write(target) as file:
            writer = SectionWriter(file, MAGIC, version=VERSION, count=2 + len(POWERS))
            with writer.section(HEADER) as out:
                out.write(header_bytes(old.power))
            total = 2 * sum(powers.count(old.power) for powers in POWERS)
            with progress.task("contributing", total=total) as task:
                state, after = _multiply(old, key, challenge, writer, task)
                response = _response(state, key.public)
                next_challenge = _next_challenge(response, old.power, writer, task)
            mine = Contribution(after, key.public, state, next_challenge, name, beacon)
            with writer.section(CONTRIBUTIONS) as out:
                out.write(write_all([*old.contributions, mine]))
            writer.finish()
    return Receipt(len(old.contributions) + 1, response, next_challenge)


def _multiply(
    old: PowersFile, key: SecretKey, challenge: bytes, writer: SectionWriter, task: Task
) -> tuple[bytes, Accumulated]:
    hasher = _native.Blake2b()
    hasher.update(challenge)
    heads: list[Limbs] = []
    for powers in POWERS:
        first = key.first(powers)
        with writer.section(powers.section) as out:
            for start, points in old.chunks(powers):
                products = powers.group.scale_powers(points, first, key.tau, start=start)
                out.write(products.astype("<u8", copy=False).data)
                hasher.update(powers.group.encode(products, compressed=True))
                if start == 0:
                    heads.append(products[1:2] if powers.name in ("tauG1", "tauG2") else products[:1])
                task.advance(len(points))
    state: bytes = hasher.state()
    return state, Accumulated(*map(np.ascontiguousarray, heads))


def _response(state: bytes, public: PublicKey) -> bytes:
    hasher = _native.Blake2b.resume(state)
    hasher.update(public.encode())
    digest: bytes = hasher.digest()
    return digest


def _next_challenge(response: bytes, power: int, writer: SectionWriter, task: Task) -> bytes:
    hasher = new_hash()
    hasher.update(response)
    for powers in POWERS:
        size, count = powers.group.bytes, powers.count(power)
        for start in range(0, count, CHUNK):
            rows = min(CHUNK, count - start)
            data = writer.read_back(powers.section, size * start, size * rows)
            points = np.frombuffer(data, dtype="<u8").astype(np.uint64).reshape(rows, powers.group.limbs)
            hasher.update(powers.group.encode(points))
            task.advance(rows)
    return hasher.digest()
