"""`assay groth16 prove|verify|export-key|export-solidity|calldata`: keys and proofs in other tools' files.

Exit status: 0 done or verified, 1 refused, 2 usage or unreadable.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assay.crypto.groth16 import Proof, VerifyingKey

__all__ = ["app"]

app = typer.Typer(
    help="Groth16 with snarkjs's files and Ethereum. Curve BN254 (about 100 bits of security)."
    " Example: assay groth16 export-solidity circuit_final.zkey Verifier.sol",
    no_args_is_help=True,
)

_Key = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, help="A .zkey, a verification_key.json or a key file of assay."),
]
_PublicIn = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The public.json file.")]
_ProofIn = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The proof.json file.")]
_Out = Annotated[Path, typer.Argument(dir_okay=False, help="The file to write.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def prove(
    key: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .zkey file.")],
    witness: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .wtns file.")],
    proof: Annotated[Path, typer.Argument(dir_okay=False, help="The proof.json to write.")],
    public: Annotated[Path, typer.Argument(dir_okay=False, help="The public.json to write.")],
    circuit: Annotated[
        Path | None, typer.Option(exists=True, help="The .r1cs file: names the row that a wrong witness violates.")
    ] = None,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Leave the points of a key of your own unchecked.")
    ] = False,
    mode: Annotated[
        str | None,
        typer.Option(
            help="How the key is taken: resident (default); streamed, with less memory; expanded, which makes multiples"
            " of its points first and takes as long as some fifteen proofs: for a measurement, or for several proofs in"
            " a program of your own."
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Proves from a .zkey and a .wtns, of snarkjs or of assay.

    Example: assay groth16 prove circuit_final.zkey witness.wtns proof.json public.json
    """
    from assay.circuits import R1CS
    from assay.circuits.files import read_wtns
    from assay.core.progress import RichProgress
    from assay.crypto import groth16
    from assay.crypto.field import Fr
    from assay.crypto.groth16 import snarkjs, zkey
    from assay.crypto.groth16.modes import require_mode

    how = None if mode is None else require_mode(mode)
    read = zkey.read(key, None if circuit is None else R1CS.load(circuit), trusted=trusted)
    values = read_wtns(witness)
    with RichProgress() as progress:
        proving = groth16.expand(read.key, progress=progress) if how == "expanded" else read.key
        made = groth16.prove(proving, read.system, values, mode=how, progress=progress)
    inputs = Fr.from_limbs(values[1 : 1 + read.key.num_public])
    _write(public, snarkjs.public_to_json(inputs))
    _write(proof, snarkjs.proof_to_json(made))
    facts = {"proof": str(proof), "public": str(public), "ceremony": read.key.ceremony}
    typer.echo(json.dumps(facts) if as_json else f"wrote {proof} and {public}\nkey       {read.key.ceremony}")


@app.command()
def verify(key: _Key, public: _PublicIn, proof: _ProofIn, as_json: _Json = False) -> None:
    """Verifies a proof.json. Curve BN254 (about 100 bits of security).

    Example: assay groth16 verify verification_key.json public.json proof.json
    """
    from assay.core.errors import VerificationError
    from assay.crypto import groth16
    from assay.crypto.groth16 import snarkjs

    vk = _verifying_key(key)
    inputs, points = snarkjs.public_from_json(public.read_bytes()), _proof(proof)
    try:
        groth16.verify(vk, inputs, points)
    except VerificationError as refusal:
        if not as_json:
            raise
        typer.echo(json.dumps({"verified": False, "reason": str(refusal)}))
        raise typer.Exit(1) from None
    facts = {"verified": True, "key": vk.digest().hex(), "ceremony": vk.ceremony}
    typer.echo(json.dumps(facts) if as_json else f"verified\nkey       {facts['key']}\nceremony  {vk.ceremony}")


@app.command()
def export_key(key: _Key, target: _Out) -> None:
    """Writes the verification_key.json of a key.

    Example: assay groth16 export-key circuit_final.zkey verification_key.json
    """
    from assay.crypto.groth16 import snarkjs

    _write(target, snarkjs.verification_key_to_json(_verifying_key(key)))
    typer.echo(f"wrote {target}")


@app.command()
def export_solidity(
    key: _Key,
    target: _Out,
    name: Annotated[str, typer.Option(help="The name of the contract.")] = "Groth16Verifier",
) -> None:
    """Writes a Solidity contract that verifies proofs for a key. BN254: about 100 bits of security.

    Example: assay groth16 export-solidity circuit_final.zkey Verifier.sol
    """
    from assay.crypto.groth16 import solidity

    _write(target, solidity.verifier(_verifying_key(key), name=name))
    typer.echo(f"wrote {target}")


@app.command()
def calldata(public: _PublicIn, proof: _ProofIn) -> None:
    """Prints what a transaction sends to verifyProof of such a contract, in hexadecimal.

    Example: assay groth16 calldata public.json proof.json
    """
    from assay.crypto.groth16 import snarkjs, solidity

    typer.echo("0x" + solidity.calldata(snarkjs.public_from_json(public.read_bytes()), _proof(proof)).hex())


def _verifying_key(path: Path) -> VerifyingKey:
    from assay.crypto.groth16 import ProvingKey, VerifyingKey, keyfile, snarkjs, zkey

    with path.open("rb") as file:
        head = file.read(16)
    if head[:4] == zkey.MAGIC:
        return zkey.read_verifying_key(path)
    if head[:8] != keyfile.MAGIC:
        return snarkjs.verification_key_from_json(path.read_bytes())
    if head[12:] == struct.pack("<I", keyfile.PROVING_KEY):
        return ProvingKey.load(path).verifying_key
    return VerifyingKey.load(path)


def _proof(path: Path) -> Proof:
    from assay.crypto.groth16 import snarkjs

    return snarkjs.proof_from_json(path.read_bytes())


def _write(path: Path, text: str) -> None:
    from assay.core.files import atomic_write

    with atomic_write(path) as file:
        file.write(text.encode())
