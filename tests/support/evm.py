"""A chain of one block on py-evm: somebody else's EVM, in which a contract is created and called by transactions."""

from __future__ import annotations

from dataclasses import dataclass

from eth import constants
from eth.chains.base import MiningChain
from eth.consensus import NoProofConsensus
from eth.db.atomic import AtomicDB
from eth.vm.forks.cancun import CancunVM
from eth_keys import keys

GAS_LIMIT = 10_000_000
EVM_VERSION = "cancun"
_FEE = 10**9


@dataclass(frozen=True)
class Result:
    """Of one transaction: whether it ran to its end, what it returned, and the gas it was charged for."""

    success: bool
    output: bytes
    gas_used: int


class Evm:
    """One funded account and what it creates."""

    def __init__(self, *, precompiles: bool = True) -> None:
        self._key = keys.PrivateKey(bytes(31) + b"\x01")
        self.account = self._key.public_key.to_canonical_address()
        machine = CancunVM.configure(consensus_class=NoProofConsensus)
        if not precompiles:
            state, computation = CancunVM._state_class, CancunVM._state_class.computation_class
            bare = type("Computation", (computation,), {"_precompiles": {}})
            machine = machine.configure(_state_class=type("State", (state,), {"computation_class": bare}))
        chain = MiningChain.configure(
            __name__="Chain", vm_configuration=((constants.GENESIS_BLOCK_NUMBER, machine),)
        ).from_genesis(
            AtomicDB(),
            {"difficulty": 0, "gas_limit": 30_000_000, "timestamp": 0},
            {self.account: {"balance": 10**24, "nonce": 0, "code": b"", "storage": {}}},
        )
        self._vm = chain.get_vm()
        self._nonce = 0

    def create(self, code: bytes) -> bytes:
        """Creates a contract from its creation code; returns its address."""
        result, address = self._send(b"", code)
        assert result.success, result
        assert self._vm.state.get_code(address)
        return address

    def call(self, to: bytes, data: bytes, *, gas: int = GAS_LIMIT) -> Result:
        """Sends a transaction to a contract."""
        return self._send(to, data, gas)[0]

    def _send(self, to: bytes, data: bytes, gas: int = GAS_LIMIT) -> tuple[Result, bytes]:
        transaction = self._vm.create_unsigned_transaction(
            nonce=self._nonce, gas_price=_FEE, gas=gas, to=to, value=0, data=data
        ).as_signed_transaction(self._key)
        self._nonce += 1
        computation = self._vm.state.apply_transaction(transaction)
        used = gas - computation.get_gas_remaining()
        return Result(computation.is_success, computation.output, used), computation.msg.storage_address
