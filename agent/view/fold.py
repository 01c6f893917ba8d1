"""What a run has come to so far: a pure fold of its events. Live view, plain lines and replay all show this one state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Literal

from agent.events import (
    Closed,
    Event,
    Finished,
    Judged,
    Moved,
    Notice,
    Opened,
    Progressed,
    Ran,
    Result,
    Ruling,
    Running,
    Spent,
    Started,
    Streamed,
    Thought,
    Tokens,
)

Phase = Literal["thinking", "running", "judged", "closed"]
NOTHING_SPENT = Spent(Tokens(), 0.0, 0, 0.0)
TEXT_KEPT = 16_000
"""Characters of an attempt's text that are kept, from its end."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One node of the tree, as far as it has got."""

    node: int
    parent: int
    strategy: str
    why: str
    phase: Phase = "thinking"
    text: str = ""
    lines: int = 0
    """Of what it said last."""
    generated: int = 0
    finish: str | None = None
    """Why the model stopped speaking; None while it speaks."""
    purpose: Literal["explore", "check"] | None = None
    """What its last run was for."""
    program: str | None = None
    """What it ran to explore; what a check runs is the judge's."""
    ruling: Ruling | None = None
    score: float = 0.0
    evidence: tuple[str, ...] = ()
    failure: str | None = None
    """One line on what went wrong, or why it was given up."""
    answer: str | None = None
    since: float = field(default=0.0, compare=False)
    """The `State.now` at which its phase began."""

    @property
    def live(self) -> bool:
        return self.phase in ("thinking", "running")


@dataclass(frozen=True, slots=True)
class State:
    """One run. `attempts` are in the order they were opened; a parent is always an earlier attempt, or 0."""

    started: Started | None = None
    attempts: Mapping[int, Attempt] = field(default_factory=dict[int, Attempt])
    notices: tuple[str, ...] = ()
    progress: Mapping[str, Progressed] = field(default_factory=dict[str, Progressed])
    """What goes on and is not done."""
    spent: Spent = NOTHING_SPENT
    result: Result | None = None
    leading: int = 0
    """The attempt whose answer is the best so far; 0: there is none."""
    now: float = field(default=0.0, compare=False)
    """Seconds of the run at its latest event, where somebody keeps the time."""

    @property
    def live(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts.values() if attempt.live]

    @property
    def best(self) -> Attempt | None:
        """The attempt whose answer it would be by now."""
        return self.attempts.get(self.leading)

    def walk(self) -> list[tuple[int, Attempt]]:
        """The tree in depth-first order, each attempt with its depth (0: under the problem itself)."""
        children: dict[int, list[Attempt]] = {}
        for attempt in self.attempts.values():
            children.setdefault(attempt.parent, []).append(attempt)
        order: list[tuple[int, Attempt]] = []
        waiting = [(0, attempt) for attempt in reversed(children.get(0, []))]
        while waiting:
            depth, attempt = waiting.pop()
            order.append((depth, attempt))
            waiting += [(depth + 1, child) for child in reversed(children.get(attempt.node, []))]
        return order


def fold(state: State, event: Event) -> State:
    """The state after `event`. Pure and total: what names an unknown attempt, as in a damaged trace, changes nothing."""
    match event:
        case Started():
            return State(started=event)
        case Notice(text):
            return replace(state, notices=(*state.notices, text))
        case Progressed():
            return replace(state, progress=_progress_after(state.progress, event))
        case Opened(node, parent, strategy, why):
            known = parent if parent in state.attempts and parent < node else 0
            return _with(state, Attempt(node, known, strategy, why))
        case Moved():
            return state
        case Spent():
            return replace(state, spent=event)
        case Finished(result):
            return replace(state, result=result, progress={})
        case _:
            attempt = state.attempts.get(event.node)
            leading = event.best if isinstance(event, Judged) else state.leading
            return replace(_with(state, _attempt_after(attempt, event, state.now)), leading=leading) if attempt else state


def folded(events: Iterable[Event]) -> State:
    """What a whole run has come to."""
    return reduce(fold, events, State())


def _with(state: State, attempt: Attempt) -> State:
    return replace(state, attempts={**state.attempts, attempt.node: attempt})


def _progress_after(progress: Mapping[str, Progressed], event: Progressed) -> Mapping[str, Progressed]:
    others = {what: other for what, other in progress.items() if what != event.what}
    return others if 0 < event.total <= event.done else {**others, event.what: event}


def _lines_before(attempt: Attempt) -> int:
    """Of the reply that goes on; none of one that begins."""
    return attempt.lines if attempt.finish is None else 0


def _attempt_after(attempt: Attempt, event: Streamed | Thought | Running | Ran | Judged | Closed, now: float) -> Attempt:
    match event:
        case Streamed():
            text, lines = (attempt.text + event.text)[-TEXT_KEPT:], _lines_before(attempt) + event.text.count("\n")
            return replace(attempt, phase="thinking", text=text, lines=lines, finish=None)
        case Thought():
            end, generated = "" if attempt.text.endswith("\n") else "\n", attempt.generated + event.generated
            lines = _lines_before(attempt) + len(end)
            return replace(attempt, text=attempt.text + end, lines=lines, generated=generated, finish=event.finish)
        case Running():
            program = event.code if event.purpose == "explore" else attempt.program
            return replace(attempt, phase="running", since=now, purpose=event.purpose, program=program)
        case Ran():
            return replace(attempt, phase="thinking")
        case Judged():
            return replace(
                attempt,
                phase="judged",
                ruling=event.ruling,
                score=event.score,
                evidence=event.evidence,
                failure=event.failure,
                answer=event.answer,
            )
        case Closed():
            return replace(attempt, phase="closed", failure=event.why)
