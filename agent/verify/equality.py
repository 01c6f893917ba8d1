"""Whether two answers are one: as numbers or texts by their normal form, as formulas by sympy, which runs in the sandbox."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import cast

from agent.verify.calculation import Calculation, Unreadable, tokens_of
from agent.verify.notation import FUNCTION, LONGEST_PLAIN, mathematical, plain
from agent.verify.source import NO_LITERAL, parse
from tools.sandbox import Limits, Outcome, Run

ABOUT = re.compile(
    r"\A(?:[=≈]|\\approx(?![A-Za-z])|(?:approximately|approx\.?|about|roughly|around)(?= )) *(?=[-+−\\$€£]{0,3}\.?\d)"
    r"(?!.*(?:\n|\d(?:, | ?[-–—] ?| (?:to|or|and) )[-+$€£]*\d))",
    re.IGNORECASE,
)
"""Before a number: the number is compared as it is written. `about 7 or 8` is not `7, 8`."""
NUMBER = re.compile(r"[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d{1,3}|/\d++)?")
"""What `Fraction` reads in bounded time: it would compute `1e999999999` in full."""
THOUSANDS = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?:[,_]\d{3})++(?![\w,])")
"""`1,234`; in `(1,234)` the comma may as well stand between two numbers, and no such text is a number."""
NOISY = re.compile(r"[-+]?\d++\.\d*?(?:0{6,}|9{6,})\d{1,2}")
"""What rounding leaves of a number that is shorter: `0.30000000000000004`."""
NOISY_DIGITS, NOISY_LONGEST = 15, 25
MIXED = re.compile(r"([-+]?)(\d{1,18}) +(\d{1,18})/(\d{1,18})")
SCIENTIFIC = re.compile(r"([-+]?\d++(?:\.\d++)?) ?\* ?10 ?\^ ?\(?([-+]?\d{1,3})\)?")
UNKNOWN = re.compile(r"([A-Za-z](?:\([A-Za-z]\))?) ?([=∈]) ?([^=∈<>]*[^=∈<>\s])")
"""`x = 3`, `f(x) = 2x`, `x ∈ (0, 1)`: a value and its name."""
BRACKETS = re.compile(r"[()\[\]{}<>\s]++")
MEMBER = re.compile(r"(?:^|(?<=, )|(?<=[(\[{])(?<![\w)^*/+-].))(?![-+]?0\d)[-+]?[\d.][\d. /e+-]*+(?=[)\]},]|\Z)")
"""A number in a point or a list; `000` is the rest of `1,000`."""
CALCULATED = re.compile(r"([-\d.()^*/+ ]{3,120})=([^=]+)")
"""`10+5=15`."""
RATIO = re.compile(r"(?<=\d) ?: ?(?=\d)")
BETWEEN = re.compile(r",? (?:and|or) ")
ITEM = re.compile(r"(?:\A|, )([a-z](?:\([a-z]\))?)=([^=]+)(?=, [a-z](?:\([a-z]\))?=|\Z)")
"""In a list of named values."""
BOUND = r"[-+]? ?(?:∞|\d[\d.,/]*+)"
INEQUALITY = re.compile(rf"(?=[^<>]*+[<>])(?:({BOUND}) ?([<>]=?) ?)?+([A-Za-z])(?: ?([<>]=?) ?({BOUND}))?+")
"""`0 < x <= 3`, `x > 2`: one letter between bounds, or on one side of one."""

FORMULA = re.compile(r"[\w\s.,()^*/+-]{1,120}")
"""What may be given to sympy's parser, which evaluates it: no quotes, no brackets, no attributes of names."""
NAMED = re.compile(r"^[a-z]\w*(?:\([a-z]\))? ?= ?(?=[^=]+\Z)")
JOINS = re.compile(r"[\^*+]|(?:(?<![^\W\d_])\w|\))[-/]|(?<![^\W\d_])(?:sqrt|pi)(?![^\W\d_])|\d[g-z](?!\w)")
"""What makes a formula of a text: an operator, a root, a factor before a letter that is no digit of another base.

`so-so` is none, `x-1` is. Brackets alone make none: `1(a) 2(b)` is no product.
"""
DECIMAL = r"\d++(?:\.\d++)?+"
PART = r"(?:[a-z]\d*+|\d++)"
CODE = re.compile(
    rf"[-+]?{DECIMAL}(?: ?[-+/*] ?{DECIMAL})++"
    rf"|{DECIMAL}([a-z]{{1,2}})(?:[-+/]{DECIMAL}\1)+"
    rf"|{PART}(?:-{PART}){{2,}}|{PART}(?:/{PART}){{2,}}"
    r"|(?:\d++[a-z]++ ?){2,}"
    rf"|{PART}(?:[-+*/]{PART})++(?: {PART}(?:[-+*/]{PART})++)++"
)
"""What sympy would calculate though it is no calculation: a range, a score, a date, a sum or product that was asked for as such
(`2-0` is not `3-1`, `3+7` not `5+5`, a matrix of `2*3` not one of `3*2`), an order (`a-c-b`), what belongs together (`1a 2b`),
a list (`x-1 x-2`).
"""
PAIR = re.compile(r"[a-z][-/][a-z]")
"""`w-l` or `n/a`, as likely as a difference or a quotient: it alone is no reason to compare."""
UNREADABLE = re.compile(
    r"__|\d_|[^\W\d_]{3}|(?: [^\W\d_]{2}|(?<![^\W\d_])[^\W\d_]{2} )(?![^\W\d_])"
    r"|\d \d|(?<![^\W\d_])[^\W\d_] [^\W\d_](?![^\W\d_])|,(?![^()]*+\))"
    r"|[^\W\d_] ?\(\d+\)|(?<![\w.^])(?:1|0\d*)[^\W\d_]|\b(?:and|or|not|if|in|is)\b"
)
"""Words and lists, which are no products of their letters nor of one another; what no algebra is written like: `a(3)`, `1f`."""
AMBIGUOUS = re.compile(r"/(?:\d+(?:\.\d+)?|[a-z](?![a-z])|pi(?![a-z])) ?[a-z(]|/(?!pi|ln)[a-z]{2}(?![a-z])|[a-z]{2} \d+[a-z(]")
"""What is read in two ways: `1/2x`, `sin 2x`."""
LITERAL = re.compile(r"['\"(\[{]")
"""How texts and collections in Python's spelling begin, and JSON."""
NAMES = re.compile(r"(?:[^\W\d_]|[\s,.'&-])++")
TIGHT = re.compile(r"(?<=[^\W\d_]),(?=[^\W\d_])")
"""In a list of names, `Paris,France`: a comma beside a digit is a number's, and one in code may be all that matters."""
CLOCK = re.compile(r"(?<=\d) ?([ap])\. ?m\b\.?|(?<=:\d\d) ?([ap])m\b")
"""`3:30 p.m.`, `9:00am`; `3am` may be a product."""
GROUPED = re.compile(r"(?<![\w.'\"])0\d")
"""In a list, the rest of a number that is written in groups, `1,000`."""
QUOTE = re.compile(r"['\"]")
LONGEST_LITERAL = 2_000
"""Characters."""
JSON_NAMES = {"true": True, "false": False, "null": None}
SECONDS = 5.0

