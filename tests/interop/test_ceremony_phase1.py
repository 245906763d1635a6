"""Powers of tau with snarkjs: our files verified there, theirs here, one chain written by both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.ptau_forgery import Forgery

from assay.ceremony import phase1
from assay.ceremony.errors import CeremonyError
from assay.ceremony.phase1.ptau import POWERS, PowersFile
from assay.ceremony.points import G1
from assay.ceremony.randomness import Beacon, system_generator

pytestmark = pytest.mark.interop

BEACON = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


class Snarkjs:
    """`snarkjs powersoftau ...` in a folder."""

    def __init__(self, node_tool: Any, folder: Path) -> None:
        self._node_tool, self._folder = node_tool, folder

    def __call__(self, *arguments: str | Path) -> str:
        output: str = self._node_tool.command("snarkjs", "powersoftau", *arguments, cwd=self._folder)
        return output

    def accepts(self, path: Path) -> bool:
        """Whether `snarkjs powersoftau verify` ends well and says so."""
        try:
            output = self("verify", path)
        except Exception as error:  # it ends with status 1 for a file it refuses
            output = str(error)
        return "Powers of Tau Ok!" in output


@pytest.fixture(scope="module")
def snarkjs(node_tool: Any, tmp_path_factory: pytest.TempPathFactory) -> Snarkjs:
    return Snarkjs(node_tool, tmp_path_factory.mktemp("snarkjs"))


@pytest.fixture(scope="module")
def theirs(snarkjs: Snarkjs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 0.ptau (new), 1 and 2 (contributions), 3 (beacon), 4 (prepared), all by snarkjs, at 2^8."""
    folder = tmp_path_factory.mktemp("theirs")
    snarkjs("new", "bn128", "8", folder / "0.ptau")
    snarkjs("contribute", folder / "0.ptau", folder / "1.ptau", "-n=first", "-e=entropy of a test")
    snarkjs("contribute", folder / "1.ptau", folder / "2.ptau", "-n=zweite Größe", "-e=entropy of a test")
    snarkjs("beacon", folder / "2.ptau", folder / "3.ptau", BEACON, "10", "-n=beacon")
    snarkjs("prepare", "phase2", folder / "3.ptau", folder / "4.ptau")
    return folder


def powers_of(path: Path) -> dict[int, bytes]:
    """Every section but the contributions."""
    with PowersFile(path) as file:
        return {kind: bytes(file.file.view(kind)) for kind in sorted(file.file.sections) if kind != 7}


def test_a_new_file_is_theirs(theirs: Path, tmp_path: Path) -> None:
    phase1.new(tmp_path / "0.ptau", 8)
    assert (tmp_path / "0.ptau").read_bytes() == (theirs / "0.ptau").read_bytes()


def test_their_files_verify_here(theirs: Path) -> None:
    with pytest.raises(CeremonyError, match="no contribution"):
        phase1.verify(theirs / "0.ptau")
    assert [one.name for one in phase1.verify(theirs / "1.ptau").contributions] == ["first"]
    phase1.verify(theirs / "2.ptau")
    assert not phase1.verify(theirs / "3.ptau").prepared
    report = phase1.verify(theirs / "4.ptau")
    assert (report.power, report.ceremony_power, report.prepared) == (8, 8, True)
    assert [one.name for one in report.contributions] == ["first", "zweite Größe", "beacon"]
    assert report.contributions[2].beacon == Beacon.from_hex(BEACON, 10)


def test_their_response_hashes_are_ours(snarkjs: Snarkjs, theirs: Path) -> None:
    shown = snarkjs("verify", theirs / "3.ptau")
    for one in phase1.verify(theirs / "3.ptau").contributions:
        for digest in (one.response(), one.next_challenge):
            words = [digest[i : i + 4].hex() for i in range(0, 64, 4)]
            assert " ".join(words[:4]) in shown
            assert " ".join(words[12:]) in shown


