"""What a reply, or what its program printed, gives as the answer."""

import re
import textwrap

from agent.phrases import (
    ALONE,
    ANSWER_LINE,
    CHOSEN,
    CORRECTED,
    HOPE,
    IN_WORDS,
    LABELS,
    LEADS,
    MENTIONED,
    NEXT,
    NUMERAL,
    PLACEHOLDER,
    SHORT,
    TURN,
    UNKNOWN,
    VERDICT,
)
from agent.verify.equality import is_literal
from agent.verify.fences import PYTHON, fenced

BOXED = re.compile(r"\\boxed ?\{((?:[^{}]++|\{(?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+\})++)\}")
EMPTY_BOX = re.compile(r"\\boxed ?\{\s*+\}")
BLANK_LINE = r"\n[ \t]*+\n"
FORMULA = re.compile(
    rf"(?<!\\)(?:\\[\[(](?:\\\\|(?!\\[\[\]()]|{BLANK_LINE}).)*+\\[\])]|\$\$(?:(?!\$\$|{BLANK_LINE}).)*+\$\$"
    rf"|\\begin\{{(\w++\*?+)\}}(?:(?!\\(?:begin|end)\{{\1\}}|{BLANK_LINE}).){{0,1000}}+\\end\{{\1\}})",
    re.DOTALL,
)
DEEPEST = 8
"""Boxes within one another."""
NUMBER = re.compile(rf"{NUMERAL}[*_. ]*+")
CELL = r"(?:-?\d++(?:\.\d++)?|[A-Z#.])"
ROW = re.compile(rf"[ \t]*+{CELL}(?:(?:,[ ]?|[ |]++){CELL})++[ \t]*+(?:\n|\Z)")
MOST_LINES = 200
"""Of a grid or a list."""
WORDS = ("text", "plaintext", "txt", "output", "markdown", "md")
"""What fences are marked with that hold no code."""
ITEM = re.compile(rf"[ \t]*+(?:(?:[-*•]|\d++[.)]) ++(\S.*)|({NUMERAL}))[ \t]*+(?:\n|\Z)")
PAIRED = (
    re.compile(r"(?<![\w)\]*])\*\*(?=[^\s*])((?:(?!\*\*).)++)(?<=\S)\*\*(?![\w(*])"),
    re.compile(r"\$\$([^$\n]++)\$\$"),
    re.compile(r"(?<![\w$\\])\$((?:[^$\\\n]|\\[^\n])++)\$(?![\w$])"),
    re.compile(r"(?<!`)`([^`\n]++)`(?!`)"),
    re.compile(r"\\\(((?:(?!\\[()]).)*+)\\\)"),
)
"""Marks that come in pairs: `$5 and $6` are two prices."""
LABEL = re.compile(r"(?![A-J]:)[A-Za-z][A-Za-z ,'()]*+(?:=(?!=)|:(?![^\W\d]|[/:=\\]))\s*+(?!.*[A-Za-z] ?:)(\S[^=]*+)$")
"""Before a program's answer; in `Alice: 3, Bob: 5`, `B: Paris` and `std::vector` it is a part of the answer."""

UNKNOWNS = re.compile(r"[A-Za-z] ?= ?\S.*")
SEVERAL = re.compile(r"[\d=]|\b(?:and|or)\b", re.IGNORECASE)
"""Beside a box: it is not all of the answer."""


def is_given(text: str) -> bool:
    """Whether a reply has a line or a box for its answer."""
    return ANSWER_LINE.search(_formulas_in_line(text)) is not None or BOXED.search(text) is not None


def stated(text: str) -> str | None:
    """What stands on the last answer line or in later boxes, else what was last said to be the answer; without marks. What was
    thought before, and what the model says for others behind it, is not looked at.
    """
    said = text.rpartition("</think>")[2]
    for part in map(_of_one_problem, TURN.split(said if said.strip() else text)):
        if lines := _several_lines(part):
            return lines
        found = _found(_formulas_in_line(part))
        if found is not None:
            answer = _without_marks(found)
            return None if PLACEHOLDER.fullmatch(answer) or UNKNOWN.match(answer) else answer or None
    return _other_code(text)


def _of_one_problem(text: str) -> str:
    """Up to where it goes on to the next. What restates its problem, or divides it, has such a line before its first answer."""
    following = NEXT.search(text)
    if following is None or CORRECTED.search(text, following.start()):
        return text
    before = text[: following.start()]
    return before if ANSWER_LINE.search(_formulas_in_line(before)) else text


def _formulas_in_line(text: str) -> str:
    """With each formula on a line: a matrix is laid out over several."""
    return FORMULA.sub(_in_line, text)


def _in_line(formula: re.Match[str]) -> str:
    """As it is where an answer line is between its marks, which are then no pair."""
    whole = formula[0]
    return whole if ANSWER_LINE.search(whole) else " ".join(map(str.strip, whole.split("\n")))


def _other_code(text: str) -> str | None:
    """The one block of a reply, where it is of a language that is not run here, or not marked and all of it: what was asked for
    may be just that.
    """
    alone = text.strip()[:3] == "```" == text.strip()[-3:]
    found = [one for one in fenced(text) if one.closed and (one.language or alone) and one.language not in WORDS]
    if len(found) != 1 or found[0].language in PYTHON:
        return None
    return found[0].code.strip("\n") or None


