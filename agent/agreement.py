"""Which attempts vouch for one another: camps of equal behaviour, what their votes weigh, and who leads by how much."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agent.search import Behaviour, Node
from agent.strategies import calculates

CONFIRMS: dict[str, float] = {"brute-force": 0.5}
"""What a strategy adds to its vote where another way does the same: a program too plain to be wrong is a strong witness. Alone
against a first attempt it was right in five of sixteen cases (docs/BENCHMARKS.md), and has no more than one vote.
"""
AKIN_VOTE = 0.75
"""What the first vote of a second way weighs that has a program calculate the answer: these misread a statement alike (seen on
GSM8K), as words do not.
"""
IN_WORDS = frozenset({"reason", "work-backwards"})
"""Ways that work an answer out at length, whose samples come apart where they are wrong."""
REPEATED_VOTE, REPEATED_IN_WORDS, REPEATED_CALCULATION = 0.5, 0.75, 0.25
"""What each further vote of one strategy weighs. Samples of one prompt share their mistakes: two wrong ones came to the same in
18 % of pairs in words, in a third of those calculated (docs/BENCHMARKS.md). Quarters, so that sums are exact.
"""
ENOUGH, ENOUGH_IN_ONE, MAJORITY = 2.0, 2.25, 0.5
"""What a camp must weigh to be believed: that of two ways where it does the same on many inputs; more where it agrees in one
result, for of questions that two ways answer alike one in four was misread (docs/BENCHMARKS.md). And it must have more than
this part of all weight.
"""
OF_FEW = re.compile(r"[A-J]|yes|no|true|false", re.IGNORECASE)
ENOUGH_OF_FEW = 3.0
"""Where an answer is one of a few, chance agrees, too: by so much must it lead. Of two answers, three samples that come to the
same are right in 77 of 100 cases where each is right in 60 (0.6³ to 0.4³), and in 93 where each is in 70.
"""
REACHED, MOST = 8, 0.5
"""Inputs on which a slow brute force must have come to a result before it votes for who does the same on them, and the part of
all on which any other must, and any camp that is believed: what hangs or crashes is more often wrong than slow or right.
"""
OUT_OF_TIME, RAISED = "timeout", "raises"
"""What a behaviour says of the inputs that a program did not reach in time, and of those on which it came to no result."""
SAME_VOICE = {"complete": "direct", "reckon": "reason"}
"""Ways that ask the same in the same words: one voice, whose second vote is a repeated one."""
Said = Callable[[Node], Behaviour | None]


def repeated_vote(strategy: str) -> float:
    """What a further vote of a strategy weighs."""
    if voice_of(strategy) in IN_WORDS:
        return REPEATED_IN_WORDS
    return REPEATED_CALCULATION if calculates(strategy) else REPEATED_VOTE


def voice_of(strategy: str) -> str:
    """As what a strategy votes."""
    return SAME_VOICE.get(strategy, strategy)


def behaviour_of(node: Node) -> Behaviour | None:
    return node.verdict.behaviour if node.verdict else None


def results(behaviour: Behaviour) -> int:
    """On how many inputs it came to a result: programs that are alike in crashing or hanging show nothing of what is wanted."""
    return sum(said not in (RAISED, OUT_OF_TIME) for said in behaviour)


@dataclass(frozen=True, slots=True)
class Camp:
    """Attempts that came to the same."""

    behaviour: Behaviour
    members: tuple[Node, ...]

    @property
    def weight(self) -> float:
        votes = Counter(voice_of(node.line.strategy) for node in self.members)
        akin = max(0, sum(map(calculates, votes)) - 1)
        first = len(votes) - akin * (1 - AKIN_VOTE)
        confirmed = sum(CONFIRMS.get(strategy, 0.0) for strategy in votes) if len(votes) > 1 else 0.0
        return first + confirmed + sum(repeated_vote(strategy) * (count - 1) for strategy, count in votes.items())

    @property
    def in_words(self) -> bool:
        return any(voice_of(node.line.strategy) in IN_WORDS for node in self.members)


@dataclass(frozen=True, slots=True)
class Agreement:
    """The camp of attempts that has most behind it. A continued attempt votes as the strategy that began its line."""

    leader: Node
    """Its first member."""
    votes: int
    of: int
    strategies: tuple[str, ...]
    """One name for each voice among its attempts."""
    weight: float
    lead: float
    """Its weight beyond that of the next camp."""
    share: float
    """Of all weights."""
    largest: int
    """Votes of the largest camp, which may be another where the leader has the more support input by input."""

    @property
    def of_programs(self) -> bool:
        """Whether they are alike in what they do on many inputs, not in one answer."""
        return len(self._behaviour) > 1

    @property
    def leads(self) -> bool:
        """Whether it has more than half of all votes, and what it came to shows something."""
        return self.share > MAJORITY and results(self._behaviour) >= MOST * len(self._behaviour)

    @property
    def reached(self) -> bool:
        """Enough to say `agreed`."""
        if not self.leads:
            return False
        if len(self._behaviour) == 1 and OF_FEW.fullmatch(self._behaviour[0]):
            return self.lead >= ENOUGH_OF_FEW
        return self.weight >= (ENOUGH if self.of_programs else ENOUGH_IN_ONE)

    @property
    def _behaviour(self) -> Behaviour:
        return behaviour_of(self.leader) or ()

    @property
    def evidence(self) -> str:
        if self.of == 1:
            return "one attempt alone came to an answer"
        if self.largest == 1:
            return f"no two of {self.of} independent attempts agree"
        if self.votes == 1:
            return f"none of {self.of} independent attempts agrees with it on every input, but with no other do more on most"
        ways = " and ".join(self.strategies) if len(self.strategies) <= 2 else f"{len(self.strategies)} strategies"
        return f"{self.votes} of {self.of} independent attempts agree ({ways})"


def agreement(nodes: Iterable[Node], leading: Node | None = None) -> Agreement | None:
    """None where no attempt has a behaviour to vote with. `leading`: who led before.

    The leading camp is the one whose results on the shared inputs most votes support, input by input, so that programs
    which differ on one odd input still speak for one another against a third. Of two that weigh the same, one in words leads
    one that was only calculated, which is right less often (docs/BENCHMARKS.md), or else the one that led, or the earlier
    one. (A camp with more than half of all weight always leads: the others together cannot support one of them as much.)
    """
    found = camps(nodes)
    if not found:
        return None
    total, supports = sum(camp.weight for camp in found), _supports(found)

    def rank(camp: Camp) -> tuple[float, float, bool, bool]:
        return round(supports[camp.behaviour], 6), camp.weight, camp.in_words, leading in camp.members

    first = max(found, key=rank)
    ways = dict[str, str]()
    for node in first.members:
        ways.setdefault(voice_of(node.line.strategy), node.line.strategy)
    return Agreement(
        leader=first.members[0],
        votes=len(first.members),
        of=sum(len(camp.members) for camp in found),
        strategies=tuple(ways.values()),
        weight=first.weight,
        lead=first.weight - max((camp.weight for camp in found if camp is not first), default=0.0),
        share=first.weight / total,
        largest=max(len(camp.members) for camp in found),
    )


def shares(nodes: Iterable[Node]) -> dict[Node, float]:
    """For each attempt with a vote: how much of all weight speaks for what it came to, from 0 to 1."""
    found = camps(nodes)
    total, supports = sum(camp.weight for camp in found), _supports(found)
    return {node: supports[camp.behaviour] / total for camp in found for node in camp.members}


def _supports(found: list[Camp]) -> dict[Behaviour, float]:
    weights = {camp.behaviour: camp.weight for camp in found}
    return {one: sum(weight * alike(one, other) for other, weight in weights.items()) for one in weights}


def alike(one: Behaviour, other: Behaviour) -> float:
    """On how large a part of the shared inputs two behaviours are the same."""
    if len(one) != len(other):
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / max(1, len(one))


def camps(nodes: Iterable[Node], said: Said = behaviour_of) -> list[Camp]:
    """In the order of their first members. One that is only slow joins who does the same as far as it came. One that was
    continued leaves its vote to who went on from it, and had it before its eyes.
    """
    members: dict[Behaviour, list[Node]] = {}
    slow = list[tuple[Node, Behaviour]]()
    told = {node: behaviour for node in nodes if (behaviour := said(node)) is not None}
    continued = {before for node in told for before in node.ancestors()}
    for node, behaviour in told.items():
        if node in continued:
            continue
        if OUT_OF_TIME in behaviour:
            slow.append((node, behaviour))
        else:
            members.setdefault(behaviour, []).append(node)
    for node, behaviour in sorted(slow, key=lambda one: one[1].count(OUT_OF_TIME)):
        same = [other for other in members if _is_as_far(behaviour, other)]
        wanted = REACHED if node.line.strategy in CONFIRMS else MOST * len(behaviour)
        joined = max(same, key=lambda other: len(members[other])) if same and results(behaviour) >= wanted else behaviour
        members.setdefault(joined, []).append(node)
    return [Camp(behaviour, tuple(nodes)) for behaviour, nodes in members.items()]


def _is_as_far(slow: Behaviour, other: Behaviour) -> bool:
    """Whether it is the same wherever it came to a result."""
    return len(slow) == len(other) and all(one in (OUT_OF_TIME, two) for one, two in zip(slow, other, strict=True))
