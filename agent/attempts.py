"""Attempts, as generators: they ask (`Think`, `Run`), the driver answers, they return a `Candidate`. No I/O here."""

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import prompts
from agent import answers
from agent.engine.request import Message, Sampling, Think, Thought
from agent.failures import Failure
from agent.lacking import under_its_name, with_imports
from agent.moves import DeadEnds, play
from agent.programs import ends_in_one_line, extract_code, holds_program, leaves_open, printing, with_prelude
from agent.reckoning import reckon, stops
from agent.verify.arithmetic import Position, Puzzle
from agent.verify.fences import blocks
from agent.verify.source import syntax_fault
from agent.verify.verify import Candidate
from prompts import StrategyPrompt
from tools import toolbox
from tools.sandbox import Outcome, Run, State
from tools.toolbox import Call

Attempt = Generator[Think | Run, Any, Candidate]
"""Each `Think` is answered with a `Thought`, each `Run` with an `Outcome`."""

Using = Generator[Run, Outcome, tuple[list[tuple[str, str]], State]]
"""The use of tools in a branch: each with its result as the model is shown it, and the state to go on from."""

CLOSED = re.compile(r"\n[ \t]*+```[ \t]*+\n")
CLOSED_WITHIN = 60
"""Characters from the end of a reply in which its block may have been closed."""
PROGRAM = "solution.py"
"""Under this name a session for a program writes it."""
ERROR_SHOWN = 1_200
"""Characters of a crash that a failure quotes, from its end."""
EMPTY = State()
MOST_CALLS = 5
"""Uses of tools in one session, after which it must answer."""


@dataclass(frozen=True, slots=True)
class Previous:
    """The attempt that a deepening strategy continues: one that failed, or any that the user gives a hint."""

    messages: tuple[Message, ...]
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Task:
    """All that an attempt may know. `statement` is the problem as the model is shown it, material included."""

    statement: str
    sampling: Sampling
    entry_point: str | None = None
    prelude: str = ""
    stub: str = ""
    """The code that the problem begins; empty where there is none, and nothing begins with it then."""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    before: tuple[Message, ...] = ()
    """The exchange that the problem follows on."""
    previous: Previous | None = None
    hint: str = ""
    """What the user says to it."""
    state: State = EMPTY
    """The interpreter that a session goes on in."""
    puzzle: Puzzle | None = None
    """What is to be played move by move, where the problem is that."""
    dead_ends: DeadEnds = field(default_factory=DeadEnds)
    """Of that puzzle; all attempts share them."""
    named: str | None = None
    """How a program has its function to be called."""


def attempt(strategy: StrategyPrompt, task: Task) -> Attempt:
    """One attempt in the way of `strategy`."""
    messages = _conversation(strategy, task)
    if strategy.gives == "moves":
        return (yield from _moves(messages, task))
    if _explores(strategy):
        return (yield from _session(strategy, messages, task))
    begun = _begun(strategy, task)
    if strategy.reckons:
        thought, state = yield from reckon(messages, task.sampling, begun, task.state, task.files)
        return replace(_stated((*messages, Message("assistant", thought.text)), thought), state=state)
    thought = yield Think(messages, task.sampling, begun)
    messages = (*messages, Message("assistant", thought.text))
    if strategy.gives == "answer":
        return _stated(messages, thought)
    candidate = _written(messages, thought, extract_code(thought.text, task.entry_point), task)
    if candidate.code is None or candidate.failure or strategy.gives != "output":
        return candidate
    if fault := syntax_fault(candidate.code):
        return replace(candidate, failure=Failure("syntax", fault))
    code = printing(candidate.code)
    outcome: Outcome = yield Run(code, files=task.files)
    return _printed(messages, code, outcome)


def _begun(strategy: StrategyPrompt, task: Task) -> str:
    """Nothing where the user says how to go on, or the problem begins nothing."""
    if task.hint or (strategy.needs_stub and not task.stub):
        return ""
    return strategy.begins.replace(prompts.STUB, task.stub)


def _explores(strategy: StrategyPrompt) -> bool:
    """Whether replies go on with tools. What mends a session's program gives the whole of it at once."""
    return strategy.gives == "session" and not (strategy.deepens and strategy.kind == "code")


def _session(strategy: StrategyPrompt, messages: tuple[Message, ...], task: Task) -> Attempt:
    """Tool by tool in the branch's own interpreter and folder, until a reply uses none, or writes the wanted program."""
    state, used = task.state, tuple[Call, ...]()
    program = PROGRAM if strategy.kind == "code" else None
    while True:
        thought: Thought = yield Think(messages, task.sampling)
        messages = (*messages, Message("assistant", thought.text))
        calls = _calls_in(thought.text)
        written = [call.body for call in calls if program and (call.tool, call.path) == ("write", program)]
        if written or not calls or len(used) == MOST_CALLS:
            break
        calls = calls[: MOST_CALLS - len(used)]
        results, state = yield from _used(calls, state, task.files)
        used += calls
        asked = prompts.render("results", results=results, program=program, last=len(used) == MOST_CALLS)
        messages = (*messages, Message("user", asked))
    if program:
        code = written[-1] if written else extract_code(thought.text, task.entry_point)
        return replace(_written(messages, thought, code, task), state=state)
    cells = [call.body for call in used if call.tool == "python"]
    return replace(_stated(messages, thought), code="\n\n".join(cells) or None, state=state)


