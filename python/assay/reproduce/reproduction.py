"""What the reproduction of one published table or figure gives: rows, what differs, and how to draw them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from assay.core.progress import SILENT, Progress

__all__ = ["Chart", "Options", "Reproduction", "Row"]

Row: TypeAlias = Mapping[str, str | int | float | None]


@dataclass(frozen=True, slots=True)
class Options:
    """How to run a reproduction. Each takes what concerns it, and refuses a value that it has no use for.

    Attributes:
        backend: the ledger: "embedded", "etcd" (a cluster of its own), or the URL of an etcd; None: the default.
        progress: told how far it is.
    """

    backend: str | None = None
    progress: Progress = SILENT


@dataclass(frozen=True, slots=True)
class Chart:
    """A line for each value of column `by`, `y` over `x`, and the published line beside them; both axes logarithmic.

    `x_label` and `y_label` name the quantities with their units.
    """

    x: str
    y: str
    by: str
    published: str
    x_label: str
    y_label: str


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Our figures beside the published ones.

    Attributes:
        id: names the table: number of the paper, table or figure, number.
        title: what the table shows, and where it was published.
        rows: one mapping a row, all with the same keys in the same order; times in seconds.
        derived: one mapping a row of further columns to print, such as a ratio to what was published.
        differences: what differs from the setting of the paper, a sentence each.
        chart: how to draw the rows.
    """

    id: str
    title: str
    rows: Sequence[Row]
    derived: Sequence[Row]
    differences: Sequence[str]
    chart: Chart

    def to_json(self) -> dict[str, Any]:
        """The object of `assay reproduce ID --json`."""
        return {"id": self.id, "title": self.title, "rows": [dict(row) for row in self.rows]}

    def write_csv(self, path: Path) -> None:
        """Write the rows, under a line with the names of the columns."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)
