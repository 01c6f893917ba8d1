"""What a statement shows of the function it asks for: its examples in every usual spelling, as assertions."""

import ast
import builtins
import math
import re
from collections.abc import Iterator
from itertools import islice

from agent.verify import given
from agent.verify.assertions import asserted, holding, unfolded
from agent.verify.literals import closing, leading_literal, literal
from agent.verify.manner import manner
from agent.verify.source import LONGEST, parsed

PLACEHOLDERS = frozenset(("f", "g", "fn", "func", "foo", "function", "candidate", "solution", "solve", "my_function"))
"""Names under which a statement may show examples of a function that it names elsewhere."""
CONNECTIVE = re.compile(
    r"`?\s*+(?:#\s*+)?(?:[=-]{1,3}>|==|=|➞|→|⇒|≡|⟹|(?:is\s+)?equals?(?:\s+to)?|returns?|should\s+(?:return|be|equal|give)|must\s+(?:return|be|equal)|gives?|is|yields?)"
    r"\s*+:?\s*+`?",
    re.IGNORECASE,
)
COMMENT = re.compile(r"\s*+;?+\s*+#\s*+(?:(?:(?:should |must )?returns?:?|[-=]>|→|==)\s*+)?+(\S.*)", re.IGNORECASE)
"""Behind a call that stands alone: `f(16)  # 7`, `f(16);  # return 7`."""
TUPLES = re.compile(r"\btuples?\b|==\s*+\((?:\)|['\"][^(),\n]*+,)", re.IGNORECASE)
"""What says that tuples are meant, and `('b')` perhaps for one of them."""
TORN = re.compile(
    r"(?:(?:[\w)\]}'\"]\s*+[-+*/%^|&·×÷]|\b(?:no|neither|nor|twice|half|unlike|right now)|\b(?:recall|remember|false)(?: that)?"
    r"|\bactual(?:ly)?:?|\b(?:bad|wrong|incorrect|got):|(?:\b(?:not|never|cannot)|n['’]t)(?:\s++\w++){0,3}"
    r"|\b(?!(?:values?|results?|outputs?|calls?|cases?|examples?)\b)\w++ of|\w\([^()]*+\)`? (?:and|or|plus|minus|times))[\s`]*+"
    r"|[-!~√∑|])\Z",
    re.IGNORECASE,
)
"""What before a call says that it is a part of something larger, of another matter, or not what is wanted."""
EXPECTED = re.compile(r"\b(?:(?:I|we) (?:expect|want)|expected|should)\b", re.IGNORECASE)
NEAR = 200
"""Characters before a call that may say what it is a part of."""
MOST_CALLS = 1_000
"""Calls in the prose that are looked at."""


def find_examples(text: str, entry: str | None, method: str | None = None) -> tuple[tuple[str, ...], str | None]:
    """The examples of one function, and its name: the entry point's own, or else those of the one name that has any.

    Each is an assertion, one line of Python, that must hold of the candidate; it may use `pytest.approx` as `approx`.
    `method`: where the entry point is a class, the one that its inputs are given to; empty where it has several.
    """
    text, found = unfolded(text), dict[str, dict[str, str | None]]()
    called = f"{entry}().{method}" if method else "" if method == "" else entry or ""
    told = (*given.by_label(text, called), *given.in_prose(text, called)) if called else ()
    equations = (equation for call, expected in told for equation in _equation(call, expected))
    for name, call, expected in (*_doctests(text), *_asserts(text), *_inline(text), *equations):
        calls = found.setdefault(name, {})
        calls[call] = expected if calls.get(call, expected) == expected else None
    name = entry if entry in found else next(iter(found)) if len(found) == 1 else None
    if name is None or (entry and name != entry and not _stands_for(name, entry, text)):
        return (), entry
    fitting = None if name == entry or not entry else _counts(text, entry)
    wanted = {call: want for call, want in found[name].items() if want is not None and _fits(call, name, fitting)}
    if _defined_by_equation(name, text) and len({_kind(want) for want in wanted.values() if want}) > 1:
        return (), entry or name
    held = manner(text, entry or name).held(name, wanted)
    return tuple(_renamed(source, name, entry) if entry else source for source in held), entry or name


