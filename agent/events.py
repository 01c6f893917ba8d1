"""Everything that a solve can say, once. Views, the store and the tests are sinks of this one union; JSON goes both ways.

Events are flat: plain values only, so that a trace read from disk years later still folds into the same screen.
`node` numbers the attempts of one run from 1 in the order they were opened; node 0 is the problem itself.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Status = Literal["verified", "agreed", "unverified", "failed", "interrupted", "error"]
Unit = Literal["bytes", "tokens", "permille", "problems"]
Ruling = Literal["passed", "failed", "unchecked"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Counted over a whole solve."""

    prompt: int = 0
    """Prompt tokens evaluated."""
    reused: int = 0
    """Prompt tokens served from shared prefixes."""
    generated: int = 0


@dataclass(frozen=True, slots=True)
class Seconds:
    """`model` and `sandbox` may overlap, so they need not add up to `total`."""

    total: float = 0.0
    model: float = 0.0
    sandbox: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a solve came to: the object of `--json`, a line of `batch`. `status` is never better than `evidence`."""

    id: str | int | None = None
    status: Status
    answer: str | None = None
    code: str | None = None
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()
    strategy: str | None = None
    attempts: int = 0
    switches: int = 0
    backtracks: int = 0
    tokens: Tokens = Tokens()
    seconds: Seconds = Seconds()
    model: str | None = None
    sandbox: str | None = None
    seed: int = 0
    run: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A run begins. `checks` says what will be held against a candidate, one line each."""

    run: str
    problem: str
    model: str
    device: str
    sandbox: str
    seed: int
    version: str
    checks: tuple[str, ...]
    budget_seconds: float
    budget_tokens: int
    budget_attempts: int
    type: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know: material clipped, a sandbox that stands in for another."""

    text: str
    type: Literal["notice"] = "notice"


@dataclass(frozen=True, slots=True)
class Progressed:
    """Something long goes on (download, build, load, prefill). `done` of `total` in `unit`; done == total ends it."""

    what: str
    done: int
    total: int
    unit: Unit = "permille"
    type: Literal["progressed"] = "progressed"


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt begins under `parent` (0: from the problem itself). `why` is one clause for the reader."""

    node: int
    parent: int
    strategy: str
    why: str
    type: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True)
class Streamed:
    """New text of the model, whole characters."""

    node: int
    text: str
    type: Literal["streamed"] = "streamed"


@dataclass(frozen=True, slots=True)
class Thought:
    """The model stopped speaking: why, and after how many tokens."""

    node: int
    finish: str
    generated: int
    type: Literal["thought"] = "thought"


@dataclass(frozen=True, slots=True)
class Running:
    """A program of this attempt went to the sandbox. `purpose`: `explore` (the strategy's own) or `check`."""

    node: int
    purpose: Literal["explore", "check"]
    code: str
    type: Literal["running"] = "running"


@dataclass(frozen=True, slots=True)
class Ran:
    """It came back. `output` is what it printed, clipped."""

    node: int
    ended: str
    status: int | None
    output: str
    seconds: float
    type: Literal["ran"] = "ran"


@dataclass(frozen=True, slots=True)
class Judged:
    """An attempt is over. `answer` is the program or the final answer; `failure` is what went wrong, in one line or several."""

    node: int
    ruling: Ruling
    score: float
    """Fraction of the checks that passed; 0 without checks."""
    evidence: tuple[str, ...]
    failure: str | None
    answer: str | None
    best: int = 0
    """The attempt whose answer is the best by now; 0: there is none."""
    type: Literal["judged"] = "judged"


@dataclass(frozen=True, slots=True)
class Closed:
    """An attempt was given up before it could be judged: by the user, for budget or context, or because another was right."""

    node: int
    why: str
    type: Literal["closed"] = "closed"


@dataclass(frozen=True, slots=True)
class Moved:
    """The search changed its way between attempts: another strategy, or back to an earlier node."""

    kind: Literal["switch", "backtrack"]
    node: int
    """The attempt that is about to open."""
    to: str
    """The strategy switched to, or the node gone back to, in words."""
    type: Literal["moved"] = "moved"


@dataclass(frozen=True, slots=True)
class Spent:
    """The budget so far, a few times a second."""

    tokens: Tokens
    seconds: float
    attempts: int
    tokens_per_second: float
    """Generated, over all branches, in the last moments."""
    budget_seconds: float = 0.0
    """What the budget has grown to (`/more`, a fast machine), as the two below; 0: as the run began."""
    budget_tokens: int = 0
    budget_attempts: int = 0
    type: Literal["spent"] = "spent"


@dataclass(frozen=True, slots=True)
class Finished:
    """Always the last event of a run."""

    result: Result
    type: Literal["finished"] = "finished"


Event = Started | Notice | Progressed | Opened | Streamed | Thought | Running | Ran | Judged | Closed | Moved | Spent | Finished
Sink = Callable[[Event], None]


@cache
def _adapter() -> "TypeAdapter[Event]":
    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Event, Field(discriminator="type")])


def to_json(event: Event) -> str:
    return _adapter().dump_json(event).decode()


def from_json(text: str | bytes) -> Event:
    """Raises `ValueError` for what is not an event."""
    return _adapter().validate_json(text)


def result_record(result: Result) -> dict[str, object]:
    """The result as the contract writes it: `error` only where there is one."""
    record = asdict(result)
    if result.error is None:
        del record["error"]
    return record
