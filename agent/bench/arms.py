"""The ways of searching that a bench compares, as data: ours, ours without one of its features, and the plain ones.

The plain ones begin with greedy's own attempt, so that at once greedy's tokens they are greedy, and no curve begins below it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from agent import strategies
from agent.errors import UsageError
from agent.failures import Move, mendable
from agent.policy import ANSWERS, CHECKED_ANSWERS, COMPLETED, DEEPEST, FEATURES, MEASURED, MENDING, default_policy
from agent.search import Action, Policy, Tree
from agent.verify.verify import Judge

SAMPLED, SAMPLED_WORDS = 0.8, 0.7
"""Temperatures of what only samples, those of ours: programs, and answers in words."""
BEAM_WIDTH = 3
BEAM_MOVES: tuple[Move, ...] = ("repair", "refine-by-counter-example")
"""How a beam continues an attempt."""
ABLATION = "ponder-no-"
GREEDY_FIRST = frozenset({"greedy", "best-of-n", "majority", "repair-only", "beam"})
"""Arms that begin with greedy's own attempt."""
LISTED = (COMPLETED, ANSWERS, CHECKED_ANSWERS, MEASURED)
"""The policy's lists of ways of which one can be left out: some stay."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A way of searching that is compared."""

    policy: Callable[[Judge], Policy]
    attempts: int | None = None
    blind: bool = False
    """Without the checks that the problem gives."""
    plain: bool = False
    """Agreement does not end it: where nothing can be checked all of its tokens vote, on the first inputs alone."""


def usual_way(judge: Judge) -> str:
    """The strategy that asks for the answer and nothing else."""
    return "direct" if judge.wants_code else "reason"


def sampling(judge: Judge) -> Policy:
    """Greedy's attempt, then samples of the same prompt. Best-of-n where checks can choose, else a vote."""
    strategy, warm = usual_way(judge), SAMPLED if judge.wants_code else SAMPLED_WORDS

    def ask(tree: Tree, free: int) -> list[Action]:
        begun = len(tree.attempts)
        return [Action(tree.root, strategy, warm if begun + more else 0.0, "another sample") for more in range(free)]

    return ask


def repairing(judge: Judge) -> Policy:
    """Greedy's attempt, then repairs, each of the last failure: one chain, begun anew where nothing can be repaired."""
    strategy = usual_way(judge)

    def ask(tree: Tree, free: int) -> list[Action]:
        if tree.live or not free:
            return []
        if not tree.attempts:
            return [Action(tree.root, strategy, 0.0, "the first way")]
        last = tree.attempts[-1]
        if last.verdict and not last.failure:
            return []
        broken = next((node for node in (last, *last.ancestors()) if mendable(node.failure)), None) if last.verdict else None
        if broken is None:
            return [Action(tree.root, strategy, SAMPLED, "nothing to repair: a fresh try")]
        return [Action(broken, "repair", MENDING, f"repairs attempt {broken.number}")]

    return ask


def beaming(judge: Judge) -> Policy:
    """Greedy's attempt and samples of the same prompt, of which the nearest are mended, level by level.

    Of each level the failures that came nearest are continued, each in every way of `BEAM_MOVES`; the next level is begun when
    all of one is judged. Where nothing is left to continue, or the beam is as deep as a line may be, a new one begins.
    """
    strategy = usual_way(judge)

    def begin(tree: Tree, count: int) -> list[Action]:
        begun = len(tree.root.children)
        return [
            Action(tree.root, strategy, SAMPLED if number else 0.0, "a fresh try" if number else "the first way")
            for number in range(begun, begun + count)
        ]

    def ask(tree: Tree, free: int) -> list[Action]:
        begun = len(tree.root.children)
        level = tree.root.children[(begun - 1) // BEAM_WIDTH * BEAM_WIDTH :] if begun else []
        if len(level) < BEAM_WIDTH:
            return begin(tree, min(free, BEAM_WIDTH - len(level)))
        for _ in range(1, DEEPEST):
            if any(node.live for node in level):
                return []
            broken = sorted((node for node in level if mendable(node.failure)), key=lambda node: (-node.score, node.number))
            best = broken[:BEAM_WIDTH]
            coming = [
                Action(node, move, MENDING, f"continues attempt {node.number}")
                for node in best
                for move in BEAM_MOVES
                if move not in {child.strategy for child in node.children}
            ]
            if coming:
                return coming[: max(0, free)]
            level = [child for node in best for child in node.children]
        return [] if any(node.live for node in level) else begin(tree, min(free, BEAM_WIDTH))

    return ask


ARMS: dict[str, Arm] = {
    "greedy": Arm(sampling, attempts=1, blind=True),
    "best-of-n": Arm(sampling, plain=True),
    "majority": Arm(sampling, blind=True, plain=True),
    "repair-only": Arm(repairing),
    "beam": Arm(beaming),
    "ponder": Arm(default_policy),
    ABLATION + "checks": Arm(default_policy, blind=True),
}


def known() -> dict[str, Arm]:
    """All arms by name: those above, and ours without each feature and each way."""
    ways = (way.strategy for ways in LISTED for way in ways)
    left_out = dict.fromkeys((*FEATURES, *ways, *strategies.own("code"), *strategies.own("answer")))
    return {ABLATION + name: Arm(partial(default_policy, without=name)) for name in left_out} | ARMS


def find(names: Sequence[str]) -> dict[str, Arm]:
    """Raises `UsageError` with the arms that there are, or with what is wrong with the user's own strategy to leave out."""
    every = known()
    for name in names:
        if name not in every:
            if name.startswith(ABLATION) and (fault := strategies.fault(name.removeprefix(ABLATION))):
                raise UsageError(fault)
            listed = ", ".join(name for name in every if not name.startswith(ABLATION))
            raise UsageError(f"no arm {name!r}; there are {listed}, and {ABLATION}NAME for {', '.join(_left_out(every))}")
    return {name: every[name] for name in names}


def _left_out(every: Mapping[str, Arm]) -> list[str]:
    return [name.removeprefix(ABLATION) for name in every if name.startswith(ABLATION)]
