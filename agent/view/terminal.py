"""A terminal with a few lines pinned under its scrollback.

Between two frames the terminal is in no special state: the cursor is shown, lines wrap, nothing is switched off. So
nothing has to be restored after an exception, a signal or a kill. Each frame is one write.
"""

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from agent.output import silence

CLEAR_LINE = "\x1b[2K"
"""The whole of it, before it is written: tmux remembers the length of a line that is only cleared from where it now ends, and
folds the line by that length when the terminal becomes narrower."""
CLEAR_BELOW = "\x1b[J"
CLEAR_SHORTER = CLEAR_LINE + "\n" + CLEAR_BELOW + "\x1b[A"
"""Never clears from the top left corner: tmux would push the old frame into its history."""
BEGIN = "\x1b[?2026h\x1b[?25l"
"""Begin a synchronised update (terminals that cannot ignore it), hide the cursor."""
END = "\x1b[?25h\x1b[?2026l"
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"


def conversing() -> TextIO:
    """Where a session talks: standard error, or standard output where only that is a terminal."""
    return sys.stdout if sys.stdout.isatty() and not sys.stderr.isatty() else sys.stderr


class Writer:
    """A text stream that goes quietly deaf when nobody reads it any more: showing must never end a solve."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._deaf = False

    def __call__(self, text: str) -> None:
        if self._deaf or not text:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):
            self._deaf = True
            silence(self.stream)


class Terminal:
    """Writes finished lines once, above pinned ones that are rewritten in place. One thread at a time."""

    def __init__(self, stream: TextIO) -> None:
        self.writer = Writer(stream)
        self._pinned: list[str] = []
        self._widths: list[int] = []
        self._columns = 0

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, asked anew each time."""
        try:
            columns, rows = os.get_terminal_size(self.writer.stream.fileno())
        except (OSError, ValueError):
            columns, rows = 0, 0
        return columns or 80, rows or 24

    def show(self, above: str, pinned: Sequence[tuple[str, int]]) -> None:
        """Adds `above` (whole lines) to the scrollback and replaces the pinned lines, each given with its width in cells.

        A terminal that became narrower has folded the wider pinned lines into several rows: all of them are taken back.
        """
        lines = [text for text, _ in pinned]
        if not above and lines == self._pinned:
            return
        body = (above + NO_WRAP + "".join(text + "\n" for text in lines) + WRAP) if lines else above
        frame = "".join(f"{CLEAR_LINE}{line}\r\n" for line in body.split("\n")[:-1]) + body.rpartition("\n")[2]
        columns, _ = self.size
        before = sum(max(1, -(-width // columns)) for width in self._widths)
        back = f"\r\x1b[{before}A" if before else "\r"
        shorter = frame.count("\n") < before
        resized = CLEAR_BELOW if self._columns not in (0, columns) else ""
        self.writer(BEGIN + back + resized + frame + (CLEAR_SHORTER if shorter else CLEAR_BELOW) + END)
        self._columns = columns
        self._pinned, self._widths = lines, [width for _, width in pinned]
