"""The chart of the demo: each account's score over its queries, and where it was blocked. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import DependencyMissing, InvalidInput

_THIEVES = ("#c0392b", "#e08214", "#7b3294", "#1b7837")
_HONEST = "#3b6ea5"


@dataclass(frozen=True, slots=True)
class ScoreSeries:
    """One line of the chart.

    Attributes:
        name: how the account is called.
        thief: drawn in a colour of its own if true; honest accounts share one.
        scores: score after each audited query, in the unit of the threshold.
        blocked: whether the last of them blocked the account.
    """

    name: str
    thief: bool
    scores: NDArray[np.float64]
    blocked: bool


def draw_scores(
    path: str | Path,
    series: Sequence[ScoreSeries],
    threshold: float,
    *,
    title: str,
    score_name: str = "score S / h",
) -> None:
    """Write a PNG with one line an account, the threshold, and a cross where an account was blocked.

    The horizontal axis is logarithmic: thieves are stopped within a dozen queries, honest users go on for hundreds.

    Raises:
        InvalidInput: nothing to draw, or a score that is not finite.
        DependencyMissing: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
    except ImportError as error:
        raise DependencyMissing("the chart needs matplotlib; install assay-engine[ml]") from error
    drawn = [line for line in series if line.scores.size]
    if not drawn:
        raise InvalidInput("series holds no score; audit at least one query first")
    for line in drawn:
        if not np.isfinite(line.scores).all():
            raise InvalidInput(f"the scores of {line.name} are not all finite")

    # A figure of its own, not pyplot: no global state, no display, safe in a thread.
    figure = Figure(figsize=(9, 4.8), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    longest = max(line.scores.size for line in drawn)
    highest = max(threshold, *(float(line.scores.max()) for line in drawn))

    axes.axhspan(threshold, 1.5 * highest, color="#c0392b", alpha=0.06, linewidth=0)
    axes.axhline(threshold, color="#444444", linewidth=1.2, linestyle=(0, (5, 3)))
    axes.annotate(
        "blocked from here", (1.0, threshold), (-4, 4), xycoords=("axes fraction", "data"),
        textcoords="offset points", ha="right", va="bottom", fontsize=9, color="#444444",
    )  # fmt: skip
    colours = iter(_THIEVES * (1 + len(drawn) // len(_THIEVES)))
    honest_named = False
    for line in sorted(drawn, key=lambda line: not line.thief):
        queries = np.arange(1, line.scores.size + 1)
        verdict = f"blocked at query {queries[-1]}" if line.blocked else f"not blocked in {queries[-1]} queries"
        label: str | None = f"{line.name}: {verdict}"
        if line.thief:
            style: dict[str, Any] = {"linewidth": 2.0, "marker": "o", "markersize": 3.5, "zorder": 3}
            colour = next(colours)
        else:
            style = {"linewidth": 1.0, "alpha": 0.6, "zorder": 2}
            colour = _HONEST
            if not line.blocked:
                label, honest_named = None if honest_named else "honest users", True
        axes.plot(queries, line.scores, color=colour, label=label, **style)
        if line.blocked:
            end = (queries[-1:], line.scores[-1:])
            axes.plot(*end, color=colour, marker="X", markersize=12, markeredgecolor="white", zorder=4)
    axes.set_xscale("log")
    axes.set_xlim(0.9, max(10.0, 1.15 * longest))
    axes.set_ylim(-0.02 * highest, 1.12 * highest)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("query of the account")
    axes.set_ylabel(score_name)
    axes.set_title(title, loc="left", fontsize=11)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(0.01, 0.82), fontsize=9, framealpha=0.9, edgecolor="none")
    figure.savefig(Path(path), format="png", metadata={"Software": "assay"})
