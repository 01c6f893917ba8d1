"""What a statement shows of the function it asks for: its examples in every usual spelling, as assertions."""

import ast
import builtins
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from agent.verify.assertions import asserted, holding, unfolded
from agent.verify.manner import manner
from agent.verify.samples import labelled
from agent.verify.source import LONGEST, parsed

PLACEHOLDERS = frozenset(("f", "g", "fn", "func", "foo", "function", "candidate", "solution", "solve", "my_function"))
"""Names under which a statement may show examples of a function that it names elsewhere."""
CONNECTIVE = re.compile(
    r"`?\s*+(?:#\s*+)?(?:[=-]{1,3}>|==|=|➞|→|⇒|≡|⟹|(?:is\s+)?equals?(?:\s+to)?|returns?|should\s+(?:return|be|equal|give)|must\s+(?:return|be|equal)|gives?|is|yields?)"
    r"\s*+:?\s*+`?",
    re.IGNORECASE,
)
COMMENT = re.compile(r"\s*+#\s*+(\S.*)")
"""Behind a call that stands alone: `f(16)  # 7`."""
TUPLES = re.compile(r"\btuples?\b|==\s*+\((?:\)|['\"][^(),\n]*+,)", re.IGNORECASE)
"""What says that tuples are meant, and `('b')` perhaps for one of them."""
GIVEN = re.compile(r"\b(?:for|with|given|if|when) (?=`?[A-Za-z_]\w*+ *+= *+[^=\s])", re.IGNORECASE)
ASSIGNED = re.compile(r"(?:[ ,`]*+(?:and +`?)?)?([A-Za-z_]\w*+) *+= *+(?!=)")
OUTCOME = re.compile(
    r"\b(?:output|result|answer|value|function) (?:(?:should|must|will) (?:be|return|equal)|is|returns|equals)\b:?\s*+`?"
    r"(?:\w++\([\w, ]*+\) *= *)?",
    re.IGNORECASE,
)
"""`For n = 3 the output should be 7`, in its parts."""
NEXT_LINE = re.compile(r"(\b(?:be|return|equal)):?[ \t]*\n\s*")
"""Before a value that stands by itself."""
WORKING = re.compile(r"\A(?:[\d\s+*/×·().-]++=\s*+)++")
"""The arithmetic before a value, as in `5 * 4 * 3 = 60`."""
ATOM = re.compile(r"[-+]?(?:\d[\d_]*+(?:\.\d++)?(?:[eE][-+]?\d++)?|\.\d++|[A-Za-z]++)(?!\w)")
STRING = re.compile(r"(?:'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\")(?![\w'\"])")
UNFINISHED = re.compile(
    r"\[|\.[a-z_\d]|\.\.|:\d|['’]\d|[ \t]++\d(?!\d*+\.\s)|\s*+(?:(?:to|through) [-\d]|and [-+\d'\"\[({]"
    r"|(?:[-+/%^×·÷@±]|\*\*?|//|<<|>>|[<>]=?)\s*+[\w(\[{'\"]|[|&]\s*+\{|!=|=|%"
    r"|,\s*+[-+]?[\d'\"\[({]|,\s*+\w++\s*+=|or(?! \w++\()\b|not\b|,?\s*+(?:but|instead|rather|if|unless|more|less|fewer|times"
    r"|plus|minus|percent|wrongly|incorrectly|expected|remainder|mod|thousand|million|billion)\b"
    r"|[,;(]?\s*+(?:(?:it )?should|expected)\b|[,.;(]?\s*+(?:but )?(?:I|we) (?:expect|want)\b"
    r"|(?:would be|is|are) (?:an? )?(?:not|never|error|wrong|bad|incorrect|invalid|forbidden)\b)",
    re.IGNORECASE,
)
"""What behind a value says that it is not the whole of it, or not what is wanted."""
TORN = re.compile(
    r"(?:(?:[\w)\]}'\"]\s*+[-+*/%^|&·×÷]|\b(?:no|neither|nor|twice|half|unlike|right now)|\b(?:recall|remember|false)(?: that)?"
    r"|\bactual(?:ly)?:?|\b(?:bad|wrong|incorrect|got):|(?:\b(?:not|never|cannot)|n['’]t)(?:\s++\w++){0,3}"
    r"|\b(?!(?:values?|results?|outputs?|calls?|cases?|examples?)\b)\w++ of|\w\([^()]*+\)`? (?:and|or|plus|minus|times))[\s`]*+"
    r"|[-!~√∑|])\Z",
    re.IGNORECASE,
)
"""What before a call says that it is a part of something larger, of another matter, or not what is wanted."""
FAULTY = re.compile(r"\b(?:bugs?|buggy|currently|incorrect|wrong|mistakes?|fix|debug)\b", re.IGNORECASE)
"""Then what a function `returns` may be what it should not."""
EXPECTED = re.compile(r"\b(?:(?:I|we) (?:expect|want)|expected|should)\b", re.IGNORECASE)
AS_IT_SHOULD = re.compile(r"[=>➞→⇒≡⟹]|\b(?:should|must|will)\b", re.IGNORECASE)
PLAIN_TYPES = re.compile(
    r"any|bool|bytes|callable|collection|complex|dict|float|frozenset|int|iterable|iterator|list|mapping|none|object|optional"
    r"|sequence|self|set|str|t|tuple|typing|union"
)
"""Of arguments that are written as they are given, in small letters; a `TreeNode` is written as a list that it is not."""
WORDS_FOR_VALUES = {"true": "True", "false": "False", "null": "None", "none": "None"}
NODES = re.compile(r"\blinked list\b|\bbinary (?:search )?tree\b|\b(?:Tree|List)Node\b", re.IGNORECASE)
IN_PLACE = re.compile(r"\bin[- ]place\b", re.IGNORECASE)
PARAMETER = re.compile(r"\*{0,2}[A-Za-z_]\w*+\s*+(?:[:=].*)?|[*/]")
NEAR = 200
"""Characters before a call that may say what it is a part of."""
MOST_CALLS = 1_000
"""Calls in the prose that are looked at."""


