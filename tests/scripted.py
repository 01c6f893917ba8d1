"""An engine without a model, for tests of what stands on it: what it says is scripted."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Listing
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Self

from agent.config import Settings
from agent.driver import Driver
from agent.engine.prefix import common_prefix
from agent.engine.request import Branch, Finish, Interrupted, Message, Request, Role
from agent.engine.stream import TextStream
from agent.machine import Interrupt, Machine
from tools.sandbox import Sandbox

Script = Callable[[tuple[Message, ...]], str]
"""The whole reply to a conversation. It may keep state, to answer the same conversation in different ways."""

_ROLES: tuple[Role, ...] = ("system", "user", "assistant")


@dataclass(eq=False, slots=True)
class _Live:
    branch: Branch
    pieces: list[str]
    stream: TextStream


class ScriptedEngine:
    """Meets `agent.engine.request.Engine`. A token is a word with the space before it; each step says one word of a branch.

    The first tokens stand for the roles, the others for words in the order they were met, so that token lists tell the
    conversation and share prefixes as a real model's do. Prompts once read stay in its memory for ever.
    """

    def __init__(
        self,
        script: Script,
        *,
        name: str = "scripted",
        context: int = 8192,
        width: int = 16,
        sure: Callable[[str], float] = lambda word: 0.0,
        stride: int = 1,
    ) -> None:
        """`sure`: the log-probability of each word. `stride`: words of a branch in one step, as where guesses come true."""
        self.name, self.device, self.context, self.width = name, "no device", context, width
        self.notices: tuple[str, ...] = ()
        self._script, self._sure, self._stride = script, sure, stride
        self._tokens: dict[str, int] = {}
        self._texts: list[str] = list(_ROLES)
        self._read: list[tuple[int, ...]] = []
        self._queue: list[Branch] = []
        self._live: list[_Live] = []
        self._interrupted = False

    def encode(self, messages: Listing[Message]) -> tuple[int, ...]:
        tokens = list[int]()
        for message in messages:
            tokens.append(_ROLES.index(message.role))
            tokens += (self._token(word) for word in _words(message.content))
        return (*tokens, _ROLES.index("assistant"))

    def decode(self, tokens: Listing[int]) -> tuple[Message, ...]:
        """The conversation that `encode` was given."""
        messages = list[Message]()
        for token in tokens[:-1]:
            if token < len(_ROLES):
                messages.append(Message(_ROLES[token], ""))
            else:
                messages[-1] = Message(messages[-1].role, messages[-1].content + self._texts[token])
        return tuple(messages)

    def submit(self, request: Request) -> Branch:
        branch = Branch.opened(request, self.context)
        self._queue.append(branch)
        return branch

    def step(self) -> list[Branch]:
        if self._interrupted:
            self._interrupted = False
            raise Interrupted
        while self._queue and len(self._live) < self.width:
            self._live.append(self._open(self._next()))
        moved = tuple(self._live)
        for live in moved:
            for _ in range(min(self._stride, live.branch.stride or self._stride)):
                if live.branch.finish is None:
                    self._say(live)
        return [live.branch for live in moved]

    def cancel(self, branch: Branch) -> None:
        if branch in self._queue:
            self._queue.remove(branch)
            branch.finish = "cancelled"
        for live in tuple(self._live):
            if live.branch is branch:
                self._finish(live, "cancelled")

    def interrupt(self) -> None:
        self._interrupted = True

    def close(self) -> None:
        self._queue, self._live = [], []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _token(self, word: str) -> int:
        if word not in self._tokens:
            self._tokens[word] = len(self._texts)
            self._texts.append(word)
        return self._tokens[word]

    def _next(self) -> Branch:
        """The group with the fewest live branches comes first, in each whoever came first."""
        taken = Counter(id(live.branch.request.group) for live in self._live)
        branch = min(self._queue, key=lambda branch: taken[id(branch.request.group)])
        self._queue.remove(branch)
        return branch

    def _open(self, branch: Branch) -> _Live:
        prompt = branch.request.tokens
        shared = max((common_prefix(known, prompt) for known in self._read), default=0)
        branch.reused = min(shared, len(prompt) - 1)
        branch.evaluated = len(prompt) - branch.reused
        self._read.append(prompt)
        return _Live(branch, _words(self._script(self.decode(prompt))), TextStream(branch.request.sampling.stop))

    def _say(self, live: _Live) -> None:
        branch = live.branch
        branch.generated += 1
        branch.sampled.append(self._token(live.pieces[0]) if live.pieces else _ROLES.index("user"))
        branch.logprobs.append(self._sure(live.pieces[0]) if live.pieces else 0.0)
        if not live.pieces:
            branch.text += live.stream.finish()
            self._finish(live, "stop")
            return
        branch.text += live.stream.push(live.pieces.pop(0).encode("utf-8", "replace"))
        if live.stream.stopped:
            self._finish(live, "stop")
        elif branch.generated == branch.request.sampling.max_tokens:
            branch.text += live.stream.finish()
            self._finish(live, "length")

    def _finish(self, live: _Live, finish: Finish) -> None:
        live.branch.finish = finish
        self._live.remove(live)


def _words(text: str) -> list[str]:
    """`text` in words, each with the space before it; what space is left at the end is the last word's."""
    return re.findall(r"\s*\S+(?:\s+\Z)?|\A\s+\Z", text)


def opening(script: Script, sandbox: Sandbox) -> Callable[..., AbstractContextManager[Machine]]:
    """Stands in for `agent.machine.opened`: a machine with a scripted engine and that sandbox."""

    @contextmanager
    def opened(settings: Settings, emit: object, interrupt: Interrupt, *, width: int) -> Iterator[Machine]:
        engine = ScriptedEngine(script)
        yield Machine(engine, sandbox, Driver(engine, sandbox), interrupt)

    return opened
