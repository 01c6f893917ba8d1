"""The choices that a statement lists, and which of them an answer gives."""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from agent.verify import wanted
from agent.verify.equality import NUMBER, bare, normalised, same
from agent.verify.notation import plain
from agent.verify.quantity import amount, sign

FIRST = ("A", "a")
GIVEN = re.compile(
    r"(?:\(([A-Z])\)|([A-J](?=[.:])|[A-Z](?= ?\))|(?-i:[A-J])(?=(?:,| [-–—]) [^\W\d_]{2})|[A-Z](?=\Z))(?: ?\)|[.:,])?)"
    r"(?:[.:]?\s+(?:[-–—]\s+)?(\S.*)|(?<=(?-i:[A-J])\))(?=[-+$€£]*+\d)(?!.*\b[A-Z]\))(\S.*)|[.:]?)",
    re.IGNORECASE,
)
"""`(B) Paris`, `B. Paris`, `B)21`, `B, as it is the capital`. Beyond J only in brackets or alone: names have initials, too."""
GIVEN_BEHIND = re.compile(
    r"(?!.*\b(?:not|neither|either|both|and|or)\b|.*\([A-Z]\).*\([A-Z]\))(\S.*?),? \(([A-Z])\)", re.IGNORECASE
)
SPOKEN = re.compile(
    r"(?:it is )?(?:(?:option|choice) )?(?:\(?([A-Z])\)?|\[([A-Z])\])"
    r"(?: is (?:the )?(?:correct|right)(?: (?:answer|option|choice|one))?(?:,? (?:because|since|as)\b.*)?)?",
    re.IGNORECASE,
)
BESIDE = re.compile(r"([A-Za-z]) (?:[-–—] (\S.*)|\((\S.*)\))|\(?([A-J])\)(\S.*)")
"""`C - 12`, `C (12)`, `C)Rs. 12`: a choice's letter only where it stands for just that."""
CALLED = re.compile(r"(?:option|choice) (?=\(?[A-Z][).:])", re.IGNORECASE)
ANOTHER = re.compile(
    r"\([A-Z]\)|\b[A-Z][).:](?:\s|\Z)|\b(?:and|or) \(?[A-Z]\b|^[A-Z](?:\Z|[ ,/&])"
    r"|(?<!\w)\([a-j]\)|(?<![\w(])[a-j] ?\)(?:\s|\Z|,)"
)
"""In the words beside a choice's letter."""
ASKED = re.compile(
    r"(?:\?|(?:^|[.?!])[ \t*_]*+(?:answer )?(?:options|choices)\b[:*_]*)[\s\['\"]*+\Z", re.IGNORECASE | re.MULTILINE
)
"""What stands before choices with small letters: of a task's parts, `a) Find …`, none is to be chosen."""
FEWEST_IN_A_ROW = 3
DECIMAL = re.compile(r"[-+]?\d{1,18}\.(\d{1,18})")
AROUND = " \t,;|&'\"$~*"
SPACE = re.compile(r"\\q?quad")


@dataclass(frozen=True, slots=True)
class _Marks:
    """How the letters of choices are written: on lines of their own, and behind one another."""

    on_a_line: re.Pattern[str]
    in_a_row: re.Pattern[str]
    """`(A) 3 (B) 5`, `A)3,B)5`."""
    dotted: re.Pattern[str]
    """`A. 3 B. 5 C. 7`; initials have no words between them."""

    @classmethod
    def of(cls, letter: str) -> Self:
        """`letter`: a pattern."""
        before = r"\\(?:text|math)(?:bf|rm|tt)?\{|^|(?<=[\s,;:|\['\"$])|(?<=\d)(?=\()"
        return cls(
            re.compile(rf"^[ \t>*-]*+\(?({letter})(?: ?\)[ \t*]*+|\.[ \t*]++)(\S.*)$", re.MULTILINE),
            re.compile(rf"(?:{before})\(?({letter}) ?\)(?:\\ |[ \t~])*+\}}?", re.MULTILINE),
            re.compile(rf"(?<![^\s,;])({letter})\.[ \t]++(?=[^\s.])(?!{letter}\.)"),
        )


CAPITALS, SMALL = _Marks.of("[A-Z]"), _Marks.of("[a-z]")


@dataclass(frozen=True, slots=True)
class _Choice:
    """One that is listed, from its mark at `start` to the end of its line, or of its part of it."""

    letter: str
    text: str
    start: int
    end: int


def listed(statement: str) -> dict[str, str]:
    """What each letter stands for: A, B and so on, two or more on lines of their own, `A.` or `(A)`, or three or more in a row,
    `A)` or `(A)`; in small letters three or more behind a question or the word options. Empty for none.
    """
    return {choice.letter: choice.text for choice in _found(statement)}


def left_out(statement: str) -> str:
    """The statement without the choices that it lists."""
    found = _found(statement)
    return statement[: found[0].start] + statement[found[-1].end :] if found else statement


