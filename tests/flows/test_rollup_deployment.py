"""A rollup end to end with real proofs: users and batches, the kept files, the command line, the demonstration."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.etcd import running

from assay.circuits import Builder, compile
from assay.cli.main import main
from assay.core.errors import AssayError, NotFound, RevokedError, VerificationError
from assay.crypto import groth16
from assay.crypto.groth16 import snarkjs
from assay.ledger import ContractRegistry, EmbeddedLedger, accounts, verify_ledger
from assay.ledger.etcd import EtcdEngine
from assay.rollup.batch import PUBLIC_INPUTS
from assay.rollup.checking import verify_folder
from assay.rollup.config import DetectorConstants
from assay.rollup.contract import RollupContract
from assay.rollup.deployment import CONTRACT, Deployment
from assay.rollup.transaction import Kind

if TYPE_CHECKING:
    from assay.rollup.prover import Prover

DETECTOR = DetectorConstants(match=20_000, mismatch=150_000, threshold=500_000)


def sample(label: int, variant: int = 0) -> np.ndarray:
    return np.array([label, variant], dtype=np.int64)


def deployment(prover: Prover, folder: Path, **options: int) -> Deployment:
    return Deployment(
        model=lambda given: int(given[0]),
        model_digest=bytes(range(32)),
        detector=DETECTOR,
        prover=prover,
        folder=folder,
        **options,
    )


@dataclass
class Kept:
    """What a finished deployment leaves in its folder."""

    folder: Path
    circuit_hash: str
    batches: int
    public: list[int]

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"


@pytest.fixture(scope="module")
def kept(rollup_prover: Prover, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Three users, one of them blocked, one renewed, one revoked; a new model on the way."""
    folder = Path(tmp_path_factory.mktemp("deployment"))
    with deployment(rollup_prover, folder) as rollup:
        ada, bob, eve = (rollup.enrol_user(name, 7) for name in ("ada", "bob", "eve"))
        assert [rollup.query(ada, sample(label, i)) for i, label in enumerate((7, 3, 7))] == [7, 3, 7]
        for i in range(4):
            rollup.query(eve, sample(1, i))
        assert eve.client.account.blocked
        with pytest.raises(AssayError, match="blocked by the detector"):
            rollup.query(eve, sample(7))
        # bob replaces his keys with a query under the old key in the open batch
        rollup.flush()
        rollup.query(bob, sample(7))
        rollup.renew(bob)
        assert rollup.operator.account(bob.index).nonce == 1
        rotation = rollup.rotate(bob)
        assert rotation.kind is Kind.ROTATE
        assert rollup.query(bob, sample(7, 5)) == 7
        rollup.revoke(ada.index)
        with pytest.raises(RevokedError):
            rollup.query(ada, sample(7, 9))
        config = replace(rollup.config, epoch=1, model_digest=bytes(32))
        first = rollup.reconfigure(config, lambda given: 5)
        rollup.flush()
        assert rollup.query(bob, sample(7, 1)) == 5
        rollup.flush()
        assert rollup.settlements[-1].batch.number >= first
        assert rollup.settlements[-1].batch.config == config
        head = rollup.ledger.state(CONTRACT).get("head")
        assert head == [len(rollup.settlements), rollup.operator.root]
        assert len(rollup.verify_seconds) == len(rollup.settlements)
        last = rollup.settlements[-1].submission
        snarkjs.write(folder, rollup_prover.key.verifying_key, last.public_inputs, last.proof)
        return Kept(folder, rollup_prover.circuit.digest().hex(), len(rollup.settlements), list(last.public_inputs))


