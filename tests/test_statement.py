"""What is read out of a statement: the function, its examples, samples of a program, helper code."""

import pytest

from agent.verify import heads, statement, wanted
from agent.verify.samples import Sample
from agent.verify.verify import Judge, Problem

STUB = '''Complete this Python function. Keep its name and signature.

```python
import math


def area(radius: float) -> float:
    """ Helper.
    """
    return math.pi * radius**2


def volume(radius: float, height: float) -> float:
    """ The volume of a cylinder.
    >>> volume(0, 5)
    0
    >>> round(volume(1.0, 1.0), 2)
    3.14
    """
```'''


def sources(text: str, entry_point: str | None = None) -> list[str]:
    return list(statement.read(text, entry_point).examples)


@pytest.mark.parametrize(
    "text",
    [
        "Write a class Stack. is_empty() returns True when nothing is on it.",
        "Write a function. `ready()` is True for every new queue.",
    ],
)
def test_what_is_said_of_a_call_without_arguments_is_no_example(text: str):
    assert sources(text) == []


UNSIGNED = """Given a string s and a number k, return the longest part of s in which no character occurs more than k times.

Example 1:

Input: s = "abcabcbb", k = 1
Output: "abc"
Explanation: "bca" comes later.

Example 2:

Input: s = "", k = 3
Output: ""

Constraints:

0 <= s.length <= 5 * 10^4
"""
"""As on the pages of problems that show the function's head elsewhere."""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (UNSIGNED, "solve"),
        (f"Write a Python function for this. {UNSIGNED}", "solve"),
        (UNSIGNED, "longest"),
        (UNSIGNED.replace("\nOutput", " Output"), "solve"),
        (UNSIGNED.replace("Input:", "**Input:**"), "solve"),
        (f"{UNSIGNED}\nFollow up: How would you do it in one pass?", "solve"),
        (f"{UNSIGNED}\nYou must write it without modifying the input. Your function needs to be fast.", "solve"),
    ],
)
def test_a_function_that_only_examples_show_gets_a_head(text: str, name: str):
    signed = heads.signed(text, None if name == "solve" else name)
    assert signed == f"{text.rstrip()}\n\n```python\ndef {name}(s, k):\n```"
    assert sources(signed) == [f"assert {name}('abcabcbb', 1) == 'abc'", f"assert {name}('', 3) == ''"]
    assert statement.read(signed).stub == f"def {name}(s, k):"


@pytest.mark.parametrize(
    ("inputs", "output", "examples"),
    [
        ('s = "x,b:3"', "3", ["assert f('x,b:3') == 3"]),
        ("s: [1, 2]", "3", ["assert f([1, 2]) == 3"]),
        ("s = {0: [1], 1: [2]}", "3", ["assert f({0: [1], 1: [2]}) == 3"]),
        ('s = "{[]}"', "true", ["assert f('{[]}') == True"]),
        ("s = {1, 2, 2}", "2", []),
        ("s = 3", "{1, 2}", []),
        ("s = 3", "1\n4\n9", []),
        ("s = 3", "1\n1 1\n1 2 1", []),
        ("s = 3", "[[1, 2],\n [3, 4]]", ["assert f(3) == [[1, 2], [3, 4]]"]),
        ("s = 3", "6\nThe sum of all is six.", ["assert f(3) == 6"]),
        ("s = 3", "6\n\n\nHint", ["assert f(3) == 6"]),
    ],
)
def test_what_is_given_below_labels_is_read_whole_or_not_at_all(inputs: str, output: str, examples: list[str]):
    assert sources(f"Write f(s).\n\nInput: {inputs}\nOutput: {output}\n") == examples


def test_what_is_given_by_name_to_unknown_parameters_is_given_by_position():
    asked = 'Write a function called f.\n\nInput: t = "x,b:3", k = 2\nOutput: 3\n'
    assert sources(asked) == ["assert f('x,b:3', 2) == 3"]


def test_braces_are_a_set_where_the_text_says_so():
    assert sources("Write f(s) for a set s.\n\nInput: s = {1, 2}\nOutput: 2\n") == ["assert f({1, 2}) == 2"]


@pytest.mark.parametrize(
    "text",
    [
        UNSIGNED + "\nclass Solution:\n    def longest(self, s: str, k: int) -> str:\n",
        UNSIGNED + "\n```python\ndef longest(s, k):\n    pass\n```",
        f"Write a program. {UNSIGNED}",
        f"Write a Java function. {UNSIGNED}",
        UNSIGNED.replace("Input: s =", "Input: t =", 1),
        UNSIGNED.replace('"abcabcbb"', "abcabcbb"),
        UNSIGNED.replace("a string s", "a linked list s"),
        UNSIGNED + '\nWhat comes out for s = "aab" and k = 1?',
        "Guess the rule.\nInput: x = 3\nOutput: 9\nInput: x = 4\nOutput:",
        "A number is made.\nInput: n = 3\nOutput: 7",
        f"{UNSIGNED}\nNow find the output for s = 'aab', k = 1.",
        f"{UNSIGNED}\nExplain the rule.",
        f"{UNSIGNED}\nA) by sorting\nB) by counting\nC) by searching",
        f"{UNSIGNED}\nInput: s = 'aab', k = 1",
        f"There is a bug in this. {UNSIGNED}",
        f"{UNSIGNED}\nNote that you do not need to return anything.",
        f"Solve in Java: {UNSIGNED}",
        f"Write a SQL query. {UNSIGNED}",
        f"{UNSIGNED}\nString longest(String s, int k) {{",
        f"{UNSIGNED}\nSignature: longest(s, k)",
        f"Write a function longest for this. {UNSIGNED}",
        f"Implement a class. {UNSIGNED}",
        f"Read them from standard input. {UNSIGNED}",
        UNSIGNED.replace("k =", "s ="),
        UNSIGNED.replace("k =", "class ="),
        UNSIGNED.replace("k =", "self ="),
        UNSIGNED.replace("k =", "solve ="),
        UNSIGNED.replace("a string s", "two linked lists s"),
        UNSIGNED.replace('"abc"', "1\n2\nFizz"),
        "Once more.\nFollow up: is there more?\n" + UNSIGNED,
        "Input:\n3 4\nOutput:\n7\n\nInput:\n1 1\nOutput:\n2",
    ],
)
def test_what_shows_its_function_or_wants_none_stays_as_it_is(text: str):
    assert heads.signed(text) == text


def test_a_page_where_a_result_has_a_unit_gets_a_head():
    assert heads.signed(UNSIGNED.replace('"abc"', "366 days")) != UNSIGNED.replace('"abc"', "366 days")


@pytest.mark.parametrize("text", ["What does this begin? def f(x)", "Explain the meaning of `def f(x)` in Python."])
def test_a_head_that_is_spoken_of_asks_for_nothing(text: str):
    assert not statement.read(text).wants_code


PAGES = [
    UNSIGNED.replace("a string s", "the root of a binary tree s"),
    UNSIGNED.replace("Input:", "**Input:**").replace("Given", "Find it in-place. Given"),
    f"{UNSIGNED}\nDo not return anything.\n\nFollow up: Could you do it in one pass? What would change?",
]


@pytest.mark.parametrize("text", PAGES)
def test_a_page_whose_function_is_shown_elsewhere_wants_code_though_its_examples_decide_nothing(text: str):
    """Pages of trees and of lists that are changed in place were answered in words."""
    read = statement.read(text)
    assert (read.wants_code, read.entry_point, read.examples, read.samples) == (True, None, (), ())


@pytest.mark.parametrize(
    "text",
    [
        f"{PAGES[0]}\nExplain the rule.",
        f"{PAGES[0]}\nWhat comes out for s = [1]?",
        f"Solve in Java: {PAGES[0]}",
        f"{PAGES[0]}\nclass Solution {{\npublic:\n    int f(TreeNode* root) {{\n    }}\n}};",
        PAGES[0].replace("Constraints:", "Bounds:"),
        PAGES[0].replace("Input: s", "Given: s"),
        PAGES[0].replace("Example", "Case"),
    ],
)
def test_what_is_no_such_page_or_asks_for_something_else_wants_no_code(text: str):
    assert not statement.read(text).wants_code


