"""The policies: which attempt to open next. Ask-tell and pure; each is a function of the tree, and they replace one another.

`adaptive` is Thompson sampling over widening and deepening, as in adaptive branching search (AB-MCTS, Inoue et al. 2025):
the next attempt is a new one at the problem in one of several ways, or continues the failure that came nearest for its
length. Its rewards are what execution said (mending goes by the fraction of the checks that passed), or, where nothing can
be checked, how many votes speak for what an attempt came to. What is drawn is held against what it costs, as in budgeted
Thompson sampling (Xia et al. 2015): the budget is tokens, and three short attempts may be worth more than one long.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from statistics import median_low
from typing import cast

from agent import strategies
from agent.agreement import behaviour_of, repeated_vote, shares, voice_of
from agent.failures import CONTINUING, FailureKind, Move, Size, favour, next_moves
from agent.search import Action, Node, Policy, Tree
from agent.verify.verify import Judge

STRENGTH = 5.0
"""Attempts that a prior is worth."""
VIRTUAL_LOSS = 2.0
"""Failures that an attempt under way counts as, so that one batch goes several ways."""
NUDGE = 0.5
"""Successes that a move counts as which the table of failures names first; the second half of it, and so on."""
EXPECTED = 2.0
"""Attempts that the usual length of a way is worth."""
OVERHEAD = 30.0
"""Tokens that could be written while an attempt's prompt is read and its program runs."""
OVERHEAD_OF_VOTES = 100.0
"""The same once something has a vote: cheap calculations share their mistakes, and must not crowd out what is in words."""
SURENESS = 5.0
"""How many times narrower draws are until something has a vote: only failures teach by then, and what is best per token by
all that is known is best to try (docs/BENCHMARKS.md). From then on variety is worth something by itself.
"""
USUAL = 150.0
"""Tokens of a first way's attempt before any is known, and one of those whose median counts: a runaway is none."""
DEEPEST = 3
CONTINUING_ANSWERS: tuple[Move, ...] = ("repair", "simplify")
"""What can continue an attempt at an answer: there is no input that it could be shown to be wrong for."""
MENDING = 0.6
"""Temperature of an attempt that continues another: cooler ones repeat the program that failed."""
HOTTER, HOTTEST = 0.2, 1.2
SHIPPED = 10.0
"""Past attempts that the priors which come with ponder are worth, and the most that those on this machine are."""
Tally = Mapping[tuple[bool, str], tuple[int, int]]
"""For problems with checks and without, and each strategy: attempts that came to what was accepted where the first one did not,
and all that were judged.
"""
NOTHING_LEARNED: Tally = {}
NOTHING_FOUND: tuple[FailureKind, ...] = ("no code", "no answer")
"""Failures of replies in which nothing was found."""
SIZES: tuple[Size, ...] = ("tiny", "small", "large")


@dataclass(frozen=True, slots=True)
class Way:
    """A strategy on the policy's list. `cool` is the temperature of its first attempt, `warm` that of the others.

    `priors`: how probably one attempt succeeds where the first one did not, for each size of model. `length`: tokens of an
    attempt, as a multiple of what a plain one takes, and `words`: those that come on top, however short that is. `whole`: it
    writes all of what is asked for, so that its length says something of that of others.
    """

    strategy: str
    cool: float
    warm: float
    priors: tuple[float, float, float]
    length: float = 1.0
    words: float = 0.0
    whole: bool = True

    def prior(self, size: Size) -> float:
        return self.priors[SIZES.index(size)]

    def taught(self, wins: int, tries: int) -> "Way":
        """With priors that past attempts have moved, half-way at most: they were made at other problems."""
        weight = min(1.0, SHIPPED / tries) if tries else 0.0
        moved = tuple((SHIPPED * prior + weight * wins) / (SHIPPED + weight * tries) for prior in self.priors)
        return replace(self, priors=cast(tuple[float, float, float], moved))


