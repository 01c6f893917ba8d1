"""Programs that read their standard input: inputs like the samples', and what candidates do on them."""

import re
from collections.abc import Callable

import pytest

from agent.search import Verdict
from agent.verify import reading
from agent.verify.samples import Sample
from agent.verify.verify import Candidate, Judge, Problem
from tests.fakes import ran
from tools.sandbox import Outcome, Run

STATEMENT = """Write a program that adds the numbers of the second line.

Input:
3
5 -7 90
Output:
88

Input:
2
10 20
Output:
30
"""


def test_inputs_are_like_the_samples_and_a_number_that_counts_stays():
    made = reading.inputs([Sample("3\n5 -7 90\n", "88"), Sample("2\n10 20\n", "30")])
    assert made[:2] == ("3\n5 -7 90\n", "2\n10 20\n")
    assert len(made) == len(set(made)) == reading.MOST_INPUTS
    for text in made:
        count, numbers = text.splitlines()
        assert int(count) == len(list(map(int, numbers.split())))
    assert made == reading.inputs([Sample("3\n5 -7 90\n", "88"), Sample("2\n10 20\n", "30")])


@pytest.mark.parametrize(
    ("stdin", "keeps"),
    [
        ("hello\n", lambda text: len(text) == 6 and set(text) <= set("helo\n")),
        ("7\n", lambda text: int(text) >= 1),
        ("0 4\n", lambda text: all(int(word) >= 0 for word in text.split())),
        ("2\nab\ncd\n", lambda text: text.startswith("2\n") and text.count("\n") == 3),
        ("4\nabcd\n", lambda text: text.startswith("4\n") and len(text) == 7),
        ("\n", lambda text: text == "\n"),
        ("2 ²\n", lambda text: text.endswith(" ²\n")),
        ("9" * 5000 + "\n", lambda text: len(text) == 5001),
        ("3\npush 4\npush 5\npop\n", lambda text: {line.split()[0] for line in text.splitlines()[1:]} == {"push", "pop"}),
        ("3\n2 3 1\n", lambda text: sorted(text.split("\n")[1].split()) == ["1", "2", "3"]),
        ("4 2\n1 2\n3 4\n", lambda text: all(1 <= int(word) <= 4 for word in text.split()[2:])),
        ("2024-03-15\n", lambda text: re.fullmatch(r"\d{4}-0[1-3]-(0[1-9]|1[0-5])\n", text) is not None),
        ("12:30\n", lambda text: re.fullmatch(r"\d\d:[0-3]\d\n", text) is not None),
    ],
)
def test_what_is_made_keeps_the_shape(stdin: str, keeps: Callable[[str], bool]):
    assert all(map(keeps, reading.inputs([Sample(stdin, "1")])))


def test_a_long_sample_is_left_as_it_is():
    """Each word of it was once held against all others, for each input and each candidate."""
    stdin = "300 300\n" + "12 34 56 78\n" * 2000
    assert reading.inputs([Sample(stdin, "1")]) == (stdin,)


def observed(program: Callable[[str], Outcome]) -> Verdict:
    """The verdict on a program, without the samples' outputs, with the sandbox's part played by a function of its input."""
    judge = Judge(Problem(STATEMENT), blind=True)
    checking = judge.examine(Candidate((), code="print(sum(map(int, input())))"))

    def script(run: Run) -> Outcome:
        return program(run.stdin if isinstance(run.stdin, str) else "")

    try:
        run = next(checking)
        while True:
            run = checking.send(script(run))
    except StopIteration as ended:
        return ended.value


TIMED_OUT = Outcome("timeout", None, "", "", reading.SECONDS, ())


def total(stdin: str) -> int:
    return sum(map(int, stdin.split("\n")[1].split()))


def test_programs_that_do_alike_on_the_samples_and_differ_elsewhere_are_told_apart():
    right = observed(lambda stdin: ran(f"{total(stdin)}\n"))
    other = observed(lambda stdin: ran(f"{total(stdin) if total(stdin) in (88, 30) else 0}\n"))
    spaced = observed(lambda stdin: ran(f"  {total(stdin)}"))
    assert [one.ruling for one in (right, other, spaced)] == ["unchecked"] * 3
    assert right.behaviour == spaced.behaviour != other.behaviour


def test_without_the_samples_outputs_programs_are_held_against_one_another():
    seen = observed(lambda stdin: ran(f"{total(stdin)}\n"))
    assert (seen.ruling, len(seen.behaviour or ())) == ("unchecked", reading.MOST_INPUTS)


def test_what_does_nothing_or_crashes_says_nothing():
    assert observed(lambda stdin: ran("\n")).behaviour is None
    assert observed(lambda stdin: ran(status=1, stderr="ValueError")).ruling == "failed"


def test_what_is_too_slow_once_is_not_tried_on_the_rest():
    tried: list[str] = []

    def slow(stdin: str) -> Outcome:
        tried.append(stdin)
        return ran(f"{total(stdin)}") if len(tried) < 6 else TIMED_OUT

    seen = observed(slow)
    assert len(tried) == 6
    assert (seen.behaviour or ())[5:] == ("timeout",) * (reading.MOST_INPUTS - 5)
