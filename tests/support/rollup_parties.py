"""A rollup with all its parties, with clocks to turn, and a stand-in for Groth16 where a test is not about proofs.

The stand-in's proof is a hash of the public inputs: it holds for these inputs and for no others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.identities import TurnableClock

from assay.core.errors import AssayError, ProofError
from assay.crypto import eddsa
from assay.identity import CertificateAuthority, Credentials, Role, SealingKey, SigningKey, TrustStore, apply
from assay.ledger import Client as LedgerClient
from assay.ledger import ContractRegistry, EmbeddedLedger, Genesis, accounts
from assay.rollup import contract
from assay.rollup.account import Account
from assay.rollup.batch import Batch, Submission
from assay.rollup.client import Client
from assay.rollup.config import DetectorConstants, RollupConfig, RollupId, shared_table
from assay.rollup.gateway import Gateway
from assay.rollup.operator import Operator
from assay.rollup.registrar import Registrar
from assay.rollup.service import Answer, RecognitionService
from assay.rollup.transaction import Query, Rotate

ROLLUP = "rollup"
DETECTOR = DetectorConstants(match=20_000, mismatch=150_000, threshold=500_000)
LABEL = 7
"""Registered by the users of these tests."""

Prove = Callable[[Batch], tuple[Submission, float, float]]


def stand_in_proof(public: Sequence[int]) -> bytes:
    return hashlib.sha512(repr(list(public)).encode()).digest() * 4


def stand_in_prove(batch: Batch) -> tuple[Submission, float, float]:
    public = tuple(batch.public_inputs())
    return Submission(public, tuple(batch.differences), stand_in_proof(public)), 0.0, 0.0


def _stand_in_verify(key: Any, public: Sequence[int], proof: bytes) -> None:
    if proof != stand_in_proof(public):
        raise ProofError("the proof does not verify")


def use_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract takes the stand-in's proofs."""
    groth16 = SimpleNamespace(verify=_stand_in_verify, Proof=SimpleNamespace(from_bytes=bytes))
    monkeypatch.setattr(contract, "groth16", groth16)
    monkeypatch.setattr(contract, "_verifying_key", lambda data: SimpleNamespace(num_public=7))


def sample(label: int, variant: int = 0) -> np.ndarray:
    """An input that the served model labels so."""
    return np.array([label, variant], dtype=np.int64)


def model(given: np.ndarray) -> int:
    return int(given[0])


