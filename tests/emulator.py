"""A small terminal, so that tests assert what stands on the screen. It raises on every sequence it does not know."""

import fcntl
import io
import os
import pty
import re
import struct
import termios
import threading
from typing import TextIO

from rich.cells import cell_len

SEQUENCE = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])")


class Emulator:
    """Rows of cells with a scrollback; `text` is everything that was ever scrolled away, then the screen."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.history: list[str] = []
        self.screen: list[list[str]] = [[] for _ in range(rows)]
        self.row = self.column = 0
        self.modes: dict[str, bool] = {}

    @property
    def text(self) -> str:
        lines = [*self.history, *("".join(cells).rstrip() for cells in self.screen)]
        return "\n".join(lines).rstrip("\n") + "\n"

    def feed(self, text: str) -> None:
        position = 0
        while position < len(text):
            if text[position] == "\x1b":
                match = SEQUENCE.match(text, position)
                assert match, f"unknown sequence {text[position : position + 12]!r}"
                self._obey(match[1], match[2])
                position = match.end()
            else:
                self._put(text[position])
                position += 1

    def _obey(self, parameter: str, command: str) -> None:
        if command == "A":
            self.row = max(0, self.row - int(parameter or 1))
        elif command == "K":
            assert parameter == "2"
            self.screen[self.row] = []
        elif command == "J":
            assert parameter == ""
            del self.screen[self.row][self.column :]
            self.screen[self.row + 1 :] = [[] for _ in self.screen[self.row + 1 :]]
        elif parameter.startswith("?") and command in "hl":
            self.modes[parameter[1:]] = command == "h"
        else:
            assert command == "m", f"unknown sequence {parameter}{command}"

    def _put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._down()
        else:
            assert character.isprintable() or character == "\u200d", f"control character {character!r} reached the terminal"
            self._print(character)

    def _print(self, character: str) -> None:
        width, line = cell_len(character), self.screen[self.row]
        if self.column + width > self.columns:
            if not self.modes.get("7", True):
                return
            self.column = 0
            self._down()
            line = self.screen[self.row]
        line.extend(" " * (self.column - len(line)))
        line[self.column : self.column + width] = [character, *[""] * (width - 1)]
        if width == 0 and self.column:
            line[self.column - 1 : self.column + 1] = ["".join(line[self.column - 1 : self.column + 1])]
        self.column += width

    def _down(self) -> None:
        if self.row < self.rows - 1:
            self.row += 1
            return
        self.history.append("".join(self.screen.pop(0)).rstrip())
        self.screen.append([])


class Pty:
    """A real pseudo-terminal of a given size whose other end is an `Emulator`: `with Pty(80, 24) as stream`, then `.shown`."""

    def __init__(self, columns: int, rows: int) -> None:
        self.emulator = Emulator(columns, rows)
        self._data = b""
        self._fault: BaseException | None = None
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.stream: TextIO = io.TextIOWrapper(os.fdopen(slave, "wb"), encoding="utf-8", write_through=True)
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> TextIO:
        self._reader.start()
        return self.stream

    def __exit__(self, *exc: object) -> None:
        self.stream.close()
        self._reader.join()
        os.close(self._master)
        if self._fault:
            raise self._fault

    @property
    def shown(self) -> str:
        return self.emulator.text

    @property
    def raw(self) -> str:
        """All that was written so far, but for a character that is not whole yet."""
        return self._data.decode("utf-8", "ignore")

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._master, 65536)
            except OSError:
                break
            if not chunk:
                break
            self._data += chunk
        try:
            self.emulator.feed(self._data.decode())
        except BaseException as fault:
            self._fault = fault
