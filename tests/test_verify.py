"""Checks, verdicts, agreement: what may be said of a candidate, and what may not."""

from collections.abc import Callable

import pytest

from agent.agreement import alike
from agent.search import Verdict
from agent.verify import behaviour
from agent.verify.equality import is_formula, normalised
from agent.verify.verify import Candidate, Judge, Problem, same_program
from tests.fakes import PASSED, failed, ran
from tools.sandbox import Outcome, Run

GOOD = "def double(x): return 2 * x"


def examined(problem: Problem, candidate: Candidate, script: Callable[[Run], Outcome]) -> tuple[Verdict, list[Run]]:
    """Plays the sandbox's part."""
    checking, runs = Judge(problem).examine(candidate), list[Run]()
    try:
        run = next(checking)
        while True:
            runs.append(run)
            run = checking.send(script(run))
    except StopIteration as ended:
        return ended.value, runs


def code(source: str) -> Candidate:
    return Candidate((), code=source)


@pytest.mark.parametrize(
    ("written", "judged"),
    [
        (f"{GOOD}\n\n# It works:\n# twice two\nassert double(2) == 5\n", GOOD),
        (f"{GOOD}\nassert (\n    double(2)\n    == 5\n)\nprint(double(1))", f"{GOOD}\nprint(double(1))"),
        ("def double(x):\n    assert x\n    return 2 * x", "def double(x):\n    assert x\n    return 2 * x"),
        (f"{GOOD}\nlimit = 3; assert limit == 4", f"{GOOD}\nlimit = 3; assert limit == 4"),
        (f'{GOOD}\nnote = """\n# no comment"""\nassert note', f'{GOOD}\nnote = """\n# no comment"""'),
        (f'{GOOD}\nnote = """\n"""; assert not note', f'{GOOD}\nnote = """\n"""; assert not note'),
        ("total = 2 + 2\nassert total == 5\nprint(total)", "total = 2 + 2\nassert total == 5\nprint(total)"),
        ("def double(x) return 2 * x\nassert double(1)", "def double(x) return 2 * x\nassert double(1)"),
    ],
)
def test_what_a_model_asserts_of_its_own_functions_decides_nothing(written: str, judged: str):
    """A wrong assertion kept a right function from being imported."""
    assert Judge(Problem("Write a Python function double.")).told(code(written)).code == judged


def test_the_users_tests_and_check_must_both_pass():
    problem = Problem("Write double.", tests="assert double(3) == 6", check="python3 solution.py")
    verdict, runs = examined(problem, code(GOOD), lambda run: ran(reports=(PASSED,)))
    assert verdict.ruling == "passed"
    assert verdict.evidence == ("passed 1 of 1 given test", "the check command 'python3 solution.py' exits 0")
    assert runs[1].language == "shell"
    assert runs[1].files["solution.py"] == GOOD.encode()


def test_what_the_user_gave_decides_and_not_what_was_read_out_of_the_statement():
    problem = Problem("Write median. median([1, 2]) == 15.0", tests="assert median([1, 2]) == 1.5")
    verdict, runs = examined(problem, code(GOOD), lambda run: ran(reports=(PASSED,)))
    assert (verdict.ruling, verdict.evidence, len(runs)) == ("passed", ("passed 1 of 1 given test",), 1)


def test_a_failing_example_ends_the_examination_and_says_what_came_out():
    problem = Problem("Write double. double(2) == 4, double(3) == 6")
    report = (PASSED, failed("assert double(3) == 6: got 5"))
    verdict, runs = examined(problem, code(GOOD), lambda run: ran(reports=report, status=1))
    assert (verdict.ruling, verdict.score, len(runs)) == ("failed", 0.5, 1)
    assert verdict.failure is not None
    assert (verdict.failure.kind, verdict.failure.message) == ("wrong", "assert double(3) == 6: got 5")
    assert verdict.evidence == ("passed 1 of 2 examples from the statement",)


