"""One box at work: what it is started with, and the client's end of its worker."""

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

from tools import bundle, frames
from tools.sandbox import LARGEST_FILES, Ended, Outcome, Run, SandboxError

_LONGEST_NAME = 255
"""Bytes of one file's name."""
_PATIENCE = 20.0
"""Seconds that a worker may take beyond a run's own limit before it counts as gone."""
PRELOAD = tuple(
    "re math cmath collections itertools functools heapq bisect string random copy operator datetime typing decimal "
    "fractions traceback contextlib enum dataclasses statistics textwrap unittest json time abc numbers tempfile hashlib "
    "pathlib".split()
)
"""Imported before the forks, so that no run pays for them."""
SCIENTIFIC = ("numpy", "pandas", "sympy", "scipy.optimize", "scipy.stats", "scipy.linalg", "scipy.integrate", "scipy.special")
"""Imported before the forks of boxes for programs that use them: forking what they fill takes longer than forking without."""
_USES_SCIENCE = re.compile(r"\b(?:numpy|pandas|sympy|scipy|mpmath)\b")
_ENDED = frozenset({"exit", "timeout", "output", "memory"})


class Lost(Exception):
    """The box or its worker is gone, or speaks nonsense."""


class Channel(Protocol):
    """Bytes to and from the first process of a box. Every method raises `Lost` when the box is gone."""

    def write(self, data: bytes) -> None: ...

    def read(self, count: int, seconds: float) -> bytes:
        """Exactly `count` bytes; also `Lost` when nothing comes for `seconds`."""
        ...

    def kill(self) -> None:
        """Ends the box at once and leaves nothing of it. Safe twice, from any thread; raises nothing."""
        ...


Kind = Literal["plain", "scientific", "states"]
"""Of a box: for fresh programs, for those that find the scientific packages imported, or for the cells of branches."""


def kind(run: Run) -> Kind:
    """Of the box that `run` is for."""
    if run.state is not None:
        return "states"
    return "scientific" if _USES_SCIENCE.search(f"{run.code}\n{run.solution or ''}") else "plain"


def preload(kind: Kind) -> tuple[str, ...]:
    return PRELOAD + SCIENTIFIC if kind == "scientific" else PRELOAD


def environment(kind: Kind) -> dict[str, str]:
    """Of all processes of a box. Large blocks of a state's memory lie in large pages: a fork of 200 MB takes 0.3 ms, not 10.

    The scientific libraries start no threads of their own: the box has one core, and where it has one user as well, a program
    could end it by a signal to a thread.
    """
    pages = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"} if kind == "states" else {}
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {"HOME": "/work", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **single, **pages}


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of a cell."""

    outcome: Outcome
    kept: bool
    """Whether the state after it waits in the box."""
    states: frozenset[int]
    """The numbers of all that wait there now."""
    clean: bool
    """Whether nothing else is left in the box."""


class Worker:
    """One box, which does one run at a time."""

    def __init__(self, channel: Channel, settings: Mapping[str, object]) -> None:
        """Waits until the worker is ready; raises `Lost`, and kills the box then."""
        self._channel = channel
        try:
            channel.write(frames.pack(bundle.message(settings)))
            self._receive(_PATIENCE)
        except BaseException:
            channel.kill()
            raise

    def run(self, run: Run) -> tuple[Outcome, bool]:
        """The outcome, and whether the box is clean again; raises `Lost`."""
        payload = _payload(run)
        kind = frames.PROGRAM if run.solution is None else frames.JUDGED
        self._channel.write(frames.JOB.pack(kind, len(payload)) + payload)
        reply = self._receive(run.limits.seconds + _PATIENCE)
        return _outcome(reply), reply.get("clean") is True

    def cell(self, run: Run, origin: int, number: int) -> Cell:
        """Of a box for states: runs a cell after the state `origin` (0: before every cell); `number` names the state after it.

        Raises `Lost`.
        """
        payload = _payload(run)
        self._channel.write(frames.CELL.pack(frames.CELL_KIND, len(payload), origin, number) + payload)
        reply = self._receive(run.limits.seconds + _PATIENCE)
        outcome = _outcome(reply)
        return Cell(outcome, reply.get("kept") is True, frozenset(reply.get("states", ())), reply.get("clean") is True)

    def forget(self, number: int) -> None:
        """Of a box for states: lets go of a state. Raises `Lost`."""
        self._channel.write(frames.CELL.pack(frames.FORGET, 0, 0, number))
        self._receive(_PATIENCE)

    def kill(self) -> None:
        self._channel.kill()

    def _receive(self, seconds: float) -> dict[str, Any]:
        try:
            size = frames.length(self._channel.read(4, seconds))
            message = json.loads(self._channel.read(size, seconds))
        except ValueError as error:
            raise Lost(f"the worker sent a garbled message ({error})") from None
        if not isinstance(message, dict):
            raise Lost("the worker sent a garbled message")
        return cast(dict[str, Any], message)


def _payload(run: Run) -> bytes:
    for name in run.files:
        if not name or "/" in name or "\0" in name or name in (".", ".."):
            raise SandboxError(f"file name {name!r} cannot be used in the sandbox: give a plain name without folders")
        if len(os.fsencode(name)) > _LONGEST_NAME:
            raise SandboxError(f"file name {name[:40]!r}... cannot be used in the sandbox: it is too long")
    if (size := sum(map(len, run.files.values()))) > LARGEST_FILES:
        raise SandboxError(f"{size >> 20} MiB of files do not fit the sandbox: give at most {LARGEST_FILES >> 20} in all")
    return json.dumps(
        {
            "code": run.code,
            "language": run.language,
            "stdin": run.stdin,
            "files": {name: base64.b64encode(data).decode() for name, data in run.files.items()},
            "fetch": run.fetch,
            "solution": run.solution,
            "seconds": run.limits.seconds,
            "keep": run.limits.output_bytes,
        }
    ).encode()


def _outcome(reply: dict[str, Any]) -> Outcome:
    if "fault" in reply:
        raise Lost(str(reply["fault"]))
    try:
        ended = reply["ended"]
        if ended not in _ENDED:
            raise ValueError(ended)
        return Outcome(
            ended=cast(Ended, ended),
            status=None if ended != "exit" else int(reply["status"]),
            stdout=_text(reply.get("stdout")),
            stderr=_text(reply.get("stderr")),
            seconds=float(reply.get("seconds", 0.0)),
            reports=tuple(json.loads(value) for value in reply.get("reports", ())),
            candidate_output=_text(reply.get("candidate")),
            files={str(name): base64.b64decode(data) for name, data in reply.get("files", ())},
            left_out=tuple(str(line) for line in reply.get("left", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Lost(f"the worker sent a garbled outcome ({error})") from None


def _text(encoded: object) -> str:
    return base64.b64decode(encoded).decode("utf-8", "replace") if isinstance(encoded, str) else ""
