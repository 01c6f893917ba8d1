"""Files that a run wants back, read as the user of its processes when none of them runs any more. Inside the box.

Regular files alone, by their bytes: a link, a device or an archive that comes back is never followed, opened or unpacked.
"""

import base64
import fnmatch
import json
import os
import signal
import stat
from collections.abc import Iterator, Sequence
from typing import Any

from tools import frames, processes

FILES, BYTES, SECONDS = 64, 8 << 20, 2
"""Bounds of what comes back: files, bytes of all of them, and seconds to read them."""


def fetch(folder: str, patterns: Sequence[str], user: "int | None") -> "dict[str, Any]":
    """`files`, each a name below `folder` and its bytes in base 64, and `left`, each a line about what was not brought."""
    if not patterns:
        return {"files": [], "left": []}
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(SECONDS)
            if user is not None:
                processes.as_user(user)
            frames.send(tell, json.dumps(_fetched(folder, patterns)).encode())
        finally:
            os._exit(0)
    os.close(tell)
    try:
        return json.loads(frames.receive(told))
    except EOFError:
        return {"files": [], "left": ["the files could not be read in time"]}
    finally:
        os.close(told)
        os.waitpid(child, 0)


def _fetched(folder: str, patterns: Sequence[str]) -> "dict[str, Any]":
    files: list[tuple[str, str]] = []
    left: list[str] = []
    room = BYTES
    for name in _matching(folder, patterns):
        if len(files) == FILES or len(left) == FILES:
            left.append(f"only {FILES} files come back")
            break
        data = _read(os.path.join(folder, name), room)
        if isinstance(data, bytes):
            room -= len(data)
            files.append((name, base64.b64encode(data).decode()))
        else:
            left.append(f"{name}: {data}")
    return {"files": files, "left": left}


def _matching(folder: str, patterns: Sequence[str]) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for one in sorted([*names, *(one for one in folders if os.path.islink(os.path.join(place, one)))]):
            name = os.path.relpath(os.path.join(place, one), folder)
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
                yield name


def _read(path: str, room: int) -> "bytes | str":
    """The file's bytes, or why they do not come back."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return "it is a link" if os.path.islink(path) else f"it cannot be read ({error.strerror})"
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return "it is no regular file"
        if about.st_size > room:
            return f"it is too large ({about.st_size} bytes; {BYTES} come back in all)"
        return frames.read_exactly(descriptor, about.st_size)
    except (OSError, EOFError):
        return "it cannot be read"
    finally:
        os.close(descriptor)
