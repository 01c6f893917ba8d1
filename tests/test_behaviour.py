"""What candidates do on inputs of ours, in a sandbox: which of them are alike."""

import ast

import pytest

from agent.verify import behaviour
from agent.verify.inputs import further, shared
from agent.verify.signature import Signature, signature
from tests.fakes import ran
from tests.sandboxes import serving as sandbox  # noqa: F401  (a fixture)
from tools.lanes import Lanes

# ruff: noqa: F811


def called(code: str, entry_point: str | None = "f", statement: str = "") -> Signature:
    found = signature(code, entry_point, statement)
    assert found is not None
    return found


def observed(sandbox: Lanes, code: str, entry_point: str | None = "f", statement: str = "") -> tuple[str, ...] | None:
    of = called(code, entry_point, statement)
    given = shared(of)
    outcome = sandbox.submit(behaviour.observation(code, of, given, {})).result()
    return behaviour.observed(code, outcome, of, len(given))


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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1234567890.0 + n", "1234567891.0 + n", False),
        ("1234567890.5 + n", "1234567891.5 + n", False),
        ("0.1 + 0.2 + n", "0.3 + n", True),
        ("2.0 * n", "2 * n", True),
        ("[2.0 * n]", "[2 * n]", True),
        ("1e15 * n", "10**15 * n", True),
        ("(-0.0 if n == 0 else n)", "n", True),
        ("(float('inf') if n > 5 else n)", "(1e308 if n > 5 else n)", False),
        ("n / 2", "n / 3", False),
        ("'a' * 3000 + str(n) + 'b'", "'a' * 3000 + str(n) + 'c'", False),
        ("'a' * 3000 + str(n)", "''.join(['a'] * 3000) + str(n)", True),
    ],
)
def test_results_are_one_where_they_are_equal_but_for_rounding(sandbox: Lanes, one: str, other: str, same: bool):
    first, second = (observed(sandbox, f"def f(n: int): return {returned}") for returned in (one, other))
    assert first is not None
    assert (first == second) is same


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
    of = called("def f(words, n): ...")
    examples = ["assert f(['ab', 'c'], 2) == 'ab'", "assert f([], 0) is None", "assert g(['x'], 1) == f(n, 3)"]
    drawn = [ast.literal_eval(arguments) for arguments in shared(of, examples)]
    assert drawn[:2] == [(["ab", "c"], 2), ([], 0)]
    assert len(drawn) > 20
    assert all(isinstance(word, str) for words, _ in drawn for word in words)
    assert all(isinstance(n, int) for _, n in drawn)
    assert shared(of, examples) == shared(of, examples)


def test_what_is_below_one_comes_last_unless_an_example_has_it():
    of = called("def f(n: int): ...")
    numbers = [int(arguments.strip("(,)")) for arguments in shared(of)]
    assert min(numbers) < 0
    assert [number < 1 for number in numbers] == sorted(number < 1 for number in numbers)
    assert shared(of, ["assert f(0) == 1", "assert f(2) == 3"])[0] == "(0,)"


def test_a_program_that_never_ends_for_zero_has_shown_what_it_does_before(sandbox: Lanes):
    """Nothing was seen of it, and it was called failed."""
    counting = "import itertools\ndef f(n: int):\n    for found in itertools.count(1):\n        if found == n: return found * 2"
    seen, doubled = observed(sandbox, counting), observed(sandbox, "def f(n: int): return 2 * n")
    assert seen is not None
    assert doubled is not None
    assert "timeout" in seen
    assert all(said in ("timeout", other) for said, other in zip(seen, doubled, strict=True))


def test_functions_that_need_no_argument_are_called_with_some_all_the_same():
    """With nothing to go by but one call, any three programs once agreed."""
    for source in ("def f(*numbers): ...", "def f(n=10): ...", "def f(first: int, *rest: int): ..."):
        assert len(shared(called(source))) > 5