def test_a_run_that_ends_before_its_tests_counts_all_of_them():
    problem = Problem("Write double. double(2) == 4, double(3) == 6")
    verdict, _ = examined(problem, code(GOOD), lambda run: Outcome("timeout", None, "", "", 10.0))
    assert verdict.evidence == ("passed 0 of 2 examples from the statement",)
    assert verdict.failure is not None
    assert verdict.failure.kind == "timeout"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("self.assertEqual(double(2), 4): AssertionError: 5 != 4", "wrong"),
        ("with pytest.raises(ValueError):: AssertionError: did not raise ValueError", "wrong"),
        ("assert double(2) == 4: got 5", "wrong"),
        ("assert double(2) == 4: AssertionError: odd (solution.py, line 2, in double: assert x % 2)", "exception"),
        ("assert double(2) == 4: TypeError: double() takes 0 positional arguments but 1 was given", "exception"),
        ("double(2): AssertionError: odd (solution.py, line 2, in double: assert x % 2)", "exception"),
        ("double(2): ZeroDivisionError: division by zero", "exception"),
    ],
)
def test_a_result_that_a_test_did_not_want_is_wrong_however_the_test_compares(message: str, kind: str):
    problem = Problem("Write double.", tests="assert double(2) == 4")
    verdict, _ = examined(problem, code(GOOD), lambda run: ran(reports=(failed(message),), status=1))
    assert verdict.failure is not None
    assert verdict.failure.kind == kind


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("1c1\n< 5\n---\n> 4", "wrong"),
        ("", "wrong"),
        ("Traceback (most recent call last):\n  File ...\nAssertionError", "wrong"),
        ("Traceback (most recent call last):\n  File ...\nKeyError: 'a'", "exception"),
    ],
)
def test_a_check_that_says_no_by_its_exit_status_has_found_something_wrong(said: str, kind: str):
    verdict, _ = examined(Problem("Write double.", check="./check"), code(GOOD), lambda run: ran(stderr=said, status=1))
    assert verdict.failure is not None
    assert verdict.failure.kind == kind


def test_samples_are_compared_token_by_token():
    problem = Problem("Write a program that adds.\n\nInput:\n3 4\nOutput:\n7\n\nInput:\n1 1\nOutput:\n2\n")
    adding, _ = examined(problem, code("print()"), lambda run: ran(f" {sum(map(int, run.stdin.split()))}\n\n"))
    assert adding.evidence == ("passed 2 of 2 samples from the statement",)
    wrong, _ = examined(problem, code("print()"), lambda run: ran("7\n"))
    assert (wrong.ruling, wrong.score) == ("failed", 0.5)
    assert wrong.failure is not None
    assert wrong.failure.message == "for the input '1 1' it printed '7', expected '2'"


@pytest.mark.parametrize(
    ("source", "kind"), [("def f(:", "syntax"), ("x = " + "(" * 300 + ")" * 300, "syntax"), ("\0", "syntax")]
)
def test_what_is_no_python_is_not_run(source: str, kind: str):
    verdict, runs = examined(Problem("Write double. double(2) == 4"), code(source), lambda run: ran())
    assert runs == []
    assert verdict.failure is not None
    assert verdict.failure.kind == kind


def test_without_checks_a_program_is_observed_on_inputs_that_all_candidates_share():
    judge = Judge(Problem("Write a Python function that doubles a number. Call it double."))
    annotated, plain = (
        judge.examine(code(source)) for source in ("def double(x: int) -> int: return 2 * x", "def double(x): return x + x")
    )
    first, second = next(annotated), next(plain)
    assert first.code == second.code
    assert "(2,)" in first.code
    with pytest.raises(StopIteration) as ended:
        annotated.send(ran(reports=("0", "2", None, "4")))
    verdict = ended.value.value
    assert verdict.ruling == "unchecked"
    inputs = len(behaviour.inputs(behaviour.Signature("double", ("int",))))
    assert verdict.behaviour == ("returns 0", "returns 2", "raises", "returns 4", *["exit"] * (inputs - 4))


def test_too_little_seen_is_no_vote():
    judge = Judge(Problem("Write a Python function that doubles a number. Call it double."))
    checking = judge.examine(code("def double(x): return x.nothing"))
    next(checking)
    with pytest.raises(StopIteration) as ended:
        checking.send(ran(reports=(None, None, "1")))
    assert ended.value.value.behaviour is None


@pytest.mark.parametrize("said", ["None", "0"])
def test_programs_that_do_nothing_are_alike_and_vouch_for_nobody(said: str):
    judge = Judge(Problem("Write a Python function that doubles a number. Call it double."))
    checking = judge.examine(code("def double(x): pass"))
    next(checking)
    with pytest.raises(StopIteration) as ended:
        checking.send(ran(reports=(said,) * 9))
    assert ended.value.value.behaviour is None


def test_a_program_that_was_given_nothing_to_read_has_not_shown_what_it_does():
    problem = Problem("Write a program that reads a number and doubles it.")
    source = "try:\n    print(2 * int(input()))\nexcept Exception:\n    print('no number')"
    verdict, _ = examined(problem, code(source), lambda run: ran("no number\n"))
    assert (verdict.ruling, verdict.behaviour) == ("unchecked", None)


def test_a_program_that_dies_of_having_nothing_to_read_has_not_failed():
    """Every right one once did: what reads its input cannot be run without."""
    problem = Problem("Write a program that reads a number and doubles it.")
    verdict, _ = examined(problem, code("print(2 * int(input()))"), lambda run: ran(stderr="EOFError", status=1))
    assert (verdict.ruling, verdict.failure, verdict.behaviour) == ("unchecked", None, None)


