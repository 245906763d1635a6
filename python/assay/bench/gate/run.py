"""`assay bench --against REV`: stages both packages, races every case, and says which of them got slower."""

from __future__ import annotations

import os
import runpy
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from assay.bench.gate.race import Contender, WorkerError, race
from assay.bench.gate.revision import BuildError, checkout, resolve, stage_revision, stage_tree
from assay.bench.gate.verdict import FEWEST_PAIRS, Verdict, bounds, verdict
from assay.core.errors import InvalidInput, NotFound

__all__ = [
    "BUILT_IN",
    "PAIRS",
    "TOLERANCE",
    "NothingToCompare",
    "Outcome",
    "against",
    "case_names",
    "compare",
    "describe",
]

BUILT_IN: Final = Path(__file__).with_name("cases.py")
PAIRS: Final = 11
TOLERANCE: Final = 0.05
_FAILING: Final = (Verdict.SLOWER, Verdict.FAILED)


class NothingToCompare(NotFound):
    """The revision is not there, does not build, or runs no case."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: ratios are our time / their time, above 1 where we are slower."""

    case: str
    verdict: Verdict
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    ratios: tuple[float, ...] = ()
    why: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the gate lets it through."""
        return self.verdict not in _FAILING


def case_names(cases: Path) -> list[str]:
    """The names in the CASES of a file; `NotFound` or `InvalidInput` if it has none."""
    if not cases.is_file():
        raise NotFound(f"there is no file of cases {cases}")
    found = runpy.run_path(str(cases)).get("CASES")
    if not isinstance(found, dict) or not found:
        raise InvalidInput(f"{cases} defines no dictionary CASES of names and functions")
    return list(found)


def against(
    revision: str,
    *,
    repo: Path,
    cases: Path = BUILT_IN,
    names: Sequence[str] = (),
    tolerance: float = TOLERANCE,
    pairs: int = PAIRS,
    isa: str | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> dict[str, Any]:
    """The working tree of `repo` against one of its revisions; the report, with `passed`.

    names: the cases of the file to run, default all. tolerance: 0.05 allows 5 % more time. pairs: of fresh processes a
    case. Raises `NothingToCompare` without a checkout or for a revision that is not there, does not build or runs no
    case, `NotFound` for a case that is not there, `BuildError` if this tree does not build, `InvalidInput` for numbers
    out of range.
    """
    known = case_names(cases)
    if missing := [name for name in names if name not in known]:
        raise NotFound(f"there is no case {missing[0]!r}; known: {', '.join(known)}")
    if not 0 < tolerance < 10:
        raise InvalidInput(f"the tolerance must be above 0 and below 10, got {tolerance}")
    if pairs < FEWEST_PAIRS:
        raise InvalidInput(f"{pairs} pairs are too few for a verdict: take {FEWEST_PAIRS} or more")
    try:
        top = checkout(repo)
        commit = resolve(top, revision)
    except NotFound as error:
        raise NothingToCompare(f"nothing to compare with: {error}") from None
    core = max(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="assay-gate-") as stage:
        ours = Contender("this tree", stage_tree(top, Path(stage), say))
        try:
            theirs = Contender(revision, stage_revision(top, commit, Path(stage), say))
        except BuildError as error:
            raise NothingToCompare(f"nothing to compare with: {revision} ({commit[:12]}): {error}") from None
        outcomes = [
            compare(ours, theirs, cases, name, tolerance=tolerance, pairs=pairs, core=core, isa=isa, say=say)
            for name in names or known
        ]
    if all(outcome.verdict is Verdict.NOT_COMPARABLE for outcome in outcomes):
        raise NothingToCompare(f"nothing to compare with: {revision} runs no case: {outcomes[0].why}")
    return {
        "against": revision,
        "commit": commit,
        "tolerance": tolerance,
        "pairs": pairs,
        "core": core,
        "cases": [asdict(outcome) for outcome in outcomes],
        "passed": all(outcome.passed for outcome in outcomes),
    }


def compare(
    ours: Contender,
    theirs: Contender,
    cases: Path,
    case: str,
    *,
    tolerance: float,
    pairs: int,
    core: int,
    isa: str | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> Outcome:
    """One case. A regression must show twice, in two sets of pairs: both lower bounds beyond the tolerance."""
    say(f"{case}: {pairs} pairs of processes on core {core}")
    try:
        first = _measure(ours, theirs, cases, case, tolerance, pairs, core, isa)
        if first.verdict is not Verdict.SLOWER:
            return first
        say(f"{case}: {first.ratio:.3f} times the time; once more")
        second = _measure(ours, theirs, cases, case, tolerance, pairs, core, isa)
    except WorkerError as error:
        return Outcome(case, Verdict.FAILED if error.contender is ours else Verdict.NOT_COMPARABLE, why=str(error))
    return second


def _measure(
    ours: Contender,
    theirs: Contender,
    cases: Path,
    case: str,
    tolerance: float,
    pairs: int,
    core: int,
    isa: str | None,
) -> Outcome:
    ratios = race(ours, theirs, cases, case, pairs=pairs, core=core, isa=isa)
    of = bounds(ratios)
    return Outcome(case, verdict(of, tolerance), of.median, of.low, of.high, tuple(ratios))


def describe(report: Mapping[str, Any]) -> str:
    """The report in lines for people."""
    lines = []
    for row in report["cases"]:
        said = f"{row['case']}: {row['verdict']}"
        if row["ratio"] is not None:
            said += f", {row['ratio']:.3f} times the time of {report['against']}"
            said += f" ({row['low']:.3f} to {row['high']:.3f} with 98 % confidence)"
        lines.append(f"{said}: {row['why']}" if row["why"] else said)
    if report.get("why"):
        lines.append(report["why"])
    lines.append(
        "gate passed" if report["passed"] else "gate FAILED: slower than the tolerance allows, or not runnable"
    )
    return "\n".join(lines)
