"""A reply in words whose calculations are carried out: wrong results are put right, Python that is written is run.

Small models set up a calculation rightly and then guess what it comes to, also what a program of theirs would print. So the
reply is stopped there, goes back to where it still made sense, and goes on behind the result as it is. After the tools within
reasoning of ToRA (Gou et al. 2023), without asking the model for anything.
"""

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent import answers
from agent.engine.request import Message, Sampling, Think, Thought
from agent.verify.equations import Slip, slips
from agent.verify.fences import PYTHON, fenced
from tools import toolbox
from tools.sandbox import Outcome, Run, State
from tools.toolbox import Call

Reckoning = Generator[Think | Run, Any, tuple[Thought, State]]
"""Each `Think` is answered with a `Thought`, each `Run` with an `Outcome`; it returns the reply and what that has bound."""

MOST_RUNS, MOST_SLIPS = 5, 8
"""Programs that one reply may have run, and results that are put right in it: a model may insist."""
SHOWN = 400
"""Characters of what a program printed that the reply goes on from."""
JUST = 16
"""Characters of a reply that are new: what is missed in a longer piece is seen when the reply ends."""
CALCULATES = re.compile(r"(?<!\^)(?<!\^\{)[0-9]")
"""Behind a result: a number that is no unit's power."""
CHARACTERS = 3
"""Of output for a token that it takes from those of the reply, at the least."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Where a reply is left for something to be carried out."""

    text: str
    """The reply up to there, with what was wrong put right."""
    begins: int
    """Where in it begins what the model did not say like this."""
    code: str | None = None
    """What is to be run, so that the reply goes on from what it prints."""


def stops(text: str, since: int) -> bool:
    """Whether a reply under way has come to what is to be carried out. Asked for each token: looks where a line has ended."""
    return "\n" in text[-JUST:] and pause(text, since, whole=False) is not None


def pause(text: str, since: int, *, whole: bool) -> Pause | None:
    """The first calculation behind `since` that is to be carried out. `whole`: the text's last line is finished, too."""
    blocks = fenced(text)
    programs = {one.behind: one.code for one in blocks if one.closed and one.language in PYTHON and one.code.strip()}
    inside = {number for one in blocks for number in range(one.opened, one.behind)}
    start, lines = 0, text.split("\n")
    for number, line in enumerate(lines[: None if whole else -1], 1):
        end = min(len(text), start + len(line) + 1)
        if number in programs and end > since:
            return Pause(text[:end], end, programs[number])
        if number - 1 not in inside:
            for wrong in slips(line):
                if start + wrong.end > since:
                    return _put_right(text, start, end, wrong)
        start = end
    return None


def _put_right(text: str, start: int, end: int, wrong: Slip) -> Pause:
    """What the line says behind the result stays where it calculates nothing more: it would have followed all the same."""
    rest = text[start + wrong.end : end]
    if CALCULATES.search(rest):
        rest = rest[:1].strip("\\ ")
    return Pause(f"{text[: start + wrong.start]}{wrong.value}{rest}", start)


def reckon(asked: tuple[Message, ...], sampling: Sampling, begun: str, state: State, files: Mapping[str, bytes]) -> Reckoning:
    """The reply to `asked`, of `sampling.max_tokens` at most in all; `files` lie beside what it runs, in `state`."""
    said, known, left, runs, slips_left = begun, 0, sampling.max_tokens, MOST_RUNS, MOST_SLIPS
    while True:
        thought: Thought = yield Think(asked, replace(sampling, max_tokens=left), said, known)
        left -= thought.generated
        found = pause(thought.text, len(said), whole=True) if thought.finish == "stop" else None
        if found is None:
            return thought, state
        if found.code is None and not slips_left:
            return replace(thought, finish="cancelled"), state
        said, known = found.text, found.begins
        if found.code is None:
            slips_left -= 1
            if answers.is_given(said[known:]):
                return replace(thought, text=said), state
        elif runs:
            call = Call("python", found.code)
            outcome: Outcome = yield replace(toolbox.run_of(call, state), files=files)
            printed = f"```output\n{toolbox.shown(call, outcome, SHOWN)}\n```\n"
            said, left = f"{said.rstrip()}\n{printed}", left - len(printed) // CHARACTERS
            state, runs = outcome.state or state, runs - 1
        if left < 1:
            return replace(thought, text=said, finish="length"), state
