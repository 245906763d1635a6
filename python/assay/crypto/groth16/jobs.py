"""Progress of native jobs, told to a `Progress`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assay.core.progress import Progress

__all__ = ["native_progress"]


@contextmanager
def native_progress(progress: Progress, label: str) -> Iterator[Callable[[str, int, int], None]]:
    """A callback (stage, done, total) for the kernels; each stage becomes a task of `progress`."""
    stage: list[tuple[str, int]] = []
    with progress.task(label) as task:

        def report(name: str, done: int, total: int) -> None:
            last = stage[-1][1] if stage and stage[-1][0] == name else 0
            task.describe(f"{label}: {name} {done}/{total}")
            task.advance(max(0, done - last))
            stage[:] = [(name, done)]

        yield report