def _used(calls: tuple[Call, ...], state: State, files: Mapping[str, bytes]) -> Using:
    results = list[tuple[str, str]]()
    for call in calls:
        said = call.fault
        if said is None:
            outcome = yield replace(toolbox.run_of(call, state), files=files)
            state, said = outcome.state or state, toolbox.shown(call, outcome)
        results.append((call.tool, said))
    return results, state


def _calls_in(text: str) -> tuple[Call, ...]:
    """What a reply wants to use. Small models also leave a fence unmarked, or open."""
    calls = toolbox.calls(text)
    code = None if calls or answers.is_given(text) else extract_code(text, None)
    return calls if code is None else (Call("python", code),)


def _moves(messages: tuple[Message, ...], task: Task) -> Attempt:
    if task.puzzle is None:
        return Candidate(messages, failure=Failure("no answer", "this is no puzzle that can be played move by move"))
    return (yield from play(messages, Position.first(task.puzzle), task.sampling, task.dead_ends))


def head() -> tuple[Message, ...]:
    """What every first conversation begins with, whatever the problem."""
    return (Message("system", prompts.render("system")),)


def _conversation(strategy: StrategyPrompt, task: Task) -> tuple[Message, ...]:
    if task.previous:
        failure = task.previous.failure.message if task.previous.failure else ""
        asked = (
            prompts.render("hint", hint=task.hint, failure=failure, continues=True)
            if task.hint
            else prompts.fill(strategy.wording, problem=task.statement, failure=failure)
        )
        return _said(task.previous.messages, asked)
    asked = prompts.fill(strategy.wording, problem=task.statement)
    if task.hint:
        asked += "\n\n" + prompts.render("hint", hint=task.hint, failure="", continues=False)
    return _said(task.before or head(), asked)


def put(before: tuple[Message, ...], statement: str) -> tuple[Message, ...]:
    """A conversation in which the problem was put and nothing came of it yet."""
    return _said(before or head(), statement)


def _said(messages: tuple[Message, ...], asked: str) -> tuple[Message, ...]:
    """The user's next words: to what the model answered, or, where it has not yet, behind those that it was asked."""
    if messages[-1].role == "user":
        return (*messages[:-1], Message("user", f"{messages[-1].content}\n\n{asked}"))
    return (*messages, Message("user", asked))


def is_whole(
    strategy: StrategyPrompt, text: str, entry_point: str | None, asked: tuple[Message, ...] = (), begun: str = ""
) -> bool:
    """Whether a reply that is still being written holds all that was asked for: a closed block, with the program in it, and
    none that the conversation already had, which may be quoted before it is mended. Or what is to be reckoned, behind what it
    was made to begin with.
    """
    if strategy.reckons:
        return stops(text, len(begun))
    if strategy.gives == "answer" or not CLOSED.search(text[-CLOSED_WITHIN:]):
        return False
    if _explores(strategy):
        return bool(toolbox.calls(text))
    known = [block.code for message in asked if message.role == "assistant" for block in blocks(message.content)]
    return holds_program(text[: max(closed.end() for closed in CLOSED.finditer(text))], entry_point, known)


def _unfinished(thought: Thought) -> Failure | None:
    if thought.finish == "cancelled":
        return Failure("repetition", f"the reply went round in circles and was ended after {thought.generated} tokens")
    if thought.finish == "unsure":
        return Failure("unsure", f"the model lost its thread and was ended after {thought.generated} tokens")
    return Failure("cut off", f"the reply was cut off after {thought.generated} tokens") if thought.finish == "length" else None


def _stated(messages: tuple[Message, ...], thought: Thought) -> Candidate:
    whole = thought.text if thought.finish == "stop" else thought.text.rpartition("\n")[0]  # 12 may be the beginning of 120
    answer = answers.stated(whole)
    if answer is None:
        return Candidate(messages, failure=_unfinished(thought) or Failure("no answer", "the reply holds no answer line"))
    return Candidate(messages, answer=answer)


def _written(messages: tuple[Message, ...], thought: Thought, code: str | None, task: Task) -> Candidate:
    if code is None:
        return Candidate(messages, failure=_unfinished(thought) or Failure("no code", "the reply holds no program"))
    if thought.finish != "stop" and syntax_fault(code):
        return Candidate(messages, code, failure=_unfinished(thought))
    if task.stub and task.entry_point and leaves_open(code, task.entry_point):
        return Candidate(
            messages, failure=_unfinished(thought) or Failure("no code", "the reply leaves the function unwritten")
        )
    return Candidate(messages, with_imports(with_prelude(task.prelude, under_its_name(code, task.named))))


def _printed(messages: tuple[Message, ...], code: str, outcome: Outcome) -> Candidate:
    if not outcome.succeeded:
        kind = outcome.ended if outcome.ended != "exit" else "exception"
        said = outcome.stderr.strip()[-ERROR_SHOWN:] or f"it ended with {outcome.ended}, status {outcome.status}"
        return Candidate(messages, code, failure=Failure(kind, said))
    lines = [line.strip() for line in outcome.stdout.splitlines()]
    lines = [line for line in lines if line not in ("", "None")]  # `print` of a function that itself prints ends with None
    if not lines:
        return Candidate(messages, code, failure=Failure("no answer", "the program printed no answer"))
    if answers.are_parts(lines):
        return Candidate(messages, code, answer=", ".join(lines))
    if ends_in_one_line(code):
        lines = lines[-1:]  # what came before was on the way to the answer
    return Candidate(messages, code, answer=answers.without_label(lines[0]) if len(lines) == 1 else "\n".join(lines))
