"""Keys pressed while the model thinks. The terminal is as it was before whenever nobody listens."""

import os
import select
import sys
import termios
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

PAUSING = (b"\x1b", b"p", b"P")
"""Escape alone (arrows and other keys begin with it, too), or the letter."""


class Keys:
    """Listens to the terminal from a thread between `start` and `stop`, without echo and without waiting for Enter.

    Ctrl-C stays a signal. Suspending (Ctrl-Z) is off meanwhile: the shell would find a terminal without echo.
    """

    def __init__(self, pause: Callable[[], None]) -> None:
        self._pause = pause
        self._descriptor = sys.stdin.fileno()
        self._before: list[Any] | None = None
        self._thread: threading.Thread | None = None
        self._woken, self._wake = -1, -1

    @contextmanager
    def listened(self) -> Generator[None]:
        self.start()
        try:
            yield
        finally:
            self.stop()

    @contextmanager
    def silent(self) -> Generator[None]:
        """The terminal is somebody else's meanwhile."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def start(self) -> None:
        try:
            before: list[Any] = termios.tcgetattr(self._descriptor)
        except termios.error:
            return  # no terminal, no keys
        characters = list(before[6])
        characters[termios.VMIN], characters[termios.VTIME], characters[termios.VSUSP] = 1, 0, b"\0"
        local = before[3] & ~(termios.ICANON | termios.ECHO)
        self._before = before
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, [*before[:3], local, *before[4:6], characters])
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="keys", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._before is None or self._thread is None:
            return
        os.write(self._wake, b"x")
        self._thread.join()
        os.close(self._wake)
        os.close(self._woken)
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
        self._before = self._thread = None

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select([self._descriptor, self._woken], [], [])
            if self._woken in ready:
                return
            try:
                pressed = os.read(self._descriptor, 1024)
            except OSError:
                return  # the terminal is gone
            if not pressed:
                return
            if pressed in PAUSING:
                self._pause()
