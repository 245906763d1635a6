"""The machine that executes transactions: the same steps for whoever makes blocks and for whoever verifies them.

For each transaction, in this order: form and size; chain; certificate (attached or known), signed by the authority and
the newest of its account; the sender's signature; the revocation list fresh and the certificate in force at block time;
counter; then what its type asks for: contract, method and role and the contract's own decision (call), or the leave to
append (record). Senders from `UNAUTHENTICATED` on have no certificate and skip what needs one. A refusal at any step
leaves the state as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from assay.core.encoding import encode
from assay.core.errors import (
    AssayError,
    AuthorizationError,
    LedgerError,
    LimitError,
    NotFound,
    RevokedError,
    VerificationError,
)
from assay.core.logging import get_logger
from assay.ledger import accounts
from assay.ledger.accounts import ACCOUNTS, REVOKE
from assay.ledger.blocks import MAX_BLOCK_BYTES, MAX_BLOCK_ENTRIES, MAX_RESULT_BYTES, Entry
from assay.ledger.contracts import Account, Call, Context, Contract, ContractRegistry, Origin, StateReader
from assay.ledger.effects import Effects, Recorder
from assay.ledger.endorsement import check_endorsed
from assay.ledger.genesis import ANYONE, Genesis
from assay.ledger.policy import Policy
from assay.ledger.standing import KnownAccounts, StandingAccounts
from assay.ledger.state import Overlay, SpaceState, Store
from assay.ledger.transactions import CALL, RECORD, SignatureCheck, Transaction, check_signature
from assay.ledger.view import Done, View

__all__ = ["NO_RESULT", "ContractFault", "Execution", "Machine", "UsedCounter"]

NO_RESULT: Final = encode(None)  # that of a record
_log = get_logger(__name__)


class ContractFault(LedgerError):
    """A contract raised something that is not a refusal: a bug in it. The state is as it was."""


class UsedCounter(LedgerError):
    """The counter of a transaction is not the sender's next one."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of a list of transactions: the entries of a block, its writes, the last transaction of each sender in
    it, and the fate of each transaction."""

    entries: tuple[Entry, ...]
    overlay: Overlay
    clients: dict[int, Done]
    outcomes: tuple[Done | AssayError, ...]


@dataclass(frozen=True, slots=True)
class _Moment:
    """When a transaction is executed, and how its signatures are checked."""

    height: int
    time: int
    check_signature: SignatureCheck
    known: KnownAccounts  # before the transaction

    def accounts(self, overlay: Overlay, transaction: Transaction) -> KnownAccounts:
        """The accounts that count for a transaction: with the certificate that it attaches."""
        return KnownAccounts(overlay) if transaction.certificate else self.known


class Machine:
    """Executes the transactions of one chain."""

    def __init__(self, genesis: Genesis, registry: ContractRegistry) -> None:
        self.genesis = genesis
        self._contracts: dict[str, Contract] = {}
        self._policies = {instance.instance: instance.policy for instance in genesis.contracts}
        for instance in genesis.contracts:
            self._contracts[instance.instance] = registry.find(instance.name, instance.code)

    def begin(self, store: Store) -> Overlay:
        """The state of block 0."""
        overlay = Overlay(store)
        for instance in self.genesis.contracts:
            origin = Origin(self.genesis.chain_id, instance.instance, self.genesis.time)
            contract = self._contracts[instance.instance]
            with _faults(instance.instance):
                contract.begin(SpaceState(overlay, instance.instance), instance.parameters, origin)
        return overlay

    def execute(
        self,
        before: View,
        transactions: Sequence[Transaction],
        *,
        height: int,
        time: int,
        check_signature: SignatureCheck = check_signature,
        standing: StandingAccounts | None = None,
    ) -> Execution:
        """Execute transactions in order as block `height` at `time` (ms). Refused ones get no entry.

        `standing`: what is known about the accounts of this chain, where many blocks are executed one after the other.
        Transactions beyond the limits of a block are left over: `outcomes` is then shorter than `transactions`.
        """
        block = Overlay(before.store)
        known = KnownAccounts(block) if standing is None else standing.at(height - 1, block)
        moment = _Moment(height, time, check_signature, known)
        clients: dict[int, Done] = {}
        entries: list[Entry] = []
        outcomes: list[Done | AssayError] = []
        size = 0
        for transaction in transactions:
            try:
                transaction.check_form()
                if entries and (len(entries) == MAX_BLOCK_ENTRIES or size + len(transaction.body) > MAX_BLOCK_BYTES):
                    break
                last = clients.get(transaction.sender) or before.last_of(transaction.sender)
                done = Done(transaction.counter, transaction.digest, height, len(entries))
                if last is not None and (last.counter, last.digest) == (done.counter, done.digest):
                    done = last  # sent again
                else:
                    due = 1 if last is None else last.counter + 1
                    entry = Entry(transaction, self._execute(block, transaction, due, moment))
                    entries.append(entry)
                    clients[transaction.sender] = done
                    size += len(entry.encoded)
                outcomes.append(done)
            except AssayError as refusal:
                outcomes.append(refusal)
        return Execution(tuple(entries), block, clients, tuple(outcomes))

    def _execute(self, block: Overlay, transaction: Transaction, due: int, moment: _Moment) -> bytes:
        """The result of one transaction, whose writes go into `block`."""
        self._check_chain(transaction)
        if not transaction.authenticated:  # by its form a record
            _check_counter(transaction, due)
            self._check_leave(None)
            return NO_RESULT
        overlay = Overlay(block)
        sender = self._sender(overlay, transaction, moment)
        _check_counter(transaction, due)
        result = self._apply(overlay, transaction, sender, moment)
        if any(space == ACCOUNTS for space, _ in overlay.writes):
            moment.known.forget()
        overlay.merge_into(block)
        return result

    def _check_chain(self, transaction: Transaction) -> None:
        if transaction.chain_id != self.genesis.chain_id:
            raise VerificationError(
                f"the transaction is for chain {transaction.chain_id.hex()}, this is {self.genesis.chain_id.hex()}"
            )

    def _sender(self, overlay: Overlay, transaction: Transaction, moment: _Moment) -> Account:
        """The account that signed, in force at the time."""
        if transaction.certificate:
            _admit(SpaceState(overlay, ACCOUNTS), transaction)
        known = moment.accounts(overlay, transaction)
        found = known.find(transaction.sender)
        if found is None:
            raise AuthorizationError(
                f"the chain does not know sender {transaction.sender} yet: attach the certificate to the first "
                "transaction"
            )
        certificate, sender = found
        moment.check_signature(certificate, transaction.digest, transaction.signature)
        if (transaction.contract, transaction.method) != (ACCOUNTS, REVOKE):
            known.check_fresh(moment.time)
        if not sender.active(moment.time):
            raise RevokedError(f"the certificate of {sender.name!r} is not in force: revoked, expired or not yet valid")
        return sender

    def _apply(self, overlay: Overlay, transaction: Transaction, sender: Account, moment: _Moment) -> bytes:
        """Do what the transaction's type asks for; returns its result."""
        if transaction.type == RECORD:
            self._check_leave(sender)
            return NO_RESULT
        policy = self._policies.get(transaction.contract)
        if transaction.type == CALL:
            if policy is not None:
                raise AuthorizationError(f"contract {transaction.contract!r} takes endorsed transactions: {policy}")
            return self._call(overlay, transaction, sender, moment)
        return self._take(overlay, transaction, sender, moment)

    def _take(self, overlay: Overlay, transaction: Transaction, sender: Account, moment: _Moment) -> bytes:
        """Let what was endorsed take effect, without executing it."""
        self._check_method(transaction, sender)
        effects = check_endorsed(
            transaction,
            self._policy(transaction),
            moment.accounts(overlay, transaction),
            height=moment.height,
            time=moment.time,
            check=moment.check_signature,
        )
        if len(effects.result) > MAX_RESULT_BYTES:
            raise LimitError(f"a result has at most {MAX_RESULT_BYTES} bytes, not {len(effects.result)}")
        effects.check(overlay)
        effects.apply(overlay, transaction.contract)
        return effects.result

    def simulate(
        self,
        store: Store,
        proposal: Transaction,
        *,
        height: int,
        time: int,
        check_signature: SignatureCheck = check_signature,
        known: KnownAccounts | None = None,
    ) -> Effects:
        """What the call that `proposal` asks for would do on the state in `store`, which stays as it is.

        Raises what executing it raises; the counter is not looked at. `known`: the accounts in `store`, where there are
        several proposals.
        """
        proposal.check_form()
        self._check_chain(proposal)
        overlay = Overlay(store)
        moment = _Moment(height, time, check_signature, known or KnownAccounts(store))
        sender = self._sender(overlay, proposal, moment)
        self._check_method(proposal, sender)
        self._policy(proposal)
        recorder = Recorder(overlay)
        writes = Overlay(recorder)
        result = self._call(writes, proposal, sender, moment)
        return recorder.effects(writes, proposal.contract, height=height, time=time, result=result)

    def _check_leave(self, sender: Account | None) -> None:
        """Raise unless `sender` may append records."""
        records = self.genesis.records
        if records == ANYONE or (sender is not None and sender.role in records):
            return
        who = "nobody in particular" if sender is None else f"{sender.name!r}, a {sender.role.value},"
        leave = " and ".join(sorted(f"{role.value}s" for role in records)) or "nobody"
        raise AuthorizationError(f"{who} may not append records to this chain; {leave} may")

    def _policy(self, transaction: Transaction) -> Policy:
        """Whose endorsements the contract asks for."""
        policy = self._policies.get(transaction.contract)
        if policy is None:
            raise AuthorizationError(f"contract {transaction.contract!r} takes calls, not endorsed transactions")
        return policy

    def _check_method(self, transaction: Transaction, sender: Account) -> Contract:
        """The contract that is called, if there is one with that method and `sender` may call it."""
        contract = self._contracts.get(transaction.contract)
        if contract is None:
            raise NotFound(f"no contract {transaction.contract!r} on this chain; there are {sorted(self._contracts)}")
        if sender.role not in self.genesis.callers and transaction.contract != ACCOUNTS:
            raise AuthorizationError(
                f"{sender.name!r} is a {sender.role.value}, which may call no contract of this chain"
            )
        roles = contract.methods.get(transaction.method)
        if roles is None:
            raise NotFound(f"contract {transaction.contract!r} has no method {transaction.method!r}")
        if sender.role not in roles:
            raise AuthorizationError(
                f"{sender.name!r} is a {sender.role.value} and may not call {transaction.contract}.{transaction.method}"
            )
        return contract

    def _call(self, overlay: Overlay, transaction: Transaction, sender: Account, moment: _Moment) -> bytes:
        contract = self._check_method(transaction, sender)
        known: StateReader = SpaceState(overlay, ACCOUNTS)
        context = Context(
            chain_id=self.genesis.chain_id,
            contract=transaction.contract,
            time=moment.time,
            height=moment.height,
            sender=sender,
            transaction=transaction.digest,
            account=lambda index: accounts.account(known, index),
        )
        state = SpaceState(overlay, transaction.contract)
        with _faults(transaction.contract):
            result = contract.apply(state, Call(transaction.method, transaction.payload), context)
            return encode(result, limit=MAX_RESULT_BYTES)


def _check_counter(transaction: Transaction, due: int) -> None:
    if transaction.counter != due:
        raise UsedCounter(f"counter {transaction.counter} of sender {transaction.sender}: {due} is the next one")


@contextmanager
def _faults(contract: str) -> Iterator[None]:
    """Tell a contract's refusals from its bugs; running out of memory is neither."""
    try:
        yield
    except (AssayError, MemoryError):
        raise
    except Exception as bug:
        _log.exception("contract %r failed", contract)
        raise ContractFault(f"contract {contract!r} failed: {type(bug).__name__}: {bug}") from bug


def _admit(known: SpaceState, transaction: Transaction) -> None:
    """Take the certificate that a transaction attaches into the accounts."""
    certificate = accounts.admit(known, transaction.certificate)
    if certificate.index != transaction.sender:
        raise AuthorizationError(f"{certificate!r} is attached to a transaction of sender {transaction.sender}")