@dataclass(frozen=True, slots=True)
class Example:
    """One line of Python that must hold of the candidate, as `assert` source; it may use `pytest.approx` as `approx`."""

    source: str


def find_examples(text: str, entry: str | None, method: str | None = None) -> tuple[tuple[Example, ...], str | None]:
    """The examples of one function, and its name: the entry point's own, or else those of the one name that has any.

    `method`: where the entry point is a class, the one that its inputs are given to; empty where it has several.
    """
    text, found = unfolded(text), dict[str, dict[str, str | None]]()
    called = f"{entry}().{method}" if method else "" if method == "" else entry or ""
    given = (*_given_inputs(text, called), *_given_in_prose(text, called)) if called else ()
    for name, call, expected in (*_doctests(text), *_asserts(text), *_inline(text), *given):
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
    return tuple(Example(_renamed(source, name, entry) if entry else source) for source in held), entry or name


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
    head = _head(text, entry)
    parts = _parts(head[1]) if head else []
    if not parts:
        return None
    most = float("inf") if any(part.startswith("*") for part in parts) else len(parts)
    return sum("=" not in part and part[0] not in "*/" for part in parts), most


def _fits(call: str, name: str, counts: tuple[int, float] | None) -> bool:
    calls = [node for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Call)]
    given = [len(node.args) + len(node.keywords) for node in calls if isinstance(node.func, ast.Name) and node.func.id == name]
    return counts is None or all(counts[0] <= count <= counts[1] for count in given)


def _kind(want: str) -> str:
    value: object = ast.literal_eval(want)
    return "number" if isinstance(value, int | float) else type(value).__name__


