"""Files cut into blocks here and by ipfs-unixfs-importer (Helia's implementation): the same CIDs, block by block."""

from __future__ import annotations

import base64
import random
from pathlib import Path
from typing import Any

import pytest

from assay.store import KUBO_RAW_LEAVES, UNIXFS_V1_2025, Cid, Codec, FolderStore, Profile
from assay.store.layout import blocks_of_bytes

pytestmark = pytest.mark.interop

SIZES = [0, 1, 3, 4, 5, 11, 12, 13, 15, 16, 17, 47, 48, 49, 51, 52, 191, 192, 193, 1000, 1024 + 1]


def ours(data: bytes, profile: Profile) -> tuple[str, set[str]]:
    names: list[Cid] = []
    root = blocks_of_bytes(data, profile, lambda blocks: names.extend(cid for cid, _ in blocks))
    return str(root.cid), set(map(str, names))


def check(node_tool: Any, files: list[tuple[bytes, Profile]], named: bool = False) -> None:
    request = []
    for data, profile in files:
        cut = {"profile": profile.name} if named else {"chunk": profile.chunk, "links": profile.links}
        body = {"data": base64.b64encode(data).decode()} if any(data) else {"zeros": len(data)}
        request.append(cut | body)
    answers = node_tool("unixfs.mjs", request)
    assert len(answers) == len(files)
    for (data, profile), answer in zip(files, answers, strict=True):
        cid, blocks = ours(data, profile)
        assert (cid, blocks) == (answer["cid"], set(answer["blocks"])), (len(data), profile)


@pytest.mark.parametrize("chunk", [1, 4])
@pytest.mark.parametrize("links", [2, 3, 4, 174])
def test_trees_of_any_depth(node_tool: Any, chunk: int, links: int) -> None:
    profile = Profile("small", chunk, links)
    check(node_tool, [(random.Random(size).randbytes(size), profile) for size in SIZES])


def test_the_widths_of_the_profiles(node_tool: Any) -> None:
    """Nodes of 174 and 1024 links, full, over-full, and a third level, with chunks of two bytes."""
    files = []
    for links in (174, 1024):
        edges = [links - 1, links, links + 1, 2 * links, 2 * links + 1, links * links]
        edges += [links * links + 1] if links == 174 else []
        for chunks in edges if links == 174 else edges[:-1]:
            for size in (2 * chunks - 1, 2 * chunks):
                files.append((random.Random(size).randbytes(size), Profile("narrow", 2, links)))
    check(node_tool, files)


@pytest.mark.parametrize("profile", [KUBO_RAW_LEAVES, UNIXFS_V1_2025])
def test_the_profiles_at_full_size(node_tool: Any, profile: Profile) -> None:
    chunk = profile.chunk
    edges = [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 1]
    check(node_tool, [(random.Random(size).randbytes(size), profile) for size in edges])
    check(node_tool, [(bytes(174 * chunk), profile), (bytes(174 * chunk + 1), profile)] if chunk < 1 << 20 else [])


def test_the_profile_by_its_name(node_tool: Any) -> None:
    """The importer knows IPIP-499's numbers itself."""
    files = [(random.Random(size).randbytes(size), UNIXFS_V1_2025) for size in (0, 5, 1 << 20, (1 << 20) + 1, 3 << 20)]
    check(node_tool, [*files, (bytes((1 << 20) * 33 + 7), UNIXFS_V1_2025)], named=True)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("leaf", ["file", "raw"])
def test_files_with_wrapped_leaves_are_read(node_tool: Any, tmp_path: Path, version: int, leaf: str) -> None:
    """Kubo's old way, `unixfs-v0-2015`: not written here, but read, links by CIDv0 included."""
    store = FolderStore(tmp_path / "blobs")
    contents = [random.Random(size).randbytes(size) for size in (0, 1, 4, 5, 12, 13, 100)]
    cut = {"chunk": 4, "links": 3, "wrapped": version, "leaf": leaf}
    answers = node_tool("unixfs.mjs", [cut | {"data": base64.b64encode(data).decode()} for data in contents])
    for data, answer in zip(contents, answers, strict=True):
        root = Cid.from_v0(answer["cid"]) if version == 0 else Cid.parse(answer["cid"])
        names = [store.put_block(Codec.DAG_PB, base64.b64decode(block)) for block in answer["blocks"]]
        assert root in names
        assert store.get(root) == data
        store.pin(root)
    assert store.collect() == (0, 0)
