"""To the clipboard: through the terminal itself (also over ssh), and through the desktop's own program where there is one."""

import base64
import os
import shutil
import subprocess
from typing import TextIO

from agent.view.terminal import Writer

LONGEST = 74_000
"""Characters of base64 that terminals take in one sequence; xterm and tmux cut what is longer."""
PROGRAMS = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    (None, ("pbcopy",)),
)
PATIENCE = 5.0


def copy(text: str, stream: TextIO) -> str:
    """Copies, and says how in one clause; whether a terminal obeys the sequence cannot be known."""
    said = [f"with {name}"] if (name := _by_program(text)) else []
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode()
    if len(encoded) <= LONGEST and stream.isatty():
        Writer(stream)(f"\x1b]52;c;{encoded}\x07")
        said.append("through the terminal (OSC 52), if it allows that")
    return " and ".join(said)


def _by_program(text: str) -> str | None:
    for variable, command in PROGRAMS:
        if (variable and not os.environ.get(variable)) or not shutil.which(command[0]):
            continue
        try:
            nowhere = subprocess.DEVNULL
            given = text.encode("utf-8", "replace")
            done = subprocess.run(command, input=given, timeout=PATIENCE, check=False, stdout=nowhere, stderr=nowhere)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return command[0]
    return None
