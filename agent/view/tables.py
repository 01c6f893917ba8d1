"""What the listing commands show: tables, past runs, marked lines."""

import os
import sys
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import Literal, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.events import Event
from agent.output import write_out
from agent.store.store import RunDetails, RunSummary
from agent.text import clean, counted, one_line
from agent.view.fold import folded
from agent.view.screen import MARKS, STATUS_MARKS, Screen
from agent.view.terminal import Writer
from prompts import StrategyPrompt

Mark = Literal["ok", "warn", "fail"]
MARKED: dict[Mark, tuple[str, str]] = {
    "ok": (MARKS["passed"], "green"),
    "warn": (MARKS["unchecked"], "yellow"),
    "fail": (MARKS["failed"], "red"),
}
PIPE_WIDTH = 1_000
"""Columns where no terminal bounds them: a pipe gets whole lines."""

RUNS = ("run", "started", "status", "seconds", "attempts", "model", "problem")
SPARED = ("model", "started", "attempts", "seconds")
"""Columns that a narrow terminal does without, this one first; a run's name says when it began."""
PROBLEM = 20
"""Cells that are left for a problem."""


def show_table(
    title: str | None,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    stream: TextIO,
    whole: Collection[str] = (),
) -> None:
    """Columns as wide as their cells; at a terminal the widest ones that need not stay `whole` are folded to its width."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in whole)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(one_line(cell)) for cell in row))
    _write(table, stream)


def show_runs(runs: Iterable[RunSummary], stream: TextIO) -> None:
    """Past runs, as `ponder runs` lists them: names in one piece, for `replay`, and fewer columns where it is narrow."""
    rows: list[tuple[str | Text, ...]] = [
        (
            run.run,
            f"{datetime.fromtimestamp(run.started):%Y-%m-%d %H:%M}",
            Text(run.status or "cut off", STATUS_MARKS[run.status][1] if run.status in STATUS_MARKS else "dim"),
            f"{run.seconds:.1f} s" if run.seconds is not None else "",
            counted(run.attempts, "attempt") if run.attempts is not None else "",
            one_line(run.model or "", 40),
            one_line(run.problem, 60),
        )
        for run in runs
    ]
    cells = {name: [row[place] for row in rows] for place, name in enumerate(RUNS)}
    taken = {name: 2 + max(cell_len(str(cell)) for cell in (name, *column)) for name, column in cells.items()} | {
        "problem": PROBLEM
    }
    width = _console(stream).width
    for name in SPARED:
        if sum(taken[column] for column in cells) > width:
            del cells[name]
    show_table(None, tuple(cells), zip(*cells.values(), strict=True), stream, whole=("run", "status"))


def show_strategies(ways: Iterable[StrategyPrompt], stream: TextIO) -> None:
    """The ways of trying, as `ponder strategies` shows them."""
    show_table(None, ("name", "for", "what it does"), [(way.name, way.kind, way.summary) for way in ways], stream)


def show_run(details: RunDetails, events: Iterable[Event], stream: TextIO) -> None:
    """One past run: what it was run with, its tree, and what it came to."""
    state = folded(events)
    run = details.summary
    given = ", ".join(f"{name}={value}" for name, value in details.settings.items() if value is not None)
    made_with = ", ".join(f"{name} {version}" for name, version in details.versions.items())
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in (
        ("run", run.run),
        ("started", f"{datetime.fromtimestamp(run.started):%Y-%m-%d %H:%M:%S}"),
        ("problem", clean(run.problem.strip())),
        ("model", run.model or ""),
        ("seed", "" if details.seed is None else str(details.seed)),
        ("settings", given),
        ("made with", made_with),
    ):
        if value:
            grid.add_row(name, Text(clean(value)))
    _write(grid, stream)
    console = _console(stream)
    screen = Screen(console=console)
    lines = [Text(), *screen.tree(state, console.width - 1, len(state.attempts)), *screen.closing(state, console.width - 1)]
    _write(Text("\n").join(lines), stream)


def show_finding(mark: Mark, name: str, text: str, stream: TextIO) -> None:
    """A marked line: what `doctor` found, how a sandbox stands or held."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    glyph, style = MARKED[mark]
    grid.add_row(Text(glyph, style), Text(one_line(name), "bold"), Text(clean(text)))
    _write(grid, stream)


def _write(renderable: Table | Text, stream: TextIO) -> None:
    """Drawn by Rich for that stream, but never written by it: it knows neither closed pipes nor full disks as we do."""
    console = _console(stream)
    console.file = drawn = StringIO()
    console.print(renderable)
    write = write_out if stream is sys.stdout else Writer(stream)
    write("".join(line.rstrip() + "\n" for line in drawn.getvalue().splitlines()))


def _console(stream: TextIO) -> Console:
    console = Console(file=stream)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console
