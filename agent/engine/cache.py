"""The sequences in the key-value cache: what the prefix tree says of them and what llama.cpp holds, kept in step."""

from collections.abc import Collection
from collections.abc import Sequence as Listing

from agent.engine.context import Context
from agent.engine.prefix import Fork, PrefixTree

KEPT = 16
"""Finished sequences kept for their prefixes beside the live ones, so that a later turn need not read them again. Three
thousand idle cells slowed a decode on a processor by 7 % (SmolLM2, 16 branches)."""


class SequenceCache:
    """Sequences by number: live ones, which stay, and idle ones, which give way, the least recently used first.

    `whole`: this model can copy and keep only whole sequences (recurrent and hybrid ones). `window`: tokens that its windowed
    layers look back, 0 if there are none.
    """

    def __init__(self, context: Context, *, width: int, whole: bool, window: int) -> None:
        self.cells = context.cells
        self.whole, self._window = whole, window
        self._context = context
        self._tree = PrefixTree()
        self._free = list(range(width + KEPT))
        self._idle: list[int] = []

    @property
    def used(self) -> int:
        """Cells in use, those of idle sequences among them."""
        return self._tree.cells

    def length(self, sequence: int) -> int:
        """Tokens of the sequence that are evaluated."""
        return self._tree.length(sequence)

    def longest(self, tokens: Listing[int]) -> Fork | None:
        """The longest prefix of `tokens` that a sequence can be forked from."""
        fork = self._tree.longest_whole(tokens) if self.whole else self._tree.longest(tokens)
        return fork if fork and self._reaches_back(fork) else None

    def _reaches_back(self, fork: Fork) -> bool:
        """Whether what follows a prefix would see all of its window: other sequences take cells that a longer one has left
        behind it.
        """
        return not self._window or 0 <= self._context.earliest(fork.sequence) <= max(0, fork.length - self._window)

    def held(self, sequences: Collection[int], fork: Fork | None) -> int:
        """Cells in use if all idle sequences gave way, but for the prefix `fork`."""
        return self._tree.cells_held(sequences, fork)

    def open(self, fork: Fork | None = None) -> int:
        """A new live sequence, empty or with the cells of `fork`, whose sequence then counts as just used."""
        sequence = self._free.pop(0)
        self._tree.open(sequence, fork)
        if fork:
            self._context.copy(fork.sequence, sequence, fork.length)
            if fork.sequence in self._idle:
                self._idle.remove(fork.sequence)
                self._idle.append(fork.sequence)
        return sequence

    def extend(self, sequence: int, tokens: Listing[int], evaluated: int) -> bool:
        """Keeps `tokens`, the first of the `evaluated` cells that a decode added to a sequence. As `repair` says."""
        self._tree.extend(sequence, tokens)
        return evaluated == len(tokens) or self.repair(sequence)

    def repair(self, sequence: int) -> bool:
        """Takes cells back that the tree knows nothing of; False where the model cannot: the sequence is then empty."""
        if self._context.rewind(sequence, self._tree.length(sequence)):
            return True
        self._forget(sequence)
        self._tree.open(sequence)
        return False

    def restore(self, tokens: Listing[int], state: bytes) -> bool:
        """An idle sequence from what `saved` gave for the same tokens; False if llama.cpp does not take it."""
        sequence = self.open()
        restored = self._context.restore(sequence, state)
        if restored:
            self._tree.extend(sequence, tokens)
        self.retire(sequence)
        return restored

    def saved(self, fork: Fork) -> bytes:
        """The state of a prefix; empty where the model's cannot be had."""
        sequence = self.open(fork)
        state = self._context.saved(sequence)
        self.retire(sequence)
        return state

    def retire(self, sequence: int) -> None:
        """Makes a live sequence idle; one whose cells others hold all anyway is dropped."""
        self._idle.append(sequence)
        if self._tree.adds_nothing(sequence):
            self._evict(sequence)
        elif len(self._idle) > KEPT:
            self._evict(self._idle[0])

    def make_room(self, cells: int) -> None:
        """Lets idle sequences go until `cells` are free, or none is idle."""
        while self._idle and self._tree.cells + cells > self.cells:
            self._evict(self._idle[0])

    def _evict(self, sequence: int) -> None:
        self._idle.remove(sequence)
        self._forget(sequence)
        self._free.append(sequence)

    def _forget(self, sequence: int) -> None:
        self._context.drop(sequence)
        self._tree.drop(sequence)
