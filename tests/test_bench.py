"""Scoring and comparing: what counts as right, budgets to the token, what is kept and resumed, and the report made of it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event as Flag
from typing import Any, cast

import pytest

from agent import models
from agent.bench import arms, bench, scoring, trials
from agent.bench.journal import Identity, Journal
from agent.config import PRESETS, Settings, version
from agent.driver import Driver
from agent.errors import UsageError
from agent.events import Result
from agent.failures import Failure
from agent.policy import ANSWERS, PROGRAMS
from agent.records import Record
from agent.search import Action, Budget, Tree, Verdict
from agent.verify.verify import Judge, Problem
from tests.fakes import PASSED, ScriptedSandbox, ran
from tests.gguf_files import tiny_gguf
from tests.sandboxes import serving as sandbox  # noqa: F401  (a fixture)
from tests.scripted import ScriptedEngine, opening
from tools.lanes import Lanes
from tools.sandbox import Outcome, Run

# ruff: noqa: F811


def result(answer: str | None = None, code: str | None = None) -> Result:
    return Result(id="a", status="verified", answer=answer, code=code)


@pytest.mark.parametrize(
    ("hidden", "given", "right"),
    [
        ({"answer": "18"}, result("18.0"), True),
        ({"answer": 18}, result("$18"), True),
        ({"answer": "18"}, result("81"), False),
        ({"answer": "18"}, result(None), False),
        ({"tests": "assert f(2) == 4"}, result(code="def f(x): return 2 * x"), True),
        ({"tests": "assert f(2) == 4"}, result(code="def f(x): return x"), False),
        ({"tests": "def check(f): assert f(2) == 4"}, result(code="def f(x): return 2 * x"), False),
        ({"tests": "assert f() == 'a\\n'"}, result(code="def f(): return open('data.txt').read()"), True),
        ({"tests": "assert f(2) == 4"}, result("4", code=None), False),
        ({"grader": 'def grade(answer): return answer == "it\'s"'}, result("it's"), True),
        ({"grader": "def grade(answer): return answer == 'x'"}, result("y"), False),
        ({"grader": "def grade(answer): return True"}, result(None), False),
    ],
)
def test_what_is_right(hidden: dict[str, object], given: Result, right: bool, sandbox: Lanes):
    record = Record(Problem("…", files={"data.txt": b"a\n"}), hidden)
    assert scoring.ask(sandbox, given, record).result() is right


@pytest.mark.parametrize(
    ("given", "hidden", "right"),
    [
        ("1 + 2x", "2x+1", True),
        (r"\frac{1}{\sqrt2}", r"\frac{\sqrt2}{2}", True),
        ("1024", "2^{10}", True),
        ("x + 1", "x + 2", False),
        ("Paris", "2x", False),
    ],
)
def test_a_formula_may_be_written_otherwise(given: str, hidden: str, right: bool, sandbox: Lanes):
    if not sandbox.submit(Run("import sympy")).result().succeeded:
        pytest.skip("no sympy in this sandbox")
    assert scoring.ask(sandbox, result(given), Record(Problem("…"), {"answer": hidden})).result() is right


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ("$18.00", "18"),
        ("18.0", "18"),
        ("0018", "18"),
        ("+18", "18"),
        ("1,234,567", "1234567"),
        ("$1,234.50", "1234.5"),
        ("1/2", "0.5"),
        ("0.5", "1/2"),
        ("2/4", "1/2"),
        ("1 1/2", "1.5"),
        (r"\frac{1}{2}", "0.5"),
        (r"-1\frac{1}{2}", "-3/2"),
        (r"\$18", "18"),
        ("50%", "50"),
        (r"50\%", "50"),
        ("50 %", "50"),
        ("−5", "-5"),
        ("-$5", "-5"),
        ("£5", "5"),
        ("**18**", "18"),
        ("18.", "18"),
        ("1e3", "1000"),
        ("18 dollars", "18"),
        ("18.50 USD", "18.5"),
        ("20kg", "20"),
        ("60 miles per hour.", "60"),
        ("3/4 cups", "0.75"),
        ("18 km", "18 km"),
        ("5cm", "5"),
        ("5 m", "5"),
        ("20 L", "20"),
        ("16 cm squared", "16"),
        ("16 cm²", "16"),
        (r"16\text{ m}^2", "16"),
        ("12 square feet", "12"),
        ("20 °C", "20"),
        (r"5\text{ cm}", "5"),
        (r"\frac{3}{4}\text{ cups}", "0.75"),
        (r"90^\circ", "90"),
        ("90", r"90^{\circ}"),
        ("x = 3", "3"),
        ("3", "x=3"),
        ("10000", "10{,}000"),
        (r"\frac34", "3/4"),
        (r"\boxed{\frac{3}{4}}", r"\dfrac{3}{4}"),
        ("(1,2)", "(1, 2)"),
        ("(1, 2)", r"\left( 1,2 \right)"),
        ("2*sqrt(3)", r"2\sqrt{3}"),
        ("2√3", r"2\sqrt{3}"),
        ("6π", r"6\pi"),
        ("pi/2", r"\frac{\pi}{2}"),
        ("x**2 + 1", "x^2+1"),
        ("2*x + 1", "y = 2x + 1"),
        ("200000", r"2 \times 10^5"),
        (r"\text{Paris}", "paris"),
        ("(B)", "B"),
        ("B)", "B"),
        ("b) Paris", "B"),
        ("B. Paris", "(B)"),
        ("B. Paris", "(B) Paris"),
        ("**(B) Paris.**", "B"),
        (r"\text{(B)}", "B"),
        ("B) vitamin C", "B"),
        ("B) 21.50", "21.5"),
        ("B) 5 cm", "5"),
        ("B) $5 per hour", "5"),
        ("x = B", "B"),
        (" PARIS. ", "Paris"),
        ("18", "18 km"),
        ("10", r"10\text{ cm}"),
        ("90", "90 degrees"),
        ("8.05", "8.05 km"),
        (r"16\text{ cm}^2", "16"),
        ("16 cm^2", "16"),
        ("60 km/h", "60"),
        ("9.8 m/s^2", "9.8"),
        ("12 eggs/day", "12"),
        ("$10/hour", "10"),
        ("USD 20", "20"),
        ("(C)", r"\text{(C)}"),
        ("(B) Paris", "b"),
        ("5 : 3", "5:3"),
        ("5 : 3 : 1", "$5:3:1$"),
        ("'5 : 3'", "5 : 3"),
        ("5:3", "'5 : 3'"),
        ("('ratio', '2 : 1')", "ratio 2 : 1"),
        ("{1 : 2}", "{1: 2}"),
        ("B - Paris", "B"),
        ("B)125", "B"),
        ("B", "(B)$125"),
        ("Paris (B)", "B"),
        ("B, because it is the capital", "B"),
        ("A", "(A) Yes"),
        ("K) Kiwi", "(K)"),
        ("'abc'", "'abc'"),
        ('{"a": 1}', "{'a': 1}"),
        ("São  Paulo", "são paulo"),
    ],
)
def test_answers_that_are_one(given: str, hidden: str):
    assert scoring.same_answer(given, hidden)


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ("", "0"),
        ("18", "-18"),
        ("-18 dollars", "18"),
        ("19 dollars", "18"),
        ("50%", "0.5"),
        ("2 dozen", "2"),
        ("5 million", "5"),
        ("5 million dollars", "5"),
        ("5 to 7 days", "5"),
        ("5 or so", "5"),
        ("5 and 7", "5"),
        ("a18", "18"),
        ("18 km", "18 m"),
        ("1/3", "0.333"),
        ("1/0", "0"),
        ("1 2", "12"),
        ("1e99999999", "1e99999998"),
        ("9" * 5000, "9" * 4999),
        ("18 " + "a" * 100_000, "18"),
        ("6π", "6"),
        (r"6\pi", "6"),
        ("2ab", "2"),
        ("3y", "3"),
        ("3 y", "3"),
        ("3y^2", "3"),
        ("5 a^2", "5"),
        ("2 squared", "2"),
        ("2 cubed", "2"),
        ("4 factorial", "4"),
        ("17 mod 5", "17"),
        ("$5m", "5"),
        ("5m dollars", "5"),
        ("1F", "1"),
        ("(1,2)", "12"),
        ("(1,234)", "1234"),
        ("x = 3", "y = 3"),
        ("x = 3", "-3"),
        ("x = 3, y = 4", "3"),
        (r"2\sqrt{3}", "2"),
        (r"\sqrt{3}", "3"),
        ("36π cm²", "36"),
        ("36π cm²", "6π"),
        (r"36\pi r", r"36\pi"),
        (r"2\pi h", r"2\pi"),
        (r"2\pi ft", r"2\pi"),
        ("2√5 m", "2√5"),
        ("5*pi times", "5*pi"),
        ("2√5 apples", "2√5"),
        ("2√5 and 3√2 cm", "2√5 and 3√2"),
        ("≈ 3.2", "3.21"),
        ("≈ 3", "3.2"),
        ("≈ 0.333", "1/3"),
        ("≈ -3.2", "3.2"),
        ("about 12 km", "12 m"),
        ("about 7 or 8", "7, 8"),
        ("about 5 to 7 days", "5 to 7 days"),
        ("nearly 5", "5"),
        ("about Paris", "Paris"),
        ("= B", "B"),
        ("x cm", "x"),
        ("2-0", "2"),
        ("3-1", "2-0"),
        (r"90^\circ", "90 F"),
        ("Paris", "B"),
        ("(A)", "B"),
        ("B) Paris or C) Rome", "B"),
        ("B) 21.5", "22"),
        ("anything", "(A"),
        ("B) and C)", "B"),
        ("(B) (C)", "B"),
        ("Bob", "B"),
        ("A. Lincoln", "A. Johnson"),
        ("18", "18 million"),
        ("5", "5x"),
        ("5", "5 x^2"),
        ("60 km/h", "60 mph"),
        ("3 a^2", "3"),
        ("B, C", "B"),
        ("A and B", "A"),
        ("(B) No", "(A) Yes"),
        ("(B) Yes", "(A) Yes"),
        ("B. No", "(B) Yes"),
        ("20 (of 30)", "20"),
        ("1/x", "1"),
        ("2/n", "2"),
        ("2/pi", "2"),
        ("12/sqrt", "12"),
        ("10 (binary)", "10"),
        ("X - 5", "5"),
        ("n - 1", "1"),
        ("x, 5", "5"),
        ("A, 5", "5"),
        ("T. rex", "rex"),
        ("5 : 3", "3:5"),
        ("5 : 3", "53"),
        ("'5 : 3'", "'5:3'"),
        ("not (B)", "B"),
        ("A)125 B)130", "A"),
        ("(A)(B)", "A"),
        ("(x)5", "X"),
        ("either A or (B)", "B"),
        ("'ABC'", "'abc'"),
    ],
)
def test_answers_that_differ(given: str, hidden: str):
    assert not scoring.same_answer(given, hidden)


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ("5.4", r"5.4 \text{ cents}"),
        ("11111111100", r"11,\! 111,\! 111,\! 100"),
        (r"32,\!348", "32348"),
        ("9", "9 (apples)"),
        ("9 apples", "9 (apples)"),
        ("$1,200", "1200 (dollars)"),
        ("12", "12 (square feet)"),
        ("60", "60 (miles/hour)"),
        ("]}", "] }"),
        ("( [ ] )", "([])"),
    ],
)
def test_how_suites_write_what_they_hide(given: str, hidden: str):
    assert scoring.same_answer(given, hidden)


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ("54", r"5.4 \text{ cents}"),
        ("1111111110", r"11,\! 111,\! 111,\! 100"),
        ("8", "9 (apples)"),
        ("9 (apples)", "9"),
        ("2", "10 (binary: 2)"),
        ("9", "x (9)"),
        ("] )", "] }"),
        ("[]", "([])"),
        ("a b", "ab"),
    ],
)
def test_what_suites_hide_is_not_more_than_they_say(given: str, hidden: str):
    assert not scoring.same_answer(given, hidden)


VITAMINS = "Which are there?\n(A) Vitamin B\n(B) Vitamins B and C\n(C) Either A or B\n(D) Both A and B"
GRADES = "Which grade has she?\n(A) B\n(B) A\n(C) C"


@pytest.mark.parametrize(
    ("asked", "given", "hidden", "right"),
    [
        (VITAMINS, "D. Both A and B", "D", True),
        (VITAMINS, "D) Both A and B", "(D)", True),
        (VITAMINS, "(B) Vitamins B and C", "B", True),
        (VITAMINS, "C) Either A or B", "C", True),
        (VITAMINS, "D", "(D) Both A and B", True),
        (VITAMINS, "D. Both A and B", "(D) Both A and B", True),
        (VITAMINS, "A. Vitamin B", "(A) Vitamin B", True),
        (GRADES, "(A) B", "A", True),
        (GRADES, "A) B", "(A) B", True),
        (GRADES, "A", "(A) B", True),
        (GRADES, "A) B", "B", False),
        (GRADES, "B", "A", False),
        (GRADES, "B", "(A) B", False),
        (GRADES, "A) A", "A", False),
        (GRADES, "A) A", "B", False),
        (GRADES, "B) B", "A", False),
        (GRADES, "B) B", "B", False),
        (VITAMINS, "D. Both A and B", "A", False),
        (VITAMINS, "D. Both A and B", "B", False),
        (VITAMINS, "D. Both A and C", "D", False),
        (VITAMINS, "A. Both A and B", "D", False),
        (VITAMINS, "D) Either A or B", "D", False),
        (VITAMINS, "A and B", "D", False),
        (VITAMINS, "A) or D)", "D", False),
        (VITAMINS, "not (D)", "D", False),
        (VITAMINS, "B", "Vitamin B", False),
        (VITAMINS, "A. Vitamin B", "(B) Vitamins B and C", False),
        (VITAMINS, "A. Vitamin C", "(A) Vitamin B", False),
        ("Which share?\n(A) 5\n(B) 5%", "5%", "A", False),
        ("Which share?\n(A) 5\n(B) 5%", "A", "5%", False),
        ("Who is it?", "D. Both A and B", "D", False),
    ],
)
def test_what_a_choice_stands_for_may_name_others(asked: str, given: str, hidden: str, right: bool):
    """`D. Both A and B` was wrong where `D` was hidden."""
    record = Record(Problem(asked), {"answer": hidden})
    assert scoring.ask(ScriptedSandbox(lambda run: ran()), result(given), record).result() is right


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ("$5", "5 dollars"),
        ("36 dollars", r"\$36"),
        ("25 percent", "25%"),
        ("90 degrees", r"90^\circ"),
        ("20kg", "20 kg"),
        ("1 apple", "1 apples"),
        ("$5 each", "$5"),
        ("$10/hour", "10 dollars per hour"),
        ("90 deg", "90°"),
        ("20 °C", "20°"),
        ("$5", "5"),
        ("5", "5%"),
        ("x = 5 cm", "5"),
        ("2 + 3 = 5", "5"),
        ("2 + 3 = 5 cm", "5"),
        ("12 kilometers", r"12\text{ km}"),
        ("12 hr", "12 hours"),
        ("12 hrs", "12h"),
        ("30 min.", "30 minutes"),
        ("3 feet", "3 ft"),
        ("3 inches", "3 in"),
        ("5 L", "5 litres"),
        ("5 kg", "5 kilograms"),
        ("70 mph", "70 miles per hour"),
        ("70 km/hr", "70 kmph"),
        ("10 m/s", "10 meters per second"),
        ("10 m/s²", "10 meters per second squared"),
        ("12 square meters", r"12\text{ m}^2"),
        ("12 sq. ft.", "12 feet squared"),
        ("12 cubic centimetres", "12 cm³"),
        ("12 units²", "12 square units"),
        ("20 °C", "20 degrees Celsius"),
        ("12 eggs/day", "12 eggs per day"),
        ("$10/hr", "10 dollars per hour"),
        ("36π square units", r"36\pi"),
        ("36π", r"36\pi\text{ square units}"),
        (r"36\pi\text{ cm}^2", "36π square centimeters"),
        ("A = 36π cm²", r"36\pi"),
        (r"2\sqrt{5} units", "2√5"),
        (r"\frac{\pi}{2} radians", "π/2"),
        (r"5\sqrt[3]{2} feet", r"5\sqrt[3]{2}"),
        ("4π cm/s", "4π cm per second"),
        (r"4\pi \cdot \text{cm}", "4π"),
        ("≈ 3.2", "3.2"),
        (r"$\approx 3.2$", "3.20"),
        (r"\text{about } 3.2", "3.2"),
        ("approximately $3.20", "3.2"),
        ("≈ −3.2", "-3.2"),
        ("= 5", "5"),
        ("=5 cm", "5"),
        ("about 1,200 km", "1200 kilometers"),
        ("≈ 36π", "36π cm²"),
        ("π/2 rad", "π/2 radians"),
        (r"$2\sqrt{3} \text{ km}", r"2\sqrt{3} \text{ km}"),
    ],
)
def test_one_unit_may_be_written_in_two_ways(given: str, hidden: str):
    assert scoring.same_answer(given, hidden)
    assert scoring.same_answer(hidden, given)


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ("$5", "5%"),
        ("5°", "5%"),
        ("$5", "5 km"),
        ("5 cents", "$5"),
        ("5 percent", "5 dollars"),
        ("B) $5", "5%"),
        ("5 m", "5 ms"),
        ("$5/hour", "$5/day"),
        ("20 °C", "20 °F"),
        ("60 km", "60 km/h"),
        ("60 kilometers", "60 m"),
        ("5 minutes", "5 m"),
        ("5 min", "5 months"),
        ("5 min", "5 m"),
        ("3 ft", "3 square feet"),
        ("3 square feet", "3 ft^3"),
        ("3 square meters squared", "3 m^2"),
        ("5 inches", "5 in total"),
        ("5 hours", "5 hour hand"),
        ("5 miles", "5 nautical miles"),
        ("5 miles per hour", "5 miles per day"),
        ("5 oz", "5 fluid ounces"),
        ("5 lb", "5 pounds"),
        ("5 meters per second", "5 m/s^2"),
        ("20 degrees Celsius", "20 °F"),
        ("36π cm²", "36π cm³"),
        ("36π cm²", "36π units"),
        ("$36π", "36π cm"),
        ("about Rs. 12", "12%"),
        ("approximately Rs 20", "20 km"),
        ("5M", "5 meters"),
        ("5 Mg", "5 milligrams"),
    ],
)
def test_a_number_of_something_else_is_wrong(given: str, hidden: str):
    assert not scoring.same_answer(given, hidden)
    assert not scoring.same_answer(hidden, given)


@pytest.mark.parametrize(
    ("given", "hidden", "right"),
    [
        ("Yes", True, True),
        ("true", True, True),
        ("**No.**", False, True),
        ("False", False, True),
        ("No", True, False),
        ("1", True, False),
        (None, False, False),
        ("Yes", "true", False),
    ],
)
def test_a_suite_may_hide_whether_it_is_so(given: str | None, hidden: object, right: bool):
    record = Record(Problem("…"), {"answer": hidden})
    assert scoring.ask(ScriptedSandbox(lambda run: ran()), result(given), record).result() is right


# A suite, played.


def suite_file(folder: Path, *records: Mapping[str, object]) -> Path:
    path = folder / "suite.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def questions(folder: Path, count: int = 20) -> list[Record]:
    return bench.load_suite(
        suite_file(folder, *({"id": number, "problem": "?", "hidden": {"answer": "1"}} for number in range(count)))
    )


def test_a_seeded_order_is_repeatable_and_limited(tmp_path: Path):
    suite = questions(tmp_path)

    def names(shuffle: int | None) -> list[object]:
        return [record.problem.id for record in bench.picked(suite, 5, shuffle)]

    assert names(None) == [0, 1, 2, 3, 4]
    assert names(3) == names(3) != names(4)
    assert len(set(names(3))) == 5


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({}, "'a' has no hidden"),
        (
            {"hidden": {"tests": "def check(candidate):\n    assert candidate(1)"}},
            "'a' has hidden tests that cannot be used: no test is in it",
        ),
        ({"hidden": {"tests": "assert f(1"}}, "'a' has hidden tests that cannot be used: not Python: line 1"),
        ({"hidden": {"tests": ["assert f(1) == 2"]}}, "'a' has hidden tests that are no text; give one text of Python"),
        ({"hidden": {"tests": {"inputs": ["1"], "outputs": ["2"]}}}, "'a' has hidden tests that are no text"),
        ({"hidden": {"tests": '["assert f(1) == 2"]'}}, "'a' has hidden tests that cannot be used: no test is in it"),
        ({"hidden": {"tests": '{"inputs": [1], "outputs": [2]}'}}, "'a' has hidden tests that cannot be used: no test"),
        ({"hidden": {"tests": "f"}}, "'a' has hidden tests that cannot be used: no test is in it"),
        ({"hidden": {"tests": "f(1) == 2\nf(2) == 4"}}, "'a' has hidden tests that cannot be used: line 1 compares"),
        ({"hidden": {"tests": "def test_it():\n    x = f(1)\n    return x == 2"}}, "cannot be used: line 3 returns what"),
        ({"hidden": {"answer": ""}}, "'a' has a hidden answer that is empty; give null where there is none"),
        ({"hidden": {"answer": " \n", "tests": "assert f(1) == 2"}}, "'a' has a hidden answer that is empty"),
        (
            {"hidden": {"grader": ["def grade(answer): return True"]}},
            "'a' has a hidden grader that cannot be used: it is no text",
        ),
        ({"hidden": {"grader": ""}}, "'a' has a hidden grader that cannot be used: it defines no grade"),
        ({"hidden": {"grader": "def other(grade): return grade"}}, "cannot be used: it defines no grade"),
        ({"hidden": {"grader": "def grade(answer)"}}, "'a' has a hidden grader that cannot be used: not Python: line 1"),
    ],
)
def test_a_suite_that_hides_nothing_to_score_by_is_refused(record: dict[str, Any], says: str, tmp_path: Path):
    """All arms were wrong in all problems of one whose tests nothing called, or whose grader was broken, and right in all whose
    tests were data.
    """
    with pytest.raises(UsageError, match=says):
        bench.load_suite(suite_file(tmp_path, {"id": "a", "problem": "?", **record}))


@pytest.mark.parametrize(
    "hidden",
    [
        {"grader": "from math import *\n"},
        {"grader": "from operator import truth as grade"},
        {"grader": "if True:\n    def grade(answer): return True"},
        {"grader": "grade = lambda answer: True"},
        {"grader": "def grade(answer): return True", "tests": None},
        {"answer": "0", "grader": ""},
        {"answer": 0},
        {"answer": False},
        {"answer": []},
    ],
)
def test_what_can_tell_right_from_wrong_is_taken(hidden: dict[str, object], tmp_path: Path):
    assert len(bench.load_suite(suite_file(tmp_path, {"id": "a", "problem": "?", "hidden": hidden}))) == 1


@pytest.mark.parametrize(
    "tests",
    [
        "f(1) == 2\nassert f(2) == 4",
        "def test_one():\n    return f(1) == 2\ndef test_two():\n    f(1) == 2\n    assert f(2) == 4",
        "def test_it():\n    f(1) == 2\n    if f(2) != 4:\n        raise ValueError",
    ],
)
def test_a_suite_may_hide_a_statement_that_tests_nothing_beside_others_that_do(tests: str, tmp_path: Path):
    (loaded,) = bench.load_suite(suite_file(tmp_path, {"id": "a", "problem": "?", "hidden": {"tests": tests}}))
    assert loaded.hidden == {"tests": tests}


@pytest.mark.parametrize(
    ("entry_point", "code"),
    [("f", "def f(x): return {}"), ("Solution().f", "class Solution:\n    def f(self, x): return {}")],
)
def test_a_check_that_nothing_calls_is_called_on_the_entry_point(entry_point: str, code: str, sandbox: Lanes, tmp_path: Path):
    tests = "METADATA = {}\n\ndef check(candidate):\n    assert candidate(2) == 4\n"
    record = {"id": "a", "problem": "Write it.", "entry_point": entry_point, "hidden": {"tests": tests}}
    (loaded,) = bench.load_suite(suite_file(tmp_path, record))
    assert scoring.ask(sandbox, result(code=code.format("2 * x")), loaded).result()
    assert not scoring.ask(sandbox, result(code=code.format("x")), loaded).result()


def test_a_null_hides_nothing(tmp_path: Path):
    """As suites are that have every key in every record: the answer `None` was held against programs."""
    record = {"id": "a", "problem": "Write it.", "hidden": {"answer": None, "tests": "assert f(2) == 4", "grader": None}}
    (loaded,) = bench.load_suite(suite_file(tmp_path, record))
    assert loaded.hidden == {"tests": "assert f(2) == 4"}
    for nothing in ({"answer": None}, None, "18"):
        with pytest.raises(UsageError, match="'a' has no hidden"):
            bench.load_suite(suite_file(tmp_path, record | {"hidden": nothing}))


def test_what_goes_wrong_in_the_scoring_is_heard():
    """Nobody heard it, and the bench waited for ever."""
    broken = ScriptedSandbox(lambda run: cast(Outcome, None))
    right = scoring.ask(broken, result("5"), Record(Problem("…"), {"grader": "def grade(answer): …"}))
    with pytest.raises(AttributeError):
        right.result(timeout=1)


SUITE = [
    Record(Problem("What is two plus three?", id="known"), {"answer": "5"}),
    Record(Problem("What is the secret?", id="secret"), {"answer": "4711-hidden"}),
    Record(Problem("word " * 20_000, id="long"), {"answer": "5"}),
]


def play(
    arm: str,
    budget: Budget | None = None,
    *,
    suite: list[Record] = SUITE,
    reply: Callable[[str], str] = lambda shown: "So it is five.\nAnswer: 5",
    sandbox: Callable[[Run], Outcome] = lambda run: ran("5\n"),
    stop: Flag | None = None,
) -> list[dict[str, Any]]:
    """An arm over a suite with a scripted model, which is shown each conversation as text."""
    driver = Driver(ScriptedEngine(lambda messages: reply(repr(messages))), ScriptedSandbox(sandbox))
    trial = trials.Trial(arms.find([arm])[arm], driver, 1, 2, 2, stop or Flag())
    return [record for (record,) in trial.run(suite, lambda problem: replace(budget or Budget(60, 300, 4)))]


EVERY = (
    "greedy",
    "best-of-n",
    "majority",
    "repair-only",
    "beam",
    "ponder",
    "ponder-no-repair",
    "ponder-no-switch",
    "ponder-no-compute",
)


@pytest.mark.parametrize("arm", EVERY)
def test_hidden_answers_never_reach_the_solver_and_what_does_not_fit_has_failed(arm: str):
    shown: list[str] = []

    def reply(conversation: str) -> str:
        shown.append(conversation)
        return "Answer: 5"

    records = play(arm, reply=reply)
    assert "4711" not in "".join(shown)
    assert {record["id"]: record["right"] for record in records} == {"known": True, "secret": False, "long": False}


def at_multiples(arm: str, multiples: Sequence[float]) -> list[list[dict[str, Any]]]:
    """An arm over two problems, read at multiples of what greedy is said to have needed; each answer is another one."""
    numbers = {"known": iter(range(10_000)), "secret": iter(range(10_000))}

    def reply(messages: object) -> str:
        return f"we think and think\nAnswer: {next(numbers['secret' if 'secret' in repr(messages) else 'known']) % 3}"

    driver = Driver(ScriptedEngine(reply), ScriptedSandbox(lambda run: ran("5\n")))
    trial = trials.Trial(arms.find([arm])[arm], driver, 1, 1, 2)
    return list(trial.run(SUITE[:2], *trials.multiplied(GREEDY, multiples)))


GREEDY = {"known": 9, "secret": 11}
MULTIPLES = (0.5, 1, 2.5, 4, 9)


@pytest.mark.parametrize("arm", EVERY)
def test_no_arm_spends_a_token_beyond_its_multiple(arm: str):
    for records in at_multiples(arm, MULTIPLES):
        for multiple, record in zip(MULTIPLES, records, strict=True):
            assert 0 < record["tokens"]["generated"] <= multiple * GREEDY[record["id"]]
            assert len(record["tried"]) == record["attempts"]


@pytest.mark.parametrize("arm", EVERY)
def test_what_is_read_off_a_run_is_what_a_run_with_so_many_tokens_comes_to(arm: str):
    """Replies hold their answer at their end, so that what is cut off holds none either way."""
    read = {(record["id"], place): record for records in at_multiples(arm, MULTIPLES) for place, record in enumerate(records)}
    said: set[object] = set()
    for place, multiple in enumerate(MULTIPLES):
        for (record,) in at_multiples(arm, (multiple,)):
            other = read[record["id"], place]
            for field in ("answer", "confidence", "right"):
                assert record[field] == other[field], (field, multiple)
            said.add(record["answer"])
    assert len(said) > 1


def test_of_a_runs_seconds_a_smaller_budget_has_the_part_that_its_tokens_are():
    """The least budget was said to have taken as long as the greatest."""

    def reply(messages: object) -> str:
        time.sleep(0.01)
        return "no idea"

    driver = Driver(ScriptedEngine(reply), ScriptedSandbox(lambda run: ran("5\n")))
    trial = trials.Trial(arms.find(["best-of-n"])["best-of-n"], driver, 1, 1, 1)
    ((little, much),) = trial.run(SUITE[:1], *trials.multiplied({"known": 10}, (1, 4)))
    assert (little["tokens"]["generated"], much["tokens"]["generated"]) == (10, 40)
    assert little["wall"] == pytest.approx(much["wall"] / 4, abs=0.001)
    assert 0 < little["wall"] < much["wall"]


def test_a_curve_waits_for_each_verdict():
    """Else what a second attempt wrote meanwhile was charged to the first, and its answer missed its mark."""
    tree = Tree()
    ask = trials.one_at_a_time(lambda tree, free: [Action(tree.root, "direct", 0.0, "why")] * free)
    (action,) = ask(tree, 4)
    node = tree.open(action)
    assert ask(tree, 4) == []
    tree.tell(node, Verdict("passed"))
    assert len(ask(tree, 4)) == 1


def test_where_tokens_are_the_budget_and_nothing_can_be_checked_all_of_them_vote():
    """Else an arm that is soon content would be held against one that votes with all of its tokens."""
    spent: dict[str, int] = {}
    for arm in ("majority", "ponder"):
        driver = Driver(ScriptedEngine(lambda messages: "Answer: 5"), ScriptedSandbox(lambda run: ran("5\n")))
        trial = trials.Trial(arms.find([arm])[arm], driver, 1, 1, 1)
        ((record,),) = trial.run(SUITE[:1], *trials.multiplied({"known": 10}, [20]))
        spent[arm] = record["tokens"]["generated"]
    assert 190 < spent["ponder"] <= 200
    assert 190 < spent["majority"] <= 200


@pytest.mark.parametrize("arm", ["ponder", "best-of-n", "ponder-no-agreement"])
def test_where_tokens_are_the_budget_the_first_program_that_passes_ends_it(arm: str):
    engine = ScriptedEngine(lambda messages: "```python\ndef double(x): return 2 * x\n```")
    driver = Driver(engine, ScriptedSandbox(lambda run: ran(reports=(PASSED,))))
    trial = trials.Trial(arms.find([arm])[arm], driver, 1, 1, 1)
    ((record,),) = trial.run([DOUBLE], *trials.multiplied({"double": 20}, [20]))
    assert (record["status"], record["right"], record["attempts"]) == ("verified", True, 1)


def test_at_once_greedys_tokens_every_plain_arm_is_greedy():
    (greedy,) = play("greedy", suite=SUITE[:1])
    for arm in ("best-of-n", "majority", "repair-only", "beam"):
        (record,) = play(arm, Budget(60, greedy["tokens"]["generated"], 99), suite=SUITE[:1])
        assert (record["answer"], record["attempts"], record["right"]) == (greedy["answer"], 1, True), arm


@pytest.mark.parametrize(("text", "warm"), [("Write a Python function f.", 0.8), ("What is six times seven?", 0.7)])
def test_samples_are_as_warm_as_ours(text: str, warm: float):
    """Hotter ones are poorer: an arm that is to be beaten must be what it can be."""
    judge = Judge(Problem(text))
    assert [action.temperature for action in arms.sampling(judge)(Tree(), 3)] == [0.0, warm, warm]
    assert {way.warm for way in ANSWERS + PROGRAMS} == {0.7, 0.8}


@pytest.mark.parametrize("text", ["Write a Python function f. f(2) == 4", "Write a Python function f."])
def test_without_agreement_nothing_else_is_left_out(text: str):
    """What has checks is searched as ours is, on as many branches."""
    judge, wrong = Judge(Problem(text)), Verdict("failed", 0.0, failure=Failure("wrong", "no"))

    def after_a_failure(arm: str) -> list[tuple[str, float]]:
        tree, ask = Tree(1), arms.find([arm])[arm].policy(judge)
        for action in ask(tree, 1):
            tree.tell(tree.open(action), wrong)
        return [(action.strategy, action.temperature) for action in ask(tree, 4)]

    assert (after_a_failure("ponder-no-agreement") == after_a_failure("ponder")) == bool(judge.checks)


def test_majority_votes_with_all_of_its_tokens():
    answers = iter(["5", "5", "5", *["7"] * 9, *["8"] * 8])
    (record,) = play("majority", Budget(60, 60, 99), suite=SUITE[:1], reply=lambda shown: f"Answer: {next(answers)}")
    assert (record["answer"], record["attempts"], record["right"]) == ("7", 20, False)


DOUBLE = Record(Problem("Write a Python function double. double(2) == 4", id="double"), {"tests": "assert double(3) == 6"})


def test_repair_only_mends_what_failed_and_nothing_else():
    """Each repair is shown the failure of the attempt before it."""

    def program(run: Run) -> Outcome:
        number = (run.solution or "").count("+")
        good = number == 3
        return ran(reports=({"test": "t", "ok": good, "message": f"assert double(2) == 4: got {number}"},), status=1 - good)

    written = iter(range(1, 9))
    shown: list[str] = []

    def reply(conversation: str) -> str:
        shown.append(conversation)
        return f"```python\ndef double(x): return x {'+ x' * next(written)}\n```"

    (record,) = play("repair-only", suite=[DOUBLE], reply=reply, sandbox=program)
    assert [(one["strategy"], one["parent"]) for one in record["tried"]] == [("direct", 0), ("repair", 1), ("repair", 2)]
    assert ["got 1" in conversation for conversation in shown] == [False, True, True]
    assert "got 2" in shown[2]
    assert (record["status"], record["right"]) == ("verified", True)


@pytest.mark.parametrize(
    ("arm", "missing"),
    [("ponder-no-compute", "compute"), ("ponder-no-switch", "compute"), ("ponder-no-repair", "repair")],
)
def test_an_ablation_is_ours_without_what_it_names(arm: str, missing: str):
    numbers = iter(range(100))

    def ways(arm: str) -> set[str]:
        (record,) = play(arm, Budget(60, 400, 12), suite=SUITE[:1], reply=lambda shown: f"Answer: {next(numbers)}")
        return {attempt["strategy"] for attempt in record["tried"]}

    assert missing not in ways(arm)
    assert len(ways("ponder")) > 1


def test_without_agreement_the_first_candidate_is_taken():
    (record,) = play("ponder-no-agreement", suite=SUITE[:1])
    assert (record["attempts"], record["status"]) == (1, "unverified")
    assert play("ponder", suite=SUITE[:1])[0]["attempts"] > 1


def test_without_checks_nothing_is_verified():
    program = lambda shown: "```python\ndef double(x): return x + x\n```"  # noqa: E731
    passes = lambda run: ran(reports=({"test": "t", "ok": True},))  # noqa: E731
    assert [play(arm, suite=[DOUBLE], reply=program, sandbox=passes)[0]["status"] == "verified" for arm in EVERY[5:]] == [
        True
    ] * 4
    assert play("ponder-no-checks", suite=[DOUBLE], reply=program, sandbox=passes)[0]["status"] != "verified"


def test_an_arm_that_is_none_is_refused_with_those_that_are():
    with pytest.raises(UsageError, match=r"no arm 'ponder-no-sense'; there are greedy, .*ponder-no-NAME for .*repair"):
        arms.find(["ponder", "ponder-no-sense"])


@pytest.mark.parametrize("way", ["write", "reason"])
def test_what_no_search_could_do_without_or_none_has_is_not_left_out(way: str):
    """The one way of writing another language's code, and what is on no list of the policy's."""
    with pytest.raises(UsageError, match=f"no arm 'ponder-no-{way}'"):
        arms.find([f"ponder-no-{way}"])


def test_an_interrupted_bench_opens_no_further_arm():
    """The budgets of later arms come from the first one's results: one that was cut short once ended in a KeyError."""
    stop = Flag()
    stop.set()
    assert play("ponder", stop=stop) == []


