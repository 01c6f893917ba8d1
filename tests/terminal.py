"""A real terminal for tests: one tmux of their own, whose screen can be read and whose keys can be pressed."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.program import PONDER, eventually


class Terminal:
    """A shell in a window of 100 columns and 30 rows. What scrolled away is still read."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        environment = {**environment, "PS1": "$ ", "TERM": "xterm-256color", "SHELL": "/bin/sh", "ENV": ""}
        for name in ("TMUX", "TMUX_PANE", "NO_COLOR", "COLUMNS", "LINES"):
            environment.pop(name, None)
        size = ("-x", "100", "-y", "30")
        command = [*self._tmux, "new-session", "-d", *size, "-c", str(folder), "/bin/sh"]
        # A test run in the background ignores Ctrl-C; the shell's own trap cannot undo that, but env can.
        subprocess.run(["env", "--default-signal=INT,HUP", *command], env=environment, check=True, cwd=folder)
        self._run("set-option", "-g", "set-clipboard", "on")
        self.waits_for(r"^\$")

    def types(self, text: str) -> None:
        self.writes(text)
        self.presses("Enter")

    def writes(self, text: str) -> None:
        """Without Enter."""
        self._run("send-keys", "-l", text)

    def presses(self, key: str) -> None:
        """In tmux's words: `C-c`, `C-d`, `Enter`."""
        self._run("send-keys", key)

    def tells(self, signal: str, pid_file: str) -> None:
        """Sends a signal, as another terminal would, to the process whose id is in the file."""
        subprocess.run(["kill", f"-{signal}", (self.folder / pid_file).read_text().strip()], check=True)

    def runs(self, *words: str) -> None:
        self.types(shlex.join(words))

    def pastes(self, text: str) -> None:
        """As from a clipboard: the program can tell it from typing, if it asked the terminal for that."""
        self._run("set-buffer", text)
        self._run("paste-buffer", "-p")

    def title(self) -> str:
        return self._run("display-message", "-p", "#{pane_title}").strip()

    def copied(self) -> str:
        """What a program put into the clipboard through the terminal."""
        return self._run("show-buffer")

    def resizes(self, columns: int, rows: int) -> None:
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def rows(self) -> list[str]:
        """What stands on the screen now, row by row."""
        return self._run("capture-pane", "-p").split("\n")

    def screen(self) -> str:
        """All text so far, the scrollback included; lines that the terminal folded are whole."""
        return self._run("capture-pane", "-p", "-J", "-S", "-")

    def waits_for(self, pattern: str, times: int = 1) -> str:
        """The screen once the regular expression (`^` and `$` are a line's) is found that many times."""
        wanted = re.compile(pattern, re.MULTILINE)
        found = eventually(lambda: len(wanted.findall(self.screen())) >= times)
        assert found, f"no {pattern!r} in:\n{self.screen()}"
        return self.screen()

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _run(self, *command: str) -> str:
        return subprocess.run([*self._tmux, *command], capture_output=True, check=True).stdout.decode()


@pytest.fixture
def terminal(tmp_path: Path, environment: dict[str, str]) -> Iterator[Terminal]:
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    home = {"PONDER_DATA": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config"), "LC_ALL": "C.UTF-8"}
    path = f"{PONDER.parent}{os.pathsep}{environment.get('PATH', '')}"
    opened = Terminal(tmp_path, environment | home | {"PATH": path})
    yield opened
    opened.close()
