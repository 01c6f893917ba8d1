"""What a statement says to be given to a function by the names of its parameters, with what must come out."""

import keyword
import re
from collections.abc import Iterator
from itertools import islice

from agent.verify.literals import STRING, leading_literal, literal, value_end
from agent.verify.samples import labelled, sections
from agent.verify.source import LONGEST

FAULTY = re.compile(r"\b(?:bugs?|buggy|currently|incorrect|wrong|mistakes?|fix|debug)\b", re.IGNORECASE)
"""Then what a function `returns` may be what it should not."""
AS_IT_SHOULD = re.compile(r"[=>➞→⇒≡⟹]|\b(?:should|must|will)\b", re.IGNORECASE)
GIVEN = re.compile(r"\b(?:for|with|given|if|when) (?=`?[A-Za-z_]\w*+ *+= *+[^=\s])", re.IGNORECASE)
ASSIGNED = re.compile(r"(?:[ ,`]*+(?:and +`?)?)?([A-Za-z_]\w*+) *+= *+(?!=)")
BY_NAME = re.compile(r"(?:[ ,`]*+(?:and +`?)?)?([A-Za-z_]\w*+) *+(?:= *+(?!=)|: *+)")
"""Below a label, `n: 3` is the same."""
OUTCOME = re.compile(
    r"\b(?:output|result|answer|value|function) (?:(?:should|must|will) (?:be|return|equal)|is|returns|equals)\b:?\s*+`?"
    r"(?:\w++\([\w, ]*+\) *= *)?",
    re.IGNORECASE,
)
"""`For n = 3 the output should be 7`, in its parts."""
NEXT_LINE = re.compile(r"(\b(?:be|return|equal)):?[ \t]*\n\s*")
"""Before a value that stands by itself."""
PLAIN_TYPES = re.compile(
    r"any|bool|bytes|callable|collection|complex|dict|float|frozenset|int|iterable|iterator|list|mapping|none|object|optional"
    r"|sequence|self|set|str|t|tuple|typing|union"
)
"""Of arguments that are written as they are given, in small letters; a `TreeNode` is written as a list that it is not."""
NODES = re.compile(
    r"\blinked[- ]lists?\b|\b(?:binary|n-ary) (?:search )?trees?\b|\b(?:Tree|List)Node\b|\b(?:clone|deep copy)\b", re.IGNORECASE
)
IN_PLACE = re.compile(
    r"\bin[- ]place\b|\bnot be returned\b|\bnot (?:need to |have to )?return anything\b"
    r"|(?<!without )(?<!not )\bmodif\w+ the (?:input|given|original)\b|\bnot allocate\b",
    re.IGNORECASE,
)
PARAMETER = re.compile(r"\*{0,2}[A-Za-z_]\w*+\s*+(?:[:=].*)?|[*/]")
MOST_CASES = 1_000
"""In the prose that are looked at."""
MOST_NAMES = 20
FORBIDDEN = (*keyword.kwlist, "self")
"""Names that no parameter can have."""
BRACES = re.compile(r"\{(?![^{}]*:|\})")
"""Around what no dictionary is: a set, or an array as other languages write it."""
SET = re.compile(r"\bsets?\b", re.IGNORECASE)
MORE_LINES = re.compile(r"[ \t]*+\n[ \t]*+(?:[^\W\d_]\w*+[ \t]*+|(?:[-+\d.,]++[ \t]*+)++|[\[(\"'][^\n]*+)(?:\n|\Z)")
"""Behind a value: what is printed goes on."""


def names(text: str) -> list[str]:
    """The parameters of a function that is known by its examples alone: `Input: nums = [2, 7], target = 9`, `Output: [0, 1]`.

    Empty where these are not the same in every example, where values of one are not Python's, and for a single example that
    nothing calls one.
    """
    if IN_PLACE.search(text) or NODES.search(text) or FAULTY.search(text):
        return []
    pairs = list(labelled(text))
    found = {tuple(_of_values(inputs)) if _value(output, text) else () for inputs, output in pairs}
    several = len(pairs) > 1 or any(section.shown for section in sections(text))
    named = [*found.pop()] if len(found) == 1 and several else []
    possible = len(set(named)) == len(named) <= MOST_NAMES and not any(name in FORBIDDEN for name in named)
    return named if possible else []


def _of_values(inputs: str) -> list[str]:
    """The names of what is given, if there is nothing else."""
    named, values = _named(_listed(inputs))
    return named if all(map(literal, values)) else []


def _value(output: str, text: str) -> str | None:
    """The one value that is to come out, as Python writes it; None for several lines, or what may be an array."""
    output = output.strip()
    end = value_end(output)
    if end is None or MORE_LINES.match(output, end) or _may_be_an_array(output[:end], text):
        return None
    return leading_literal(output)


