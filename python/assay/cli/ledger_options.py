"""What the commands of `assay ledger` share: options, output, and the errors that end them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypedDict

import typer

from assay.core.errors import AssayError, InvalidInput
from assay.ledger import BrokenChain, Checkpoint, Contract, ContractRegistry, EmbeddedLedger, Ledger

__all__ = [
    "AsJson",
    "ChainId",
    "Channel",
    "Contracts",
    "LedgerPath",
    "Pins",
    "Seen",
    "Where",
    "opened",
    "pins_of",
    "registry_of",
    "show",
    "show_refusal",
    "unreadable",
]

LedgerPath = Annotated[Path, typer.Argument(metavar="PATH", help="The ledger's file.")]
Where = Annotated[
    str, typer.Argument(metavar="WHERE", help="The ledger's file, or the address of an etcd: etcd://HOST:PORT/PREFIX.")
]
Channel = Annotated[str, typer.Option(metavar="NAME", help="The channel at that address; default: the only one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ChainId = Annotated[str, typer.Option(metavar="HEX", help="Refuse every chain but the one with this id.")]
Seen = Annotated[str, typer.Option(metavar="HEIGHT:HASH", help="A block that you know: refuse a chain without it.")]
Contracts = Annotated[
    list[str], typer.Option("--contract", metavar="MODULE:CLASS", help="A contract that is not installed; repeatable.")
]


class Pins(TypedDict):
    """What is known of a chain beforehand."""

    chain_id: bytes | None
    checkpoint: Checkpoint | None


def show(facts: dict[str, Any], as_json: bool, text: str, *, error: bool = False) -> None:
    """Print the facts as one JSON object, or the text."""
    typer.echo(json.dumps(facts) if as_json else text, err=error and not as_json)


def show_refusal(broken: BrokenChain, as_json: bool) -> NoReturn:
    """Print the verdict on a bad block; ends with status 1."""
    facts = {"verified": False, "height": broken.height, "reason": broken.reason}
    show(facts, as_json, f"REFUSED  block {broken.height}: {broken.reason}", error=True)
    raise typer.Exit(1)


@contextmanager
def unreadable(as_json: bool) -> Iterator[None]:
    """What cannot be read or was asked wrongly ends with status 2."""
    try:
        yield
    except AssayError as error:
        show({"error": str(error)}, as_json, f"assay ledger: {error}", error=True)
        raise typer.Exit(2) from None


@contextmanager
def opened(where: str, channel: str, registry: ContractRegistry) -> Iterator[Ledger]:
    """The ledger in a file or on etcd, for reading."""
    if not where.startswith("etcd://"):
        if channel:
            raise InvalidInput("--channel goes with the address of an etcd; a file holds one chain")
        with EmbeddedLedger(Path(where)) as ledger:
            yield ledger
        return
    from assay.ledger.etcd import EtcdEngine

    with EtcdEngine(where, registry=registry) as engine:
        names = [channel] if channel else engine.channels()
        if len(names) != 1:
            raise InvalidInput(f"say which --channel of {where}: {', '.join(names) or 'there is none'}")
        with engine.open(names[0]) as ledger:
            yield ledger


def hex32(text: str, what: str) -> bytes:
    """The 32 bytes that an option gives in hexadecimal."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise InvalidInput(f"{what} is 64 hexadecimal digits, not {text!r}")
    return raw


def checkpoint_of(text: str) -> Checkpoint:
    """The value of --checkpoint."""
    height, _, digest = text.partition(":")
    if not height.isascii() or not height.isdigit():
        raise InvalidInput(f"--checkpoint is HEIGHT:HASH, not {text!r}")
    return Checkpoint(int(height), hex32(digest, "the hash of --checkpoint"))


def pins_of(chain_id: str, checkpoint: str) -> Pins:
    """The values of --chain-id and --checkpoint, None for what was not given."""
    return {
        "chain_id": hex32(chain_id, "--chain-id") if chain_id else None,
        "checkpoint": checkpoint_of(checkpoint) if checkpoint else None,
    }


def registry_of(contracts: Sequence[str]) -> ContractRegistry:
    """The installed contracts, and those named by --contract."""
    return ContractRegistry(_load(name) for name in contracts)


def _load(name: str) -> Contract:
    module, _, attribute = name.partition(":")
    try:
        contract = getattr(importlib.import_module(module), attribute)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise InvalidInput(f"--contract {name!r} cannot be loaded: {error}") from None
    if not isinstance(contract, Contract):
        raise InvalidInput(f"--contract {name!r} is not a contract")
    return contract