COMPARE = """
import re
from sympy import simplify
from sympy.parsing.sympy_parser import convert_xor, function_exponentiation, implicit_application, implicit_multiplication
from sympy.parsing.sympy_parser import parse_expr, split_symbols, standard_transformations
RULES = (implicit_multiplication, implicit_application, function_exponentiation, convert_xor)
def read(text, letters):
    name, equals, value = text.partition("=")
    rules = (*standard_transformations, *(split_symbols,) * letters, *RULES)
    return name.strip() * bool(equals), parse_expr(value if equals else text, transformations=rules)
for place, text in enumerate(KNOWN):
    # `xy` is a product beside one that is written out, `2*x*y`; `no` and `on` are two names.
    letters = bool(re.search("[*^]", NEW + text)) and not re.search("[a-z][0-9]", NEW + " " + text)
    try:
        (name, new), (other, known) = read(NEW, letters), read(text, letters)
        if (name == other or "" in (name, other)) and simplify(new - known) == 0:
            print(place)
            break
    except Exception:
        continue
"""


def normalised(answer: str) -> str:
    """Equal for answers that are equal as numbers or fractions, as values in Python's spelling or JSON, as mathematics but for
    signs and spaces that mean the same, as ranges, or as words but for case, spaces, commas and wrapping marks.
    """
    text = RATIO.sub(":", plain(bare(answer)))
    text = bare(text) or text
    named = UNKNOWN.fullmatch(text) if len(text) <= LONGEST_PLAIN else None
    if named:
        return f"{named[1].casefold()}{named[2]}{normalised(named[3])}"
    if BRACKETS.fullmatch(text):
        return "".join(text.split())
    if interval := _interval(text):
        return interval
    small = " ".join(text.casefold().split())
    written = _literal(bare(answer)) or _literal(text) or _listed(small) or mathematical(small)
    if written and "\n" not in text:  # a number on each line is no number in parts
        written = _with_numbers(written)
    return _number(text) or written or _words(text)