def _may_be_an_array(written: str, text: str) -> bool:
    """Whether there are braces in it that elsewhere stand for Python's brackets."""
    return BRACES.search(STRING.sub("", written)) is not None and SET.search(text) is None


def by_label(text: str, called: str) -> Iterator[tuple[str, str]]:
    """`Input: n = 3, k = 2` with `Output: 7` beside a function, on one line or on several, as call and value: its arguments by
    name, where the function has these, else by position.
    """
    parameters = _parameters(text, called)
    if parameters is None:
        return
    for inputs, output in labelled(text):
        listed = _listed(inputs)
        named, values = _named(listed)
        if named and sorted(named) == sorted(parameters):
            arguments = ", ".join(value for _, value in sorted(zip(map(parameters.index, named), values, strict=True)))
        elif named:
            arguments = ", ".join(values)
        else:
            arguments = re.sub(r"(?:^|(?<=,))\s*\w+\s*[=:]\s*(?!=)", " ", listed)
        expected = _value(output, text)
        if expected is not None and not _may_be_an_array(arguments, text):
            yield f"{called}({arguments.strip()})", expected


def in_prose(text: str, called: str) -> Iterator[tuple[str, str]]:
    """`For a = [1, 2], k = 3 the output should be 7` beside a function that has these parameters, if they are known."""
    parameters, faulty = _parameters(text, called), FAULTY.search(text) is not None
    for match in islice(GIVEN.finditer(text), 0 if parameters is None else MOST_CASES):
        line = NEXT_LINE.sub(r"\1 ", text[match.end() :][:LONGEST]).partition("\n")[0]
        named, values, position = _assignments(line)
        line = line[: position + _clause(line[position:])]
        outcome = OUTCOME.search(line, position)
        if outcome is None or (faulty and not AS_IT_SHOULD.search(outcome[0])):
            continue
        expected = leading_literal(line[outcome.end() :])
        if expected is not None and parameters in ([], named):
            yield f"{called}({', '.join(values)})", expected


def _parameters(text: str, called: str) -> list[str] | None:
    """The names of the function's parameters, empty where the text does not show them; None where its arguments or what it
    returns are not what examples write: nodes, or a list that it changes in place.
    """
    shown = head(text, called.rpartition(".")[2])
    if shown is None:
        return None if IN_PLACE.search(text) or NODES.search(text) else []
    typed = ":" in shown[1]
    types = re.sub(r"\w++\s*+[:=]|=[^,]*+", " ", shown[1]).casefold() if typed else ""
    in_place = IN_PLACE.search(text) or (shown[2] or "").strip(" .") == "None" or (not typed and NODES.search(text))
    if in_place or not all(map(PLAIN_TYPES.fullmatch, re.findall(r"[a-z_]\w*+", types))):
        return None
    return [re.split("[:=]", part)[0].strip() for part in parts(shown[1]) if part not in ("*", "/")]


def head(text: str, name: str) -> re.Match[str] | None:
    """The function's parameters and what it returns, behind its `def` or else where it is first named with them."""
    defined = re.search(rf"\bdef {re.escape(name)}\(([^)]*+)\)(?:\s*+->([^:\n]*+))?", text)
    named = re.finditer(rf"(?<![\w.]){re.escape(name)}\(([^()\n]++)\)(?:\s*+->([^:\n.,]*+))?", text)
    return defined or next((one for one in named if all(map(PARAMETER.fullmatch, parts(one[1])))), None)


def parts(parameters: str) -> list[str]:
    """Each parameter with what is said of it, `self` left out."""
    found = [part.strip() for part in re.sub(r"\[[^\]\n]*+\]*+", "", parameters).split(",")]
    return [part for part in found if part not in ("", "self")]


def _listed(inputs: str) -> str:
    """What is given, on one line."""
    lines = inputs.strip().splitlines()
    named = all(re.match(r"\s*+\w++\s*+[=:](?!=)", line) for line in lines)
    return (", " if named else " ").join(line.strip().rstrip(",") for line in lines)


def _named(listed: str) -> tuple[list[str], list[str]]:
    """The names and values of `n = 3, k: [2]`; empty where it says anything else."""
    named, values, end = _assignments(listed, BY_NAME)
    return (named, values) if end == len(listed) else ([], [])


def _assignments(line: str, assigned_by: re.Pattern[str] = ASSIGNED) -> tuple[list[str], list[str], int]:
    """The names and values of `n = 3, k = [2]` at the line's beginning, and where they end."""
    named, values, position = list[str](), list[str](), 0
    while assigned := assigned_by.match(line, position):
        end = value_end(line[assigned.end() :])
        if end is None:
            break
        named.append(assigned[1])
        values.append(line[assigned.end() : assigned.end() + end])
        position = assigned.end() + end
    return named, values, position


def _clause(text: str) -> int:
    """The index at which another case or sentence begins."""
    return min(found.start() if found else len(text) for found in (GIVEN.search(text), re.search(r"[.;]\s", text)))
