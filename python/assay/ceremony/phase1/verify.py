"""What a stranger checks of a `.ptau` file: everything, from the file alone.

1. Each contribution: its points in their groups; the proofs that its tau, alpha, beta were known, tied by their hash to
   the challenge before; the accumulated points multiplied by just those secrets; a beacon's secrets computed again.
2. The sections: every point in its group and not infinity; all of each section consecutive multiples by one tau, by a
   random linear combination with 128-bit coefficients of the operating system; the same tau, alpha, beta as the last
   contribution says; the generators in front.
3. The hashes: the last contribution's response and challenge recomputed from the points.
4. Lagrange bases, if there: each against the powers, again by a random combination.

A false file passes one combination with probability 2^-128; the security of BN254 itself is about 100 bits. Sources:
Bowe, Gabizon, Miers, 2017, section 6; the batching of Bellare, Garay, Rabin, EUROCRYPT 1998, small-exponents test.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay import _native
from assay.ceremony.contributing import require_expected, require_feasible
from assay.ceremony.errors import CeremonyError
from assay.ceremony.phase1.challenge import first_challenge, knowledge_base, new_hash, response_length
from assay.ceremony.phase1.contribute import SecretKey
from assay.ceremony.phase1.contribution import SECRETS, Accumulated, Contribution
from assay.ceremony.phase1.ptau import POWERS, Powers, PowersFile
from assay.ceremony.points import G1, G2, random_coefficients, same_ratio
from assay.ceremony.randomness import MAX_LOG_ITERATIONS
from assay.core.progress import SILENT, Progress, Task
from assay.crypto.field import Limbs
from assay.crypto.ntt import ntt

__all__ = ["Report", "verify"]

_BLOCK: Final = 128  # of BLAKE2b


@dataclass(frozen=True)
class Report:
    """What a verified file says."""

    power: int
    ceremony_power: int
    contributions: tuple[Contribution, ...]
    prepared: bool

    @property
    def reduced(self) -> bool:
        """The file was cut down: that the last contribution's hashes cover these powers could not be checked."""
        return self.power != self.ceremony_power


def verify(
    path: str | os.PathLike[str],
    *,
    expected: Collection[bytes] = (),
    max_log_iterations: int = MAX_LOG_ITERATIONS,
    progress: Progress = SILENT,
) -> Report:
    """Verifies a file of powers whole, and says what it holds.

    expected: responses of contributions that must be among them, such as your own: without, an older file of the same
    ceremony is as good as the last one. max_log_iterations: a beacon of more iterations is not computed again. Raises
    `CeremonyError`, naming the contribution or section and the check, for a file that must not be used; `LimitError`
    for such a beacon; `EncodingError` for a file that cannot be read.
    """
    with PowersFile(path) as file:
        if not file.contributions:
            raise CeremonyError(file.name, "there is no contribution: its tau is 1, known to all")
        for position, one in enumerate(file.contributions, 1):
            require_feasible(position, None if one.beacon is None else one.beacon.log_iterations, max_log_iterations)
        require_expected({one.response() for one in file.contributions}, expected)
        first = first_challenge(file.ceremony_power, progress=progress)
        _verify_contributions(file, first, progress)
        last = file.contributions[-1]
        previous = file.contributions[-2].next_challenge if len(file.contributions) > 1 else first
        _verify_sections(file, last, previous, progress)
        if file.prepared:
            _verify_bases(file, last, progress)
        return Report(file.power, file.ceremony_power, tuple(file.contributions), file.prepared)


def _verify_contributions(file: PowersFile, challenge: bytes, progress: Progress) -> None:
    before = Accumulated.start()
    with progress.task("contributions", total=len(file.contributions)) as task:
        for position, one in enumerate(file.contributions):
            where = f"contribution {position + 1} of {len(file.contributions)}"
            if one.name:
                where += f" ({one.name!r})"
            _verify_contribution(one, before, challenge, file.ceremony_power, where, progress)
            before, challenge = one.after, one.next_challenge
            task.advance()


def _verify_contribution(
    one: Contribution, before: Accumulated, challenge: bytes, power: int, where: str, progress: Progress
) -> None:
    if one.beacon is not None:
        expected = SecretKey(one.beacon.generator(progress=progress), challenge).public
        for secret, proof, other in zip(SECRETS, one.key.proofs(), expected.proofs(), strict=True):
            if not proof.equals(other):
                raise CeremonyError(where, f"the key of {secret} does not follow from the beacon")
    bases = []
    for secret, proof in zip(SECRETS, one.key.proofs(), strict=True):
        base = knowledge_base(secret, challenge, proof.g1_s, proof.g1_sx)
        proof.verify(base, f"{where}, key of {secret}")
        bases.append(base)
    tau, alpha, beta = one.key.proofs()
    after = one.after
    steps = (
        ("tauG1", same_ratio(before.tau_g1, after.tau_g1, bases[0], tau.g2_spx)),
        ("tauG2", same_ratio(tau.g1_s, tau.g1_sx, before.tau_g2, after.tau_g2)),
        ("alphaG1", same_ratio(before.alpha_g1, after.alpha_g1, bases[1], alpha.g2_spx)),
        ("betaG1", same_ratio(before.beta_g1, after.beta_g1, bases[2], beta.g2_spx)),
        ("betaG2", same_ratio(beta.g1_s, beta.g1_sx, before.beta_g2, after.beta_g2)),
    )
    for name, holds in steps:
        if not holds:
            raise CeremonyError(where, f"{name} is not the one before times the secret that was proved")
    _verify_state(one, power, where)


