"""A problem played move by move: the model proposes, what a move comes to is calculated, dead ends are left again.

After Tree of Thoughts (Yao et al. 2023), with calculation in the place of the model's own judgement of a position. No move is
made twice and no dead end entered twice, so that the model decides in which order the moves are tried, and nothing else. What
one attempt has found to be a dead end is one for all attempts at the problem: it was calculated, not judged.
"""

from collections.abc import Generator, Iterable
from dataclasses import replace
from fractions import Fraction

import prompts
from agent.engine.request import Message, Sampling, Think, Thought
from agent.failures import Failure
from agent.verify.arithmetic import Position
from agent.verify.verify import Candidate

MOST_MOVES = 600
"""Of one attempt. Four numbers have about as many that do not lead to the same; six have far more."""
LONGEST_MOVE = 32
"""Tokens."""

Play = Generator[Think, Thought, Candidate]
DeadEnds = set[tuple[Fraction, ...]]
"""Keys of positions from which no move leads to the target."""


def play(asked: tuple[Message, ...], start: Position, sampling: Sampling, dead: DeadEnds) -> Play:
    """Goes down from `start`, and from a dead end back to the position before it. `asked` ends with the user's words.

    `dead`: what is known so far; it grows.
    """
    path, made = [start], 0
    while path and made < MOST_MOVES:
        here = path[-1]
        if (answer := here.solution) is not None:
            return Candidate((*asked, Message("assistant", answer)), answer=answer)
        left = {move: there for move, there in here.moves.items() if there.key not in dead} if len(here.left) > 2 else {}
        if not left:
            dead.add(here.key)
            path.pop()
            continue
        move = next(iter(left))
        if len(left) > 1:
            thought = yield Think(_asked(asked, here), _sampling(sampling, left, made))
            move = thought.text.strip()
        made += 1
        if move in left:
            path.append(left[move])
    failure = (
        Failure("no answer", f"no way through in {made} moves, with {len(dead)} dead ends known")
        if path
        else Failure("impossible", "there is no solution with + - * /: every position was tried")
    )
    return Candidate((*asked, Message("assistant", failure.message)), failure=failure)


def _asked(asked: tuple[Message, ...], here: Position) -> tuple[Message, ...]:
    *before, last = asked
    return (*before, Message("user", f"{last.content}\n\n{prompts.render('move', left=here.numbers, target=here.target)}"))


def _sampling(sampling: Sampling, left: Iterable[str], number: int) -> Sampling:
    return replace(
        sampling,
        seed=(sampling.seed + number) % 2**32,
        max_tokens=min(LONGEST_MOVE, sampling.max_tokens),
        grammar="root ::= " + " | ".join(f'"{move}"' for move in left),
    )