def _several_lines(text: str) -> str | None:
    """What the last label has below it, where that is a text of several lines or a grid."""
    label = next(reversed([*LABELS.finditer(text)]), None)
    if label is None or any(one.start() > label.end() for one in (*BOXED.finditer(text), *MENTIONED.finditer(text))):
        return None
    return _in_fence(text, label.end()) or _grid(text, label.end())


def _in_fence(text: str, at: int) -> str | None:
    """Where a fence comes next: what it holds, if that is neither Python nor values line by line, nor has a label itself."""
    opened = text.count("\n", 0, len(text) - len(text[at:].lstrip()))
    block = next((one for one in fenced(text) if one.opened == opened), None)
    if block is None or block.language in PYTHON or ANSWER_LINE.search(block.code):
        return None
    lines = textwrap.dedent(block.code.strip("\n")).rstrip().split("\n")
    return "\n".join(lines) if len(lines) > 1 and not all(map(NUMBER.fullmatch, lines)) else None


def _grid(text: str, at: int) -> str | None:
    rows = list[str]()
    while (row := ROW.match(text, at)) and len(rows) < MOST_LINES:
        rows.append(row[0].strip())
        at = row.end()
    widths = {len(re.findall(CELL, row)) for row in rows}
    return "\n".join(rows) if len(rows) > 1 and len(widths) == 1 else None


def _found(text: str) -> str | None:
    """As it is written. Of what was corrected, only that it now is."""
    lines, boxes = list(ANSWER_LINE.finditer(text)), list(BOXED.finditer(text))
    mentioned = list(MENTIONED.finditer(text))
    last = max([*lines[-1:], *boxes[-1:]], key=lambda one: one.start(), default=None)
    if lines and last and last.start() < lines[-1].end():
        last = lines[-1]
    later = mentioned[-1] if mentioned else None
    if later and (last is None or (later.start() >= last.end() and CORRECTED.search(text, last.end(), later.start()))):
        return _below(text, later) if later["below"] else str(later[later.lastindex or 0])
    if last is None:
        alone = ALONE.fullmatch(text) or next(reversed([*CHOSEN.finditer(text)]), None)
        return alone[alone.lastindex or 0] if alone else None
    return _on_line(text, last) if last.re is ANSWER_LINE else _boxes(text, boxes)


def _on_line(text: str, line: re.Match[str]) -> str:
    """A box is the answer where the line says no more; what stands in further lines belongs to it where all are numbers."""
    answer = HOPE.sub("", IN_WORDS.sub("", _closed(text, line), count=1))
    if reasoned := VERDICT.match(answer):
        return str(reasoned[1])
    boxes = list(BOXED.finditer(answer))
    if len(boxes) == 1 and not SEVERAL.search(answer[: boxes[0].start()] + " " + answer[boxes[0].end() :]):
        return str(boxes[0][1])
    below = [item for item in _items(text, line.end() + 1) if NUMBER.fullmatch(item)] if NUMBER.fullmatch(answer) else []
    return ", ".join(dict.fromkeys([answer, *below]))


def _closed(text: str, line: re.Match[str]) -> str:
    """With the lines behind it that make a list or JSON of it, as `Answer: {` has."""
    answer = str(line[1])
    if answer[0] not in "[{" or answer.count("[") + answer.count("{") == answer.count("]") + answer.count("}"):
        return answer
    lines = text[line.start(1) :].split("\n", MOST_LINES)[:MOST_LINES]
    ends = (place for place, line in enumerate(lines, 1) if line.rstrip().endswith(("]", "}")))
    return next((whole for end in ends if is_literal(whole := "\n".join(lines[:end]))), answer)


def _boxes(text: str, boxes: list[re.Match[str]]) -> str:
    """All of the last line with any, but for those that were corrected."""
    joined = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        between = text[box.end() : joined[-1].start()]
        if "\n" in between or LEADS.search(between):
            break
        joined.append(box)
    return ", ".join(dict.fromkeys(str(box[1]) for box in reversed(joined)))


def _below(text: str, mentioned: re.Match[str]) -> str:
    """One line, or a list; of a list of more than values nobody knows what is the answer."""
    items = _items(text, mentioned.start("below"))
    if len(items) < 2:
        return re.sub(r"^[-*] ", "", str(mentioned["below"]).strip())
    return ", ".join(items) if all(map(SHORT.fullmatch, items)) else ""


def _items(text: str, at: int) -> list[str]:
    items = list[str]()
    while item := ITEM.match(text, at):
        items.append(str(item[1] or item[2]).strip().removesuffix("."))
        at = item.end()
    return items


def _without_marks(answer: str) -> str:
    answer = EMPTY_BOX.sub("", answer)
    for _ in range(DEEPEST):
        answer = BOXED.sub(r"\1", answer)
    for pattern in PAIRED:
        answer = pattern.sub(r"\1", answer)
    answer = answer.strip(" \t*_\n").removesuffix(".").strip("` " if answer.count("$") > 1 else "`$ ")
    answer = re.sub(r"^\\[(\[](.*)\\[)\]]$", r"\1", answer).strip().removesuffix(".")
    asserted, equals, value = answer.partition(" == ")
    return value.strip() if equals and asserted.startswith("assert ") and " == " not in value else answer


def without_label(line: str) -> str:
    """What a program printed as its answer, without what it calls it."""
    labelled = LABEL.match(line)
    return labelled[1] if labelled else line


def are_parts(lines: list[str]) -> bool:
    """Whether each line that a program printed gives another unknown, `x = 1`."""
    return len(lines) > 1 and all(map(UNKNOWNS.fullmatch, lines)) and len({line[0] for line in lines}) == len(lines)
