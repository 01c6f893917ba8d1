"""What a statement shows of a whole program: what it is given and what it must print, under their labels."""

import math
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, pairwise, takewhile

LABELLED = re.compile(
    r"[\s*#-]*+(sample |example )?(input|output)(?:Copy)?[ \t]*+#?(\d*+)[ \t]*+"
    r"(?::?-{3,}+\s*+\Z|(?:\*\*)?:(?:\*\*)?[ \t]*+(.*)|[*#\s-]*+\Z)",
    re.IGNORECASE,
)
"""`Input: 3`, `**Output:** 7`, or a heading of its own: `-----Input:-----`, `### Sample Output 1`."""
ON_ONE_LINE = re.compile(r"^([ \t*#-]*+input[ \t]*+\d*+:[^\n]*?\S)[ \t]++(?=output[ \t]*+\d*+:)", re.IGNORECASE | re.MULTILINE)
"""`Input: n = 3 Output: 7`."""
EXAMPLES = re.compile(r"[\s*#-]*+examples?\b[\s*#:\d-]*+\Z", re.IGNORECASE)
SAMPLE_ENDS = re.compile(
    r"[\s*#-]*+(?:```|\"\"\"|\'\'\'|(?:examples?|notes?)\b(?!\W*\d)|(?:explanation|hints?|constraints)\b|test\W{0,3}:)",
    re.IGNORECASE,
)
SECTION = re.compile(
    r"(?i:[\s*#]*+(?:scoring|subtasks?|sources?|authors?|limits?|bounds|interaction|languages?)[\s*:]*+\Z)"
    r"|\s*+(?:[*#]+ ?[A-Z][a-zA-Z]+(?: \w+){0,2}|[A-Z][a-zA-Z]+(?: \w+){0,2}[*:]+)[\s*:]*+\Z"
)
"""Behind an output and an empty line, what begins another section."""
NEXT = re.compile(
    r"[\s*#-]*+(?:(?:examples?|samples?|(?:test )?cases?|tests?)[ \t]*+#?\d*+[\s*#:.-]*+\Z"
    r"|(?:(?:time|memory) limits?|requirements)\b[^:\n]*+:)",
    re.IGNORECASE,
)
"""The next sample's heading, or that of what is said of all."""
RULED = re.compile(r"\s*+(?:-{3,}|\*{3,}|={3,})\s*+\Z|#{1,6} \S")
"""A line or a heading, behind an output."""
PROSE = re.compile(r"[^\W\d_]{2}\W++(?:\w++\W++)?[^\W\d_]{2}|[<>≤≥]|[^\W\d_][.!]\s*+\Z| = ")
"""Words beside one another, bounds, an equation: no more of a sample."""
SENTENCE = re.compile(r"\s*+[A-Z][^\n]*[a-z]\.\s*+\Z")
REMARK = re.compile(r"(?<!\s)\s++\([^\W\d_][^()\n]*\)\Z")
"""What stands in brackets behind a value: `6 (the sum)`."""
COMMENT = re.compile(r"\A([-+]?+[\d.]++)(?:\s++(?://|#)\s|,?\s++(?:because|since)\b).*\Z")
"""What is said of one number behind it: `9 // 3*3`."""
NUMBERS = re.compile(r"(?=\D*+\d)[-+\d.,\s]++\Z")
LISTED = re.compile(r"\s*+[-*•]\s++[^\W\d_]{2}")
BY_NAME = re.compile(
    r"^\s*+\w+\s*+=|\bstandard (?:input|output)\b|\bstd(?:in|out)\b|^\s*+[\w-]++\.[a-z]{2,4}\s*+\Z", re.IGNORECASE
)
"""Arguments by name, and what names a stream or a file: not what a program reads."""
PROMPTED = re.compile(
    r"^[ \t]*+(?:please )?(?:enter|input|type)(?: in)? "
    r"(?:an? (?=\w)|(?:the|your|another|any|first|second|next|number|value|text)\b)(?:[^:\n]{0,60}[^\W\d])? ?:[ \t]*+\S",
    re.IGNORECASE | re.MULTILINE,
)
"""What a program says itself before it reads: `Enter your name: Bob`."""
DESCRIBED = re.compile(
    r"\b(?:integers?|numbers?|strings?|lists?|arrays?|lines?|contains?|consists?|single|print|denot\w+|their|format)\b|^\s*+(?:an?|the)\b"
    r"|\.\.\.|…",
    re.IGNORECASE,
)
"""A format, where no label says that it is a sample."""
TOLERANCE = 1e-6
"""What nearly all such statements allow, of the value or absolutely."""
FLOAT = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d{1,3})?")
NOTHING = ("none", "(none)", "-", "(empty)", "empty")