def _stands_for(name: str, entry: str, text: str) -> bool:
    """Whether the examples of one name are meant for another: a placeholder's, or those in the function's own docstring."""
    before, head, behind = text.partition(f"def {entry}(")
    docstring = re.search(
        r"(\"{3}|'{3})(.*?)(?:\1|\Z)", re.split(r"\n(?:async )?(?:def|class) ", behind, maxsplit=1)[0], re.DOTALL
    )
    own = head and f"{name}(" not in before and docstring and f"{name}(" in docstring[2] and not hasattr(math, name)
    return bool(own or name in PLACEHOLDERS) and not (_defined_by_equation(name, text) or _defined_in_words(name, text))


def _defined_by_equation(name: str, text: str) -> bool:
    """`f(n) = …`: then `f(1) = 2` may belong to a definition and not to the function that is asked for."""
    return re.search(rf"(?<![\w.]){re.escape(name)}\(\s*+[A-Za-z_]\w*+\s*+\)\s*+=(?!=)", text) is not None


def _defined_in_words(name: str, text: str) -> bool:
    """`Let g(n) be the number of divisors of n`."""
    return (
        re.search(rf"(?i:\b(?:let|define|denote|suppose)\b)[^.\n]{{0,20}}\b{re.escape(name)}\([A-Za-z]\w*+\)", text) is not None
    )


def _counts(text: str, entry: str) -> tuple[int, float] | None:
    """How many arguments it takes, at least and at most."""
    shown = given.head(text, entry)
    parameters = given.parts(shown[1]) if shown else []
    if not parameters:
        return None
    most = float("inf") if any(one.startswith("*") for one in parameters) else len(parameters)
    return sum("=" not in one and one[0] not in "*/" for one in parameters), most


def _fits(call: str, name: str, counts: tuple[int, float] | None) -> bool:
    calls = [node for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Call)]
    counted = [
        len(node.args) + len(node.keywords) for node in calls if isinstance(node.func, ast.Name) and node.func.id == name
    ]
    return counts is None or all(counts[0] <= count <= counts[1] for count in counted)


def _kind(want: str) -> str:
    value: object = ast.literal_eval(want)
    return "number" if isinstance(value, int | float) else type(value).__name__


def _doctests(text: str) -> Iterator[tuple[str, str, str]]:
    lines, changed = text.splitlines(), False
    complained = given.FAULTY.search(text) is not None and EXPECTED.search(text) is not None
    for index, line in enumerate(lines):
        if complained and line.startswith(">>> "):  # in no docstring: what the faulty one gives
            continue
        if not line.lstrip().startswith(">>> "):
            changed = changed and bool(line.strip())
            continue
        source, position = line.lstrip()[4:], index + 1
        while position < len(lines) and lines[position].lstrip().startswith("... "):
            source += "\n" + lines[position].lstrip()[4:]
            position += 1
        want: list[str] = []
        while position < len(lines) and not _ends_want(lines[position]):
            want.append(lines[position].strip())
            position += 1
        changed = changed or (not want and _calls(source))
        if not changed:  # what comes after `>>> put(1)` is said of what that did
            yield from _equation(source, " ".join(want))
            yield from _asserts(f"assert {source}") if want in ([], ["True"]) and "==" in source else ()


def _calls(source: str) -> bool:
    tree = parsed(source)
    return tree is not None and isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Call)


def _ends_want(line: str) -> bool:
    return not line.strip() or line.strip().startswith((">>>", '"""', "'''", "```"))


def _asserts(text: str) -> Iterator[tuple[str, str, str]]:
    """An assertion that is no plain equation holds as it is written, if it calls one unknown function and knows all else."""
    for line in text.splitlines():
        test = asserted(line)
        if test is None:
            continue
        equations: tuple[tuple[str, str, str], ...] = ()
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            equations = tuple(_equation(ast.unparse(test.left), ast.unparse(test.comparators[0])))
        yield from equations or holding(test)


