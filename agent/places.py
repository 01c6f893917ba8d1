"""Folders as their users write them, without the errors of a kind of their own that `pathlib` has for homes."""

import os
from pathlib import Path

from agent.errors import MachineError


def expanded(written: str) -> Path:
    """`~` and `~name` stand for homes, as in a shell; where there is no such user they stay as they are."""
    return Path(os.path.expanduser(written))


def home() -> Path:
    """The user's. Raises `MachineError` where the system knows of none: a folder named `~` is not what anybody wants."""
    found = os.path.expanduser("~")
    if found == "~":
        raise MachineError("this user has no home folder; set HOME")
    return Path(found)
