"""Strategies as tables of `next` and `send`: what they ask, and what they make of the answers."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as given_by

import prompts
from agent import attempts, batch, commands, strategies
from agent.agreement import camps
from agent.answers import stated
from agent.attempts import MOST_CALLS, Previous, Task
from agent.bench import arms, bench
from agent.config import Settings
from agent.engine.request import Message, Sampling, Think, Thought
from agent.errors import UsageError
from agent.moves import DeadEnds
from agent.programs import extract_code, printing, with_prelude
from agent.reckoning import MOST_RUNS, MOST_SLIPS, pause
from agent.search import Failure, Tree, Verdict
from agent.verify.puzzles import read_puzzle
from agent.verify.verify import Candidate, Judge, Problem
from tests.fakes import ScriptedSandbox, ran
from tests.gguf_files import tiny_gguf
from tests.sandboxes import serving as sandbox  # noqa: F401  (a fixture)
from tests.scripted import opening
from tests.test_agreement import voters
from tools.lanes import Lanes
from tools.sandbox import Outcome, Run, State

# ruff: noqa: F811

TASK = Task("Say how many.", Sampling(temperature=0.5, seed=3))


def play(name: str, replies: list[Any], task: Task = TASK) -> tuple[list[Think | Run], Candidate]:
    """Answers each ask in turn; gives what was asked and the candidate."""
    attempt = attempts.attempt(strategies.find(name), task)
    asks = [next(attempt)]
    for reply in replies:
        try:
            asks.append(attempt.send(reply))
        except StopIteration as ended:
            return asks, ended.value
    raise AssertionError("the attempt wants more replies")


def said(text: str, finish: Any = "stop") -> Thought:
    return Thought(text, finish, len(text.split()))


def test_direct_shows_the_statement_and_takes_the_program_from_the_reply():
    asks, candidate = play("direct", [said("Sure:\n```python\nprint(1)\n```\nDone.")])
    (think,) = asks
    assert isinstance(think, Think)
    assert think.sampling == TASK.sampling
    assert [message.role for message in think.messages] == ["system", "user"]
    assert "Say how many." in think.messages[-1].content
    assert (candidate.code, candidate.answer, candidate.failure) == ("print(1)", None, None)
    assert candidate.messages[-1] == Message("assistant", "Sure:\n```python\nprint(1)\n```\nDone.")


STUB = 'def half(x: float) -> float:\n    """Half of it."""'


def test_complete_goes_on_with_what_the_problem_begins():
    whole = f"```python\n{STUB}\n    return x / 2\n```"
    (think,), candidate = play("complete", [said(whole)], Task("Write half.", Sampling(), "half", stub=STUB))
    assert isinstance(think, Think)
    assert think.begun == f"```python\n{STUB}\n"
    assert think.messages[-1].role == "user"
    assert candidate.code == f"{STUB}\n    return x / 2"
    assert candidate.messages[-1] == Message("assistant", whole)
    for task in (
        Task("Write half.", Sampling(), "half"),
        Task("Write half.", Sampling(), "half", stub=STUB, hint="Use a helper."),
    ):
        (think,), _ = play("complete", [said("```python\ndef half(x): return x / 2\n```")], task)
        assert isinstance(think, Think)
        assert think.begun == "", "nothing to go on with, or the user says how"


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("def f(x): return math.sqrt(x)", "import math"),
        ("def f(x): return factorial(x) + sqrt(math.pi)", "import math\nfrom math import factorial, sqrt"),
        ("def f(x: List[int]) -> Optional[int]: return re.match('a', x)", "import re\nfrom typing import List, Optional"),
        ("def f(x): return datetime.now()", "from datetime import datetime"),
        ("def f(x): return datetime.date(x, 1, 1)", "import datetime"),
        ("@lru_cache(None)\ndef f(x): return Counter(x)", "from collections import Counter\nfrom functools import lru_cache"),
        ("from __future__ import annotations\ndef f(x): return math.e", "from __future__ import annotations\nimport math"),
    ],
)
def test_a_program_has_the_imports_that_it_forgot(written: str, first: str):
    _, candidate = play("direct", [said(f"```python\n{written}\n```")], Task("Write f.", Sampling(), "f"))
    assert candidate.code is not None
    assert candidate.code.startswith(f"{first}\n")
    assert candidate.code.endswith(written.removeprefix("from __future__ import annotations\n"))


@pytest.mark.parametrize(
    "written",
    [
        "from math import *\ndef f(x): return sqrt(x)",
        "def f(string): return string.upper()",
        "def f(x): return string.upper(x)",
        "def f(x): return time",
        "def sqrt(x): return x\ndef f(x): return sqrt(x)",
        "def f(x): return np.sqrt(x)",
        "def f(x): return math.sqroot(x)",
        "import datetime\ndef f(x): return datetime.now()",
        "def f(n): return cache[n]",
        "def f(n): return product",
        "def f(n): return date.split('-')",
        "def f(n, out): out.append(perm)",
    ],
)
def test_nothing_is_imported_that_may_mean_something_else(written: str):
    _, candidate = play("direct", [said(f"```python\n{written}\n```")], Task("Write f.", Sampling(), "f"))
    assert candidate.code == written


@pytest.mark.parametrize(
    ("written", "asked", "meant"),
    [
        ("def cumulative_sum(x): return x", "cummulative_sum", "cumulative_sum"),
        ("def Split(x): return x.split(Split)\ndef other(x): return x", "split", "Split"),
        ("def split(x): return x.split(',')", "Split", "split"),
        ("def total(*x): return total(*x)", "sum_of", "total"),
        ("def bell_number(n): return help_(n)\ndef help_(n): return bell_number(n)", "bell_Number", "bell_number"),
    ],
)
def test_a_function_has_the_name_that_was_asked_for(written: str, asked: str, meant: str):
    _, candidate = play("direct", [said(f"```python\n{written}\n```")], Task("Write it.", Sampling(), asked, named=asked))
    assert candidate.code == re.sub(rf"(?<![\w.]){meant}\b", asked, written)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("def total(): return 1", "sum_of"),
        ("def main(argv): print(argv)", "sum_of"),
        ("def total(x): return x\ndef more(x): return x", "sum_of"),
        ("class Total:\n    def add(self, x): pass\ndef more(x): return x", "sum_of"),
        ("def total(x): return x\nsum_of = max", "sum_of"),
        ("def make_stack(x): return x", "Stack"),
        ("def on_click(x): return x", "any"),
        ("def rows_of(x): return x\ndef rowsof(x): return x", "Rows_of"),
        ("def encrypt_text(x): return x\ndef more(x): return x", "decrypt_text"),
        ("def sum_first_n(x): return x\ndef more(x): return x", "sum_first_m"),
        ("def total(x): return x\ntotals = max", "totals"),
        ("def start():\n    global totals\n    totals = max\ndef total(x): return x", "totals"),
        ("from helpers import *\ndef total(x): return x", "totals"),
        ("def maxx(x): return max(x)", "max"),
        ("def iff(x): return x", "if"),
    ],
)
def test_a_function_keeps_its_name_where_that_may_be_meant(written: str, asked: str):
    _, candidate = play("direct", [said(f"```python\n{written}\n```")], Task("Write it.", Sampling(), asked, named=asked))
    assert candidate.code == written


def test_what_the_statement_gives_keeps_its_names():
    task = Task("Write it.", Sampling(), "decode_shift", "def encode_shift(s):\n    return s", named="decode_shift")
    _, candidate = play("direct", [said("```python\ndef decode(s):\n    return encode_shift(s)\n```")], task)
    assert candidate.code == f"{task.prelude}\n\n\ndef decode_shift(s):\n    return encode_shift(s)"


def test_a_wrong_result_in_words_is_put_right_and_gone_on_from():
    wrong, right = "They have\n3 * 4 = 13 eggs,\n", "They have\n3 * 4 = 12 eggs,\n"
    asks, candidate = play("reckon", [said(f"{wrong}and that is all"), said(f"{right}and no more.\nAnswer: 12")])
    first, second = asks
    assert isinstance(first, Think)
    assert isinstance(second, Think)
    assert (first.begun, second.begun) == ("", right)
    assert (second.messages, second.known) == (first.messages, len("They have\n")), "the line is said anew"
    assert second.sampling.max_tokens == first.sampling.max_tokens - len(f"{wrong} and that is all".split())
    assert (candidate.answer, candidate.messages[-1].content) == ("12", f"{right}and no more.\nAnswer: 12")


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("3 * 4 = 13, so 13 - 1 = 12 are left", "3 * 4 = 12,"),
        (r"\(3 * 4 = 13\) and then \(13 - 1 = 12\)", r"\(3 * 4 = 12"),
        ("**3 * 4 = 13**", "**3 * 4 = 12**"),
        ("2 * 2 = 4, 3 * 4 = 13", "2 * 2 = 4, 3 * 4 = 12"),
    ],
)
def test_what_follows_a_wrong_result_stays_unless_it_goes_on_from_it(line: str, kept: str):
    (_, more), _ = play("reckon", [said(line), said("Answer: 12")])
    assert isinstance(more, Think)
    assert more.begun == kept


def test_a_model_that_insists_on_what_is_wrong_is_ended():
    attempt = attempts.attempt(strategies.find("reckon"), TASK)
    think, told = next(attempt), 0
    while True:
        try:
            think, told = attempt.send(said(f"{think.begun}0 eggs\n3 * 4 = 13\n")), told + 1
        except StopIteration as stopped:
            ended = stopped
            break
    assert ended.value.failure.kind == "repetition"
    assert told == MOST_SLIPS


PIECES = (
    "3 * 4 = 13",
    "3 * 4 = 12",
    "\n",
    "\n\n",
    "```",
    "```python",
    "~~~",
    "    ```py",
    "x = 1",
    '"""',
    " eggs",
    ", ",
    "=",
    "\r\n",
    "\u2028",
    "Answer: 5",
)


