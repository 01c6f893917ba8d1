"""Watching a solve: a view is a sink of events and a context manager. Live panel, plain lines, or nothing at all."""

import math
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Self, TextIO

from rich.console import Console
from rich.text import Text

from agent.events import Closed, Event, Finished, Judged, Moved, Notice, Progressed, Spent, Started
from agent.view.animation import Animation, movable
from agent.view.fold import State, fold
from agent.view.lines import line, progress, said
from agent.view.screen import Lines, Screen, exported
from agent.view.terminal import Terminal, Writer, conversing

if TYPE_CHECKING:
    from agent.config import Mode

PATIENCE = 2.0
"""Seconds between two plain lines about the same progress; what is over sooner is not mentioned."""


class View:
    """Shows nothing, but keeps the state. It may serve several runs one after the other: `Started` begins anew."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = State()
        self._clock = clock
        self._zero = clock()
        self._recorded: float | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._zero = self._clock()
        if isinstance(event, Spent):
            self._zero = self._clock() - event.seconds  # the run's own clock stands still in a pause
        self.state = fold(replace(self.state, now=self.elapsed), event)

    def take_up(self, state: State) -> None:
        """Goes on from the state in which a finished run was left."""
        self._zero = self._clock() - state.spent.seconds
        self.state = replace(state, result=None)

    @contextmanager
    def hidden(self) -> Generator[None]:
        """Nothing moves on the screen meanwhile; what is finished is still shown."""
        yield

    @property
    def elapsed(self) -> float:
        """Seconds since the run started; while a trace is replayed, those of the record."""
        return self._clock() - self._zero if self._recorded is None else self._recorded

    def at(self, seconds: float | None) -> None:
        """The recorded time of the events that follow; None: they happen now."""
        self._recorded = seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return


class PlainView(View):
    """One line for each event of interest."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._write = Writer(stream)
        self._told: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        lines = self._progress(event) if isinstance(event, Progressed) else said(self.state, event)
        self._write("".join(f"{line(self.elapsed, text)}\n" for text in lines))

    def _progress(self, event: Progressed) -> list[str]:
        now = self._clock() if self._recorded is None else self._recorded
        last = self._told.setdefault(event.what, now)
        if now - last < PATIENCE:
            return []
        self._told[event.what] = now
        return [progress(event)]


class LiveView(View):
    """Finished attempts go to the scrollback once; a small panel under them shows what is under way.

    What stays is drawn at once, so that it never comes after what the caller writes next; the panel waits for its frame.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._lock = threading.Lock()
        self._finished: list[tuple[State, Event]] = []
        self._animation = Animation(stream, self._frame)

    def __call__(self, event: Event) -> None:
        with self._lock:
            super().__call__(event)
            lasting = isinstance(event, Started | Notice | Moved | Judged | Closed | Finished)
            if lasting:
                self._finished.append((self.state, event))
        if lasting:
            self.draw()

    def draw(self) -> None:
        """Shows the state as it is, without waiting for the next frame."""
        self._animation.draw()

    @contextmanager
    def hidden(self) -> Generator[None]:
        self._animation.stop()
        try:
            yield
        finally:
            self._animation.start()

    def __enter__(self) -> Self:
        self._animation.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._animation.stop()

    def _frame(self, screen: Screen, width: int, height: int) -> tuple[list[Text], list[Text]]:
        with self._lock:
            state, elapsed, finished = self.state, self.elapsed, self._finished
            self._finished = []
        above = [text for then, event in finished for text in screen.said(then, event, width)]
        return above, screen.panel(state, width, height, elapsed)


def open_view(mode: "Mode" = "auto", stream: TextIO | None = None) -> View:
    """The view that suits `stream` (standard error): live only where a cursor can be moved."""
    out: TextIO | None = stream or sys.stderr
    if mode == "quiet" or out is None:
        return View()
    return PlainView(out) if mode == "plain" or not movable(out) else LiveView(out)


def show(render: Lines, stream: TextIO | None = None) -> None:
    """Writes lines once, as wide as `stream` (where a session talks) is: what a session's commands answer."""
    terminal = Terminal(stream or conversing())
    out, width = terminal.writer.stream, terminal.size[0] - 1
    screen = Screen(out) if movable(out) else Screen(console=Console(file=StringIO(), color_system=None))
    terminal.writer(screen.drawn(render(screen, width), width))


def replay(events: Iterable[tuple[float, Event]], view: View, speed: float = math.inf) -> None:
    """Plays a recorded run through `view`; `speed` 1 is as it was, 2 twice as fast, infinite without a pause."""
    before = None
    for at, event in events:
        if before is not None and math.isfinite(speed) and speed > 0 and at > before:
            time.sleep((at - before) / speed)
        view.at(at)
        view(event)
        before = at
    view.at(None)


def record_svg(events: Iterable[Event], width: int = 100) -> str:
    """What a run left on a terminal of `width` columns, as one SVG image that loads nothing from elsewhere."""
    console = Console(file=StringIO(), record=True, force_terminal=True, color_system="truecolor", width=width)
    screen = Screen(console=console)
    state = State()
    for event in events:
        state = fold(state, event)
        lines = screen.said(state, event, width)
        if isinstance(event, Finished) and len(state.attempts) > 1:
            lines = [Text(), *screen.tree(state, width, 24), *lines]
        for text in lines:
            console.print(text)
    return exported(console)