@dataclass(frozen=True, slots=True)
class Sample:
    """A whole program's standard input and the standard output that it must give, compared token by token."""

    stdin: str
    stdout: str
    loosely: bool = False
    """Whether letters may be in another case, and numbers off by `TOLERANCE`, as the statement says."""

    def is_met_by(self, printed: str) -> bool:
        """Whether a program that printed this has given the output."""
        got, wanted = printed.split(), self.stdout.split()
        return got == wanted or (self.loosely and len(got) == len(wanted) and all(map(_is_near, got, wanted)))


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below a label. `shown`: the label, or a heading above it, says that it is an example."""

    kind: str
    lines: list[str]
    shown: bool


def find_samples(text: str) -> tuple[Sample, ...]:
    """Those that are data: a format in words, or arguments by name, are none."""
    pairs = list(_pairs(text))
    shown = any(given.shown for given, _ in pairs)
    made = (_sample(_block(given), _block(wanted), given.shown) for given, wanted in pairs if given.shown or not shown)
    return tuple(sample for sample in made if sample)


def _sample(given: str, wanted: str, shown: bool) -> Sample | None:
    given, wanted = _unmarked(textwrap.dedent(given).strip(), textwrap.dedent(wanted).strip())
    if not wanted or BY_NAME.search(given) or BY_NAME.search(wanted) or PROMPTED.search(given):
        return None
    in_words = all(re.fullmatch(r"[^\W\d_]+(?:\W+[^\W\d_]+)*\W*", part) for part in (given, wanted))
    if not shown and (in_words or DESCRIBED.search(given) or DESCRIBED.search(wanted)):
        return None
    return Sample("" if given.lower() in NOTHING else f"{given}\n", wanted)


def _unmarked(given: str, wanted: str) -> tuple[str, str]:
    """Without the backticks around each, or the quotes around both."""
    wanted = COMMENT.sub(r"\1", REMARK.sub("", wanted))
    given, wanted = (re.sub(r"^`([^`]*)`$", r"\1", part) for part in (given, wanted))
    if all(re.fullmatch(r'"[^"]*"', part) for part in (given, wanted)):
        return given[1:-1], wanted[1:-1]
    return given, wanted


def _is_near(got: str, wanted: str) -> bool:
    """Whole numbers are not nearly another, though they may be written with decimals."""
    if FLOAT.fullmatch(got) and FLOAT.fullmatch(wanted) and "." in got + wanted:
        tolerance = TOLERANCE if "." in wanted else 0.0
        return math.isclose(float(got), float(wanted), rel_tol=tolerance, abs_tol=tolerance)
    return got.casefold() == wanted.casefold()


def sections(text: str) -> list[Section]:
    """What stands behind each label `Input` or `Output`."""
    found, below = list[Section](), False
    for line in ON_ONE_LINE.sub(r"\1\n", text).splitlines():
        below = below or EXAMPLES.match(line) is not None
        if label := LABELLED.match(line):
            found.append(Section(label[2].lower(), [label[4] or ""], bool(below or label[1] or label[3])))
        elif found and line.strip() != "Copy":  # a button's, on the pages that such texts are copied from
            found[-1].lines.append(line)
    return found


def labelled(text: str) -> Iterator[tuple[str, str]]:
    """What stands behind each `Input:` and the `Output:` that follows it."""
    return ((_block(given), _block(wanted)) for given, wanted in _pairs(text))


def _pairs(text: str) -> Iterator[tuple[Section, Section]]:
    return ((one, other) for one, other in pairwise(sections(text)) if (one.kind, other.kind) == ("input", "output"))


def _block(section: Section) -> str:
    """What a fence holds, or else the lines up to what explains them. Empty lines may be within; prose behind one ends it.

    Empty for an output of several paragraphs in words, and for one of numbers and then words below a label that stands alone:
    where it ends cannot be told.
    """
    lines, beside = list(dropwhile(lambda line: not line.strip(), section.lines)), bool(section.lines[0].strip())
    if lines and lines[0].strip().startswith("```"):
        return "\n".join(takewhile(lambda line: not line.strip().startswith("```"), lines[1:]))
    block, output, worded = list[str](), section.kind == "output", False
    for line in lines:
        behind_gap = bool(block) and not block[-1].strip()
        if line.strip() and (SAMPLE_ENDS.match(line) or (output and _ends_output(block, line))):
            break
        if behind_gap and output and SECTION.match(line):
            break
        if behind_gap and PROSE.search(line):
            return "" if output and worded else "\n".join(block).rstrip()
        if output and block and not worded and SENTENCE.match(line):
            break
        if output and block and _is_said(line) and _are_numbers(block):
            return "\n".join(block).rstrip() if beside else ""
        worded = worded or PROSE.search(line) is not None
        block.append(line)
    return "\n".join(block).rstrip()


def _are_numbers(block: list[str]) -> bool:
    return all(NUMBERS.match(line) for line in block if line.strip())


def _ends_output(block: list[str], line: str) -> bool:
    """A line in a picture, or a heading like the first line, is a part of it."""
    if RULED.match(line):
        return not block or set(line.strip()) != set(block[-1].strip())
    listed = LISTED.match(line) and _are_numbers(block)
    return bool(block) and bool(listed or (NEXT.match(line) and not any(map(NEXT.match, block))))


def _is_said(line: str) -> bool:
    """Behind numbers: one word alone may be printed, several or one with a stop hardly."""
    words = re.findall(r"[^\W\d_]{2,}", line)
    return any(len(word) > 2 for word in words) and (len(words) > 1 or re.fullmatch(r"\s*+\w++[.!:]\s*+", line) is not None)
