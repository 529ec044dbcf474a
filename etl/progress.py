"""Progress of long work: stage, rows, time left; silent unless someone watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Something that shows how far a stage has come."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Begin a stage of `total` steps (rows, files, cells), unknown when None."""

    def advance(self, n: int = 1) -> None:
        """Report `n` more steps done."""


class Silent:
    """Progress that nobody watches."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Ignore the stage."""

    def advance(self, n: int = 1) -> None:
        """Ignore the steps."""


class Bar:
    """A bar on a terminal: stage, bar, rows, elapsed and remaining time."""

    def __init__(self, bar: object) -> None:
        self._bar = bar
        self._task: object = None

    def start(self, stage: str, total: int | None = None) -> None:
        """Finish the stage before and begin the next."""
        self._finish()
        self._task = self._bar.add_task(stage, total=total)  # type: ignore[attr-defined]

    def advance(self, n: int = 1) -> None:
        """Move the bar by `n` steps."""
        self._bar.advance(self._task, n)  # type: ignore[attr-defined]

    def _finish(self) -> None:
        if self._task is not None:
            task = self._bar.tasks[-1]  # type: ignore[attr-defined]
            total = task.total if task.total is not None else max(task.completed, 1)
            self._bar.update(self._task, total=total, completed=total)  # type: ignore[attr-defined]


@contextmanager
def watched(show: bool = True) -> Iterator[Progress]:
    """Give a progress bar on the error stream, or silence when `show` is false."""
    if not show:
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True)) as bar:
        shown = Bar(bar)
        yield shown
        shown._finish()
