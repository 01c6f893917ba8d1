"""Which attempts vouch for one another: camps of equal behaviour, what their votes weigh, and who leads by how much. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.search import Node

FIRST_VOTE: dict[str, float] = {"brute-force": 1.5}
"""What a strategy's first vote weighs where that is not 1: a program too plain to be wrong is a strong witness."""
CALCULATE = frozenset({"compute", "simulate", "symbolic", "search-the-space", "explore"})
"""Ways that all have a program calculate the answer: they misread a statement alike (seen on GSM8K), as words do not."""
AKIN_VOTE = 0.75
"""What the first vote of a second one of them weighs."""
REPEATED_VOTE = 0.5
"""What each further vote of one strategy weighs: samples of one prompt share their mistakes."""
ENOUGH, MAJORITY = 2.0, 0.5


@dataclass(frozen=True, slots=True)
class Agreement:
    """The camp of attempts that has most behind it. A continued attempt votes as the strategy that began its line."""

    leader: Node
    """Its first member, of those that the model was surest of."""
    votes: int
    of: int
    strategies: tuple[str, ...]
    weight: float
    lead: float
    """Its weight beyond that of the next camp."""
    share: float
    """Of all weights."""

    @property
    def reached(self) -> bool:
        """Enough to say `agreed`."""
        return self.weight >= ENOUGH and self.share > MAJORITY

    @property
    def evidence(self) -> str:
        if self.votes == 1:
            return "one attempt alone came to an answer" if self.of == 1 else f"no two of {self.of} independent attempts agree"
        ways = " and ".join(self.strategies) if len(self.strategies) <= 2 else f"{len(self.strategies)} strategies"
        return f"{self.votes} of {self.of} independent attempts agree ({ways})"


def agreement(nodes: Iterable[Node]) -> Agreement | None:
    """None where no attempt has a behaviour to vote with.

    The leading camp is the one whose results on the shared inputs most votes support, input by input, so that programs
    which differ on one odd input still speak for one another against a third; the model's confidence breaks ties only.
    """
    camps = _camps(nodes)
    if not camps:
        return None
    weights = {behaviour: _weight(camp) for behaviour, camp in camps.items()}
    supports = {behaviour: sum(weight * alike(behaviour, other) for other, weight in weights.items()) for behaviour in weights}
    confidences = {behaviour: max(_confidence(node) for node in camp) for behaviour, camp in camps.items()}
    leading = max(camps, key=lambda behaviour: (round(supports[behaviour], 6), weights[behaviour], confidences[behaviour]))
    camp = camps[leading]
    others = [weight for behaviour, weight in weights.items() if behaviour != leading]
    return Agreement(
        leader=camp[0],
        votes=len(camp),
        of=sum(map(len, camps.values())),
        strategies=tuple(dict.fromkeys(node.line.strategy for node in camp)),
        weight=weights[leading],
        lead=weights[leading] - max(others, default=0.0),
        share=weights[leading] / sum(weights.values()),
    )


def shares(nodes: Iterable[Node]) -> dict[Node, float]:
    """For each attempt with a vote: how much of all weight speaks for what it came to, from 0 to 1."""
    camps = _camps(nodes)
    weights = {behaviour: _weight(camp) for behaviour, camp in camps.items()}
    total = sum(weights.values())
    return {
        node: sum(weight * alike(behaviour, other) for other, weight in weights.items()) / total
        for behaviour, camp in camps.items()
        for node in camp
    }


def alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """On how large a part of the shared inputs two behaviours are the same."""
    if len(one) != len(other):
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / max(1, len(one))


def _camps(nodes: Iterable[Node]) -> dict[tuple[str, ...], list[Node]]:
    camps: dict[tuple[str, ...], list[Node]] = {}
    for node in nodes:
        if node.verdict and node.verdict.behaviour is not None:
            camps.setdefault(node.verdict.behaviour, []).append(node)
    return camps


def _weight(camp: list[Node]) -> float:
    strategies = dict.fromkeys(node.line.strategy for node in camp)
    akin = max(0, sum(strategy in CALCULATE for strategy in strategies) - 1)
    first = sum(FIRST_VOTE.get(strategy, 1.0) for strategy in strategies) - akin * (1 - AKIN_VOTE)
    return first + REPEATED_VOTE * (len(camp) - len(strategies))


def _confidence(node: Node) -> float:
    return node.verdict.confidence if node.verdict else 0.0