def _doctests(text: str) -> Iterator[tuple[str, str, str]]:
    lines, changed = text.splitlines(), False
    complained = FAULTY.search(text) is not None and EXPECTED.search(text) is not None
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
    faulty, tuples = FAULTY.search(text) is not None, TUPLES.search(text) is not None
    for match in islice(re.finditer(r"(?<![\w.])([A-Za-z_]\w*+)\(", text), MOST_CALLS):
        line_end = text.find("\n", match.start())
        line = text[match.start() : line_end if line_end >= 0 else len(text)][:LONGEST]
        call_end = _closing(line, match.end() - match.start() - 1)
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()][-LONGEST:]
        if call_end is None or TORN.search(before, max(0, len(before) - NEAR)) or _is_python(before + line):
            continue
        connective = CONNECTIVE.match(line, call_end)
        if connective is None and not (faulty or before.strip()) and (commented := COMMENT.match(line, call_end)):
            yield from _equation(line[:call_end], commented[1])
        if connective is None or (_takes_nothing(line[:call_end]) and re.search("[a-z]", connective[0], re.IGNORECASE)):
            continue  # `is_empty()` returns True when …: said of it in general
        if faulty and not AS_IT_SHOULD.search(connective[0]):
            continue
        in_python = connective[0].strip("` \t") == "==" and not tuples
        expected = _leading_literal(line[connective.end() :], in_python=in_python)
        if expected is not None:
            yield from _equation(line[:call_end], expected)


def _is_python(line: str) -> bool:
    """Whether it is read as a whole elsewhere: a part of it may say the opposite."""
    return line.lstrip().startswith(">>> ") or asserted(line) is not None


def _takes_nothing(call: str) -> bool:
    return not call.partition("(")[2].removesuffix(")").strip()


def _given_inputs(text: str, called: str) -> Iterator[tuple[str, str, str]]:
    """`Input: n = 3, k = 2` with `Output: 7` beside a function, on one line or on several: its arguments by name, where the
    function has these, else by position.
    """
    parameters = _parameters(text, called)
    if parameters is None:
        return
    for given, wanted in labelled(text):
        lines = given.strip().splitlines()
        named = all(re.match(r"\s*+\w++\s*+[=:](?!=)", line) for line in lines)
        listed = (", " if named else " ").join(line.strip().rstrip(",") for line in lines)
        names, values, end = _assignments(re.sub(r"(^|,)(\s*\w+\s*):", r"\1\2=", listed))
        if end == len(listed) and sorted(names) == sorted(parameters):
            arguments = ", ".join(value for _, value in sorted(zip(map(parameters.index, names), values, strict=True)))
        else:
            arguments = re.sub(r"(?:^|(?<=,))\s*\w+\s*[=:]\s*(?!=)", " ", listed)
        expected = _leading_literal(wanted)
        if expected is not None:
            yield from _equation(f"{called}({arguments.strip()})", expected)


def _parameters(text: str, called: str) -> list[str] | None:
    """The names of the function's parameters, empty where the text does not show them; None where its arguments or what it
    returns are not what examples write: nodes, or a list that it changes in place.
    """
    head = _head(text, called.rpartition(".")[2])
    if head is None:
        return None if IN_PLACE.search(text) or NODES.search(text) else []
    typed = ":" in head[1]
    types = re.sub(r"\w++\s*+[:=]|=[^,]*+", " ", head[1]).casefold() if typed else ""
    in_place = IN_PLACE.search(text) or (head[2] or "").strip(" .") == "None" or (not typed and NODES.search(text))
    if in_place or not all(map(PLAIN_TYPES.fullmatch, re.findall(r"[a-z_]\w*+", types))):
        return None
    return [re.split("[:=]", part)[0].strip() for part in _parts(head[1]) if part not in ("*", "/")]


def _head(text: str, name: str) -> re.Match[str] | None:
    """The function's parameters and what it returns, behind its `def` or else where it is first named with them."""
    head = re.search(rf"\bdef {re.escape(name)}\(([^)]*+)\)(?:\s*+->([^:\n]*+))?", text)
    named = re.finditer(rf"(?<![\w.]){re.escape(name)}\(([^()\n]++)\)(?:\s*+->([^:\n.,]*+))?", text)
    return head or next((one for one in named if all(map(PARAMETER.fullmatch, _parts(one[1])))), None)


def _parts(parameters: str) -> list[str]:
    """Each parameter with what is said of it, `self` left out."""
    parts = [part.strip() for part in re.sub(r"\[[^\]\n]*+\]*+", "", parameters).split(",")]
    return [part for part in parts if part not in ("", "self")]