def test_a_sample_without_an_output_is_none():
    """What prints nothing would pass it."""
    assert statement.read("Write a program.\n\nInput:\n3\nOutput:\n").samples == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write answer(). answer() == 42", ["assert answer() == 42"]),
        ("Write a function f. f(1)=2, f(10)=29.", ["assert f(1) == 2", "assert f(10) == 29"]),
        ("Write add(a, b).\nassert add(1, 2) == 3\n", ["assert add(1, 2) == 3"]),
        (
            "Write a function: `pick([4, 2]) ➞ [2, 1]` and pick([]) ➞ []",
            ["assert pick([4, 2]) == [2, 1]", "assert pick([]) == []"],
        ),
        ('Write it. say("a, b") should return "x == y".', ["assert say('a, b') == 'x == y'"]),
        ("Write it. even(2) => true, even(3) => false", ["assert even(2) == True", "assert even(3) == False"]),
        ("Write it. first([]) == None and first([1]) == 1", ["assert first([]) == None", "assert first([1]) == 1"]),
        ('Write it. size("(") returns 1', ["assert size('(') == 1"]),
        ("Write a function. f(1) == 2 and also f(1) == 3, f(2) == 4", ["assert f(2) == 4"]),
        ("Write factorial(n). factorial(5) = 5 * 4 * 3 * 2 * 1 = 120", ["assert factorial(5) == 120"]),
        ("Write a function. `f(1)` should return `2`.", ["assert f(1) == 2"]),
        (
            "Write area(r). area(2) == 12.566, area(1.5) = 7.1",
            ["assert area(2) == approx(12.566, abs=5e-04)", "assert area(1.5) == approx(7.1)"],
        ),
        ("Write add(a, b).\n>>> print(add(1, 2))\n3\n", ["assert str(add(1, 2)) == '3'"]),
        ("Write add(a, b).\nprint(add(1, 2))  # => 3", ["assert str(add(1, 2)) == '3'"]),
        ("Write a Python function that takes a list called nums. total([1, 2]) == 3", ["assert total([1, 2]) == 3"]),
        ("Write add(a, b). Call it with two numbers: add(1, 2) == 3", ["assert add(1, 2) == 3"]),
        ("Write f(n).\nf(1) ==> 2\nf(2)==>3\nf(3) --> 4", ["assert f(1) == 2", "assert f(2) == 3", "assert f(3) == 4"]),
        ("Example: `swap('a b') == ('b a')`", ["assert swap('a b') == 'b a'"]),
        ("It gives a tuple: `swap('a b') == ('b a')`", []),
        ("swap('a b') == ('b a') and swap('a b c') == ('c', 'b a')", ["assert swap('a b c') == ('c', 'b a')"]),
        ('Write it. ends("ab") ==> ("a", "b") and ends("a") ==> ("a")', ["assert ends('ab') == ('a', 'b')"]),
        ("Write f(n).\nf(16)  # 7\nf(17)  # 16 is even", ["assert f(16) == 7"]),
        ("Write f(n).\nf(16);  # return 7\nf(17) # -> 8\nf(18) # return it", ["assert f(16) == 7", "assert f(17) == 8"]),
        ("Write f(n). f(16) equals 7, f(2) is equal to 3.", ["assert f(16) == 7", "assert f(2) == 3"]),
        ("Write f(n): 1. f(1) = 2 2. f(3) = 4", ["assert f(1) == 2", "assert f(3) == 4"]),
        ("Write f(n). f(68) -> 1 and f(69) -> 2", ["assert f(68) == 1", "assert f(69) == 2"]),
        (
            "Write f(n): the value of f(3) is 7.\n- f(4) = 5\n# f(5) = 6",
            ["assert f(3) == 7", "assert f(4) == 5", "assert f(5) == 6"],
        ),
        ("Write f(xs).\nassert f(\n    [1, 2],\n) == [\n    1,\n]\n", ["assert f([1, 2]) == [1]"]),
        ("Write f(xs).\nassert not (\n    f([7]) == 2\n)", ["assert not f([7]) == 2"]),
        ("Write two(xs, n).\nInput: n = 9, xs = [2] Output: [0]", ["assert two([2], 9) == [0]"]),
        ("Write find(xs: list[int], n: int). For xs = [2], n = 3 the result is 1", ["assert find([2], 3) == 1"]),
        ("Write xor(a, b). xor(true, FALSE) ➞ true", ["assert xor(True, False) == True"]),
        ("Write clean(value). For value = null the output should be 0", ["assert clean(None) == 0"]),
        ("Write solve(up, n).\nInput: up = true, n = 5\nOutput: 6", ["assert solve(True, 5) == 6"]),
        ("Write f(n). f(g(null), up=true) == 1", ["assert f(g(None), up=True) == 1"]),
    ],
)
def test_examples_in_every_spelling(text: str, expected: list[str]):
    assert sources(text) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('assert rev("abc") == "abc"[::-1]', ["assert rev('abc') == 'abc'[::-1]"]),
        ('assert tok("a,b") == "a,b".split(",")', ["assert tok('a,b') == 'a,b'.split(',')"]),
        ("assert power(2, 10) == 2**10", ["assert power(2, 10) == 2 ** 10"]),
        ("assert union([1], [3]) == {1} | {3}", ["assert union([1], [3]) == {1} | {3}"]),
        ("assert is_prime(3)\nassert not is_prime(4) == True", ["assert is_prime(3)", "assert not is_prime(4) == True"]),
        ('assert up("a") + up("b") == "AB"', ["assert up('a') + up('b') == 'AB'"]),
        ("assert set(same((3, 4), (4, 5))) == set((4,))", ["assert set(same((3, 4), (4, 5))) == set((4,))"]),
        (
            "assert math.isclose(cone(5, 12), 314.159, rel_tol=0.001)",
            ["assert math.isclose(cone(5, 12), 314.159, rel_tol=0.001)"],
        ),
        (">>> sort3([3, 1]) == [1, 3]", ["assert sort3([3, 1]) == [1, 3]"]),
        (">>> sort3([3, 1]) == [1, 3]\nTrue", ["assert sort3([3, 1]) == [1, 3]"]),
        (">>> sort3([3, 1]) == [3, 1]\nFalse", []),
        ('Then up("a") + up("b") == "AB".', []),
        ("It is not even(3) == True.", []),
        ('`rev("abc") == "abc"[::-1]`', []),
        ("half(7) == 7 // 2 as always", []),
        ("assert balanced(root) == False", []),
        ("assert chain([Pair(5, 24)], 4) == 3", []),
        ("assert all(even(n) for n in range(2))", []),
        ('assert (half(4) == 2, "message")', ["assert half(4) == 2"]),
        ("assert abs(root(2) - 1.414) < 0.001", ["assert abs(root(2) - 1.414) < 0.001"]),
        ("assert isinstance(half(4), int)", []),
        ("assert half(4) == half(4)", []),
        ("assert half(4) or True", []),
        ("assert half(4) is not None", []),
        ("assert half(4) != 3", []),
        ("half(4) returns 1 to 6", []),
        ("half(4) is 3.5.1", []),
        ("half(4) = 2, not 3.", ["assert half(4) == 2"]),
        ("half(4) = 2 because", ["assert half(4) == 2"]),
        ("half(4) is 2 for n = 4", ["assert half(4) == 2"]),
        ("half(4) -> 2 vowels", ["assert half(4) == 2"]),
        ("half(4) = 2 and half(6) = 3", ["assert half(4) == 2", "assert half(6) == 3"]),
        ("half([4]) = [2] is the result", ["assert half([4]) == [2]"]),
        ("half(120) = 60°", ["assert half(120) == 60"]),
        ("half(4) returns 2 days", ["assert half(4) == 2"]),
        ("half(4) -> 2 bytes.", ["assert half(4) == 2"]),
        ("half(4) -> 2 minutes, which is less", ["assert half(4) == 2"]),
        ("half(4) -> 2 is returned", ["assert half(4) == 2"]),
        ("half(10) -> 5 may be the result", ["assert half(10) == 5"]),
        ("half(10) -> 5 am", ["assert half(10) == 5"]),
        ("half(12) -> 6 because 12 is even", ["assert half(12) == 6"]),
        (">>> put('a', 1)\n>>> get('a')\n1", []),
        (">>> get('a')\n1", ["assert get('a') == 1"]),
        (
            "rows([\n  [1, 2],\n  [3]\n], 1) == [(0, 0)]\nrows([], 1) == []",
            ["assert rows([[1, 2], [3]], 1) == [(0, 0)]", "assert rows([], 1) == []"],
        ),
        ("rows([\n\n  [1, 2]]) == 3", []),
        ("rows([ [1, 2] == 3\nrows([3]) == 4", ["assert rows([3]) == 4"]),
    ],
)
def test_an_assertion_holds_as_it_is_written_and_no_part_of_it_by_itself(line: str, expected: list[str]):
    """`"abc"[::-1]` was once cut off at its bracket, and the program that does nothing was verified."""
    assert sources(f"Write the function.\n{line}\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The function below is buggy: add(2, 3) returns 6. Fix it.", []),
        ("Currently, mul(2, 3) gives 5. Fix the function.", []),
        ("Fix this function: mean([1, 2]) -> 1 (should be 1.5)", []),
        ("Fix this.\nprint(mean([1, 4]))  # => 2 (expected 2.5)", []),
        ("There is a bug in my function mean:\n>>> mean([1, 2])\n1\n\nI expect 1.5 there.", []),
        ("Write inc(n).\nActual: inc(3) == 3\nExpected: 4", []),
        ("Write half(x). Right now half(2.5) returns 2, I expect 3.", []),
        ("The function add is wrong. Fix it: add(2, 3) should return 5.", ["assert add(2, 3) == 5"]),
        ("Debug the function add. add(2, 3) == 5", ["assert add(2, 3) == 5"]),
        ("Write search(n). For n = 3 the output is 7, which is wrong.", []),
        ("f(2) = 4, not 5. A common mistake gives f(2) = 5. Write the function f.", []),
        ("Write g(n). For n = 1 there is nothing to do. For n = 2, the output is 3.", ["assert g(2) == 3"]),
        ("Write g(n). If n = 0 raise an error, and with n = 2 the result is 1.", ["assert g(2) == 1"]),
    ],
)
def test_what_a_faulty_function_returns_is_no_example(text: str, expected: list[str]):
    assert sources(text) == expected


