"""`assay store`: blobs under the names of their hashes, and sealed ones with a key each.

Exit status: 0 done, 1 refused (damaged, forged, erased), 2 usage or unreadable.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from assay.cli.store_options import AsJson, CidText, Out, StoreAt, open_store, show, told
from assay.cli.store_sealed import add_commands
from assay.core.errors import InvalidInput
from assay.core.files import atomic_write
from assay.core.progress import RichProgress
from assay.store import KUBO_RAW_LEAVES, PROFILES, Cid, DamagedStore, FolderStore, cid_of, profile_named

__all__ = ["app"]

app = typer.Typer(
    help="Blobs under the names of their hashes. Example: assay store add --store blobs model.pt",
    no_args_is_help=True,
)

ProfileName = Annotated[
    str, typer.Option("--profile", help=f"How files are cut: {' or '.join(PROFILES)}. A folder keeps its own.")
]


@app.command(epilog="Example: assay store add --store blobs model.pt data.csv --json")
def add(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files; - is standard input.")],
    store: StoreAt,
    profile: ProfileName = "",
    pin: Annotated[bool, typer.Option("--pin/--no-pin", help="Keep them, or leave them to the next gc.")] = True,
    as_json: AsJson = False,
) -> None:
    """Store files of any size; print their CIDs."""
    with told(as_json), RichProgress() as progress:
        opened = open_store(store, create=True, profile=profile)
        added = {}
        for path in paths:
            source: Any = sys.stdin.buffer if str(path) == "-" else path
            added[str(path)] = str(opened.add(source, pin=pin, progress=progress))
    facts = {"profile": opened.profile.name, "pinned": pin, "files": added}
    show(facts, as_json, "\n".join(f"{cid}  {path}" for path, cid in added.items()))


@app.command(epilog="Example: assay store cid model.pt --profile unixfs-v1-2025")
def cid(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files.")],
    profile: ProfileName = KUBO_RAW_LEAVES.name,
    as_json: AsJson = False,
) -> None:
    """Print the CIDs that files have, without storing them."""
    with told(as_json):
        named = {}
        for path in paths:
            with path.open("rb", buffering=0) as file:
                named[str(path)] = str(cid_of(file, profile_named(profile)))
    show({"profile": profile, "files": named}, as_json, "\n".join(f"{cid}  {path}" for path, cid in named.items()))


@app.command(epilog="Example: assay store get --store blobs bafkrei... --out model.pt")
def get(cid: CidText, store: StoreAt, out: Out, as_json: AsJson = False) -> None:
    """Write a file; it appears when all of it has verified, or not at all."""
    with told(as_json):
        size = 0
        pieces = open_store(store).cat(Cid.parse(cid))
        with atomic_write(out) as file:
            for piece in pieces:
                file.write(piece)
                size += len(piece)
    show({"cid": cid, "bytes": size, "path": str(out)}, as_json, f"{size:,} bytes in {out}")


@app.command(epilog="Example: assay store cat --store blobs bafkrei... | tar x")
def cat(cid: CidText, store: StoreAt) -> None:
    """Write a file to standard output as it verifies. Only status 0 says that it is whole."""
    with told(as_json=False):
        for piece in open_store(store).cat(Cid.parse(cid)):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


@app.command(epilog="Example: assay store pin --store blobs bafkrei...")
def pin(cid: CidText, store: StoreAt, as_json: AsJson = False) -> None:
    """Keep a root and all blocks below it."""
    with told(as_json):
        open_store(store).pin(Cid.parse(cid))
    show({"cid": cid, "pinned": True}, as_json, f"pinned {cid}")


@app.command(epilog="Example: assay store unpin --store blobs bafkrei...")
def unpin(cid: CidText, store: StoreAt, as_json: AsJson = False) -> None:
    """Let go of a root; the next gc deletes what no other root keeps."""
    with told(as_json):
        open_store(store).unpin(Cid.parse(cid))
    show({"cid": cid, "pinned": False}, as_json, f"unpinned {cid}")


@app.command(epilog="Example: assay store pins --store blobs --json")
def pins(store: StoreAt, as_json: AsJson = False) -> None:
    """List the roots that are kept."""
    with told(as_json):
        found = sorted(str(each) for each in open_store(store).pins())
    show({"pins": found}, as_json, "\n".join(found))


@app.command(epilog="Example: assay store gc --store blobs")
def gc(store: StoreAt, as_json: AsJson = False) -> None:
    """Delete all blocks that no pinned root leads to."""
    with told(as_json), RichProgress() as progress:
        blocks, size = open_store(store).collect(progress)
    show({"blocks": blocks, "bytes": size}, as_json, f"deleted {blocks:,} blocks, {size:,} bytes")


@app.command(epilog="Example: assay store verify --store blobs --json")
def verify(store: StoreAt, as_json: AsJson = False) -> None:
    """Read every block of a folder, and follow every pin."""
    damaged: DamagedStore | None = None
    with told(as_json), RichProgress() as progress:
        opened = open_store(store)
        if not isinstance(opened, FolderStore):
            raise InvalidInput("a node verifies its own blocks (ipfs repo verify); this verifies folders")
        try:
            seen = opened.verify(progress)
        except DamagedStore as verdict:
            damaged, seen = verdict, verdict.seen
    facts = {"verified": damaged is None, **seen._asdict(), "damage": list(damaged.damage) if damaged else []}
    if damaged is not None:
        show(facts, as_json, "\n".join(f"DAMAGED  {each}" for each in damaged.damage), error=True)
        raise typer.Exit(1)
    show(facts, as_json, f"verified  {seen.blocks:,} blocks, {seen.bytes:,} bytes, {seen.pins:,} pins")


add_commands(app)
