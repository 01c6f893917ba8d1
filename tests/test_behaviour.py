"""What candidates do on inputs of ours, in each sandbox: which of them are alike."""

import ast

import pytest

from agent.verify import behaviour
from tests.fakes import ran
from tests.sandboxes import sandbox  # noqa: F401  (a fixture)
from tools.lanes import Lanes

# ruff: noqa: F811


def observed(sandbox: Lanes, code: str) -> tuple[str, ...] | None:
    signature = behaviour.signature(code, "f")
    assert signature is not None
    run = behaviour.observation(code, signature, behaviour.inputs(signature), {})
    return behaviour.observed(code, sandbox.submit(run).result(), signature, len(behaviour.inputs(signature)))


def test_iterators_are_compared_by_what_they_give(sandbox: Lanes):
    """Their texts are addresses, which forked processes share: any two generators once agreed."""
    below, even, mapped = (
        observed(sandbox, source)
        for source in (
            "def f(n: int):\n    for i in range(n): yield i",
            "def f(n: int):\n    for i in range(n): yield 2 * i",
            "def f(n: int): return map(int, range(n))",
        )
    )
    assert below is not None
    assert below != even
    assert below == mapped


def test_an_endless_iterator_is_looked_at_in_part(sandbox: Lanes):
    assert observed(sandbox, "import itertools\ndef f(n: int): return itertools.count(n)")


def test_objects_without_a_text_of_their_own_tell_nothing(sandbox: Lanes):
    assert observed(sandbox, "class Thing: pass\ndef f(n: int): return Thing()") is None
    assert observed(sandbox, "class Thing: pass\ndef f(n: int): return [Thing()]") is None


def test_functions_that_print_are_compared_by_what_they_print(sandbox: Lanes):
    doubled = observed(sandbox, "def f(n: int): print(2 * n)")
    assert doubled is not None
    assert doubled == observed(sandbox, "def f(n: int): print(n + n)")
    assert doubled != observed(sandbox, "def f(n: int): print(n * n)")
    assert observed(sandbox, "def f(n: int): print('done')") is None


def test_inputs_are_made_of_the_examples_in_the_statement():
    signature = behaviour.signature("def f(words, n): ...", "f")
    assert signature is not None
    examples = ["assert f(['ab', 'c'], 2) == 'ab'", "assert f([], 0) is None", "assert g(['x'], 1) == f(n, 3)"]
    drawn = [ast.literal_eval(arguments) for arguments in behaviour.inputs(signature, examples)]
    assert drawn[:2] == [(["ab", "c"], 2), ([], 0)]
    assert len(drawn) > 20
    assert all(isinstance(word, str) for words, _ in drawn for word in words)
    assert all(isinstance(n, int) for _, n in drawn)
    assert behaviour.inputs(signature, examples) == behaviour.inputs(signature, examples)


def test_functions_that_need_no_argument_are_called_with_some_all_the_same():
    """With nothing to go by but one call, any three programs once agreed."""
    for source in ("def f(*numbers): ...", "def f(n=10): ...", "def f(first: int, *rest: int): ..."):
        signature = behaviour.signature(source, "f")
        assert signature is not None
        assert len(behaviour.inputs(signature)) > 5


def test_further_inputs_are_new_and_near_the_given_ones_and_the_same_for_the_same_draw():
    known = ("([3, 1, 2], 4)", "([5], 0)")
    drawn = behaviour.further(known, known[:1], 1)
    assert len(drawn) > 8
    assert not set(drawn) & set(known)
    assert all(isinstance(numbers, list) and isinstance(n, int) for numbers, n in map(ast.literal_eval, drawn))
    assert behaviour.further(known, known[:1], 1) == drawn != behaviour.further(known, known[:1], 2)
    assert behaviour.further(known, (), 1) == ()


def test_annotated_parameters_are_also_drawn_from_their_types():
    signature = behaviour.signature("def f(n: int): ...", "f")
    assert signature is not None
    drawn = [ast.literal_eval(arguments)[0] for arguments in behaviour.inputs(signature, ["assert f(1000) == 1"])]
    assert drawn[0] == 1000
    assert {-4, 17} <= set(drawn)


@pytest.mark.parametrize(
    "code",
    [
        "import sys\nprint(sys.argv[1:] or 'usage: f N')",
        "import argparse\nprint('usage')",
        "import click\nprint('usage')",
        "print(input())",
    ],
)
def test_a_program_that_was_not_given_what_it_reads_has_shown_nothing(code: str) -> None:
    """Different programs all print how they are used, and once agreed in that."""
    assert behaviour.observed(code, ran("usage: f N"), None, 0) is None
    assert behaviour.observed("print('usage: f N')", ran("usage: f N"), None, 0) is not None