@pytest.mark.parametrize(
    ("stub", "shown", "expected"),
    [
        ("def find(target, nums):", "nums = [1, 2], target = 2\nOutput: 1", ["assert find(2, [1, 2]) == 1"]),
        ("def find(nums: List[int], k: int = 1) -> int:", "a = [1, 2], b = 2\nOutput: 1", ["assert find([1, 2], 2) == 1"]),
        ("class Solution:\n    def find(self, n):\n        ...\n    def help(self, n):", "n = 3\nOutput: 3", []),
        ("class Solution:\n    @staticmethod\n    def find (n):", "n = 3\nOutput: 3", ["assert Solution().find(3) == 3"]),
        ("def find(root: Optional[TreeNode]) -> int:", "root = [1, 2]\nOutput: 1", []),
        ("def find(nums: List[int]) -> None:", "nums = [0, 1]\nOutput: [1, 0]", []),
        ("def find(nums):", "nums = [0, 1]\nOutput: [1, 0]\nDo it in-place.", []),
        ("def find(nums):", "nums = [3, 2, 3]\nOutput: 2, nums = [2, 2, _]", []),
    ],
)
def test_inputs_beside_a_function_are_its_arguments_where_it_takes_them_as_written(stub: str, shown: str, expected: list[str]):
    assert sources(f"Complete it.\n```python\n{stub}\n```\nExample 1:\nInput: {shown}\n") == expected


STUBBED = """Complete this.
```python
def cut(text: str, size=1):
    \"\"\"
    Cuts.
    {}
    \"\"\"
```
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('For text = "ab", size = 1 the output should be ["a", "b"].', ["assert cut('ab', 1) == ['a', 'b']"]),
        ('For text = "ab" and size = 2, the result is ["ab"]', ["assert cut('ab', 2) == ['ab']"]),
        ('With text = "", size = 4, two is left and the function returns []', ["assert cut('', 4) == []"]),
        ('Input:\n  text : "ab"\n  size : 1\nOutput: ["a", "b"]', ["assert cut('ab', 1) == ['a', 'b']"]),
        ('For `text = "ab"` and `size = 1`, the output should be `["a", "b"]`.', ["assert cut('ab', 1) == ['a', 'b']"]),
        (
            'For text = "ab" and size = 1, the output should be\n    cut(text, size) = ["a", "b"].',
            ["assert cut('ab', 1) == ['a', 'b']"],
        ),
        ('For text = "ab" the output should be ["ab"]', []),
        ('For size = 1, text = "ab" the output should be ["a", "b"]', []),
        ('For text = "ab", size = n the output should be ["a", "b"]', []),
        ('For text = "ab", size = 1 the output should be shorter', []),
        ("For text = size the output should be []", []),
        ('For text = "ab", size = 1 nothing is said.', []),
    ],
)
def test_examples_whose_arguments_are_named_in_prose(line: str, expected: list[str]) -> None:
    assert sources(STUBBED.format(line)) == expected


def test_what_takes_a_few_of_a_generator_is_not_the_function_asked_for():
    read = statement.read("Write a generator squares(). list(islice(squares(), 3)) == [0, 1, 4]")
    assert (read.entry_point, list(read.examples)) == (
        "squares",
        ["assert list(islice(squares(), 3)) == [0, 1, 4]"],
    )


def test_lists_in_any_order_are_compared_as_such():
    assert sources("Write it. pairs([1, 2]) == [2, 1], in any order") == [
        "assert sorted(pairs([1, 2]), key=repr) == sorted([2, 1], key=repr)"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write evens(xs). evens([1, 2]) yields [2]", ["assert evens([1, 2]) == [2]"]),
        ("Write evens(xs), a generator. evens([1, 2]) -> [2]", ["assert list(evens([1, 2])) == [2]"]),
        ("Write evens(xs).\ndef evens(xs) -> Iterator[int]:\nevens([2]) -> [2]", ["assert list(evens([2])) == [2]"]),
        ("Write avg(xs), accurate to 2 decimals. avg([1, 1, 2]) -> 1.33", ["assert avg([1, 1, 2]) == approx(1.33, abs=5e-03)"]),
        ("Write avg(xs), rounded to 2 decimals. avg([1, 1, 2]) -> 1.33", ["assert avg([1, 1, 2]) == approx(1.33)"]),
        ("Write top(xs), which takes numbers in any order. top([1, 3]) == [3, 1]", ["assert top([1, 3]) == [3, 1]"]),
        ("Write top(xs). Return a list in arbitrary order, sorted. top([3, 1]) == [1, 3]", ["assert top([3, 1]) == [1, 3]"]),
        (
            "Write group(xs). Return it in any order. group(['b', 'a']) == [['b'], ['a']]",
            ["assert sorted((sorted(part, key=repr) for part in group(['b', 'a'])), key=repr) == [['a'], ['b']]"],
        ),
        (
            "Write perms(xs). Return them in any order. perms([1, 2]) == [[2, 1], [1, 2]]",
            ["assert sorted(perms([1, 2]), key=repr) == sorted([[2, 1], [1, 2]], key=repr)"],
        ),
        ("Complete it.\nasync def double(n):\n    ...\ndouble(2) -> 4", []),
        ("Write fizz(n) that prints the numbers.\n>>> fizz(1)\n1", []),
        ("Write a function that generates a random password. secret(3) -> 'aB3'", []),
        ("Write days(d), the days from today. days('2030-01-01') == 3", []),
        ("Complete it.\ndef binary(n: int) -> str:\n    ...\nbinary(5) -> 101", []),
        ("Write size(n), which returns how long n is, given as a string. size(5) -> 1", ["assert size(5) == 1"]),
        ("Write size(s), which returns the length of a string. size('a') -> 1", ["assert size('a') == 1"]),
        ("Write size(x), or return a string that says why not. size('a') == 1", ["assert size('a') == 1"]),
    ],
)
def test_a_value_is_held_as_the_statement_means_it(text: str, expected: list[str]):
    assert sources(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Write a function f(x: int) -> int that doubles x.",
        "Write a function where f(x) = x + 1 for every x.",
        "Write a function that calls g(1) = 2 or h(1) = 3.",
        "Compute f(g(y)) == 3.",
        "Write f(" + "(" * 5000 + ") == 3",
        "Write f(n). f(10) = 1,000 and f(0) returns 0 or None, f(5) is 3 more than f(4)",
        "Write f(n). f(5) = 5 * 4 + g(3)",
        "Write primes(n). primes(100) == [2, 3, 5, ...]",
        "Fix this function: add(2, 3) returns -1 but should return 5.",
        "Recall that gcd(12, 18) = 6. Write a Python function lcm(a, b).",
        "f(1) = 2 and f(n) = 2 f(n - 1). Write a Python function total(n) that adds f(1) to f(n).",
        "A function satisfies f(1) = 2 and f(n + 1) = 2 f(n). What is f(10)?",
        'def count(n: int) -> int:\n    """Counts.\n    Recall gcd(12, 18) = 6.\n    """',
        'def square(n: int) -> bool:\n    """Is it one, where isqrt(17) == 4?\n    """',
        'def rev(s):\n    """Reverses, unlike sort_text(\'ba\') == \'ab\'\n    """',
        'def rev(s):\n    """Reverses."""\n\nHere rot("ba") == "ab".',
        'def two(a, b=1):\n    """\n    both(1, 2, 3) == 3\n    """',
        "Let g(n) be the number of divisors of n: g(6) = 4. Write a function: the least n with g(n) > k. Call it least.",
        'Write f(s). It must never happen that f("a") == "b"',
        'Write f(s). f("b") == "c" would be an error',
        'Write f(s). `f("c") == "d"` is not allowed',
        'Write f(s). Bad: f("f") == "g"',
        'Write f(s). We do not want f("o\'n") == "O\'N"',
        "Write f(n): the sum of f(17) and f(18) is 9",
        "Write f(n): the difference between f(17) and f(18) is 9",
        "Write f(n): it is false that f(3) == 9",
        "Write f(n): f(7) = 3 and 1",
        "Write f(n): the length of f(19) is 3",
        "Write f(n): twice f(16) is 4",
        "Write f(n): √f(6) == 2",
        "Write f(n): !f(7) == true",
        "Write f(n): neither f(27) = 1",
        "Write f(n): -f(3) = -5",
        "Write move(nums), in-place.\nInput: nums = [0, 1]\nOutput: [1, 0]",
        "Write height(root) of a binary tree.\nInput: root = [1, 2]\nOutput: 2",
        "Write a function called find(xs, target). For target = 3 the result is 1",
        "Write f(n). f(750) -> 12:30",
        "Write f(n). f(2) -> 1.2.3.4",
        "Write f(n). f(3) -> 1 1/2",
        "Write f(n). f(7) = 3 remainder 1",
        "Write f(n). f(7) = 5..7",
        "Write f(n). f(7) = 5 ± 1",
        "Write f(n). f(7) = 1 million",
        "Write f(n). f(7) = 5 mod 3",
        "Write f(n). f(7) = 1'000",
        "Write f(n). f(1024) -> 1 KB",
        "Write f(n). f(90) returns 1 hour 30 minutes",
        "Write f(n). f(2) → 2 is even",
        "Write f(n). f(5) → 5 January 2024",
        "Write f(n). f(5) → 5 May",
        "Write f(n). f(17) → 5 PM",
        "Write f(n). f(90) → 1h 30m",
        "Write f(n). f(30) → 1 quarter, 1 nickel",
        "Write f(s). f('abe') → 2 vowels and 1 consonant",
        "Write f(n). f(100) -> 212°F",
    ],
)
def test_what_is_no_example(text: str):
    assert sources(text) == []


def test_doctests_belong_to_the_function_to_complete_and_its_helpers_come_along():
    read = statement.read(STUB)
    assert read.entry_point == "volume"
    assert list(read.examples) == [
        "assert volume(0, 5) == 0",
        "assert round(volume(1.0, 1.0), 2) == approx(3.14)",
    ]
    assert read.prelude.startswith("import math")
    assert "return math.pi * radius**2" in read.prelude
    assert "def volume" not in read.prelude