def test_programs_that_are_called_with_other_arguments_are_not_compared():
    judge = Judge(Problem("Write a Python function that adds. Call it add."))
    behaviours: list[tuple[str, ...] | None] = []
    for source in ("def add(a: int, b: int): return a", "def add(a: int): return a", "def add(xs: int, y: int): return y"):
        checking = judge.examine(code(source))
        next(checking)
        with pytest.raises(StopIteration) as ended:
            checking.send(ran(reports=("1", "2", "3")))
        behaviours.append(ended.value.value.behaviour)
    assert behaviours[0] == behaviours[2]
    assert behaviours[1] is not None
    assert alike(behaviours[0] or (), behaviours[1]) == 0.0


def test_a_program_without_a_function_is_run_as_it_stands():
    problem = Problem("Write a program that prints the first three primes.")
    verdict, runs = examined(problem, code("print(2, 3, 5)"), lambda run: ran("2 3 5\n"))
    assert runs[0].solution is None
    assert (verdict.ruling, verdict.behaviour) == ("unchecked", ("prints 2 3 5",))


def test_inputs_follow_the_annotations_and_are_the_same_each_time():
    signature = behaviour.signature("from typing import List\ndef f(xs: List[int], word: str, flag=True): ...", "f")
    assert signature is not None
    assert signature.annotations == ("List[int]", "str")
    drawn = behaviour.inputs(signature)
    assert drawn == behaviour.inputs(signature)
    assert len(drawn) > 10
    assert all(isinstance(xs, list) and isinstance(word, str) for xs, word in map(eval, drawn))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("18", "18.0"),
        ("1,234", "1234"),
        ("$5", "5"),
        ("1/2", "0.5"),
        (" Paris. ", "paris"),
        ("**7**", "7"),
        ("12 %", "12"),
        ("3 / 4", "0.75"),
        ("$ 5", "5"),
        ("('east', 310.25)", "East 310.25"),
        ("(310.25, 'east')", "310.25 east"),
        ("'east'", "east"),
        ('["Ann", "Bo"]', "Ann, Bo"),
        ("[('a', 1), ('b', 2)]", "a 1 b 2"),
        ("Paris, France", "Paris France"),
    ],
)
def test_equal_answers(one: str, other: str):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("18", "-18"),
        ("1.5", "15"),
        ("1/3", "0.333"),
        ("a b", "ab"),
        ("1/0", "0"),
        ("1 2", "12"),
        ("1e99999999", "1e99999998"),
        ("*", "."),
        ("$", "`"),
        ("(3, 4)", "[3, 4]"),
        ("1, 2", "12"),
        ("('east', 310.25)", "east"),
        ("{'a'}", "a"),
        ("'it", "it"),
        (r"'\d'", "d"),
        ("['a', 'bc']", "['ab', 'c']"),
    ],
)
def test_different_answers(one: str, other: str):
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize("text", ["2*sqrt(2)", "(x+1)^2", "x = 3/4 + y", "2x", "5 - sqrt(3)", "3π", "x-1", "2x-1", "pi-1"])
def test_what_is_a_formula(text: str):
    assert is_formula(normalised(text))


@pytest.mark.parametrize("text", ["2-0", "10-12", "10 - 12", "2020-10-12", "5/10/2020"])
def test_a_score_a_range_and_a_date_are_no_differences(text: str):
    """2-0 and 3-1 are both 2 to sympy; they once agreed."""
    assert not is_formula(normalised(text))


@pytest.mark.parametrize("text", ["42", "paris", "__import__('os')", "'a'+'b'", "[1, 2]", "x" * 200 + "+1", "so-so"])
def test_what_is_none(text: str):
    """`so-so` and `win-win` are both 0 to sympy."""
    assert not is_formula(normalised(text))


def test_an_answer_that_equals_an_earlier_one_as_a_formula_votes_with_it():
    judge = Judge(Problem("How long is the diagonal of a square with side 2?"))
    with pytest.raises(StopIteration) as first:
        next(judge.examine(answer("2*sqrt(2)")))
    checking = judge.examine(answer("sqrt(8)"))
    run = next(checking)
    assert "'sqrt(8)', ['2*sqrt(2)']" in run.code
    with pytest.raises(StopIteration) as second:
        checking.send(ran("0\n"))
    assert second.value.value.behaviour == first.value.value.behaviour
    checking = judge.examine(answer("sqrt(7)"))
    next(checking)
    with pytest.raises(StopIteration) as third:
        checking.send(ran(stderr="ModuleNotFoundError: No module named 'sympy'", status=1))
    assert third.value.value.behaviour == ("sqrt(7)",)


