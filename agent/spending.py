"""What a solve has used so far: time, tokens, the sandbox; told a few times a second, and ended at its deadline."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Timer

from agent import events
from agent.driver import Clock
from agent.engine.request import Branch
from agent.events import Sink, Tokens
from agent.search import Budget

SPENT_EVERY = 0.25
"""Seconds between two budget events."""
LONG_PROMPT = 1_024
"""Tokens of a prompt whose reading is worth a progress bar."""


@dataclass(slots=True)
class Spending:
    """Beside the budget's own figures: prompt tokens read and reused, seconds of model and sandbox (they overlap)."""

    budget: Budget
    emit: Sink
    clock: Clock
    interrupt: Callable[[], None]
    """The engine's: ends the step that runs when the time is up."""
    prompt: int = 0
    reused: int = 0
    model: float = 0.0
    sandbox: float = 0.0
    _begun: float = 0.0
    _held: float | None = None
    """When the clock was stopped; None while it runs."""
    _told: float = 0.0
    _told_tokens: int = 0
    _deadline: Timer | None = None

    def __post_init__(self) -> None:
        self._begun = self._told = self.clock()
        self.resume()

    @property
    def elapsed(self) -> float:
        return (self.clock() if self._held is None else self._held) - self._begun

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.prompt, self.reused, self.budget.generated)

    def read(self, branch: Branch) -> None:
        """A reply is complete: its prompt counts."""
        self.prompt += branch.evaluated
        self.reused += branch.reused

    def hold(self) -> None:
        """Stops the clock and the deadline: what passes until `resume` counts for nothing."""
        self._held = self.clock() if self._held is None else self._held
        if self._deadline:
            self._deadline.cancel()

    def resume(self) -> None:
        """Lets the clock run again, towards what the budget now is."""
        self.hold()
        paused = self.clock() - (self._held or 0.0)
        self._begun, self._told, self._held = self._begun + paused, self._told + paused, None
        self._deadline = Timer(max(0.0, self.budget.seconds - self.elapsed), self.interrupt)
        self._deadline.daemon = True
        self._deadline.start()

    def tell(self, *, now: bool = False) -> None:
        """The budget so far, if it was not told just before; `now`: as the last word."""
        passed = self.clock() - self._told
        if not now and passed < SPENT_EVERY:
            return
        rate = 0.0 if now else (self.budget.generated - self._told_tokens) / passed
        self._told += passed
        self._told_tokens = self.budget.generated
        budget = self.budget
        self.emit(events.Spent(self.tokens, self.elapsed, budget.opened, rate, budget.seconds, budget.tokens, budget.attempts))

    def tell_reading(self, node: int, branch: Branch) -> None:
        """How far a long prompt is read: seconds in which nothing else is to be seen."""
        total = len(branch.request.tokens) - branch.reused
        if total >= LONG_PROMPT and branch.evaluated and branch.generated <= 1:
            done = total if branch.finish else branch.evaluated
            self.emit(events.Progressed(f"attempt {node} reads", done, total, "tokens"))
