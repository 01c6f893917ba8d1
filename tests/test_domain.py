"""What shared inputs are like: of the kinds that examples and types show, and such as the statement means them."""

import ast
import sys
from collections.abc import Sequence
from subprocess import run
from typing import Any

import pytest

from agent.verify.inputs import further, meant, shared
from agent.verify.signature import Signature, signature


class Drawn:
    """What programs of a signature are called with, later rounds included."""

    def __init__(self, statement: str, parameters: str, examples: Sequence[str] = ()) -> None:
        of = signature(f"def f({parameters}): ...", "f")
        assert of is not None
        within = meant(of, examples, statement)
        first = shared(of, examples, within)
        self.inputs = [ast.literal_eval(text) for text in (*first, *further(of, first, first, 1, within))]
        self._names = of.names

    def where(self, condition: str) -> list[Any]:
        """Those for which a condition on the parameters holds."""
        return [given for given in self.inputs if eval(condition, dict(zip(self._names, given, strict=False)))]


@pytest.mark.parametrize(
    ("statement", "parameters", "condition"),
    [
        ("Return the factorial of a positive integer n.", "n: int", "n >= 1"),
        ("Return the greatest common divisor of two positive integers.", "a: int, b: int", "min(a, b) >= 1"),
        ("Return the digits of the non-negative integer n.", "n: int", "n >= 0"),
        ("Count the steps. 1 <= n <= 1000", "n: int", "n >= 1"),
        ("Count the steps. n > 2", "n: int", "n >= 3"),
        ("Count the steps down from n.", "n: int", "n >= 0"),
        ("Given a list of positive integers, add them.", "xs: list[int]", "all(x >= 1 for x in xs)"),
        ("Add them, where 0 <= nums[i] <= 9.", "nums: list[int]", "all(x >= 0 for x in nums)"),
        ("Return the maximum of a non-empty list.", "xs: list[int]", "len(xs) > 0"),
        ("Return the maximum. 1 <= len(xs) <= 100", "xs: list[int]", "len(xs) > 0"),
        ("Return the maximum. 1 <= nums.length", "xs: list[int]", "len(xs) > 0"),
        ("Find a value in a sorted list.", "xs: list[int], x: int", "xs == sorted(xs)"),
        ("Find a value in a list of distinct integers.", "xs: list[int], x: int", "len(set(xs)) == len(xs)"),
        ("Count where two strings of equal length differ.", "a: str, b: str", "len(a) == len(b)"),
        ("Return the kth smallest, where 1 <= k <= len(xs).", "xs: list[int], k: int", "1 <= k <= len(xs)"),
        ("Return the item at a valid index.", "xs: list[int], i: int", "0 <= i < len(xs)"),
        ("A string of lowercase letters is given.", "text: str", "text == text.lower()"),
        ("Count the words of a sentence.", "text: str", '"  " not in text and text == text.strip(" ")'),
        ("Transpose a matrix.", "rows: list[list[int]]", "len({len(row) for row in rows}) <= 1"),
    ],
)
def test_what_a_statement_says_of_its_arguments_holds_for_all_of_them(statement: str, parameters: str, condition: str):
    drawn = Drawn(statement, parameters)
    assert len(drawn.inputs) > 15
    assert drawn.where(condition) == drawn.inputs


