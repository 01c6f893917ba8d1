"""The choices that a statement lists, and which of them an answer gives."""

import re
import string
from collections.abc import Mapping

from agent.verify.equality import bare, normalised, same
from agent.verify.notation import plain

LETTERS = string.ascii_uppercase
GIVEN = re.compile(
    r"(?:\(([A-Z])\)|([A-J](?=[.:])|[A-Z](?=\))|(?-i:[A-J])(?=(?:,| [-–—]) [^\W\d_]{2})|[A-Z](?=\Z))[).:,]?)"
    r"(?:[.:]?\s+(?:[-–—]\s+)?(\S.*)|[.:]?)",
    re.IGNORECASE,
)
"""`(B) Paris`, `B. Paris`, `B, as it is the capital`. Beyond J only in brackets or alone: names have initials, too."""
GIVEN_BEHIND = re.compile(r"(?!.*\b(?:not|neither|either|both|and|or)\b)(\S.*?),? \(([A-Z])\)", re.IGNORECASE)
SPOKEN = re.compile(
    r"(?:(?:option|choice) )?\(?([A-Z])\)?(?: is (?:the )?(?:correct|right)(?: (?:answer|option|choice|one))?)?", re.IGNORECASE
)
CALLED = re.compile(r"(?:option|choice) (?=\(?[A-Z][).:])", re.IGNORECASE)
ANOTHER = re.compile(r"\([A-Z]\)|\b[A-Z][).:](?:\s|\Z)|\b(?:and|or) \(?[A-Z]\b|^[A-Z](?:\Z|[ ,/&])")
"""In the words beside a choice's letter."""
ON_A_LINE = re.compile(r"^[ \t>*-]*+\(?([A-Z])(?:\)[ \t*]*+|\.[ \t*]++)(\S.*)$", re.MULTILINE)
IN_A_ROW = re.compile(
    r"(?:\\(?:text|math)(?:bf|rm|tt)?\{|^|(?<=[\s,;:|\['\"$])|(?<=\d)(?=\())\(?([A-Z])\)(?:\\ |[ \t~])*+\}?", re.MULTILINE
)
"""The mark of each, where they stand behind one another: `(A) 3 (B) 5`, `A)3,B)5`."""
DOTTED = re.compile(r"(?<![^\s,;])([A-Z])\.[ \t]++(?=[^\s.])(?![A-Z]\.)")
"""`A. 3 B. 5 C. 7`; initials have no words between them."""
FEWEST_IN_A_ROW = 3
AROUND = " \t,;|&'\"$~*"
SPACE = re.compile(r"\\q?quad")


def listed(statement: str) -> dict[str, str]:
    """What each letter stands for: A, B and so on, in capitals, two or more on lines of their own, `A.` or `(A)`, or
    three or more in a row, `A)` or `(A)`; empty for none.
    """
    if on_lines := _on_lines(statement):
        return {line[1]: line[2].strip() for line in on_lines}
    marks = _in_a_row(statement)
    ends = (*(mark.start() for mark in marks[1:]), len(statement))
    return {mark[1]: _stripped(statement[mark.end() : end].partition("\n")[0]) for mark, end in zip(marks, ends, strict=False)}


def left_out(statement: str) -> str:
    """The statement without the choices that it lists."""
    choices = _on_lines(statement) or _in_a_row(statement)
    if not choices:
        return statement
    end = statement.find("\n", choices[-1].end() - 1)
    return statement[: choices[0].start()] + (statement[end:] if end >= 0 else "")


def _on_lines(statement: str) -> list[re.Match[str]]:
    """The last lines that list choices: examples before them have theirs. Empty for none."""
    found = list(ON_A_LINE.finditer(statement))
    last = max((place for place, line in enumerate(found) if line[1] == LETTERS[0]), default=0)
    asked = found[last:]
    return asked if len(asked) > 1 and _in_order([line[1] for line in asked]) else []


def _in_a_row(statement: str) -> list[re.Match[str]]:
    """The marks of three or more that stand behind one another; empty for none."""
    for pattern in (IN_A_ROW, DOTTED):
        row = list(pattern.finditer(statement))
        if len(row) >= FEWEST_IN_A_ROW and _in_order([mark[1] for mark in row]):
            return row
    return []


def _in_order(letters: list[str]) -> bool:
    return letters == [*LETTERS[: len(letters)]]


def _stripped(text: str) -> str:
    text = plain(SPACE.sub(" ", text)).strip(AROUND)
    return text if "[" in text else text.rstrip("]").strip(AROUND)


def letter_of(answer: str) -> str | None:
    """That of the choice that an answer gives, alone or with what it stands for, `B) Paris`; None without just one."""
    letter, text = _read(answer)
    return None if ANOTHER.search(text) else letter


def without_letter(answer: str) -> str:
    """What a choice stands for, where the answer says both."""
    _, text = _read(answer)
    return text or answer


def chosen(answer: str, choices: Mapping[str, str]) -> str | None:
    """The letter of the one choice that an answer is, by what it stands for or else by its letter."""
    meant = [letter for letter, text in choices.items() if text and same(normalised(text), normalised(answer))]
    if len(meant) == 1:
        return meant[0]
    letter, text = _read(answer)
    told = letter_of(answer) or (letter if letter and text == choices.get(letter) else None)
    return told if told in choices else None


def named(answer: str, choices: Mapping[str, str]) -> str:
    """An answer that is what just one choice stands for, with the letter before it; any other as it is."""
    letter = chosen(answer, choices)
    return answer if letter in (None, _read(answer)[0]) else f"{letter}) {answer}"


def _read(answer: str) -> tuple[str | None, str]:
    """The letter that an answer begins or ends with, and the words beside it."""
    given = bare(plain(bare(answer)))
    if spoken := SPOKEN.fullmatch(given):
        return spoken[1].upper(), ""
    called = CALLED.match(given)
    if found := GIVEN.fullmatch(given, called.end() if called else 0):
        return (found[1] or found[2]).upper(), found[3] or ""
    behind = GIVEN_BEHIND.fullmatch(given)
    return (behind[2].upper(), behind[1]) if behind else (None, "")