def same(one: str, other: str) -> bool:
    """Whether two normalised answers are one: `x = 3` is `3`, as `x > 3` is `(3, ∞)` and `1+2=3` `3`; `y = 3` is not `x = 3`,
    nor is `2+1=3` `1+2=3`. What is quoted in one of them only is compared as words: `['Ann', 5]` is `ann, 5`, but `'Ann'` is
    not `'ann'`.
    """
    if other in (one, unnamed(one)) or one == unnamed(other):
        return True
    return _is_quoted(one) != _is_quoted(other) and _unquoted(one) == _unquoted(other)


def unnamed(answer: str) -> str:
    """A normalised answer without the name of its value, or without the calculation that comes to it."""
    named = re.match(r"[a-z](?:\([a-z]\))?[=∈](?=.)", answer)
    return answer[named.end() :] if named else _result(answer) or answer


def _result(answer: str) -> str | None:
    """Of a calculation that is right; None for any other text."""
    equation = CALCULATED.fullmatch(answer)
    number = _number(equation[2]) if equation else None
    if equation is None or number is None:
        return None
    with suppress(Unreadable, ZeroDivisionError):
        return number if Calculation(tokens_of(equation[1], 0)).value.exact == Fraction(number) else None
    return None


def _listed(text: str) -> str | None:
    """Numbers and formulas with `and` or `or` between them as a list, and named values in the order of their names; None for
    any other text.
    """
    parts = BETWEEN.split(text)
    if len(text) > LONGEST_PLAIN or not all(map(_is_value, parts)):
        return None
    listed = mathematical(", ".join(_number(part) or part for part in parts)) or ""
    named = cast(list[tuple[str, str]], ITEM.findall(listed)) if ITEM.sub("", listed) == "" else []
    names = {name for name, _ in named}
    if "=" in listed and " or " in text and len(names) != 1:  # all of them hold, or some
        return None
    if len(names) == 1:
        return f"{named[0][0]}={normalised(', '.join(value for _, value in named))}"
    if len(names) == len(named) > 1:
        return ", ".join(f"{name}={normalised(value)}" for name, value in sorted(named))
    return normalised(listed) if len(parts) > 1 else None


def _is_value(text: str) -> bool:
    """Whether it can stand in a list: with `and` between them inequalities are another answer than with `or`."""
    whole = all(text.count(left) == text.count(right) for left, right in ("()", "[]", "{}"))
    return whole and mathematical(text) is not None and not re.search("[<>∈]", text)


def _interval(text: str) -> str | None:
    """The range that an inequality leaves its letter, `x∈[-2, 7)`; None for any other text."""
    found = INEQUALITY.fullmatch(text)
    if found is None:
        return None
    before, first, letter, second, after = found.groups("")
    rising = "<" in first + second
    if rising and ">" in first + second:
        return None
    low, above, below, high = (before, first, second, after) if rising else (after, second, first, before)
    left = ("[" if "=" in above else "(") + (_number(low) or low or "-∞")
    right = (_number(high) or high or "∞") + ("]" if "=" in below else ")")
    return f"{letter.casefold()}∈{normalised(f'{left}, {right}')}"


def bare(answer: str) -> str:
    """Without marks around it, and of a number without words for how near it is; a sign may be the whole answer."""
    text = answer.strip()
    text = text.strip("`*$").strip().rstrip(".").strip("`*$").strip() or text
    return ABOUT.sub("", re.sub(r"^\\[(\[](.*)\\[)\]]$", r"\1", text).strip())


def _number(text: str) -> str | None:
    """A number or fraction as `Fraction` spells it."""
    text = THOUSANDS.sub(lambda found: re.sub("[,_]", "", found[0]), text)
    text = text.replace("$", "").strip().removesuffix("%").removesuffix("°").strip()
    text = re.sub(r"(?<=\d) ?/ ?(?=\d)", "/", re.sub(r"^([-+]) +(?=\d)", r"\1", text))
    if mixed := MIXED.fullmatch(text):
        text = f"{mixed[1]}{int(mixed[2]) * int(mixed[4]) + int(mixed[3])}/{mixed[4]}"
    if scientific := SCIENTIFIC.fullmatch(text):
        text = f"{scientific[1]}e{scientific[2]}"
    if len(text) <= NOISY_LONGEST and NOISY.fullmatch(text) and len(re.sub(r"\D", "", text).lstrip("0")) >= NOISY_DIGITS:
        text = f"{float(text):.12g}"
    with suppress(ValueError, ZeroDivisionError):
        return str(Fraction(text)) if NUMBER.fullmatch(text) else None
    return None


