"""Progress of long work in a terminal: what, how much, how fast, how long still. Shown only where a person looks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text as RichText

from huitong.app import Progress as Report
from huitong.cli.words import WORDS
from huitong.kernel import Language


class _Rate(ProgressColumn):
    """Rows per second, with thousands separators."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._unit = WORDS["rows_s"][language]

    def render(self, task: Task) -> RichText:
        """The rate of one bar."""
        if not task.speed or not task.total or task.total < 1_000:
            return RichText("")
        return RichText(f"{task.speed:,.0f} {self._unit}", style="dim")


@contextmanager
def shown_progress(console: Console, language: Language) -> Iterator[Report]:
    """A function that draws bars as work reports its stages: ``report(stage, done, total)``."""
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.completed:,.0f}", justify="right"),
        _Rate(language),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, transient=False) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(WORDS[stage][language], total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


PLAIN_EVERY_S = 5.0
"""Seconds between two lines of progress where there is no terminal to draw bars on."""


def plain_progress(write: Callable[[str], None], language: Language, clock_s: Callable[[], float] = time.monotonic) -> Report:
    """A function that writes a line as a stage of work begins, and now and then in it: what, how much, how fast, how long still.

    Args:
        write: Writes one line.
        language: Of the words.
        clock_s: Tells seconds.
    """
    begun: dict[str, tuple[int, float]] = {}
    last: dict[str, int] = {}
    said_s = clock_s()

    def report(stage: str, done: int, total: int | None) -> None:
        nonlocal said_s
        now_s = clock_s()
        begins = done < last.get(stage, done + 1)  # for the first time, or again
        last[stage] = done
        if begins:
            begun[stage] = done, now_s
            if done != total:  # what takes long before its first step would look like nothing at all
                said_s = now_s
                write(f"{WORDS[stage][language]} …")
        first, first_s = begun[stage]
        work, since_s = done - first, now_s - first_s
        if now_s - said_s < PLAIN_EVERY_S or not work or not since_s or done == total:
            return
        said_s = now_s
        line = f"{WORDS[stage][language]} {done:,}" + (f" / {total:,}" if total else "") + f" · {work / since_s:,.0f}/s"
        if total:
            line += f" · {WORDS['left'][language]} {since_s * (total - done) / work:,.0f} s"
        write(line)

    return report
