"""A verification key as a Solidity contract, and a proof as the calldata that it takes.

The contract has one function, with the interface that wallets and scripts know from snarkjs:

    verifyProof(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[n] input) external view returns (bool)

It calls the precompiles of EIP-196 (addition, multiplication) and EIP-197 (pairing) and asks whether
e(-A, B) e(alpha, beta) e(IC_0 + sum input_i IC_(i+1), gamma) e(C, delta) is 1. It answers **false** for whatever is not
a proof: an input that is not below r (x and x + r would be one statement in two forms), a coordinate not below p, a
point off its curve, outside its subgroup or at infinity. It never reverts for values; only calldata shorter than the
four arguments reverts, in the ABI decoder. A precompile that refuses burns the gas it was given, so each call is given
a bounded amount: a false proof costs at most `REFUSAL_GAS` more than a true one, never all of the caller's. On a chain
without the precompiles the answer is false.

BN254 gives about 100 bits of security: it is the only curve with a pairing in today's EVM. Proofs are malleable: a
contract that pays must remember statements (public inputs), never the bytes of a proof.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, SupportsIndex

from assay.core.errors import InvalidInput, LimitError
from assay.crypto.field import Fp, Fr
from assay.crypto.groth16.keys import VerifyingKey
from assay.crypto.groth16.proof import G1, G2, Proof
from assay.crypto.keccak import keccak_256

__all__ = ["MAX_PUBLIC", "REFUSAL_GAS", "calldata", "verifier"]

MAX_PUBLIC: Final = 250
"""Public inputs whose points fit into the 24,576 bytes that EIP-170 allows a contract: 92 bytes each, optimized."""

REFUSAL_GAS: Final = 500_000
"""What the pairing is given: above its price on every fork (4 pairs: 181,000 since EIP-1108, 420,000 before)."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)

_CONTRACT: Final = """\
// SPDX-License-Identifier: Apache-2.0
// Verifies Groth16 proofs over BN254 (alt_bn128), which gives about 100 bits of security.
// verification key {key}
// circuit {circuit}
// ceremony: {ceremony}
pragma solidity ^0.8.13;

contract {name} {{
    /// SHA-256 that names the verification key.
    bytes32 public constant VERIFYING_KEY = 0x{key};

    /// True for a proof (a, b, c) of the public inputs. False, without reverting, for everything else: an input that is
    /// not below r, a coordinate that is not below p, a point off its curve, outside its subgroup or at infinity. Of b
    /// the imaginary part stands first, as in EIP-197. Proofs are malleable: remember inputs, never a proof's bytes.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c{input_parameter}
    ) external view returns (bool valid) {{
        assembly ("memory-safe") {{
            // sum at `acc` += scalar * (x, y); 0 if the scalar is not below r
            function addTerm(acc, x, y, scalar) -> ok {{
                if lt(scalar, {r}) {{
                    let term := add(acc, 0x40)
                    mstore(term, x)
                    mstore(add(term, 0x20), y)
                    mstore(add(term, 0x40), scalar)
                    if staticcall(50000, 7, term, 0x60, term, 0x40) {{
                        ok := staticcall(5000, 6, acc, 0x80, acc, 0x40)
                    }}
                }}
            }}

            // m: the four pairs of the pairing, 0x300 bytes, then acc, 0xa0 bytes
            function check(a_, b_, c_{input_name}, m) -> ok {{
                let acc := add(m, 0x300)
                mstore(acc, {ic0_x})
                mstore(add(acc, 0x20), {ic0_y})
{terms}
                let y := calldataload(add(a_, 0x20))
                if iszero(lt(y, {p})) {{ leave }}
                // infinity: (0, 0) is a point for the precompile, but part of no proof
                if iszero(or(calldataload(a_), y)) {{ leave }}
                if iszero(or(calldataload(c_), calldataload(add(c_, 0x20)))) {{ leave }}
                calldatacopy(add(m, 0x40), b_, 0x80)
                let x_of_b := or(mload(add(m, 0x40)), mload(add(m, 0x60)))
                if iszero(or(x_of_b, or(mload(add(m, 0x80)), mload(add(m, 0xa0))))) {{ leave }}
                mstore(m, calldataload(a_)) // -A, B
                mstore(add(m, 0x20), sub({p}, y))
{alpha_beta}
                mstore(add(m, 0x180), mload(acc)) // sum, gamma
                mstore(add(m, 0x1a0), mload(add(acc, 0x20)))
{gamma}
                calldatacopy(add(m, 0x240), c_, 0x40) // C, delta
{delta}
                mstore(0x00, 0)
                ok := staticcall({pairing_gas}, 8, m, 0x300, 0x00, 0x20)
                ok := and(ok, eq(mload(0x00), 1))
            }}

            valid := check(a, b, c{input_name_outside}, mload(0x40))
        }}
    }}
}}
"""


