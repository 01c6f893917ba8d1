"""The keys of a session's terminal while no prompt reads them. What is typed meanwhile is there at the next prompt."""

import os
import re
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

ESCAPE, LETTERS = b"\x1b", (b"p", b"P")
"""What pauses: Escape alone, or the letter where nothing was typed before it and nothing follows at once."""
AT_ONCE = 0.3
"""Seconds in which the next letter of a word comes."""
SEQUENCE = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O?.)?", re.DOTALL)
"""Arrows, other keys than characters, a terminal's answers."""


@contextmanager
def unechoed() -> Generator[Callable[[], None]]:
    """Keys come at once, and none is shown but by a prompt. However it ends, the terminal's modes are as they were.

    Ctrl-C stays a signal. Suspending and quitting (Ctrl-Z, Ctrl-\\) are off: the shell would find a terminal without echo.
    What is yielded suspends the program from a prompt, which puts its own modes back: meanwhile they are as they were.
    """
    descriptor = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        yield lambda: None  # no terminal, no modes
        return
    coming, going, control, local, *speeds, characters = before
    coming &= ~termios.ICRNL  # Enter is what a prompt takes for Enter
    local &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
    characters = list(characters)
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    characters[termios.VSUSP] = characters[termios.VQUIT] = b"\0"

    def suspend() -> None:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        os.kill(0, signal.SIGTSTP)

    try:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, [coming, going, control, local, *speeds, characters])
        yield suspend
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


class Keys:
    """Listens to the terminal from a thread while it is entered; what follows the key that pauses is left to the prompt."""

    def __init__(self, pause: Callable[[], None], typed: Callable[[bytes], None]) -> None:
        """`typed` is given, at the end, the characters and controls that were pressed, but the key that paused."""
        self._pause, self._typed = pause, typed
        self._pressed, self._kept = b"", list[bytes]()
        self._descriptor = sys.stdin.fileno()
        self._thread: threading.Thread | None = None
        self._woken, self._wake = -1, -1

    @contextmanager
    def listened(self) -> Generator[None]:
        self._start()
        try:
            yield
        finally:
            self._stop()
            self._typed(b"\r".join([*self._kept, *([self._pressed] if self._pressed else [])]))

    def keep(self, text: str) -> None:
        """As if it had been typed, on a line of its own, before all else: the letter pauses as before."""
        self._kept.append(text.encode("utf-8", "surrogateescape"))

    @contextmanager
    def silent(self) -> Generator[None]:
        """The terminal is somebody else's meanwhile."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        if not os.isatty(self._descriptor):
            return
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="keys", daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        if self._thread is None:
            return
        os.write(self._wake, b"x")
        self._thread.join()
        os.close(self._wake)
        os.close(self._woken)
        self._thread = None

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
            if not pressed.strip(ESCAPE) or (pressed in LETTERS and not self._pressed.strip() and self._alone()):
                self._pause()
                return
            self._pressed += SEQUENCE.sub(b"", pressed)

    def _alone(self) -> bool:
        """Whether what was pressed is no word's beginning."""
        ready, _, _ = select.select([self._descriptor, self._woken], [], [], AT_ONCE)
        return not ready
