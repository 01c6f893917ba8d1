"""Whether two answers are one: as numbers or texts by their normal form, as formulas by sympy, which runs in the sandbox."""

import ast
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import cast

from agent.verify.source import parse
from tools.sandbox import Limits, Outcome, Run

NUMBER = re.compile(r"[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d{1,3}|/\d++)?")
"""What `Fraction` reads in bounded time: it would compute `1e999999999` in full."""
FORMULA = re.compile(r"[\w\s.,()^*/+=√π·×-]{1,120}")
"""What may be given to sympy's parser, which evaluates it: no quotes, no brackets, no attributes of names."""
PLAIN = re.compile(r"\d++(?: ?[-/] ?\d++)++")
"""A range, a score or a date, which is no difference of numbers: `2-0` is not `3-1`."""
JOINS = re.compile(r"[\^*/+√π·×()]|(?<![^\W\d_])\w-|\b(?:sqrt|pi)\b|\d[a-z]")
"""What makes a formula of a text: an operator, a root, a factor before a letter. `so-so` is none, `x-1` is."""
QUOTED = re.compile(r"['\"]|[(\[][^'\"]*+['\"]")
"""How texts in Python's spelling begin, alone or in a list."""
LONGEST_QUOTED = 2_000
"""Characters."""
SECONDS = 5.0

COMPARE = """
import re
from sympy import simplify
from sympy.parsing.sympy_parser import convert_xor, implicit_multiplication_application, parse_expr, standard_transformations
RULES = (*standard_transformations, implicit_multiplication_application, convert_xor)
def read(text):
    for sign, meaning in (("√", "sqrt"), ("π", "pi"), ("·", "*"), ("×", "*")):
        text = text.replace(sign, meaning)
    name, equals, value = text.partition("=")
    named = equals and re.fullmatch("[a-z]\\w*([(][a-z][)])?", name.strip())
    return parse_expr(value if named else text, transformations=RULES)  # a whole equation is no value, and is not read
new = read(NEW)
for place, text in enumerate(KNOWN):
    try:
        if simplify(new - read(text)) == 0:
            print(place)
            break
    except Exception:
        continue
"""


def normalised(answer: str) -> str:
    """Equal for answers that are equal as numbers or fractions, or as words but for case, spaces, commas and wrapping marks."""
    text = answer.strip().strip("`*$").rstrip(".").strip() or answer.strip()  # a sign may be the whole answer
    text = re.sub(r"^\\(?:boxed|text)\{(.*)\}$", r"\1", text)
    number = re.sub(r"(?<=\d)[,_](?=\d{3}\b)", "", text).replace("$", "").removesuffix("%").strip()
    number = re.sub(r"(?<=\d) ?/ ?(?=\d)", "/", number)
    try:
        return str(Fraction(number)) if NUMBER.fullmatch(number) else _words(text)
    except (ValueError, ZeroDivisionError):
        return _words(text)


def _words(text: str) -> str:
    """What Python prints of names with their numbers, `('east', 310.25)`, is `east 310.25`; numbers alone may be a point or
    an interval, whose brackets count.
    """
    if QUOTED.match(text) and len(text) <= LONGEST_QUOTED:
        with suppress(ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            text = " ".join(_items(ast.literal_eval(_expression(text))))
    return " ".join(re.sub(r"(?<=[^\W\d]),(?=\s)", "", text).casefold().split())


def _expression(text: str) -> ast.expr:
    """Raises `ValueError` or `SyntaxError` for what is none."""
    (statement,) = parse(text).body
    if not isinstance(statement, ast.Expr):
        raise ValueError
    return statement.value


def _items(value: object) -> Iterator[str]:
    """The texts and numbers in lists and tuples. Raises `ValueError` for what has no order, or is neither."""
    if isinstance(value, list | tuple):
        for item in cast(Sequence[object], value):
            yield from _items(item)
    elif isinstance(value, str | int | float):
        yield str(value)
    else:
        raise ValueError


def is_formula(answer: str) -> bool:
    """Whether a normalised answer is written in a way that others may write otherwise: `2*sqrt(2)`, `(x+1)^2`, `x = 3/4`."""
    if FORMULA.fullmatch(answer) is None or "__" in answer or PLAIN.fullmatch(answer):
        return False
    return JOINS.search(answer) is not None


def comparison(answer: str, known: Sequence[str]) -> Run:
    """Looks for the first of the known answers that the new one equals as a formula."""
    return Run(f"NEW, KNOWN = {answer!r}, {list(known)!r}\n{COMPARE}", limits=Limits(seconds=SECONDS))


def equal_to(outcome: Outcome, known: Sequence[str]) -> str | None:
    """The known answer that `comparison` found; None where there is none, or no sympy, or it could not be read."""
    said = outcome.stdout.strip()
    return known[int(said)] if outcome.succeeded and said.isdigit() and int(said) < len(known) else None