def _assignments(line: str) -> tuple[list[str], list[str], int]:
    """The names and values of `n = 3, k = [2]` at the line's beginning, and where they end."""
    names, values, position = list[str](), list[str](), 0
    while assigned := ASSIGNED.match(line, position):
        end = _value_end(line[assigned.end() :])
        if end is None:
            break
        names.append(assigned[1])
        values.append(line[assigned.end() : assigned.end() + end])
        position = assigned.end() + end
    return names, values, position


def _given_in_prose(text: str, called: str) -> Iterator[tuple[str, str, str]]:
    """`For a = [1, 2], k = 3 the output should be 7` beside a function that has these parameters, if they are known."""
    parameters, faulty = _parameters(text, called), FAULTY.search(text) is not None
    for match in islice(GIVEN.finditer(text), 0 if parameters is None else MOST_CALLS):
        line = NEXT_LINE.sub(r"\1 ", text[match.end() :][:LONGEST]).partition("\n")[0]
        names, values, position = _assignments(line)
        line = line[: position + _clause(line[position:])]
        outcome = OUTCOME.search(line, position)
        if outcome is None or (faulty and not AS_IT_SHOULD.search(outcome[0])):
            continue
        expected = _leading_literal(line[outcome.end() :])
        if expected is not None and parameters in ([], names):
            yield from _equation(f"{called}({', '.join(values)})", expected)


def _clause(text: str) -> int:
    """The index at which another case or sentence begins."""
    return min(found.start() if found else len(text) for found in (GIVEN.search(text), re.search(r"[.;]\s", text)))


def _equation(call_source: str, expected_source: str) -> Iterator[tuple[str, str, str]]:
    """The function's name, the call and the value, if the call is of one plain function and all values are literals."""
    tree, expected = parsed(call_source), _literal(expected_source)
    if tree is None or expected is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return
    call = tree.body[0].value
    if isinstance(call, ast.Call) and _is_named(call.func) and _plain_arguments(call):
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
    return all(_literal(ast.unparse(value)) is not None or _nested(value, call) for value in values)


def _nested(value: ast.expr, call: ast.Call) -> bool:
    """An argument that is itself a call of a plain function, as in `decode(encode("abc"))`."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and _plain_arguments(value)


def _literal(source: str) -> str | None:
    """The source in Python's own spelling, if it is a literal; `true` and `null` are taken for what they mean."""
    source = source.strip()
    source = WORDS_FOR_VALUES.get(source.lower(), source)
    tree = parsed(source)
    try:
        value: object = ast.literal_eval(source) if tree else None
        ast.literal_eval(repr(value))  # 1e999 is written as `inf`, which is none
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    if tree is None or (value is None and source != "None") or "Ellipsis" in repr(value):
        return None
    return repr(value)


def _leading_literal(text: str, *, in_python: bool = False) -> str | None:
    """The value that the text begins with, behind its arithmetic if that is shown. None where the text says more of it, or
    where a text in brackets may be a tuple of one, which it is not `in_python`.
    """
    text = WORKING.sub("", text.strip(), count=1)
    end = _value_end(text)
    if end is None or UNFINISHED.match(text, end + text.startswith("`", end)):
        return None
    value = _literal(text[:end])
    return None if text.startswith("(") and value and value.startswith(("'", '"')) and not in_python else value


def _value_end(text: str) -> int | None:
    """The index behind the value that the text begins with."""
    if text.startswith(("(", "[", "{")):
        return _closing(text, 0)
    match = STRING.match(text) or ATOM.match(text)
    return match.end() if match else None


def _closing(text: str, opening: int) -> int | None:
    """The index behind the bracket that closes the one at `opening`, strings respected."""
    depth, quote = 0, ""
    for index in range(opening, len(text)):
        character = text[index]
        if quote:
            quote = "" if character == quote and text[index - 1] != "\\" else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return index + 1
    return None


def _renamed(source: str, alias: str, entry: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(alias)}\(", f"{entry}(", source)