def test_further_inputs_are_new_and_near_the_given_ones_and_the_same_for_the_same_draw():
    of, known = called("def f(xs, n): ..."), ("([3, 1, 2], 4)", "([5], 0)")
    drawn = further(of, known, known[:1], 1)
    assert len(drawn) > 8
    assert not set(drawn) & set(known)
    assert all(isinstance(numbers, list) and isinstance(n, int) for numbers, n in map(ast.literal_eval, drawn))
    assert further(of, known, known[:1], 1) == drawn != further(of, known, known[:1], 2)
    assert further(of, known, (), 1) == ()


def test_annotated_parameters_are_also_drawn_from_their_types():
    of = called("def f(n: int): ...")
    drawn = [ast.literal_eval(arguments)[0] for arguments in shared(of, ["assert f(1000) == 1"])]
    assert drawn[0] == 1000
    assert {0, 1, 2, 9, 25} <= set(drawn)


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


STACK = """
class Stack:
    def __init__(self):
        self._items = []
    def push(self, item):
        self._items.append(item)
    def pop(self):
        return self._items.pop()
    def size(self):
        return len(self._items)
"""
LINKED = """
class Stack:
    def __init__(self):
        self.top, self.count = None, 0
    @property
    def size(self):
        return self.count
    def pop(self):
        if self.top is None:
            raise IndexError("empty")
        value, self.top = self.top.value, self.top.below
        self.count -= 1
        return value
    def push(self, value):
        self.top = Node(value, self.top)
        self.count += 1
    def show(self):
        print(self.top)
class Node:
    def __init__(self, value, below):
        self.value, self.below = value, below
stack = Stack()
stack.push(3)
print(stack.pop())
"""
QUEUE = STACK.replace("self._items.pop()", "self._items.pop(0)")
ASKED = "Write a Python class Stack with the methods push, pop and size. Use a Node class where you need one."


def test_objects_are_compared_by_what_they_answer_in_turn(sandbox: Lanes):
    """However they are built, in whatever order their methods stand, and though a program shows itself at its end."""
    stack = observed(sandbox, STACK, None, ASKED)
    assert stack is not None
    assert stack == observed(sandbox, LINKED, None, ASKED)
    assert stack != observed(sandbox, QUEUE, None, ASKED)


LEAST = """
class MinStack:
    def __init__(self): self.all, self.least = [], []
    def push(self, value: int):
        self.all.append(value)
        self.least.append(min(value, self.least[-1]) if self.least else value)
    def pop(self):
        self.least.pop()
        return self.all.pop()
    def get_min(self): return self.least[-1]
"""
CACHE = """
class Cache:
    def __init__(self, capacity): self.size, self.kept = capacity, {}
    def get(self, key):
        if key not in self.kept: return -1
        self.kept[key] = self.kept.pop(key)
        return self.kept[key]
    def put(self, key, value):
        self.kept.pop(key, None)
        self.kept[key] = value
        if len(self.kept) > self.size: del self.kept[next(iter(self.kept))]
"""


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        (LEAST, "min(value, self.least[-1])", "value"),
        (LEAST, "self.least.pop()", "pass"),
        (CACHE, "self.kept[key] = self.kept.pop(key)", "pass"),
        (CACHE, "self.kept.pop(key, None)", "pass"),
        (CACHE, "len(self.kept) > self.size", "len(self.kept) >= self.size"),
    ],
)
def test_a_fault_that_shows_only_in_a_long_use_is_seen(sandbox: Lanes, source: str, right: str, wrong: str) -> None:
    asked = "Write a class MinStack with push, pop and get_min, or a class Cache with get and put."
    seen = observed(sandbox, source, None, asked)
    assert seen is not None
    assert right in source
    assert seen != observed(sandbox, source.replace(right, wrong), None, asked)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def put(self, n): return True\n    def take(self): return True", "all its answers are one"),
        ("def put(self, n): return self\n    def take(self): return self", "it answers itself"),
        ("def put(self, n): self.n = n\n    def take(self): return Thing()", "it answers objects"),
        ("def put(self, n): self.n = n; return n\n    def take(self): return self.m", "one method only raises"),
        ("def put(self, n): self.n = n\n    def take(self): pass", "it answers nothing"),
        ("def put(self, n): self.take = n\n    def take(self): return self.take", "a value hides the method"),
        (
            "a = ()\n    def put(self, n): self.a += (n,)\n    def find(self, n): return [m.n for m in self.a]",
            "it works only empty",
        ),
    ],
)
def test_objects_that_show_too_little_vouch_for_nobody(sandbox: Lanes, source: str, why: str) -> None:
    assert observed(sandbox, f"class Thing: pass\nclass Box:\n    {source}\n", "Box") is None, why


