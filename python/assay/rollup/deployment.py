"""One rollup with all its parties in one process: authority, ledger, service, registrar, operator, gateway, prover.

The parties talk by method calls here and share nothing but what the protocol hands over; each holds its own keys.
The demo and the flow tests run on it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

import numpy as np

from assay.core.errors import LimitError
from assay.crypto import eddsa, groth16
from assay.crypto.groth16 import snarkjs
from assay.identity import CertificateAuthority, Credentials, Role, SealingKey, SigningKey, TrustStore, apply
from assay.ledger import Ledger, accounts
from assay.ledger.client import Client as LedgerClient
from assay.ledger.contracts import ContractRegistry
from assay.ledger.embedded import EmbeddedLedger
from assay.ledger.embedded.backup import copy_chain
from assay.ledger.genesis import Genesis
from assay.rollup.batch import Submission
from assay.rollup.client import Client
from assay.rollup.config import DetectorConstants, RollupConfig, RollupId, shared_table
from assay.rollup.contract import (
    RollupContract,
    chain_field,
    configure_payload,
    genesis_parameters,
    permit_payload,
)
from assay.rollup.contract import head as contract_head
from assay.rollup.gateway import Gateway
from assay.rollup.operator import Operator, Settlement
from assay.rollup.prover import Prover
from assay.rollup.registrar import Registrar
from assay.rollup.service import Model, RecognitionService
from assay.rollup.transaction import Query, Rotate

__all__ = ["CONTRACT", "Deployment", "LedgerFactory", "Member", "User"]

CONTRACT = "rollup"
"""Name of the contract's instance on the ledger."""

LedgerFactory: TypeAlias = Callable[[Genesis, SealingKey, ContractRegistry], Ledger]
"""Begins the chain of a genesis that a key seals, with the contracts of a registry."""


@dataclass(frozen=True, slots=True)
class Member:
    """A certified party: certificate with P-256 key, and its Baby Jubjub key."""

    credentials: Credentials
    key: eddsa.PrivateKey


@dataclass(slots=True)
class User:
    """A user: its certified identity and its client."""

    name: str
    member: Member
    client: Client

    @property
    def index(self) -> int:
        """Account index."""
        return self.member.credentials.certificate.index


