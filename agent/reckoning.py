"""A reply in words whose calculations are carried out: wrong results are put right, Python that is written is run.

Small models set up a calculation rightly and then guess what it comes to, also what a program of theirs would print. So the
reply is stopped there, goes back to where it still made sense, and goes on behind the result as it is. After the tools within
reasoning of ToRA (Gou et al. 2023), without asking the model for anything.
"""

import textwrap
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent import answers
from agent.engine.request import Message, Sampling, Think, Thought
from agent.verify.equations import slip
from agent.verify.fences import PYTHON
from tools import toolbox
from tools.sandbox import Outcome, Run, State
from tools.toolbox import Call

Reckoning = Generator[Think | Run, Any, Thought]
"""Each `Think` is answered with a `Thought`, each `Run` with an `Outcome`; it returns the reply as it ended."""

FENCE = "```"
MOST_RUNS = 5
"""Programs of one reply."""
SHOWN = 400
"""Characters of what a program printed that the reply goes on from."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Where a reply is left for something to be carried out."""

    text: str
    """The reply up to there, with what was wrong put right."""
    begins: int
    """Where in it begins what the model did not say like this."""
    code: str | None = None
    """What is to be run, so that the reply goes on from what it prints."""


def pause(text: str, since: int, *, whole: bool) -> Pause | None:
    """The first calculation behind `since` that is to be carried out. `whole`: the text's last line is finished, too."""
    start = text.rfind("\n", 0, since) + 1
    fenced: list[str] | None = None
    for line in text[start:].splitlines(keepends=True):
        if not whole and not line.endswith("\n"):
            return None
        end, mark = start + len(line), line.strip()
        if mark.startswith(FENCE) and fenced is None:
            fenced = [mark.strip("`")]
        elif fenced is None:
            wrong = slip(line)
            if wrong and start + wrong.end > since:
                return Pause(f"{text[: start + wrong.start]}{wrong.value}", start)
        elif not mark.startswith(FENCE):
            fenced.append(line)
        else:
            code = textwrap.dedent("".join(fenced[1:])).strip("\n")
            if fenced[0] in PYTHON and code.strip():
                return Pause(text[:end], end, code)
            fenced = None
        start = end
    return None


def reckon(asked: tuple[Message, ...], sampling: Sampling, begun: str, state: State, files: Mapping[str, bytes]) -> Reckoning:
    """The reply to `asked`, of `sampling.max_tokens` at most in all; `files` lie beside what it runs, in `state`."""
    said, known, left, runs = begun, 0, sampling.max_tokens, 0
    while True:
        thought: Thought = yield Think(asked, replace(sampling, max_tokens=left), said, known)
        left -= thought.generated
        found = pause(thought.text, len(said), whole=True) if thought.finish == "stop" else None
        if found is None:
            return thought
        if left < 1 or (found.code is None and answers.is_given(found.text)):
            return replace(thought, text=found.text)
        said, known = found.text, found.begins
        if found.code is not None and runs < MOST_RUNS:
            call = Call("python", found.code)
            outcome: Outcome = yield replace(toolbox.run_of(call, state), files=files)
            state, runs = outcome.state or state, runs + 1
            said = f"{said.rstrip()}\n{FENCE}output\n{toolbox.shown(call, outcome, SHOWN)}\n{FENCE}\n"