class LateSandbox(ScriptedSandbox):
    """Answers nothing before it is told to."""

    def __init__(self) -> None:
        super().__init__(lambda run: ran(reports=(True,)))
        self.waiting: list[Future[Outcome]] = []

    def submit(self, run: Run) -> Future[Outcome]:
        super().submit(run)
        self.waiting.append(Future())
        return self.waiting[-1]

    def answer(self) -> None:
        for future in self.waiting:
            future.set_result(ran(reports=(True,)))
        self.waiting.clear()


@pytest.mark.timeout(20)
def test_the_model_thinks_on_while_a_result_is_scored():
    """A candidate that never ends once held up all problems for as long as its hidden tests may take."""
    late = LateSandbox()
    asked: list[str] = []

    def reply(messages: object) -> str:
        asked.append(repr(messages))
        if len(asked) == 3:
            late.answer()
        return "Answer: 5"

    suite = [Record(Problem(f"Question {number}?", id=number), {"grader": "def grade(answer): …"}) for number in range(3)]
    trial = trials.Trial(arms.find(["greedy"])["greedy"], Driver(ScriptedEngine(reply), late), 1, 1, 1)
    scored = trial.run(suite, lambda problem: Budget(60, 300, 1))
    (first,), (second,) = next(scored), next(scored)
    assert ({first["id"], second["id"]}, first["right"]) == ({0, 1}, True)
    late.answer()
    assert next(scored)[0]["id"] == 2


