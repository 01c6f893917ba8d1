"""The ways of searching that a bench compares, as data: ours, ours without one of its features, and the plain ones.

The plain ones begin with greedy's own attempt, so that at once greedy's tokens they are greedy, and no curve begins below it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agent.errors import UsageError
from agent.search import MENDABLE, MENDING, Action, Node, Policy, Tree
from agent.solver import default_policy
from agent.verify import Judge

SAMPLED = 0.8
"""Temperature of what only samples."""
ABLATION = "ponder-no-"


@dataclass(frozen=True, slots=True)
class Arm:
    """A way of searching that is compared."""

    policy: Callable[[Judge], Policy]
    attempts: int | None = None
    blind: bool = False
    """Without the checks that the problem gives."""
    thorough: bool = False
    """Agreement does not end it: all of its tokens are voted on."""


def usual_way(judge: Judge) -> str:
    """The strategy that asks for the answer and nothing else."""
    return "direct" if judge.wants_code else "reason"


def sampling(judge: Judge) -> Policy:
    """Greedy's attempt, then samples of the same prompt. Best-of-n where checks can choose, else a vote."""
    strategy = usual_way(judge)

    def ask(tree: Tree, free: int) -> list[Action]:
        begun = len(tree.attempts)
        return [Action(tree.root, strategy, SAMPLED if begun + more else 0.0, "another sample") for more in range(free)]

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
        broken = next((node for node in (last, *last.ancestors()) if _mendable(node)), None) if last.verdict else None
        if broken is None:
            return [Action(tree.root, strategy, SAMPLED, "nothing to repair: a fresh try")]
        return [Action(broken, "repair", MENDING, f"repairs attempt {broken.number}")]

    return ask


def _mendable(node: Node) -> bool:
    return node.failure is not None and node.failure.kind in MENDABLE


ARMS: dict[str, Arm] = {
    "greedy": Arm(sampling, attempts=1, blind=True),
    "best-of-n": Arm(sampling, thorough=True),
    "majority": Arm(sampling, blind=True, thorough=True),
    "repair-only": Arm(repairing),
    "ponder": Arm(default_policy),
}


def without_agreement(judge: Judge) -> Policy:
    """Takes the first candidate that nothing contradicts."""
    policy = default_policy(judge)

    def ask(tree: Tree, free: int) -> list[Action]:
        taken = any(node.verdict and not node.failure for node in tree.judged)
        return [] if taken or tree.live else policy(tree, min(1, free))

    return ask


def without_switching(judge: Judge) -> Policy:
    """Every new line of thought takes the way of the first one."""
    policy = default_policy(judge)

    def ask(tree: Tree, free: int) -> list[Action]:
        actions = policy(tree, free)
        opened = [node.strategy for node in tree.root.children] + [action.strategy for action in actions]
        return [replace(one, strategy=opened[0]) if one.parent is tree.root else one for one in actions]

    return ask


ABLATIONS: dict[str, Arm] = {
    "agreement": Arm(without_agreement),
    "checks": Arm(default_policy, blind=True),
    "switch": Arm(without_switching),
}
"""By the feature that is left out."""


def find(names: Sequence[str]) -> dict[str, Arm]:
    """Raises `UsageError` with the arms that there are."""
    every = ARMS | {ABLATION + feature: arm for feature, arm in ABLATIONS.items()}
    for name in names:
        if name not in every:
            raise UsageError(f"no arm {name!r}; there are {', '.join(every)}")
    return {name: every[name] for name in names}
