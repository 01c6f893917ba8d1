"""Temporary files of tests and candidates, who are two users: open to the other, where it is told of them. Inside the box.

They lie in a folder that its maker alone can list, under names drawn at random: what a test keeps to itself stays closed.
"""

import contextlib
import functools
import inspect
import os
import struct
import tempfile
from collections.abc import Callable
from typing import Any, cast

_TMP = "/tmp"
_ALL, _NOBODY_BY_NAME = 7, 0xFFFFFFFF
_OPEN_TO_ALL = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, _ALL, _NOBODY_BY_NAME) for tag in (0x01, 0x04, 0x20))
"""An access list (owner, group, others) as the kernel takes it: a folder's default stands in for the umask, below it alone."""
_make_folder = tempfile.mkdtemp


def share() -> None:
    """From now on this process makes its temporary files and folders so."""
    for name in ("mkdtemp", "mkstemp", "NamedTemporaryFile"):
        setattr(tempfile, name, _opened(getattr(tempfile, name)))


def _opened(make: Callable[..., Any]) -> Callable[..., Any]:
    takes = inspect.signature(make)

    @functools.wraps(make)
    def made(*args: Any, **options: Any) -> Any:
        given = takes.bind(*args, **options)
        if given.arguments.get("dir") is None and tempfile.gettempdir() == _TMP:
            given.arguments["dir"] = _folder()  # unlike `tempdir`, it leaves both sides one place for what they name themselves
        thing = make(*given.args, **given.kwargs)
        path = _path(thing)
        if os.fsdecode(path).startswith(f"{_folder()}/"):
            os.chmod(path, 0o777 if os.path.isdir(path) else 0o666)
        return thing

    return made


def _path(made: Any) -> Any:
    return cast("tuple[int, Any]", made)[1] if isinstance(made, tuple) else getattr(cast(object, made), "name", made)


@functools.cache
def _folder() -> str:
    place = _make_folder(dir=_TMP)
    os.chmod(place, 0o733)
    with contextlib.suppress(OSError):
        os.setxattr(place, "system.posix_acl_default", _OPEN_TO_ALL)
    return place