class Seconds:
    """A monotonic clock to turn."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class User:
    name: str
    credentials: Credentials
    key: eddsa.PrivateKey
    client: Client

    @property
    def index(self) -> int:
        return self.credentials.certificate.index

    @property
    def account(self) -> Account:
        return self.client.account


class Parties:
    """Everybody, in one process, each with keys of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        prove: Prove = stand_in_prove,
        verifying_key: bytes = b"stand-in",
        batch_size: int = 2,
        window: int = 4,
        budget: int = 1 << 16,
        rollup_id: int = 1,
        journal: Path | None = None,
    ) -> None:
        self.clock, self.seconds = TurnableClock(), Seconds()
        self.authority = CertificateAuthority.create("Test authority", clock=self.clock)
        self.owner, _ = self.member("owner", Role.MODEL_OWNER)
        self.service_credentials, self.service_key = self.member("service", Role.RECOGNITION_SERVICE)
        self.registrar_credentials, self.registrar_key = self.member("registrar", Role.REGISTRAR)
        self.operator_credentials, _ = self.member("operator", Role.OPERATOR)
        self.config = RollupConfig(
            service_key=self.service_key.public_key.point,
            registrar_key=self.registrar_key.public_key.point,
            model_digest=bytes(range(32)),
            epoch=0,
            table_root=shared_table().root,
            detector=DETECTOR,
        )
        self.ledger = self._begin(folder / "ledger.db", rollup_id, batch_size, verifying_key)
        self.rollup = RollupId(contract.chain_field(self.ledger.chain_id), rollup_id)
        self.trust = TrustStore(self.authority.certificate, self.authority.revocation_list(), clock=self.clock)
        self.service = self.new_service(window=window, journal=journal)
        self.registrar = Registrar(self.registrar_key, self.rollup)
        self.operator = self.new_operator(batch_size, prove)
        self.gateway = Gateway(
            self.trust, self.service, self.operator, budget=budget, patience=30.0, clock=self.seconds
        )
        self.users: list[User] = []
        self.submissions: list[Submission] = []

    def close(self) -> None:
        self.ledger.close()
        self.service.close()
        self.authority.close()

    # --- parties

    def member(self, name: str, role: Role) -> tuple[Credentials, eddsa.PrivateKey]:
        return self._enrol(self.authority.invite(name, role))

    def _enrol(self, invitation: Any) -> tuple[Credentials, eddsa.PrivateKey]:
        key, signing = eddsa.PrivateKey.generate(), SigningKey.generate()
        application = apply(invitation, signing, key.public_key.point, lambda m: key.sign(m).to_bytes())
        return Credentials(self.authority.enrol(application), signing), key

    def new_service(self, *, window: int, journal: Path | None) -> RecognitionService:
        operator = self.operator_credentials.key.public
        return RecognitionService(
            self.service_key, model, self.rollup, self.config, operator, window=window, journal=journal
        )

    def new_operator(self, batch_size: int = 2, prove: Prove = stand_in_prove) -> Operator:
        return Operator(
            self.rollup,
            self.config,
            shared_table(),
            self.operator_credentials.key,
            batch_size=batch_size,
            prove=prove,
            send=self.send,
            seal_after=60.0,
            clock=self.seconds,
        )

    def other_configs(self) -> list[RollupConfig]:
        """The configuration in force with one part changed, for each part."""
        key = eddsa.PrivateKey.generate().public_key.point
        changes: list[dict[str, Any]] = [
            {"service_key": key},
            {"registrar_key": key},
            {"model_digest": bytes(32)},
            {"table_root": self.config.table_root + 1},
            {"detector": replace(DETECTOR, threshold=2**32 - 150_000)},
            {"epoch": 1},
        ]
        return [replace(self.config, **change) for change in changes]

    def _begin(self, path: Path, rollup_id: int, batch_size: int, key: bytes) -> EmbeddedLedger:
        owner = self.owner.certificate.index
        parameters = contract.genesis_parameters(rollup_id, batch_size, owner, key, self.config)
        self.registry = ContractRegistry([accounts.Accounts(), contract.RollupContract()])
        seal = SealingKey.generate()
        genesis = Genesis.begin(
            "test",
            signers=[seal.public],
            authority=self.authority.certificate,
            revocations=self.authority.revocation_list(),
            contracts=[(ROLLUP, contract.RollupContract.name, parameters)],
            registry=self.registry,
            clock=self.clock,
        )
        return EmbeddedLedger.create(path, genesis, seal, registry=self.registry, clock=self.clock)

    # --- the ledger

    def as_party(self, credentials: Credentials) -> LedgerClient:
        return LedgerClient(self.ledger, credentials)

    def send(self, submission: Submission) -> None:
        self.send_bytes(submission.encode())
        self.submissions.append(submission)

    def send_bytes(self, payload: bytes, credentials: Credentials | None = None) -> None:
        self.as_party(credentials or self.operator_credentials).submit(ROLLUP, "submit", payload)

    def configure(self, config: RollupConfig, first: int, credentials: Credentials | None = None) -> None:
        payload = contract.configure_payload(config, first)
        self.as_party(credentials or self.owner).submit(ROLLUP, "configure", payload)

    def permit(self, index: int, leaf: int, credentials: Credentials | None = None) -> None:
        payload = contract.permit_payload(index, leaf)
        self.as_party(credentials or self.registrar_credentials).submit(ROLLUP, "permit", payload)

    def publish(self, credentials: Credentials) -> None:
        payload = accounts.publish_payload([credentials.certificate])
        self.as_party(self.registrar_credentials).submit(accounts.ACCOUNTS, accounts.PUBLISH, payload)

    def update_revocations(self) -> None:
        revocations = self.authority.revocation_list()
        self.as_party(self.registrar_credentials).submit(accounts.ACCOUNTS, accounts.REVOKE, revocations.der)
        self.trust.update(revocations)

    def revoke(self, user: User) -> None:
        """The certificate counts no more; nothing else happens."""
        self.clock.turn(1000)
        self.authority.revoke(user.index)
        self.update_revocations()
        self.clock.turn(1000)

    @property
    def head(self) -> list[int]:
        head = self.ledger.state(ROLLUP).get("head")
        assert isinstance(head, list)
        return head  # type: ignore[return-value]

    # --- users

    def user(self, name: str, label: int = LABEL) -> User:
        """Certified, and registered in the operator's open batch."""
        user = self.certified(name, label)
        self.publish(user.credentials)
        self.register(user)
        return user

    def certified(self, name: str, label: int = LABEL) -> User:
        credentials, key = self.member(name, Role.USER)
        client = Client(key, credentials.certificate.index, label, self.rollup, shared_table())
        user = User(name, credentials, key, client)
        self.users.append(user)
        return user

    def register(self, user: User) -> None:
        certificate, config = user.credentials.certificate, self.operator.config
        holder = user.client.sign_registration(config)
        authority = self.registrar.register(user.account, certificate.index, certificate.babyjubjub, holder, config)
        self.operator.submit(user.client.registration(authority, holder))

    def register_again(self, user: User) -> None:
        """After its registration was dropped: the client goes back to the beginning."""
        user.client.synchronise(next(iter(user.client._held.values())))
        self.register(user)

    def renew(self, user: User) -> None:
        """A new certificate with new keys; the account still stands under the old key."""
        self.clock.turn(1000)
        user.credentials, user.key = self._enrol(self.authority.invite(user.name, Role.USER, lost_keys=True))
        self.publish(user.credentials)
        self.update_revocations()
        self.clock.turn(1000)

    def rotation(self, user: User) -> Rotate:
        """The rotation to the newly certified key, signed by all; the client has it in use."""
        old, config = user.account, self.operator.config
        new, holder = user.client.rotation(user.key, config)
        authority = self.registrar.rotate(old, new, user.credentials.certificate.babyjubjub, holder, config)
        return user.client.rotated(user.key, new, authority, holder)

    def second_rotation(self, user: User) -> Rotate:
        """After the first was dropped: the client goes back before it."""
        user.client.synchronise(self.operator.account(user.index))
        return self.rotation(user)

    def ask(self, user: User, given: np.ndarray) -> Answer:
        return self.gateway.ask(user.credentials.certificate, user.client.request(given))

    def query(self, user: User, label: int, variant: int = 0) -> int:
        answer = self.ask(user, sample(label, variant))
        holder = user.client.cosign(answer, self.operator.config)
        released = self.gateway.complete(user.index, user.account.nonce + 1, answer, holder)
        operator = self.operator_credentials.key.public
        return user.client.accept(released.opening, released.receipt, self.operator.config, operator)

    def signed_query(self, user: User, label: int, variant: int = 0) -> Query:
        """A query with both signatures that has not reached the operator."""
        answer = self.ask(user, sample(label, variant))
        nonce = user.account.nonce + 1
        holder = user.client.cosign(answer, self.operator.config)
        opening = self.service.opening_for_operator(user.index, nonce)
        return Query(user.index, nonce, opening, answer.authority, holder)

    def signed_query_after(self, user: User, label: int) -> Query:
        """The same where the user has not heard of its last query yet: its copy is brought up to date first."""
        account = self.operator.account(user.index)
        user.client.account, user.client._pending = account, None
        return self.signed_query(user, label, variant=account.nonce)

    def settle(self) -> None:
        """Proves and submits what is sealed."""
        while settled := self.operator.settle():
            for step in settled.batch.steps:
                if isinstance(step.transaction, Query):
                    self.service.proved(step.index, step.transaction.nonce)

    def flush(self) -> None:
        self.operator.seal()
        self.settle()

    # --- what must not change

    def snapshot(self) -> dict[str, Any]:
        """All state that a refusal must leave as it was."""
        return {
            "contract": list(self.ledger.state(ROLLUP).items()),
            "root": self.operator.root,
            "accounts": {i: self.operator.account(i) for i in self.operator._tree.indices()},
            "open": list(self.operator._open),
            "waiting": self.operator.waiting,
            "journal": self.service._journal.execute("SELECT * FROM answer").fetchall(),
            "proved": self.service._journal.execute("SELECT * FROM proved").fetchall(),
            "budget": {i: self.gateway.used(i) for i in self.operator._tree.indices()},
            "clients": [user.account for user in self.users],
        }

    @contextmanager
    def refused(self, error: type[AssayError], match: str) -> Iterator[None]:
        """The block is refused with exactly this class of error, a message that fits, and nothing has changed."""
        before = self.snapshot()
        with pytest.raises(error, match=match) as caught:
            yield
        assert caught.type is error
        assert self.snapshot() == before