@pytest.mark.parametrize(
    ("text", "entry_point"),
    [
        ("Write a function `slug(s)`.\n```python\ndef test_one():\n    assert slug('A b') == 'a-b'\n```", "slug"),
        ("Write a function is_even(n).\n```python\ndef check(candidate):\n    assert candidate(2) == True\n```", "is_even"),
        ("Write `area(r)`.\n```python\ndef main():\n    print(area(2))\n```", "area"),
        ("Implement the class LRU.\n```python\nclass LRU:\n    def __init__(self): ...\n    def get(self, k): ...\n```", "LRU"),
    ],
)
def test_tests_and_uses_of_a_function_are_not_the_one_to_be_completed(text: str, entry_point: str):
    assert statement.read(text).entry_point == entry_point


MEANS = "```python\ndef mean(xs):\n    return sum(xs)\n\n\ndef total(xs):\n    return 1\n```"


@pytest.mark.parametrize(
    ("text", "entry_point"),
    [
        (f"Fix the function `mean` below.\n{MEANS}", "mean"),
        ("We already have a function square(x) with square(3) == 9. Write a Python function cube(x).", "cube"),
        ("Given the helper function dist(a, b), implement nearest(p, pts). dist(1, 2) == 1", "nearest"),
        ("Using the function `isqrt()` from math, write a Python function is_square(n).", "is_square"),
        ("I have a function mean(xs) that is slow. Fix it.", "mean"),
        ("Write a helper function slug(s) and use it in a function title(s).", "slug"),
        (
            "Given a graph as a dict, return the shortest path of two nodes. def shortest_path(graph, start, goal)",
            "shortest_path",
        ),
        ("Return the largest of the items.\n\ndef largest(items) -> int", "largest"),
        ("Write a function that is called once per second.", None),
        ("Write a function. The method called must be recursive.", None),
        ("Let S(n) be a sum of primes. S(10) = 17. Find S(2000000). Write a Python program to do it.", None),
    ],
)
def test_the_function_to_be_written_is_told_from_those_that_are_there(text: str, entry_point: str | None):
    read = statement.read(text)
    assert (read.wants_code, read.entry_point, read.examples) == (True, entry_point, ())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Write a script with a function add(a, b) and three assert statements.", True),
        ("Write a function add(a, b). It should pass these tests:\nassert add(1, 2) == 3", False),
    ],
)
def test_assertions_are_kept_where_they_were_asked_for(text: str, kept: bool):
    assert wanted.wants_tests(text) is kept


@pytest.mark.parametrize("fence", ["```python\n{}\n```", "{}"])
def test_a_class_with_one_method_is_called_by_it(fence: str):
    stub = "class Solution:\n    def two(self, nums: List[int], target: int) -> List[int]:\n        "
    read = statement.read(
        f"Return their indices.\n\n{fence.format(stub)}\n\nInput: target = 9, nums = [2, 7]\nOutput: [0, 1]\n"
    )
    assert (read.wants_code, read.entry_point) == (True, "Solution")
    assert list(read.examples) == ["assert Solution().two([2, 7], 9) == [0, 1]"]
    assert read.prelude == "from typing import List"


@pytest.mark.parametrize("named", ["two", "Solution().two", "Solution.two"])
@pytest.mark.parametrize(
    "more", ["", "\n    def one(self, nums: List[int]) -> int:\n        pass\n", "\n        # two([1], 1)\n"]
)
def test_a_method_that_is_named_is_that_of_the_class_which_is_shown(named: str, more: str):
    stub = f"class Solution:\n    def two(self, nums: List[int], target: int) -> List[int]:\n        pass\n{more}"
    shown = "Input: nums = [2, 7], target = 9\nOutput: [0, 1]\n"
    read = statement.read(f"Return their indices.\n\n```python\n{stub}\n```\n\n{shown}", named)
    assert (read.entry_point, read.prelude) == ("Solution", "from typing import List")
    assert list(read.examples) == ["assert Solution().two([2, 7], 9) == [0, 1]"]


@pytest.mark.parametrize(
    "text",
    [
        "```python\nclass Node:\n    def insert(self, x):\n        self.v = x\n```\nWrite it: assert insert([1], 2) == [1, 2]",
        "```python\nclass P:\n    def q(self):\n        pass\n\ndef far(a):\n    def insert(b):\n        pass\n```\nWrite it.",
        "```python\nclass Shape:\n    def insert(self):\n        raise NotImplementedError\n```\nWrite a function that sums.",
    ],
)
def test_a_class_that_is_given_does_not_take_the_place_of_the_function(text: str):
    assert statement.read(text, "insert").entry_point == "insert"


def test_a_method_is_named_where_no_class_is_shown():
    text = "Return their indices.\n\nExample 1:\n\nInput: nums = [2, 7], target = 9\nOutput: [0, 1]"
    judge = Judge(Problem(text, entry_point="Solution().two"))
    assert judge.problem.text.endswith("```python\nclass Solution:\n    def two(self, nums, target):\n```")
    assert judge.checks == ("1 example in the statement",)


@pytest.mark.parametrize(
    ("opened", "closed"), [("~~~python", "~~~"), ("````", "````"), ("```{.python}", "```"), ("Go on: ```py", "```")]
)
def test_a_function_to_complete_may_stand_in_any_kind_of_fence(opened: str, closed: str):
    read = statement.read(f'Complete it.\n\n{opened}\ndef twice(x):\n    """ Doubles it. """\n{closed}\n')
    assert (read.entry_point, read.stub) == ("twice", 'def twice(x):\n    """ Doubles it. """')


def test_a_fence_within_a_docstring_does_not_end_the_function():
    stub = 'def size(text):\n    """ Of Markdown:\n    ```\n    code\n    ```\n    >>> size("a")\n    1\n    """'
    read = statement.read(f"Complete it.\n```python\n{stub}\n```\n")
    assert (read.stub, len(read.examples)) == (stub, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Task\n~~~~\nWrite a function named `dbl` that doubles x.\n",
        "Task\n~~~~\nWrite a function named `dbl` that doubles x.\n\nNote\n~~~~\nIt must be fast.\n",
        "Use ```python for your code.\n\nWrite a function named `dbl` that doubles its argument.\n",
        "Put the code in ```python\n\nWrite a function named `dbl` that doubles its argument.\n",
        "Write a function named `dbl` that doubles, as in: ```python\nx * 2\n```\n",
        "Write code that doubles:\n```\n2 -> 4\n``` in a function named `dbl`.\n",
        "Write a function.\n\n```markdown\n# Title\n```python\nprint(1)\n```\n```\n\nThe function is named `dbl`.\n",
        '# Example:\n# ```python\n# dbl(2)\n# ```\ndef dbl(x):\n    """ Doubles. """\n',
        "Write a function named `dbl`. It was:\n> ```python\n> def f(x): ...\n> ```\n",
    ],
)
def test_what_only_looks_like_a_fence_hides_nothing(text: str):
    read = statement.read(text)
    assert (read.wants_code, read.entry_point) == (True, "dbl")


@pytest.mark.parametrize("asked", ["Explain this:", "Why does this return None?", "What does this return for 3?"])
def test_a_question_about_code_that_begins_in_its_line_is_no_request_for_code(asked: str):
    text = f"{asked} ```python\ndef f(x):\n    return x\n```\n"
    assert (statement.read(text).wants_code, wanted.asks(text)) == (False, True)


def test_a_function_to_complete_may_stand_behind_a_fence_with_its_uses():
    text = "Make it negative.\n\n```python\nnegative(1);  # return -1\n```\ndef negative( n ):\n"
    assert (statement.read(text).stub, sources(text)) == ("def negative( n ):", ["assert negative(1) == -1"])


def test_a_function_to_complete_may_stand_in_no_fence():
    helper = "import math\n\n\ndef helper(x):\n    return x"
    read = statement.read(f'{helper}\n\n\ndef area(r: float) -> float:\n    """\n    >>> area(0)\n    0\n    """\n')
    assert (read.entry_point, list(read.examples)) == ("area", ["assert area(0) == 0"])
    assert read.prelude == helper


def test_the_users_entry_point_wins():
    assert statement.read(STUB, "area").entry_point == "area"


def test_examples_under_another_name_are_those_of_the_named_function():
    """`f(1)=2 … Call it nth_prime` once made a check that no candidate could pass."""
    text = "Write a Python function that returns the n-th prime number. f(1)=2, f(10)=29. Call it nth_prime."
    read = statement.read(text)
    assert read.entry_point == "nth_prime"
    assert list(read.examples) == ["assert nth_prime(1) == 2", "assert nth_prime(10) == 29"]


def test_samples_of_a_program():
    read = statement.read("Write a program that adds.\n\nInput:\n3 4\nOutput:\n7\n\nInput: 1 1\nOutput: 2\n")
    assert read.samples == (Sample("3 4\n", "7"), Sample("1 1\n", "2"))
    assert read.entry_point is None