@given(given_by.lists(given_by.sampled_from(PIECES), max_size=14), given_by.integers(0, 60))
def test_a_reply_is_stopped_only_where_there_is_something_to_carry_out(pieces: list[str], begun: int):
    text = "".join(pieces)
    if attempts.is_whole(strategies.find("reckon"), text, None, (), text[:begun]):
        assert pause(text, len(text[:begun]), whole=True) is not None


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("Answer: 3 * 4 = 13", "Answer: 3 * 4 = 12"),
        (r"\(3 * 4 = \boxed{13}\) eggs.", r"\(3 * 4 = \boxed{12}\) eggs."),
        ("Answer: 1/4 = 30%", "Answer: 1/4 = 25%"),
    ],
)
def test_an_answer_that_only_states_its_sum_wrongly_needs_no_more_words(line: str, right: str):
    asks, candidate = play("reckon", [said(f"Let us see.\n{line}")])
    assert (len(asks), candidate.messages[-1].content) == (1, f"Let us see.\n{right}")


@pytest.mark.parametrize("finish", ["length", "cancelled", "unsure"])
def test_what_is_ended_is_not_gone_on_with(finish: str):
    asks, candidate = play("reckon", [said("So 3 * 4 = 13.\n", finish)])
    assert len(asks) == 1
    assert candidate.failure is not None


def test_a_program_within_words_is_run_and_gone_on_from_what_it_prints():
    kept, begun = State(), "We add:\n```python\n  total = 24 + 16\n  total + 10\n```\n"
    asks, candidate = play(
        "reckon",
        [
            said(f"{begun}```output\n56\n```\nAnswer: 56"),
            replace(ran("50\n"), state=kept),
            said(f"{begun}```output\n50\n```\nHalf of it:\n```python\ntotal / 2\n```"),
            ran("", stderr="NameError: no total"),
            said("Answer: 25"),
        ],
        replace(TASK, files={"a.txt": b"1"}),
    )
    _, run, more, again, last = asks
    assert isinstance(run, Run)
    assert (run.code, dict(run.files), run.state) == ("total = 24 + 16\ntotal + 10", {"a.txt": b"1"}, TASK.state)
    assert isinstance(more, Think)
    assert (more.begun, more.known) == (f"{begun}```output\n50\n```\n", len(begun))
    assert isinstance(again, Run)
    assert (again.code, again.state) == ("total / 2", kept), "what was bound is bound still"
    assert isinstance(last, Think)
    assert last.begun.endswith("total / 2\n```\n```output\nNameError: no total\n```\n")
    assert candidate.answer == "25"


def test_a_reply_runs_so_many_programs_and_no_more():
    block = "```python\nprint(1)\n```\n"
    attempt = attempts.attempt(strategies.find("reckon"), TASK)
    think: Think = next(attempt)
    for _ in range(MOST_RUNS):
        assert isinstance(attempt.send(said(think.begun + block)), Run)
        think = attempt.send(ran("1\n"))
    goes_on = attempt.send(said(think.begun + block))
    assert isinstance(goes_on, Think)
    assert goes_on.begun == think.begun + block, "without its output, which nobody knows"


@pytest.mark.parametrize(
    ("text", "begun", "stops"),
    [
        ("So 3 * 4 = 13\n", "", True),
        ("So 3 * 4 = 13", "", False),  # and maybe 130
        ("So 3 * 4 = 12\n", "", False),
        ("```python\nx = 1\n", "", False),
        ("```python\nx = 1\n```\n", "", True),
        ("```python\nx = 1\n```\n", "```python\nx = 1\n```\n", False),
        ("```python\n```\nor\n", "", False),
        ("```\n3 * 4 = 13\n```\n", "", False),
        ("```output\n3 * 4 = 13\n```\n", "", False),
    ],
)
def test_a_reply_stops_where_it_is_to_be_reckoned(text: str, begun: str, stops: bool):
    assert attempts.is_whole(strategies.find("reckon"), text, None, (), begun) is stops
    assert not attempts.is_whole(strategies.find("reason"), text, None, (), begun), "plain words are left as they are"


@pytest.mark.parametrize("end", ["```", "", "    pass\n```", "    ...\n```"])
def test_a_function_that_is_left_unwritten_is_no_program(end: str):
    _, candidate = play("complete", [said(f"```python\n{STUB}\n{end}")], Task("Write half.", Sampling(), "half", stub=STUB))
    assert candidate.code is None
    assert candidate.failure is not None
    assert candidate.failure.kind == "no code"


def test_a_stub_behind_the_function_is_not_the_program():
    whole = "def half(x):\n    return x / 2"
    assert extract_code(f"```python\n{whole}\n```\nIn short:\n```python\ndef half(x):\n    pass\n```\n", "half") == whole


def test_compute_runs_its_program_beside_the_material_and_answers_with_what_it_prints():
    program = "print('working…')\nprint('Answer:', 2)"
    task = Task("How many lines?", Sampling(), files={"data.csv": b"a\nb\n"})
    asks, candidate = play("compute", [said(f"```python\n{program}\n```"), ran("working…\nAnswer: 2\n")], task)
    run = asks[1]
    assert isinstance(run, Run)
    assert run.files == {"data.csv": b"a\nb\n"}
    assert (candidate.code, candidate.answer) == (program, "2")


@pytest.mark.parametrize(
    ("printed", "answer"),
    [
        ("7\nNone\n", "7"),
        ("The total (in dollars): 12.5", "12.5"),
        ("Total: 42", "42"),
        ("Answer: 42", "42"),
        ("The result is: 42", "42"),
        ("Time: 12:30", "12:30"),
        ("Capital: Paris", "Paris"),
        ("x = 3", "3"),
        ("x = 3, y = 4", "x = 3, y = 4"),
        ("at 12:30", "at 12:30"),
        ("Alice: 3, Bob: 5", "Alice: 3, Bob: 5"),
        ("Alice: 3; Bob : 5", "Alice: 3; Bob : 5"),
        ("Alice: 3 Bob: 5", "Alice: 3 Bob: 5"),
        ("B: Paris", "B: Paris"),
        ("Total:42", "42"),
        ("Total:-3", "-3"),
        ("Total:$5", "$5"),
        ("List:[1, 2]", "[1, 2]"),
        ("https://example.com/a", "https://example.com/a"),
        ("std::vector", "std::vector"),
        ("mailto:ann@x.org", "mailto:ann@x.org"),
        ("ratio a:b", "ratio a:b"),
        ("x == y", "x == y"),
    ],
)
def test_what_a_program_printed_is_its_answer(printed: str, answer: str):
    _, candidate = play("compute", [said("```python\nprint(2)\n```"), ran(printed)])
    assert candidate.answer == answer


@pytest.mark.parametrize(
    ("outcome", "kind", "says"),
    [
        (ran(stderr="Traceback …\nZeroDivisionError: division by zero", status=1), "exception", "ZeroDivisionError"),
        (Outcome("timeout", None, "", "", 10.0), "timeout", "timeout"),
        (Outcome("memory", None, "", "", 1.0), "memory", "memory"),
        (ran(""), "no answer", "printed no answer"),
        (ran("None\n"), "no answer", "printed no answer"),
    ],
)
def test_compute_names_what_its_program_died_of(outcome: Outcome, kind: str, says: str):
    _, candidate = play("compute", [said("```python\nprint(1 / 0)\n```"), outcome])
    assert candidate.failure is not None
    assert candidate.failure.kind == kind
    assert says in candidate.failure.message
    assert candidate.answer is None


def test_what_is_no_python_is_not_run_for_its_answer_either():
    asks, candidate = play("compute", [said("```python\ntotal = 2\nprint(total\n```")])
    assert len(asks) == 1
    assert candidate.failure == Failure("syntax", "line 2: '(' was never closed: print(total")
    assert (candidate.code, candidate.answer) == ("total = 2\nprint(total", None)
    asks, candidate = play("compute", [said("```python\ntotal = 2\nprint(total", "length")])
    assert len(asks) == 1
    assert candidate.failure is not None
    assert candidate.failure.kind == "cut off"


def test_explore_looks_cell_by_cell_in_one_interpreter_and_then_answers():
    first, second = State(), State()
    task = Task("How many lines?", Sampling(), files={"data.csv": b"a\nb\n"})
    replies = [
        said("```python\nlines = open('data.csv').readlines()\nlines[:1]\n```\nAnswer: 7"),
        replace(ran("['a\\n']"), state=first),
        said("```python\nlen(lines)\n```"),
        replace(ran(stderr="NameError", status=1), state=second),
        said("So it is.\nAnswer: 2"),
    ]
    asks, candidate = play("explore", replies, task)
    looked, counted = asks[1], asks[3]
    assert isinstance(looked, Run)
    assert isinstance(counted, Run)
    assert (looked.files, counted.state) == ({"data.csv": b"a\nb\n"}, first)
    assert isinstance(asks[2], Think)
    assert "['a\\n']" in asks[2].messages[-1].content
    assert isinstance(asks[4], Think)
    assert "NameError" in asks[4].messages[-1].content
    assert (candidate.answer, candidate.state) == ("2", second), "an answer beside a cell was made before it was run"


def test_a_session_is_one_live_interpreter(sandbox: Lanes):
    attempt = attempts.attempt(strategies.find("explore"), Task("How many lines?", Sampling(), files={"data.csv": b"a\nb\n"}))
    next(attempt)
    looked = attempt.send(said("```python\nlines = open('data.csv').readlines()\nlines[:1]\n```"))
    assert isinstance(looked, Run)
    think = attempt.send(sandbox.submit(looked).result())
    assert isinstance(think, Think)
    assert "['a\\n']" in think.messages[-1].content
    counted = attempt.send(said("```python\nlen(lines)\n```"))
    assert isinstance(counted, Run)
    think = attempt.send(sandbox.submit(counted).result())
    assert isinstance(think, Think)
    assert think.messages[-1].content.startswith("Result of python:\n\n2\n\nGo on")


