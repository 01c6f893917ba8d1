"""Keys of a real terminal while no prompt reads them: what pauses, and what is left for the next prompt."""

import fcntl
import os
import pty
import struct
import termios
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input

from agent.repl import keys
from agent.repl.keys import Keys
from agent.repl.prompting import Prompt
from agent.session import Conversation
from tests.program import eventually
from tests.test_conversation import desk


class Pressed:
    """A terminal whose keys are pressed by the test."""

    def __init__(self, screen: int, keyboard: int) -> None:
        self._screen, self._keyboard = screen, keyboard
        self.pauses = 0
        self.typed = b""
        self.keys = Keys(self._paused, self._kept)

    def presses(self, pressed: bytes) -> None:
        """Returns when they are read."""
        os.write(self._keyboard, pressed)
        time.sleep(0.05)  # a terminal of this kind passes on what is written in its own time
        assert eventually(lambda: struct.unpack("i", fcntl.ioctl(self._screen, termios.FIONREAD, b"    ")) == (0,))

    def _paused(self) -> None:
        self.pauses += 1

    def _kept(self, typed: bytes) -> None:
        self.typed = typed


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pressed]:
    keyboard, screen = pty.openpty()
    tty.setraw(screen)
    with open(screen, closefd=True) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield Pressed(screen, keyboard)
    os.close(keyboard)


@pytest.mark.parametrize("key", [b"p", b"P", b"\x1b"])
def test_a_lone_letter_and_escape_pause(pressed: Pressed, key: bytes):
    with pressed.keys.listened():
        pressed.presses(key)
        assert eventually(lambda: pressed.pauses == 1)
    assert pressed.typed == b""


def test_a_word_that_begins_with_the_letter_is_text(pressed: Pressed, monkeypatch: pytest.MonkeyPatch):
    """`Please note` paused, and the rest of it was neither sent nor at the next prompt."""
    monkeypatch.setattr(keys, "AT_ONCE", 60.0)
    with pressed.keys.listened():
        for part in (b"P", b"lease", b" ", b"p"):
            pressed.presses(part)
    assert (pressed.pauses, pressed.typed) == (0, b"Please p")


@pytest.mark.parametrize(("typed", "pauses"), [(b"First", 0), (b"", 1)])
def test_what_a_pause_had_no_use_for_is_kept_on_a_line_of_its_own(pressed: Pressed, typed: bytes, pauses: int):
    with pressed.keys.listened():
        if typed:
            pressed.presses(typed)
        with pressed.keys.silent():
            pressed.keys.keep("then \u00e9")
            pressed.keys.keep("last")
        pressed.presses(b"p")
        assert eventually(lambda: pressed.pauses == pauses), "the letter pauses as before"
    assert pressed.typed == "\r".join(["then \u00e9", "last", *(["Firstp"] if typed else [])]).encode()


def test_what_was_pasted_is_at_the_next_prompt_with_its_tabs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PONDER_DATA", str(tmp_path))
    with create_pipe_input() as keyboard, create_app_session(input=keyboard):
        prompt = Prompt(desk(Conversation()))
        prompt.receive("def f():\r\tpass  # é\x1b[D\x01\r".encode())
        keyboard.send_text("\r")
        assert prompt.read("> ") == "def f():\n\tpass  # é"
