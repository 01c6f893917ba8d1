"""The search, pure: the tree of attempts, the budget, the policies that choose the next. No clock, no model, no I/O."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Literal

from agent.events import Ruling

FailureKind = Literal[
    "no code", "no answer", "syntax", "exception", "wrong", "timeout", "memory", "output", "repetition", "cut off"
]


@dataclass(frozen=True, slots=True)
class Failure:
    """What the model did wrong, as execution showed it. `message` is for the reader and for the repairing model."""

    kind: FailureKind
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks said of one candidate; `passed` only if every executable check passed."""

    ruling: Ruling
    score: float = 0.0
    """Fraction of the checks that passed."""
    evidence: tuple[str, ...] = ()
    failure: Failure | None = None
    behaviour: str | None = None
    """What the candidate came to, normalised: equal for candidates that agree. None: it has no vote."""


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
    """All attempts at one problem, in the order they were opened, and what the moves between them were."""

    def __init__(self) -> None:
        self.root = Node(0, None, "problem", 0.0)
        self.root.closed = "the problem itself"
        self.attempts: list[Node] = []
        self.switches = 0
        self.backtracks = 0
        self._last_settled: Node | None = None

    @property
    def live(self) -> list[Node]:
        return [node for node in self.attempts if node.live]

    @property
    def judged(self) -> list[Node]:
        return [node for node in self.attempts if node.verdict is not None]

    def open(self, action: Action) -> Node:
        node = Node(len(self.attempts) + 1, action.parent, action.strategy, action.temperature, action.hint, action.wanted)
        self.switches += self.is_switch(action)
        self.backtracks += self.is_backtrack(action)
        action.parent.children.append(node)
        self.attempts.append(node)
        return node

    def tell(self, node: Node, verdict: Verdict) -> None:
        node.verdict = verdict
        self._last_settled = node

    def close(self, node: Node, why: str) -> None:
        node.closed = why

    def is_switch(self, action: Action) -> bool:
        """A new line of thought with another strategy than the line that was judged last."""
        last = self._last_settled
        return last is not None and action.parent is self.root and action.strategy != last.line.strategy

    def is_backtrack(self, action: Action) -> bool:
        """Leaves a deepened line of thought for one of its earlier nodes."""
        last = self._last_settled
        return last is not None and last.depth >= 2 and action.parent in last.ancestors()


@dataclass(slots=True)
class Budget:
    """Wall seconds, generated tokens and attempts. Handed down, charged in one place (`Solver`), never asked the clock."""

    seconds: float
    tokens: int
    attempts: int
    elapsed: float = 0.0
    generated: int = 0
    opened: int = 0

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

Rung = tuple[str, float]
"""A strategy and its temperature."""

PROGRAMS: tuple[Rung, ...] = (("direct", 0.0), ("direct", 0.8), ("plan", 0.6), ("brute-force", 0.4))
ANSWERS: tuple[Rung, ...] = (("compute", 0.0), ("reason", 0.0), ("compute", 0.7), ("reason", 0.7))
MEASURED: tuple[Rung, ...] = (("compute", 0.0), ("compute", 0.7), ("compute", 0.9), ("reason", 0.0))
"""For questions about files, which only a program can read whole."""
MENDABLE: frozenset[FailureKind] = frozenset({"syntax", "exception", "wrong", "timeout"})
DEEPEST = 3
MENDING = 0.6
"""Temperature of a repair: cooler ones repeat the program that failed."""
HOTTEST = 1.2


def ladder(rungs: tuple[Rung, ...], *, opening: int, repair: str | None = "repair") -> Policy:
    """Ways in a fixed order, each round hotter than the last; a failed program is mended once before it is left.

    `opening`: attempts made at once before anything is known: one where execution will judge it, several where only their
    agreement can; they are waited for unless one of them fails. A mended program that fails as before is not mended again:
    the search goes back to an earlier node.
    """

    def ask(tree: Tree, free: int) -> list[Action]:
        if len(tree.live) == len(tree.attempts):
            return _widen(tree, rungs, min(free, opening - len(tree.attempts)))
        if len(tree.attempts) <= opening and tree.live and not any(node.failure for node in tree.judged):
            return []
        mending = _deepen(tree, repair, (free + 1) // 2) if repair else []
        return mending + _widen(tree, rungs, free - len(mending))

    return ask


def repeated(rung: Rung) -> Policy:
    """The same way again and again, for comparison: greedy at temperature 0, best-of-n and majority above."""
    strategy, temperature = rung

    def ask(tree: Tree, free: int) -> list[Action]:
        return [Action(tree.root, strategy, temperature, "another sample") for _ in range(free)]

    return ask


def _deepen(tree: Tree, strategy: str, most: int) -> list[Action]:
    """The most promising failures that nobody has mended yet."""
    open_to_mending = [node for node in tree.judged if _mendable(node)]
    open_to_mending.sort(key=lambda node: (-(node.verdict.score if node.verdict else 0.0), node.number))
    return [
        Action(node, strategy, MENDING, f"mends attempt {node.number}: {node.failure.kind if node.failure else 'failed'}")
        for node in open_to_mending[:most]
    ]


def _mendable(node: Node) -> bool:
    failure, before = node.failure, node.parent.failure if node.parent else None
    if failure is None or failure.kind not in MENDABLE or node.children or node.depth >= DEEPEST:
        return False
    return before is None or before.message != failure.message


def _widen(tree: Tree, rungs: tuple[Rung, ...], count: int) -> list[Action]:
    tried = len(tree.root.children)
    coming = islice(enumerate(cycle(rungs)), tried, tried + max(0, count))
    return [_rung_action(tree, rung, index // len(rungs)) for index, rung in coming]


def _rung_action(tree: Tree, rung: Rung, turn: int) -> Action:
    strategy, temperature = rung
    again = any(node.strategy == strategy for node in tree.root.children)
    why = "a fresh try" if again else "another way" if tree.attempts else "the first way"
    return Action(tree.root, strategy, min(HOTTEST, temperature + 0.3 * turn), why)
