"""The best answer at every instant, and what may be said of it: never more than its evidence bears. Pure."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from agent.agreement import Agreement, agreement
from agent.confidence import ODDS, Kind
from agent.events import Status
from agent.search import Node


@dataclass(frozen=True, slots=True)
class Best:
    """`lead`: votes by which it leads, infinite for one that passes; enough of them end a search."""

    node: Node | None
    status: Status
    evidence: tuple[str, ...]
    kind: Kind
    lead: float = 0.0

    @property
    def confidence(self) -> float:
        return ODDS[self.kind].right

    @property
    def said(self) -> tuple[str, ...]:
        """The evidence, and how often such evidence was right, where that was measured."""
        odds = ODDS[self.kind]
        return (*self.evidence, odds.words) if odds.measured else self.evidence


def best(judged: Sequence[Node], answered: Collection[Node], *, passing: Kind | None, leading: Node | None = None) -> Best:
    """Of the attempts judged so far, in the order of their verdicts. A later one takes the place of an earlier one only with
    better evidence. `answered`: those that came to an answer at all. `passing`: what to pass is as evidence; None: there are no
    checks. `leading`: the best before the last verdict.
    """
    passed = next((node for node in judged if node.verdict and node.verdict.ruling == "passed"), None)
    if passed and passed.verdict and passing:
        return Best(passed, "verified", passed.verdict.evidence, passing, math.inf)
    if passing is None and (agreed := agreement(judged, leading)):
        return _of_agreed(agreed)
    shown = next((node.failure for node in judged if node.failure and node.failure.kind == "impossible"), None)
    if shown:
        return Best(None, "failed", (shown.message,), "nothing", math.inf)
    guesses = [node for node in judged if node in answered]
    if not guesses:
        return Best(None, "failed", (), "nothing")
    faultless = [node for node in guesses if not node.failure]
    if faultless:
        return Best(faultless[0], "unverified", ("no fault was found in it, and nothing that speaks for it",), "no fault")
    return _of_failed(guesses, examples=passing not in (None, "given checks"))


def _of_failed(guesses: Sequence[Node], *, examples: bool) -> Best:
    """The nearest, and of those what most came to. `examples`: the checks were read out of the statement, perhaps wrongly."""
    highest = max(node.score for node in guesses)
    nearest = [node for node in guesses if node.score == highest]
    agreed = agreement(nearest)
    node = agreed.leader if agreed and agreed.votes > 1 else nearest[0]
    shown = node.verdict.evidence if node.verdict else ()
    failure = (node.failure.message.strip().splitlines() or [""])[-1] if node.failure else ""
    evidence = (*shown, *([failure] if failure else []))
    if examples and agreed and agreed.reached and len(agreed.strategies) > 1:
        doubt = f"{agreed.evidence} against this example: it may be wrong"
        return Best(node, "unverified", (*evidence, doubt), "against an example")
    return Best(node, "unverified", evidence, "failed checks")


def _of_agreed(agreed: Agreement) -> Best:
    status: Status = "agreed" if agreed.reached else "unverified"
    return Best(agreed.leader, status, (agreed.evidence,), _kind_of(agreed), agreed.lead)


def _kind_of(agreed: Agreement) -> Kind:
    if not agreed.leads or agreed.votes == 1 < agreed.of:
        return "at odds"
    if agreed.of_programs:
        return "programs agree" if agreed.reached else "one program"
    if agreed.reached:
        return "several ways agree" if len(agreed.strategies) > 1 else "one way agrees"
    return "most votes" if agreed.votes > 1 else "alone"
