"""Who is live, and what the next decode evaluates. Decides only: the cache is asked, nothing native is touched."""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence as Listing
from dataclasses import dataclass

from agent.engine import lookup
from agent.engine.cache import SequenceCache
from agent.engine.lookup import Lookup
from agent.engine.prefix import Fork, common_prefix
from agent.engine.request import Branch
from agent.engine.sampling import Sampler
from agent.engine.stream import TextStream

FEWEST_READ = 16
"""Rows of prompts in a decode, however many branches speak beside them."""
LONG = 6
"""A prompt that holds one in so many of the cells in use is read in long slices all the same: it is quicker then to look at all
cells for 64 rows at once, which took a sixth of the time for a row and a cell (Coder-1.5B)."""


@dataclass(eq=False, slots=True)
class Live:
    """A branch in the cache. `tokens`: its prompt and what was sampled; the cache holds a prefix of them."""

    branch: Branch
    sequence: int
    tokens: list[int]
    sampler: Sampler
    stream: TextStream
    lookup: Lookup | None

    @property
    def final(self) -> int:
        """Tokens that it may come to."""
        return final(self.branch)


def final(branch: Branch) -> int:
    """Tokens that a branch may come to, its prompt included."""
    return len(branch.request.tokens) + branch.request.sampling.max_tokens


@dataclass(frozen=True, slots=True)
class Slice:
    """A branch's part of a decode: tokens to evaluate after those that the cache holds.

    `speaks`: the first is its last token, the others are guesses of what follows, and each is sampled from. Else they are a
    part of its prompt.
    """

    live: Live
    tokens: list[int]
    speaks: bool


class Scheduler:
    """The queue and the live branches, in the order in which they came."""

    def __init__(self, cache: SequenceCache, width: int, mixed: int) -> None:
        """`mixed`: see `agent.engine.placement.Place`."""
        self.queue: list[Branch] = []
        self.live: list[Live] = []
        self._cache, self._width, self._mixed = cache, width, mixed

    # Admission

    def next(self) -> tuple[Branch, Fork | None] | None:
        """The queued request that is to become live now, and what it shares; None if there is none or no room for it.

        The groups take turns: the one with the fewest live branches comes first, in each whoever came first. Nobody is passed
        over for being large.
        """
        if len(self.live) == self._width:
            return None
        for branch in self._in_turn():
            prompt = branch.request.tokens[:-1]
            fork = self._cache.longest(prompt)
            if self._soon_shared(prompt) > (fork.length if fork else 0):
                continue  # another branch is about to evaluate what this one can then share
            return (branch, fork) if self._fits(branch, fork) else None
        return None

    def _in_turn(self) -> list[Branch]:
        taken = Counter(id(live.branch.request.group) for live in self.live)
        return sorted(self.queue, key=lambda branch: taken[id(branch.request.group)])

    def _soon_shared(self, tokens: Listing[int]) -> int:
        """How many first tokens the cache will hold once the prompts that are being read have been."""
        soon = 0
        for live in self.live:
            reading = live.tokens[:-1]
            if self._cache.length(live.sequence) < len(reading):
                shared = common_prefix(reading, list(tokens))
                soon = max(soon, shared if shared == len(reading) or not self._cache.whole else 0)
        return soon

    def _fits(self, branch: Branch, fork: Fork | None) -> bool:
        """Whether the branch and all live ones can run to their ends if every idle sequence gives way."""
        if self._cache.whole:  # such a model may have to read everything anew, shared or not
            return sum(live.final for live in self.live) + final(branch) <= self._cache.cells
        held = self._cache.held([live.sequence for live in self.live], fork)
        own = final(branch) - (fork.length if fork else 0)
        return held + self.reserved() + own <= self._cache.cells

    def reserved(self) -> int:
        """Cells that live branches may still need."""
        return sum(live.final - self._cache.length(live.sequence) for live in self.live)

    # The next decode

    def plan(self, rows: int) -> list[Slice]:
        """One token of every branch that speaks, with guesses where that pays, then slices of prompts in what room is left."""
        speaking = [live for live in self.live if self._unread(live) == 0]
        reading = [live for live in self.live if self._unread(live) > 0]
        slices = [Slice(live, [live.tokens[-1], *self._guesses(live, not reading)], True) for live in speaking]
        for live, count in self._portions(reading, self._room(rows, sum(len(part.tokens) for part in slices), reading)):
            start = self._cache.length(live.sequence)
            slices.append(Slice(live, live.tokens[start : start + count], False))
        return slices

    def _room(self, rows: int, spoken: int, reading: list[Live]) -> int:
        """Rows for prompts beside the `spoken` ones."""
        longest = max((len(live.tokens) for live in reading), default=0)
        mixed = spoken and self._mixed - spoken >= FEWEST_READ and longest * LONG < self._cache.used
        return (min(rows, self._mixed) if mixed else rows) - spoken

    def _unread(self, live: Live) -> int:
        """Tokens to be evaluated before the last one, from which it speaks."""
        return len(live.tokens) - 1 - self._cache.length(live.sequence)

    def _guesses(self, live: Live, alone: bool) -> list[int]:
        """`alone`: no prompt is being read, which would fill the decode already."""
        count = len(self.live)
        if live.lookup is None or not alone or count > lookup.BRANCHES:
            return []
        branch = live.branch
        left = branch.request.sampling.max_tokens - branch.generated
        return live.lookup.guess(min(lookup.ROWS // count, left, branch.stride or left) - 1)

    def _portions(self, reading: list[Live], room: int) -> Iterator[tuple[Live, int]]:
        """Shares `room` rows among prompts: who has least left comes first, but half is for whoever has waited longest.

        So a short prompt need not wait for a long one, and a long one goes on however many short ones come.
        """
        portions = dict.fromkeys(reading, 0)
        turns = [(live, room // 2) for live in reading[:1]] + [(live, room) for live in sorted(reading, key=self._unread)]
        for live, most in turns:
            count = min(most, room, self._unread(live) - portions[live])
            portions[live] += count
            room -= count
        return ((live, count) for live, count in portions.items() if count)