@pytest.mark.parametrize(
    "sample",
    [
        "Input:\n```\n3 4\n```\nOutput:\n```\n7\n```",
        "**Input:** 3 4\n**Output:** 7\n**Note:** three and four",
        "Input: 3 4\nOutput: 7\nExplanation: 3 + 4 is 7",
        "Sample Input 1:\n\n3 4\n\nSample Output 1:\n\n7\n\nThat is all.",
        "-----Examples-----\nInput\n3 4\n\nOutput\n7\n\n-----Note-----\nNone.",
        "### Sample Input 1\n\n3 4\n\n### Sample Output 1\n\n7\n\n1 <= a <= 9",
        "Input: `3 4`\nOutput: `7`",
        "Input: 3 4\nOutput: 7\n\nThanks!",
        "Input: 3 4\nOutput: 7 (the sum)",
        "Input: 3 4\nOutput: 7\n---\nRespond in Python.",
        "Input: 3 4\nOutput: 7\n## Task\nGo.",
        "Input: 3 4\nOutput: 7\n\n3 + 4 = 7.",
        "Input: 3 4\nOutput: 7\nYour program should read from a stream.",
        "input: standard input\noutput: standard output\n\ninput\nCopy\n3 4\noutput\nCopy\n7",
        "Input\n\nN\nA1 A2 ... AN\n\nOutput\n\nmax\n\nSample Input\n3 4\nSample Output\n7",
        "Input: 3 4\nOutput: 7\n\nTest 2:\n",
        "Input: 3 4\nOutput: 7\nTime limit: 1 second",
        "Input: 3 4\nOutput: 7\nRequirements:\n- Be fast",
        "Input: 3 4\nOutput: 7\nMake it fast",
        "Input: 3 4\nOutput: 7\nThanks!",
        "Input: 3 4\nOutput: 7\n- Use no libraries",
        "Input: 3 4\nOutput: 7\nwhere 7 is the sum",
        "Input: 3 4\nOutput: 7 // 3 + 4",
        "Input: 3 4\nOutput: 7   # 3 + 4",
        "Input: 3 4\nOutput: 7, because it adds",
        "inputCopy\n3 4\noutputCopy\n7\n",
        "Sample Input #1\n3 4\n\nSample Output #1\n7\n",
        "-----Sample Input:-----\n3 4\n\n-----Sample Output:-----\n7\n",
        "Input: 3 4 Output: 7",
    ],
)
def test_samples_in_every_layout(sample: str):
    assert statement.read(f"Write a program that adds.\n\n{sample}\n").samples == (Sample("3 4\n", "7"),)


@pytest.mark.parametrize(
    ("shown", "stdout"),
    [
        ("2\n\nNO", "2\n\nNO"),
        ("5\n\nTotal\n7", "5\n\nTotal\n7"),
        ("limit\n3", "limit\n3"),
        ("15\n\nSCORING\nInputs 2-5: N <= 100", "15"),
        ("YES\nNO\n\n## Subtasks\n1: a < 10", "YES\nNO"),
        ("3\n\nSource", "3"),
    ],
)
def test_a_sample_ends_where_another_section_begins(shown: str, stdout: str):
    assert [sample.stdout for sample in statement.read(COMPETITION.replace("3", shown)).samples] == [stdout]


def test_an_empty_line_ends_no_sample():
    """The first half of a sample once turned every right program down."""
    read = statement.read("Write a program that adds.\nInput:\n2\n1 2\n\n3 4\n\nOutput:\n3\n\n7\n\nIt adds each pair.")
    assert read.samples == (Sample("2\n1 2\n\n3 4\n", "3\n\n7"),)


@pytest.mark.parametrize(
    "output",
    ["*\n**\n***\n****", "Case 1:\n3\nCase 2:\n4", "2\nYES", "2\nswap 1 2\nswap 3 4", "2\n-1 3\n- 3"],
)
def test_what_belongs_to_an_output_stays_in_it(output: str):
    assert statement.read(f"Write a program.\n\nInput:\n3\n\nOutput:\n{output}").samples == (Sample("3\n", output),)


def test_each_of_several_examples_ends_where_the_next_begins():
    read = statement.read("Write a program.\n\nExample 1:\nInput: 3\nOutput: nine\n\nExample 2:\nInput: 4\nOutput: 16")
    assert read.samples == (Sample("3\n", "nine"), Sample("4\n", "16"))


COMPETITION = """You are given a string. Find the number of its letters.

-----Input-----
The first line contains the string.

-----Output-----
Print the number.

-----Examples-----
Input
abc

Output
3
"""


def test_a_competitions_problem_wants_a_program_without_saying_so():
    read = statement.read(COMPETITION)
    assert (read.wants_code, read.samples) == (True, (Sample("abc\n", "3"),))


@pytest.mark.parametrize(
    ("shown", "wants_code"),
    [
        ("Any is recognized as a positive answer).Sample Input 1:\n3\n\n4\n\nSample Output 1:\n\n7\n\n", True),
        ("\nSample Input 1\tSample Output 1\n3 4\t7\n", True),
        ("\nSample Input 1 Sample Output 1\n3 4 7\n", True),
        ("\nSAMPLE INPUT (file ride.in)\n\nCOM\nHV\n\nSAMPLE OUTPUT (file ride.out)\n\nGO\n", True),
        ("\n### Sample Input 1\n3 4\n\n### Sample Output 1\n7\nThe sum of 3 and 4 is 7.\n", True),
        ("\n**Sample Input:**\nfoo = 3\n\n**Sample Output:**\n7\n", True),
        ("The sample input and the sample output of an amplifier are 3 V and 6 V.", False),
        ("What is the rule? Sample input: abc. Sample output: cba.", False),
        ("Sample input: 500 J. Sample output: 400 J.", False),
        ("\nSample input voltage: 0.2 V\nSample output voltage: 5 V", False),
        ("\nSample Input: b a\nSample Output: a b\n\nSample Input: z y\nSample Output:", False),
    ],
)
def test_headings_of_samples_want_a_program_even_where_these_cannot_be_read(shown: str, wants_code: bool):
    """A sample in half would turn every right program down; the problem was once answered in words."""
    read = statement.read(f"Find the least number. {shown}")
    assert (read.wants_code, read.samples) == (wants_code, ())


@pytest.mark.parametrize(
    "said",
    [
        "If there are several, print any of them.",
        "Print any suitable permutation.",
        'Note that "aba" is also a valid answer.',
        "There may be multiple solutions.",
        "If there is more than one solution, print one of them.",
        "If there are multiple possible arrays, print one of them.",
        "If there are multiple optimal paths, print one.",
        "If several exist, you may print either.",
        "If there are several, output arbitrary one.",
        "If there are several, return one of them.",
    ],
)
def test_where_several_results_are_right_a_shown_one_decides_nothing(said: str):
    read = statement.read(f"{COMPETITION}\n{said}")
    assert (read.wants_code, read.samples) == (True, ())
    assert sources(f"Write it. pick([1, 2]) == 1. {said}") == []


@pytest.mark.parametrize(
    "said",
    [
        "Print the two numbers in any order.",
        "You may output the words in arbitrary order.",
        "The order of the printed words does not matter.",
    ],
)
def test_a_sample_whose_order_is_left_open_decides_nothing(said: str):
    read = statement.read(f"{COMPETITION}\n{said}")
    assert (read.wants_code, read.samples) == (True, ())


@pytest.mark.parametrize(
    "said",
    [
        "If there are several paths, print the shortest one.",
        "Print the number of ways to choose one of them.",
        "Output either YES or NO.",
        "Print one of these: YES, NO or MAYBE.",
        "It outputs one of these words.",
        "Print one of them to each player.",
        "The letters can be rearranged in any order.",
        "Print the least time to collect all coins in any order.",
        "Write a program that reads n words in arbitrary order.",
        "Print YES if they can be taken in any order.",
        "The answers of the jury come in any order.",
        "Print the result: letters may stand in any order.",
        "The edges are given in arbitrary order.",
        "The order of the coins does not matter.",
        "The difference is at most 10^5.",
        "It must be printed within 0.01 seconds.",
        "A password has at least 8 digits.",
        "Print it with a precision of 2 decimal places.",
        "Print the area with an accuracy of two digits.",
        "Find all pairs with a difference of at most 0.01.",
        "Count the measurements within 0.01 of the mean.",
        "Count the steps until the error is less than 0.001.",
        "The answer is for cells within 10-20 metres.",
        "Count the numbers with at least two digits after the point.",
    ],
)
def test_a_sample_decides_where_just_one_output_is_right(said: str):
    assert statement.read(f"{COMPETITION}\n{said}").samples == (Sample("abc\n", "3"),)


@pytest.mark.parametrize(
    "said",
    [
        "Print at least 6 digits after the decimal point.",
        "Your answer must be within $10^{-6}$ of the right one.",
        "Use a precision of 10^-9.",
        "A result within 10^{-12} of ours is correct.",
        "Print it with a precision of at least 3 digits.",
        "It is calculated with an accuracy of 1e-6.",
        "It is right if the difference to ours is at most 10^-5.",
        "The error should be less than 10^{-6}.",
        "Errors of at most 1e-4 are ignored.",
        "Print at least 4 decimals.",
    ],
)
def test_a_printed_number_is_held_as_nearly_as_the_statement_says(said: str):
    (sample,) = statement.read(f"{COMPETITION.replace('3', '0.3333333')}\n{said}").samples
    assert sample.is_met_by("0.33333333333")
    assert not sample.is_met_by("0.3334")


