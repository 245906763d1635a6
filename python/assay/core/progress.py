"""How long jobs tell how far they are.

A job that may take longer than two seconds accepts `progress: Progress = SILENT` and reports like this:

    with progress.task("proving", total=len(batches)) as task:
        for batch in batches:
            ...
            task.advance()

The command line passes `RichProgress()`, which draws bars for what takes longer than its delay. A callback
that raises (`CancelledError`, `KeyboardInterrupt`) stops the job at its next report.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["SILENT", "Progress", "RichProgress", "Task", "native_progress"]


class Task(Protocol):
    """One job of a known or unknown number of steps."""

    def advance(self, steps: int = 1) -> None:
        """Report that `steps` more steps are done."""

    def describe(self, label: str) -> None:
        """Replace the label, for a job that goes through named stages."""


class Progress(Protocol):
    """Where jobs report; the default `SILENT` ignores it all."""

    def task(self, label: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Open a job of `total` steps (None when nobody knows); closing the context ends it."""


class _SilentTask:
    def advance(self, steps: int = 1) -> None:
        pass

    def describe(self, label: str) -> None:
        pass


class _Silent:
    @contextmanager
    def task(self, label: str, total: int | None = None) -> Iterator[Task]:
        yield _SilentTask()


SILENT: Progress = _Silent()


@contextmanager
def native_progress(progress: Progress, label: str) -> Iterator[Callable[[str, int, int], None]]:
    """One task of `progress` for a kernel: a callback (stage, done, total), steps counted from 0 in each stage."""
    stage, reported = "", 0
    with progress.task(label) as task:

        def report(name: str, done: int, total: int) -> None:
            nonlocal stage, reported
            if name != stage:
                stage, reported = name, 0
            task.describe(f"{label}: {name} {done}/{total}")
            task.advance(max(0, done - reported))
            reported = done

        yield report


class _RichTask:
    def __init__(self, display: Any, identifier: Any) -> None:
        self._display = display
        self._id = identifier

    def advance(self, steps: int = 1) -> None:
        self._display.advance(self._id, steps)

    def describe(self, label: str) -> None:
        self._display.update(self._id, description=label)


class RichProgress:
    """Progress bars on standard error, drawn once a job has run for `delay` seconds.

    Use it as a context manager around everything that reports. Thread-safe.
    """

    def __init__(self, delay: float = 2.0) -> None:
        from rich import progress
        from rich.console import Console

        self._display = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._timer = threading.Timer(delay, self._start)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._closed = self._started = False

    def _start(self) -> None:
        with self._lock:
            if not self._closed:
                self._started = True
                self._display.start()

    def __enter__(self) -> RichProgress:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._closed = True
            if self._started:
                self._display.stop()

    @contextmanager
    def task(self, label: str, total: int | None = None) -> Iterator[Task]:
        """Open a job; its bar goes away when the context closes."""
        identifier = self._display.add_task(label, total=total)
        try:
            yield _RichTask(self._display, identifier)
        finally:
            self._display.remove_task(identifier)