@pytest.fixture(autouse=True)
def cache(rollup_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CACHE_DIR", str(rollup_cache))


@pytest.fixture
def copy(kept: Kept, tmp_path: Path) -> Path:
    """The kept files, to be spoiled."""
    for path in kept.folder.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit status of the `assay` command."""
    monkeypatch.setattr("sys.argv", ["assay", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return 0 if left.value.code is None else int(left.value.code)


def test_a_window_of_one_batch_is_kept_by_settling(rollup_prover: Prover, tmp_path: Path) -> None:
    with deployment(rollup_prover, tmp_path) as rollup:
        ada = rollup.enrol_user("ada", 7)
        assert [rollup.query(ada, sample(7, i)) for i in range(5)] == [7] * 5
        rollup.flush()
        assert ada.client.account.nonce == 5
        differences = [pair for s in rollup.settlements for pair in s.submission.differences if pair[0] == ada.index]
        assert [ada.client.state_of(leaf).nonce for _, leaf in differences] == [0, 1, 2, 3, 4, 5]


def test_the_kept_files_verify_in_each_way(kept: Kept) -> None:
    assert kept.batches > 5
    assert "nothing more" in verify_folder(kept.folder)
    assert kept.circuit_hash in verify_folder(kept.folder, circuit_hash=kept.circuit_hash)
    shown = verify_folder(kept.folder, circuit_hash=kept.circuit_hash, ledger=kept.ledger)
    assert f"accepted this as batch {kept.batches}" in shown


def test_a_folder_with_another_s_key_shows_nothing(copy: Path, kept: Kept) -> None:
    c = Builder("anything goes")
    for name in PUBLIC_INPUTS:
        x = c.public(name)
        c.assert_product(x, x - c.private(f"copy of {name}"), 0, "a copy")
    toy = compile(c)
    key = groth16.setup(toy)
    inputs = dict(zip(PUBLIC_INPUTS, kept.public, strict=True))
    witness = toy.witness(inputs | {f"copy of {name}": value for name, value in inputs.items()})
    snarkjs.write(copy, key.verifying_key, kept.public, groth16.prove(key, toy, witness))
    assert "nothing more" in verify_folder(copy)
    with pytest.raises(VerificationError, match="is not the key that this machine made"):
        verify_folder(copy, circuit_hash=kept.circuit_hash)
    with pytest.raises(VerificationError, match=r"no rollup on .* has this verification key"):
        verify_folder(copy, ledger=kept.ledger)
    with pytest.raises(NotFound, match="holds no key for circuit"):
        verify_folder(copy, circuit_hash=toy.digest().hex())


def test_a_proof_that_the_ledger_never_saw(rollup_prover: Prover, copy: Path, kept: Kept, tmp_path: Path) -> None:
    with deployment(rollup_prover, tmp_path / "other", rollup_id=2) as other:
        other.enrol_user("ada", 7)
        other.flush()
        last = other.settlements[-1].submission
        snarkjs.write(copy, rollup_prover.key.verifying_key, last.public_inputs, last.proof)
    assert verify_folder(copy, circuit_hash=kept.circuit_hash, ledger=tmp_path / "other" / "ledger.db")
    with pytest.raises(VerificationError, match="accepted no batch with these public inputs"):
        verify_folder(copy, ledger=kept.ledger)


def test_a_changed_ledger_is_found(copy: Path) -> None:
    database = sqlite3.connect(copy / "ledger.db", isolation_level=None)
    database.execute("UPDATE entries SET entry = substr(entry, 1, length(entry) - 1) || X'77' WHERE height = 5")
    database.close()
    with pytest.raises(AssayError):
        verify_folder(copy, ledger=copy / "ledger.db")


def test_exit_status_of_verify(kept: Kept, copy: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    assert run(monkeypatch, "rollup", "verify", copy) == 0
    assert "nothing more" in capsys.readouterr().out
    assert run(monkeypatch, "rollup", "verify", copy, "--ledger", kept.ledger, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["verified"] is True
    assert f"batch {kept.batches}" in shown["meaning"]
    assert run(monkeypatch, "rollup", "verify", copy, "--circuit-hash", kept.circuit_hash) == 0
    contract = "assay.rollup.contract:RollupContract"
    assert run(monkeypatch, "ledger", "verify", kept.ledger, "--contract", contract) == 0
    capsys.readouterr()

    proof, public = copy / "proof.json", copy / "public.json"
    good_proof, good_public = proof.read_text(), public.read_text()
    public.write_text(json.dumps(["5", *json.loads(good_public)[1:]]))
    assert run(monkeypatch, "rollup", "verify", copy) == 1
    assert capsys.readouterr().err.startswith("assay: ")
    assert run(monkeypatch, "rollup", "verify", copy, "--json") == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["verified"], set(shown)) == (False, {"verified", "reason"})
    for text in ("", "[]", "{", json.dumps([*json.loads(good_public), "1"]), good_public.replace('"', "")):
        public.write_text(text)
        assert run(monkeypatch, "rollup", "verify", copy) == 2, text
    public.write_text(good_public)
    proof.write_text(good_proof.replace("groth16", "plonk"))
    assert run(monkeypatch, "rollup", "verify", copy) == 2
    proof.unlink()
    assert run(monkeypatch, "rollup", "verify", copy) == 2
    assert "proof.json does not exist" in capsys.readouterr().err
    proof.mkdir()
    assert run(monkeypatch, "rollup", "verify", copy) == 2
    proof.rmdir()
    proof.write_text(good_proof)

    for circuit_hash in ("00" * 32, "xyz", "00", ""):
        assert run(monkeypatch, "rollup", "verify", copy, "--circuit-hash", circuit_hash) == 2, circuit_hash
    assert run(monkeypatch, "rollup", "verify", copy, "--ledger", copy / "none.db") == 2
    (copy / "noise.db").write_bytes(bytes(range(256)) * 64)
    assert run(monkeypatch, "rollup", "verify", copy, "--ledger", copy / "noise.db") == 2
    assert run(monkeypatch, "rollup", "verify") == 2
    assert run(monkeypatch, "rollup", "verify", copy, "--nonsense") == 2
    assert run(monkeypatch, "rollup", "demo", "--batch", "0") == 2
    assert run(monkeypatch, "rollup", "demo", "--detector", "magic") == 2


def test_verify_refuses_a_ledger_of_another_rollup(
    kept: Kept, copy: Path, rollup_prover: Prover, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    with deployment(rollup_prover, tmp_path / "other") as other:
        other.enrol_user("ada", 7)
        other.flush()
    assert run(monkeypatch, "rollup", "verify", copy, "--ledger", tmp_path / "other" / "ledger.db") == 1
    assert "accepted no batch" in capsys.readouterr().err


def test_the_demonstration(tmp_path: Path, rollup_prover: Prover, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """What `assay rollup demo --json FILE --out DIR` writes, in a run of seconds."""
    file, out = tmp_path / "demo.json", tmp_path / "out"
    options = ["--batch", 2, "--honest", 1, "--queries", 2, "--json", file, "--out", out]
    assert run(monkeypatch, "rollup", "demo", *options) == 0
    shown = json.loads(file.read_text())
    assert shown["batch"] == 2
    assert shown["constraints_per_transaction"] == rollup_prover.circuit.constraints / 2
    assert (shown["proof_system"], shown["curve"]) == ("groth16", "bn254")
    assert shown["circuit_hash"] == rollup_prover.circuit.digest().hex()
    assert shown["compile_seconds"] > 0
    for name in ("witness_seconds", "prove_seconds", "verify_seconds"):
        assert len(shown[name]) == shown["batches"] > 0
        assert all(seconds > 0 for seconds in shown[name])
    assert isinstance(shown["blocked"], list)
    assert all(set(entry) == {"account", "role", "query"} for entry in shown["blocked"])
    assert set(shown["copy_accuracy"]) == {"random thief", "hiding thief"}
    for thief in shown["copy_accuracy"].values():
        assert set(thief) == {"blocked", "unblocked", "queries"}
        assert 0 <= thief["blocked"] <= 1
        assert 0 <= thief["unblocked"] <= 1
    assert {entry["role"] for entry in shown["accounts"]} == {"honest", "random thief", "hiding thief"}
    printed = capsys.readouterr().out
    assert "constraints" in printed
    assert shown["circuit_hash"] in printed.replace("\n", "")
    for name in ("verification_key.json", "proof.json", "public.json", "ledger.db", "scores.png"):
        assert (out / name).stat().st_size > 0
    assert run(monkeypatch, "rollup", "verify", out, "--ledger", out / "ledger.db") == 0
    assert f"batch {shown['batches']}" in capsys.readouterr().out


@pytest.fixture
def closed(rollup_prover: Prover, tmp_path: Path) -> Iterator[Deployment]:
    made = deployment(rollup_prover, tmp_path)
    yield made
    made.close()


def test_what_a_renewed_user_asked_before_lands(closed: Deployment) -> None:
    ada = closed.enrol_user("ada", 7)
    closed.flush()
    closed.query(ada, sample(7))
    closed.renew(ada)
    assert closed.ledger.state(CONTRACT).get("head") == [2, closed.operator.root]
    closed.rotate(ada)
    closed.query(ada, sample(3))
    closed.flush()
    assert closed.operator.account(ada.index).nonce == 2


def test_what_a_revoked_user_asked_does_not_strand_the_batch(closed: Deployment) -> None:
    """Its query is dropped, and the others' land; certified anew, it asks again."""
    ada, bob = closed.enrol_user("ada", 7), closed.enrol_user("bob", 7)
    closed.query(ada, sample(7))
    closed.revoke(ada.index)
    closed.query(bob, sample(7))
    closed.flush()
    assert closed.operator.waiting == 0
    assert [closed.operator.account(user.index).nonce for user in (ada, bob)] == [0, 1]
    closed.renew(ada)
    closed.rotate(ada)
    assert closed.query(ada, sample(7)) == 7
    closed.flush()
    assert closed.operator.account(ada.index).nonce == 1


# --- on etcd ---------------------------------------------------------------------------------------------------------


def test_a_small_rollup_runs_unchanged_on_etcd(
    rollup_prover: Prover, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demonstration with `--ledger etcd://...`: the chain is on three nodes, and the copy that is kept verifies."""
    with running(tmp_path / "cluster") as cluster:
        url = cluster.url("demo")
        file, out = tmp_path / "demo.json", tmp_path / "out"
        options = ["--batch", 2, "--honest", 1, "--queries", 2, "--json", file, "--out", out, "--ledger", url]
        assert run(monkeypatch, "rollup", "demo", *options) == 0
        shown = json.loads(file.read_text())
        assert shown["ledger"]["place"] == url
        assert len(shown["verify_seconds"]) == shown["batches"] > 0
        assert run(monkeypatch, "rollup", "verify", out, "--ledger", out / "ledger.db") == 0
        assert f"batch {shown['batches']}" in capsys.readouterr().out
        registry = ContractRegistry([accounts.Accounts(), RollupContract()])
        with EtcdEngine(url, registry=registry) as engine:
            (name,) = engine.channels()
            with engine.open(name) as ledger:
                assert ledger.chain_id.hex() == shown["ledger"]["chain_id"]
                report = verify_ledger(ledger, registry)
                with EmbeddedLedger(out / "ledger.db") as copy:
                    assert copy.head().header.hash == report.hash


def test_a_ledger_that_is_nowhere(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "rollup", "demo", "--ledger", "fabric://x") == 2
    assert "etcd://" in capsys.readouterr().err