def test_two_formulas_that_are_compared_at_the_same_time_find_each_other():
    judge = Judge(Problem("How long is the diagonal of a square with side 2?"))
    with pytest.raises(StopIteration):
        next(judge.examine(answer("sqrt(7)")))
    one, other = judge.examine(answer("2*sqrt(2)")), judge.examine(answer("sqrt(8)"))
    next(one), next(other)
    with pytest.raises(StopIteration) as first:
        one.send(ran())
    assert "'sqrt(8)', ['2*sqrt(2)']" in other.send(ran()).code
    with pytest.raises(StopIteration) as second:
        other.send(ran("0\n"))
    assert second.value.value.behaviour == first.value.value.behaviour == ("2*sqrt(2)",)


def test_programs_are_the_same_but_for_layout_comments_and_docstrings():
    assert same_program('def f(x):\n    """Doc."""\n    return x  # why') == same_program("def f(x): return x")
    assert same_program("def f(x): return x") != same_program("def f(y): return y + 1")


def test_names_of_locals_make_no_other_program():
    one = "def f(xs):\n    total = 0\n    for x in xs:\n        total += x\n    return total"
    other = "def f(xs):\n    s = 0\n    for item in xs:\n        s += item\n    return s"
    assert same_program(one) == same_program(other)
    assert same_program(one) != same_program(other.replace("return s", "return item"))
    assert same_program(one) != same_program(one.replace("xs", "ys")), "calls may name the parameter"


PUZZLE = Problem("Use the four numbers 4 6 6 10, each exactly once, with + - * / and parentheses, to make 24.")


def answer(text: str) -> Candidate:
    return Candidate((), answer=text)


def test_a_condition_in_the_statement_verifies_an_answer_exactly():
    verdict, runs = examined(PUZZLE, answer("(10 - 6) * 6 × 4 / 4"), lambda run: ran())
    assert (verdict.ruling, runs) == ("failed", [])
    verdict, _ = examined(PUZZLE, answer("(10 + 6 - 4) * 6 / 3"), lambda run: ran())
    assert verdict.ruling == "failed"
    verdict, _ = examined(PUZZLE, answer("(4 - 6 / 6 + 10)"), lambda run: ran())
    assert verdict.failure is not None
    assert verdict.failure.message == "(4 - 6 / 6 + 10) makes 13 and not 24"
    verdict, _ = examined(PUZZLE, answer("10 + 6 + 4 + 6 - 2"), lambda run: ran())
    assert verdict.failure is not None
    assert "not each of (4, 6, 6, 10) once" in verdict.failure.message
    verdict, _ = examined(PUZZLE, answer("`6 * 10 - 6 * 6` = 24"), lambda run: ran())
    assert verdict.ruling == "failed", "4 is left out"
    verdict, _ = examined(PUZZLE, answer("(10 - 4) * 6 - 6 * 2"), lambda run: ran())
    assert verdict.ruling == "failed"
    verdict, _ = examined(
        Problem(PUZZLE.text.replace("4 6 6 10", "4 4 10 10")), answer("(10 * 10 - 4) / 4 = 24"), lambda run: ran()
    )
    assert verdict.ruling == "passed"
    assert verdict.evidence == ("it is an expression of 4, 4, 10, 10, each used once, that makes 24, calculated exactly",)


def test_a_condition_is_not_looked_at_by_who_is_blind():
    judge = Judge(PUZZLE, blind=True)
    assert judge.checks == ()
    with pytest.raises(StopIteration) as ended:
        next(judge.examine(answer("4 * 6")))
    assert ended.value.value.ruling == "unchecked"


def test_programs_that_pass_a_few_examples_are_also_observed_when_opinions_are_wanted():
    problem = Problem("Write a Python function double. double(2) == 4")
    checking, runs = Judge(problem, opinions=True).examine(code("def double(x: int): return 2 * x")), list[Run]()
    runs.append(next(checking))
    runs.append(checking.send(ran(reports=(PASSED,))))
    with pytest.raises(StopIteration) as ended:
        checking.send(ran(reports=("0", "2", "4")))
    verdict = ended.value.value
    assert (verdict.ruling, verdict.behaviour[:3]) == ("passed", ("returns 0", "returns 2", "returns 4"))
    assert len(runs) == 2


def test_what_the_user_gave_needs_no_opinions():
    checking = Judge(Problem("Write double.", tests="assert double(3) == 6"), opinions=True).examine(code(GOOD))
    next(checking)
    with pytest.raises(StopIteration):
        checking.send(ran(reports=(PASSED,)))


@pytest.mark.parametrize("source", ["x = " + "-" * 5000 + "1", "if a: pass\n" + "elif b: pass\n" * 400, "x" + ".a" * 2000])
def test_a_program_nested_too_deep_to_compare_is_itself(source: str):
    """A model that repeats itself for ever once ended the whole run with an internal error."""
    assert same_program(source) == same_program(source)