def test_our_bases_and_beacon_are_theirs(theirs: Path, tmp_path: Path) -> None:
    phase1.prepare(theirs / "3.ptau", tmp_path / "4.ptau")
    assert (tmp_path / "4.ptau").read_bytes() == (theirs / "4.ptau").read_bytes()
    receipt = phase1.apply_beacon(theirs / "2.ptau", tmp_path / "3.ptau", Beacon.from_hex(BEACON, 10), name="beacon")
    assert powers_of(tmp_path / "3.ptau") == powers_of(theirs / "3.ptau")
    last = phase1.verify(theirs / "3.ptau").contributions[-1]
    assert (receipt.response, receipt.next_challenge) == (last.response(), last.next_challenge)


def test_contributions_alternate(snarkjs: Snarkjs, theirs: Path, tmp_path: Path) -> None:
    first, second, third, last = (tmp_path / f"{name}.ptau" for name in ("first", "second", "third", "last"))
    phase1.contribute(theirs / "1.ptau", first, name="ours")
    snarkjs("contribute", first, second, "-n=theirs", "-e=entropy of a test")
    phase1.contribute(second, third, name="ours again", entropy="and a text")
    phase1.apply_beacon(third, last, Beacon(b"\xff" * 255, 11))
    for path in (first, second, third, last):
        assert snarkjs.accepts(path)
        phase1.verify(path)
    names = [one.name for one in phase1.verify(last).contributions]
    assert names == ["first", "ours", "theirs", "ours again", ""]


@pytest.mark.parametrize("power", [1, 2, 10])
def test_our_files_verify_there(snarkjs: Snarkjs, tmp_path: Path, power: int) -> None:
    new, given, final = tmp_path / "new.ptau", tmp_path / "given.ptau", tmp_path / "final.ptau"
    phase1.new(new, power)
    phase1.contribute(new, given, name="Zoë")
    phase1.prepare(given, final)
    phase1.verify(final)
    assert snarkjs.accepts(given)
    assert snarkjs.accepts(final)


def test_a_file_cut_down_there_is_read_here(snarkjs: Snarkjs, theirs: Path, tmp_path: Path) -> None:
    (tmp_path / "4_.ptau").write_bytes((theirs / "4.ptau").read_bytes())
    snarkjs("truncate", tmp_path / "4_.ptau")
    cut = next(path for path in tmp_path.glob("*05*.ptau"))
    report = phase1.verify(cut)
    assert (report.power, report.ceremony_power, report.reduced, report.prepared) == (5, 8, True, True)
    with pytest.raises(RuntimeError, match="cut down"):
        phase1.contribute(cut, tmp_path / "more.ptau")


def test_a_power_too_many_in_a_basis_is_seen_here_only(snarkjs: Snarkjs, theirs: Path, tmp_path: Path) -> None:
    forgery = Forgery(theirs / "4.ptau")
    forgery.add_top(G1.draw(system_generator()), 8)
    path = forgery.write(tmp_path / "forged.ptau")
    with pytest.raises(CeremonyError, match=r"basis of 2\^9\): its highest coefficient is not that of the powers"):
        phase1.verify(path)
    assert snarkjs.accepts(path)


def test_both_refuse_the_same_tampering(snarkjs: Snarkjs, theirs: Path, tmp_path: Path) -> None:
    """Not a match of messages: whatever snarkjs refuses here, we refuse."""
    whole = (theirs / "4.ptau").read_bytes()
    rng = np.random.default_rng(1)
    with PowersFile(theirs / "4.ptau") as file:
        for powers in POWERS[:4]:
            assert powers.prepared is not None
            for kind in (powers.section, powers.prepared):
                offset, size = file.file.sections[kind]
                count = size // powers.group.bytes
                i, j = sorted(int(k) for k in rng.choice(np.arange(2, count), size=2, replace=False))
                data = bytearray(whole)
                at = [offset + powers.group.bytes * k for k in (i, j)]
                data[at[0] : at[0] + powers.group.bytes] = whole[at[1] : at[1] + powers.group.bytes]
                path = tmp_path / f"{kind}.ptau"
                path.write_bytes(data)
                with pytest.raises(CeremonyError, match=rf"section {kind} \({powers.name}"):
                    phase1.verify(path)
                assert not snarkjs.accepts(path)
