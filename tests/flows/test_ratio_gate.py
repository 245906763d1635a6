"""The ratio gate: what ratios allow to say, packages raced by a clock that counts, revisions of a repository."""

from __future__ import annotations

import json
import os
import random
import runpy
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assay.bench.gate import race as race_module
from assay.bench.gate.race import Contender, WorkerError, race
from assay.bench.gate.run import BUILT_IN, NothingToCompare, against, case_names, compare
from assay.bench.gate.verdict import FEWEST_PAIRS, Bounds, Verdict, bounds, verdict
from assay.cli.main import app
from assay.core.errors import InvalidInput, NotFound

# A clock that moves by what a call of the package costs: the processes are real, the times are not.
CASES = """
import assay
ticks = 0
def CLOCK():
    return ticks
def work():
    global ticks
    ticks += 10_000 * assay.COST
def hang():
    import time
    time.sleep(60)
def broken():
    raise KeyError("no such kernel")
CASES = {"work": lambda: work, "hang": lambda: hang, "new": lambda: assay.new and work}
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "my_cases.py"
    path.write_text(CASES)
    return path


def package(folder: Path, cost: int, more: str = "") -> Contender:
    (folder / "assay").mkdir(parents=True)
    (folder / "assay" / "__init__.py").write_text(f"COST = {cost}\n{more}\n")
    (folder / "assay" / "_native.py").write_text("def isa():\n    return 'portable'\n")
    return Contender(folder.name, folder)


def outcome(ours: Contender, theirs: Contender, cases: Path, case: str = "work", isa: str | None = None):
    return compare(ours, theirs, cases, case, tolerance=0.05, pairs=FEWEST_PAIRS, core=core(), isa=isa)


def core() -> int:
    return max(os.sched_getaffinity(0))


@pytest.mark.parametrize(("n", "k"), [(7, 0), (10, 0), (11, 1), (20, 4), (30, 8)])
def test_the_bounds_are_those_of_the_sign_test(n: int, k: int) -> None:
    ratios = [float(i) for i in range(n)]  # critical values: any table of the sign test, one-sided 0.01
    random.Random(n).shuffle(ratios)
    assert bounds(ratios) == Bounds(k, (n - 1) / 2, n - 1 - k)


def test_too_few_ratios_have_no_bound() -> None:
    with pytest.raises(InvalidInput, match="7"):
        bounds([1.0] * 6)


def noisy(median: float, seed: int, n: int = 11) -> list[float]:
    """Noise of 2 %, and one pair in ten disturbed by up to a quarter either way."""
    r = random.Random(seed)
    return [median * r.gauss(1, 0.02) * (r.uniform(0.8, 1.25) if r.random() < 0.1 else 1) for _ in range(n)]


def test_equal_code_passes_and_a_slowdown_of_15_per_cent_fails_in_noise() -> None:
    trials = 2000
    false = sum(verdict(bounds(noisy(1.0, seed)), 0.05) is Verdict.SLOWER for seed in range(trials))
    at_tolerance = sum(verdict(bounds(noisy(1.05, seed)), 0.05) is Verdict.SLOWER for seed in range(trials))
    caught = sum(verdict(bounds(noisy(1.15, seed)), 0.05) is Verdict.SLOWER for seed in range(trials))
    assert false == 0
    assert at_tolerance < 0.02 * trials
    assert caught > 0.97 * trials


def test_the_five_verdicts_of_bounds() -> None:
    assert verdict(Bounds(1.06, 1.1, 1.2), 0.05) is Verdict.SLOWER
    assert verdict(Bounds(1.04, 1.1, 1.2), 0.05) is Verdict.UNCLEAR
    assert verdict(Bounds(0.9, 1.05, 1.2), 0.05) is Verdict.WITHIN
    assert verdict(Bounds(0.7, 0.8, 0.9), 0.05) is Verdict.FASTER
    assert verdict(Bounds(1.05, 1.05, 1.05), 0.05) is Verdict.WITHIN


def test_equal_packages_pass(tmp_path: Path, cases: Path) -> None:
    found = outcome(package(tmp_path / "a", 1000), package(tmp_path / "b", 1000), cases)
    assert (found.verdict, found.ratio, found.low, found.high, found.passed) == (Verdict.WITHIN, 1.0, 1.0, 1.0, True)
    assert len(found.ratios) == FEWEST_PAIRS


@pytest.mark.parametrize(("cost", "expected"), [(1150, Verdict.SLOWER), (1040, Verdict.WITHIN), (800, Verdict.FASTER)])
def test_another_cost_is_seen(tmp_path: Path, cases: Path, cost: int, expected: Verdict) -> None:
    found = outcome(package(tmp_path / "a", cost), package(tmp_path / "b", 1000), cases)
    assert found.verdict is expected
    assert found.ratio == pytest.approx(cost / 1000)
    assert found.passed is (expected is not Verdict.SLOWER)


def test_a_case_that_the_other_revision_lacks_is_not_comparable(tmp_path: Path, cases: Path) -> None:
    new = package(tmp_path / "a", 5, "def new(): pass")
    found = outcome(new, package(tmp_path / "b", 5), cases, "new")
    assert (found.verdict, found.passed) == (Verdict.NOT_COMPARABLE, True)
    assert found.why is not None
    assert found.why.startswith("b: AttributeError")


def test_a_case_that_this_tree_cannot_run_fails(tmp_path: Path, cases: Path) -> None:
    found = outcome(package(tmp_path / "a", 5), package(tmp_path / "b", 5, "def new(): pass"), cases, "new")
    assert (found.verdict, found.passed) == (Verdict.FAILED, False)


def test_a_level_that_a_side_lacks_is_named(tmp_path: Path, cases: Path) -> None:
    found = outcome(package(tmp_path / "a", 5), package(tmp_path / "b", 5), cases, isa="ifma")
    assert found.verdict is Verdict.FAILED
    assert "ifma" in str(found.why)


def test_a_process_that_hangs_is_ended(tmp_path: Path, cases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race_module, "_LIMIT_SECONDS", 1.0)
    ours, theirs = package(tmp_path / "a", 5), package(tmp_path / "b", 5)
    with pytest.raises(WorkerError, match="took longer"):
        race(ours, theirs, cases, "hang", pairs=1, core=core())


def test_the_built_in_cases_run_here() -> None:  # raises what a worker would report
    names = case_names(BUILT_IN)
    assert {"ntt", "msm-g1", "pairing"} <= set(names)
    for prepare in runpy.run_path(str(BUILT_IN))["CASES"].values():
        prepare()()


# --- revisions --------------------------------------------------------------------------------------------------------

CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(fake LANGUAGES NONE)
file(APPEND {log} "built\\n")
file(WRITE ${{CMAKE_SOURCE_DIR}}/python/assay/_native.fake.so "")
{more}
"""


