"""The search, pure: the tree of attempts, the budget, what a policy is. No clock, no model, no I/O."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agent.events import Ruling
from agent.failures import Failure, Size

Behaviour = tuple[str, ...]
"""What a candidate came to, one text for each input that all candidates share (an answer: one in all)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks said of one candidate; `passed` only if every executable check passed."""

    ruling: Ruling
    score: float = 0.0
    """Fraction of the checks that passed."""
    evidence: tuple[str, ...] = ()
    failure: Failure | None = None
    behaviour: Behaviour | None = None
    """None: it has no vote. Of a program that failed a check: what came out instead."""


@dataclass(eq=False, slots=True)
class Node:
    """One attempt, compared by identity. The root (number 0) stands for the problem."""

    number: int
    parent: "Node | None"
    strategy: str
    temperature: float
    hint: str = ""
    """What the user said to it."""
    wanted: bool = False
    generated: int = 0
    """Tokens so far."""
    verdict: Verdict | None = None
    closed: str | None = None
    """Why it was given up unjudged."""
    children: "list[Node]" = field(default_factory=list["Node"])

    @property
    def live(self) -> bool:
        return self.verdict is None and self.closed is None

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def line(self) -> "Node":
        """The attempt that began this line of thought: the ancestor right under the problem."""
        return self if self.parent is None or self.parent.parent is None else self.parent.line

    @property
    def failure(self) -> Failure | None:
        return self.verdict.failure if self.verdict else None

    @property
    def score(self) -> float:
        """Fraction of the checks that it passed; 0 before it was judged."""
        return self.verdict.score if self.verdict else 0.0

    def ancestors(self) -> "Iterator[Node]":
        if self.parent is not None:
            yield self.parent
            yield from self.parent.ancestors()


@dataclass(frozen=True, slots=True)
class Action:
    """Open an attempt under `parent`."""

    parent: Node
    strategy: str
    temperature: float
    why: str
    hint: str = ""
    """What the user says to it."""
    wanted: bool = False
    """Whether the user asked for it: then nothing else is opened while it lives, and it is the last to be given up."""


class Tree:
    """All attempts at one problem, in the order they were opened, and what the moves between them were.

    `seed` and `size` (of the model) are what else a policy may go by: with the same of both, the same verdicts in the same
    order, reached with as many tokens, give the same tree. A seed that names the problem gives each its own draws.
    """

    def __init__(self, seed: int | str = 0, size: Size = "small") -> None:
        self.seed = seed
        self.size: Size = size
        self.root = Node(0, None, "problem", 0.0)
        self.root.closed = "the problem itself"
        self.attempts: list[Node] = []
        self.judged: list[Node] = []
        """In the order they were judged."""
        self.switches = 0
        self.backtracks = 0

    @property
    def live(self) -> list[Node]:
        return [node for node in self.attempts if node.live]

    def open(self, action: Action) -> Node:
        node = Node(len(self.attempts) + 1, action.parent, action.strategy, action.temperature, action.hint, action.wanted)
        self.switches += self.is_switch(action)
        self.backtracks += self.is_backtrack(action)
        action.parent.children.append(node)
        self.attempts.append(node)
        return node

    def tell(self, node: Node, verdict: Verdict) -> None:
        node.verdict = verdict
        self.judged.append(node)

    def close(self, node: Node, why: str) -> None:
        node.closed = why

    def is_switch(self, action: Action) -> bool:
        """A new line of thought with another strategy than the line that was judged last."""
        return bool(self.judged) and action.parent is self.root and action.strategy != self.judged[-1].line.strategy

    def is_backtrack(self, action: Action) -> bool:
        """Leaves a deepened line of thought for one of its earlier nodes."""
        last = self.judged[-1] if self.judged else None
        return last is not None and last.depth >= 2 and action.parent in last.ancestors()


@dataclass(slots=True)
class Budget:
    """Wall seconds, generated tokens and attempts. Handed down, charged in one place (`Solver`), never asked the clock."""

    seconds: float
    tokens: int
    attempts: int
    lead: float = 2.0
    """Votes by which an answer must lead to end it where nothing can be checked; `agent.agreement` says what they weigh."""
    by_speed: bool = False
    """Tokens and attempts are the least that an effort means: a faster machine may do as much more as fits the seconds."""
    factor: float = 1.0
    """How much more this machine does."""
    elapsed: float = 0.0
    generated: int = 0
    opened: int = 0

    def fit(self, tokens_per_second: float) -> None:
        """To the speed as it is known so far. It never shrinks: the first reply, a single branch's, is slower than several."""
        more = tokens_per_second * self.seconds / self.tokens
        if self.by_speed and more > 1:
            self.factor *= more
            self.tokens, self.attempts = int(self.tokens * more), int(self.attempts * more)

    def enlarge(self, seconds: float, tokens: int, attempts: int) -> None:
        """By as much again as these mean on this machine."""
        self.seconds += seconds
        self.tokens += int(tokens * self.factor)
        self.attempts += int(attempts * self.factor)

    @property
    def tokens_left(self) -> int:
        return max(0, self.tokens - self.generated)

    @property
    def attempts_left(self) -> int:
        return max(0, self.attempts - self.opened)

    @property
    def spent(self) -> str | None:
        """Which bound is reached, in words; attempts do not end what is already under way."""
        if self.elapsed >= self.seconds:
            return f"{self.seconds:g} seconds are spent"
        if self.tokens_left == 0:
            return f"{self.tokens} tokens are spent"
        return None


Policy = Callable[[Tree, int], list[Action]]
"""`ask(tree, free)`: at most `free` attempts to open now; an empty list waits for what is live."""
