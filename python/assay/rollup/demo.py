"""The demonstration: a served classifier, honest users, two model thieves, and everything proved.

Honest users mostly ask for the class they registered. One thief asks for anything, one hides half of its theft among
legal queries; both draw from a pool apart from training and scoring. Every answer goes through the whole protocol;
the unblocked run of the thieves is counterfactual and not proved.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InvalidInput
from assay.core.progress import SILENT, Progress
from assay.crypto.groth16 import snarkjs
from assay.identity import SealingKey
from assay.ledger import ContractRegistry, Genesis, Ledger
from assay.ledger.etcd.url import Address
from assay.rollup.accounts import BlockedError
from assay.rollup.chart import ScoreSeries, draw_scores
from assay.rollup.config import DetectorConstants
from assay.rollup.datasets import Dataset, Split, load_dataset, split_by_purpose
from assay.rollup.deployment import Deployment, LedgerFactory, User
from assay.rollup.detector import CusumDetector
from assay.rollup.model import ImageClassifier
from assay.rollup.operator import Settlement
from assay.rollup.paper_score import SCALE, PaperDetector
from assay.rollup.policies import Answered, HidingThief, HonestUser, QueryPolicy, RandomThief
from assay.rollup.prover import Prover
from assay.rollup.simulation import Calibration, calibrate, simulate
from assay.rollup.stealing import CopyScore, copy_accuracy

__all__ = ["EMBEDDED", "Blocked", "DemoOptions", "DemoResult", "run"]

EMBEDDED: Final = "embedded"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What `assay rollup demo` takes.

    Attributes:
        data: "digits" or the path of an `.npz` file.
        batch: transactions in a batch.
        honest: number of honest users.
        queries: queries of each honest user; thieves go on until they are blocked or have made as many.
        detector: "cusum", or "paper" for the paper's score, which decides after the fact and outside the proof.
        device: "cpu" or "cuda", for the model.
        seed: of the data split, the model and the queries; no secret depends on it.
        out: folder for the last batch's three files, the ledger and the chart; None keeps nothing.
        ledger: "embedded", or the address of an etcd (`etcd://HOST:PORT/PREFIX`), where the chain gets a new channel.
    """

    data: str = "digits"
    batch: int = 10
    honest: int = 3
    queries: int = 30
    detector: str = "cusum"
    device: str = "cpu"
    seed: int = 0
    out: Path | None = None
    ledger: str = EMBEDDED

    def __post_init__(self) -> None:
        for name, low, high in (("batch", 1, 1024), ("honest", 1, 100), ("queries", 1, 10_000)):
            if not low <= getattr(self, name) <= high:
                raise InvalidInput(f"{name} is {getattr(self, name)}; give a number from {low} to {high}")
        if self.detector not in ("cusum", "paper"):
            raise InvalidInput(f"detector is {self.detector!r}; give cusum or paper")
        if self.ledger != EMBEDDED:
            Address.parse(self.ledger)


@dataclass(frozen=True, slots=True)
class Blocked:
    """Who was stopped, and at which of its queries."""

    account: int
    role: str
    query: int


@dataclass(slots=True)
class _Participant:
    """One account in the run, with all that it was answered."""

    user: User
    role: str
    policy: QueryPolicy
    history: list[Answered] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    credits: list[int] = field(default_factory=list)
    blocked_at: int | None = None