def test_programs_within_words_share_one_live_interpreter(sandbox: Lanes):
    attempt = attempts.attempt(strategies.find("reckon"), Task("How many lines?", Sampling(), files={"data.csv": b"a\nb\n"}))
    next(attempt)
    counted = attempt.send(said("```python\nlines = open('data.csv').readlines()\nprint(len(lines))\n```"))
    assert isinstance(counted, Run)
    think = attempt.send(sandbox.submit(counted).result())
    assert isinstance(think, Think)
    assert think.begun.endswith("```output\n2\n```\n")
    again = attempt.send(said(f"{think.begun}and twice that:\n```python\n2 * len(lines)\n```\n"))
    assert isinstance(again, Run)
    think = attempt.send(sandbox.submit(again).result())
    assert isinstance(think, Think)
    assert think.begun.endswith("```output\n4\n```\n")


def test_a_session_uses_all_its_tools_on_one_folder(sandbox: Lanes):
    """The calls of a reply are run in order, and what cannot be run goes back to the model as one line."""
    reply = (
        "```write sums.txt\n1+2\n```\n```shell\ntr + - < sums.txt > out.txt\n```\n```read ../out.txt\n```\n```read out.txt\n```"
    )
    attempt = attempts.attempt(strategies.find("explore"), TASK)
    next(attempt)
    ask = attempt.send(said(reply))
    while isinstance(ask, Run):
        ask = attempt.send(sandbox.submit(ask).result())
    shown = ask.messages[-1].content
    assert shown.startswith(
        "Result of write:\n\nwrote 4 characters to sums.txt\n\nResult of shell:\n\n(no output)\n\n"
        "Result of read:\n\n'../out.txt' lies outside of the working folder: give a name without a leading / or ..\n\n"
        "Result of read:\n\n1-2\n\nGo on with one more block"
    )


@pytest.mark.parametrize(
    ("reply", "asked", "shown"),
    [
        ("```list\n```\n", "shell", "Result of list:\n\nout"),
        ("```\nx = 1\nx\n```\n", "python", "Result of python:\n\nout"),
        ("```python\nx = 1\nx", "python", "Result of python:\n\nout"),
        ("```read\n```\n", None, "Result of read:\n\nread needs the name of a file: ```read notes.txt"),
    ],
)
def test_what_a_session_takes_for_the_use_of_a_tool(reply: str, asked: str | None, shown: str):
    attempt = attempts.attempt(strategies.find("explore"), TASK)
    next(attempt)
    ask = attempt.send(said(reply))
    if asked:
        assert isinstance(ask, Run)
        assert ask.language == asked
        ask = attempt.send(ran("out"))
    assert isinstance(ask, Think)
    assert ask.messages[-1].content.startswith(shown)


