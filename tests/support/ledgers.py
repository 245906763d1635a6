"""A small world of ledgers for tests: a counting contract, identities, and a genesis."""

from collections.abc import Mapping
from typing import ClassVar

from support.identities import TurnableClock, enrol, new_authority

from assay.core.encoding import decode, decode_record, encode_record
from assay.identity import EVERYONE, Role, SealingKey
from assay.ledger import (
    ANYONE,
    AllOf,
    Client,
    Contract,
    ContractRegistry,
    EmbeddedLedger,
    Genesis,
    HasRole,
    Refused,
)


class Tally(Contract):
    """Adds up numbers; `add` is for users and operators, `reset` for operators, the others misbehave on purpose."""

    name = "test.tally"
    version = 1
    methods: ClassVar[Mapping[str, frozenset[Role]]] = {
        "add": frozenset({Role.USER, Role.OPERATOR}),
        "reset": frozenset({Role.OPERATOR}),
        "write_then_refuse": EVERYONE,
        "write_then_fail": EVERYONE,
        "who": EVERYONE,
        "keep": EVERYONE,
        "unencodable": EVERYONE,
    }

    def begin(self, state, parameters, origin):
        state.put("total", decode(parameters) if parameters else 0)

    def apply(self, state, call, context):
        if call.method == "add":
            (amount,) = decode_record(call.payload, "tally.add", 1, int)
            if amount <= 0:
                raise Refused(f"amount {amount} is not positive")
            state.put("total", state.get("total") + amount)
        elif call.method == "reset":
            for key, _ in list(state.items("kept/")):
                state.delete(key)
            state.put("total", 0)
        elif call.method == "write_then_refuse":
            state.put("total", -1)
            raise Refused("as asked")
        elif call.method == "write_then_fail":
            state.put("total", -1)
            raise ZeroDivisionError("a bug")
        elif call.method == "keep":
            (key,) = decode_record(call.payload, "tally.keep", 1, str)
            state.put("kept/" + key, context.height)
        elif call.method == "who":
            (index,) = decode_record(call.payload, "tally.who", 1, int)
            account = context.account(index)
            return None if account is None else (account.index, account.role.value, context.active(index))
        elif call.method == "unencodable":
            return 1.5
        return state.get("total")


def add(amount):
    """The payload of `add`."""
    return encode_record("tally.add", 1, amount)


class World:
    """An authority, a user, an operator, a sealing key, and the genesis of a chain with two tallies.

    Operators may append records to it, and anyone to that of `open_genesis`, where a user and an operator endorse what
    happens to `other`.
    """

    def __init__(self):
        self.clock = TurnableClock()
        self.authority = new_authority(self.clock)
        self.user = enrol(self.authority, "Ada", Role.USER)
        self.operator = enrol(self.authority, "Otto", Role.OPERATOR)
        self.key = SealingKey.generate()
        self.registry = ContractRegistry([Tally()])
        self.genesis = self.new_genesis(records=frozenset({Role.OPERATOR}))
        both = AllOf(HasRole(Role.USER), HasRole(Role.OPERATOR))
        self.open_genesis = self.new_genesis("open", records=ANYONE, policies={"other": both})

    def new_genesis(self, label="test", **options):
        return Genesis.begin(
            label,
            signers=[self.key.public],
            authority=self.authority.certificate,
            revocations=self.authority.revocation_list(),
            contracts=[("tally", "test.tally", b""), ("other", "test.tally", b"")],
            registry=self.registry,
            clock=self.clock,
            **options,
        )

    def embedded(self, path, genesis=None):
        return EmbeddedLedger.create(path, genesis or self.genesis, self.key, registry=self.registry, clock=self.clock)

    def reopen(self, path, **options):
        return EmbeddedLedger(path, self.key, registry=self.registry, clock=self.clock, **options)

    def clients(self, ledger):
        return Client(ledger, self.user), Client(ledger, self.operator)