# The first of each list opens the search: what the model would do alone, greedily. Plans come later and never first: they
# make small models worse and more diverse. Priors and lengths that docs/BENCHMARKS.md does not show are rules of thumb.
#                          cool warm   tiny  small large  length words
PROGRAMS = (
    Way("direct",           0.0, 0.8, (0.08, 0.15, 0.35)),
    Way("brute-force",      0.2, 0.8, (0.06, 0.10, 0.25)),
    Way("plan",             0.4, 0.8, (0.04, 0.30, 0.30), 1.0, 250.0),
    Way("test-first",       0.4, 0.8, (0.05, 0.10, 0.30), 1.0, 80.0),
    Way("decompose",        0.4, 0.8, (0.08, 0.10, 0.25), 1.0, 70.0),
    Way("analogy",          0.4, 0.8, (0.04, 0.12, 0.25), 1.0, 130.0),
)  # fmt: skip
# Where the problem begins the code: a plain attempt writes its head again, a brute force hardly; to go on takes two fifths.
# A greedy plain attempt behind that writes the program which failed.
BEGUN = (
    Way("direct",           0.0, 0.8, (0.08, 0.15, 0.35)),
    Way("brute-force",      0.2, 0.8, (0.06, 0.06, 0.25), 0.6),
    Way("plan",             0.4, 0.8, (0.04, 0.15, 0.30), 1.0, 250.0),
    Way("test-first",       0.4, 0.8, (0.05, 0.05, 0.30), 1.0, 80.0),
    Way("decompose",        0.4, 0.8, (0.08, 0.06, 0.25), 1.0, 70.0),
    Way("analogy",          0.4, 0.8, (0.04, 0.10, 0.25), 1.0, 130.0),
)  # fmt: skip
COMPLETED = (Way("complete", 0.0, 0.8, (0.08, 0.11, 0.35), 0.4, whole=False), *BEGUN[1:], replace(BEGUN[0], cool=0.8))
ANSWERS = (
    Way("reckon",           0.0, 0.7, (0.40, 0.50, 0.70)),
    Way("compute",          0.0, 0.7, (0.40, 0.50, 0.70), 0.2),
    Way("simulate",         0.0, 0.7, (0.30, 0.45, 0.60), 0.4),
    Way("work-backwards",   0.0, 0.7, (0.15, 0.50, 0.60)),
    Way("symbolic",         0.2, 0.7, (0.05, 0.20, 0.60), 0.4),
)  # fmt: skip
CHECKED_ANSWERS = (  # a search that is right once is right
    Way("step-by-step",     0.6, 0.8, (0.30, 0.50, 0.70)),
    Way("search-the-space", 0.0, 0.8, (0.20, 0.30, 0.60), 0.5),
    Way("compute",          0.2, 0.8, (0.05, 0.10, 0.40), 0.2),
    Way("reckon",           0.7, 0.9, (0.05, 0.05, 0.40)),
)  # fmt: skip
# Questions about files, which only a program can read whole.
MEASURED = (
    Way("compute",          0.0, 0.7, (0.50, 0.60, 0.70)),
    Way("explore",          0.2, 0.7, (0.05, 0.25, 0.60), 3.0),
    Way("simulate",         0.2, 0.7, (0.20, 0.25, 0.50), 2.0),
    Way("reckon",           0.0, 0.7, (0.10, 0.15, 0.30), 3.0),
)  # fmt: skip
WRITTEN = (Way("write", 0.0, 0.7, (0.50, 0.50, 0.50)),)  # what nothing here can run
RECKONED = "reckon"
"""Left out, what it asks for is asked for without reckoning."""
OWN = (0.30, 0.30, 0.40)
"""Priors of the user's own strategies, whose author thinks well of them."""
CONTINUES = (0.03, 0.05, 0.35)
"""Priors of mending, by the same sizes: what came half-way doubles them."""

