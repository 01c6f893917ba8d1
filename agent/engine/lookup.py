"""Speculation by prompt lookup: what followed the last few tokens where they stood before is guessed to follow again.

A repair repeats most of the program that it mends. Guessed tokens are evaluated in the same decode as the last sampled one,
and only those are kept that the sampler picks itself, so the text is the one that would have come without guessing.
After Saxena, "Prompt Lookup Decoding" (2023), and Leviathan et al., arXiv 2211.17192.

Whether to guess is decided by counting what was accepted, never by the clock: the same seed then gives the same text.
"""

import math
from collections.abc import Iterable

ROWS = 16
"""Rows of a decode with guesses, all branches together."""
BRANCHES = 4
"""Live branches up to which it can pay: more of them fill the decode with rows that are sure to be wanted."""
_GRAM = 3
"""Tokens that must agree before a guess is made."""
_WEIGHT = 0.25
"""Of the newest guess in the running mean of what guessing gains."""
_REST, _LONGEST_REST = 32, 512
"""Tokens for which a branch stops guessing when it does not gain; doubled each time up to the second."""


def cost(rows: int) -> float:
    """The time of a decode, in decodes of one row: about what two processor cores took, Q4_K_M (docs/BENCHMARKS.md)."""
    return 1 + 0.5 * math.log2(rows)


class Lookup:
    """Guesses for one branch. `guess`, then `judge` what came of it, and `extend` by every token that the text gains."""

    def __init__(self, tokens: Iterable[int]) -> None:
        self._tokens = list[int]()
        self._after: dict[tuple[int, ...], int] = {}
        """Where the text went on, last, after these tokens."""
        self._gain = 1.5
        self._rest, self._resting_until = _REST, 0
        self.extend(tokens)

    def extend(self, tokens: Iterable[int]) -> None:
        for token in tokens:
            if len(self._tokens) >= _GRAM:
                self._after[tuple(self._tokens[-_GRAM:])] = len(self._tokens)
            self._tokens.append(token)

    def guess(self, most: int) -> list[int]:
        """Up to `most` tokens that may come next; none while guessing does not pay."""
        if len(self._tokens) < self._resting_until:
            return []
        at = self._after.get(tuple(self._tokens[-_GRAM:]))
        return [] if at is None else self._tokens[at : at + most]

    def judge(self, gain: float) -> None:
        """`gain`: how many times further the decode got than without guesses, over how many times longer it took."""
        self._gain += _WEIGHT * (gain - self._gain)
        if self._gain >= 1:
            self._rest = _REST
        else:
            self._resting_until = len(self._tokens) + self._rest
            self._rest = min(2 * self._rest, _LONGEST_REST)
            self._gain = 1.0