def test_every_attempt_is_kept_with_what_became_of_it():
    answers = iter(["no idea", "Answer: 5", "Answer: 6", "Answer: 7"])
    (record,) = play("best-of-n", suite=SUITE[:1], reply=lambda shown: next(answers))
    assert [one["attempt"] for one in record["tried"]] == [1, 2, 3, 4]
    assert [one["answer"] for one in record["tried"]] == [None, "5", "6", "7"]
    assert record["tried"][0]["failure"] == "the reply holds no answer line"
    assert sum(one["generated"] for one in record["tried"]) == record["tokens"]["generated"]


# The journal.

IDENTITY = Identity("abc", "model", 7, "commit", 60.0, 300, 4, 2.0, 4)


def as_read(record: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(record))


def test_a_journal_gives_back_what_was_written_and_its_seed(tmp_path: Path):
    journal = Journal(tmp_path / "new" / "folder")
    assert journal.begun() is None
    journal.begin(IDENTITY)
    journal.begin(IDENTITY)
    (record, *_) = map(as_read, play("greedy"))
    with journal.part("greedy") as part:
        part.add(record)
    assert Journal(tmp_path / "new" / "folder").begun() == asdict(IDENTITY)
    with journal.part("greedy") as part:
        assert list(part.records) == [record]
    with journal.part("ponder-x4") as part:
        assert list(part.records) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 8}, "begun with seed 7, not 8"),
        ({"model": "other"}, "begun with model model, not other"),
        ({"commit": "later"}, "begun with commit commit, not later"),
        ({"suite": "abd"}, "begun with another content"),
        ({"tokens": 600}, "begun with tokens 300, not 600"),
        ({"sandbox": "bubblewrap"}, "begun with sandbox auto, not bubblewrap"),
        ({"gpu_layers": "0"}, "begun with gpu_layers auto, not 0"),
        ({"weights": "abc"}, "begun with another content of this model's file; name another folder"),
        ({"wordings": "abc"}, "begun with other wordings of the prompts or strategies; name another folder"),
        ({"by_speed": False}, "begun with by_speed True, not False"),
        ({"parallel": 2}, "begun with parallel 8, not 2"),
    ],
)
def test_another_plan_is_refused_in_the_same_folder(change: dict[str, Any], says: str, tmp_path: Path):
    Journal(tmp_path).begin(IDENTITY)
    with pytest.raises(UsageError, match=says):
        Journal(tmp_path).begin(replace(IDENTITY, **change))