FEATURES = ("repair", "switch", "agreement")
"""What can be left out of the default policy beside single strategies, to see what it is worth."""


def default_policy(judge: Judge, *, without: str | None = None, tally: Tally = NOTHING_LEARNED) -> Policy:
    """One attempt at first where execution will judge it; several at once where only their agreement can.

    `without`: one of `FEATURES`, or a strategy, that is left out: failures are not continued, the first way is the only one,
    the first candidate that nothing contradicts is taken. `tally`: what past runs on this machine teach.
    """
    kind = "code" if judge.wants_code else "answer"
    begun = BEGUN if without == COMPLETED[0].strategy else COMPLETED
    programs = begun if judge.statement.stub else PROGRAMS
    if judge.checks:
        ways, opening = (programs, 1) if judge.wants_code else (CHECKED_ANSWERS, 2)
    elif judge.wants_code:
        ways, opening = programs, 3
    else:
        answers = MEASURED if judge.problem.files else ANSWERS
        ways, opening = (WRITTEN if judge.statement.in_another_language else answers), 2
    if without == RECKONED:
        ways = tuple(replace(way, strategy=voice_of(RECKONED)) if way.strategy == RECKONED else way for way in ways)
    usable = (name for name in strategies.own(kind) if judge.puzzle or strategies.find(name).gives != "moves")
    own = tuple(Way(name, 0.6, 0.8, OWN) for name in usable)
    left_out = None if without in FEATURES else without
    ways = _beginning(tuple(way for way in (*ways, *own) if way.strategy != left_out), judge.statement.stub)
    past = {way: tally.get((bool(judge.checks), way.strategy), (0, 0)) for way in (ways[:1] if without == "switch" else ways)}
    ways = tuple(way.taught(*known) for way, known in past.items())
    continuing = () if without == "repair" else CONTINUING if judge.wants_code else CONTINUING_ANSWERS
    policy = adaptive(ways, opening=min(opening, len(ways)), continuing=continuing)
    return first_uncontradicted(policy) if without == "agreement" and not judge.checks else policy


def _beginning(ways: tuple[Way, ...], stub: str) -> tuple[Way, ...]:
    """Those that have what their reply is to begin with. All where none has: it then begins with nothing."""
    return tuple(way for way in ways if stub or not strategies.find(way.strategy).needs_stub) or ways


def first_uncontradicted(policy: Policy) -> Policy:
    """Stops at the first candidate in which execution finds no fault, as if nobody had to agree with it."""

    def ask(tree: Tree, free: int) -> list[Action]:
        taken = any(node.verdict and not node.failure for node in tree.judged)
        return [] if taken or tree.live else policy(tree, min(1, free))

    return ask


def adaptive(ways: Sequence[Way], *, opening: int, continuing: Collection[Move] = CONTINUING) -> Policy:
    """Thompson sampling over what can be done next: each way anew, and each move on one failure.

    `opening`: attempts made before anything is known, in the order of `ways`; they are waited for unless one of them
    fails. `continuing`: the moves by which failed attempts may be continued.
    """

    def ask(tree: Tree, free: int) -> list[Action]:
        opened = len(tree.attempts)
        if opened < opening:
            coming = list(enumerate(ways))[opened : min(opening, opened + max(0, free))]
            return [Action(tree.root, way.strategy, way.cool, _why(number)) for number, way in coming]
        if opened == opening and tree.live and not any(node.failure for node in tree.judged):
            return []
        choosing = _Choosing(tree, ways, continuing)
        return [choosing.draw() for _ in range(free)]

    return ask


@dataclass(frozen=True, slots=True)
class _Belief:
    """What is thought of one way on: how probably it succeeds, the tokens that it takes, and what a success would weigh."""

    prior: float
    successes: float
    failures: float
    tokens: float
    vote: float = 1.0

    def drawn(self, random: Random, sureness: float, overhead: float) -> float:
        """Votes per token, by a probability drawn from what is believed of it."""
        right, wrong = STRENGTH * self.prior + self.successes, STRENGTH * (1 - self.prior) + self.failures
        return self.vote * random.betavariate(sureness * right, sureness * wrong) / (overhead + self.tokens)


