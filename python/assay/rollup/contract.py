"""The rollup contract: the ledger's own account tree, moved only by verified batches.

State: `head` = [batch, root], `genesis` = [rollup id, batch size, owner's account index, verifying key],
`config/<first batch>` (a configuration and the first batch it holds for), `node/<level>/<i>` (the tree, level 0 =
leaves; absent means empty), `generation/<index>` (certificate generation under which the leaf's key stands),
`permit/<index>` (the one leaf that the registrar allows an account that is not in good standing, and the generation
for which it does).

Methods:

- `submit` (operator): a `Submission`. Accepted if its public inputs are this chain, this rollup, last batch + 1, the
  current root and the configuration in force; if the differences hash to h_B and lead to the new root; if each
  account whose leaf changes is in good standing; and if the proof verifies.
- `configure` (model owner): the next configuration and the first batch it holds for.
- `permit` (registrar): the leaf that a revoked, expired or re-certified account may take: the rollup's own
  revocation, or the rotation to the new key. A certificate that is newer than the permit voids it.

Good standing: the certificate is in force at block time, and it is the one under which the leaf's key stands. An
empty leaf stands under generation 0: an identity that was certified anew before its registration landed needs a permit.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from assay.core.encoding import Encodable, decode_record, encode_record
from assay.core.errors import AuthorizationError, EncodingError, InvalidInput, ProofError, RevokedError, StateError
from assay.crypto import groth16
from assay.crypto.groth16 import snarkjs
from assay.identity.roles import Role
from assay.ledger.contracts import Call, Context, Contract, Origin, Refused, State, StateReader
from assay.rollup.account import ARITY, CAPACITY, DEPTH, empty_leaf
from assay.rollup.batch import Submission, difference_chain
from assay.rollup.config import RollupConfig, RollupId
from assay.rollup.domains import MODULUS, hash_fields

__all__ = ["RollupContract", "chain_field", "configure_payload", "genesis_parameters", "head", "permit_payload"]


def chain_field(chain_id: bytes) -> int:
    """The public input `chain id` of a ledger: the first 31 bytes of its identifier as an integer."""
    return int.from_bytes(chain_id[:31], "big")


def genesis_parameters(
    rollup_id: int, batch_size: int, owner: int, verifying_key: bytes, config: RollupConfig
) -> bytes:
    """What the genesis block fixes for good, and the first configuration.

    `owner` is the model owner's account index, `verifying_key` the key in snarkjs's JSON.
    """
    return encode_record("assay/rollup/genesis", 1, rollup_id, batch_size, owner, verifying_key, config.to_map())


def configure_payload(config: RollupConfig, first_batch: int) -> bytes:
    """Payload of `configure`."""
    return encode_record("assay/rollup/configure", 1, config.to_map(), first_batch)


def permit_payload(index: int, leaf: int) -> bytes:
    """Payload of `permit`."""
    return encode_record("assay/rollup/permit", 1, index, leaf)


@cache
def _empty_nodes() -> tuple[int, ...]:
    """The root of an empty subtree of each height, from the leaf up."""
    nodes = [empty_leaf()]
    for _ in range(DEPTH):
        nodes.append(hash_fields("node", [nodes[-1]] * ARITY))
    return tuple(nodes)


@cache
def _verifying_key(data: bytes) -> groth16.VerifyingKey:
    return snarkjs.verification_key_from_json(data)


class RollupContract(Contract):
    """See the module's text."""

    name = "assay.rollup"
    version = 1
    methods = {  # noqa: RUF012 (declared ClassVar in the base)
        "submit": frozenset({Role.OPERATOR}),
        "configure": frozenset({Role.MODEL_OWNER}),
        "permit": frozenset({Role.REGISTRAR}),
    }
    code = ("assay.rollup.batch", "assay.rollup.config", "assay.rollup.account", "assay.rollup.domains")

    def begin(self, state: State, parameters: bytes, origin: Origin) -> None:
        """Stores the genesis parameters; the tree is empty and the next batch is 1."""
        rollup_id, batch_size, owner, key, config = decode_record(
            parameters, "assay/rollup/genesis", 1, int, int, int, bytes, dict
        )
        RollupId(chain_field(origin.chain_id), rollup_id)
        if batch_size < 1 or not 0 <= owner < CAPACITY:
            raise Refused(f"batch size {batch_size} or owner {owner} is out of range")
        if _verifying_key(key).num_public != 7:
            raise Refused("the verifying key does not take the seven public inputs of a batch")
        first = RollupConfig.from_map(config)
        if first.epoch != 0:
            raise Refused(f"the first configuration has epoch 0, not {first.epoch}")
        state.put("genesis", [rollup_id, batch_size, owner, key])
        state.put("head", [0, _empty_nodes()[DEPTH]])
        state.put("config/00000001", first.to_map())

    def apply(self, state: State, call: Call, context: Context) -> Encodable:
        """Executes one method; the result of `submit` is [batch, new root]."""
        match call.method:
            case "submit":
                return self._submit(state, Submission.decode(call.payload), context)
            case "configure":
                config, first_batch = decode_record(call.payload, "assay/rollup/configure", 1, dict, int)
                return self._configure(state, RollupConfig.from_map(config), first_batch, context)
            case "permit":
                index, leaf = decode_record(call.payload, "assay/rollup/permit", 1, int, int)
                if not 0 <= index < CAPACITY or not 0 <= leaf < MODULUS:
                    raise InvalidInput(f"account {index} or the leaf is out of range")
                account = context.account(index)
                if account is None:
                    raise AuthorizationError(f"account {index} was never certified")
                state.put(f"permit/{index}", [leaf, account.generation])
                return [index]
        raise Refused(f"the rollup contract has no method {call.method!r}")

    def _submit(self, state: State, submission: Submission, context: Context) -> Encodable:
        rollup_id, batch_size, _, key = _list(state, "genesis")
        last, root = head(state)
        rollup = RollupId(chain_field(context.chain_id), rollup_id)
        chain_id, claimed_rollup, batch, old_root, new_root, chain, config = submission.public_inputs
        if (chain_id, claimed_rollup) != (rollup.chain_id, rollup.rollup_id):
            raise Refused("the batch is for another chain or another rollup")
        if batch != last + 1:
            raise StateError(f"the last batch is {last}; the next is {last + 1}, not {batch}")
        if old_root != root:
            raise StateError(f"batch {batch} starts from another root than the ledger's")
        if config != _config_in_force(state, batch).digest():
            raise StateError(f"batch {batch} was made under a configuration that is not in force for it")
        if len(submission.differences) != batch_size:
            raise EncodingError(f"a batch has {batch_size} differences, got {len(submission.differences)}")
        if chain != difference_chain(rollup.batch_start(batch), submission.differences):
            raise ProofError("the differences do not hash to h_B: some are missing, changed or reordered")
        for index, leaf in submission.differences:
            if leaf != _node(state, 0, index):
                _require_standing(state, index, leaf, context)
                root = _update(state, index, leaf)
        if new_root != root:
            raise ProofError("the differences do not lead to the new root")
        groth16.verify(_verifying_key(key), list(submission.public_inputs), groth16.Proof.from_bytes(submission.proof))
        state.put("head", [batch, root])
        return [batch, root]

    def _configure(self, state: State, config: RollupConfig, first_batch: int, context: Context) -> Encodable:
        _, _, owner, _ = _list(state, "genesis")
        if context.sender.index != owner:
            raise AuthorizationError(f"only the model's owner, account {owner}, may change the configuration")
        last, _ = head(state)
        *_, (newest_key, newest) = state.items("config/")
        newest_batch = int(newest_key.rpartition("/")[2])
        if first_batch <= max(last, newest_batch) or first_batch >= 10**8:
            raise Refused(f"a configuration must begin after batch {max(last, newest_batch)}, not at {first_batch}")
        epoch = RollupConfig.from_map(newest).epoch
        if config.epoch != epoch + 1:
            raise Refused(f"epoch {config.epoch} does not follow {epoch}")
        state.put(f"config/{first_batch:08d}", config.to_map())
        return [config.epoch, first_batch]