def test_a_folder_that_an_older_ponder_began_is_refused(tmp_path: Path):
    """It does not say all that its records depend on."""
    Journal(tmp_path).begin(IDENTITY)
    begun = json.loads((tmp_path / "plan.json").read_text())
    del begun["parallel"], begun["weights"]
    (tmp_path / "plan.json").write_text(json.dumps(begun | {"strategies": ""}))
    with pytest.raises(UsageError, match="begun by another ponder, which did not keep its parallel, weights; name another"):
        Journal(tmp_path).begin(IDENTITY)


def test_models_of_one_name_are_told_apart_and_so_are_budgets_that_are_given(tmp_path: Path):
    """Records of two files that were both called `tiny.gguf` came to one table."""

    def identity(data: int, **given: object) -> Identity:
        folder = tmp_path / str(data)
        folder.mkdir(exist_ok=True)
        (folder / "tiny.gguf").write_bytes(tiny_gguf(data_bytes=data))
        settings = Settings.model_validate({"model": str(folder / "tiny.gguf"), "seed": 1, **given})
        return bench.settled(settings, SUITE, {}, 8)[1]

    one, other = identity(1024), identity(2048)
    assert one == identity(1024) != other
    assert replace(other, weights=one.weights) == one
    preset = PRESETS["medium"].tokens
    assert replace(identity(1024, tokens=preset), by_speed=True) == one != identity(1024, tokens=preset)