def _verify_state(one: Contribution, power: int, where: str) -> None:
    """What is left of a response that can be recomputed: how much was hashed, and that betaG2 came last."""
    length = _native.Blake2b.resume(one.state).length
    if length != response_length(power):
        raise CeremonyError(where, f"the partial hash covers {length} bytes, a response has {response_length(power)}")
    tail = G2.encode(one.after.beta_g2, compressed=True)
    pending = length % _BLOCK
    if one.state[pending - len(tail) : pending] != tail:
        raise CeremonyError(where, "the partial hash does not end with betaG2")


class _Combination:
    """sum rho_i P_i and sum rho_i P_(i+1) over a section, chunk by chunk: their ratio is tau if that of all is."""

    def __init__(self, powers: Powers) -> None:
        self._group = powers.group
        self._last: Limbs | None = None
        self._sums: tuple[Limbs, Limbs] | None = None

    def add(self, points: Limbs) -> None:
        run = points if self._last is None else np.concatenate([self._last, points])
        self._last = points[-1:].copy()
        if len(run) < 2:
            return
        rho = random_coefficients(len(run) - 1)
        low, high = self._group.sum(run[:-1], rho), self._group.sum(run[1:], rho)
        if self._sums is not None:
            low, high = self._group.add(self._sums[0], low), self._group.add(self._sums[1], high)
        self._sums = low, high

    def consecutive(self, last: Contribution) -> bool:
        """Whether every point is tau times the one before, for the tau of `last`."""
        assert self._sums is not None
        low, high = self._sums
        if self._group is G1:
            return same_ratio(low, high, G2.generator, last.after.tau_g2)
        return same_ratio(G1.generator, last.after.tau_g1, low, high)


def _verify_sections(file: PowersFile, last: Contribution, challenge: bytes, progress: Progress) -> None:
    response, next_challenge = _native.Blake2b(), new_hash()
    response.update(challenge)
    next_challenge.update(last.response())
    total = sum(powers.count(file.power) for powers in POWERS)
    with progress.task("powers", total=total) as task:
        for powers in POWERS:
            _verify_section(file, powers, last, response, next_challenge, task)
    if file.reduced:
        return
    where = f"contribution {len(file.contributions)} of {len(file.contributions)}"
    if _native.Blake2b.resume(last.state).state() != response.state():
        raise CeremonyError(where, "its response is not the hash of the challenge before and the points of this file")
    if next_challenge.digest() != last.next_challenge:
        raise CeremonyError(where, "its next challenge is not the hash of its response and the points of this file")


def _verify_section(
    file: PowersFile,
    powers: Powers,
    last: Contribution,
    response: _native.Blake2b,
    next_challenge: hashlib.blake2b,
    task: Task,
) -> None:
    where = f"section {powers.section} ({powers.name})"
    _, _, expected = last.after.named()[POWERS.index(powers)]
    combination = _Combination(powers)
    for start, points in file.chunks(powers, task):
        response.update(powers.group.encode(points, compressed=True))
        next_challenge.update(powers.group.encode(points))
        if start == 0:
            if powers.section in (2, 3):
                if not np.array_equal(points[:1], powers.group.generator):
                    raise CeremonyError(where, "point 0 is not the generator")
                if not np.array_equal(points[1:2], expected):
                    raise CeremonyError(where, "point 1 is not that of the last contribution")
            elif not np.array_equal(points[:1], expected):
                raise CeremonyError(where, "point 0 is not that of the last contribution")
        if powers.prepared is not None:
            combination.add(points)
    if powers.prepared is not None and not combination.consecutive(last):
        raise CeremonyError(where, "the points are not consecutive multiples by the tau of the last contribution")


def _verify_bases(file: PowersFile, last: Contribution, progress: Progress) -> None:
    groups = [powers for powers in POWERS if powers.prepared is not None]
    with progress.task("Lagrange bases", total=sum(powers.prepared_count(file.power) for powers in groups)) as task:
        for powers in groups:
            section = file.points(powers, powers.count(file.power))
            for level in powers.levels(file.power):
                where = f"section {powers.prepared} ({powers.name}, basis of 2^{level})"
                basis = file.basis(powers, level)
                if len(basis) > len(section):
                    section = np.concatenate([section, _top(file, section, basis, last, where)])
                # sum_j rho_j L_j(tau) = sum_i c_i tau^i, with c the inverse transform of rho
                rho = random_coefficients(len(basis))
                expected = powers.group.sum(section[: len(basis)], ntt(rho, inverse=True))
                if not np.array_equal(powers.group.sum(basis, rho), expected):
                    raise CeremonyError(where, "it is not the Lagrange basis of the powers in this file")
                task.advance(len(basis))


def _top(file: PowersFile, section: Limbs, basis: Limbs, last: Contribution, where: str) -> Limbs:
    """The coefficient of the power that section 2 lacks: sum_j w^(j (n-1)) L_j(tau), n = 2^(power + 1).

    It is 0 in a basis made from this file; a file cut down after it was prepared has the next power of tau there.
    """
    unit = np.zeros((len(basis), 4), dtype=np.uint64)
    unit[-1, 0] = 1
    top = G1.sum(basis, ntt(unit))
    if top.any() and not (file.reduced and same_ratio(section[-1:], top, G2.generator, last.after.tau_g2)):
        raise CeremonyError(where, "its highest coefficient is not that of the powers in this file")
    return top
