"""What a bench has scored, on disk, so that one that was killed goes on where it stopped.

The folder holds `plan.json` (an `Identity`: all that the records depend on) and a file of results for each arm and multiple.
Records of another identity never mix with it; other arms, multiples, limits and orders can be added.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from agent.errors import UsageError
from agent.events import Closed, Event, Judged, Opened, Status, Thought
from agent.records import write_whole
from agent.results import Lines

PLAN = "plan.json"
UNLIKE = {
    "suite": "another content of this suite",
    "weights": "another content of this model's file",
    "wordings": "other wordings of the prompts or strategies",
}
"""What is said of a difference whose values would tell the reader nothing."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What every record of a journal depends on. The budgets are those of greedy.

    `suite`: SHA-256 of its records and their material, as `agent.bench.bench.digest` gives it. `weights`: of the model's file.
    `wordings`: of all that the model may be given, as `agent.strategies.digest` gives it. `by_speed`: whether the budget grows
    with the machine's speed. `parallel` bears on what a budget of time comes to, and on who is decoded in whose company.
    `sandbox` and `gpu_layers`: as they were asked for.
    """

    suite: str
    model: str
    seed: int
    commit: str
    seconds: float
    tokens: int
    attempts: int
    lead: float
    width: int
    weights: str = ""
    wordings: str = ""
    by_speed: bool = True
    parallel: int = 8
    sandbox: str = "auto"
    gpu_layers: str = "auto"


class Journal:
    """Opened on a folder, or on None: then nothing is written, and nothing was there."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def begin(self, identity: Identity) -> None:
        """Raises `UsageError` where something else was begun in this folder."""
        if self._folder is None:
            return
        begun, wanted = self.begun(), asdict(identity)
        if begun is None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"{self._folder}: {error.strerror}") from None
            write_whole(self._folder / PLAN, json.dumps(wanted, indent=1) + "\n")
            return
        for field, value in wanted.items():
            if begun.get(field, value) != value:
                what = UNLIKE.get(field, f"{field} {begun[field]}, not {value}")
                raise UsageError(f"{self._folder}: begun with {what}; name another folder with --keep")
        if missing := wanted.keys() - begun.keys():
            told = f"begun by another ponder, which did not keep its {', '.join(sorted(missing))}"
            raise UsageError(f"{self._folder}: {told}; name another folder with --keep")

    def begun(self) -> dict[str, Any] | None:
        """The plan that was begun here, with a `seed` at least. Raises `UsageError`."""
        if self._folder is None:
            return None
        path = self._folder / PLAN
        try:
            found: dict[str, Any] = json.loads(path.read_bytes())
            if type(found["seed"]) is not int:
                raise ValueError
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise UsageError(f"{path}: not the plan of a bench; name another folder with --keep") from None
        return found

    @contextmanager
    def part(self, name: str) -> Generator["Part"]:
        """The records of one arm at one multiple. Raises `UsageError` where another bench is writing them."""
        if self._folder is None:
            yield Part(None)
            return
        with closing(Lines(self._folder / f"{name}.jsonl")) as lines:
            yield Part(lines)


class Part:
    """One file of a journal."""

    def __init__(self, lines: Lines | None) -> None:
        """Raises `UsageError` where the file holds something else."""
        self._lines = lines
        self.records = tuple(_records(lines)) if lines else ()
        """What was there at opening."""

    @property
    def torn(self) -> str | None:
        """The line that a killed run tore, if one was found at opening, in words."""
        if self._lines is None or self._lines.torn is None:
            return None
        return f"{self._lines.path}, line {self._lines.torn}: torn by a killed run; its problem is tried again"

    def add(self, record: dict[str, Any]) -> None:
        """On disk when it returns. Raises `MachineError`."""
        if self._lines:
            self._lines.append(json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")


class _Tokens(BaseModel):
    model_config = ConfigDict(strict=True)

    generated: NonNegativeInt


class _Fields(BaseModel):
    """What a record is counted by; the rest is for the reader."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    id: str | int
    status: Status
    answer: str | None
    confidence: Annotated[float, Field(ge=0, le=1)]
    right: bool
    wall: NonNegativeFloat
    tokens: _Tokens


def _records(lines: Lines) -> Iterator[dict[str, Any]]:
    """Raises `UsageError` for what no bench has written."""
    for number, (_, line) in enumerate(lines.read(), start=1):
        try:
            record: dict[str, Any] = json.loads(line)
            _Fields.model_validate(record)
        except (ValueError, RecursionError):
            told = "not what a bench keeps; delete the line, or name another folder with --keep"
            raise UsageError(f"{lines.path}, line {number}: {told}") from None
        yield record


class Attempts:
    """A sink that keeps every attempt of one problem, as one flat record each."""

    def __init__(self) -> None:
        self._attempts: dict[int, dict[str, Any]] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, Opened):
            self._attempts[event.node] = {
                "attempt": event.node,
                "parent": event.parent,
                "strategy": event.strategy,
                "why": event.why,
                "generated": 0,
            }
        elif isinstance(event, Thought):
            self._attempts[event.node]["generated"] += event.generated
        elif isinstance(event, Judged):
            judged = {"ruling": event.ruling, "score": event.score, "failure": event.failure, "answer": event.answer}
            self._attempts[event.node] |= judged
        elif isinstance(event, Closed):
            self._attempts[event.node]["closed"] = event.why

    def records(self) -> list[dict[str, Any]]:
        return list(self._attempts.values())
