"""Speculation by prompt lookup: what followed the last few tokens where they stood before is guessed to follow again.

A repair repeats most of the program that it mends. Guessed tokens are evaluated in the same decode as the last sampled one,
and only those are kept that the sampler picks itself, so the text is the one that would have come without guessing.
After Saxena, "Prompt Lookup Decoding" (2023), and Leviathan et al., arXiv 2211.17192.

Whether to guess is decided by counting what was accepted, never by the clock: the same seed then gives the same text.
"""

from collections.abc import Iterable

ROWS = 32
"""Rows of a decode with guesses, all branches together, at the most."""
BRANCHES = 4
"""Live branches up to which it can pay: more of them fill the decode with rows that are sure to be wanted."""
_GRAM = 3
"""Tokens that must agree, at the least, before a guess is made."""
_FIRST, _MOST = 8, 64
"""How many must agree at first, and at most."""
_SHORT = 16
"""Rows of a branch until a guess has come true as a whole. The processor's kernels take 16 rows at once: 8 cost 0.8 of them."""


class Lookup:
    """Guesses for one branch. `guess`, then `judge` what came of it, and `extend` by every token that the text gains."""

    def __init__(self, tokens: Iterable[int]) -> None:
        self._tokens = list[int]()
        self._after: dict[tuple[int, ...], int] = {}
        """Where the text went on, last, after these tokens."""
        self._needed, self._rows = _FIRST, _SHORT
        self._paused = False
        self.extend(tokens)

    def extend(self, tokens: Iterable[int]) -> None:
        for token in tokens:
            if len(self._tokens) >= _GRAM:
                self._after[tuple(self._tokens[-_GRAM:])] = len(self._tokens)
            self._tokens.append(token)

    def guess(self, most: int) -> list[int]:
        """At most `most` tokens that may come next; none where too little agrees with the text before."""
        at = self._after.get(tuple(self._tokens[-_GRAM:]))
        if at is None or self._paused or not self._agrees(at):
            self._paused = False
            return []
        return self._tokens[at : at + min(most, self._rows - 1)]

    def _agrees(self, at: int) -> bool:
        """Whether as many tokens as are needed stand before place `at` just as they stand at the end."""
        return at >= self._needed and self._tokens[at - self._needed : at] == self._tokens[-self._needed :]

    def judge(self, gain: float, *, whole: bool) -> None:
        """`gain`: how many times further the decode got than without guesses, over how many times longer it took.

        Below 1, twice as much must agree before the next guess; else half as much will do. `whole`: all of it came true, so
        the next may be longer.
        """
        self._needed = max(_GRAM, self._needed // 2) if gain >= 1 else min(_MOST, 2 * self._needed)
        self._rows = ROWS if whole else _SHORT

    def pause(self) -> None:
        """The next guess is left out."""
        self._paused = True