def _with_numbers(text: str) -> str:
    """A point or a list with its numbers as `Fraction` spells them; texts in quotes stay as they are."""
    return text if QUOTE.search(text) else MEMBER.sub(lambda found: _number(found[0]) or found[0], text)


def _words(text: str) -> str:
    if NAMES.fullmatch(text) and re.search(", |,[A-Z]", text):  # `a,b` may be what is printed, and `a b` not
        text = TIGHT.sub(", ", text)
    text = CLOCK.sub(r" \1\2m", text.casefold())
    return " ".join(re.sub(r"(?<=[^\W\d]),(?=\s)", "", text).split())


def _literal(text: str) -> str | None:
    """A text or a collection in Python's spelling or JSON, written in one way: its texts as they are, keys and members of sets
    in order. Lists and tuples are one where there are texts in them; of numbers alone, a point is no list. None for any other.
    """
    if not LITERAL.match(text) or len(text) > LONGEST_LITERAL or GROUPED.search(text):
        return None
    with suppress(*NO_LITERAL):
        value = _evaluated(text)
        collection = isinstance(value, str | list | tuple | dict | set)
        return _spelled(cast(object, value), listed=QUOTE.search(text) is not None) if collection else None
    return None


def is_literal(text: str) -> bool:
    """Whether it is a text or a collection in Python's spelling or JSON."""
    return _literal(text.strip()) is not None


def _evaluated(text: str) -> object:
    """Raises `ValueError` or `SyntaxError` for what is no literal, and what `ast.literal_eval` does."""
    (statement,) = parse(text).body
    if not isinstance(statement, ast.Expr):
        raise ValueError
    return ast.literal_eval(_Named().visit(statement.value))


class _Named(ast.NodeTransformer):
    """JSON's names as Python's values."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(JSON_NAMES[node.id]) if node.id in JSON_NAMES else node


def _spelled(value: object, *, listed: bool) -> str:
    """Raises `ValueError` for what is no collection, text or number."""
    if isinstance(value, dict):
        items = cast(dict[object, object], value).items()
        pairs = (f"{_spelled(key, listed=listed)}: {_spelled(item, listed=listed)}" for key, item in items)
        return f"{{{', '.join(sorted(pairs))}}}"
    if isinstance(value, list | tuple | set):
        members = [_spelled(item, listed=listed) for item in cast(Iterable[object], value)]
        left, right = "{}" if isinstance(value, set) else "[]" if listed or isinstance(value, list) else "()"
        return f"{left}{', '.join(sorted(members) if isinstance(value, set) else members)}{right}"
    if isinstance(value, str | bool | None):
        return repr(value)
    if isinstance(value, int | float):
        return f"{value:.12g}" if isinstance(value, float) else str(value)
    raise ValueError


def _is_quoted(answer: str) -> bool:
    return LITERAL.match(answer) is not None and QUOTE.search(answer) is not None


def _unquoted(answer: str) -> str:
    """What Python prints of names with their numbers, `('east', 310.25)`, as words: `east 310.25`."""
    with suppress(*NO_LITERAL):
        return _words(RATIO.sub(":", " ".join(_items(_evaluated(answer))))) if _is_quoted(answer) else answer
    return answer


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
    """Whether a normalised answer is written in a way that others may write otherwise: `2*sqrt(2)`, `(x+1)^2`, `x=y+3/4`."""
    value = NAMED.sub("", answer)
    return _is_readable(answer) and not (NUMBER.fullmatch(value) or PAIR.fullmatch(value)) and JOINS.search(value) is not None


def comparable(one: str, other: str) -> bool:
    """Whether sympy may be asked about two normalised answers: at least one is a formula, and the other can be read as one."""
    return (is_formula(one) or is_formula(other)) and _is_readable(one) and _is_readable(other)


def _is_readable(answer: str) -> bool:
    value = NAMED.sub("", answer)
    if NUMBER.fullmatch(value):
        return True
    if FORMULA.fullmatch(value) is None or CODE.fullmatch(value):
        return False
    return UNREADABLE.search(FUNCTION.sub("", value)) is None and AMBIGUOUS.search(value) is None


def comparison(answer: str, known: Sequence[str]) -> Run:
    """Looks for the first of the known answers that the new one equals as a formula."""
    return Run(f"NEW, KNOWN = {answer!r}, {list(known)!r}\n{COMPARE}", limits=Limits(seconds=SECONDS))


def equal_to(outcome: Outcome, known: Sequence[str]) -> str | None:
    """The known answer that `comparison` found; None where there is none, or no sympy, or it could not be read."""
    said = outcome.stdout.strip()
    return known[int(said)] if outcome.succeeded and said.isdigit() and int(said) < len(known) else None
