"""Channels, clients and endorsers for the load on a ledger.

    none      records by nobody in particular, without a signature
    client    records that a certified client signs
    endorsed  calls of a contract that puts the payload into its state: two endorsers each execute it and sign its
              effects, the client signs the whole

All sign with Ed25519. An endorser takes proposals from its clients directly, so that a proposal has no signature of its
own, and answers those that wait together; it executes on the state that the channel has at that moment.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import Final, Literal, Self

from assay.bench.ledger_contract import Deposits
from assay.bench.ledger_load import LoadClient, LoadClients, each_by_itself
from assay.bench.ledger_places import Place
from assay.core.clock import system_clock
from assay.core.errors import AssayError
from assay.crypto import eddsa
from assay.identity import CertificateAuthority, Credentials, Role, SealingKey, SigningKey, apply
from assay.ledger import Client, ContractRegistry, Genesis, Ledger, Transaction
from assay.ledger.accounts import ACCOUNTS, PUBLISH, publish_payload
from assay.ledger.endorser import Endorser, Proposal, endorse_many
from assay.ledger.genesis import ANYONE, NOBODY
from assay.ledger.policy import HasRole, OutOf
from assay.ledger.sequenced import SequencedLedger
from assay.ledger.transactions import ENDORSED, UNAUTHENTICATED

__all__ = ["AUTHS", "SIGNATURES", "LoadWorld"]

_DEPOSITS: Final = "deposits"
AUTHS: Final = ("none", "client", "endorsed")
SIGNATURES: Final = {"client": 1, "endorsed": 3}  # of clients and endorsers, in each transaction
_RECORDS: Final[dict[str, frozenset[Role] | Literal["anyone"]]] = {
    "none": ANYONE,
    "client": frozenset({Role.USER}),
    "endorsed": NOBODY,
}


class LoadWorld:
    """An authority, `clients` users and two endorsers; a context manager."""

    def __init__(self, clients: int) -> None:
        self._authority = CertificateAuthority.create("benchmark authority", _verify_possession)
        self._clients = [self._enrol(f"client-{number}", Role.USER) for number in range(clients)]
        self._endorsers = [self._enrol(f"peer-{number}", Role.OPERATOR) for number in range(2)]
        self.key = SealingKey.generate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._authority.close()

    def _enrol(self, name: str, role: Role) -> Credentials:
        key, second = SigningKey.generate("ed25519"), eddsa.PrivateKey.generate()
        invitation = self._authority.invite(name, role)
        application = apply(invitation, key, second.public_key.point, lambda m: second.sign(m).to_bytes())
        return Credentials(self._authority.enrol(application), key)

    def begin(self, where: Place, auth: str) -> SequencedLedger:
        """A new channel for transactions authenticated as `auth` says, on which all certificates are known."""
        registry = ContractRegistry([Deposits()])
        endorsed = auth == "endorsed"
        genesis = Genesis.begin(
            f"load {auth}",
            signers=[self.key.public],
            authority=self._authority.certificate,
            revocations=self._authority.revocation_list(),
            contracts=[(_DEPOSITS, Deposits.name, b"")] if endorsed else [],
            policies={_DEPOSITS: OutOf(2, HasRole(Role.OPERATOR), HasRole(Role.OPERATOR))} if endorsed else {},
            registry=registry,
            records=_RECORDS[auth],
        )
        ledger = where.begin(genesis, self.key, registry)
        certificates = [member.certificate for member in (*self._clients, *self._endorsers)]
        Client(ledger, self._endorsers[0]).submit(ACCOUNTS, PUBLISH, publish_payload(certificates))
        return ledger

    def clients(self, ledger: Ledger, auth: str, payload: int) -> LoadClients:
        """The clients of a channel of that kind; each of their transactions carries `payload` random bytes."""
        if auth == "none":
            senders = range(UNAUTHENTICATED, UNAUTHENTICATED + len(self._clients))
            return each_by_itself(_anonymous(ledger, sender, payload) for sender in senders)
        if auth == "client":
            return each_by_itself(_signing(ledger, member, payload) for member in self._clients)
        registry = ContractRegistry([Deposits()])
        endorsers = [Endorser(ledger, member, registry=registry, authenticate=False) for member in self._endorsers]
        return _endorsed(ledger, self._clients, endorsers, payload)


def _anonymous(ledger: Ledger, sender: int, payload: int) -> LoadClient:
    chain_id, counters = ledger.chain_id, itertools.count(ledger.next_counter(sender))
    return lambda: Transaction.record(chain_id, sender, next(counters), os.urandom(payload))


def _signing(ledger: Ledger, member: Credentials, payload: int) -> LoadClient:
    chain_id, sender, key = ledger.chain_id, member.certificate.index, member.key
    counters = itertools.count(ledger.next_counter(sender))
    return lambda: Transaction.record(chain_id, sender, next(counters), os.urandom(payload)).signed(key)


def _endorsed(ledger: Ledger, members: list[Credentials], endorsers: list[Endorser], payload: int) -> LoadClients:
    chain_id = ledger.chain_id
    senders = [member.certificate.index for member in members]
    counters = [itertools.count(ledger.next_counter(sender)) for sender in senders]

    def propose(client: int, height: int, time: int) -> Proposal:
        counter, data = next(counters[client]), os.urandom(payload)
        call = Transaction(chain_id, senders[client], counter, _DEPOSITS, "put", data, type=ENDORSED)
        return Proposal(call, height, time)

    def make(clients: Sequence[int]) -> list[Transaction]:
        head = ledger.head().header
        height, time = head.height + 1, max(system_clock(), head.time)
        transactions = []
        answers = endorse_many([propose(client, height, time) for client in clients], endorsers)
        for client, endorsed in zip(clients, answers, strict=True):
            if isinstance(endorsed, AssayError):
                raise endorsed
            transactions.append(endorsed.signed(members[client].key))
        return transactions

    return LoadClients(len(members), make)


def _verify_possession(public_key: tuple[int, int], message: bytes, signature: bytes) -> bool:
    eddsa.verify(public_key, message, signature)
    return True
