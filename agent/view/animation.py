"""Drawing again and again: a thread that keeps a few pinned lines current under what is finished."""

import os
import threading
from collections.abc import Callable
from typing import TextIO

from rich.text import Text

from agent.view.screen import Screen
from agent.view.terminal import Terminal

PANEL = 14
"""Rows of the pinned lines."""
FRAME = 1 / 8
"""Seconds between two frames."""


class Animation:
    """Draws frames from a thread of its own, at most eight a second, from `start` to `stop`.

    `frame(width, height)` gives the lines that are finished since the last frame, and those to be pinned under them.
    """

    def __init__(self, stream: TextIO, frame: Callable[[Screen, int, int], tuple[list[Text], list[Text]]]) -> None:
        self._screen, self._terminal, self._frame = Screen(stream), Terminal(stream), frame
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """May be called again after `stop`."""
        self._over.clear()
        self._thread = threading.Thread(target=self._draw_on, name="view", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The last finished lines are drawn, the pinned ones go."""
        self._over.set()
        if self._thread:
            self._thread.join()
        self.draw()

    def draw(self) -> None:
        """One frame, now."""
        with self._lock:
            columns, rows = self._terminal.size
            width = columns - 1
            above, pinned = self._frame(self._screen, width, panel_height(rows))
            pinned = [] if self._over.is_set() else pinned
            self._terminal.show(self._screen.drawn(above, width), self._screen.pinned(pinned, width))

    def _draw_on(self) -> None:
        while not self._over.wait(FRAME):
            self.draw()


def panel_height(rows: int) -> int:
    """Small, so that the blocks above stay in sight; never more than all but one row of the terminal."""
    return max(1, min(rows - 1, max(12, rows // 2), PANEL))


def movable(stream: TextIO) -> bool:
    """Whether `stream` is a terminal on which lines can be rewritten."""
    try:
        return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")
    except ValueError:
        return False