@pytest.mark.parametrize(
    ("statement", "parameters", "condition"),
    [
        ("Return whether n is a positive integer. It may be negative.", "n: int", "n < 0"),
        ("Return the absolute value of n.", "n: int", "n < 0"),
        ("Return a sorted list of them.", "xs: list[int]", "xs != sorted(xs)"),
        ("Return a list of distinct values.", "xs: list[int]", "len(set(xs)) < len(xs)"),
        ("Add the positive numbers of a list.", "xs: list[int]", "any(x < 0 for x in xs)"),
        ("Return the maximum of a list.", "xs: list[int]", "xs == []"),
        ("Return whether two texts have the same length.", "a: str, b: str", "len(a) != len(b)"),
        ("Remove leading spaces.", "text: str", 'text != text.strip(" ")'),
        ("Trim it.", "text: str", 'text != text.strip(" ")'),
        (
            "Find two numbers that add up to target. 2 <= nums.length <= 100",
            "nums: list[int], target: int",
            "target > len(nums)",
        ),
        ("Repeat the string n times. 1 <= len(s)", "s: str, n: int", "n > len(s)"),
        ("Keep every n-th element.", "xs: list[int], n: int", "n > len(xs)"),
        ("Return the k-th largest, or None if there is no such element.", "xs: list[int], k: int", "k > len(xs)"),
        ("F(n) = F(n - 1) + F(n - 2) for n > 1", "n: int", "n == 0"),
        ("score >= 90 gives 'A', score >= 80 gives 'B', score < 80 gives 'C'.", "score: int", "score < 80"),
        ("age >= 3 pays, age < 3 does not.", "age: int", "age < 3"),
        ("1 <= n <= 100 and -10^4 <= x <= 10^4", "n: int, x: int", "x < 0"),
        (
            "1 <= mat[i].length, -10^5 <= mat[i][j] <= 10^5",
            "mat: list[list[int]]",
            "any(item < 0 for row in mat for item in row)",
        ),
        ("A positive integer k and an integer x are given; x may be negative.", "k: int, x: int", "x < 0"),
        ("Return None if n < 0, otherwise the factorial.", "n: int", "n < 0"),
        ("Return the maximum of two numbers.", "a: int, b: int", "a < 0"),
        ("Convert degrees from Celsius to Fahrenheit.", "degrees: float", "degrees < 0"),
        ("Return 'positive' for a positive number, 'negative' for a negative number.", "n: int", "n < 0"),
        ("Filter a list of positive numbers out of it.", "xs: list[int]", "any(x < 0 for x in xs)"),
        ("Return the number of lowercase letters.", "text: str", "text != text.lower()"),
        ("Return the list with no duplicates.", "xs: list[int]", "len(set(xs)) < len(xs)"),
        ("Remove duplicates so that all elements are unique.", "xs: list[int]", "len(set(xs)) < len(xs)"),
        ("Check that a list is sorted.", "xs: list[int]", "xs != sorted(xs)"),
        ("The output is the sorted list.", "xs: list[int]", "xs != sorted(xs)"),
        ("Merge the two lists into one sorted list.", "xs: list[int], ys: list[int]", "xs != sorted(xs)"),
        ("The lists need not be of the same length.", "xs: list[int], ys: list[int]", "len(xs) != len(ys)"),
        ("Do the two words have the same length?", "a: str, b: str", "len(a) != len(b)"),
        ("Keep the non-empty strings of a list of strings.", "xs: list[str]", "xs == []"),
        ("Does the list contain at least one even number?", "xs: list[int]", "xs == []"),
    ],
)
def test_what_it_says_of_a_case_or_a_result_does_not_bind_them(statement: str, parameters: str, condition: str):
    assert Drawn(statement, parameters).where(condition)


@pytest.mark.parametrize(
    ("statement", "example", "parameter", "condition"),
    [
        ("Given a positive integer n, count.", "assert f(-3) == 1", "n", "n < 0"),
        ("Given a non-empty list, add.", "assert f([]) == 0", "xs", "xs == []"),
        ("Given a sorted list, find.", "assert f([3, 1, 2]) == 0", "xs", "xs != sorted(xs)"),
        ("The numbers are distinct.", "assert f([1, 1, 2]) == 0", "xs", "len(set(xs)) < len(xs)"),
    ],
)
def test_what_an_example_contradicts_is_not_said(statement: str, example: str, parameter: str, condition: str):
    assert Drawn(statement, parameter, [example]).where(condition)