def head(state: StateReader) -> tuple[int, int]:
    """The last batch and the root that it led to."""
    batch, root = _list(state, "head")
    return batch, root


def _list(state: StateReader, key: str) -> list[Any]:
    value = state.get(key)
    assert isinstance(value, list)
    return value


def _config_in_force(state: State, batch: int) -> RollupConfig:
    found = None
    for key, value in state.items("config/"):
        if int(key.rpartition("/")[2]) <= batch:
            found = value
    return RollupConfig.from_map(found)


def _node(state: State, level: int, i: int) -> int:
    value = state.get(f"node/{level}/{i}")
    return value if isinstance(value, int) else _empty_nodes()[level]


def _update(state: State, index: int, leaf: int) -> int:
    state.put(f"node/0/{index}", leaf)
    node = leaf
    for level in range(DEPTH):
        index //= ARITY
        children = [_node(state, level, ARITY * index + k) for k in range(ARITY)]
        node = hash_fields("node", children)
        state.put(f"node/{level + 1}/{index}", node)
    return node


def _require_standing(state: State, index: int, leaf: int, context: Context) -> None:
    account = context.account(index)
    if account is None:
        raise AuthorizationError(f"account {index} was never certified")
    stands_under = state.get(f"generation/{index}")
    in_force = (stands_under or 0) == account.generation and context.active(index)
    permitted = state.get(f"permit/{index}") == [leaf, account.generation]
    if not in_force and not permitted:
        reason = "was certified anew" if context.active(index) else "is revoked or expired"
        raise RevokedError(f"account {index} {reason}: it may only take the leaf that the registrar permits")
    if permitted:
        state.delete(f"permit/{index}")
    if stands_under != account.generation:
        state.put(f"generation/{index}", account.generation)
