"""The Solidity verifier, compiled by solc and run by py-evm: what it accepts, what it refuses, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from support.curve_points import g2_outside_subgroup
from support.evm import EVM_VERSION, Evm, Result

from assay.circuits import Builder, compile
from assay.core.errors import EncodingError, InvalidInput, LimitError
from assay.crypto import groth16
from assay.crypto.field import Fp, Fr
from assay.crypto.groth16 import Proof, VerifyingKey, solidity

pytestmark = pytest.mark.interop

P, R = Fp.modulus, Fr.modulus
EXECUTION_GAS = {1: 188_936, 3: 202_054}
"""By number of public inputs: gas beyond the 21,000 of a transaction and the price of its calldata."""


@dataclass
class Deployed:
    """A contract on a chain of one block, and a proof for it."""

    evm: Evm
    address: bytes
    vk: VerifyingKey
    public: list[int]
    proof: Proof

    def ask(self, data: bytes) -> bool:
        result = self.evm.call(self.address, data)
        return self.answer(result)

    @staticmethod
    def answer(result: Result) -> bool:
        assert result.success
        assert result.output in (bytes(32), bytes(31) + b"\x01")
        return result.output[-1] == 1


def compiled(node_tool: Any, source: str) -> dict[str, dict[str, str]]:
    answer = node_tool("solc.mjs", {"source": source, "evm": EVM_VERSION})
    assert answer["messages"] == []
    contracts: dict[str, dict[str, str]] = answer["contracts"]
    return contracts


def proved(outputs: int) -> tuple[VerifyingKey, list[int], Proof]:
    """A fresh key, public inputs, and a proof for them."""
    c = Builder("powers")
    x = c.private("x")
    for i in range(outputs):
        c.output(f"y{i}", x * (x + i))
    if not outputs:
        c.assert_equal(x * x, 9, "nine")
    circuit = compile(c)
    witness = circuit.witness({"x": 3})
    key = groth16.setup(circuit)
    return key.verifying_key, witness.public, groth16.prove(key, circuit, witness)


def deploy(node_tool: Any, outputs: int) -> Deployed:
    vk, public, proof = proved(outputs)
    contract = compiled(node_tool, solidity.verifier(vk))["Groth16Verifier"]
    evm = Evm()
    return Deployed(evm, evm.create(bytes.fromhex(contract["creation"])), vk, public, proof)


@pytest.fixture(scope="module")
def three(node_tool: Any) -> Deployed:
    return deploy(node_tool, 3)


def words(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 32], "big") for i in range(4, len(data), 32)]


def with_words(data: bytes, change: Callable[[list[int]], None]) -> bytes:
    values = words(data)
    change(values)
    return data[:4] + b"".join(value.to_bytes(32, "big") for value in values)


def replace(at: int, values: list[int]) -> Callable[[list[int]], None]:
    def change(numbers: list[int]) -> None:
        numbers[at : at + len(values)] = values

    return change


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_real_proof_is_true_and_its_gas_is_the_stored_one(node_tool: Any, three: Deployed, outputs: int) -> None:
    deployed = three if outputs == 3 else deploy(node_tool, outputs)
    data = solidity.calldata(deployed.public, deployed.proof)
    result = deployed.evm.call(deployed.address, data)
    assert deployed.answer(result) is True
    intrinsic = 21_000 + sum(16 if byte else 4 for byte in data)
    assert result.gas_used - intrinsic == EXECUTION_GAS[outputs]
    print(f"verifyProof with {outputs} public inputs: {result.gas_used} gas in all")


def test_a_circuit_without_public_inputs(node_tool: Any) -> None:
    deployed = deploy(node_tool, 0)
    assert deployed.ask(solidity.calldata([], deployed.proof))


def test_changed_and_reordered_inputs_are_false(three: Deployed) -> None:
    y0, y1, y2 = three.public
    for public in ([y0 + 1, y1, y2], [y0, y1, y2 - 1], [y2, y1, y0], [0, 0, 0]):
        assert three.ask(solidity.calldata(public, three.proof)) is False


def test_an_input_plus_r_is_false(three: Deployed) -> None:
    data = solidity.calldata(three.public, three.proof)
    for i, value in enumerate(three.public):
        for other in (value + R, value + 2 * R, R, 2**256 - 1):
            assert three.ask(with_words(data, replace(8 + i, [other]))) is False


def test_negated_and_swapped_points_are_false(three: Deployed) -> None:
    data = solidity.calldata(three.public, three.proof)
    a, b, c = words(data)[:2], words(data)[2:6], words(data)[6:8]
    for at, values in (
        (0, [a[0], P - a[1]]),
        (2, [b[0], b[1], P - b[2], P - b[3]]),
        (6, [c[0], P - c[1]]),
        (0, [*c, *b, *a]),
        (2, [b[1], b[0], b[3], b[2]]),  # the order of snarkjs's JSON, which is no point of the twist
    ):
        assert three.ask(with_words(data, replace(at, values))) is False


def test_points_at_infinity_off_the_curve_or_outside_the_subgroup_are_false(three: Deployed) -> None:
    data = solidity.calldata(three.public, three.proof)
    (x0, x1), (y0, y1) = g2_outside_subgroup()
    for at, values in (
        (0, [0] * 2),
        (2, [0] * 4),
        (6, [0] * 2),
        (0, [0] * 8),
        (0, [1, 3]),
        (6, [1, 3]),
        (2, [1, 2, 3, 4]),
        (2, [x1, x0, y1, y0]),
    ):
        assert three.ask(with_words(data, replace(at, values))) is False


def test_coordinates_not_below_p_are_false(three: Deployed) -> None:
    data = solidity.calldata(three.public, three.proof)
    for i, value in enumerate(words(data)[:8]):
        assert three.ask(with_words(data, replace(i, [value + P]))) is False
        assert three.ask(with_words(data, replace(i, [2**256 - 1]))) is False


def test_a_proof_for_another_key_is_false(three: Deployed) -> None:
    _, public, proof = proved(3)
    assert three.ask(solidity.calldata(public, proof)) is False


def test_a_refusal_costs_a_bounded_amount_of_gas(three: Deployed) -> None:
    data = solidity.calldata(three.public, three.proof)
    result = three.evm.call(three.address, with_words(data, replace(2, [1, 2, 3, 4])), gas=10_000_000)
    assert three.answer(result) is False
    assert result.gas_used < 300_000 + solidity.REFUSAL_GAS


def test_short_calldata_and_unknown_functions_revert(three: Deployed) -> None:
    data = solidity.calldata(three.public, three.proof)
    for wrong in (b"", data[:3], data[:4], data[:-1], data[:-32], bytes(4) + data[4:]):
        assert not three.evm.call(three.address, wrong).success
    assert three.ask(data + b"more") is True  # as Solidity has it: what follows the arguments is not looked at


def test_the_contract_names_its_key(three: Deployed) -> None:
    from assay.crypto.keccak import keccak_256

    result = three.evm.call(three.address, keccak_256(b"VERIFYING_KEY()")[:4])
    assert result.output == three.vk.digest()


def test_a_chain_without_the_precompiles_says_false(node_tool: Any, three: Deployed) -> None:
    contract = compiled(node_tool, solidity.verifier(three.vk, name="Elsewhere"))["Elsewhere"]
    evm = Evm(precompiles=False)
    address = evm.create(bytes.fromhex(contract["creation"]))
    assert Deployed.answer(evm.call(address, solidity.calldata(three.public, three.proof))) is False


def test_the_largest_contract_fits(node_tool: Any, three: Deployed) -> None:
    vk = three.vk
    many = [vk.ic[i % 4] for i in range(solidity.MAX_PUBLIC + 2)]
    largest = VerifyingKey.from_points(vk.alpha, vk.beta, vk.gamma, vk.delta, many[:-1])
    contract = compiled(node_tool, solidity.verifier(largest))["Groth16Verifier"]
    assert len(contract["runtime"]) // 2 <= 24_576
    with pytest.raises(LimitError, match="hash them in the circuit"):
        solidity.verifier(VerifyingKey.from_points(vk.alpha, vk.beta, vk.gamma, vk.delta, many))


def test_names_and_arguments_are_checked(three: Deployed) -> None:
    for name in ("", "1a", "a b", "A{}", "A" * 65, "Verifier\n"):
        with pytest.raises(InvalidInput):
            solidity.verifier(three.vk, name=name)
    vk = three.vk
    hidden = VerifyingKey.from_points(vk.alpha, vk.beta, vk.gamma, vk.delta, vk.ic, ceremony="a\ncontract B {}")
    with pytest.raises(InvalidInput, match="printable"):
        solidity.verifier(hidden)
    with pytest.raises(InvalidInput):
        solidity.calldata([R], three.proof)
    with pytest.raises(EncodingError):
        solidity.calldata([1], bytes(256))
    assert solidity.calldata([1], three.proof.to_compressed()) == solidity.calldata([1], three.proof)
