"""The commands of `assay store` for sealed objects: key, seal, open, share, erase."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.store_options import AsJson, CidText, Out, StoreAt, open_store, show, told
from assay.core.progress import RichProgress
from assay.store import Cid, Keyring, Recipient, RecipientKey, Vault

__all__ = ["add_commands"]

Keys = Annotated[
    Path,
    typer.Option("--keys", envvar="ASSAY_KEYRING", metavar="FOLDER", help="The wrapped keys, apart from the store."),
]
KeyFile = Annotated[Path, typer.Option("--key", metavar="FILE", help="Your private key, made by `assay store key`.")]
To = Annotated[list[str], typer.Option("--to", metavar="HEX", help="A recipient's public key; repeatable.")]
Locked = Annotated[bool, typer.Option("--passphrase", help="The private key has a passphrase: ask for it.")]


def add_commands(app: typer.Typer) -> None:
    """Mounts them."""
    for command, example in (
        (key, "assay store key alice.pem"),
        (seal, "assay store seal report.pdf --store blobs --keys keys --to 3f2a..."),
        (open_, "assay store open bafy... --store blobs --keys keys --key alice.pem --out report.pdf"),
        (share, "assay store share bafy... --keys keys --key alice.pem --to 91c0..."),
        (erase, "assay store erase bafy... --keys keys"),
    ):
        app.command(name=command.__name__.rstrip("_"), epilog=f"Example: {example}")(command)


def key(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, of mode 0600.")],
    passphrase: Locked = False,
    as_json: AsJson = False,
) -> None:
    """Make a private key; print the public one, which others seal for."""
    with told(as_json):
        made = RecipientKey.generate()
        made.save(path, _asked(passphrase, confirm=True))
    show({"recipient": str(made.recipient), "path": str(path)}, as_json, str(made.recipient))


def seal(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="What to seal.")],
    store: StoreAt,
    keys: Keys,
    to: To,
    as_json: AsJson = False,
) -> None:
    """Store a file so that only the recipients can read it; print the CID of its sealed form."""
    with told(as_json), RichProgress() as progress:
        recipients = [Recipient.parse(text) for text in to]
        cid = Vault(open_store(store, create=True), Keyring(keys)).seal(path, recipients, progress=progress)
    show({"cid": str(cid), "recipients": to}, as_json, str(cid))


def open_(
    cid: CidText,
    store: StoreAt,
    keys: Keys,
    key: KeyFile,
    out: Out,
    passphrase: Locked = False,
    as_json: AsJson = False,
) -> None:
    """Write a sealed file's plaintext; it appears when all of it has verified, or not at all."""
    with told(as_json), RichProgress() as progress:
        private = RecipientKey.load(key, _asked(passphrase))
        Vault(open_store(store), Keyring(keys)).open_to(Cid.parse(cid), private, out, progress=progress)
        size = out.stat().st_size
    show({"cid": cid, "bytes": size, "path": str(out)}, as_json, f"{size:,} bytes in {out}")


def share(cid: CidText, keys: Keys, key: KeyFile, to: To, passphrase: Locked = False, as_json: AsJson = False) -> None:
    """Let others open a sealed file that you can open; what is stored stays as it is."""
    with told(as_json):
        private, keyring = RecipientKey.load(key, _asked(passphrase)), Keyring(keys)
        for text in to:
            keyring.share(Cid.parse(cid), private, Recipient.parse(text))
        recipients = [str(each) for each in keyring.recipients(Cid.parse(cid))]
    show({"cid": cid, "recipients": recipients}, as_json, "\n".join(recipients))


def erase(cid: CidText, keys: Keys, as_json: AsJson = False) -> None:
    """Destroy the keys of a sealed file: it stays stored, and nobody can read it.

    Out of reach are keys that were exported before, backups and snapshots of the folder, and plaintext already read.
    """
    with told(as_json):
        count = Keyring(keys).erase(Cid.parse(cid))
    show({"cid": cid, "erased": True, "keys": count}, as_json, f"erased {count} keys of {cid}")


def _asked(passphrase: bool, *, confirm: bool = False) -> bytes | None:
    if not passphrase:
        return None
    text: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return text.encode()