class _Choosing:
    """One ask: each draw sees what the earlier ones chose."""

    def __init__(self, tree: Tree, ways: Sequence[Way], continuing: Collection[Move]) -> None:
        self._tree, self._ways, self._moves = tree, ways, continuing
        self._random = Random(f"{tree.seed} {len(tree.attempts)} {len(tree.judged)}")
        self._rewards = _rewards(tree)
        mended = [self._rewards[node] for node in tree.judged if node.verdict and node.strategy in CONTINUING]
        self._mended, self._unmended = sum(mended), sum(1 - reward for reward in mended)
        self._chosen: list[Action] = []
        self._failed = next((node for node in reversed(tree.judged) if node.failure), None)
        self._unit = _unit(tree, ways)
        self._spoke = [node for node in tree.judged if behaviour_of(node) and not node.failure]
        self._sureness, self._overhead = (1.0, OVERHEAD_OF_VOTES) if self._spoke else (SURENESS, OVERHEAD)

    def draw(self) -> Action:
        """Draws what each way on may be worth, and goes the best of them."""
        arms = [*self._widening(), *self._deepening()]
        action = max(arms, key=lambda arm: arm[1].drawn(self._random, self._sureness, self._overhead))[0]
        self._chosen.append(action)
        return action

    def _widening(self) -> Iterator[tuple[Action, _Belief]]:
        """New attempts at the problem, each with what is believed of its way."""
        for way in self._ways:
            yield self._fresh(way), self._told(way)

    def _deepening(self) -> Iterator[tuple[Action, _Belief]]:
        """How the failure can be continued that came nearest for what it takes.

        It alone stands for all that failed: of many draws one is always high, however poor all are.
        """
        untried = {node: moves for node in self._tree.judged if (moves := self._untried(node))}
        if untried:
            node = max(untried, key=lambda node: (self._called_back(node), self._near_per_token(node), -node.number))
            said = f"continues attempt {node.number}: {node.failure.kind if node.failure else ''}"
            for place, move in enumerate(untried[node]):
                yield Action(node, move, MENDING, said), self._continuing(node, float(place))

    def _fresh(self, way: Way) -> Action:
        root = self._tree.root
        before = [node for node in root.children if node.strategy == way.strategy]
        again = bool(before) or any(action.parent is root and action.strategy == way.strategy for action in self._chosen)
        repeats = sum("hotter" in next_moves(node.failure, self._tree.size) for node in before)
        temperature = min(HOTTEST, way.warm + HOTTER * repeats) if again else way.cool
        return Action(root, way.strategy, temperature, _why(len(self._tree.attempts), again=again))

    def _told(self, way: Way) -> _Belief:
        """With what is under way and what the last failure advises. What failed in one form fails in another of its words."""
        voice, root = voice_of(way.strategy), self._tree.root
        akin = (node for node in root.children if voice_of(node.strategy) == voice)
        tried = [node for node in akin if node.strategy == way.strategy or not _is_empty(node)]
        rewards = [self._rewards[node] for node in tried if node.verdict]
        waiting = sum(node.live for node in tried)
        waiting += sum(action.parent is root and voice_of(action.strategy) == voice for action in self._chosen)
        last, size = self._failed, self._tree.size
        advised = NUDGE * favour(next_moves(last.failure, size), voice, voice_of(last.line.strategy)) if last else 0.0
        given_up = sum(node.closed is not None for node in tried)
        failures = sum(1 - reward for reward in rewards) + given_up + VIRTUAL_LOSS * waiting
        speaks = any(voice_of(node.line.strategy) == voice for node in self._spoke) or (waiting and self._spoke)
        vote = repeated_vote(way.strategy) if speaks else 1.0
        return _Belief(way.prior(size), sum(rewards) + advised, failures, self._length(way), vote)

    def _length(self, way: Way) -> float:
        """Tokens that an attempt in this way is expected to take, here."""
        usual = way.length * self._unit + way.words
        tried = (node for node in self._tree.root.children if node.strategy == way.strategy)
        told = [node for node in tried if node.verdict and node.generated]
        taken = [max(node.generated, usual) if _is_empty(node) else node.generated for node in told]
        return (EXPECTED * usual + sum(taken)) / (EXPECTED + len(taken))

    def _untried(self, node: Node) -> list[Move]:
        """The continuing moves that the table has for a failure and that were not yet made. The same failure again has none."""
        if node.depth >= DEEPEST or _fails_as_before(node):
            return []
        made = {child.strategy for child in node.children}
        made |= {action.strategy for action in self._chosen if action.parent is node}
        return [move for move in next_moves(node.failure, self._tree.size) if move in self._moves and move not in made]

    def _continuing(self, node: Node, later: float) -> _Belief:
        """Of mending a failure: more probable of one that came near, and what came of mending others is known of it, too.

        `later`: its place among the moves of the table.
        """
        prior = CONTINUES[SIZES.index(self._tree.size)] * _nearness(node)
        waiting = sum(other.live and other.strategy in CONTINUING for other in self._tree.attempts)
        waiting += sum(action.strategy in CONTINUING for action in self._chosen)
        failures = self._unmended + VIRTUAL_LOSS * waiting + later
        return _Belief(prior, self._mended + self._called_back(node), failures, self._rewritten(node))

    def _rewritten(self, node: Node) -> float:
        """Tokens of continuing an attempt, which writes it anew."""
        return max(node.generated, self._unit)

    def _near_per_token(self, node: Node) -> float:
        return _nearness(node) / (self._overhead + self._rewritten(node))

    def _called_back(self, node: Node) -> float:
        """What speaks for going back to a failure because the attempt that continued it came to nothing new."""
        if self._failed is None or node not in self._failed.ancestors():
            return 0.0
        moves = next_moves(self._failed.failure, self._tree.size)
        return NUDGE / (1 + moves.index("backtrack")) if "backtrack" in moves else 0.0


