"""A problem played move by move: the model proposes, what a move comes to is calculated, dead ends are left again.

After Tree of Thoughts (Yao et al. 2023), with execution in the place of the model's own judgement of a position.
"""

from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from fractions import Fraction

import prompts
from agent.arithmetic import Position
from agent.engine.request import Message, Sampling, Think, Thought
from agent.failures import Failure
from agent.verify import Candidate

MOST_MOVES = 200
"""Moves of one attempt, after which it gives up."""
LONGEST_MOVE = 24
"""Tokens."""
PATIENCE = 3
"""Moves that lead nowhere, for each number to spare, after which a position is a dead end: 3 with two left, 6 with three."""
WARMER, WARMEST = 0.1, 1.5
"""What each of them adds to the temperature, so that the next is another."""

Play = Generator[Think, Thought, Candidate]


def play(asked: tuple[Message, ...], start: Position, sampling: Sampling) -> Play:
    """Goes down from `start`, and from a dead end back to the position before it. `asked` ends with the user's words."""
    path, dead, failed = [start], set[tuple[Fraction, ...]](), Counter[tuple[Fraction, ...]]()
    for number in range(MOST_MOVES):
        here = path[-1]
        thought = yield Think(_asked(asked, here), _sampling(sampling, here, number, failed[here.key]))
        there = here.after(thought.text)
        if there is not None and there.solution is not None:
            answer = there.solution
            return Candidate((*asked, Message("assistant", answer)), answer=answer)
        if there is not None and len(there.left) > 1 and there.key not in dead:
            path.append(there)
            continue
        failed[here.key] += 1
        if len(path) > 1 and failed[here.key] >= PATIENCE * (len(here.left) - 1):
            dead.add(here.key)
            failed[path[-2].key] += 1
            path.pop()
    given_up = Failure("no answer", f"{MOST_MOVES} moves, {len(dead)} dead ends, and no way through")
    return Candidate((*asked, Message("assistant", "")), failure=given_up)


def _asked(asked: tuple[Message, ...], here: Position) -> tuple[Message, ...]:
    *before, last = asked
    return (*before, Message("user", f"{last.content}\n\n{prompts.render('move', left=here.numbers, target=here.target)}"))


def _sampling(sampling: Sampling, here: Position, number: int, failed: int) -> Sampling:
    return replace(
        sampling,
        seed=(sampling.seed + number) % 2**32,
        temperature=min(WARMEST, sampling.temperature + WARMER * failed),
        max_tokens=min(LONGEST_MOVE, sampling.max_tokens),
        grammar=here.grammar,
    )
