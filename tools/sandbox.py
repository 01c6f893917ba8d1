"""What can be run, and what comes back: the protocol that every sandbox meets.

A `Run` is a fresh program in a fresh process, of which nothing is left afterwards, or the next cell of a branch's `State`.
With `solution`, the program is a *judge*: the candidate lives in another process that the judge can call and that cannot
reach the judge.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self

Language = Literal["python", "shell"]
Ended = Literal["exit", "timeout", "output", "memory"]


LARGEST_FILES = 24 << 20
"""Bytes of all files of a run, which leaves it a quarter of the smallest working folder."""


class SandboxError(Exception):
    """The machine's failure (no engine, worker gone twice), never the candidate's. One line, with what mends it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run."""

    seconds: float = 10.0
    """Wall clock; then everything that the run started is killed."""
    output_bytes: int = 64 * 1024
    """Kept of each stream, head and tail; a run that writes over 16 times as much is ended."""


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True, repr=False)
class State:
    """A live Python interpreter and its working folder, after the cells that led there; `State()` is before the first.

    It can be gone on from any number of times: each cell runs in a fork, so what comes after never changes what was before.
    Where the sandbox no longer holds it, its cells are run again. Compared by identity: the same cells can come to two states.
    """

    before: "State | None" = None
    cell: "Run | None" = None

    @property
    def line(self) -> "tuple[State, ...]":
        """The states from the first cell's to this one."""
        found, state = list[State](), self
        while state.before is not None:
            found.append(state)
            state = state.before
        return tuple(reversed(found))

    def __repr__(self) -> str:
        return f"State({len(self.line)} cells)"


@dataclass(frozen=True, slots=True)
class Run:
    """One program to run in the sandbox.

    With `state` it is a cell, as in a notebook: it runs in that state's interpreter and folder, the value of a last expression
    is printed, and `Outcome.state` is what to go on from; a shell's run sees the same folder.

    `files`, at most `LARGEST_FILES` in all, are laid read-only into the working folder under their names (no path separators)
    before the start.
    `fetch` names files of the working folder that are wanted back, as shell patterns in which `*` matches `/` too.
    With `solution` (Python source of a candidate) the program `code` may `import solution`: calls go to a separate process
    that holds the candidate, plain values come back, and every public name of the candidate is also a global of `code`.
    A judge calls the global `report(value)` with JSON values; they arrive in `Outcome.reports`, out of the candidate's reach.
    """

    code: str
    language: Language = "python"
    stdin: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    fetch: tuple[str, ...] = ()
    solution: str | None = None
    state: State | None = None
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        if self.state is not None and self.solution is not None:
            raise ValueError("a judge is a fresh program, never a cell: give solution or state, not both")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did. Text is decoded leniently and clipped head and tail with a notice; it is foreign, so never trusted."""

    ended: Ended
    """`exit`: by itself or by a signal of its own; otherwise the limit that ended it."""
    status: int | None
    """Exit status, or minus the signal's number; None unless `ended` is `exit`."""
    stdout: str
    stderr: str
    seconds: float
    reports: tuple[object, ...] = ()
    candidate_output: str = ""
    """With `Run.solution`: what the candidate itself printed, both streams."""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """With `Run.fetch`: regular files by their names below the working folder, at most 64 of them and 8 MB. The names are
    foreign too, and may hold any character: whoever stores a file chooses its name."""
    left_out: tuple[str, ...] = ()
    """What was to be fetched and was not, a line each: the name, and why."""
    state: State | None = None
    """With `Run.state`: the state after the cell; the one before it where a limit or the cell itself ended its process, or
    where what it had left behind could not be removed."""

    @property
    def succeeded(self) -> bool:
        return self.ended == "exit" and self.status == 0


class Sandbox(Protocol):
    """Runs programs side by side. Futures raise `SandboxError` when the machine failed, and nothing else.

    A future that is cancelled before its turn has come is not run.
    """

    @property
    def name(self) -> str:
        """`docker` or `bubblewrap`."""
        ...

    def submit(self, run: Run) -> Future[Outcome]: ...

    def close(self) -> None:
        """Kills what runs and removes every trace; safe to call twice and from another thread."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