class Repository:
    """A checkout with the shape of assay's, whose extension is an empty file."""

    def __init__(self, top: Path) -> None:
        self.top, self.log = top, top.parent / "builds.log"
        package(top / "python", 1000)
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", "-C", str(self.top), *identity, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, cost: int, more: str = "") -> str:
        (self.top / "CMakeLists.txt").write_text(CMAKE.format(log=self.log, more=more))
        (self.top / "python" / "assay" / "__init__.py").write_text(f"COST = {cost}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", str(cost))
        return self.git("rev-parse", "HEAD")

    def builds(self) -> int:
        return self.log.read_text().count("built") if self.log.exists() else 0


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("ASSAY_CACHE_DIR", str(tmp_path / "cache"))
    return Repository(tmp_path / "assay")


def gate(repository: Repository, cases: Path, revision: str, **options):
    return against(revision, repo=repository.top, cases=cases, names=["work"], pairs=FEWEST_PAIRS, **options)


def test_a_slower_tree_fails_and_an_equal_one_passes(repository: Repository, cases: Path) -> None:
    first, _, _ = repository.commit(1000), repository.commit(1000), repository.commit(1150)
    report = gate(repository, cases, "HEAD~2")
    assert (report["passed"], report["commit"]) == (False, first)
    assert report["cases"][0]["verdict"] == "slower"
    assert gate(repository, cases, "HEAD")["passed"] is True
    assert gate(repository, cases, "HEAD~1", tolerance=0.2)["passed"] is True