class Deployment:
    """A running rollup; a context manager.

    Args:
        model: the served model, one sample to a label.
        model_digest: SHA-256 of the model.
        detector: constants in force.
        prover: proves the batches and sets their size.
        folder: where the ledger file goes; a temporary folder if None.
        ledger: begins the chain; None: the embedded ledger, in the file ledger.db of the folder.
        window: how far an account may run ahead of what is proved; default one batch.
        budget: queries of each identity.
        rollup_id: names the rollup on its ledger.
    """

    def __init__(
        self,
        *,
        model: Model,
        model_digest: bytes,
        detector: DetectorConstants,
        prover: Prover,
        folder: Path | None = None,
        ledger: LedgerFactory | None = None,
        window: int | None = None,
        budget: int = 1 << 16,
        rollup_id: int = 1,
    ) -> None:
        self.prover = prover
        batch_size = prover.batch_size
        self.settlements: list[Settlement] = []
        self.verify_seconds: list[float] = []
        self._temporary = tempfile.TemporaryDirectory() if folder is None else None
        self.folder = Path(folder if folder is not None else self._temporary.name)  # type: ignore[union-attr]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.authority = CertificateAuthority.create("assay demo authority", _verify_possession)
        self.owner = self.enrol("model-owner", Role.MODEL_OWNER)
        self._service_member = self.enrol("recognition-service", Role.RECOGNITION_SERVICE)
        self._registrar_member = self.enrol("registrar", Role.REGISTRAR)
        self._operator_member = self.enrol("operator", Role.OPERATOR)
        table = shared_table()
        self.config = RollupConfig(
            service_key=self._service_member.key.public_key.point,
            registrar_key=self._registrar_member.key.public_key.point,
            model_digest=model_digest,
            epoch=0,
            table_root=table.root,
            detector=detector,
        )
        self.ledger = self._begin_ledger(ledger or self._embedded, rollup_id, batch_size)
        self.rollup = RollupId(chain_field(self.ledger.chain_id), rollup_id)
        self.trust = TrustStore(self.authority.certificate, self.authority.revocation_list())
        self.service = RecognitionService(
            self._service_member.key,
            model,
            self.rollup,
            self.config,
            self._operator_member.credentials.key.public,
            window=window or batch_size,
        )
        self.registrar = Registrar(self._registrar_member.key, self.rollup)
        self.operator = Operator(
            self.rollup,
            self.config,
            table,
            self._operator_member.credentials.key,
            batch_size=batch_size,
            prove=self.prover.prove,
            send=self._send,
            head=lambda: contract_head(self.ledger.state(CONTRACT)),
        )
        self.gateway = Gateway(self.trust, self.service, self.operator, budget=budget)
        self._clients = {
            member.credentials.certificate.role: LedgerClient(self.ledger, member.credentials)
            for member in (self.owner, self._registrar_member, self._operator_member)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the ledger and the journals."""
        self.ledger.close()
        self.service.close()
        self.authority.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    # --- identities
    # ---------------------------------------------------------------------------------------------------

    def enrol(self, name: str, role: Role) -> Member:
        """The three steps of enrolment: invitation with a one-time secret, application with both proofs of
        possession, certificate."""
        key, signing = eddsa.PrivateKey.generate(), SigningKey.generate()
        invitation = self.authority.invite(name, role)
        application = apply(invitation, signing, key.public_key.point, lambda m: key.sign(m).to_bytes())
        return Member(Credentials(self.authority.enrol(application), signing), key)

    def enrol_user(self, name: str, label: int) -> User:
        """A certified user with an account registered under a label."""
        member = self.enrol(name, Role.USER)
        certificate = member.credentials.certificate
        client = Client(member.key, certificate.index, label, self.rollup, shared_table())
        holder = client.sign_registration(self.operator.config)
        authority = self.registrar.register(
            client.account, certificate.index, certificate.babyjubjub, holder, self.operator.config
        )
        self._publish(member)
        self.operator.submit(client.registration(authority, holder))
        self._settle_full()
        return User(name, member, client)

    def renew(self, user: User) -> None:
        """A new certificate with new keys for a user, under the same index: the old keys end here.

        What was asked under them is settled before, for the ledger would refuse it after.
        """
        self.flush()
        key, signing = eddsa.PrivateKey.generate(), SigningKey.generate()
        old = user.member.credentials
        invitation = self.authority.invite(user.name, Role.USER, lost_keys=True)
        application = apply(invitation, signing, key.public_key.point, lambda m: key.sign(m).to_bytes())
        user.member = Member(Credentials(self.authority.enrol(application), signing), key)
        assert user.index == old.certificate.index
        self._publish(user.member)
        self.update_revocations()

    def rotate(self, user: User) -> Rotate:
        """Brings the account to the newly certified key, with the registrar's permit on the ledger."""
        user.client.synchronise(self.operator.account(user.index))
        old, config = user.client.account, self.operator.config
        new, holder = user.client.rotation(user.member.key, config)
        authority = self.registrar.rotate(old, new, user.member.credentials.certificate.babyjubjub, holder, config)
        transaction = user.client.rotated(user.member.key, new, authority, holder)
        self.permit(new.index, new.leaf())
        self.operator.submit(transaction)
        return transaction

    def revoke(self, index: int) -> None:
        """The authority revokes an account's certificate; ledger and gateway know at once, and the operator drops what
        the ledger would refuse."""
        self.authority.revoke(index)
        self.update_revocations()
        self.operator.drop([index])

    def update_revocations(self) -> None:
        """Carries the authority's newest list to the ledger and the gateway."""
        revocations = self.authority.revocation_list()
        self._clients[Role.REGISTRAR].submit(accounts.ACCOUNTS, accounts.REVOKE, revocations.der)
        self.trust.update(revocations)

    def permit(self, index: int, leaf: int) -> None:
        """The registrar allows an account that is not in good standing exactly one leaf."""
        self._clients[Role.REGISTRAR].submit(CONTRACT, "permit", permit_payload(index, leaf))

    # --- queries
    # ------------------------------------------------------------------------------------------------------

    def query(self, user: User, sample: np.ndarray) -> int:
        """One query from request to released label; full batches are settled on the way."""
        client, certificate = user.client, user.member.credentials.certificate
        request = client.request(sample)
        try:
            answer = self.gateway.ask(certificate, request)
        except LimitError:
            # The window is full: bring the ledger up to date, then ask again.
            self.flush()
            answer = self.gateway.ask(certificate, request)
        config = self.operator.config
        holder = client.cosign(answer, config)
        released = self.gateway.complete(request.index, request.nonce, answer, holder)
        label = client.accept(released.opening, released.receipt, config, self._operator_member.credentials.key.public)
        self._settle_full()
        return label

    def flush(self) -> None:
        """Seals the open batch with pads and settles everything."""
        self.operator.seal()
        self._settle_full()

    def reconfigure(self, config: RollupConfig, model: Model | None = None) -> int:
        """The model owner puts the next configuration (and its model) in force; returns the first batch under it."""
        first = self.operator.reconfigure(config)
        self._clients[Role.MODEL_OWNER].submit(CONTRACT, "configure", configure_payload(config, first))
        self.service.reconfigure(config, model)
        self.config = config
        return first

    def _settle_full(self) -> None:
        while self.operator.waiting:
            settlement = self.operator.settle()
            assert settlement is not None
            self._record(settlement)

    def _record(self, settlement: Settlement) -> None:
        self.settlements.append(settlement)
        for step in settlement.batch.steps:
            if isinstance(step.transaction, Query):
                self.service.proved(step.index, step.transaction.nonce)

    def _send(self, submission: Submission) -> None:
        started = time.perf_counter()
        groth16.verify(
            self.prover.key.verifying_key, submission.public_inputs, groth16.Proof.from_bytes(submission.proof)
        )
        self.verify_seconds.append(time.perf_counter() - started)
        self._clients[Role.OPERATOR].submit(CONTRACT, "submit", submission.encode())

    def _publish(self, member: Member) -> None:
        payload = accounts.publish_payload([member.credentials.certificate])
        self._clients[Role.REGISTRAR].submit(accounts.ACCOUNTS, accounts.PUBLISH, payload)

    def _begin_ledger(self, begin: LedgerFactory, rollup_id: int, batch_size: int) -> Ledger:
        key = snarkjs.verification_key_to_json(self.prover.key.verifying_key).encode()
        owner = self.owner.credentials.certificate.index
        parameters = genesis_parameters(rollup_id, batch_size, owner, key, self.config)
        registry = ContractRegistry([accounts.Accounts(), RollupContract()])
        seal = SealingKey.generate()
        genesis = Genesis.begin(
            "Bio-Rollup demo",
            signers=[seal.public],
            authority=self.authority.certificate,
            revocations=self.authority.revocation_list(),
            contracts=[(CONTRACT, RollupContract.name, parameters)],
            registry=registry,
        )
        self._registry = registry
        return begin(genesis, seal, registry)

    def keep_chain(self) -> Path:
        """The chain in the file ledger.db of the folder: there already, or copied from where it is kept."""
        path = self.folder / "ledger.db"
        if not isinstance(self.ledger, EmbeddedLedger):
            path.unlink(missing_ok=True)
            copy_chain(self.ledger, path, self._registry)
        return path

    def _embedded(self, genesis: Genesis, key: SealingKey, registry: ContractRegistry) -> Ledger:
        path = self.folder / "ledger.db"
        path.unlink(missing_ok=True)
        return EmbeddedLedger.create(path, genesis, key, registry=registry)


def _verify_possession(public_key: tuple[int, int], message: bytes, signature: bytes) -> bool:
    eddsa.verify(public_key, message, signature)
    return True
