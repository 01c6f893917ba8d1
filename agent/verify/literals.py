"""Values as statements write them."""

import ast
import re

from agent.verify.source import NO_LITERAL, parsed

WORKING = re.compile(r"\A(?:[\d\s+*/×·().-]++=\s*+)++")
"""The arithmetic before a value, as in `5 * 4 * 3 = 60`."""
ATOM = re.compile(r"[-+]?(?:\d[\d_]*+(?:\.\d++)?(?:[eE][-+]?\d++)?|\.\d++|[A-Za-z]++)(?!\w)")
STRING = re.compile(r"(?:'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\")(?![\w'\"])")
UNFINISHED = re.compile(
    r"\[|\.[a-z_\d]|\.\.|:\d|['’]\d|[ \t]++\d(?!\d*+\.\s)|\s*+(?:(?:to|through) [-\d]|and [-+\d'\"\[({]"
    r"|(?:[-+/%^×·÷@±]|\*\*?|//|<<|>>|[<>]=?)\s*+[\w(\[{'\"]|[|&]\s*+\{|!=|=|%"
    r"|,\s*+[-+]?[\d'\"\[({]|,\s*+\w++\s*+=|or(?! \w++\()\b|not\b|,?\s*+(?:but|instead|rather|if|unless|more|less|fewer|times"
    r"|plus|minus|percent|wrongly|incorrectly|expected|remainder|mod|thousand|million|billion)\b"
    r"|[,;(]?\s*+(?:(?:it )?should|expected)\b|[,.;(]?\s*+(?:but )?(?:I|we) (?:expect|want)\b"
    r"|(?:would be|is|are) (?:an? )?(?:not|never|error|wrong|bad|incorrect|invalid|forbidden)\b)",
    re.IGNORECASE,
)
"""What behind a value says that it is not the whole of it, or not what is wanted."""
IN_WORDS = re.compile(
    r"(?<=\d)(?:°[CF]\b|[ \t]*+(?:[KMGT]i?B|AM|PM)\b|[ \t]++(?:is|are) (?:an? )?(?:even|odd|prime|not|positive|negative)\b"
    r"|[ \t]++(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
    r"(?=,? \d|[.` \t]*+(?:\n|\Z))"
    r"|(?i:[ \t]*+(?:years?|months?|weeks?|days?|hours?|hrs?|h|minutes?|mins?|m|dollars?|feet|foot|ft|pounds?|lbs?)"
    r"|[ \t]++[a-z]++(?:,| and)) \d++ ?(?i:[a-z]))"
)
"""Behind a number: it may be the beginning of a text that is meant, `1 hour 30 minutes`, `2 is even`. `90 minutes` may not."""
WORDS_FOR_VALUES = {"true": "True", "false": "False", "null": "None", "none": "None"}


def literal(source: str) -> str | None:
    """The source in Python's own spelling, if it is a literal; `true` and `null` are taken for what they mean."""
    source = source.strip()
    source = WORDS_FOR_VALUES.get(source.lower(), source)
    tree = parsed(source)
    try:
        value: object = ast.literal_eval(source) if tree else None
        ast.literal_eval(repr(value))  # 1e999 is written as `inf`, which is none
    except NO_LITERAL:
        return None
    if tree is None or (value is None and source != "None") or "Ellipsis" in repr(value):
        return None
    return repr(value)


def leading_literal(text: str, *, in_python: bool = False) -> str | None:
    """The value that the text begins with, behind its arithmetic if that is shown. None where the text says more of it, or
    where a text in brackets may be a tuple of one, which it is not `in_python`.
    """
    text = WORKING.sub("", text.strip(), count=1)
    end = value_end(text)
    if end is None or UNFINISHED.match(text, end + text.startswith("`", end)) or IN_WORDS.match(text, end):
        return None
    value = literal(text[:end])
    return None if text.startswith("(") and value and value.startswith(("'", '"')) and not in_python else value


def value_end(text: str) -> int | None:
    """The index behind the value that the text begins with."""
    if text.startswith(("(", "[", "{")):
        return closing(text, 0)
    match = STRING.match(text) or ATOM.match(text)
    return match.end() if match else None


def closing(text: str, opening: int) -> int | None:
    """The index behind the bracket that closes the one at `opening`, strings respected."""
    depth, quote = 0, ""
    for index in range(opening, len(text)):
        character = text[index]
        if quote:
            quote = "" if character == quote and text[index - 1] != "\\" else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return index + 1
    return None