@dataclass(slots=True)
class DemoResult:
    """Everything the command prints."""

    options: DemoOptions
    dataset: str
    model_accuracy: float
    calibration: Calibration
    detector: CusumDetector
    constraints: int
    compile_seconds: float
    key_seconds: float
    settlements: list[Settlement] = field(default_factory=list)
    verify_seconds: list[float] = field(default_factory=list)
    participants: list[_Participant] = field(default_factory=list)
    copies: dict[str, tuple[CopyScore, CopyScore]] = field(default_factory=dict)
    circuit_digest: str = ""
    chain_id: bytes = b""
    total_seconds: float = 0.0
    files: list[Path] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def blocked(self) -> list[Blocked]:
        """Accounts that were blocked, in the order of their indices."""
        return [Blocked(p.user.index, p.role, p.blocked_at) for p in self.participants if p.blocked_at is not None]

    def to_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        return {
            "dataset": self.dataset,
            "batch": self.options.batch,
            "batches": len(self.settlements),
            "constraints": self.constraints,
            "constraints_per_transaction": self.constraints / self.options.batch,
            "proof_system": "groth16",
            "curve": "bn254",
            "security_bits": 100,
            "circuit_hash": self.circuit_digest,
            "compile_seconds": self.compile_seconds,
            "key_seconds": self.key_seconds,
            "witness_seconds": [s.witness_seconds for s in self.settlements],
            "prove_seconds": [s.prove_seconds for s in self.settlements],
            "verify_seconds": self.verify_seconds,
            "submit_seconds": [s.submit_seconds for s in self.settlements],
            "model_accuracy": self.model_accuracy,
            "detector": {
                "kind": self.options.detector,
                "match_step": self.detector.match_step,
                "mismatch_step": self.detector.mismatch_step,
                "threshold": self.detector.threshold,
                "p0": self.detector.p0,
                "p1": self.detector.p1,
                "arl0": self.detector.arl0,
                "arl1": self.detector.arl1,
            },
            "blocked": [{"account": b.account, "role": b.role, "query": b.query} for b in self.blocked],
            "accounts": [
                {"account": p.user.index, "role": p.role, "queries": len(p.history)} for p in self.participants
            ],
            "copy_accuracy": {
                role: {
                    "blocked": stopped.accuracy,
                    "unblocked": free.accuracy,
                    "queries": {"blocked": stopped.queries, "unblocked": free.queries},
                }
                for role, (stopped, free) in self.copies.items()
            },
            "ledger": {"place": self.options.ledger, "chain_id": self.chain_id.hex()},
            "warnings": self.warnings,
            "total_seconds": self.total_seconds,
        }


def run(options: DemoOptions, progress: Progress = SILENT, announce: Callable[[str], None] | None = None) -> DemoResult:
    """Runs the demonstration from training to the last verified batch; `announce` is told what it will take."""
    began = time.perf_counter()
    dataset = load_dataset(options.data)
    split = split_by_purpose(dataset, options.seed)
    with progress.task(f"training a classifier on {dataset.name}"):
        model = ImageClassifier(seed=options.seed, device=options.device)
        model.fit(dataset.images[split.train], dataset.labels[split.train])
        calibration = calibrate(model, dataset, split.calibration)
        detector = calibration.fit_detector()
    deployment = Deployment(
        model=lambda sample: int(model.predict(sample[np.newaxis])[0]),
        model_digest=model.digest(),
        detector=_constants(options, detector),
        prover=Prover(options.batch, progress=progress, announce=announce),
        folder=options.out,
        ledger=_ledger_on(options.ledger),
    )
    with deployment:
        result = DemoResult(
            options=options,
            dataset=dataset.name,
            model_accuracy=model.score(dataset.images[split.scoring], dataset.labels[split.scoring]),
            calibration=calibration,
            detector=detector,
            constraints=deployment.prover.circuit.constraints,
            compile_seconds=deployment.prover.compile_seconds,
            key_seconds=deployment.prover.key_seconds,
            circuit_digest=deployment.prover.circuit.digest().hex(),
            chain_id=deployment.ledger.chain_id,
        )
        if options.detector == "paper":
            result.warnings.append(PaperDetector().warning)
        result.participants = _enrol(deployment, dataset, split, options, progress)
        _serve(deployment, dataset, result, progress)
        result.settlements = deployment.settlements
        result.verify_seconds = deployment.verify_seconds
        _compare_copies(dataset, split, model, result, progress)
        if options.out is not None:
            result.files = _write_files(deployment, result, options.out)
    result.total_seconds = time.perf_counter() - began
    return result


def _constants(options: DemoOptions, detector: CusumDetector) -> DetectorConstants:
    """What the circuit enforces. The paper's score decides outside the proof: then the CUSUM in the circuit never
    blocks."""
    if options.detector == "paper":
        return DetectorConstants(match=1, mismatch=1, threshold=(1 << 32) - 1)
    return DetectorConstants.of(detector)


