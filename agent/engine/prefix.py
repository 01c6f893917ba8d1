"""What is in the key-value cache, as a radix tree over its sequences: pure bookkeeping, no model.

A cell of the cache holds one token at one position and may belong to many sequences. A `Run` is a stretch of cells that
belong to the same sequences; runs form a tree whose paths from the root spell the sequences' tokens.
"""

from collections.abc import Collection, Iterator
from collections.abc import Sequence as Listing
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fork:
    """The first `length` tokens of `sequence`."""

    sequence: int
    length: int


@dataclass(eq=False, slots=True)
class Run:
    parent: "Run | None"
    tokens: list[int] = field(default_factory=list[int])
    holders: set[int] = field(default_factory=set[int])
    children: "list[Run]" = field(default_factory=list["Run"])

    def path(self) -> "Iterator[Run]":
        """From this run up to the root."""
        run: Run | None = self
        while run is not None:
            yield run
            run = run.parent


class PrefixTree:
    """Sequences by number, their tokens shared where they were forked. Counts cells exactly."""

    def __init__(self) -> None:
        self._root = Run(None)
        self._tails: dict[int, Run] = {}
        self._lengths: dict[int, int] = {}
        self.cells = 0
        """Cells in use, shared ones counted once."""

    def length(self, sequence: int) -> int:
        return self._lengths[sequence]

    def tokens(self, sequence: int) -> list[int]:
        runs = list(self._tails[sequence].path())
        return [token for run in reversed(runs) for token in run.tokens]

    def longest(self, tokens: Listing[int]) -> Fork | None:
        """The longest prefix of `tokens` that some sequence begins with; None if not even the first token is there."""
        tokens = list(tokens)
        best, length = self._root, 0
        stack = [(self._root, 0)]
        while stack:
            run, start = stack.pop()
            matched = common_prefix(run.tokens, tokens[start : start + len(run.tokens)])
            if start + matched > length:
                best, length = run, start + matched
            if matched == len(run.tokens):
                stack += [(child, start + matched) for child in run.children]
        return Fork(min(best.holders), length) if length else None

    def longest_whole(self, tokens: Listing[int]) -> Fork | None:
        """The longest sequence that is, whole, a prefix of `tokens`: all that models without partial copies can share."""
        tokens = list(tokens)
        found = [
            Fork(sequence, length)
            for sequence, length in self._lengths.items()
            if 0 < length <= len(tokens) and common_prefix(self.tokens(sequence), tokens) == length
        ]
        return max(found, key=lambda fork: fork.length, default=None)

    def open(self, sequence: int, fork: Fork | None = None) -> None:
        """Begins `sequence`, which must not be in the tree: empty, or sharing the cells of `fork`."""
        tail = self._cut(fork.sequence, fork.length) if fork else self._root
        self._tails[sequence] = tail
        self._lengths[sequence] = fork.length if fork else 0
        for run in tail.path():
            run.holders.add(sequence)

    def extend(self, sequence: int, tokens: Listing[int]) -> None:
        """New cells at the end of `sequence`, its own until somebody forks from them."""
        tail = self._tails[sequence]
        if tail is self._root or len(tail.holders) > 1:
            self._tails[sequence] = run = Run(tail, holders={sequence})
            tail.children.append(run)
            tail = run
        tail.tokens.extend(tokens)
        self._lengths[sequence] += len(tokens)
        self.cells += len(tokens)

    def drop(self, sequence: int) -> None:
        """Takes `sequence` off its runs; those that nobody holds any more free their cells."""
        for run in self._tails[sequence].path():
            run.holders.discard(sequence)
            if not run.holders and run.parent is not None:
                run.parent.children.remove(run)
                self.cells -= len(run.tokens)
        del self._tails[sequence], self._lengths[sequence]

    def adds_nothing(self, sequence: int) -> bool:
        """Whether every cell of `sequence` belongs to another one too, so that dropping it loses nothing."""
        tail = self._tails[sequence]
        return tail is self._root or len(tail.holders) > 1

    def cells_held(self, sequences: Collection[int], fork: Fork | None = None) -> int:
        """Cells in use if only `sequences` and the prefix `fork` were kept."""
        kept = set(sequences)
        held = sum(len(run.tokens) for run in self._runs() if run.holders & kept)
        if fork:
            start = 0
            for run in reversed(list(self._tails[fork.sequence].path())):
                wanted = max(0, min(len(run.tokens), fork.length - start))
                held += 0 if run.holders & kept else wanted
                start += len(run.tokens)
        return held

    def _runs(self) -> Iterator[Run]:
        stack = list(self._root.children)
        while stack:
            run = stack.pop()
            yield run
            stack += run.children

    def _cut(self, sequence: int, length: int) -> Run:
        """The run of `sequence` that ends at `length`, split there if need be."""
        end = self._lengths[sequence]
        for run in self._tails[sequence].path():
            start = end - len(run.tokens)
            if end == length:
                return run
            if start < length:
                self._split(run, length - start)
                return run
            end = start
        return self._root

    def _split(self, run: Run, at: int) -> None:
        rest = Run(run, run.tokens[at:], set(run.holders), run.children)
        for child in rest.children:
            child.parent = rest
        for sequence in rest.holders:
            if self._tails[sequence] is run:
                self._tails[sequence] = rest
        run.tokens, run.children = run.tokens[:at], [rest]


def common_prefix(left: Listing[int], right: Listing[int]) -> int:
    """How many first items two listings of one type share. Bisects on slices, which compare at C speed."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
