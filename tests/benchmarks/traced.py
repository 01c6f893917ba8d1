"""An engine that keeps a diary: which requests it got, and when thinking was left to do and when something was decoded."""

import time
from collections.abc import Iterator
from collections.abc import Sequence as Listing
from contextlib import contextmanager
from typing import Self

from agent.engine.context import Batch, Context
from agent.engine.request import Branch, Engine, Message, Request
from tests.benchmarks.measure import Span


class TracedEngine:
    """Meets `agent.engine.request.Engine` by another one that it passes everything on to; times are `time.perf_counter`'s."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.device, self.context, self.width = engine.name, engine.device, engine.context, engine.width
        self.branches: list[Branch] = []
        """In the order in which they were asked for."""
        self.thinking: list[Span] = []
        """When branches were queued or live."""
        self.steps: list[Span] = []
        self._since: float | None = None

    def encode(self, messages: Listing[Message]) -> tuple[int, ...]:
        return self._engine.encode(messages)

    def submit(self, request: Request) -> Branch:
        branch = self._engine.submit(request)
        self.branches.append(branch)
        self._since = time.perf_counter() if self._since is None else self._since
        return branch

    def step(self) -> list[Branch]:
        begun = time.perf_counter()
        try:
            return self._engine.step()
        finally:
            self.steps.append((begun, time.perf_counter()))
            self._note()

    def cancel(self, branch: Branch) -> None:
        self._engine.cancel(branch)
        self._note()

    def _note(self) -> None:
        """Closes the span of thinking when the last branch has ended."""
        if self._since is not None and all(branch.finish for branch in self.branches):
            self.thinking.append((self._since, time.perf_counter()))
            self._since = None

    def interrupt(self) -> None:
        self._engine.interrupt()

    def close(self) -> None:
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@contextmanager
def decodes() -> Iterator[list[Span]]:
    """The times of all decodes within the block, whoever asks for them."""
    spans, decode = list[Span](), Context.decode

    def timed(context: Context, batch: Batch) -> bool:
        begun = time.perf_counter()
        try:
            return decode(context, batch)
        finally:
            spans.append((begun, time.perf_counter()))

    Context.decode = timed
    try:
        yield spans
    finally:
        Context.decode = decode


@contextmanager
def rows() -> Iterator[list[int]]:
    """The tokens that each decode within the block evaluates, prompts and guesses alike."""
    counts, decode = list[int](), Context.decode

    def counted(context: Context, batch: Batch) -> bool:
        counts.append(batch.rows)
        return decode(context, batch)

    Context.decode = counted
    try:
        yield counts
    finally:
        Context.decode = decode