def _enrol(
    deployment: Deployment, dataset: Dataset, split: Split, options: DemoOptions, progress: Progress
) -> list[_Participant]:
    labels = dataset.labels
    participants = []
    with progress.task("enrolling users", total=options.honest + 2) as task:
        for i in range(options.honest):
            label = i % dataset.n_classes
            policy: QueryPolicy = HonestUser(labels, split.users, label, seed=options.seed + i)
            participants.append(_Participant(deployment.enrol_user(f"user-{i}", label), "honest", policy))
            task.advance()
        label = options.honest % dataset.n_classes
        policy = RandomThief(split.thieves, label, seed=options.seed)
        participants.append(_Participant(deployment.enrol_user("thief-random", label), "random thief", policy))
        task.advance()
        label = (options.honest + 1) % dataset.n_classes
        policy = HidingThief(labels, split.thieves, label, legal_share=0.5, seed=options.seed)
        participants.append(_Participant(deployment.enrol_user("thief-hiding", label), "hiding thief", policy))
        task.advance()
    deployment.flush()
    return participants


def _serve(deployment: Deployment, dataset: Dataset, result: DemoResult, progress: Progress) -> None:
    """Rounds of one query each, in turn; a batch is settled as soon as it is full."""
    options = result.options
    paper = PaperDetector() if options.detector == "paper" else None
    active = list(result.participants)
    with progress.task("serving audited queries", total=options.queries) as task:
        for _ in range(options.queries):
            for participant in list(active):
                try:
                    if not _query(deployment, dataset, participant, paper):
                        active.remove(participant)
                except BlockedError:
                    active.remove(participant)
            task.advance()
        deployment.flush()


def _query(deployment: Deployment, dataset: Dataset, participant: _Participant, paper: PaperDetector | None) -> bool:
    """One query through the protocol; False when it blocked the account."""
    sample = participant.policy.next(participant.history)
    label = deployment.query(participant.user, dataset.images[sample])
    participant.history.append(Answered(sample, label))
    account = participant.user.client.account
    participant.scores.append(account.score)
    participant.credits.append(account.credit)
    blocked = account.blocked if paper is None else paper.is_blocked(account.credit, account.nonce)
    if blocked:
        participant.blocked_at = account.nonce
    return not blocked


def _compare_copies(
    dataset: Dataset, split: Split, model: ImageClassifier, result: DemoResult, progress: Progress
) -> None:
    answers = model.predict(dataset.images)
    thieves = [p for p in result.participants if p.role != "honest"]
    with progress.task("training the thieves' copies", total=2 * len(thieves)) as task:
        for thief in thieves:
            samples = np.array([a.sample for a in thief.history], dtype=np.int64)
            labels = np.array([a.label for a in thief.history], dtype=np.int64)
            device, seed = result.options.device, result.options.seed
            stopped = copy_accuracy(dataset, samples, labels, split.scoring, answers=answers, seed=seed, device=device)
            task.advance()
            trace = simulate(thief.policy, answers, None, len(split.thieves))
            free = copy_accuracy(
                dataset, trace.samples, trace.labels, split.scoring, answers=answers, seed=seed, device=device
            )
            task.advance()
            result.copies[thief.role] = (stopped, free)


def _write_files(deployment: Deployment, result: DemoResult, out: Path) -> list[Path]:
    last = result.settlements[-1].submission
    written = snarkjs.write(out, deployment.prover.key.verifying_key, last.public_inputs, last.proof)
    chart = out / "scores.png"
    series = [
        ScoreSeries(f"{p.user.name} ({p.role})", p.role != "honest", _series(p, result), p.blocked_at is not None)
        for p in result.participants
    ]
    title = f"Audited queries on {result.dataset}"
    if result.options.detector == "paper":
        draw_scores(chart, series, 0.5, title=title, score_name="xi = 1 - C / N")
    else:
        draw_scores(chart, series, 1.0, title=title)
    return [*written, chart, deployment.keep_chain()]


def _ledger_on(where: str) -> LedgerFactory | None:
    """What begins the chain: nothing of its own for "embedded", else a new channel at the address of an etcd."""
    if where == EMBEDDED:
        return None
    from assay.ledger.etcd import EtcdEngine

    address = Address.parse(where)

    def begin(genesis: Genesis, key: SealingKey, registry: ContractRegistry) -> Ledger:
        with EtcdEngine(address, registry=registry) as engine:
            return engine.create(f"rollup-{genesis.chain_id.hex()[:16]}", genesis, key)

    return begin


def _series(participant: _Participant, result: DemoResult) -> NDArray[np.float64]:
    """What the detector in force looks at: S / h, or the paper's xi from the proved credit."""
    if result.options.detector == "paper":
        return 1.0 - np.array(participant.credits) / (SCALE * np.arange(1, len(participant.credits) + 1))
    return np.array(participant.scores) / result.detector.threshold
