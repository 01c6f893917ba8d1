"""How mathematics is written: LaTeX and typographic signs in plain characters, and formulas, points and lists in one way."""

import re

NOTATIONS = (
    ("−", "-"),
    ("\\$", "$"),
    ("\\%", "%"),
    ("€", "$"),
    ("£", "$"),
    ("\N{NO-BREAK SPACE}", " "),
    ("{,}", ","),
    ("\\! ", ""),
    ("\\!", ""),
    ("×", "*"),
    ("·", "*"),
    ("÷", "/"),
    ("≤", "<="),
    ("≥", ">="),
    ("²", "^2"),
    ("³", "^3"),
)
"""Signs for which there are plainer ones, and what LaTeX writes into numbers. Whose money it is makes no other number."""
FUNCTIONS = ("sqrt", "sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "log", "ln", "exp", "abs", "binomial")
COMMANDS = {name: f" {name}" for name in FUNCTIONS} | {
    **dict.fromkeys(("left", "right", "big", "Big", "displaystyle"), ""),
    **dict.fromkeys(("quad", "qquad"), " "),
    **dict.fromkeys(("cdot", "times"), "*"),
    **dict.fromkeys(("circ", "degree"), "°"),
    **dict.fromkeys(("le", "leq"), "<="),
    **dict.fromkeys(("ge", "geq"), ">="),
    "sqrt": "√",
    "pi": "π",
    "div": "/",
    "infty": "∞",
    "pm": "±",
    "cup": "∪",
    "cap": "∩",
    "in": "∈",
    **dict.fromkeys(("emptyset", "varnothing"), "∅"),
}
"""LaTeX's commands in plain characters; those that take arguments are rewritten apart, any other one stays."""
MATRIX = re.compile(r"\\begin ?\{([bp])matrix\}(.*?)\\end ?\{\1matrix\}", re.DOTALL)
"""A `vmatrix` is none, but its determinant."""
DEEPEST = 8
"""Braces within one another that are rewritten."""
LONGEST_PLAIN = 1_000
"""Characters of an answer in which notations are rewritten."""
TOKEN = re.compile(r"\d+(?:\.\d+)?|\w|pi|sqrt\([^()]*\)")
"""What needs no parentheses, wherever it stands."""
TEARS = re.compile(r"[\w(^\\√]| [^\W\d_](?![^\W\d_])")
"""Behind a fraction: one more factor, or a power."""
FUNCTION = re.compile(rf"(?<![^\W\d_])(?:pi|{'|'.join(FUNCTIONS)})(?![^\W\d_])")
WORD = rf"(?<![^\W\d_])[^\W\d_]{{1,2}}(?![^\W\d_])|{FUNCTION.pattern}"
SIGN = rf"[*/^=<>(\[{{±∪∩∈]|(?<=[\w)\]}}!]) ?[-+]|{FUNCTION.pattern}"
MATHEMATICAL = re.compile(rf"(?=.*[\w∞])(?=.*?(?:{SIGN})|[-+\d., ∞]++\Z)(?:[-\d .,;!|+*/^=<>()\[\]{{}}±∞∪∩∈∅]|{WORD})++")
"""Where spaces beside signs mean nothing. Words have more than two letters: `Smith, John` is none."""


def plain(answer: str) -> str:
    """LaTeX's and typographic notations in plain characters: `2\\sqrt{3}` and `2√3` are `2 sqrt(3)`."""
    for written, meaning in NOTATIONS:
        answer = answer.replace(written, meaning)
    if len(answer) > LONGEST_PLAIN:
        return answer
    answer = MATRIX.sub(_rows, answer)
    answer = re.sub(r"\\([A-Za-z]+)", lambda found: COMMANDS.get(found[1], found[0]), answer)
    answer = re.sub(r"(?<=\d)\\[,;:](?=\d)", "", answer)
    answer = re.sub(r"\\[,;: ]", " ", answer)
    for _ in range(DEEPEST):  # braces from the innermost to the outermost
        before = answer
        for pattern, meaning in BRACED:
            answer = pattern.sub(meaning, answer)
        if answer == before:
            break
    return re.sub(r"\\([{}])", r"\1", answer).replace("π", " pi ").strip()


def _rows(matrix: re.Match[str]) -> str:
    """A list of lists, as programs print it."""
    rows = (", ".join(cell.strip() for cell in row.split("&")) for row in matrix[2].split("\\\\") if row.strip())
    return f"[{', '.join(f'[{row}]' for row in rows)}]"


def _script(found: re.Match[str]) -> str:
    alone = TOKEN.fullmatch(found[2]) and not found.string[found.end() :][:1].isdigit()
    return found[1] + (found[2] if alone else f"({found[2]})")


def _fraction(found: re.Match[str]) -> str:
    """`3/4`, in parentheses where what stands beside it would tear it apart; behind a number it is a mixed one's."""
    over, under = (found[1] or found[2] or "").strip(), (found[3] or found[4] or "").strip()
    written = f"({over})" if re.search("[-+]", over[1:]) else over
    written += f"/{under}" if TOKEN.fullmatch(under) else f"/({under})"
    before, after = found.string[: found.start()], found.string[found.end() :]
    if before.rstrip()[-1:].isdigit() and over.isdigit() and under.isdigit():
        return f" {written}"
    torn = before[-1:].isalnum() or before.rstrip()[-1:] in (*")/^",) or TEARS.match(after)
    return f"({written})" if torn else written


BRACED = (
    (re.compile(r"\^ ?(?:\{ ?° ?\}|°)"), "°"),
    (re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox|boxed|operatorname) ?\{([^{}]*)\}"), r"\1"),
    (re.compile(r"√ ?\[(\w+)\] ?\{([^{}]*)\}"), r"(\2)^(1/\1)"),
    (re.compile(r"√ ?\{([^{}]*)\}"), r" sqrt(\1)"),
    (re.compile(r"√ ?(\d+(?:\.\d+)?|[^\W\d_])"), r" sqrt(\1)"),
    (re.compile(r"√ ?(?=\()"), " sqrt"),
    (re.compile(rf"({FUNCTION.pattern}) ?\{{([^{{}}]*)\}}"), r"\1(\2)"),
    (re.compile(r"([\^_]) ?\{([^{}]*)\}"), _script),
    (re.compile(r"\\[dtc]?frac ?(?:\{([^{}]*)\}|(\w)) ?(?:\{([^{}]*)\}|(\w))"), _fraction),
)
"""What takes arguments, where there are no more braces in them."""

SPACED = (
    (re.compile(r"(?<=[\w)\]}!]) ?\*\* ?(?=[\w(+-])"), "^"),
    (re.compile(r"(?<=[\w)\]}!]) ?([*/^=]) ?(?=[\w(\[{+.-])"), r"\1"),
    (re.compile(r"(?<=[\w)\]}!]) ([+-]) (?=[\w(\[{.])"), r"\1"),  # `1 -2` may be two numbers
    (re.compile(r" ?(<=|>=|[<>∪∩±∈]) ?"), r"\1"),
    (re.compile(r"(?<=[(\[{,=<>]) ?([+-]) (?=[\w(.∞])"), r"\1"),
    (re.compile(rf"(?<=[-+]) (?={FUNCTION.pattern})"), ""),
    (re.compile(r"(?<=[(\[{]) | (?=[)\]}])|(?<=[\d)]) (?=\()"), ""),
    (re.compile(r" ?([,;]) ?(?=\S)"), r"\1 "),
    (re.compile(r"(?<![\w)\]}∞])\+(?=∞)"), ""),
    (re.compile(rf"\b({'|'.join(FUNCTIONS)}) (?=\()"), r"\1"),
    (re.compile(rf"\b({'|'.join(FUNCTIONS)}) (\d+|[a-z])(?!\w)"), r"\1(\2)"),
    (re.compile(r"(?<![\w./])(\d+(?:\.\d+)?|[a-z]) ?(?=sqrt\(|pi(?![a-z]))"), r"\1*"),  # but `1/2 pi` says too little
    (re.compile(r"(?<![a-z/])pi ?(?=[^\W_]|\()"), "pi*"),
    (re.compile(r"\(\(([^()]*)\)\)"), r"(\1)"),
    (re.compile(r"\^\((-?\d+|[a-z])\)(?!\d)"), r"^\1"),
    (re.compile(r"(?<![\w)])\((\d+|[a-z])\)(?=\^)"), r"\1"),
    (re.compile(r"(?<![\w./^])(\d+(?:\.\d+)?)\*(?=[a-df-ik-z](?!\w)|\()"), r"\1"),  # but 2e3 is a number, and so is 2j
)
"""One way of writing formulas, points and lists of numbers."""


def mathematical(text: str) -> str | None:
    """A formula, a point or a list of numbers, written in one way; None for any other text."""
    if len(text) > LONGEST_PLAIN or not MATHEMATICAL.fullmatch(text):
        return None
    for pattern, meaning in SPACED:
        text = pattern.sub(meaning, text)
    return text