def test_a_session_must_answer_in_the_end():
    cells: list[Any] = [said("```python\nprint(1)\n```\n```list\n```"), ran("1"), ran("")] * (MOST_CALLS // 2)
    cells += [said("```python\nprint(1)\n```\n```list\n```"), ran("1")] * (MOST_CALLS % 2)
    asks, candidate = play("explore", [*cells, said("```python\nprint(3)\n```")])
    assert isinstance(asks[-1], Think)
    assert "Now write the line `Answer:`" in asks[-1].messages[-1].content
    assert candidate.failure is not None
    assert candidate.failure.kind == "no answer"


PUZZLE = "Use the numbers 4 6 7 9, each exactly once, with + - * / to make 24."


def moved(*moves: str, problem: str = PUZZLE, dead_ends: DeadEnds | None = None) -> tuple[list[Think], Candidate]:
    """What was asked for each of these moves, and what they came to; after them, the first that is allowed is made."""
    known = DeadEnds() if dead_ends is None else dead_ends
    task = Task(problem, Sampling(temperature=0.5, seed=3), puzzle=read_puzzle(problem), dead_ends=known)
    attempt, asks = attempts.attempt(strategies.find("step-by-step"), task), list[Think | Run]()
    try:
        asks.append(next(attempt))
        for place in count():
            ask = asks[-1]
            assert isinstance(ask, Think)
            asks.append(attempt.send(said(moves[place] if place < len(moves) else allowed(ask)[0])))
    except StopIteration as ended:
        return [ask for ask in asks if isinstance(ask, Think)], ended.value
    raise AssertionError


def allowed(ask: Think) -> list[str]:
    assert ask.sampling.grammar is not None
    return re.findall('"(.*?)"', ask.sampling.grammar)


def left(ask: Think) -> str:
    return ask.messages[-1].content.rpartition("Left are ")[2].partition(", to make 24")[0]


def test_moves_are_calculated_and_make_an_expression():
    asks, candidate = moved("7 + 9", "6 / 4")
    assert [left(ask) for ask in asks] == ["4, 6, 7, 9", "4, 6, 16"]
    assert candidate.answer == "(7 + 9) * (6 / 4)"


def test_only_moves_that_lead_elsewhere_are_allowed():
    asks, _ = moved("7 + 9", "6 / 4", problem=PUZZLE.replace("24", "999"))
    assert "6 + 7" in allowed(asks[0])
    assert "7 + 6" not in allowed(asks[0])
    assert {"4 - 6", "6 - 4", "4 / 6", "6 / 4"} <= set(allowed(asks[0]))
    assert left(asks[2]) == left(asks[1]), "what is left of 6 / 4 makes no 999"
    assert set(allowed(asks[1])) - set(allowed(asks[2])) == {"6 / 4"}


def test_a_dead_end_is_left_and_what_has_no_solution_is_found_out():
    asks, candidate = moved(problem="Use the numbers 1 1 2, each exactly once, with + - * / to make 24.")
    assert [left(ask) for ask in asks] == ["1, 1, 2"] * len(asks)
    assert candidate.failure is not None
    assert candidate.failure.kind == "impossible"
    asks, candidate = moved(problem="Use the numbers 1 1 1 2, each exactly once, with + - * / to make 24.")
    assert len({ask.messages[-1].content for ask in asks}) > 3
    assert asks[-1].messages != asks[0].messages
    assert candidate.failure is not None


def test_what_one_attempt_found_to_be_a_dead_end_no_other_enters():
    known, hopeless = DeadEnds(), PUZZLE.replace("24", "999")
    first, _ = moved("7 + 9", "6 / 4", problem=hopeless, dead_ends=known)
    second, candidate = moved("7 + 9", problem=hopeless, dead_ends=known)
    assert len(first) > 50
    assert second == []
    assert candidate.failure is not None
    assert candidate.failure.message == "there is no solution with + - * /: every position was tried"
    known = DeadEnds([(Fraction(3, 2), Fraction(16))])
    asks, _ = moved("7 + 9", dead_ends=known)
    assert "6 / 4" not in allowed(asks[1])
    assert "4 / 6" in allowed(asks[1])


def test_numbers_may_be_left_over_where_the_statement_says_so():
    _, candidate = moved(
        problem="With the numbers 25, 50, 7 and 6, reach 92. Each may be used at most once; operations: + - * /."
    )
    assert candidate.answer is not None
    assert eval(candidate.answer) == 92


def test_what_is_no_move_is_asked_for_again_with_another_seed():
    asks, _ = moved("5 + 4", "6*4", "four", "")
    assert all(ask.messages == asks[0].messages for ask in asks[:5])
    assert len({ask.sampling.seed for ask in asks[:5]}) == 5


def test_only_a_puzzle_is_played():
    attempt = attempts.attempt(strategies.find("step-by-step"), Task("How many?", Sampling()))
    with pytest.raises(StopIteration) as ended:
        next(attempt)
    assert ended.value.value.failure.kind == "no answer"


DOCUMENTED = Path(__file__).parent.parent / "docs" / "STRATEGIES.md"
EXPLORING = DOCUMENTED.read_text(encoding="utf-8").partition("```markdown\n")[2].partition("\n```\n\n")[0]
TRIED = "```python\ndef f(x):\n    return 1\nf(2)\n```\n"


def test_a_session_of_the_users_own_tries_a_piece_before_it_gives_the_program(own_folder: Path):
    (own_folder / "try-it.md").write_text(EXPLORING)
    state, task = State(), Task("Write f.", Sampling(), "f", "import math", files={"data.csv": b"1\n"})
    replies = [said(TRIED), replace(ran("1"), state=state), said("Good.\n```write solution.py\ndef f(x):\n    return x\n```\n")]
    asks, candidate = play("try-it", replies, task)
    assert isinstance(asks[1], Run)
    assert asks[1].files == {"data.csv": b"1\n"}
    assert isinstance(asks[2], Think)
    assert asks[2].messages[-1].content.startswith("Result of python:\n\n1\n\nGo on")
    assert "```write solution.py" in asks[2].messages[-1].content
    assert candidate.code == "import math\n\n\ndef f(x):\n    return x"
    assert (candidate.answer, candidate.failure, candidate.state) == (None, None, state)


def test_a_session_for_a_program_takes_the_last_reply_for_it(own_folder: Path):
    (own_folder / "try-it.md").write_text(EXPLORING)
    task = Task("Write f.", Sampling(), "f")
    asks, candidate = play("try-it", [*[said(TRIED), ran("1")] * MOST_CALLS, said(TRIED)], task)
    assert isinstance(asks[-1], Think)
    assert asks[-1].messages[-1].content.endswith("Now write the whole program in one fenced Python code block.")
    assert candidate.code == "def f(x):\n    return 1\nf(2)"
    _, candidate = play("try-it", [said("I cannot.")], task)
    assert candidate.failure is not None
    assert candidate.failure.kind == "no code"


def test_a_plan_in_a_fence_does_not_end_the_reply_before_its_program():
    plan, steps = strategies.find("plan"), "```\n1. read the list\n2. add it up\n```\n"
    assert not attempts.is_whole(plan, steps, None)
    assert attempts.is_whole(plan, steps + "```python\nimport sys\nprint(sum(map(int, sys.stdin)))\n```\n", None)


def test_a_reply_of_a_session_is_whole_with_its_first_closed_block():
    explore = strategies.find("explore")
    for open_yet in ("```list\n", "```python\nx = 1\n", "```json\n{}\n```\n"):
        assert not attempts.is_whole(explore, open_yet, None)
    for closed in ("```list\n```\n", "```python\nx = 1\n```\nIt prin"):
        assert attempts.is_whole(explore, closed, None)


def test_reason_takes_the_last_answer_line():
    _, candidate = play("reason", [said("First, Answer: maybe 3.\nAnswer: 3\nNo, 4.\n**Answer:** $4$.")])
    assert candidate.answer == "4"


def test_an_answer_line_that_was_ended_counts_in_a_reply_that_was_not():
    _, candidate = play("reason", [said("Answer: 12\nThat is because", "length")])
    assert candidate.answer == "12"


def test_repair_continues_the_conversation_with_the_failure():
    before = (Message("system", "s"), Message("user", "Say how many."), Message("assistant", "```python\nbad\n```"))
    task = Task("Say how many.", Sampling(), previous=Previous(before, Failure("wrong", "assert f(2) == 4: got 5")))
    asks, candidate = play("repair", [said("```python\ngood = 1\n```")], task)
    assert isinstance(asks[0], Think)
    assert asks[0].messages[:3] == before
    assert "assert f(2) == 4: got 5" in asks[0].messages[3].content
    assert candidate.code == "good = 1"


@pytest.mark.parametrize(
    ("strategy", "reply", "kind"),
    [
        ("direct", said("I cannot."), "no code"),
        ("direct", said("```python\ndef f(:\n", "length"), "cut off"),
        ("direct", said("Well, ", "length"), "cut off"),
        ("reason", said("It is 4."), "no answer"),
        ("reason", said("It is", "length"), "cut off"),
        ("reason", said("So.\nAnswer: 12", "length"), "cut off"),
        ("reason", said("It is it is it is", "cancelled"), "repetition"),
        ("reason", said("of blue or the in", "unsure"), "unsure"),
        ("direct", said("```python\ndef f(:", "unsure"), "unsure"),
    ],
)
def test_a_reply_without_what_was_asked_for_is_a_failure_of_its_kind(strategy: str, reply: Thought, kind: str):
    _, candidate = play(strategy, [reply])
    assert candidate.failure is not None
    assert candidate.failure.kind == kind


@pytest.mark.parametrize(
    ("text", "entry_point", "code"),
    [
        ("```python\ndef g(): pass\n```\n```python\ndef f(): pass\n```\n```\nf() and more text\n```", "f", "def f(): pass"),
        ("```\nshort = 1\n```\n```py\nmuch_longer = 1\n```", None, "much_longer = 1"),
        ("```python\nunclosed = 1\n", None, "unclosed = 1"),
        ("  ```python\n  indented = 1\n  ```", None, "indented = 1"),
        ("import re\nprint(re.findall('\\d', x))", None, "import re\nprint(re.findall('\\d', x))"),
        ("```json\n{}\n```", None, None),
        ("def f():\n    return 1", "f", "def f():\n    return 1"),
        ("print is what I would use", None, None),
        ("```python\nprint(2**10)\n```\nOutput:\n```\n1024 is the result of the calculation\n```", None, "print(2**10)"),
        ("```python\nprint(2**10)\n```\nOutput:\n```\n[1024, 1024, 1024]\n```", None, "print(2**10)"),
        ("```python\nasync def f(): pass\n```\n```python\nawait_it_at_length = 1\n```", "f", "async def f(): pass"),
        ("```python\nf = lambda x: 2 * x\n```\n```python\nassert f(2) == 4\n```", "f", "f = lambda x: 2 * x"),
        ("```python\ndef f(: pass\n```\n```python\nf(2)\n```", "f", "def f(: pass"),
        ("```python\nx = 1\n```\n```python\nprint(x +", None, "print(x +"),
        ("```python\ndef f():\n    return 1```", "f", "def f():\n    return 1"),
        ("```python\ndef f():\n    return 1```\nThen:\n```python\nf()\n```", "f", "def f():\n    return 1"),
        ('```python title="a.py"\nx = 1\n```', None, "x = 1"),
        ("```python:solution.py\nx = 1\n```", None, "x = 1"),
        ("~~~python\nx = 1\n~~~", None, "x = 1"),
        ("```python\r\nx = 1\r\ny = 2\r\n```\r\n", None, "x = 1\ny = 2"),
        ("Here it is: ```python\nx = 1\n```", None, "x = 1"),
        ("```python\nx = 1\n```python\nyy = 1\n```", None, "yy = 1"),
        ("```shell\nls\n```\n```read a.txt\n```\n```\nx = 1\n```", None, "x = 1"),
        (
            '```python\ndef f():\n    """So:\n    ```\n    f()\n    ```\n    """\n```\nEnd.',
            "f",
            'def f():\n    """So:\n    ```\n    f()\n    ```\n    """',
        ),
    ],
)
def test_the_program_in_a_reply(text: str, entry_point: str | None, code: str | None):
    assert extract_code(text, entry_point) == code


def test_a_program_stands_behind_the_blocks_that_it_needs():
    helper, imports, use = "def g(x):\n    return 2 * x", "from math import *\nimport re", "g(2)\nprint(g(3))"
    program = "def f(x):\n    return g(x) + len(re.sub('a', '', x))"
    text = "\n".join(f"```python\n{block}\n```" for block in (helper, use, imports, program, "f('b')"))
    assert extract_code(text, "f") == f"{helper}\n\n\n{imports}\n\n\n{program}"
    own = f"{program}\ndef g(x): return x"
    assert extract_code(f"```python\n{helper}\n```\n```python\nimport re\n{own}\n```", "f") == f"import re\n{own}"


@pytest.mark.parametrize(
    ("text", "entry_point", "whole"),
    [
        ("```python\ndef f(x):\n    return x\n```\n", "f", True),
        ("```python\ndef f(x):\n    pass\n```\n", "f", False),
        ('```python\ndef f(x):\n    """Doubles."""\n    raise NotImplementedError\n```\n', "f", False),
        ("```python\nclass f:\n    def g(self): ...\n```\n", "f", False),
        ("```python\nclass f:\n    def g(self): return 1\n```\n", "f", True),
        ('```python\ndef f(x):\n    """So:\n    ```\n', "f", False),
        ('```python\ndef f(x):\n    """So:\n    ```\n    f(1)\n    ```\n    """\n    return x\n```\n', "f", True),
        ("```\n3\n5\n```\n", None, False),
        ("```\n[1, 2]\n[3]\n```\n", None, False),
        ("```\nx = 3\nprint(x)\n```\n", None, True),
        ("```python\nx = 3\nx + 1\n```\n", None, True),
    ],
)
def test_a_reply_is_whole_with_a_program_and_with_nothing_less(text: str, entry_point: str | None, whole: bool):
    assert attempts.is_whole(strategies.find("direct"), text, entry_point) is whole


WANTED = "def f(x):\n    return x + 1"


@pytest.mark.parametrize(
    "reply",
    [
        f"```markdown\n# Solution\n\n```python\n{WANTED}\n```\n```\n",
        f"```markdown\n# Plan\n1. add one\n\n```python\n{WANTED}\n```\n",
        f"1. Loop: ```python\n   for i in x:\n   ```\n\nFull code:\n\n```\n{WANTED}\n```",
        f"First: ```python\ndef g(x:\n```\nthen: ```python\n{WANTED}\n```",
        f"Old: ```python\nprint f(1)\n```\nThe code:\n```\n{WANTED}\n```",
        f"```python\ndef g(): pass\n```python main.py\n{WANTED}\n```\n",
        f"Here is the code:\n~~~\n{WANTED}\n~~~",
        f"### Solution ```python\n{WANTED}\n```\n\nIt adds one.",
        f"Use ```python for your code.\n\n```python\n{WANTED}\n```",
    ],
)
def test_the_program_is_found_among_fences_of_all_kinds(reply: str):
    assert extract_code(reply, "f") == WANTED


def test_a_program_that_was_cut_off_behind_other_words_is_a_program_with_a_fault():
    assert extract_code("Sure: ```python\ndef f(x):\n    total += (i * ", "f") == "def f(x):\n    total += (i * "


@pytest.mark.parametrize("opened", ["~~~python", "```", "Here it is: ```python"])
def test_a_program_whose_fence_is_never_closed_is_there(opened: str):
    assert extract_code(f"So:\n{opened}\ndef f(x):\n    return x\n", "f") == "def f(x):\n    return x"


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text",
    [
        "`" * 100_000,
        "~~~ " * 30_000,
        "```\n" * 30_000,
        "a ```python\nx = 1\n" * 5_555 + "```\n",
        '```python\n"""\n' * 5_000,
        "a```\n" * 30_000,
    ],
)
def test_no_reply_takes_long_to_read_a_program_in(text: str):
    extract_code(text, "f")
    extract_code(text, None)