def verifier(vk: VerifyingKey, *, name: str = "Groth16Verifier") -> str:
    """The source of a contract `name` that verifies proofs for `vk`, for solc 0.8.13 or newer.

    `InvalidInput` if `name` is no identifier or the ceremony not printable; `LimitError` above `MAX_PUBLIC` public
    inputs: hash them inside the circuit and make the hash the one public input.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise InvalidInput(f"the name of a contract is an identifier of at most 64 characters, not {name!r:.80}")
    if not (vk.ceremony.isascii() and vk.ceremony.isprintable()):
        raise InvalidInput("the key's ceremony stands in a comment of the contract and has to be printable ASCII")
    if vk.num_public > MAX_PUBLIC:
        raise LimitError(
            f"{vk.num_public} public inputs make a contract larger than EIP-170 allows (at most {MAX_PUBLIC}): "
            "hash them in the circuit and publish the hash"
        )
    first, *others = vk.ic
    takes_input = vk.num_public > 0
    return _CONTRACT.format(
        key=vk.digest().hex(),
        circuit=vk.circuit_digest.hex() if vk.circuit_digest is not None else "not named by the key",
        ceremony=vk.ceremony,
        name=name,
        input_parameter=f",\n        uint256[{vk.num_public}] calldata input" if takes_input else "",
        input_name=", input_" if takes_input else "",
        input_name_outside=", input" if takes_input else "",
        r=Fr.modulus,
        p=Fp.modulus,
        ic0_x=first[0],
        ic0_y=first[1],
        terms="\n".join(_term(i, point) for i, point in enumerate(others)),
        alpha_beta=_stores(0x0C0, [*vk.alpha, *_eip197(vk.beta)], "alpha, beta"),
        gamma=_stores(0x1C0, _eip197(vk.gamma)),
        delta=_stores(0x280, _eip197(vk.delta)),
        pairing_gas=REFUSAL_GAS,
    )


def calldata(public: Sequence[SupportsIndex], proof: Proof | bytes) -> bytes:
    """What a transaction sends to `verifyProof`: the selector, then A, B, C and the inputs, 32 bytes a number.

    public: integers in [0, r), else `InvalidInput`. proof: a `Proof`, or its bytes in either form.
    """
    proof = proof if isinstance(proof, Proof) else Proof.from_bytes(proof)
    inputs = Fr.from_limbs(Fr.to_limbs(public))
    types = ["uint256[2]", "uint256[2][2]", "uint256[2]"] + [f"uint256[{len(inputs)}]"] * bool(inputs)
    selector = keccak_256(f"verifyProof({','.join(types)})".encode())[:4]
    return selector + proof.to_bytes() + b"".join(value.to_bytes(32, "big") for value in inputs)


def _eip197(point: G2) -> list[int]:
    (x0, x1), (y0, y1) = point
    return [x1, x0, y1, y0]


def _term(i: int, point: G1) -> str:
    word = f"add(input_, {32 * i:#x})" if i else "input_"
    call = f"addTerm(acc, {point[0]}, {point[1]}, calldataload({word}))"
    return f"                if iszero({call}) {{ leave }}"


def _stores(offset: int, words: Sequence[int], remark: str = "") -> str:
    lines = [f"                mstore(add(m, {offset + 32 * i:#05x}), {word})" for i, word in enumerate(words)]
    lines[0] += f" // {remark}" if remark else ""
    return "\n".join(lines)