@pytest.mark.parametrize(
    ("said", "shown", "met", "missed"),
    [
        (
            "The absolute or relative error may be 1e-6.",
            "0.3333333",
            ["0.33333333333", "0.3333330"],
            ["0.33", "", "1/3", "inf"],
        ),
        ("Your answer is right if its error does not exceed 1e-6.", "3.50 4", ["3.5 4.0"], ["3.5", "3.5 4 5"]),
        ("You may print every letter in any case.", "YES 3", ["yes 3", "Yes 3"], ["NO 3", "YES 4"]),
        ("Any case will do.", "1000000000 007", ["1000000000 007", "1000000000.0 007"], ["1000000001 007", "1000000000 7"]),
        ("", "Yes 0.50", ["Yes  0.50\n"], ["yes 0.50", "Yes 0.5"]),
    ],
)
def test_an_output_is_held_as_loosely_as_the_statement_says(said: str, shown: str, met: list[str], missed: list[str]):
    (sample,) = statement.read(f"{COMPETITION.replace('3', shown)}\n{said}").samples
    assert [sample.is_met_by(printed) for printed in met] == [True] * len(met)
    assert [sample.is_met_by(printed) for printed in missed] == [False] * len(missed)


@pytest.mark.parametrize(
    "text",
    [
        "Write a program that adds.\nInput: a word\nOutput: the word reversed",
        "Write a program that converts.\nInput: temperature in Celsius\nOutput: temperature in Fahrenheit",
        "Write a program that adds.\nInput: sales.csv\nOutput: 1234",
        "Write a program.\nInput: Bob\nOutput: Hello there, Bob!\nHow are you today?\n\nGoodbye now, Bob!",
        "Write a program that adds.\nInput: two integers on one line\nOutput: their sum",
        "Write a program.\nInput:\n3\nOutput:\n9\nMake it fast",
        "Write a program that greets.\nSample Input:\nEnter your name: Bob\nSample Output:\nHello, Bob!",
        "Write a Python function that gives the factorial.\nInput: 5\nOutput: 120",
        "```python\nclass Solution:\n    def two(self, nums, target):\n```\nInput: nums = [2, 7], target = 9\nOutput: [0, 1]",
    ],
)
def test_what_is_no_sample_of_a_program(text: str):
    """Each of them once turned every right candidate down."""
    assert statement.read(text).samples == ()


@pytest.mark.parametrize("above", ["@cache", "Example problem", "def half("])
def test_what_stands_above_a_stub_and_is_no_program_stays_out_of_candidates(above: str):
    read = statement.read(f"Complete:\n```\n{above}\ndef fib(n):\n    ...\n```")
    assert (read.entry_point, read.prelude) == ("fib", "")


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("data = read()", False),
        ("n = int(input())", False),
        ("lines = sys.stdin.readlines()", False),
        ("from helpers import load", False),
        ("from .helpers import load", False),
        ("print(MOST)", False),
        ("class Tree(Base):\n    pass", False),
        ("INF = float('inf')", True),
        ("Point = namedtuple('Point', 'x y')", True),
        ("MODULUS = 10 ** 9 + MOST", True),
        ("def load(path):\n    return read(path)", True),
        ("squares = [n * n for n in range(MOST)]", True),
    ],
)
def test_code_that_would_keep_a_candidate_from_being_imported_is_not_put_before_it(line: str, kept: bool):
    given = "import sys\n\nfrom collections import namedtuple\n\nMOST = 7"
    read = statement.read(f"Complete:\n```\n{given}\n\n{line}\n\ndef fib(n):\n    ...\n```")
    assert read.prelude == (f"{given}\n\n{line}" if kept else given)


def test_examples_under_another_name_in_the_docstring_are_the_functions_own():
    assert sources('```python\ndef shortest(xs):\n    """\n    shorter(["a"]) => "a"\n    """\n```') == [
        "assert shortest(['a']) == 'a'"
    ]


HOSTILE = 100_000