def test_without_a_model_of_its_own_a_folder_is_gone_on_with_the_one_that_began_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With other memory free `auto` chose another, and was refused even where only the report was wanted."""
    monkeypatch.setattr(bench, "opened", opening(lambda messages: "Answer: 5", ScriptedSandbox(lambda run: ran("5\n"))))
    suite = suite_file(tmp_path, {"id": 1, "problem": "?", "hidden": {"answer": "5"}})
    largest = models.catalogue()[-1].name
    plan = bench.Plan(suite, ("greedy",), keep=tmp_path / "kept")
    begun = bench.run(Settings(view="quiet", model=largest), plan)
    assert begun["model"] == largest
    assert bench.run(Settings(view="quiet"), plan) == begun
    with pytest.raises(UsageError, match=f"begun with model {largest}, not "):
        bench.run(Settings(view="quiet", model=models.catalogue()[0].name), plan)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seed": "7"}', "\udcff", "[" * 100_000])
def test_a_folder_with_another_plan_json_is_refused(content: str, tmp_path: Path):
    (tmp_path / "plan.json").write_text(content, errors="surrogateescape")
    with pytest.raises(UsageError, match="not the plan of a bench"):
        Journal(tmp_path).begin(IDENTITY)
    assert (tmp_path / "plan.json").read_text(errors="surrogateescape") == content


def test_a_torn_line_is_told_and_never_written_behind(tmp_path: Path):
    journal = Journal(tmp_path)
    first, second, _ = map(as_read, play("greedy"))
    with journal.part("greedy") as part:
        part.add(first)
        part.add(second)
    path = tmp_path / "greedy.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    with journal.part("greedy") as part:
        assert "greedy.jsonl, line 2: torn" in str(part.torn)
        assert list(part.records) == [first]
        part.add(second)
    with journal.part("greedy") as part:
        assert part.torn is None
        assert list(part.records) == [first, second]


@pytest.mark.parametrize("line", ['{"id": 1, "status": "verified"}', "[1]", "text", '{"id": 1', '{"id": ' + "[" * 100_000])
def test_what_no_bench_has_written_is_refused_and_left_alone(line: str, tmp_path: Path):
    (tmp_path / "greedy.jsonl").write_text(line + "\n")
    says = r"greedy\.jsonl, line 1: not what a bench keeps; delete the line, or name another folder"
    with pytest.raises(UsageError, match=says), Journal(tmp_path).part("greedy"):
        pass
    assert (tmp_path / "greedy.jsonl").read_text() == line + "\n"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": [1]},
        {"id": None},
        {"status": 5},
        {"status": "solved"},
        {"answer": 5},
        {"right": None},
        {"right": "yes"},
        {"confidence": None},
        {"confidence": 1.5},
        {"confidence": float("nan")},
        {"wall": None},
        {"wall": float("inf")},
        {"tokens": {"generated": None}},
        {"tokens": {"generated": -1}},
        {"tokens": [1]},
    ],
)
def test_a_damaged_record_is_refused_with_its_line(wrong: dict[str, Any], tmp_path: Path):
    """It ended as an internal error, or was counted."""
    first, second, third = map(as_read, play("greedy"))
    with Journal(tmp_path).part("greedy") as part:
        for record in (first, second | wrong, third):
            part.add(record)
    with pytest.raises(UsageError, match=r"greedy\.jsonl, line 2: not what a bench keeps"), Journal(tmp_path).part("greedy"):
        pass


def test_a_record_of_an_answer_that_is_no_unicode_is_read_again(tmp_path: Path):
    (record, *_) = map(as_read, play("greedy"))
    with Journal(tmp_path).part("greedy") as part:
        part.add(record | {"answer": "a\udc80"})
    with Journal(tmp_path).part("greedy") as part:
        assert part.records == (record | {"answer": "a\udc80"},)


def test_greedy_without_a_time_budget_is_kept_apart_from_greedy_within_one():
    def parts(*multiples: float) -> list[str]:
        return [cell.name for cell in bench.Plan(Path("suite.jsonl"), ("greedy", "ponder"), multiples).cells]

    assert parts() == ["greedy", "ponder"]
    assert parts(1, 4) == ["greedy-x1", "ponder-x1", "ponder-x4"]
    assert parts(0.5) == ["greedy-x1", "greedy-x0.5", "ponder-x0.5"]


def test_at_once_greedys_tokens_an_arm_that_begins_as_greedy_is_greedy():
    """Run anew it was sometimes a token longer, and so held to have solved nothing with as many."""
    plan = bench.Plan(Path("suite.jsonl"), ("best-of-n", "majority", "ponder"), (1, 2))
    assert [cell.name for cell in plan.cells] == ["greedy-x1", "best-of-n-x2", "majority-x2", "ponder-x1", "ponder-x2"]


@pytest.mark.parametrize(
    ("named", "multiples", "compared"),
    [
        (("ponder",), (0.5, 1, 2), [("ponder", "greedy", "1"), ("ponder", "greedy", "2")]),
        (("majority",), (1, 2), [("majority", "greedy", "2")]),
        (("greedy", "ponder"), (2,), [("ponder", "greedy", "2")]),
        (("greedy",), (1, 2), []),
        (("ponder",), (), []),
    ],
)
def test_each_arm_is_held_against_greedy_where_its_budget_is_made_of_greedys_tokens(
    named: tuple[str, ...], multiples: tuple[float, ...], compared: list[tuple[str, str, str]], tmp_path: Path
):
    """Greedy had to be named to be compared, though it was run. All results are kept, so that no model is asked."""
    model, suite = tmp_path / "tiny.gguf", suite_file(tmp_path, {"id": "a", "problem": "?", "hidden": {"answer": "1"}})
    model.write_bytes(tiny_gguf())
    settings = Settings.model_validate({"model": str(model), "seed": 1, "view": "quiet"})
    plan = bench.Plan(suite, named, multiples, keep=tmp_path / "kept")
    journal = Journal(plan.keep)
    journal.begin(bench.settled(settings, bench.load_suite(suite), {}, plan.parallel)[1])
    (record,) = play("greedy", suite=bench.load_suite(suite))
    for cell in plan.cells:
        with journal.part(cell.name) as part:
            part.add(record)
    report = bench.run(settings, plan)
    assert [(*one["arms"], one["multiple"]) for one in report["comparisons"]] == compared


NAMES_COMMIT = """
import pathlib, sys
from agent.bench import bench
from agent.config import Settings
settings = Settings.model_validate({"model": sys.argv[1], "seed": 1})
print(pathlib.Path(bench.__file__).parents[2], bench.settled(settings, [], {}, 8)[1].commit)
"""


@pytest.mark.parametrize("inside", ["", "venv/lib/site-packages"])
def test_the_commit_is_the_programs_own_and_no_other_projects(inside: str, tmp_path: Path):
    """Installed within a user's repository it named the user's commit, and each edit of theirs began another plan."""
    project, model = tmp_path / "project", tmp_path / "tiny.gguf"
    program = project / inside
    top = Path(bench.__file__).parents[2]
    for room in ("agent", "tools", "prompts"):
        shutil.copytree(top / room, program / room, ignore=shutil.ignore_patterns("__pycache__"))
    model.write_bytes(tiny_gguf())

    def git(*asked: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "core.autocrlf=false")
        return subprocess.run(["git", *who, *asked], cwd=project, check=True, capture_output=True, text=True).stdout.strip()

    def named() -> str:
        told = subprocess.run(
            [sys.executable, "-B", "-c", NAMES_COMMIT, str(model)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(program)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        assert told.startswith(f"{program} ")
        return told.split()[1]

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "all")
    commit = git("rev-parse", "--short=12", "HEAD")
    assert named() == (version() if inside else commit)
    (project / "agent").mkdir(exist_ok=True)
    (project / "agent" / "edited.py").write_text("")
    git("add", ".")
    assert named().startswith(version() if inside else f"{commit}-dirty-")


def test_what_hidden_tests_import_and_the_sandbox_lacks_is_said(
    sandbox: Lanes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Every answer was wrong, and nothing said why."""
    monkeypatch.setattr(bench, "opened", opening(lambda messages: "Answer: 5", sandbox))
    (tmp_path / "given.py").write_text("")
    (tmp_path / "tiny.gguf").write_bytes(tiny_gguf())
    tests = "import json, absent.part\nfrom lacking import x\nimport given, solution, pytest\nassert f(1) == 2"
    grader = "try:\n    import optional\nexcept ImportError:\n    pass\ndef grade(answer):\n    import missing\n    return True"
    suite = suite_file(
        tmp_path,
        {"id": 1, "problem": "?", "files": ["given.py"], "hidden": {"tests": tests}},
        {"id": 2, "problem": "?", "hidden": {"grader": grader}},
        {"id": 3, "problem": "?", "hidden": {"answer": "5", "grader": "import unused"}},
    )
    settings = Settings.model_validate({"model": str(tmp_path / "tiny.gguf"), "seed": 1, "view": "plain", "attempts": 1})
    bench.run(settings, bench.Plan(suite, ("greedy", "majority")))
    (note,) = [line for line in capsys.readouterr().err.splitlines() if "note: " in line]
    assert note.endswith(
        "note: hidden tests or graders import absent, lacking, missing, which the sandbox lacks: "
        "where they do, every answer counts as wrong"
    )