MATRIX = r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Answer: 42", "42"),
        ("final answer: 1,234.", "1,234"),
        ("**Answer:** **7**", "7"),
        ("So \\boxed{5}.", "5"),
        ("Answer: \\boxed{12}", "12"),
        ("Answer: \\(3/4\\)", "3/4"),
        ("Answer: (10 - 4) * 4", "(10 - 4) * 4"),
        ("no line of that kind", None),
        (r"So \boxed{\frac{3}{4}}.", r"\frac{3}{4}"),
        (r"First \boxed{5}? No. Thus \boxed{\frac{3}{4}}", r"\frac{3}{4}"),
        (r"Thus $\boxed{\frac{\sqrt{\frac{1}{2}}}{3}}$", r"\frac{\sqrt{\frac{1}{2}}}{3}"),
        (r"\boxed{\boxed{7}}", "7"),
        ("Answer: 5\nThat is wrong, it is \\boxed{6}.", "6"),
        ("It is \\boxed{6}. No.\nAnswer: 5", "5"),
        ("\\boxed{6", None),
        ("Answer:\n42", "42"),
        ("**Answer:**\n\n42.\n", "42"),
        ("### Final Answer:\n```\n42\n```", "42"),
        ("Answer:\n\\[\n-3\n\\]", "-3"),
        ("Answer:\n- 42\n\nBecause of that.", "42"),
        ("Answer:\nall of them", "all of them"),
        ("Answer:\nWe add them all up.\nThen there are some.", None),
        ("Answer:\nWe add them up.\nSo the answer is 42.", "42"),
        ("6 * 7 = 42\n#### 42", "42"),
        ("#### 1,234", "1,234"),
        ("#### Step 1\n#### 2. Then", None),
        ("The answer is 42.", "42"),
        ("The answer is 42. That is because 6 * 7 is.", "42"),
        ("The answer is $3.50.", "3.50"),
        ("the answer is 12 apples\nor so", "12 apples"),
        ("So the correct answer is (B).", "(B)"),
        ("So the correct answer is (b).", "(b)"),
        ("The answer is b) 24.", "b) 24"),
        ("The answer is B)24.", "B)24"),
        ("(B)24", "(B)24"),
        ("(A)20(B)24", None),
        ("The correct answer is: (B) Paris.", "(B) Paris"),
        ("The answer is **blue**.", "blue"),
        (r"The answer is \(\frac{3}{4}\).", r"\frac{3}{4}"),
        ("The answer is New York.", "New York"),
        ("The answer is (1, 2).", "(1, 2)"),
        ("The answer is x = 3.", "x = 3"),
        ("The answer is √3.", "√3"),
        ("The answer is yes.", "yes"),
        ("The answer is 5. No, the answer is 6.", "6"),
        ("<answer>42</answer>", "42"),
        ("<answer>\nall of them\n</answer>", "all of them"),
        ("The answer is 42.\nAnswer: 7", "7"),
        ("The answer is 42, so \\boxed{7}", "7"),
        ("The answer is clear.", None),
        ("The answer is not 42.", None),
        ("The answer is no longer valid.", None),
        ("The answer is 42 because 6 * 7 is.", None),
        ("The answer is 7 or 8.", None),
        ("Is it so that the answer is 42?", None),
        ("Answer: a" + " " * 100_000 + "b **", "a" + " " * 100_000 + "b"),
        (r"x = \boxed{2} or x = \boxed{3}", "2, 3"),
        (r"So x=\boxed{1} or x=\boxed{3}.", "1, 3"),
        (r"It is \boxed{5}." "\n" r"Twice that is \boxed{10}.", "10"),
        (r"It is \boxed{5}, that is $\boxed{5}$.", "5"),
        (r"Answer: \boxed{2}, \boxed{3}", "2, 3"),
        (r"Answer: (7 + 9) * 6 / 4 = \boxed{24}", "(7 + 9) * 6 / 4 = 24"),
        (r"Answer: The perimeter is $\boxed{24}$.", "24"),
        (r"Answer: x = \boxed{2}", "x = 2"),
        (r"Answer: The area is \boxed{25} square cm.", "25"),
        (r"Answer: Alice has \boxed{3} apples left.", "3"),
        (r"Answer: \boxed{3} and 4", "3 and 4"),
        (r"First \boxed{3}, so \boxed{4}.", "4"),
        ("Answer:\n- 2\n- 3", "2, 3"),
        ("Answer:\n- 2\n- 5\n\nThat is all.", "2, 5"),
        ("Answer:\n- 2\n- because of that", None),
        ("Answer: 2\n3", "2, 3"),
        ("Answer: 2\nCheck: it is.", "2"),
        ("Answer: 42\n- as 6 * 7 = 42\n- and no other", "42"),
        ("Answer:\n1. Red\n2. Blue", "Red, Blue"),
        ("Answer:\n```\n2\n3\n```", "2, 3"),
        ("Answer: [final answer]", None),
        ("Answer: <insert your value here>", None),
        ("Answer: [1, 2]", "[1, 2]"),
        ("Answer: (the Netherlands)", "(the Netherlands)"),
        (r"Answer: \boxed{}", None),
        ("Answer: I cannot determine", None),
        ("Answer: I", "I"),
        ("Answer: **42** apples", "42 apples"),
        ("Answer: **B)** Rome", "B) Rome"),
        ("Answer: $12$ apples", "12 apples"),
        ("Answer: $x=1$, $y=2$", "x=1, y=2"),
        (r"Answer: \(x=1\), \(y=2\)", "x=1, y=2"),
        ("Answer: **(7 + 9) * 6 / 4** = 24", "(7 + 9) * 6 / 4 = 24"),
        ("Answer: $5 and $6", "$5 and $6"),
        ("Answer: 2**3 + 4**5", "2**3 + 4**5"),
        ("**Answer: 42**", "42"),
        ("Answer: 3\nWait, that is wrong. The answer is 4.", "4"),
        ("Answer: (7+9)*6/4\nIndeed, the answer is 24.", "(7+9)*6/4"),
        ("<think>So.\nAnswer: 3</think>The answer is 42.", "42"),
        ("<think>\nAnswer: 3\n</think>\n", "3"),
        ("Answer: 42\n\nHuman: What is 8+9?\nAnswer: 17", "42"),
        ("User: What is 8+9?\nAnswer: 17", "17"),
        ("The final answer: 42", "42"),
        ("The answer: 42", "42"),
        ("Correct Answer: B", "B"),
        ("Therefore, Answer: 42", "42"),
        ("### Answer\n42", "42"),
        ("**Final Answer**\n\n42", "42"),
        ("Answer：42", "42"),
        ("Answer = 42", "42"),
        ("Answer (in dollars): 42", "42"),
        ("Antwort: 42", "42"),
        ("Réponse : 42", "42"),
        ("Respuesta: 42", "42"),
        ("42", "42"),
        ("$1,234.50.\n", "1,234.50"),
        ("(B)", "(B)"),
        ("42 is even", None),
        ("Sure", None),
        ("Answer:\n1 0 0\n0 1 0", "1 0 0\n0 1 0"),
        ("Answer: 1 0 0\n0 1 0\n\nThat is it.", "1 0 0\n0 1 0"),
        ("So it is.\n\n**Answer:**\n```\n1 0 0\n0 1 0\n```\n", "1 0 0\n0 1 0"),
        ("Answer: # . #\n. . .", "# . #\n. . ."),
        ('Answer:\n```json\n{\n  "a": 1\n}\n```', '{\n  "a": 1\n}'),
        ('Answer: {\n  "a": 1\n}\nAs asked.', '{\n  "a": 1\n}'),
        ("Answer: [[1, 0],\n [0, 1]]", "[[1, 0],\n [0, 1]]"),
        ("Answer: [1, 2) and more\nof it", "[1, 2) and more"),
        ("Answer:\n```sql\nSELECT *\nFROM t;\n```", "SELECT *\nFROM t;"),
        ("Answer:\n```\n1 2\n3 4\n```\nNo, that is wrong. The answer is 7.", "7"),
        ("Answer: 1 2 3\n4 5\n", "1 2 3"),
        ("Final Answer: The final answer is $72$. I hope it is correct.", "72"),
        ("Answer: The correct answer is B", "B"),
        ("[ANSWER]\n[1, 2]\n[/ANSWER]", "[1, 2]"),
        ("[ANSWER]assert f([1]) == [2][/ANSWER]", "[2]"),
        ("Here it is:\n```javascript\nconst f = x =>\n  x + 1;\n```\nIt adds one.", "const f = x =>\n  x + 1;"),
        ("```sql\nSELECT 1;\n```\nThe answer is 1.", "1"),
        ("```text\nWe add them.\n```", None),
        ("```\nSELECT 1;\n```\n", "SELECT 1;"),
        ("We have:\n```\nSELECT 1;\n```\n", None),
        ("```bash\nls\n```\nor\n```bash\nfind\n```", None),
        ("Answer:\n```python\nprint(1)\nprint(2)\n```", None),
        ("Answer:\n1. B\n2. C", "B, C"),
        ("Best choice: 3 packs\nTotal: 6\nThe answer is **6**.", "6"),
        ("The answer is 50. The best choice is A.", "50"),
        ("Answer: [5, 7)\nWe note that (0, 3] fails too.", "[5, 7)"),
        ("Answer: ['[']\nExplanation.\nThe list [1]]", "['[']"),
        ("The answer is 7.\n#### 2 checks\nfine", "7"),
        ("Answer: B\n\n#### A\nis wrong since.\n#### C\nis wrong.", "B"),
        ("The answer is 5. A common mistake is to think the answer is 20, because of 4*5.", "5"),
        ("Answer:\n```\n2+3=5\nAnswer: 20\n```", "20"),
        ("Answer:\n```\n\n5\n```", "5"),
        ("Answer: 1 2 3\n* * *\nSo it is.", "1 2 3"),
        ("Answer:\n```\na\nb\nc", "a\nb\nc"),
        ("Answer: The answer is J. K. Rowling.", "J. K. Rowling"),
        ("Answer: assert f('a == b') == 'x'", "assert f('a == b') == 'x'"),
        ("So 72.\n#### 72 clips", "72 clips"),
        ("#### B", "B"),
        ("The answer is 72 dollars, since he sold 6.", "72 dollars"),
        ("The answer is therefore 72.", "72"),
        ("So the correct option is (C).", "(C)"),
        ("The best choice is **(B)**.", "(B)"),
        ("Correct option: B", "B"),
        ("The right choice: combine like terms.\nThe answer is 7.", "7"),
        ("(B) Paris", "(B) Paris"),
        ("b) Paris", "b) Paris"),
        ("(b)", "(b)"),
        ("The right option is b.", "b"),
        ("The best choice is a\nslow cooker for this.", None),
        ("B. Paris", "B. Paris"),
        ("Option B", "Option B"),
        ("Answer: 42</s>", "42"),
        ("Answer: 42<|im_end|>", "42"),
        ("Answer:\n\\[\n\\begin{pmatrix}\n1 & 2 \\\\\n3 & 4\n\\end{pmatrix}\n\\]", MATRIX),
        ("Answer: $\\begin{pmatrix}\n1 & 2 \\\\\n3 & 4\n\\end{pmatrix}$", MATRIX),
        ("Answer: \\[\\begin{pmatrix}\n1 & 2 \\\\\n3 & 4\n\\end{pmatrix}\\].", MATRIX),
        ("Answer: \\begin{pmatrix} 1 & 2 \\\\\n3 & 4 \\end{pmatrix}\n\nSo it is.", MATRIX),
        ("The answer is $$\n\\begin{pmatrix}\n1 & 2 \\\\\n3 & 4\n\\end{pmatrix}\n$$\nSo it is.", MATRIX),
        ("\\boxed{\n\\begin{pmatrix}\n1 & 2 \\\\\n3 & 4\n\\end{pmatrix}\n}", MATRIX),
        ("Answer: \\begin{pmatrix}\n1 & 2", None),
        ("Answer: \\[\n\\frac{1}{2}\n\\]\n\nSo it is.", r"\frac{1}{2}"),
        ("Answer: \\(\n3\n\\)", "3"),
        ("Answer: $$\nx = 3,\ny = 2\n$$", "x = 3, y = 2"),
        ("Answer: $\n5\n$", "5"),
        ("Answer:\n\\[\nx = 1, \\quad y = 2\n\\]\nSo it is.", r"x = 1, \quad y = 2"),
        ("Answer: \\[ x \\in (0, 2) \\cup\n(3, 5) \\]", r"x \in (0, 2) \cup (3, 5)"),
        ("Answer: \\[\n-3", "-3"),
        ("Answer: \\[", None),
        ("$$x = 3\nAnswer: 7\nSo $$y = 5", "7"),
        ("Answer: $5\nor $$6\n\nfor $$2", "5"),
        ("Answer: The solutions are:\n1. x = 2\n2. x = 3\n\nSo it is.", "x = 2, x = 3"),
        ("Answer: The points are:\n- (1, 2)\n- (3, 4)", "(1, 2), (3, 4)"),
        ("Answer: The matrix is:\n1 0\n0 1", "1 0\n0 1"),
        ("Answer: The area is\n\\[ 12\\pi \\]\nSo it is.", r"12\pi"),
        ("Answer: x =\n3", "3"),
        ("Answer: The final answer is:\n5", "5"),
        ("**Answer:** **The final answer is:**\n\n**5**\n\nSo it is.", "5"),
        ("Answer: the answer is", None),
        ("Answer: The reason is:\nWe add them up.\nThen there are some.", None),
        ("Answer: ```\n42\n```", "42"),
        ("Answer: ```python\nprint(42)\n```", None),
        ("Answer: =", "="),
        ("Answer: The cost is 5 and the tip is\n2", "The cost is 5 and the tip is"),
        ("Answer: x >=\n3", "x >="),
        ("Answer: 5\n\n### Question: Next\n\nAnswer: 9", "5"),
        ("Answer: 5\nProblem: Another.\nAnswer: 9", "5"),
        ("Answer: 5\nQ2: Another?\nThe answer is 9.", "5"),
        ("Problem: Add 2 and 3.\nAnswer: 5", "5"),
        ("Question 1: How many?\nAnswer: 5\nQuestion 2: How many in all?\nAnswer: 9", "9"),
        ("Answer: 5\nThe problem: it is negative.\nAnswer: 9", "9"),
        ("The correct option is **C) 12**.", "C) 12"),
        ("So the correct option is (C) 12.5 km.\nIt is long.", "(C) 12.5 km"),
        ("So the correct answer is option C.", "option C"),
        ("The answer is option (C) 12.5.", "option (C) 12.5"),
        ("Hence, option (C) is correct.", "(C)"),
        ("We add. Option C is the right answer, as 12 is even.", "C"),
        ("So the answer is:\n\nB", "B"),
        ("Therefore, the correct answer is:\n\n(B) 21.5\n\nIt is half.", "(B) 21.5"),
        ("**The correct answer is:**\n\n**B. Planetary years**\n\nThey are.", "B. Planetary years"),
        ("Option (B) is not correct.", None),
        ("Suppose that option C is correct.", None),
        ("Option A is correct only if x > 0.", None),
        ("Option C of the contract is correct.", None),
        ("The correct option is clearly stated below.", None),
        ("So the answer is:\n\nBecause of this.\nIt follows.", None),
        ("If the answer is 5, then we would", None),
        ("If the answer is 5; we would", None),
        ("The answer is 1,234 dollars.", "1,234 dollars"),
        ("The answer is 1,2,3.", "1,2,3"),
        ("Answer: Yes, because llamas gestate 11 months", "Yes"),
        ("Answer: Yes. A llama could give birth twice.", "Yes"),
        ("**Answer:** **No**, Bob lies.", "No"),
        ("Answer: true - it is always so", "true"),
        ("Answer: No; there is no such llama", "No"),
        ("So the answer is Yes, he does.", "Yes"),
        ("The answer is no, for 3 of them do not.", "no"),
        ("Yes", "Yes"),
        ("**No.**\n", "No"),
        ("False", "False"),
        ("Yes, I can help with that! We begin.", None),
        ("If the answer is yes, we stop.", None),
        ("The answer is yes, but only if x > 3.", None),
        ("Answer: No one", "No one"),
        ("Answer: No, seven apples", "No, seven apples"),
        ("Answer: yes, if n is even", "yes, if n is even"),
        ("Answer: true, but false for negatives", "true, but false for negatives"),
        ("Answer: True, hello world", "True, hello world"),
        ("Step 1: \\boxed{2}\nProblem 2: now use it\nSo \\boxed{5}.", "5"),
        ("Answer: 5\n\nProblem: I misread it.\nAnswer: 6", "6"),
        ("Answer: 3 apples:\n\nWork: 3", "3 apples:"),
        ("Answer: while True:\n    x = 1", "while True:"),
        ("The answer is 7, in total.", "7"),
        ("So the answer is 5,", "5"),
        ("Answer: No, 5 of them", "No, 5 of them"),
        ("Answer: No, there are 5", "No, there are 5"),
        ("Answer: Yes, x = y", "Yes, x = y"),
        ("Answer: Yes, Paris", "Yes, Paris"),
        ("Answer: Yes, Ann and Bob", "Yes, Ann and Bob"),
        ("Answer: Yes, it is Paris", "Yes, it is Paris"),
        ("Answer: yes, and no", "yes, and no"),
        ("Answer: true, false, true", "true, false, true"),
        ("Answer: Yes, it is. No, it is not.", "Yes, it is. No, it is not"),
        ("Answer: Alice: 3, Bob:\n4", "Alice: 3, Bob:"),
        ("Answer: the ratio is 3:\n4", "the ratio is 3:"),
    ],
)
def test_the_answer_in_a_reply(text: str, answer: str | None):
    assert stated(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{" * 30_000,
        "\\boxed{{}" * 30_000,
        "\\boxed{" + "{x}" * 30_000,
        "\\boxed{{{{" + "a" * 100_000,
        "Answer:\n" * 30_000,
        "Answer:" + "\n" * 100_000,
        "Answer: \\(" + " " * 100_000 + "x",
        "the answer is " * 30_000,
        "the answer is " + "5" * 100_000 + " no",
        "the answer is " + "5," * 50_000 + " no",
        "the answer is 5" + " a" * 50_000,
        "the answer is " + "A " * 50_000 + "no",
        "<answer>" * 30_000,
        "#### " * 30_000,
        "Answer: " + "**a " * 30_000,
        "Answer: " + "\\(" * 50_000,
        "Answer: " + "`$" * 50_000,
        "Answer: " + "\\boxed{1} is " * 10_000,
        "\\boxed{1} is " * 10_000,
        "Answer:\n" + "- 2\n" * 30_000,
        "the final answer " * 30_000,
        "Answer (" * 30_000,
        "Human:" * 30_000,
        "Answer: 3\n" + "wait " * 30_000 + "the answer is " * 10_000,
        "1" * 100_000 + " x",
        "Answer: [" + "answer " * 30_000,
        "Answer: [\n" * 3_000,
        "Answer: [" + "[\n" * 50_000,
        "Answer:\n```\n" * 30_000,
        "Answer:\n" + "1 2\n" * 50_000,
        "Answer: 1" + " 1" * 100_000,
        "[ANSWER]" + " " * 100_000,
        "\\[ $$" * 30_000,
        "\\[\n" * 30_000 + "\\(",
        "\\begin{a}\n" * 30_000,
        "".join(f"\\begin{{a{place}}}" for place in range(10_000)),
        "$$\n\n" * 30_000,
        "Answer: " + "a =" * 30_000,
        "Answer: the " + "are:  " * 30_000 + "x",
        "Answer:\n\\begin{a}\n" * 10_000,
        "Answer: yes, a " + "b, no " * 30_000,
        "Answer: 5\n" + "Q\n" * 50_000,
        "Option C is correct as " * 20_000,
        "So the answer is:\n" * 20_000,
        "The best choice is C) " + "a " * 50_000,
        "the answer is yes, as " * 10_000 + "\n",
    ],
)
@pytest.mark.timeout(5)
def test_no_reply_takes_long_to_read(text: str):
    stated(text)


