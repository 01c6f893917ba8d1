"""Strategies as tables of `next` and `send`: what they ask, and what they make of the answers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent import strategies
from agent.engine.request import Message, Sampling, Think, Thought
from agent.errors import UsageError
from agent.search import Failure
from agent.strategies import MOST_CELLS, Previous, Task, extract_answer, extract_code, printing, with_prelude
from agent.verify import Candidate
from tests.fakes import ran
from tests.sandboxes import sandbox  # noqa: F401  (a fixture)
from tools.lanes import Lanes
from tools.sandbox import Outcome, Run, State

# ruff: noqa: F811

TASK = Task("Say how many.", Sampling(temperature=0.5, seed=3))


def play(name: str, replies: list[Any], task: Task = TASK) -> tuple[list[Think | Run], Candidate]:
    """Answers each ask in turn; gives what was asked and the candidate."""
    attempt = strategies.attempt(strategies.find(name), task)
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
    [("7\nNone\n", "7"), ("The total (in dollars): 12.5", "12.5"), ("x = 3, y = 4", "x = 3, y = 4"), ("at 12:30", "at 12:30")],
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
    attempt = strategies.attempt(strategies.find("explore"), Task("How many lines?", Sampling(), files={"data.csv": b"a\nb\n"}))
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
    assert "It printed:\n\n2" in think.messages[-1].content


def test_a_session_must_answer_in_the_end():
    cells: list[Any] = [said("```python\nprint(1)\nprint(2)\n```"), ran("1")] * MOST_CELLS
    asks, candidate = play("explore", [*cells, said("```python\nprint(3)\n```")])
    assert isinstance(asks[-1], Think)
    assert "Now write the line `Answer:`" in asks[-1].messages[-1].content
    assert candidate.failure is not None
    assert candidate.failure.kind == "no answer"


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
    ],
)
def test_the_program_in_a_reply(text: str, entry_point: str | None, code: str | None):
    assert extract_code(text, entry_point) == code


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
        ("Answer: a" + " " * 100_000 + "b **", "a" + " " * 100_000 + "b"),
    ],
)
def test_the_answer_in_a_reply(text: str, answer: str | None):
    assert extract_answer(text) == answer


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("total = 1 + 1", "total = 1 + 1\nprint(total)"),
        ("2 + 2", "2 + 2\nprint(2 + 2)"),
        ("print(3)", "print(3)"),
        ("def f():\n    pass", "def f():\n    pass"),
        ("-" * 3000 + "1", "-" * 3000 + "1"),
    ],
)
def test_a_program_that_prints_nothing_prints_its_last_value(code: str, printed: str):
    assert printing(code) == printed


def test_helper_code_of_the_statement_stands_in_front_unless_it_is_repeated():
    prelude = "import math\n\ndef double(x):\n    return 2 * x"
    assert with_prelude(prelude, "def f(x):\n    return double(x)").startswith(prelude)
    repeated = prelude + "\n\ndef f(x):\n    return double(x)"
    assert with_prelude(prelude, repeated) == repeated


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


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("no header", 1, "starts with a header"),
        (OWN.replace('"program"', '"poem"'), 4, "'gives' is 'poem'; it must be one of program, output, answer, session"),
        (OWN.replace("summary", "sumary"), 2, "'sumary' is no key; the keys are summary, for, gives, deepens"),
        (OWN.replace('for = "code"\n', ""), 1, "'for' must be a text"),
        (OWN.replace('"code"', "code"), 3, "header: "),
        (OWN.replace('gives', 'deepens = "yes"\ngives'), 4, "'deepens' must be true or false"),
        (OWN.replace("{{ problem }}", "One.\n{{ problem }} {{ name }}"), 7, "no variable 'name'"),
        (OWN.replace("}} Answer", "} Answer"), 6, ""),
    ],
)  # fmt: skip
def test_a_strategy_file_with_a_fault_is_refused_with_its_line_and_the_rest_work_on(
    own_folder: Path, text: str, line: int, says: str
):
    (own_folder / "verse.md").write_text(text)
    (own_folder / "rhyme.md").write_text(OWN)
    (fault,) = strategies.faults()
    assert "verse.md" in fault
    assert f"line {line}" in fault
    assert says in fault
    assert strategies.own("code") == ["rhyme"]
    assert strategies.find("direct").name == "direct"
    with pytest.raises(UsageError):
        strategies.find("verse")


def test_a_strategy_file_that_is_no_text_is_refused_too(own_folder: Path):
    (own_folder / "verse.md").write_bytes(b"\xff\xfe")
    (fault,) = strategies.faults()
    assert "verse.md" in fault


def test_all_lines_of_a_single_print_are_the_answer():
    _, candidate = play("compute", [said("```python\nprint('a\\nb')\n```"), ran("a\nb\n")])
    assert candidate.answer == "a\nb"
    _, candidate = play("compute", [said("```python\nprint(1)\nprint(2)\n```"), ran("1\n2\n")])
    assert candidate.answer == "2"