def _inline(text: str) -> Iterator[tuple[str, str, str]]:
    """`f(2, 3) == 5`, `f(1)=2, f(10)=29`, `f([1]) ➞ "a"`, `f(3) should return 4`, wherever they stand in the prose."""
    faulty, tuples = given.FAULTY.search(text) is not None, TUPLES.search(text) is not None
    for match in islice(re.finditer(r"(?<![\w.])([A-Za-z_]\w*+)\(", text), MOST_CALLS):
        line, call_end = _call_at(text, match)
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()][-LONGEST:]
        if call_end is None or TORN.search(before, max(0, len(before) - NEAR)) or _is_python(before + line):
            continue
        connective = CONNECTIVE.match(line, call_end)
        if connective is None and not (faulty or before.strip()) and (commented := COMMENT.match(line, call_end)):
            yield from _equation(line[:call_end], commented[1])
        if connective is None or (_takes_nothing(line[:call_end]) and re.search("[a-z]", connective[0], re.IGNORECASE)):
            continue  # `is_empty()` returns True when …: said of it in general
        if faulty and not given.AS_IT_SHOULD.search(connective[0]):
            continue
        in_python = connective[0].strip("` \t") == "==" and not tuples
        expected = leading_literal(line[connective.end() :], in_python=in_python)
        if expected is not None:
            yield from _equation(line[:call_end], expected)


def _call_at(text: str, match: re.Match[str]) -> tuple[str, int | None]:
    """From a call to the end of its line, and where the call ends in that: it may go on over lines, not over an empty one."""
    rest, bracket = text[match.start() : match.start() + LONGEST].partition("\n\n")[0], match.end() - match.start() - 1
    line = rest.partition("\n")[0]
    if (end := closing(line, bracket)) is not None or line == rest or (end := closing(rest, bracket)) is None:
        return line, end
    return rest[:end] + rest[end:].partition("\n")[0], end


def _is_python(line: str) -> bool:
    """Whether it is read as a whole elsewhere: a part of it may say the opposite."""
    return line.lstrip().startswith(">>> ") or asserted(line) is not None


def _takes_nothing(call: str) -> bool:
    return not call.partition("(")[2].removesuffix(")").strip()


def _equation(call_source: str, expected_source: str) -> Iterator[tuple[str, str, str]]:
    """The function's name, the call and the value, if the call is of one plain function and all values are literals."""
    tree, expected = parsed(call_source), literal(expected_source)
    if tree is None or expected is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return
    call = tree.body[0].value
    if isinstance(call, ast.Call) and _is_named(call.func) and _plain_arguments(call):
        _write_in_python(call)
        if isinstance(call.func, ast.Name) and call.func.id == "print":
            call.func.id, expected = "str", repr(str(ast.literal_eval(expected)))
        called = [node.func.id for node in ast.walk(call) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        named = [name for name in called if not hasattr(builtins, name)]
        name = next((name for name in named if name != "islice"), named[0] if named else None)
        if name:
            yield name, ast.unparse(call), expected


def _is_named(called: ast.expr) -> bool:
    """A function, or a method of a class's object: `f`, `Solution().f`."""
    made = called.value if isinstance(called, ast.Attribute) else None
    return isinstance(called, ast.Name) or (isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and not made.args)


def _plain_arguments(call: ast.Call) -> bool:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return all(literal(ast.unparse(value)) is not None or _nested(value) for value in values)


def _write_in_python(call: ast.Call) -> None:
    """What is left of names among plain arguments are other languages' words for values: `true`, `null`."""
    for inner in ast.walk(call):
        if isinstance(inner, ast.Call):
            inner.args = [_valued(argument) for argument in inner.args]
            inner.keywords = [ast.keyword(keyword.arg, _valued(keyword.value)) for keyword in inner.keywords]


def _valued(argument: ast.expr) -> ast.expr:
    meant = literal(argument.id) if isinstance(argument, ast.Name) else None
    return ast.Constant(ast.literal_eval(meant)) if meant else argument


def _nested(value: ast.expr) -> bool:
    """An argument that is itself a call of a plain function, as in `decode(encode("abc"))`."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and _plain_arguments(value)


def _renamed(source: str, alias: str, entry: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(alias)}\(", f"{entry}(", source)
