"""The working folders of a branch's states: each has its own copy, made when its cell begins. Inside the box.

While a cell runs its state's folder is `cells.FOLDER`, whichever it is; it is put aside under another name afterwards, where
no other state can enter. The folder itself is the keeper's, and so are the files that were given, which no cell can change.
"""

import contextlib
import os
import shutil
import signal
import stat
from collections.abc import Sequence

from tools import cells, processes
from tools.monitor import lay_files


def name(number: int) -> str:
    """Below `/work`, of the folder of a state that waits."""
    return os.path.basename(f"{cells.WAITING}{number}")


def prepare(origin: int, user: "int | None", files: dict[str, bytes]) -> bool:
    """Makes the folder of a cell after the state `origin` (0: empty) with `files` in it; false where they have no room.

    What lies there under a file's name stays: it was given before, or a cell has made it.
    """
    try:
        os.mkdir(cells.FOLDER)
        os.chmod(cells.FOLDER, 0o1777)
        before = f"{cells.WAITING}{origin}"
        if origin and os.listdir(before) and not _copied(before, user):
            return False
        present = os.listdir(cells.FOLDER)
        lay_files(cells.FOLDER, {one: data for one, data in files.items() if one not in present})
    except OSError:
        return False
    return True


def put_aside(number: int) -> None:
    """Gives the folder of the cell that has ended to the state after it."""
    aside = f"{cells.WAITING}{number}"
    os.rename(cells.FOLDER, aside)
    os.chmod(aside, 0o700)


def release(spared: Sequence[str]) -> None:
    """Opens the folders that no state has any more to those whose files lie there, so that these can be removed as them."""
    for entry in os.scandir(os.path.dirname(cells.FOLDER)):
        if entry.name not in spared and entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(OSError):
                os.chmod(entry.path, 0o1777)


def _copied(before: str, user: "int | None") -> bool:
    if user is not None:
        for entry in os.scandir(before):
            if entry.stat(follow_symlinks=False).st_uid == os.getuid():
                os.link(entry.path, os.path.join(cells.FOLDER, entry.name))
    os.chmod(before, 0o755)
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(5)
            if user is not None:
                processes.as_user(user)
            _copy(before, cells.FOLDER)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    os.chmod(before, 0o700)
    return status == 0


def _copy(before: str, after: str) -> None:
    """As the user whose files they are; what is no file, folder or link is left out."""
    for entry in list(os.scandir(before)):
        target = os.path.join(after, entry.name)
        if os.path.lexists(target):
            continue
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)
        elif entry.is_dir(follow_symlinks=False):
            os.mkdir(target)
            _copy(entry.path, target)
        elif entry.is_file(follow_symlinks=False):
            with open(entry.path, "rb") as source, open(target, "xb") as copy:
                shutil.copyfileobj(source, copy)
        with contextlib.suppress(OSError):
            if not entry.is_symlink():
                os.chmod(target, stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode))
