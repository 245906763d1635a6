"""The machine that executes transactions: the same steps for whoever makes blocks and for whoever verifies them.

For each transaction, in this order: form and size; chain; certificate (attached or known), signed by the authority and
the newest of its account; the sender's signature; the revocation list fresh and the certificate in force at block time;
counter; then what its type asks for: contract, method and role and the contract's own decision (call), or the leave to
append (record). Senders from `UNAUTHENTICATED` on have no certificate and skip what needs one. A refusal at any step
leaves the state as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from assay.core.encoding import encode
from assay.core.errors import AssayError, AuthorizationError, LedgerError, NotFound, RevokedError, VerificationError
from assay.core.logging import get_logger
from assay.identity.certificate import Certificate
from assay.ledger import accounts
from assay.ledger.accounts import ACCOUNTS, REVOKE
from assay.ledger.backend import Done, View
from assay.ledger.blocks import MAX_BLOCK_BYTES, MAX_BLOCK_ENTRIES, MAX_RESULT_BYTES, Entry
from assay.ledger.contracts import Account, Call, Context, Contract, ContractRegistry, Origin, StateReader
from assay.ledger.genesis import ANYONE, Genesis
from assay.ledger.state import Overlay, SpaceState, Store
from assay.ledger.transactions import CALL, RECORD, Transaction

__all__ = ["NO_RESULT", "ContractFault", "Execution", "Machine", "SignatureCheck", "UsedCounter"]

NO_RESULT: Final = encode(None)  # that of a record
SignatureCheck = Callable[[Transaction, Certificate], None]  # raises unless the certificate's key signed
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


class Machine:
    """Executes the transactions of one chain."""

    def __init__(self, genesis: Genesis, registry: ContractRegistry) -> None:
        self.genesis = genesis
        self._contracts: dict[str, Contract] = {}
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
        check_signature: SignatureCheck = Transaction.check_signature,
    ) -> Execution:
        """Execute transactions in order as block `height` at `time` (ms). Refused ones get no entry.

        Transactions beyond the limits of a block are left over: `outcomes` is then shorter than `transactions`.
        """
        block = Overlay(before.store)
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
                    entry = Entry(transaction, self._execute(block, transaction, due, height, time, check_signature))
                    entries.append(entry)
                    clients[transaction.sender] = done
                    size += len(entry.encoded)
                outcomes.append(done)
            except AssayError as refusal:
                outcomes.append(refusal)
        return Execution(tuple(entries), block, clients, tuple(outcomes))

    def _execute(
        self, block: Overlay, transaction: Transaction, due: int, height: int, time: int, check: SignatureCheck
    ) -> bytes:
        """The result of one transaction, whose writes go into `block`."""
        if transaction.chain_id != self.genesis.chain_id:
            raise VerificationError(
                f"the transaction is for chain {transaction.chain_id.hex()}, this is {self.genesis.chain_id.hex()}"
            )
        overlay = Overlay(block)
        sender = self._sender(overlay, transaction, time, check) if transaction.authenticated else None
        if transaction.counter != due:
            raise UsedCounter(f"counter {transaction.counter} of sender {transaction.sender}: {due} is the next one")
        result = self._apply(overlay, transaction, sender, height, time)
        overlay.merge_into(block)
        return result

    def _sender(self, overlay: Overlay, transaction: Transaction, time: int, check: SignatureCheck) -> Account:
        """The account that signed, in force at `time`."""
        known = SpaceState(overlay, ACCOUNTS)
        check(transaction, _sender_certificate(known, transaction))
        sender = accounts.account(known, transaction.sender)
        assert sender is not None
        if (transaction.contract, transaction.method) != (ACCOUNTS, REVOKE):
            accounts.check_fresh(known, time)
        if not sender.active(time):
            raise RevokedError(f"the certificate of {sender.name!r} is not in force: revoked, expired or not yet valid")
        return sender

    def _apply(
        self, overlay: Overlay, transaction: Transaction, sender: Account | None, height: int, time: int
    ) -> bytes:
        """Do what the transaction's type asks for; returns its result."""
        if transaction.type == RECORD:
            self._check_leave(sender)
            return NO_RESULT
        assert sender is not None  # by the form of the transaction
        if transaction.type == CALL:
            return self._call(overlay, transaction, sender, height, time)
        raise LedgerError("endorsed transactions are not taken yet")

    def _check_leave(self, sender: Account | None) -> None:
        """Raise unless `sender` may append records."""
        records = self.genesis.records
        if records == ANYONE or (sender is not None and sender.role in records):
            return
        who = "nobody in particular" if sender is None else f"{sender.name!r}, a {sender.role.value},"
        leave = " and ".join(sorted(f"{role.value}s" for role in records)) or "nobody"
        raise AuthorizationError(f"{who} may not append records to this chain; {leave} may")

    def _call(self, overlay: Overlay, transaction: Transaction, sender: Account, height: int, time: int) -> bytes:
        known: StateReader = SpaceState(overlay, ACCOUNTS)
        contract = self._contracts.get(transaction.contract)
        if contract is None:
            raise NotFound(f"no contract {transaction.contract!r} on this chain; there are {sorted(self._contracts)}")
        roles = contract.methods.get(transaction.method)
        if roles is None:
            raise NotFound(f"contract {transaction.contract!r} has no method {transaction.method!r}")
        if sender.role not in roles:
            raise AuthorizationError(
                f"{sender.name!r} is a {sender.role.value} and may not call {transaction.contract}.{transaction.method}"
            )
        context = Context(
            chain_id=self.genesis.chain_id,
            contract=transaction.contract,
            time=time,
            height=height,
            sender=sender,
            transaction=transaction.digest,
            account=lambda index: accounts.account(known, index),
        )
        state = SpaceState(overlay, transaction.contract)
        with _faults(transaction.contract):
            result = contract.apply(state, Call(transaction.method, transaction.payload), context)
            return encode(result, limit=MAX_RESULT_BYTES)


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


def _sender_certificate(known: SpaceState, transaction: Transaction) -> Certificate:
    if transaction.certificate:
        certificate = accounts.admit(known, transaction.certificate)
        if certificate.index != transaction.sender:
            raise AuthorizationError(f"{certificate!r} is attached to a transaction of sender {transaction.sender}")
        return certificate
    newest = accounts.certificate_of(known, transaction.sender)
    if newest is None:
        raise AuthorizationError(
            f"the chain does not know sender {transaction.sender} yet: attach the certificate to the first transaction"
        )
    return newest
