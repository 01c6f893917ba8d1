"""Steering a search while it thinks: orders that are heeded between two steps, from whatever thread they come.

`solve(…, steer=steering)` calls it between steps. What cannot be done is told as a `Notice` and changes nothing.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event as Flag

from agent.errors import UsageError
from agent.failures import mendable
from agent.policy import MENDING
from agent.search import Action, Node
from agent.solver import Solver
from agent.text import one_line

FRESH = 0.8
"""Temperature of a fresh try: the same way must not lead to the same place."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Give up an attempt that is under way."""

    node: int


@dataclass(frozen=True, slots=True)
class Hint:
    """Branch off from an attempt (0: the problem itself) with something that the model should know.

    One that is under way is left where it stands, and its text is continued.
    """

    node: int
    text: str


@dataclass(frozen=True, slots=True)
class GoTo:
    """Go on from an attempt (0: the problem itself); all others that are under way are given up."""

    node: int


@dataclass(frozen=True, slots=True)
class More:
    """Enlarge the budget."""

    seconds: float
    tokens: int
    attempts: int


Order = Kill | Hint | GoTo | More


class Steering:
    """A queue of orders and a brake. `at_pause` is called between two steps and holds the search until it returns."""

    def __init__(self, at_pause: Callable[[], None] = lambda: None, interrupt: Callable[[], None] = lambda: None) -> None:
        """`interrupt` (an engine's) ends the step under way, so that a pause need not wait for it."""
        self._at_pause, self._interrupt = at_pause, interrupt
        self._paused = Flag()
        self._orders: deque[Order] = deque()

    def order(self, order: Order) -> None:
        self._orders.append(order)

    def pause(self) -> None:
        self._paused.set()
        self._interrupt()

    def __call__(self, solver: Solver) -> None:
        if self._paused.is_set():
            self._paused.clear()
            if not solver.proved:  # else there is nothing left to steer, and the answer is what the user sees next
                solver.hold()
                self._at_pause()
                solver.resume()
        while self._orders:
            try:
                obey(solver, self._orders.popleft())
            except UsageError as refused:
                solver.tell(str(refused))


def obey(solver: Solver, order: Order) -> None:
    """Raises `UsageError` for what cannot be done."""
    require_open(solver)
    match order:
        case Kill(number):
            node = _attempt(solver, number)
            if not node.live:
                raise UsageError(f"attempt {number} is over already")
            solver.kill(node, "given up by the user")
        case Hint(number, text):
            _branch(solver, number, text)
        case GoTo(number):
            _go_to(solver, number)
        case More(seconds, tokens, attempts):
            solver.budget.enlarge(seconds, tokens, attempts)
            solver.resume()


def require_open(solver: Solver) -> None:
    """Raises `UsageError` if the tree has what it was looking for, so that nothing can be gone on with."""
    if solver.proved and not solver.answered:
        raise UsageError("there is no answer to be found; ask another problem")
    if solver.proved:
        raise UsageError("the answer is accepted and its tree closed; write what you want changed as a follow-up")


def _attempt(solver: Solver, number: int) -> Node:
    attempts = solver.tree.attempts
    if not 1 <= number <= len(attempts):
        there = f"there are 1 to {len(attempts)}" if attempts else "there are none yet"
        raise UsageError(f"no attempt {number}; {there}")
    return attempts[number - 1]


def _require_budget(solver: Solver) -> None:
    """Raises `UsageError` before anything is given up for what could not be opened."""
    if solver.budget.spent:
        raise UsageError(f"{solver.budget.spent}; /more gives as much again")


def _branch(solver: Solver, number: int, hint: str) -> None:
    _require_budget(solver)
    root, attempts = solver.tree.root, solver.tree.attempts
    if number == 0:
        way = attempts[0] if attempts else _fresh(solver)
        _want(solver, Action(root, way.strategy, FRESH, f"hint: {one_line(hint)}", hint))
        return
    node = _attempt(solver, number)
    if node.live:
        solver.kill(node, "goes on with a hint")
    _want(solver, Action(node, node.strategy, node.temperature, f"hint: {one_line(hint)}", hint))


def _go_to(solver: Solver, number: int) -> None:
    _require_budget(solver)
    node = _attempt(solver, number) if number else solver.tree.root
    for other in solver.tree.live:
        if other is not node:
            solver.kill(other, f"the user went to {f'attempt {number}' if number else 'the problem itself'}")
    if node.parent is None:
        _want(solver, _fresh(solver))
    elif node.live:
        node.wanted = True
    elif mendable(node.failure):
        _want(solver, Action(node, "repair", MENDING, f"mends attempt {number} for the user"))
    else:
        _want(solver, Action(node.parent, node.strategy, FRESH, f"attempt {number} once more for the user", node.hint))


def _fresh(solver: Solver) -> Action:
    """Another way from the problem itself."""
    root, attempts = solver.tree.root, solver.tree.attempts
    fresh = [action for action in solver.choices() if action.parent is root]
    return fresh[0] if fresh else Action(root, attempts[0].strategy, FRESH, "a fresh try for the user")


def _want(solver: Solver, action: Action) -> None:
    """What the user asks for is not held against the budget of attempts."""
    solver.wanted.append(replace(action, wanted=True))
    solver.budget.attempts += 1
