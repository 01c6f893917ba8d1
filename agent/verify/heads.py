"""The head of a function for a statement that shows none, as pages do that have it in an editor beside."""

import re

from agent.verify import given, statement, wanted
from agent.verify.fences import blocks

UNNAMED = "solve"
"""The name of a function for which a statement has none."""
NO_NAME = "that|which|to|for|of|in|is|given|needs?|has|have|should|must|can|will|calls?|and|with"
ELSEWHERE = re.compile(
    r"(?i:\b(?:name|signature):|\bname (?:your|the|it)\b)|\bdef \w+\(|\bAPI\b|\{[ \t]*$"
    rf"|\b(?:function|method),? `?(?!(?:{NO_NAME})\b)\w+`?,? (?:that|which|for|to|of)\b",
    re.MULTILINE,
)
"""What names the function, or says that the code is of another make."""


def signed(text: str, entry_point: str | None = None) -> str:
    """The text with the head of a function behind it, where its examples say what goes into one by name, and nothing else does.

    `entry_point`: the function's name, where the user gave it.
    """
    name, parameters = entry_point or UNNAMED, given.names(text)
    if not parameters or name in parameters or _is_known(text, entry_point) or statement.wants_something_else(text):
        return text
    owned = statement.OF_CLASS.fullmatch(name)
    head = f"def {name}({', '.join(parameters)}):"
    if owned:
        head = f"class {owned[1]}:\n    def {owned[2]}({', '.join(['self', *parameters])}):"
    return f"{text.rstrip()}\n\n```python\n{head}\n```"


def _is_known(text: str, entry_point: str | None) -> bool:
    """Whether the text shows the function, or another program, for itself."""
    said = statement.read(text, entry_point)
    named = f"{entry_point}(" in text if entry_point else said.entry_point or ELSEWHERE.search(text)
    shown = blocks(text) or wanted.HEAD.search(text) or statement.CODE_SHOWN.search(text)
    return bool(named or shown or said.samples or statement.COMPETITION.search(text))