def test_a_block_beside_words_of_the_answer_is_run_in_a_session():
    """What was said before a cell was run is no answer; only its line or box is."""
    attempt = attempts.attempt(strategies.find("explore"), TASK)
    next(attempt)
    ask = attempt.send(said("The answer is 7.\n```\nx = 6 * 7\nx\n```\n"))
    assert isinstance(ask, Run)


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("total = 1 + 1", "total = 1 + 1\nprint(total)"),
        ("2 + 2", "2 + 2\nprint(2 + 2)"),
        ("print(3)", "print(3)"),
        ("def f():\n    pass", "def f():\n    pass"),
        ("-" * 3000 + "1", "-" * 3000 + "1"),
        ("import sys\nsys.stdout.write(str(42))", "import sys\nsys.stdout.write(str(42))"),
        ("from pprint import pprint\npprint(42)", "from pprint import pprint\npprint(42)"),
        ("list(map(print, [1]))", "list(map(print, [1]))"),
        ("open('a', 'w').write('b')\nx = 3", "open('a', 'w').write('b')\nx = 3\nprint(x)"),
        ("s = [1, 2]\ns.pop()", "s = [1, 2]\nprint(s.pop())"),
        ("'é'; next(it)  # the first\n", "'é'; print(next(it))  # the first\n"),
        ("(f(1) +\n 2)", "print((f(1) +\n 2))"),
        ("f(1), f(2)", "print((f(1), f(2)))"),
        ("x = 1\nx += 1", "x = 1\nx += 1\nprint(x)"),
        ("x: int = 5", "x: int = 5\nprint(x)"),
        ("x: int", "x: int"),
    ],
)
def test_a_program_that_prints_nothing_prints_its_last_value(code: str, printed: str):
    assert printing(code) == printed


