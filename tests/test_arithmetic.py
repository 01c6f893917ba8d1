"""Puzzles that ask for an expression: what is read of the statement, and what passes."""

import pytest

from agent.verify.arithmetic import Puzzle, fault, read_puzzle

PUZZLE = Puzzle((4, 6, 7, 9), 24, True)


@pytest.mark.parametrize(
    ("text", "puzzle"),
    [
        (
            "Use the four numbers 4 5 6 10, each exactly once, with + - * / and parentheses, to make 24.",
            Puzzle((4, 5, 6, 10), 24, True),
        ),
        (
            "Combine the numbers 3, 3, 8 and 8 into an expression that equals 24, using each once.",
            Puzzle((3, 3, 8, 8), 24, True),
        ),
        (
            "With the numbers 25, 50, 75, 100, 3 and 6, reach 952. Each may be used at most once; operations: + - * /.",
            Puzzle((25, 50, 75, 100, 3, 6), 952, False),
        ),
        (
            "Numbers: [1, 2, 4, 7]. Write an arithmetic expression with each exactly once that makes 24",
            Puzzle((1, 2, 4, 7), 24, True),
        ),
        (
            "The numbers 2, 3, 4, 6 in any order, once each, by addition, subtraction, multiplication or division: an"
            " expression that equals 24, without explanation.",
            Puzzle((2, 3, 4, 6), 24, True),
        ),
        ("Use the numbers 1, 5, 5, 5 once each in an expression with +, -, × and ÷ that gives 24!", None),
        ("What is the sum of the numbers 4 5 6 10?", None),
        ("How many different expressions of the numbers 1, 2 and 3, each used exactly once, equal 6?", None),
        (
            "With the numbers 2, 3, 4 and 6 once each, and only the operations + and -, write an expression that equals 3.",
            None,
        ),
        ("Use the numbers 2, 3 and 6 once each, with addition and division only, in an expression that equals 4.", None),
        ("Use the numbers 3, 4, -5 and 6 exactly once each in an arithmetic expression to make 7.", None),
        ("Use the numbers 1, 2, 3.5 exactly once each in an arithmetic expression to make 6.", None),
        ("Use the numbers 1, 2, 3 and 1/2 exactly once each in an arithmetic expression to make 6.", None),
        ("Use the numbers 1, 2, 3 and 4 exactly once each in an arithmetic expression that equals 2.5.", None),
        ("Use the numbers 1, 2, 3 and 4 exactly once each in an arithmetic expression that equals 3/4.", None),
        ("Use the numbers 5, 5, 8 and 25 exactly once each in an arithmetic expression that makes 1,000.", None),
        ("Use the numbers 1, 2, 3, 4 in this order, each exactly once, in an arithmetic expression that equals 10.", None),
        ("Put + - * / between the numbers 8, 4, 2 and 1, each once, each operator once, so that it makes 7.", None),
        ("In what number of ways can the numbers 1, 2 and 3, each used once, form an expression that equals 6?", None),
        ("Use three of the numbers 2, 3, 4 and 6, each at most once, in an expression that makes 9.", None),
        ("Use the numbers 1, 2, 5 and 7 exactly once each and the operation + in an expression that makes 15.", None),
        ("Use the numbers 4, 6, 7, 9 once each in an expression that makes 24, read strictly from left to right.", None),
        (
            "In order to make 24, use the numbers 4, 6, 7, 9 once each in an expression; make 24.",
            Puzzle((4, 6, 7, 9), 24, True),
        ),
        ("Use the numbers 3, 3, 8, 8 once each in an expression without parentheses that makes 24.", None),
        ("Use the numbers 1 2 3 4 once to make 24 or to get 12 with + - * /.", None),
        ("A team with numbers 1 2 3 wins once. How many points do they make?", None),
    ],
)
def test_what_is_read_of_a_statement(text: str, puzzle: Puzzle | None):
    assert read_puzzle(text) == puzzle


@pytest.mark.parametrize(
    "answer",
    [
        "(9 - 7) * 4 * 6 / 2 = 24",
        "4 * 6 * (9 - 7)",
        "6 / (9 - 7) + 4",
        "4 + 6 + 7 + 9",
        "24",
        "4 * 6 - (9 - 9)",
        "",
        "f(4, 6, 7, 9)",
        "4 ** 6 + 7 + 9",
        "4 / (7 - 7) + 6 + 9",
        "__import__('os')",
        "(" * 500,
        "'24'",
        "True + 6 + 7 + 9",
        "4.0 + 6 + 7 + 9 - 2",
    ],
)
def test_what_is_no_solution(answer: str):
    assert fault(PUZZLE, answer) is not None


@pytest.mark.parametrize("answer", ["(7 + 9) * 6 / 4", "`6 * (7 + 9) ÷ 4`", "$(7+9)*6/4$ = 24", "6/(4/(7+9))"])
def test_what_solves_it(answer: str):
    assert fault(PUZZLE, answer) is None


def test_numbers_may_be_left_out_where_the_statement_says_at_most_once():
    puzzle = Puzzle((25, 4, 6), 24, False)
    assert fault(puzzle, "4 * 6") is None
    assert fault(puzzle, "4 * 4 + 6 + 2") is not None


def test_nearness_grows_with_what_is_right():
    nothing, wrong_numbers, wrong_value = fault(PUZZLE, "none"), fault(PUZZLE, "4 * 6"), fault(PUZZLE, "4 + 6 + 7 + 9")
    assert nothing is not None
    assert wrong_numbers is not None
    assert wrong_value is not None
    assert nothing[0] < wrong_numbers[0] < wrong_value[0] < 1