def test_where_greedy_generated_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Multiples of nothing were a token, and nothing said so."""
    monkeypatch.setattr(bench, "opened", opening(lambda messages: "Answer: 5", ScriptedSandbox(lambda run: ran("5\n"))))
    (tmp_path / "tiny.gguf").write_bytes(tiny_gguf())
    texts = {"fits": "What is it?", "long": "word " * 20_000, "longer": "word " * 30_000}
    suite = suite_file(tmp_path, *({"id": name, "problem": text, "hidden": {"answer": "5"}} for name, text in texts.items()))
    settings = Settings.model_validate({"model": str(tmp_path / "tiny.gguf"), "seed": 1, "view": "plain"})
    bench.run(settings, bench.Plan(suite, ("ponder", "majority"), (2, 4)))
    (note,) = [line for line in capsys.readouterr().err.splitlines() if "note: " in line]
    assert note.endswith("no token at 2 problems (long, longer): there each arm has 1 token at every multiple")


def test_the_digest_of_a_suite_sees_every_change(tmp_path: Path):
    suite = questions(tmp_path, 2)
    first, second = suite
    other = [
        suite[:1],
        [second, first],
        [first, Record(second.problem, {"answer": "2"})],
        [first, Record(replace(second.problem, text="??"), second.hidden)],
        [first, Record(replace(second.problem, files={"a": b"1"}), second.hidden)],
    ]
    digests = {bench.digest(one) for one in (suite, *other)}
    assert len(digests) == 6
    assert bench.digest(suite) == bench.digest(questions(tmp_path, 2))