def test_helper_code_of_the_statement_stands_in_front_unless_it_is_repeated():
    prelude = "import math\n\ndef double(x):\n    return 2 * x"
    assert with_prelude(prelude, "def f(x):\n    return double(x)").startswith(prelude)
    repeated = prelude + "\n\ndef f(x):\n    return double(x)"
    assert with_prelude(prelude, repeated) == repeated
    future = "from __future__ import annotations"
    whole = with_prelude("import math", f"{future}\n\ndef f(x):\n    return x")
    assert whole.startswith(f"{future}\nimport math\n")
    assert with_prelude(future, "def f(x): ...").startswith(future)
    assert with_prelude("MOD = 10", "MOD = 1000\ndef f(x): ...").startswith("MOD = 10\n")


def test_an_unknown_strategy_is_refused_with_the_names_there_are():
    with pytest.raises(UsageError, match=r"there are analogy, brute-force, .*, direct, .*, reason"):
        strategies.find("intuition")


OWN = """+++
summary = "Thinks in verse."
for = "code"
gives = "program"
+++
{{ problem }} Answer in verse.
"""


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = strategies.own_folder()
    folder.mkdir(parents=True)
    strategies.forget()
    yield folder
    strategies.forget()


def test_the_users_own_strategies_are_found_and_tried(own_folder: Path):
    (own_folder / "verse.md").write_text(OWN)
    assert strategies.find("verse").summary == "Thinks in verse."
    assert strategies.own("code") == ["verse"]
    asks, _ = play("verse", [said("```python\nx = 1\n```")])
    assert isinstance(asks[0], Think)
    assert asks[0].messages[-1].content.endswith("Answer in verse.")


def test_a_copy_of_a_way_that_calculates_is_no_independent_witness(own_folder: Path):
    (own_folder / "mine.md").write_text((prompts.ROOM / "strategies" / "compute.md").read_text())
    weights = {camp.weight for way in ("simulate", "mine") for camp in camps(voters(("compute", "4"), (way, "4"), (way, "4")))}
    assert weights == {2.0}
    assert sorted(filter(strategies.calculates, strategies.catalogue())) == [
        "compute", "explore", "mine", "search-the-space", "simulate", "symbolic"
    ]  # fmt: skip


def test_blanks_behind_a_header_s_marks_do_not_matter(own_folder: Path):
    (own_folder / "verse.md").write_text(OWN.replace("+++\n", "+++ \t\n"))
    assert strategies.faults() == ()
    assert strategies.find("verse").wording.startswith("{{ problem }} Answer in verse.")


def test_who_is_shown_ours_is_told_that_his_own_is_left_out(own_folder: Path):
    (own_folder / "direct.md").write_text(OWN.replace('"program"', '"poem"'))
    shown = CliRunner().invoke(commands.strategies, ["show", "direct"])
    assert (shown.exit_code, "'gives' is 'poem'" in shown.stderr) == (0, True)
    assert shown.stdout.rstrip("\n") == strategies.find("direct").wording.strip()


def test_a_strategy_of_ones_own_is_tried_where_it_can_be_of_use(own_folder: Path):
    """In place of one of ours it once was tried at every problem, also where ours never is."""
    ours = prompts.ROOM / "strategies"
    for name, place in {"write": "write", "step-by-step": "step-by-step", "stepping": "step-by-step"}.items():
        (own_folder / f"{name}.md").write_text((ours / f"{place}.md").read_text())
    (own_folder / "guess.md").write_text(OWN.replace('"code"', '"answer"').replace('"program"', '"answer"'))
    assert strategies.faults() == ()
    assert "guess" in tried("What is six times seven?")
    assert not {"write", "step-by-step", "stepping"} & tried("What is six times seven?")
    puzzle = "Use the four numbers 4 6 7 9, each exactly once, with + - * / and parentheses, to make 24."
    assert {"step-by-step", "stepping"} <= tried(puzzle)


def test_what_the_users_own_strategies_say_is_told_apart_and_faulty_ones_are_none(own_folder: Path):
    def digest(name: str, text: str) -> str:
        (own_folder / name).write_text(text)
        strategies.forget()
        return strategies.digest()

    ours = strategies.digest()
    assert digest("torn.md", "no header") == ours
    first, reworded = digest("verse.md", OWN), digest("verse.md", OWN.replace("in verse", "in prose"))
    assert len({ours, first, reworded}) == 3
    assert digest("verse.md", OWN) == first