def _found(statement: str) -> list[_Choice]:
    if capital := _on_lines(statement, CAPITALS) or _in_a_row(statement, CAPITALS):
        return capital
    small = _on_lines(statement, SMALL) or _in_a_row(statement, SMALL)
    meant = len(small) >= FEWEST_IN_A_ROW and ASKED.search(statement[: small[0].start])
    return small if meant and not any("?" in choice.text or wanted.code_asked(choice.text) for choice in small) else []


def _on_lines(statement: str, marks: _Marks) -> list[_Choice]:
    """The last lines that list choices: examples before them have theirs. Empty for none."""
    found = list(marks.on_a_line.finditer(statement))
    last = max((place for place, line in enumerate(found) if line[1] in FIRST), default=0)
    asked = found[last:]
    if len(asked) < 2 or not _in_order(asked):
        return []
    return [_Choice(line[1], line[2].strip(), line.start(), line.end()) for line in asked]


def _in_a_row(statement: str, marks: _Marks) -> list[_Choice]:
    """Three or more that stand behind one another; empty for none."""
    for pattern in (marks.in_a_row, marks.dotted):
        row = list(pattern.finditer(statement))
        if len(row) >= FEWEST_IN_A_ROW and _in_order(row):
            ends = (*(mark.start() for mark in row[1:]), len(statement))
            return [_behind(mark, statement[mark.end() : end]) for mark, end in zip(row, ends, strict=True)]
    return []


def _behind(mark: re.Match[str], text: str) -> _Choice:
    line = text.partition("\n")[0]
    return _Choice(mark[1], _stripped(line), mark.start(), mark.end() + len(line))


def _in_order(marks: Sequence[re.Match[str]]) -> bool:
    return string.ascii_uppercase.startswith("".join(mark[1] for mark in marks).upper())


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
    """The letter of the one choice that an answer is, by what it stands for or else by its letter. Where it is none as it is
    written, a unit may be in one of the two only, or the choice be rounded.
    """
    answer = _lettered(answer, choices)
    if meant := _only(choices, answer, _is_same) or _said(answer, choices):
        return meant
    return _only(choices, answer, _is_same_amount) or _only(choices, answer, _is_rounded)


def _only(choices: Mapping[str, str], answer: str, fits: Callable[[str, str], bool]) -> str | None:
    """The letter of the one choice that fits an answer."""
    found = [letter for letter, text in choices.items() if text and fits(text, answer)]
    return found[0] if len(found) == 1 else None


def _is_same(text: str, answer: str) -> bool:
    alike = (" or " in text) == (" or " in answer)  # `1 and 2`, which solutions are as well as `1 or 2`, is another choice
    return alike and same(normalised(text), normalised(answer))


def _is_same_amount(text: str, answer: str) -> bool:
    """One of them is a bare number, or money: `4 m` is no `4 km`, and 4 % no 4 m."""
    signs = [sign(text), sign(answer)]
    of_one = "" in signs or all(said.startswith("$") for said in signs)
    bare_one = any(NUMBER.fullmatch(normalised(written)) for written in (text, answer))
    return of_one and bare_one and amount(text) == amount(answer) != ""


def _is_rounded(text: str, answer: str) -> bool:
    """Whether a choice is the number with fewer digits behind its point."""
    short, long = DECIMAL.fullmatch(bare(plain(text))), DECIMAL.fullmatch(bare(plain(answer)))
    if short is None or long is None or len(short[1]) >= len(long[1]):
        return False
    return abs(Fraction(short[0]) - Fraction(long[0])) <= Fraction(1, 2 * 10 ** len(short[1]))


def _said(answer: str, choices: Mapping[str, str]) -> str | None:
    """The letter of the one choice that an answer names."""
    letter, text = _read(answer)
    written = {known.upper(): known for known in choices}
    told = letter_of(answer) or (letter if letter and text == choices.get(written.get(letter, letter)) else None)
    return written.get(told or "")


def named(answer: str, choices: Mapping[str, str]) -> str:
    """An answer that is what just one choice stands for, with the letter before it; any other as it is."""
    answer = _lettered(answer, choices)
    letter = chosen(answer, choices)
    return answer if letter is None or letter.upper() == _read(answer)[0] else f"{letter}) {answer}"


def _lettered(answer: str, choices: Mapping[str, str]) -> str:
    """With the letter as it is usually written, where it stands beside what its choice stands for."""
    beside = BESIDE.fullmatch(bare(plain(bare(answer))))
    if beside is None:
        return answer
    letter, text = beside[1] or beside[4], beside[2] or beside[3] or beside[5]
    choice = choices.get(letter, "")
    return f"{letter}) {text}" if _is_same(choice, text) or _is_same_amount(choice, text) else answer


def _read(answer: str) -> tuple[str | None, str]:
    """The letter that an answer begins or ends with, and the words beside it."""
    given = bare(plain(bare(answer)))
    if spoken := SPOKEN.fullmatch(given):
        return (spoken[1] or spoken[2]).upper(), ""
    called = CALLED.match(given)
    if found := GIVEN.fullmatch(given, called.end() if called else 0):
        return (found[1] or found[2]).upper(), found[3] or found[4] or ""
    behind = GIVEN_BEHIND.fullmatch(given)
    return (behind[2].upper(), behind[1]) if behind else (None, "")