def test_what_the_methods_print_is_an_answer(sandbox: Lanes):
    doubling, squaring, dumb = (
        observed(sandbox, f"class Box:\n    def __init__(self, n: int): self.n = n\n    def show(self): {shown}\n", "Box")
        for shown in ("print(2 * self.n)", "print(self.n ** 2)", "pass")
    )
    assert doubling is not None
    assert doubling != squaring
    assert dumb is None


def test_a_class_with_one_method_is_called_like_a_function(sandbox: Lanes):
    source = "class Solution:\n    def twice(self, n: int) -> int:\n        return 2 * n"
    of = called(source, "Solution")
    assert of == Signature("Solution().twice", ("int",), names=("n",))
    assert shared(of, ["assert Solution().twice(1000) == 2000"])[0] == "(1000,)"
    assert observed(sandbox, source, "Solution") == observed(sandbox, "def f(n: int): return n + n")


@pytest.mark.parametrize(
    ("source", "made_of"),
    [
        ("class Money:\n    def __init__(self, amount, currency='EUR'): ...\n    def add(self, n): ...", 1),
        ("from dataclasses import dataclass\n@dataclass\nclass Money:\n    a: int\n    c: str = 'x'\n    def b(self): ...", 1),
        ("class Money:\n    def add(self, n): ...\n    def total(self): ...", 0),
    ],
)
def test_an_object_is_made_of_what_its_class_needs(source: str, made_of: int) -> None:
    assert len(called(source, "Money").annotations) == made_of


@pytest.mark.parametrize(
    ("source", "given"),
    [
        ("def add(self, *numbers): ...", [2]),
        ("def greet(self, name='World'): ...", [1]),
        ("def greet(self, name='World'): ...\n    def bow(self): ...", [0, 0]),
        (
            "def add(self, n, times=1): ...\n    @staticmethod\n    def of(n): ...\n    @property\n    def sum(self): ...",
            [1, 1, 0],
        ),
    ],
)
def test_a_method_is_given_what_it_needs(source: str, given: list[int]) -> None:
    of = called(f"class Box:\n    {source}", "Box")
    assert [len(method.annotations) for method in of.methods] == given or [len(of.annotations)] == given


def methods(source: str, statement: str) -> set[str]:
    return {method.name for method in called(source, None, statement).methods}


def test_methods_are_known_by_parts_of_their_names():
    source = "class Account:\n    def deposit(self, n): ...\n    def get_balance(self): ...\n    def log(self): ..."
    assert methods(source, "Write a class Account that takes deposits and tells its balance.") == {"deposit", "get_balance"}


def test_where_too_few_are_known_all_methods_are_asked():
    """Of an account that is only asked for its balance, nothing shows what a deposit does."""
    source = "class Account:\n    def pay_in(self, n): ...\n    def balance(self): ...\n    def log(self): ..."
    assert methods(source, "Write a class Account that reports its balance.") == {"pay_in", "balance", "log"}


def test_a_class_that_can_do_more_than_another_is_asked_no_more():
    stack, more = called(STACK, None, "Write a class Stack."), called(LINKED, None, "Write a class Stack.")
    assert more.takes != stack.takes
    assert more.asked_like(stack) == stack
    assert stack.asked_like(more) == stack


