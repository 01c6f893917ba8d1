"""The choices that a statement lists, and which of them an answer gives."""

import re
from collections.abc import Mapping

from agent.verify.equality import bare, normalised, same
from agent.verify.notation import plain

LETTERS = "ABCDEFGHIJ"
GIVEN = re.compile(r"(?:\(([A-J])\)|([A-J])(?:[).:]|\Z))(?:[.:]?\s+(\S.*)|[.:]?)", re.IGNORECASE)
ANOTHER = re.compile(r"\([A-J]\)|\b[A-J][).:](?:\s|\Z)|\b(?:and|or) \(?[A-J]\b|^[A-J](?:\Z|[ ,/&])")
"""In the words behind a choice's letter."""
ON_A_LINE = re.compile(r"^[ \t>*-]*+\(?([A-J])[).][ \t*]++(\S.*)$", re.MULTILINE)
IN_A_ROW = re.compile(r"(?:\\(?:text|math)(?:bf|rm|tt)?\{|^|(?<=[\s,;:|\['\"]))\(?([A-J])\)\}?")
"""The mark of each, where they stand behind one another: `(A) 3 (B) 5`, `A)3,B)5`. Names have a full stop."""
FEWEST_IN_A_ROW = 3
AROUND = " \t,;|&]'\"$~*"
SPACE = re.compile(r"\\q?quad")


def listed(statement: str) -> dict[str, str]:
    """What each letter stands for: A, B and so on, each once, on lines of their own or on one line; empty for none."""
    found = ON_A_LINE.findall(statement)
    if len(found) > 1 and _in_order([letter for letter, _ in found]):
        return {letter: text.strip() for letter, text in found}
    for line in statement.splitlines():
        letters = IN_A_ROW.findall(line)
        if len(letters) >= FEWEST_IN_A_ROW and _in_order(letters):
            texts = IN_A_ROW.split(line)[2::2]
            return {letter: plain(SPACE.sub(" ", text)).strip(AROUND) for letter, text in zip(letters, texts, strict=True)}
    return {}


def _in_order(letters: list[str]) -> bool:
    return letters == [*LETTERS[: len(letters)]]


def letter(answer: str) -> str | None:
    """That of the choice that an answer gives, alone or with what it stands for, `B) Paris`; None without just one."""
    return _read(answer)[0]


def without_letter(answer: str) -> str:
    """What a choice stands for, where the answer says both."""
    named, text = _read(answer)
    return text if named and text else answer


def named(answer: str, choices: Mapping[str, str]) -> str:
    """An answer that is what just one choice stands for, with the letter before it; any other as it is."""
    if letter(answer):
        return answer
    meant = [letter for letter, text in choices.items() if text and same(normalised(text), normalised(answer))]
    return f"{meant[0]}) {answer}" if len(meant) == 1 else answer


def _read(answer: str) -> tuple[str | None, str]:
    found = GIVEN.fullmatch(bare(plain(bare(answer))))
    if found is None or (found[3] and ANOTHER.search(found[3])):
        return None, ""
    return (found[1] or found[2]).upper(), found[3] or ""
