"""What a reply, or what its program printed, gives as the answer."""

import re

ANSWER_LINE = re.compile(r"^[ \t>#*_-]*+(?:final )?answer[ \t*_]*+:[ \t*_]*+(\S.*)$", re.IGNORECASE | re.MULTILINE)
BOXED = re.compile(r"\\boxed ?\{((?:[^{}]++|\{(?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+\})++)\}")
VALUE = (
    r"(`[^`\n]{1,80}`|\*\*[^*\n]{1,80}\*\*|\$[^$\n]{1,80}\$|\\\([^\n]{1,80}?\\\)|\\[^\s\\]\S*|\"[^\"\n]{1,80}\""
    r"|(?:[a-z] ?= ?)?[-+(\[{$€£√]*+\d[^\s?]*(?: [^\W\d_]+){0,3}|\(?(?-i:[A-J])\)(?: [^.\n]{1,80})?"
    r"|(?-i:[A-Z])[\w'-]*+(?: (?-i:[A-Z])[\w'-]*+){0,3}|[(\[][-+\d., /]{1,40}[)\]]|yes|no|true|false)"
)
"""What can be told from prose, which also follows on `The answer is`: a number, something marked, a name, a choice."""
MENTIONED = re.compile(
    r"^[ \t>#*_-]*+(?:final )?answer[ \t*_]*+:[ \t*_]*+\n(?:[ \t]*+(?:```\w*+|\\\[|\$\$)?+[ \t]*+\n)*+[ \t]*+(?:[-*] )?(?:"
    rf"{VALUE}[ \t]*+$|(\S.*)\s*+\Z)|^#### +([-+]?[$€£]?\d[\d.,/]*+%?)[ \t]*+$|<answer>([^<>]{{1,200}})</answer>"
    rf"|\banswer is:?[ \t]++{VALUE}[*_]*+(?:\.?[*_]*+[ \t]*+$|\.(?=\s))",
    re.IGNORECASE | re.MULTILINE,
)
LABEL = re.compile(r"(?![A-J]:)[A-Za-z][A-Za-z ,'()]*+[:=]\s*+(?!.*[A-Za-z] ?:)(\S[^=]*+)$")
"""Before a program's answer; in `Alice: 3, Bob: 5` and `B: Paris` it is a part of the answer."""


def is_given(text: str) -> bool:
    """Whether a reply has a line or a box for its answer."""
    return ANSWER_LINE.search(text) is not None or BOXED.search(text) is not None


def stated(text: str) -> str | None:
    """What stands on the last answer line or in a later box, else what was last said to be the answer; without marks."""
    found = [*ANSWER_LINE.finditer(text), *BOXED.finditer(text)] or [*MENTIONED.finditer(text)]
    last = max(found, key=lambda one: one.start(), default=None)
    if last is None:
        return None
    answer = str(last[last.lastindex or 0]).strip(" \t*_\n")
    while boxed := BOXED.search(answer):
        answer = boxed[1]
    answer = re.sub(r"^\\[(\[](.*)\\[)\]]$", r"\1", answer.strip().removesuffix(".").strip("`$ "))
    return answer.strip().removesuffix(".") or None


def without_label(line: str) -> str:
    """What a program printed as its answer, without what it calls it."""
    labelled = LABEL.match(line)
    return labelled[1] if labelled else line