@pytest.mark.parametrize(
    "text",
    [
        "```" + " " * HOSTILE + "x",
        "a~~~py\n" * (HOSTILE // 7),
        '```python\n"""\n(\n```\ntext\n' * (HOSTILE // 24),
        "input: a\n" * (HOSTILE // 9),
        "input" + " " * HOSTILE,
        "f(" * (HOSTILE // 2),
        "f(1)=1 " * (HOSTILE // 7),
        "\n" * HOSTILE,
        "input: 3\noutput: " + "7\n\n" * (HOSTILE // 3) + ". ",
        "input: 3\noutput: 7\n" + "ab " * (HOSTILE // 3),
        "assert f(\n" * (HOSTILE // 10),
        "Write f(n). " + "never f(a, " * (HOSTILE // 11),
        "X = " + "+".join("1" * 1_500) + "\n\ndef f(n):\n    pass\n",
    ],
    ids=[
        "fence",
        "tildes",
        "quotes",
        "labels",
        "spaces",
        "calls",
        "values",
        "lines",
        "gaps",
        "words",
        "assertions",
        "negations",
        "sum",
    ],
)
def test_a_hostile_text_is_read_all_the_same(text: str):
    """Each of these once took minutes; the suite's own patience is the bound."""
    assert len(statement.read(text).samples) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "Write a function f.\n>>> f(1)\n1e999",
        "Write a function f.\n>>> print(f(1))\n1e999",
        "Write a function f.\nassert f(" + "+".join("1" * 450) + ") == 3",
        "Write a function f. f(" + "+".join("1" * 450) + ") == 3",
        "Write a function f. f(" + "-" * 450 + "1) == 3",
    ],
)
def test_an_example_that_cannot_be_written_down_again_is_none(text: str) -> None:
    assert sources(text) == []


def test_inputs_given_by_name_become_arguments():
    docstring = "Example 1:\n        Input: arr = [1, 2], k = 2\n        Output: [1, 2]\n"
    text = f"```python\ndef most(arr, k):\n    '''\n    {docstring}    '''\n```"
    assert sources(text) == ["assert most([1, 2], 2) == [1, 2]"]


FOR_A_CHANGE = (
    "Debug this:",
    "Make this faster:",
    "Optimize this code:",
    "Add type hints:",
    "Rewrite without recursion",
    "Change it so that the result is doubled.",
    "Correct the following code:",
    "Fix the error in this:",
    "Turn this into a generator.",
    "Now do the same for three:",
    "f(0) should return 0.",
)


@pytest.mark.parametrize(
    ("text", "wants_code"),
    [
        ("What is the sum of all multiples of 3 or 5 below 1000?", False),
        ("Emily has 4 kids named Amy, Jackson, Corey, and James. How old is Amy?", False),
        ("Every day he has a 15-minute call with his boss. How many minutes are left?", False),
        ("Use the four numbers 4 5 6 10, each exactly once, to make 24. Answer with the expression alone.", False),
        ("Write a Python function that reverses a list.", True),
        ("Write a program that prints the first ten primes.", True),
        ("Implement the class Stack with push and pop.", True),
        (STUB, True),
        ("Tom must complete a training program of 12 weeks, 3 hours each. How many hours is that?", False),
        ("If f(1) = 2 and f is linear with slope 3, find f(10).", False),
        ("Write f(n), which doubles n.", True),
        ("Given f(2) = 3 and f(5) = 9, what is the slope? Please put your final answer within \\boxed{}.", False),
        ("If f is linear with f(1) = 3 and f(2) = 5, what is f(10)?\nA) 19\nB) 20\nC) 21", False),
        ("We build a program that takes 3 hours. How many minutes is that? Put your final answer within \\boxed{}.", False),
        ("What is the output?\n```python\ndef f(x):\n    return x * 2\nprint(f(2) == 5)\n```\nA. True\nB. False", False),
        ("What does f(10) return?\n\ndef f(x):\n    return x * 2\n", False),
        ("Complete the assertion.\n```python\ndef f(x):\n    return x\nassert f([1, 3]) == ??\n```", False),
        ("Complete it.\n\n```python\ndef f(x):\n    return x\n```\nassert f([1, 3]) == # TODO\n", False),
        ("Complete it.\n\n```python\ndef f(x):\n    return x\n```\nassert f([1, 3]) == ____\n", False),
        ("Complete it.\n\n```python\ndef f(x):\n    return x\n```\nassert f([1, 3]) ==\n", False),
        ("Here is f.\n\n```python\ndef f(x):\n    return x\n```\nf(21) = ?\n", False),
        ("Here is f.\n\n```python\ndef f(x):\n    return x\n```\n`f(21) == ?`", False),
        ("Write a function f(n) with f(1) = 2, f(2) = 5, f(3) = ?", True),
        ("Implement f(n) in Python.\n\nassert f(1) == 2\nassert f(2) ==\n\n", True),
        ("What is its negative?\n\ndef negative(n):\n    # your code here\n", True),
        ("What is its negative?\n\n```python\ndef negative(n):\n    return -n\n```\n", False),
        ("What is the time complexity?\n\n```python\ndef f(n):\n    pass\n```\n", False),
        ("Write a function f so that\n\n```\nassert f(2) == # four\n```\n\nholds.", True),
        ("Define a function f(x, y) such that f(0, y) = y + 1, f(1, 0) = 2. Determine f(4, 1981).", False),
        ("Define a function $g$ by $g(x) = 2x$. Find $g(g(3))$.", False),
        ("Define the function $f$ by \\[f(x)=x^2-3.\\]Find $f(f(2))$.", False),
        ("Create a function that computes \\[x^2\\] Compute it for lists too.", True),
        ("Make the piecewise function continuous: find $a + b$.", False),
        ("Sort words.\nInput: b a\nOutput: a b\n\nInput: z y\nOutput:", False),
        ("Define a Python function that finds the largest of three numbers.", True),
        ("Create a function to compute the factorial", True),
        ("Implement binary search.", True),
        ("Could you implement quicksort in Python?", True),
        ("Generate a Python function that validates IBANs.", True),
        ("I need code for parsing lines", True),
        ("Why does this fail?\n```python\ndef f(x): return x.foo\n```\nPlease fix it.", True),
        ("Explain what this does.\n```python\ndef f(x):\n    return x\n```", False),
        ("Write the function f(x)=x^2+2x+1 in vertex form.", False),
        ("Write a short poem about a python program.", False),
        ("Please implement `def is_even(n: int) -> bool`", True),
        ("Convert this to Python:\n```c\nint add(int a, int b) { return a + b; }\n```", True),
        ("I need a script that renames files", True),
        ("The factory will implement 3 changes. How many are left?", False),
        ('from typing import List\n\n\ndef largest(xs: List[int]) -> int:\n    """What is the largest?"""\n', True),
        ("How would you sort a list? Write a Python function that does it.", True),
        ("Python function that checks if a number is prime", True),
        ("I'd like a function that dedupes a list.", True),
        ("Please code fizzbuzz.", True),
        ("Schreib mir eine Funktion, die eine Liste sortiert.", True),
        ("Écris une fonction Python qui trie une liste.", True),
        ("Create a workout program for me.", False),
        ("Create a Workout class with methods add_exercise(name, minutes) and total().", True),
        ("What is wrong here? Fix the function.\n```python\ndef f(x):\n    return x\n```", True),
        (
            "Complete the assert with the output of the code.\n```python\ndef f(x):\n    return x\nassert f(1) == ??\n```",
            False,
        ),
        ("Complete the assertion with a literal, no function calls.\n\ndef f(x):\n    return x\nassert f(1) ==", False),
        ("Find an input. Produce the output when executing the function.\n\ndef f(x):\n    return x\nassert f(??) == 3", False),
        ("Give an input for which f returns 10.\n```python\ndef f(x):\n    return x + 1\n```", False),
        ("Provide the output of the function call only.\n```python\ndef f(x):\n    return x + 1\nf(3)\n```", False),
        ("Suppose f(x) is a polynomial with f(0) = 1, f(1) = 3, f(2) = 7. Give f(5).", False),
        ("State the value of f(10) if f(1) = 2 and f(2) = 4.", False),
        ("A bank needs to generate a PIN code of 4 distinct digits. Compute the number of codes.", False),
        ("A school wants to create a program of 5 events out of 8. Find the number of possible programs.", False),
        ("Create a PIN code of 4 digits. Find the number of codes. count(4) == 10000", True),
        ("Create a secret code from a name. Find the number of codes.\nInput: Bob\nOutput: 7", True),
        ("Generate an access code from a user's id. Find the number of codes.", True),
        ("Create a secret code from a name. Calculate the sum of the letter positions.", True),
        ("Create a program of 3 parts. Find the number of primes below n.", True),
        ("Create a PIN code of 4 digits.", True),
        ("Generate a PIN code of 4 digits. Find out whether it is free. Write it in Python.", True),
        ("Create a program of 5 lines. Find a good name for it.", True),
        ("Create a PIN code checker. Find all that are weak.", True),
        ("Give the ASCII code of A.", False),
        ("Provide the ISO country code.", False),
        ("Give the optimal value of the program min x with x > 3.", False),
        ("Give the zeros of the function x^2 - 4.", False),
        ("Show the total number of posters for the class.", False),
        ("Show the value of x after the code runs: x = 3; x += 1", False),
        ("Write the exponential function that passes through (0, 2) and (1, 6).", False),
        ("Write a function rule for the table.", False),
        ("A program that implements a sorting algorithm runs slowly. Which change would help most?", False),
        ("For the following program, show the output of the program.", False),
        ("Complete the following analogy: code is to program as words are to ...", False),
        ("Which is best?\nA. Implement a sorting algorithm\nB. Buy a faster disk\nC. Fix the code", False),
        ("Write a bash one-liner that counts the lines of all files.", False),
        ("Write a JavaScript function that reverses a string.", False),
        ("Write a function in C++ that adds two numbers.", False),
        ("Create a simple Java class for a stack.", False),
        ("Write a C program that prints hello.", False),
        ("Write a function that counts the words in JavaScript code.", True),
        ("Write a function that parses Java version strings.", True),
        ("Write a Python program that calls a shell script.", True),
        *((f"{asked}\n```python\ndef f(x):\n    return x + 1\n```", True) for asked in FOR_A_CHANGE),
        ("Requirements:\nA. It must be fast.\nB. It must be short.\nWrite a Python function `sq(x)` that squares.", True),
        ("Create a SQL parser function in Python", True),
        ("Write a html parser function", True),
        ("Create a SQL generator class", True),
        ("Write a Python or Java function that adds", True),
        ("Write a quadratic function in python that returns roots", True),
        ("Write a cubic function that evaluates ax^3", True),
        ("Complete the sequence function in Python", True),
        ("Give me efficient code for primes", True),
        ("Provide me with code for an LRU cache", True),
        ("Give me in python a function that adds", True),
        ("Write: a function that adds", True),
        ("Write a class Point.\n```python\ndef __eq__(self, __o): return self.x == __o.x\n```", True),
        ("Give me code that sorts a list.", True),
        ("Provide the Python code for quicksort.", True),
        ("Give me a function that reverses a string.", True),
        ("Show me some example code for reading a file.", True),
        ("Code a function that doubles a number.", True),
        ("Please program a class for stacks.", True),
        ('def double(x):\n    """Twice x."""\n', True),
        ("```python\nclass Solution:\n    def twice(self, x: int) -> int:\n```", True),
        ("add(1, 2) == 3 and add(2, 2) == 4", True),
        ("rev('ab') = 'ba', rev('abc') = 'cba'", True),
    ],
)
def test_questions_are_told_from_requests_for_programs(text: str, wants_code: bool):
    assert statement.read(text).wants_code is wants_code


@pytest.mark.parametrize(
    ("said", "wants_code"),
    [
        ("What is f(21)?", False),
        ("It is mine.\n\nWhat is f(21)?\nA) 21\nB) 42", False),
        ("What is f(21)?\n\nA) 21\nB) 42", False),
        ("print(f(3))\n\nWhat is printed?", False),
        ("Explain how it works.", False),
        ("What is wrong? Fix the function.", True),
        ("Make it faster.\n\nThanks!", True),
        ("Make it faster.\n\nFollow up: What if x is a text?", True),
        ("def g(x):\n    # What is the least?", True),
        ("Do not use any libraries.", True),
        ("Do it in one line.", True),
        ("Explain the changes.", True),
        ("Does not work for [1, None], repair it please.", True),
        ("Is it possible to make this faster?", True),
        ("Does anyone know a shorter version?", True),
        ("What would it look like with sum()?", True),
        ("Is it linear?", False),
        (">>> f(3)\n6\n\nDo not use a loop.", True),
        ("assert f(3) == 6\n\nDo it without a loop.", True),
        ("def g(x):\n    pass\n\nWhat is the least?", True),
        ("def g(x):\n    return x\n\nWhat is g(f(3))?", False),
    ],
)
def test_a_question_below_a_function_in_no_fence_is_seen(said: str, wants_code: bool):
    assert statement.read(f"def f(x):\n    return x * 2\n\n{said}").wants_code is wants_code


@pytest.mark.parametrize(
    ("before", "wants_code"),
    [("Speed this up.", True), ("Please vectorize:", True), ("It is slow. Make it faster!", True), ("Here is my f:", False)],
)
def test_what_stands_below_a_function_that_is_to_be_changed_is_asked_of_the_new_one(before: str, wants_code: bool):
    assert statement.read(f"{before}\n\ndef f(x):\n    return x * 2\n\nExplain how it works.").wants_code is wants_code


@pytest.mark.parametrize("body", ["pass", '"""Of x,\n\nwhat is the least?', "# What?"])
def test_a_question_below_a_function_that_is_left_open_may_be_what_it_answers(body: str):
    assert statement.read(f"def f(x):\n    {body}\n\nWhat is the least?").wants_code


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("now make it faster", False),
        ("and without recursion?", False),
        ("add type hints", False),
        ("compute the values in a loop instead", False),
        ("Can you find a way without recursion?", False),
        ("Determine the type of each argument and add hints.", False),
        ("also print the cube", False),
        ("why?", True),
        ("Are you sure?", True),
        ("Explain how it works", True),
        ("thanks", True),
        ("Thanks, but why does it work?", True),
        ("Thanks, but make it faster.", False),
        ("thank you, now it should handle None", False),
        ("Do not use recursion.", False),
        ("Do the same for strings", False),
        ("Do the examples pass?", True),
        ("Do you know a faster one", True),
        ("Is it O(n)?", True),
        ("How would that look with a heap?", True),
        ("Determine the capital of France.", True),
        ("Sum the b column of @sales.csv. Answer with the number.", True),
        ("Count the lines of log.txt. Please reply with only the number.", True),
        ("Let x + 1/x = 5 and y = x^3 + 1/x^3. Put your final answer in \\boxed{}.", True),
        ("ok", True),
        ("Great, thanks!", True),
        ("Hello.", True),
        ("It fails for 1", False),
        ("Use recursion", False),
        ("Now for negative numbers, too", False),
        ("Make it faster. Reply with just the one word.", False),
        ("Answer with the rounded number", False),
        ("Handle empty lists. Answer with the number 0 for these.", False),
        ("Your answer is wrong", False),
        ("Tell me what is wrong and rewrite it", False),
        ("Tell me the recursive version.", False),
        ("Express your answer as a lambda", False),
        ("Use fewer lines. Put your final answer in a class", False),
        ("ok, but use a loop", False),
        ("print hello", False),
    ],
)
def test_a_follow_up_that_asks_is_told_from_one_that_wants_a_change(text: str, asks: bool):
    assert wanted.asks(text) is asks


SAMPLE = "\n\nSample Input\n5\n\nSample Output\n120"
CASES = "\n\nExample 1:\nInput: xs = [3], k = 1\nOutput: 3\n\nExample 2:\nInput: xs = [4], k = 1\nOutput: 4"


@pytest.mark.parametrize(
    "text",
    [
        f"Write a program that reads n and prints n!.{SAMPLE}",
        f"Given n, print n!.{SAMPLE}",
        f"Given an integer n, print it backwards.{SAMPLE}",
        f"Find the sum.{CASES}\n\nConstraints:\n1 <= k",
        "Write a program that prints the first ten primes",
        "Now write a Python script to rename files. It must be short.",
        "Write a class Stack with push and pop.",
        "Write a simple bank account class.",
        "I need a function that reverses a string.",
        "Write another function for adding two fractions.",
        "Write a function to sort a list without using sort().",
        "Write a function that takes two numbers and returns their gcd.",
        "Write a program that prints n!. For n = 3 the output should be 6",
    ],
)
def test_what_poses_another_problem_has_no_name_of_the_program_before(text: str):
    assert statement.poses_another(text, "cube")


@pytest.mark.parametrize(
    "text",
    [
        "For x = 3 the output should be 6",
        "Write a function that doubles. For x = 3 the output should be 6",
        "It fails for\nInput: 3\nOutput: 6",
        f"It is wrong for this:{SAMPLE}",
        f"No, that fails for{SAMPLE}",
        f"The second sample fails:{SAMPLE}",
        f"Please fix this:{SAMPLE}",
        f"Rewrite it so that it passes{SAMPLE}",
        f"Not quite.{CASES}\n\nConstraints:\n1 <= k",
        SAMPLE.strip(),
        f"It fails for this.{CASES}",
        "Make it faster",
        "Use a class",
        "Make it a class",
        "Write it as a function that returns a string",
        "Write a recursive function.",
        "Write a shorter program",
        "Write a function that uses recursion",
        "Write a function that handles empty lists",
        "Write a function that does the same without loops.",
        "Write a function that returns a list instead",
        "Write a helper function that checks the input",
        "Write the function without recursion",
        "Modify the program to print the result",
    ],
)
def test_what_is_said_of_the_program_before_keeps_its_name(text: str):
    assert not statement.poses_another(text, "cube")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Now make it return n to the fourth power and call it g", "g"),
        ("Call it `g` and make it faster", "g"),
        ("OK. Please call it power4, and add hints.", "power4"),
        ("name the function g", "g"),
        ("Could you call it g?", "g"),
        ("It should be called g", "g"),
        ("Add a parameter. Call the function g.", "g"),
        ("Make it return a list and call it multiply.", "multiply"),
        ("Call it g. g(2) = 16", "g"),
        ("rename it to g", "g"),
        ("Rename the function to `g`.", "g"),
        ("rename `cube` to g (it is shorter)", "g"),
        ("Rename cube() to g() and add hints", "g"),
        ("Change the function's name to g.", "g"),
        ("call it recursively", None),
        ("Call it before returning.", None),
        ("Call it inside, too", None),
        ("Call it g times", None),
        ("Call the function twice.", None),
        ("It should be called recursively.", None),
        ("Do not call it g", None),
        ("Mathematicians call it cubing", None),
        ("It fails when I call it x", None),
        ("Add a parameter for the exponent and call it k.", None),
        ("Use a helper variable. Rename it to total.", None),
        ("Halve the sum, call it s, and return s squared", None),
        ("rename n to x", None),
        ("Rename it to something better", None),
        ("Rename it to snake_case.", None),
        ("Save it and call it primes.py", None),
        ("Call it lambda", None),
        ("Now the input is a list, call it nums. cube([1, 2]) == [1, 8]", None),
        ("With a second number, call it k: cube(2, 3) == 6.", None),
        ("Extract the loop into a function and call it step", None),
        ("Keep a set and name it seen.", None),
        ("Rename it to PascalCase", None),
        ("rename it as follows: dbl", None),
    ],
)
def test_the_name_that_is_given_to_the_function_before(text: str, name: str | None):
    assert statement.renamed(text, "cube") == name


def test_what_is_to_be_renamed_is_to_be_changed():
    assert wanted.speaks_of_change("rename cube to g")


STUBS = [
    ('def f(x):\n    """Doc."""\n', 'def f(x):\n    """Doc."""'),
    (
        'import math\n\n\ndef g():\n    return 1\n\n\ndef f(\n    x,\n):\n    """Doc.\n\n    More.\n    """\n    # TODO',
        'import math\n\n\ndef g():\n    return 1\n\n\ndef f(\n    x,\n):\n    """Doc.\n\n    More.\n    """',
    ),
    ("def f(x):\n    ...\n", "def f(x):"),
    ("def f(x): pass", "def f(x):"),
    ('def f(é="ü"): pass', 'def f(é="ü"):'),
    ("def f(x):\n    raise NotImplementedError()\n", "def f(x):"),
    ("def f(x):\n    ", "def f(x):"),
    ("@cache\ndef f(x):\n    pass", "@cache\ndef f(x):"),
    ("class Solution:\n    def f(self, x: int) -> int:\n        ", "class Solution:\n    def f(self, x: int) -> int:"),
    ("def f(x):\n    return x - 1\n", ""),
    ('def f(x):\n    """Doc."""\n    return x - 1\n', ""),
    ('def f(x): "doc"', ""),
    ("def f(x):\n    pass\n\nassert f(1) == 2\n", ""),
    ("class Stack:\n    def push(self, x):\n        pass\n    def pop(self):\n        pass\n", ""),
    ("def f(x) ->:\n    pass\n", ""),
    ("def f(x):  # your code\n", "def f(x):  # your code"),
    ("class Solution:\n    def f(self):\n        # TODO\n", "class Solution:\n    def f(self):\n        # TODO"),
    ("import math\r\r\r\ndef f(x):\n    pass\n", ""),
    ("import math\r\ndef f(x):\r\n    pass\r\n", "import math\ndef f(x):"),
    ("import numpy as np\ndef f(x):\n    pass\n", ""),
    ("n = int(input())\ndef f(x):\n    pass\n", ""),
    ("def g(x):\n    pass\n\ndef f(x):\n    pass\n", ""),
    (
        "from typing import overload\n@overload\ndef f(x: int): ...\n@overload\ndef f(x: str): ...\ndef f(x):\n    pass\n",
        "from typing import overload\n@overload\ndef f(x: int): ...\n@overload\ndef f(x: str): ...\ndef f(x):",
    ),
]


@pytest.mark.parametrize(("code", "stub"), STUBS)
def test_what_is_left_to_be_written_is_gone_on_with_from_its_head(code: str, stub: str) -> None:
    assert statement.read(f"Complete this.\n\n```python\n{code}\n```\n").stub == stub


@pytest.mark.parametrize(
    "helper",
    [
        "fact = [1]\nfor i in range(1, 100):\n    fact.append(fact[-1] * i)",
        "try:\n    from math import comb\nexcept ImportError:\n    comb = None",
        "cache = {}\ncache.update(one=1)",
    ],
)
def test_what_a_helper_needs_stays_before_the_function(helper: str) -> None:
    read = statement.read(f"Complete this.\n\n```python\n{helper}\n\n\ndef f(x):\n    pass\n```\n")
    assert read.prelude == helper
    assert read.stub.startswith(helper)


@pytest.mark.parametrize(
    ("sample", "stdin", "stdout"),
    [
        ("Input: 7 // 2\nOutput: 3", "7 // 2\n", "3"),
        ("Input:\nenter 3\ntype\nOutput: 3", "enter 3\ntype\n", "3"),
        ("Input:\nenter A 12:30\nOutput: 3", "enter A 12:30\n", "3"),
        ("Sample Input:\nalice enter 09:15\nSample Output:\n3", "alice enter 09:15\n", "3"),
        ("Input:\ntype a:b\nOutput: 3", "type a:b\n", "3"),
        ("Sample Input:\ntype: circle\nSample Output:\n3", "type: circle\n", "3"),
        ('Input:\n{"type": "circle"}\nOutput: 3', '{"type": "circle"}\n', "3"),
        ("Sample Input:\nBob\nSample Output:\nEnter your name: Hello, Bob!", "Bob\n", "Enter your name: Hello, Bob!"),
        ("Input:\n2\nOutput:\nShopping\n- milk\n- eggs", "2\n", "Shopping\n- milk\n- eggs"),
        ("Input:\n2\nOutput:\nCase 1: 5\nCase 2: 6", "2\n", "Case 1: 5\nCase 2: 6"),
    ],
)
def test_a_remark_or_a_list_may_be_the_sample_itself(sample: str, stdin: str, stdout: str) -> None:
    assert statement.read(f"Write a program.\n\n{sample}").samples == (Sample(stdin, stdout),)


@pytest.mark.parametrize(
    "text",
    [
        "Write a function change(old, new): by how much does today's price differ? change(10, 12) == 2",
        "Write a function span(prices) for the current day of each stock. span([1, 2]) == [1, 2]",
    ],
)
def test_a_day_that_is_talked_of_is_not_the_day_of_the_run(text: str) -> None:
    assert len(statement.read(text).examples) == 1
