"""Answers what attempts ask: all thinking in one decode, all running in the sandbox meanwhile.

A branch that waits for the sandbox leaves the batch, another takes its slot; the problems of a batch share both.
"""

import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Protocol

from agent.engine.request import Branch, ContextOverflow, Engine, Finish, Interrupted, Message, Request, Think, Thought
from agent.search import Node, Verdict
from agent.verify.verify import Candidate
from tools.sandbox import Outcome, Run, Sandbox

Life = Generator[Think | Run, Any, tuple[Candidate, Verdict]]
"""An attempt from its first thought to its verdict."""
Clock = Callable[[], float]

PATIENCE = 0.05
"""Seconds to wait for the sandbox when nothing is left to think; bounds how late an interrupt is seen."""


SLOW = 0.5
"""Seconds after which a program's attempt leaves its branch to another; most end sooner, and are worth the wait."""


class Owner(Protocol):
    """Whom an attempt belongs to, and who is told how it goes."""

    def heard(self, job: "Job", branch: Branch, seconds: float) -> None: ...
    def thought(self, job: "Job", branch: Branch) -> None: ...
    def running(self, job: "Job", run: Run) -> None: ...
    def ran(self, job: "Job", outcome: Outcome) -> None: ...
    def settle(self, job: "Job", candidate: Candidate, verdict: Verdict) -> None: ...
    def close(self, job: "Job", why: str) -> None: ...


@dataclass(eq=False, slots=True)
class Job:
    """One attempt under way."""

    owner: Owner
    node: Node
    life: Life
    branch: Branch | None = None
    asked: tuple[Message, ...] = ()
    """The conversation that the branch answers."""
    begun: str = ""
    """What its reply was made to begin with."""
    streamed: int = 0
    """Characters of the reply that were emitted."""
    charged: int = 0
    """Tokens of the branch that were charged."""
    ended: Finish | None = None
    """How its reply was ended from here, where it was."""
    submitted: float = 0.0
    """When its last program went to the sandbox."""

    @property
    def reply(self) -> str:
        """The reply so far; empty while the model has said nothing, neither now nor in what it goes on with."""
        return self.begun + self.branch.text if self.branch and (self.branch.text or self.node.generated) else ""


class Driver:
    """Answers the asks of all attempts of all problems over one engine and one sandbox."""

    def __init__(self, engine: Engine, sandbox: Sandbox, clock: Clock = time.monotonic) -> None:
        self.engine, self.sandbox, self._clock = engine, sandbox, clock
        self._thinking: dict[Branch, Job] = {}
        self._running: dict[Future[Outcome], Job] = {}

    def thinking(self, owner: Owner) -> list[Job]:
        return [job for job in self._thinking.values() if job.owner is owner]

    def waiting(self, owner: Owner) -> int:
        """How many of an owner's attempts have waited for the sandbox for long, and think nothing meanwhile."""
        now = self._clock()
        return sum(job.owner is owner and now - job.submitted >= SLOW for job in self._running.values())

    def start(self, job: Job) -> None:
        self._advance(job, None)

    def collect(self) -> None:
        """What came back from the sandbox goes on: it may think again, which its owner can still forbid before `step`."""
        for future in [future for future in self._running if future.done()]:
            job = self._running.pop(future)
            outcome = future.result()
            job.owner.ran(job, outcome)
            self._advance(job, outcome)

    def step(self) -> None:
        """One decode for every branch that thinks; where none does, a moment's wait for the sandbox."""
        if self._thinking:
            self._decode()
        elif self._running:
            wait(self._running, timeout=PATIENCE, return_when=FIRST_COMPLETED)

    def end(self, job: Job, finish: Finish) -> None:
        """Ends a reply: what would follow is for nothing, or cannot be paid. The attempt goes on with what it holds."""
        if job.branch is not None:
            job.ended = finish
            self.engine.cancel(job.branch)

    def drop(self, job: Job) -> None:
        """Gives an attempt up: its branch leaves the batch, what it was to run is not, what it runs is not waited for."""
        if job.branch is not None and self._thinking.pop(job.branch, None):
            self.engine.cancel(job.branch)
            job.owner.thought(job, job.branch)
        for future in [future for future, other in self._running.items() if other is job]:
            del self._running[future]
            future.cancel()
        job.life.close()

    def _decode(self) -> None:
        before = self._clock()
        try:
            self.engine.step()
        except Interrupted:
            return
        share = (self._clock() - before) / len(self._thinking)
        for branch, job in list(self._thinking.items()):
            job.owner.heard(job, branch, share)
            if branch.finish is not None:
                del self._thinking[branch]
                job.owner.thought(job, branch)
                self._advance(job, Thought(job.begun + branch.text, job.ended or branch.finish, branch.generated))

    def _advance(self, job: Job, reply: Thought | Outcome | None) -> None:
        try:
            ask = next(job.life) if reply is None else job.life.send(reply)
        except StopIteration as ended:
            job.owner.settle(job, *ended.value)
            return
        if isinstance(ask, Run):
            job.owner.running(job, ask)
            job.submitted = self._clock()
            self._running[self.sandbox.submit(ask)] = job
        else:
            self._think(job, ask)

    def _think(self, job: Job, ask: Think) -> None:
        job.asked, job.begun, job.branch = ask.messages, ask.begun, None
        begun = (Message("assistant", ask.begun),) if ask.begun else ()
        try:
            branch = self.engine.submit(Request(self.engine.encode((*ask.messages, *begun)), ask.sampling, job.owner))
        except ContextOverflow as overflow:
            job.owner.close(job, f"the conversation no longer fits the context: {overflow}")
            job.life.close()
            return
        job.branch, job.streamed, job.charged, job.ended = branch, ask.known, 0, None
        self._thinking[branch] = job