def test_what_stands_around_the_strategies_is_told_apart_too(own_folder: Path, monkeypatch: pytest.MonkeyPatch):
    room = own_folder.parent / "prompts"
    shutil.copytree(prompts.ROOM, room)
    monkeypatch.setattr(prompts, "ROOM", room)
    before = strategies.digest()
    (room / "problem.md").write_text((room / "problem.md").read_text() + "Be quick.\n")
    assert strategies.digest() != before


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("no header", 1, "starts with a header"),
        (OWN.replace("+++\n{{", "++\n{{"), 1, "starts with a header"),
        (OWN.replace('"program"', '"poem"'), 4, "'gives' is 'poem'; for code it must be one of program, session"),
        (OWN.replace('"program"', '"output"'), 4, "'gives' is 'output'; for code it must be one of program, session"),
        (OWN.replace('"code"', '"answer"'), 4, "for answer it must be one of output, answer, session, moves"),
        (OWN.replace('"code"', '"verse"'), 3, "'for' is 'verse'; it must be one of code, answer"),
        (OWN.replace("summary", "sumary"), 2, "'sumary' is no key; the keys are summary, for, gives, deepens, begins"),
        (OWN.replace('gives = "program"', 'gives = "program"\n[more]\nx = 1'), 5, "'more' is no key"),
        (OWN.replace('for = "code"\n', ""), 1, "'for' must be a text"),
        (OWN.replace('"Thinks in verse."', "7"), 2, "'summary' must be a text"),
        (OWN.replace('"Thinks in verse."', '" "'), 2, "'summary' must be a text"),
        (OWN.replace('"code"', "code"), 3, "header: "),
        (OWN.replace('for = "code"', 'for = "code"\nfor = "code"'), 4, "header: "),
        (OWN.replace(' "program"', ""), 4, "header: "),
        (OWN.replace(' = "program"', ""), 4, "header: "),
        (OWN.replace('program"', "program"), 4, "header: "),
        (OWN.replace('gives = "program"', 'gives = "program"\nfor = "code"'), 5, "header: "),
        (OWN.replace('"program"', '"""program'), 5, "header: Unterminated string"),
        (OWN.replace('"program"', '["program"'), 5, "header: Unclosed array"),
        (OWN.replace("gives", f"x = {'1' * 5_000}\ngives"), 1, "header: nested too deeply, or a number too long"),
        (OWN.replace("gives", f"x = {'[' * 3_000}{']' * 3_000}\ngives"), 1, "header: nested too deeply, or a number too long"),
        (OWN.replace('"code"', '"cod"').replace("for", 'begins = """\nfor = 1\n"""\nfor'), 6, "'for' is 'cod'"),
        (OWN.replace('"code"', '"cod"').replace("verse", "\u2028verse", 1), 3, "'for' is 'cod'"),
        (OWN.replace('gives', 'deepens = "yes"\ngives'), 4, "'deepens' must be true or false"),
        (OWN.replace('gives', 'begins = 7\ngives'), 4, "'begins' must be a text"),
        (OWN.replace('gives', 'begins = "{{ problem }}"\ngives'), 4, "'begins' has no variables but {{ stub }}"),
        (OWN.replace('gives', 'begins = "def"\ndeepens = true\ngives'), 4, "'begins' is for a strategy that starts"),
        (OWN.replace("program", "session").replace('gives', 'begins = "x"\ngives'), 4, "'begins' is for a strategy"),
        (OWN.replace("gives", "reckons = true\ngives"), 4, "'reckons' is for a strategy that starts from the problem"),
        (OWN.replace("gives", "reckons = 1\ngives"), 4, "'reckons' must be true or false"),
        (OWN.partition("{{")[0], 5, "has no wording"),
        (OWN.partition("\n{{")[0], 5, "has no wording"),
        (OWN.replace("{{ problem }}", "Any"), 6, "the wording never shows {{ problem }}"),
        (OWN.replace("{{ problem }}", "One.\n{{ problem }} {{ name }}"), 7, "no variable 'name'"),
        (OWN.replace("{{ problem }}", "{{ problem }} {{ failure }}"), 6, "failure where deepens = true"),
        (OWN.replace("}} Answer", "} Answer"), 6, ""),
        (OWN.replace(" }} Answer", " | nosuch }}\nAnswer"), 6, "Filter is not for here"),
        (OWN.replace("Answer", "\n{% for n in range(10 ** 10) %}x{% endfor %}"), 7, "For is not for here"),
        (OWN.replace("Answer", "{% include 'direct.md' %}"), 6, "Include is not for here"),
        (OWN.replace("{{ problem }}", "{{ problem.text }}"), 6, "Getattr is not for here"),
        (OWN.replace("Answer", "{% if problem %}"), 6, ""),
        (OWN.replace("{{ problem }}", "{% if problem %}Solve it.{% endif %}"), 6, "the wording never shows {{ problem }}"),
        (OWN.replace("{{ problem }}", "{{ not problem }}"), 6, "the wording never shows {{ problem }}"),
        (OWN.replace("Answer", "{{ " + "1" * 5_000 + " }}"), 6, "nested too deeply, or a number too long"),
        (OWN.replace("Answer", "{{ " + "(" * 3_000 + "problem" + ")" * 3_000 + " }}"), 6, "nested too deeply"),
        (OWN.replace("Answer", "{% if problem %}" * 1_500 + "x" + "{% endif %}" * 1_500), 6, "nested too deeply"),
        (OWN.replace("Answer", "\n" + "{% if problem %}" * 110 + "x" + "{% endif %}" * 110), 7, "nested too deeply"),
        (OWN.replace("Answer", "{% if " + "problem or " * 1_500 + "problem %}x{% endif %}"), 6, "nested too deeply"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ended", ["\n", "\r\n"])
def test_a_strategy_file_with_a_fault_is_refused_with_its_line_and_the_rest_work_on(
    own_folder: Path, text: str, line: int, says: str, ended: str
):
    (own_folder / "verse.md").write_text(text, newline=ended)
    (own_folder / "rhyme.md").write_text(OWN)
    (fault,) = strategies.faults()
    assert f"verse.md, line {line}: " in fault
    assert says in fault
    assert "\n" not in fault
    assert strategies.own("code") == ["rhyme"]
    assert strategies.find("direct").name == "direct"
    with pytest.raises(UsageError, match=r"verse\.md"):
        strategies.find("verse")


@pytest.mark.parametrize("room", [batch, bench])
def test_where_many_problems_are_solved_a_strategy_with_a_fault_is_told_once(
    room: Any, own_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Nothing was said of it."""
    (own_folder / "verse.md").write_text("no header")
    suite, model = tmp_path / "suite.jsonl", tmp_path / "tiny.gguf"
    suite.write_text("".join(f'{{"id": {number}, "problem": "?", "hidden": {{"answer": "5"}}}}\n' for number in range(3)))
    model.write_bytes(tiny_gguf())

    monkeypatch.setattr(room, "opened", opening(lambda messages: "Answer: 5", ScriptedSandbox(lambda run: ran("5\n"))))
    monkeypatch.setenv("PONDER_DATA", str(tmp_path / "data"))
    settings = Settings.model_validate({"model": str(model), "view": "plain", "seed": 1, "attempts": 4})
    if room is batch:
        batch.solve_file(settings, batch.Plan(suite))
    else:
        bench.run(settings, bench.Plan(suite, ("greedy", "ponder")))
    told = capsys.readouterr().err
    assert told.count("note: this strategy is left out: ") == told.count("verse.md, line 1: ") == 1


def test_an_ablation_of_a_strategy_with_a_fault_is_refused_with_the_fault(own_folder: Path):
    (own_folder / "verse.md").write_text("no header")
    with pytest.raises(UsageError, match=r"left out: .*verse\.md, line 1: "):
        arms.find(["ponder", "ponder-no-verse"])
    with pytest.raises(UsageError, match="no arm 'verse'"):
        arms.find(["verse"])


def test_a_strategy_of_ones_own_may_begin_its_reply_and_serves_where_the_problem_begins_one(own_folder: Path):
    begins = 'begins = """\n```python\n# {{\n{{ stub }}\n"""\n'
    (own_folder / "rhyme.md").write_text(OWN.replace("gives", begins + "gives"))
    (own_folder / "verse.md").write_text(OWN.replace("gives", 'begins = "Sure:"\ngives'))
    assert {"rhyme", "verse"} <= tried(BEGUN)
    assert tried(LEFT) & {"rhyme", "verse"} == {"verse"}
    for name, begun in (("rhyme", f"```python\n# {{{{\n{STUB}\n"), ("verse", "Sure:")):
        (think,), _ = play(name, [said("")], Task("Write half.", Sampling(), "half", stub=STUB))
        assert isinstance(think, Think)
        assert think.begun == begun


LEFT = "Write a Python function f. f(2) == 4"
BEGUN = 'Complete this.\n\n```python\ndef f(x):\n    """Twice.\n\n    >>> f(2)\n    4\n    """\n```\n'


def tried(problem: str, arm: str = "ponder") -> set[str]:
    """The ways that a search goes in which all fails."""
    tree, ask = Tree(1), arms.find([arm])[arm].policy(Judge(Problem(problem)))
    for _ in range(100):
        for action in ask(tree, 1):
            tree.tell(tree.open(action), Verdict("failed", failure=Failure("exception", "ZeroDivisionError")))
    return {node.strategy for node in tree.attempts}


def test_a_way_of_ours_that_begins_with_the_problems_code_is_left_out_where_there_is_none(own_folder: Path):
    begun = OWN.replace("gives", 'begins = "{{ stub }}"\ngives')
    (own_folder / "direct.md").write_text(begun)
    assert "direct" in tried(BEGUN)
    assert "direct" not in tried(LEFT)
    assert "plan" in tried(LEFT)
    for name in ("brute-force", "plan", "test-first", "decompose", "analogy"):
        (own_folder / f"{name}.md").write_text(begun)
    strategies.forget()
    assert strategies.faults() == ()
    assert "direct" in tried(LEFT), "something must be tried"
    (think,), _ = play("direct", [said("")])
    assert isinstance(think, Think)
    assert think.begun == ""


def test_a_strategy_of_ones_own_does_not_change_what_else_an_ablation_leaves_out(own_folder: Path):
    for name in ("checks", "agreement", "verse"):
        (own_folder / f"{name}.md").write_text(OWN)
    assert arms.find(["ponder-no-checks"])["ponder-no-checks"].blind
    assert {"checks", "agreement", "verse"} <= tried(LEFT, "ponder-no-agreement")
    assert "verse" not in tried(LEFT, "ponder-no-verse")


def test_what_is_no_text_file_is_refused_too(own_folder: Path):
    (own_folder / "bytes.md").write_bytes(OWN.encode() + b"\xff\xfe")
    (own_folder / "folder.md").mkdir()
    (own_folder / "link.md").symlink_to("nowhere")
    os.mkfifo(own_folder / "pipe.md")
    (own_folder / ".#rhyme.md").symlink_to("an editor's mark")
    (own_folder / "rhyme.md").write_bytes(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode())
    (own_folder / "vast.md").write_text(OWN + " " * (1 << 20))
    assert [fault.rpartition("/")[2] for fault in strategies.faults()] == [
        "bytes.md, line 7: not UTF-8 text (byte 0xff)",
        "folder.md: not a file",
        "link.md: not a file",
        "pipe.md: not a file",
        "vast.md: larger than 1 MiB",
    ]
    assert strategies.own("code") == ["rhyme"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("reason", OWN, "line 3: header: 'for' is 'code'; reason, whose place it takes, is for answer"),
        ("repair", OWN, "line 1: header: 'deepens' is wrong: repair, whose place it takes, continues a failed attempt"),
        ("direct", OWN.replace("gives", "deepens = true\ngives"), "line 4: header: 'deepens' is wrong: direct"),
    ],
)
def test_what_cannot_take_the_place_of_ours_leaves_it_there(own_folder: Path, name: str, text: str, says: str):
    (own_folder / f"{name}.md").write_text(text)
    (fault,) = strategies.faults()
    assert says in fault
    assert "Answer in verse." not in strategies.find(name).wording


def test_a_wording_may_depend_on_whether_something_failed(own_folder: Path):
    text = OWN.replace("gives", "deepens = true\ngives").replace(
        "{{ problem }}", "{% if failure %}{{ failure }}{% else %}Well.{% endif %}"
    )
    (own_folder / "again.md").write_text(text)
    assert strategies.faults() == ()
    before = (Message("user", "Say how many."), Message("assistant", "Four."))
    for failure, asked in ((Failure("wrong", "no"), "no Answer in verse."), (None, "Well. Answer in verse.")):
        asks, _ = play("again", [said("```python\nx = 1\n```")], Task("", Sampling(), previous=Previous(before, failure)))
        assert isinstance(asks[0], Think)
        assert asks[0].messages[-1].content == asked


def test_all_lines_of_a_single_print_are_the_answer():
    _, candidate = play("compute", [said("```python\nprint('a\\nb')\n```"), ran("a\nb\n")])
    assert candidate.answer == "a\nb"
    _, candidate = play("compute", [said("```python\nprint(1)\nprint(2)\n```"), ran("1\n2\n")])
    assert candidate.answer == "2"


@pytest.mark.parametrize(
    ("code", "printed", "answer"),
    [
        ("print('Grid:')\nfor r in g:\n    print(r)", "Grid:\n1 2\n3 4\n", "Grid:\n1 2\n3 4"),
        ("print('Grid:')\n[print(r) for r in g]", "Grid:\n1 2\n3 4\n", "Grid:\n1 2\n3 4"),
        ("def show(r):\n    print(r)\nprint('Grid:')\nfor r in g:\n    show(r)", "Grid:\n1 2\n3 4\n", "Grid:\n1 2\n3 4"),
        ("def main():\n    for r in g: print(r)\n    print('x')\nmain()", "1\n2\nx", "x"),
        ("if __name__ == '__main__':\n    print(1)\n    print(sum(x for x in [2]))", "1\n2\n", "2"),
        ("for x in g:\n    print(x)\nprint(3)", "1\n2\n3\n", "3"),
        ("print('so')\nwhile True:\n    if f(x):\n        print(x)\n        break", "so\n2\n", "2"),
        ("print('so')\nfor x in g:\n    if f(x):\n        print(x)", "so\n2\n3\n", "so\n2\n3"),
        ("def f():\n    print(1)\n    for x in g:\n        print(x)\n        return x\nf()", "1\n2\n", "2"),
        ("print('x =', 1)\nprint('y =', 2)", "x = 1\ny = 2\n", "x = 1, y = 2"),
        ("print('n:', 10)\nprint('Number of primes:', 4)", "n: 10\nNumber of primes: 4\n", "4"),
        ("print('x =', 1)\nprint('x =', 2)", "x = 1\nx = 2\n", "2"),
        ("print('Sum:', 1)\nprint('Answer:', 2)", "Sum: 1\nAnswer: 2\n", "2"),
    ],
)
def test_of_what_leads_to_an_answer_only_the_last_line_counts(code: str, printed: str, answer: str):
    _, candidate = play("compute", [said(f"```python\n{code}\n```"), ran(printed)])
    assert candidate.answer == answer
