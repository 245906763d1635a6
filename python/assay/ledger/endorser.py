"""Endorsers: execute proposed calls on the state that they know, and sign what the calls do; and those who ask them.

An endorser is a certified identity with a ledger handle of its own: one for reading will do, or a follower's copy.
Nothing is written: what it signs takes effect when a block takes the transaction (`endorsement`). Endorsers at
different heights agree as long as what the call reads is the same; height and time of the call are the proposer's, in
bounds that each endorser and the ledger check.

`answer` takes and gives bytes, so that a network can stand between: `RemoteEndorser` is the other end of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final, Protocol

from assay.core.clock import Clock, system_clock
from assay.core.encoding import decode_record, encode_record
from assay.core.errors import AssayError, EncodingError, InvalidInput, LedgerError
from assay.identity.certificate import Certificate
from assay.identity.credentials import Credentials
from assay.ledger.base import Ledger
from assay.ledger.contracts import ContractRegistry
from assay.ledger.effects import MAX_EFFECTS_BYTES, Effects
from assay.ledger.endorsement import (
    LIFETIME,
    Endorsement,
    EndorsementExpired,
    encode_endorsements,
    sign_endorsement,
)
from assay.ledger.machine import Machine
from assay.ledger.standing import KnownAccounts
from assay.ledger.state import Store
from assay.ledger.transactions import ENDORSED, MAX_TRANSACTION_BYTES, Transaction, check_signature

__all__ = [
    "Disagreement",
    "Endorsed",
    "EndorsementRefused",
    "Endorser",
    "Endorsing",
    "Proposal",
    "RemoteEndorser",
    "endorse",
    "endorse_many",
]

MAX_SKEW: Final = (
    LIFETIME // 2
)  # ms between an endorser's clock and the proposer's; leaves the rest to get into a block
_PROPOSAL, _ENDORSED, _REFUSED = "assay.ledger.proposal", "assay.ledger.endorsed", "assay.ledger.endorsement.refused"


class Disagreement(LedgerError):
    """Endorsers do not agree on what a call does: they know different states, or one of them is wrong. Ask again."""


class EndorsementRefused(LedgerError):
    """An endorser behind a network refused, for the reason it gives."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A transaction without effects and endorsements, signed by its sender; height and time to execute it at."""

    transaction: Transaction
    height: int
    time: int

    def encode(self) -> bytes:
        """The canonical bytes."""
        return encode_record(_PROPOSAL, 1, self.transaction.encoded, self.height, self.time)

    @classmethod
    def decode(cls, data: bytes) -> Proposal:
        """Read what `encode` wrote."""
        limit = MAX_TRANSACTION_BYTES + 1024
        transaction, height, time = decode_record(data, _PROPOSAL, 1, bytes, int, int, limit=limit)
        if height < 0 or time < 0:
            raise EncodingError("height or time of a proposal is negative")
        return cls(Transaction.decode(transaction), height, time)


@dataclass(frozen=True, slots=True)
class Endorsed:
    """What an endorser says a proposal does, with its signature."""

    effects: Effects
    endorsement: Endorsement

    def encode(self) -> bytes:
        """The canonical bytes."""
        return encode_record(_ENDORSED, 1, self.effects.encoded, self.endorsement.endorser, self.endorsement.signature)

    @classmethod
    def decode(cls, data: bytes) -> Endorsed:
        """Read what `encode` wrote."""
        limit = MAX_EFFECTS_BYTES + 1024
        effects, endorser, signature = decode_record(data, _ENDORSED, 1, bytes, int, bytes, limit=limit)
        return cls(Effects.decode(effects), Endorsement(endorser, signature))


class Endorsing(Protocol):
    """Whoever endorses: an `Endorser` in this process, or a `RemoteEndorser`."""

    def endorse(self, proposal: Proposal) -> Endorsed:
        """Execute the proposal and sign its effects; raises the refusal."""

    def endorse_many(self, proposals: Sequence[Proposal]) -> list[Endorsed | AssayError]:
        """Each proposal by itself: its endorsement, or the refusal."""