@pytest.mark.parametrize(
    ("source", "entry_point", "statement", "expected"),
    [
        (STACK, None, ASKED, "Stack"),
        (LINKED, None, ASKED, "Stack"),
        (STACK + "def main(): ...", None, ASKED, "Stack"),
        (STACK + "def balanced(text): ...", None, "Write a function balanced that uses a Stack.", "balanced"),
        (STACK + "def brackets(text): ...", None, "Write a function that uses a Stack.", "brackets"),
        (STACK + "def balanced(text): ...", "balanced", ASKED, "balanced"),
        (STACK, None, "Write a class that keeps things one upon the other.", "Stack"),
        (STACK.replace("Stack", "NumberStack"), None, "Implement a number stack with push, pop and size.", "NumberStack"),
        (LINKED, None, "Keep things one upon the other.", None),
        (STACK + "Stack().push(input())", None, ASKED, None),
        (STACK + "def mean(marks): ...", None, "Write a function for the mean of a class.", "mean"),
        (STACK + "def mean(marks): ...", None, "Write a Python function. It must not use a class.", "mean"),
        (STACK + "class Item:\n    def sum(self): ...", None, "Write a class Stack that keeps items.", "Stack"),
        (STACK + "class BigStack:\n    def sum(self): ...", None, "Write a class BigStack.", "BigStack().sum"),
        ("class Solution:\n    def f(self, n): ...", None, "Twice a number, please.", "Solution().f"),
        ("class C(OrderedDict):\n    def get(self, k): ...\n    def put(self, k): ...", None, "Write a class C.", "C"),
        ("class C(Generic[K]):\n    def get(self, k): ...\n    def put(self, k): ...", None, "Write a class C.", "C"),
        ("class C:\n    def __iter__(self): ...\n    def put(self, k): ...", None, "Write a class C.", "C().put"),
        ("class Point:\n    x = 1", None, "Write a class Point.", None),
        (STACK + "class Queue:\n    def add(self, n): ...", None, "Write the classes Stack and Queue.", None),
        (STACK + "class TestStack:\n    def test_push(self): ...", None, "Write a class Stack and TestStack.", "Stack"),
        ("class Cat(Animal):\n    def speak(self): ...", None, "Write a class Cat.", None),
        ("class V:\n    def __add__(self, o): ...\n    def norm(self): ...", None, "Write a class V.", None),
        ("class V:\n    def add(self, other): ...\n    def norm(self): ...", None, "Write a class V.", None),
        ("class V:\n    def add(self, v: 'V'): ...\n    def norm(self): ...", None, "Write a class V.", None),
        ("class V:\n    def __len__(self): ...\n    def norm(self): ...", None, "Write a class V with __len__.", None),
    ],
)
def test_what_a_program_is_called_by(source: str, entry_point: str | None, statement: str, expected: str | None) -> None:
    found = signature(source, entry_point, statement)
    assert (found.name if found else None) == expected


def test_an_object_is_not_asked_to_take_away_from_nothing():
    """There, right programs differ, and nobody said what they should do."""
    for use in shared(called(STACK, "Stack", ASKED)):
        _, calls = ast.literal_eval(use)
        asked = [method for method, _ in calls]
        assert all(2 * asked[:end].count("push") >= end for end in range(1, len(asked) + 1))


def test_what_has_a_texts_name_is_given_texts_and_all_else_numbers():
    of = called("class Shop:\n    def add(self, item_name, price): ...\n    def total(self): ...", "Shop")
    calls = [call for use in shared(of) for call in ast.literal_eval(use)[1]]
    assert {(type(name), type(price)) for name, price in (given for method, given in calls if method == "add")} == {(str, int)}


def test_further_uses_of_an_object_are_new():
    of = called(STACK, "Stack", ASKED)
    known = shared(of)
    more = further(of, known, known[:1], 1)
    assert len(more) > 8
    assert not set(more) & set(known)
    assert further(of, known, (), 1) == ()
