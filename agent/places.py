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


def data_folder() -> Path:
    """Where runs and the session's history lie: `$PONDER_DATA`, else in the user's data folder."""
    return _own("PONDER_DATA", "XDG_DATA_HOME", ".local/share")


def cache_folder() -> Path:
    """Where what can be made anew lies: `$PONDER_CACHE`, else in the user's cache (`agent.engine.build` computes the same)."""
    return _own("PONDER_CACHE", "XDG_CACHE_HOME", ".cache")


def _own(variable: str, base: str, usual: str) -> Path:
    """What `$variable` names, else `ponder` in `$base`, or in `usual` at home. Raises `MachineError` as `home` does."""
    if own := os.environ.get(variable):
        return expanded(own)
    given = os.environ.get(base)
    return (Path(given) if given else home() / usual) / "ponder"
