"""Watching a batch: how many are done and how they came out, the throughput, and when it ends."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TextIO

from rich.text import Text

from agent.events import Event, Finished, Notice, Progressed, Sink, Streamed
from agent.text import counted, duration, joined, one_line
from agent.view.animation import Animation, movable
from agent.view.fold import State, fold
from agent.view.lines import line
from agent.view.screen import MARKS, STATUS_MARKS, STYLES, Screen
from agent.view.terminal import Writer

if TYPE_CHECKING:
    from agent.config import Mode

LATEST = 5
"""Finished problems that the live view keeps in sight."""
NAME = 40
"""Characters of a problem's name that are shown."""
ODD = ("unchecked", "bold")
"""Mark and style of a status that nobody foresaw."""


@dataclass(frozen=True, slots=True)
class Row:
    """A problem in the table. `kind`: the key of its mark; `told`: what it took, or what went wrong."""

    kind: str
    style: str
    name: str
    status: str
    told: str


class BatchView:
    """One bar and the latest results at a terminal; a line for each record elsewhere. A sink of notices and progress."""

    def __init__(
        self,
        mode: "Mode",
        total: int | None,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`total`: problems in all, None while unknown."""
        self._total, self._clock, self._zero = total, clock, clock()
        self._statuses: Counter[str] = Counter()
        self._under_way: dict[object, State] = {}
        self._before = self._tokens = 0
        self._latest: deque[Row] = deque(maxlen=LATEST)
        self._notices: list[str] = []
        self._state = State()
        self._lock = threading.Lock()
        self._write = Writer(stream) if mode != "quiet" else None
        live = mode in ("auto", "live") and movable(stream)
        self._animation = Animation(stream, self._frame) if live else None

    def expect(self, total: int, before: Mapping[str, int]) -> None:
        """What is known once the file is read: how many problems there are, and what became of those done by an earlier run."""
        with self._lock:
            self._total = total
            self._statuses.update(before)
            self._before += sum(before.values())
            self._zero = self._clock()

    def follow(self, name: object) -> Sink:
        """A sink for the events of one problem: while it is under way it has a row in the table."""

        def heard(event: Event) -> None:
            if isinstance(event, Streamed):
                return
            with self._lock:
                if isinstance(event, Finished):
                    self._under_way.pop(name, None)
                else:
                    self._under_way[name] = fold(self._under_way.get(name, State()), event)

        return heard if self._animation else lambda event: None

    def advance(self, status: str, record: Mapping[str, Any] | None = None, generated: int | None = None) -> None:
        """One more problem is finished; without a `record` (as `result_record` makes it) an earlier run has done it.

        `generated`: the tokens that were generated for it alone, where others share the record's.
        """
        with self._lock:
            self._statuses[status] += 1
            if record is None:
                self._before += 1
                return
            self._tokens += record["tokens"]["generated"] if generated is None else generated
            row = record_row(status, record)
            self._latest.append(row)
        self._say(f"{self._count} {table([row])[0].plain}")

    def __call__(self, event: Event) -> None:
        """Notices, and the progress of what comes before the first problem. What single runs say is not shown."""
        with self._lock:
            if isinstance(event, Progressed | Finished):
                self._state = fold(self._state, event)
            if isinstance(event, Progressed) and self._done == self._before:
                self._zero = self._clock()  # what comes before the first problem is no time of solving
            if isinstance(event, Notice):
                self._notices.append(event.text)
        if isinstance(event, Notice):
            self._say(f"note: {event.text}")

    def __enter__(self) -> Self:
        if self._animation:
            self._animation.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._animation:
            self._animation.stop()
        if self._write:
            self._write(f"{self.summary}\n")

    @property
    def summary(self) -> str:
        """`20 of 20 problems · 17 verified, 3 failed · 31 tokens/s · 214 s`."""
        statuses = ", ".join(f"{number:,} {status}" for status, number in self._in_order())
        earlier = f"{self._before:,} of them before" if self._before else ""
        return joined((f"{self._count} problems", statuses, earlier, self._rate, duration(self._elapsed)))

    @property
    def _done(self) -> int:
        return self._statuses.total()

    @property
    def _elapsed(self) -> float:
        return self._clock() - self._zero

    @property
    def _count(self) -> str:
        return f"{self._done:,}" if self._total is None else f"{self._done:,} of {self._total:,}"

    @property
    def _rate(self) -> str:
        return f"{self._tokens / self._elapsed:.0f} tokens/s" if self._elapsed > 0 and self._tokens else ""

    @property
    def _left(self) -> str:
        """An estimate from the mean of this run."""
        now = self._done - self._before
        if not now or self._total is None or self._done >= self._total:
            return ""
        return f"about {duration(self._elapsed / now * (self._total - self._done))} left"

    def _in_order(self) -> list[tuple[str, int]]:
        order = list(STATUS_MARKS)
        return sorted(self._statuses.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))

    def _say(self, text: str) -> None:
        if self._write and self._animation is None:
            self._write(line(self._elapsed, text) + "\n")

    def _frame(self, screen: Screen, width: int, height: int) -> tuple[list[Text], list[Text]]:
        with self._lock:
            notices, self._notices = self._notices, []
            above = [text for notice in notices for text in screen.notice(notice, width)]
            counts = [_count_of(status, number) for status, number in self._in_order()]
            bar = [screen.bar(self._done, self._total, max(10, min(40, width - 40)))] if self._total else []
            told = [Text(self._count), Text(joined((self._left, self._rate)), "dim")]
            under_way = screen.panel(self._state, width, height, 0.0)
            rows = [*self._latest, *(under_way_row(name, state) for name, state in self._under_way.items())]
            pinned = [*table(rows), Text(), *under_way, Text("  ").join([*bar, *told]), Text("  ").join(counts)]
        return above, pinned[-height:]


def under_way_row(name: object, state: State) -> Row:
    """A problem that is being solved: its latest attempt, and what it has taken so far."""
    latest = [attempt.strategy for attempt in state.attempts.values()][-1:]
    tokens = counted(state.spent.tokens.generated, "token")
    told = joined((*latest, counted(len(state.attempts), "attempt"), f"{state.spent.seconds:.0f} s", tokens))
    return Row("thinking", STYLES["thinking"], one_line(str(name), NAME), "solving", one_line(told))


def record_row(status: str, record: Mapping[str, Any]) -> Row:
    """One finished problem."""
    kind, style = STATUS_MARKS.get(status, ODD)
    effort = joined((counted(record["attempts"], "attempt"), f"{record['seconds']['total']:.1f} s"))
    told = record.get("error") or joined((record.get("arm") or "", record.get("strategy") or "", effort))
    return Row(kind, style, one_line(str(record.get("id")), NAME), status, one_line(told))


def table(rows: Sequence[Row]) -> list[Text]:
    """One line each; names and statuses are columns."""
    names = max((Text(row.name).cell_len for row in rows), default=0)
    statuses = max((Text(row.status).cell_len for row in rows), default=0)
    lines: list[Text] = []
    for row in rows:
        name, status = Text(row.name), Text(row.status)
        name.truncate(names, pad=True)
        status.truncate(statuses, pad=True)
        lines.append(Text.assemble((f"{MARKS[row.kind]} ", row.style), name, "  ", status, "  ", (row.told, "dim")))
    return lines


def _count_of(status: str, number: int) -> Text:
    kind, style = STATUS_MARKS.get(status, ODD)
    return Text(f"{MARKS[kind]} {number:,} {status}", style)
