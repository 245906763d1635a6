"""The plot of a reproduction: our lines, and the published one dashed beside them. Needs matplotlib (extra `ml`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from assay.core.errors import DependencyMissing
from assay.reproduce.reproduction import Chart, Reproduction

__all__ = ["draw", "require_matplotlib"]

_COLOURS: Final = ("#3b6ea5", "#1b7837", "#e08214", "#7b3294", "#c0392b")


def require_matplotlib() -> None:
    """Raise `DependencyMissing` before a long measurement whose plot could not be drawn."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise DependencyMissing.of("matplotlib", extra="ml") from None


def draw(path: Path, reproduction: Reproduction) -> None:
    """Write the plot as a PNG."""
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullLocator

    chart: Chart = reproduction.chart
    rows: list[Mapping[str, Any]] = list(reproduction.rows)
    # A figure of its own, not pyplot: no global state, no display, safe in a thread.
    figure = Figure(figsize=(8, 4.8), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for position, name in enumerate(dict.fromkeys(row[chart.by] for row in rows)):
        line = [row for row in rows if row[chart.by] == name]
        colour = _COLOURS[position % len(_COLOURS)]
        axes.plot(
            [row[chart.x] for row in line], [row[chart.y] for row in line], marker="o", color=colour,
            label=f"{chart.by} {name}",
        )  # fmt: skip
    known = {row[chart.x]: row[chart.published] for row in rows if row[chart.published] is not None}
    axes.plot(
        list(known), list(known.values()), marker="s", color="#444444", linestyle=(0, (5, 3)), label="published"
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(list(dict.fromkeys(row[chart.x] for row in rows)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    axes.set_title(f"{reproduction.id}: {reproduction.title}", loc="left", fontsize=9, wrap=True)
    axes.grid(color="#dddddd", linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(fontsize=9, framealpha=0.9, edgecolor="none")
    figure.savefig(path, format="png", metadata={"Software": "assay"})