@pytest.mark.parametrize(
    ("statement", "examples", "parameter", "condition"),
    [
        ("Add the rows.", "f([[1, 2], [3, 4], [5, 6]]) == 1", "rows", "len({len(row) for row in rows}) <= 1"),
        (
            "Merge intervals.",
            "f([[1, 3], [2, 6], [8, 9]]) == 1",
            "rows",
            "all(len(row) == 2 and row[0] <= row[1] for row in rows)",
        ),
        (
            "Count the islands of a grid.",
            "f([[0, 1, 1], [1, 0, 0]]) == 1",
            "rows",
            "{item for row in rows for item in row} <= {0, 1}",
        ),
        ("Say its day.", "f('2024-02-28') == 1", "text", '[len(part) for part in text.split("-")] == [4, 2, 2]'),
        ("Is it balanced?", "f('(())()') and not f('())')", "text", 'set(text) <= {"(", ")"}'),
        ("Join them.", "f([('a', 1), ('b', 2)]) == 1", "pairs", "all(len(pair) == 2 for pair in pairs)"),
        ("Add them.", "f([('a', 1), ('b', 2), ('c', 3)]) == 1", "pairs", "all(len(pair) == 2 for pair in pairs)"),
    ],
)
def test_what_all_examples_share_all_inputs_share(statement: str, examples: str, parameter: str, condition: str):
    drawn = Drawn(statement, parameter, [f"assert {examples}"])
    assert len(drawn.inputs) > 15
    assert drawn.where(condition) == drawn.inputs


@pytest.mark.parametrize(
    ("statement", "examples", "parameters", "condition"),
    [
        ("Swap the first and the last.", ["f([1, 2]) == 1", "f([3, 4]) == 1"], "xs", "xs != sorted(xs)"),
        ("Flatten it.", ["f([[1, 2], [3, 4]]) == 1"], "rows", "len({len(row) for row in rows}) > 1"),
        ("Is it a square matrix?", ["f([[1, 2], [3, 4]])", "f([[1]])"], "rows", "rows and len(rows) != len(rows[0])"),
        ("Count the votes.", ["f([0, 1, 1, 0]) == 1"], "xs", "not set(xs) <= {0, 1}"),
        ("Return whether the text is a valid integer.", ["f('123')"], "text", "text and not text.isdigit()"),
        ("Sort it.", ["f([1, 2, 3]) == 1", "f([4, 5, 9]) == 1"], "xs", "xs != sorted(xs)"),
        ("Count the lowercase letters.", ["f('abe') == 3"], "text", "text != text.lower()"),
        ("Return the sum.", ["f(2, [[1, 2], [3, 4]]) == 1"], "a, rows=None", "a == 2"),
    ],
)
def test_what_few_examples_share_by_chance_is_no_rule(statement: str, examples: list[str], parameters: str, condition: str):
    assert Drawn(statement, parameters, [f"assert {example}" for example in examples]).where(condition)


def test_both_matrices_and_squares_are_tried_where_one_square_was_shown():
    drawn = Drawn("Transpose it.", "rows: list[list[int]]", ["assert f([[1, 2], [3, 4]]) == [[1, 3], [2, 4]]"])
    assert drawn.where("rows and len(rows) != len(rows[0])")


@pytest.mark.parametrize(
    ("example", "parameter", "condition"),
    [
        ("assert f({'a': 1, 'b': 2}) == 3", "given", "len(given) > 1 and len(set(given.values())) < len(given)"),
        ("assert f({'a': 1, 'b': 2}) == 3", "given", "len(given) > 2"),
        ("assert f({1, 2}) == 3", "given", "given > {1, 2}"),
        ("assert f([1, 2]) == 3", "numbers", "len(numbers) > 1 and max(numbers) < 0"),
        ("assert f('ab') == 3", "text", 'text == "AB"'),
        ("assert f('ab') == 3", "text", '"a" * 12 in text'),
        ("assert f([{'a': 1}, {'a': 5}]) == 3", "rows", 'any(row.get("a", 1) < 0 for row in rows)'),
    ],
)
def test_values_are_changed_in_ways_that_programs_mistake(example: str, parameter: str, condition: str):
    assert Drawn("Say what it is.", parameter, [example]).where(condition)


