"""The model's own chat template: messages to the text that the model was trained on.

Rendered as the transformers library does it, in Jinja's sandbox: a template comes with the model, so it is foreign code.
"""

import json
import re
from collections.abc import Callable, Collection
from collections.abc import Sequence as Listing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Never

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from agent.engine.request import Message

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CHATML_STOPS = ("<|im_end|>", "<|im_start|>")
"""Mere text to a model whose vocabulary has no such tokens, in which it goes on to speak for the user."""
_PRIVATE = range(0xE000, 0xF900)
"""Unicode's private-use characters: no meaning of their own, so one that no message holds can mark a place."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a rendered prompt. `control`: control tokens spelled out in it are meant as such."""

    text: str
    control: bool


class ChatTemplate:
    """`begin` and `end` are the texts of the model's begin- and end-of-text tokens.

    A template that is missing, fails on the simplest conversation or leaves out what is said in it is replaced by ChatML;
    `notice` then says why, and `stops` what ends a reply. One that only refuses a system message gets it at the head of the
    first user message.
    """

    def __init__(self, source: str | None, begin: str = "", end: str = "") -> None:
        self._marks = {"bos_token": begin, "eos_token": end}
        self._fold = False
        self.notice: str | None = None
        self.stops: tuple[str, ...] = ()
        self._template = self._compile(source)

    def render(self, messages: Listing[Message]) -> str:
        """The conversation, ending where the assistant begins to speak or goes on with its last message."""
        begun = messages[-1].content if messages[-1].role == "assistant" else ""
        asked = messages[:-1] if begun else messages
        return self._render(self._template, fold_system(asked) if self._fold else asked) + begun

    def segments(self, messages: Listing[Message], control_texts: Callable[[str], Collection[str]]) -> list[Segment]:
        """The conversation with what messages spell out of control tokens set apart, so that they stay mere text.

        `control_texts(text)` names the control tokens that `text` would turn into. Ordinary messages give one segment.
        """
        mark = _absent(messages)
        masked = list[str]()

        def mask(content: str) -> str:
            for text in sorted(control_texts(content), key=len, reverse=True):
                content = content.replace(text, f"{mark}{len(masked)}{mark}")
                masked.append(text)
            return content

        rendered = self.render([Message(message.role, mask(message.content)) for message in messages])
        parts = re.split(f"{mark}([0-9]+){mark}", rendered)
        segments = [Segment(masked[int(part)], False) if odd % 2 else Segment(part, True) for odd, part in enumerate(parts)]
        return [segment for segment in segments if segment.text]

    def _compile(self, source: str | None) -> jinja2.Template:
        environment = _environment()
        if source is None:
            return self._stand_in(environment, "the model brings no chat template")
        sample = (Message("system", "s"), Message("user", "u"), Message("assistant", "a"), Message("user", "v"))
        try:
            template = environment.from_string(
                source, globals={"raise_exception": _raise_exception, "strftime_now": _strftime_now}
            )
            self._fold = not self._renders(template, sample)
            if self._fold and not self._shows(template, fold_system(sample)):
                raise jinja2.TemplateError("it leaves out what is said")
        except Exception as error:  # foreign code can raise anything
            return self._stand_in(environment, f"the model's chat template fails ({_line(error)})")
        return template

    def _stand_in(self, environment: jinja2.Environment, why: str) -> jinja2.Template:
        self._fold, self.notice, self.stops = False, f"{why}; ChatML stands in", CHATML_STOPS
        return environment.from_string(CHATML)

    def _renders(self, template: jinja2.Template, messages: Listing[Message]) -> bool:
        try:
            return self._shows(template, messages)
        except Exception:
            return False

    def _shows(self, template: jinja2.Template, messages: Listing[Message]) -> bool:
        """Whether every one of these messages is in what the template makes of them. Raises what it raises."""
        rendered = self._render(template, [Message(message.role, f"[{message.content}]") for message in messages])
        return all(f"[{message.content}]" in rendered for message in messages)

    def _render(self, template: jinja2.Template, messages: Listing[Message]) -> str:
        return template.render(
            messages=[{"role": message.role, "content": message.content} for message in messages],
            tools=None,
            documents=None,
            add_generation_prompt=True,
            **self._marks,
        )


def fold_system(messages: Listing[Message]) -> list[Message]:
    """The same without system messages: their text leads the next user message."""
    folded, pending = list[Message](), list[str]()
    for message in messages:
        if message.role == "system":
            pending.append(message.content)
        elif message.role == "user":
            folded.append(Message("user", "\n\n".join([*pending, message.content])))
            pending = []
        else:
            folded.append(message)
    return folded + ([Message("user", "\n\n".join(pending))] if pending else [])


def _absent(messages: Listing[Message]) -> str:
    used = set[str]().union(*(message.content for message in messages))
    return next(chr(code) for code in _PRIVATE if chr(code) not in used)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation])
    environment.filters["tojson"] = _to_json
    return environment


def _to_json(value: Any, indent: int | None = None) -> str:
    """Unlike Jinja's own, this one does not escape for HTML."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _raise_exception(message: str) -> Never:
    raise jinja2.TemplateError(message)


def _strftime_now(form: str) -> str:
    return datetime.now().strftime(form)


class _Generation(Extension):
    """`{% generation %}…{% endgeneration %}` marks the assistant's words for training; here it only stands for its body."""

    tags = {"generation"}  # noqa: RUF012 (Jinja's own declaration)

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)
