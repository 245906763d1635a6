"""What the verbs of both phases of `assay ceremony` share: options, what they accept, how contributions are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from assay.core.errors import InvalidInput

__all__ = [
    "AsJson",
    "BeaconValue",
    "Entropy",
    "Iterations",
    "Name",
    "contribution_json",
    "contribution_line",
    "entropy_text",
    "hash_option",
    "refusal_as_json",
]

Name = Annotated[str, typer.Option(help="Who contributes; written into the file, for all to read.")]
Entropy = Annotated[
    str | None,
    typer.Option(help="Any text, mixed into the system's randomness; - reads it from standard input. Not needed."),
]
BeaconValue = Annotated[str, typer.Argument(help="The beacon, hexadecimal: a public value nobody could foresee.")]
Iterations = Annotated[int, typer.Option(min=10, max=63, help="SHA-256 is iterated 2^ITERATIONS times.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def entropy_text(option: str | None) -> str | None:
    """The text of `--entropy`; - reads standard input."""
    return sys.stdin.read() if option == "-" else option


def hash_option(text: str) -> bytes:
    """The 64 bytes of `--expect`, from hexadecimal digits. Raises `InvalidInput`."""
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != 64:
        raise InvalidInput(f"--expect takes the 128 hexadecimal digits of a contribution's hash, not {text!r:.200}")
    return digest


@contextmanager
def refusal_as_json(as_json: bool) -> Iterator[None]:
    """Around a verification: with `as_json`, a `CeremonyError` becomes one JSON object and exit status 1."""
    from assay.ceremony.errors import CeremonyError

    try:
        yield
    except CeremonyError as refusal:
        if not as_json:
            raise
        typer.echo(json.dumps({"verified": False, "where": refusal.where, "check": refusal.check}))
        raise typer.Exit(1) from None


def contribution_json(
    name: str, hashes: dict[str, bytes], beacon: bytes | None, log_iterations: int | None
) -> dict[str, object]:
    """One contribution of a report, with the hashes that the phase knows it by."""
    return {
        "name": name,
        **{each: digest.hex() for each, digest in hashes.items()},
        "beacon": None if beacon is None else beacon.hex(),
        "iterations": log_iterations,
    }


def contribution_line(
    position: int, name: str, published: str, beacon: bytes | None, log_iterations: int | None
) -> str:
    """One contribution in a line of text, with what its contributor published."""
    who = f" {name!r}" if name else ""
    how = "" if beacon is None else f", beacon {beacon.hex()} hashed 2^{log_iterations} times"
    return f"contribution {position}{who}{how}: {published}"
