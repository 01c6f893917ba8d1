"""The head of a function for a statement that shows none, as pages do that have it in an editor beside."""

import re

from agent.verify import choices, given, statement, wanted
from agent.verify.fences import blocks
from agent.verify.samples import sections

UNNAMED = "solve"
"""The name of a function for which a statement has none."""
ASKS = re.compile(
    r"^[ \t*_#>-]*+(?:(?:now|then|please|only|finally),? )*"
    r"(?:(?:find|state|give|name|explain|describe|decide|discuss|predict|determine|guess|what|which|why|how|answer)\b"
    r"|(?:is|are|does|do|did)\b[^\n]*\?)",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that, behind the examples, asks for something else than what they are examples of."""
NO_NAME = "that|which|to|for|of|in|is|given|needs?|has|have|should|must|can|will|calls?|and|with"
ELSEWHERE = re.compile(
    r"(?i:\b(?:name|signature):|\bname (?:your|the|it)\b)|\bdef \w+\(|\bAPI\b|\{[ \t]*$"
    rf"|\b(?:function|method),? `?(?!(?:{NO_NAME})\b)\w+`?,? (?:that|which|for|to|of)\b",
    re.MULTILINE,
)
"""What names the function, or says that the code is of another make."""
OTHER_LANGUAGE = re.compile(
    rf"\b(?:in|with|using|an?) {wanted.LANGUAGE}(?![\w+#])"
    rf"|(?<![\w.]){wanted.LANGUAGE}(?: (?:solution|code|please|query|formula)\b|:)",
    re.IGNORECASE,
)
NO_FUNCTION = (*statement.WHOLE, "class", "classes", "method", "module")


def signed(text: str, entry_point: str | None = None) -> str:
    """The text with the head of a function behind it, where its examples say what goes into one by name, and nothing else does.

    `entry_point`: the function's name, where the user gave it.
    """
    name, parameters = entry_point or UNNAMED, given.names(text)
    if not parameters or name in parameters or _is_known(text, entry_point) or _wants_something_else(text):
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


def _wants_something_else(text: str) -> bool:
    """Whether it asks a question about what it shows, or for code that is no function in Python."""
    body = wanted.without_follow_up(text)
    shown = sections(body)
    is_open = not shown or shown[-1].kind != "output"
    question = is_open or ASKS.search("\n".join(shown[-1].lines[1:])) or wanted.is_question(wanted.prose(body))
    other = OTHER_LANGUAGE.search(text) and "python" not in text.casefold()
    return bool(question or choices.listed(body) or other or wanted.code_asked(text) in NO_FUNCTION)
