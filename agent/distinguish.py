"""Distinguishing inputs: further ones that hold against one another the programs which vouch for one another.

Programs may agree on the first inputs by chance; and where two camps are left, more inputs like those on which they differ tell
which of them holds together. A run costs milliseconds and no token.
"""

from collections.abc import Generator, Sequence
from dataclasses import replace

from agent.agreement import ENOUGH, RAISED, Camp, camps
from agent.search import Behaviour, Node, Verdict
from agent.verify import behaviour
from agent.verify.verify import Judge
from tools.sandbox import Outcome, Run

MOST_ROUNDS = 4
"""Rounds of further inputs in one search."""
CLOSE = 1.0
"""Votes: where the best camp leads by less, the next one is its rival."""


class Distinguisher:
    """The programs of one search, and what each did on all of the judge's inputs.

    A round's inputs become the judge's when everybody was tried on them; of two rounds at once, the later one is left.
    """

    def __init__(self, judge: Judge, rounds: int = MOST_ROUNDS) -> None:
        self._judge, self._rounds = judge, rounds
        self._programs: dict[Node, str] = {}
        self._held: set[Behaviour] = set()
        """What camps of several came to that the last round has not split."""

    def settle(self, node: Node, code: str | None, verdict: Verdict) -> Generator[Run, Outcome, Verdict]:
        """Yields what is to be run before a verdict counts, and returns it with all that was seen.

        The verdicts of the others grow likewise. A round is held when a camp of several would be accepted, or has a rival.
        """
        if not self._judge.inputs or verdict.failure or code is None:  # of other programs no further inputs are known
            return verdict
        if verdict.behaviour is None or not behaviour.is_results(verdict.behaviour):
            return verdict
        self._programs[node] = code
        tried = False
        while True:
            verdict = yield from self._completed(code, verdict)
            found = self._camps(node, verdict)
            if tried:
                self._held = {camp.behaviour for camp in found if len(camp.members) > 1}
            added = self._judge.further_inputs(self._near(found), self._rounds)
            if not added:
                return verdict
            yield from self._round(added)
            tried = True

    def _completed(self, code: str, verdict: Verdict) -> Generator[Run, Outcome, Verdict]:
        """With the inputs that came to the judge's meanwhile."""
        while missing := self._judge.inputs[len(verdict.behaviour or ()) :]:
            seen = yield from self._judge.observe_further(code, missing)
            verdict = replace(verdict, behaviour=(*(verdict.behaviour or ()), *seen))
        return verdict

    def _round(self, added: tuple[str, ...]) -> Generator[Run, Outcome, None]:
        """Tries all that are settled on more inputs; those whose verdicts are on their way catch up with them."""
        known, seen = self._judge.inputs, dict[Node, Behaviour]()
        while missing := [other for other in self._settled() if other not in seen]:
            for other in missing:
                seen[other] = yield from self._judge.observe_further(self._programs[other], added)
        if self._judge.inputs is not known:
            return
        self._judge.inputs = (*known, *added)
        self._rounds -= 1
        for other, more in seen.items():
            if other.verdict and other.verdict.behaviour:
                other.verdict = replace(other.verdict, behaviour=(*other.verdict.behaviour, *more))

    def _settled(self) -> list[Node]:
        return [node for node in self._programs if node.verdict]

    def _camps(self, node: Node, verdict: Verdict) -> list[Camp]:
        """The heaviest first, `node` with its verdict among them."""
        told = {other: other.verdict for other in self._settled() if other.verdict} | {node: verdict}
        seen = {other: one.behaviour for other, one in told.items()}
        return sorted(camps(seen, seen.get), key=lambda camp: -camp.weight)

    def _near(self, found: Sequence[Camp]) -> list[str]:
        """The inputs near which further ones are wanted: those on which rivals differ, all of them where there is no rival.

        Where programs give a result rather than raise, for others may be none that they are meant for. Empty: no round is due.
        """
        contested = len(found) > 1 and found[0].weight - found[1].weight < CLOSE
        best = found[: 1 + contested]
        untried = any(len(camp.members) > 1 and camp.behaviour not in self._held for camp in best)
        if not self._rounds or not untried or not (contested or best[0].weight >= ENOUGH):
            return []
        results = list(zip(self._judge.inputs, best[0].behaviour, best[-1].behaviour, strict=True))
        places = [(place, one, other) for place, one, other in results if not contested or one != other]
        told = [place for place, *both in places if RAISED not in both]
        return told or [place for place, *_ in places]
