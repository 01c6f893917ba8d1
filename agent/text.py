"""Foreign text made safe to show, and figures made easy to read. Knows nothing of terminals."""

import re
from collections.abc import Sequence

LINE_LIMIT = 2_000
"""Characters of one line that are shown."""
ONE_LINE = 400
"""Characters of a text that is to be one line."""

_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but newline and tab, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # bidirectional controls
    "\u2028\u2029\ufff9-\ufffb\ufeff"  # separators and marks that some terminals act on
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e007f"  # tags: invisible text
    "]"
)


def clean(text: str, line_limit: int = LINE_LIMIT) -> str:
    """The one sanitiser for foreign text (model output, program output, file names): the result cannot steer a terminal.

    Newline and tab stay, a carriage return before a newline goes, every other control character becomes a visible escape.
    Lines longer than `line_limit` characters end with a notice. Width is not bounded: wide characters stay as they are.
    """
    text = _UNSAFE.sub(_escaped, text.replace("\r\n", "\n"))
    if len(text) <= line_limit:
        return text
    return "\n".join(_clipped(line, line_limit) for line in text.split("\n"))


def one_line(text: str, limit: int = ONE_LINE) -> str:
    """Cleaned, white space collapsed, at most `limit` characters, an ellipsis where something is left out."""
    text = " ".join(clean(text[: 4 * limit]).split())
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"


def last_line(text: str) -> str:
    """The last line that says something, as `one_line` gives it: what a traceback comes to."""
    lines = [line for line in text[-4 * ONE_LINE :].splitlines() if line.strip()]
    return one_line(lines[-1] if lines else "")


def counted(number: int, noun: str) -> str:
    """`1 switch`, `2 switches`, `1,024 tokens`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun}{'es' if noun.endswith(('ch', 'sh', 's', 'x')) else 's'}"


def amount(done: int, total: int, unit: str) -> str:
    """How far something long is: `312 of 1,117 MB`, `40 %`; without a total (0) just what is done."""
    if unit == "bytes":
        done, total, unit = done // 1_000_000, total // 1_000_000, "MB"
    if unit == "permille":
        return f"{100 * done // total} %" if total else ""
    return f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"


def duration(seconds: float) -> str:
    """To two figures: `45 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def joined(parts: Sequence[str], separator: str = " · ") -> str:
    return separator.join(part for part in parts if part)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _clipped(line: str, limit: int) -> str:
    return line if len(line) <= limit else f"{line[:limit]}… ({len(line) - limit:,} more characters)"