class Endorser:
    """Endorses for `credentials` on the state of `ledger`. Thread-safe.

    Each answer is on the newest state that the ledger has when it is asked, so a revocation counts from its block on.

    Senders sign their proposals, so that nobody else learns what the state answers. Where the sender is known already
    (its connection is), `authenticate=False` saves that check: the ledger checks the transaction's signature anyway.
    """

    def __init__(
        self,
        ledger: Ledger,
        credentials: Credentials,
        *,
        registry: ContractRegistry | None = None,
        authenticate: bool = True,
        clock: Clock = system_clock,
    ) -> None:
        self.ledger = ledger
        self.credentials = credentials
        self._machine = Machine(ledger.genesis, registry or ContractRegistry())
        self._check = check_signature if authenticate else _no_check
        self._clock = clock

    def endorse(self, proposal: Proposal) -> Endorsed:
        """Execute the proposal and sign its effects; raises the refusal, of the ledger's rules or of the contract."""
        (answer,) = self.endorse_many([proposal])
        if isinstance(answer, AssayError):
            raise answer
        return answer

    def endorse_many(self, proposals: Sequence[Proposal]) -> list[Endorsed | AssayError]:
        """`endorse` for each proposal by itself, all on one state: a refusal stands in the place of its endorsement."""
        with self.ledger.snapshot() as snapshot:
            store, known = snapshot.store, snapshot.accounts()
            found = [self._effects(proposal, store, known) for proposal in proposals]
        return [
            effects if isinstance(effects, AssayError) else self._sign(proposal.transaction, effects)
            for proposal, effects in zip(proposals, found, strict=True)
        ]

    def _effects(self, proposal: Proposal, store: Store, known: KnownAccounts) -> Effects | AssayError:
        transaction = proposal.transaction
        try:
            if transaction.type != ENDORSED or transaction.effects or transaction.endorsements:
                raise InvalidInput("a proposal is an endorsed transaction without effects and endorsements")
            if abs(proposal.time - self._clock()) > MAX_SKEW:
                raise EndorsementExpired(f"the proposal is of {proposal.time} ms, too far from now, {self._clock()} ms")
            effects = self._machine.simulate(
                store,
                transaction,
                height=proposal.height,
                time=proposal.time,
                check_signature=self._check,
                known=known,
            )
            _ = effects.encoded  # raises above the limits
            return effects
        except AssayError as refusal:
            return refusal

    def _sign(self, proposal: Transaction, effects: Effects) -> Endorsed:
        signature = sign_endorsement(self.credentials.key, proposal, effects)
        return Endorsed(effects, Endorsement(self.credentials.certificate.index, signature))

    def answer(self, request: bytes) -> bytes:
        """`endorse` for an encoded proposal: the encoded endorsement, or the encoded refusal."""
        try:
            return self.endorse(Proposal.decode(request)).encode()
        except AssayError as refusal:
            return encode_record(_REFUSED, 1, type(refusal).__name__, str(refusal)[:1000])


def _no_check(certificate: Certificate, digest32: bytes, signature: bytes) -> None:
    """For senders who are authenticated already."""


class RemoteEndorser:
    """An endorser that is reached by `send`, which takes a request and returns the answer of `Endorser.answer`."""

    def __init__(self, send: Callable[[bytes], bytes]) -> None:
        self._send = send

    def endorse(self, proposal: Proposal) -> Endorsed:
        """Have the proposal endorsed; raises `EndorsementRefused` with the endorser's reason."""
        answer = self._send(proposal.encode())
        try:
            kind, reason = decode_record(answer, _REFUSED, 1, str, str, limit=8 << 10)
        except EncodingError:
            return Endorsed.decode(answer)
        raise EndorsementRefused(f"the endorser refused ({kind}): {reason}")

    def endorse_many(self, proposals: Sequence[Proposal]) -> list[Endorsed | AssayError]:
        """Have each endorsed, one after the other."""
        answers: list[Endorsed | AssayError] = []
        for proposal in proposals:
            try:
                answers.append(self.endorse(proposal))
            except AssayError as refusal:
                answers.append(refusal)
        return answers


def endorse(proposal: Proposal, endorsers: Sequence[Endorsing], pool: Executor | None = None) -> Transaction:
    """The transaction with effects on which all `endorsers` agree and their endorsements, for its sender to sign.

    They are asked one by one, or all at once in the threads of `pool`. Raises the refusal of any, and `Disagreement`.
    """
    if not endorsers:
        raise InvalidInput("a transaction is endorsed by at least one")
    if pool is None:
        answers = [endorser.endorse(proposal) for endorser in endorsers]
    else:
        answers = list(pool.map(lambda endorser: endorser.endorse(proposal), endorsers))
    return _agreed(proposal, answers)


def endorse_many(
    proposals: Sequence[Proposal], endorsers: Sequence[Endorsing], pool: Executor | None = None
) -> list[Transaction | AssayError]:
    """`endorse` for each proposal by itself, where each endorser is given all at once.

    In the place of what was not endorsed stands the refusal of the first endorser that refused, or `Disagreement`.
    """
    if not endorsers:
        raise InvalidInput("a transaction is endorsed by at least one")
    if pool is None:
        answers = [endorser.endorse_many(proposals) for endorser in endorsers]
    else:
        answers = list(pool.map(lambda endorser: endorser.endorse_many(proposals), endorsers))
    transactions: list[Transaction | AssayError] = []
    for proposal, *given in zip(proposals, *answers, strict=True):
        refusal = next((answer for answer in given if isinstance(answer, AssayError)), None)
        try:
            endorsed = [answer for answer in given if isinstance(answer, Endorsed)]
            transactions.append(refusal or _agreed(proposal, endorsed))
        except AssayError as disagreement:
            transactions.append(disagreement)
    return transactions


def _agreed(proposal: Proposal, answers: Sequence[Endorsed]) -> Transaction:
    """The transaction with what all answers agree on."""
    first, *others = answers
    for other in others:
        if other.effects.encoded != first.effects.encoded:
            raise Disagreement(
                f"endorsers {first.endorsement.endorser} and {other.endorsement.endorser} do not agree on what "
                f"{proposal.transaction.contract}.{proposal.transaction.method} does: ask again"
            )
    if (first.effects.height, first.effects.time) != (proposal.height, proposal.time):
        raise Disagreement("the endorsers answered for another height or time than was asked")
    endorsements = encode_endorsements([answer.endorsement for answer in answers])
    return proposal.transaction.endorsed(first.effects.encoded, endorsements)
