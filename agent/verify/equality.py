"""Whether two answers are one: as numbers or texts by their normal form, as formulas by sympy, which runs in the sandbox."""

import re
from collections.abc import Sequence
from fractions import Fraction

from tools.sandbox import Limits, Outcome, Run

NUMBER = re.compile(r"[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d{1,3}|/\d++)?")
"""What `Fraction` reads in bounded time: it would compute `1e999999999` in full."""
FORMULA = re.compile(r"[\w\s.,()^*/+=√π·×-]{1,120}")
"""What may be given to sympy's parser, which evaluates it: no quotes, no brackets, no attributes of names."""
PLAIN = re.compile(r"\d++(?: ?[-/] ?\d++)++")
"""A range, a score or a date, which is no difference of numbers: `2-0` is not `3-1`."""
JOINS = re.compile(r"[\^*/+√π·×()]|\w-|\bsqrt\b|\d[a-z]")
"""What makes a formula of a text: an operator, a root, a factor before a letter."""
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
    """Equal for answers that are equal as numbers or fractions, or as text but for case, spaces and wrapping marks."""
    text = answer.strip().strip("`*$").rstrip(".").strip() or answer.strip()  # a sign may be the whole answer
    text = re.sub(r"^\\(?:boxed|text)\{(.*)\}$", r"\1", text)
    number = re.sub(r"(?<=\d)[,_](?=\d{3}\b)", "", text).replace("$", "").removesuffix("%").strip()
    number = re.sub(r"(?<=\d) ?/ ?(?=\d)", "/", number)
    try:
        return str(Fraction(number)) if NUMBER.fullmatch(number) else " ".join(text.casefold().split())
    except (ValueError, ZeroDivisionError):
        return " ".join(text.casefold().split())


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