def _unit(tree: Tree, ways: Sequence[Way]) -> float:
    """Tokens of an attempt whose way has length 1, by the attempts at this problem."""
    whole = {way.strategy: way for way in ways if way.whole}
    told = [node for node in tree.root.children if node.verdict and node.generated and not _is_empty(node)]
    known = ((whole[node.strategy], node.generated) for node in told if node.strategy in whole)
    return median_low([USUAL, *(max(1.0, generated - way.words) / way.length for way, generated in known)])


def _is_empty(node: Node) -> bool:
    """Whether nothing was found in its reply: it says nothing of how long others are, nor of what other forms would bring."""
    return node.failure is not None and node.failure.kind in NOTHING_FOUND


def _nearness(node: Node) -> float:
    """By how much a failure is mended more probably than usual: 0.5 to 2."""
    return 0.5 + 1.5 * node.score


def _fails_as_before(node: Node) -> bool:
    before = node.parent.failure if node.parent else None
    return before is not None and node.failure is not None and before.message == node.failure.message


def _rewards(tree: Tree) -> dict[Node, float]:
    """1 for each attempt that passed; of what cannot be checked, the share of votes for it. One that only came near is worth
    nothing here: an attempt that always fails alike would shut out all others. Mending goes by how near it came.
    """
    agreeing = shares(node for node in tree.judged if node.verdict and node.verdict.ruling == "unchecked")
    return {node: agreeing.get(node, float(node.score == 1)) for node in tree.judged}


def _why(number: int, *, again: bool = False) -> str:
    """`number`: of attempts before it."""
    return "a fresh try" if again else "another way" if number else "the first way"