def test_what_is_not_committed_is_ours(repository: Repository, cases: Path) -> None:
    repository.commit(1000)
    (repository.top / "python" / "assay" / "__init__.py").write_text("COST = 1150\n")
    assert gate(repository, cases, "HEAD")["passed"] is False


def test_equal_sources_are_built_once_and_kept(repository: Repository, cases: Path) -> None:
    repository.commit(1000)
    repository.commit(1001)
    gate(repository, cases, "HEAD~1")
    gate(repository, cases, "HEAD~1")
    assert repository.builds() == 1
    repository.commit(1000, more="# other sources")
    gate(repository, cases, "HEAD~1")
    assert repository.builds() == 2


def test_nothing_is_left_in_the_checkout(repository: Repository, cases: Path) -> None:
    repository.commit(1000)
    gate(repository, cases, "HEAD")
    assert repository.git("status", "--porcelain", "--ignored") == ""
    assert len(repository.git("worktree", "list").splitlines()) == 1


def test_a_revision_that_does_not_exist_or_build_is_nothing_to_compare_with(
    repository: Repository, cases: Path
) -> None:
    repository.commit(1000, more='message(FATAL_ERROR "as it was: no compiler")')
    repository.commit(1000)
    with pytest.raises(NothingToCompare, match=r"do not build.*no compiler"):
        gate(repository, cases, "HEAD~1")
    with pytest.raises(NothingToCompare, match=r"HEAD~5.*no such commit"):
        gate(repository, cases, "HEAD~5")
    with pytest.raises(NothingToCompare):
        gate(repository, cases, "--help")


def test_a_revision_that_runs_no_case_is_nothing_to_compare_with(repository: Repository, cases: Path) -> None:
    repository.commit(1000)
    (repository.top / "python" / "assay" / "__init__.py").write_text("COST = 5\ndef new(): pass\n")
    with pytest.raises(NothingToCompare, match="runs no case"):
        against("HEAD", repo=repository.top, cases=cases, names=["new"])


def test_a_shallow_clone_is_told_how_to_get_more(repository: Repository, cases: Path, tmp_path: Path) -> None:
    repository.commit(1000)
    repository.commit(1000)
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth=1", f"file://{repository.top}", str(clone)],
        check=True,
        capture_output=True,
    )
    with pytest.raises(NothingToCompare, match="unshallow"):
        against("HEAD~1", repo=clone, cases=cases)


def test_bad_requests_are_refused_before_anything_is_built(repository: Repository, cases: Path, tmp_path: Path) -> None:
    repository.commit(1000)
    with pytest.raises(NotFound, match="known: work"):
        against("HEAD", repo=repository.top, cases=cases, names=["nothing"])
    with pytest.raises(InvalidInput, match="too few"):
        against("HEAD", repo=repository.top, cases=cases, pairs=3)
    with pytest.raises(InvalidInput, match="tolerance"):
        against("HEAD", repo=repository.top, cases=cases, tolerance=-1)
    with pytest.raises(NothingToCompare, match="no git checkout"):
        against("HEAD", repo=tmp_path, cases=cases)
    empty = tmp_path / "empty.py"
    empty.write_text("CASES = {}\n")
    with pytest.raises(InvalidInput, match="CASES"):
        case_names(empty)
    assert repository.builds() == 0


def test_the_command_says_it_in_its_status(repository: Repository, cases: Path) -> None:
    repository.commit(1000)
    repository.commit(1150)
    options = ["--repo", str(repository.top), "--cases", str(cases), "--case", "work", "--pairs", "7"]
    run = CliRunner().invoke
    slower = run(app, ["bench", "--against", "HEAD~1", *options, "--json"])
    assert slower.exit_code == 1
    assert json.loads(slower.stdout)["cases"][0]["verdict"] == "slower"
    equal = run(app, ["bench", "--against", "HEAD", *options])
    assert (equal.exit_code, "gate passed" in equal.stdout) == (0, True)
    missing = run(app, ["bench", "--against", "HEAD~9", *options, "--allow-missing"])
    assert (missing.exit_code, "nothing to compare" in missing.stdout) == (0, True)
    assert isinstance(run(app, ["bench", "--against", "HEAD~9", *options]).exception, NothingToCompare)
    assert run(app, ["bench", "--against", "HEAD", "field"]).exit_code == 2
    assert run(app, ["bench"]).exit_code == 2