def test_two_arguments_of_a_kind_are_also_tried_when_they_are_nearly_the_same():
    drawn = Drawn("Are they anagrams?", "a: str, b: str", ["assert f('listen', 'silent')", "assert not f('abc', 'xyz')"])
    assert drawn.where("a == b")
    assert len(drawn.where("a != b and len(a) > 2 and sorted(a.lower()) == sorted(b.lower())")) > 1, "one is the example"


def test_one_whole_number_is_tried_densely():
    """Among eight numbers there was no square of a prime, and `odd is prime` was as good as right."""
    assert {(n,) for n in range(1, 31)} <= set(Drawn("Is the positive integer n prime?", "n: int").inputs)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("matrix", list),
        ("ranges", list),
        ("words", list),
        ("nums", list),
        ("s", str),
        ("sentence", str),
        ("n", int),
        ("k", int),
    ],
)
def test_a_name_tells_what_an_argument_is_where_nothing_else_does(name: str, kind: type):
    assert all(isinstance(value, kind) for (value,) in Drawn("Say what it is.", name).inputs)


def test_a_long_statement_is_read_at_once():
    """Some 100 kB of what could be conditions and bounds."""
    for text in (
        "n is ",
        "return " * 15000,
        "a valid " * 12000,
        "0 <= n[" * 14000,
        "if n >= 1 and " * 8000,
        "1 <= " * 20000,
        "sorted " * 15000,
        "list of " * 13000,
        "'a" * 50000,
        "non-" * 25000,
    ):
        assert meant(Signature("f", ("int",), names=("n",)), [], text)


def test_what_can_be_written_down_alone_is_an_input():
    for example in (
        "f(1e999)",
        f"f(0x1{'0' * 4000})",
        f"f({'9' * 4300})",
        "f(None)",
        "f(b'x')",
        "f([[[[]]]])",
        "f({None: [1]})",
    ):
        inputs = Drawn("Say what it is.", "x", [f"assert {example} == 1"]).inputs
        assert len(inputs) > 0 or "None" in example or "b'x'" in example


@pytest.mark.parametrize(
    ("annotation", "holds"),
    [
        ("Optional[str]", "isinstance(x, str)"),
        ("int | None", "isinstance(x, int)"),
        ("Sequence[int]", "isinstance(x, list) and all(isinstance(item, int) for item in x)"),
        ("list[list[str]]", "all(isinstance(item, str) for row in x for item in row)"),
        ("list[tuple[int, str]]", "all(isinstance(number, int) and isinstance(text, str) for number, text in x)"),
        ("set[str]", "isinstance(x, set) and all(isinstance(item, str) for item in x)"),
        ("tuple[int, int, int]", "len(x) == 3"),
        ("tuple[int, ...]", "isinstance(x, tuple) and all(isinstance(item, int) for item in x)"),
    ],
)
def test_an_annotation_is_read_to_its_inmost_kind(annotation: str, holds: str):
    of = signature(f"def f(x: {annotation}): ...", "f")
    assert of is not None
    inputs = [ast.literal_eval(text) for text in shared(of)]
    assert len(inputs) > 5
    assert all(eval(holds, {"x": x}) for (x,) in inputs[:5])


def test_inputs_are_the_same_in_every_process():
    """Sets of texts are spelt in an order of their own, not in that of their hashes."""
    code = (
        "from agent.verify.inputs import shared; from agent.verify.signature import Signature;"
        "print(shared(Signature('f', (None,)), [\"assert f({'x', 'y', 'abc'}) == 1\"]))"
    )
    said = {
        run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in "123"
    }
    assert len(said) == 1
