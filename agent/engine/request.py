"""What the engine is asked and what it answers. Strategies speak in messages, the engine in tokens."""

import math
from collections.abc import Callable
from collections.abc import Sequence as Listing
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "cancelled", "unsure"]
"""`unsure`: given up because the model no longer knew what it wrote; no engine says it, the driver may."""

BRANCHES = 240
"""Live at once at most: llama.cpp's bound on the sequences of a context, less those that `agent.engine.cache` keeps beside."""
TAIL = 64
"""Tokens that `Branch.tail_confidence` looks at."""


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one sequence is sampled. `temperature` 0 is greedy.

    The same seed and prompt give the same text in the same company, from the same cache: what else a decode evaluates moves the
    last bits of the logits, and a close call may then fall the other way.
    """

    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    seed: int = 0
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()
    """The text ends before the first of these; a stop string itself is never part of the text."""
    repetition_guard: float = 0.0
    """Strength of llama.cpp's DRY sampler, which makes what would go on repeating the branch's own text less likely; 0: off."""
    grammar: str | None = None
    """GBNF with `root` as its start: only what it describes is sampled."""


@dataclass(frozen=True, slots=True)
class Think:
    """A strategy's question to the model; the driver answers with a `Thought`."""

    messages: tuple[Message, ...]
    sampling: Sampling
    begun: str = ""
    """What the reply is made to begin with: the model goes on behind it."""
    known: int = 0
    """Characters of it that were heard before."""


@dataclass(frozen=True, slots=True)
class Thought:
    text: str
    """The whole reply, with what it was made to begin with."""
    finish: Finish
    generated: int


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt in tokens. The prompt and `sampling.max_tokens` together must fit `Engine.context`."""

    tokens: tuple[int, ...]
    sampling: Sampling
    group: object = None
    """Whose request it is, by identity: where there is no room for all, groups take turns."""


@dataclass(eq=False, slots=True)
class Branch:
    """One live sequence, compared by identity. The engine writes to it (but for `stride`); `text` grows by whole characters."""

    request: Request
    text: str = ""
    generated: int = 0
    """Tokens sampled so far."""
    evaluated: int = 0
    """Prompt tokens that had to be evaluated."""
    reused: int = 0
    """Prompt tokens served from a prefix already in the cache."""
    guessed: int = 0
    """Sampled tokens that had been guessed, so that they came for little (prompt lookup)."""
    sampled: list[int] = field(default_factory=list[int])
    """The tokens sampled so far, the one that ended the text included."""
    logprobs: list[float] = field(default_factory=list[float])
    """Of each sampled token, in nats, as the model alone gives it: at temperature 1, over the whole vocabulary."""
    finish: Finish | None = None
    """None while it lives."""
    stride: int | None = None
    """The most tokens that the next step may add, at least 1, set by who pays for them; None: what comes of guessing."""

    @property
    def tail_confidence(self) -> float:
        """Mean log-probability of the last `TAIL` tokens in nats, at most 0; -inf before the first. There an answer is decided,
        and rambling shows first.

        After the tail confidence of Fu et al., "Deep Think with Confidence" (arXiv 2508.15260), which takes the likeliest
        tokens' log-probabilities instead of the sampled one's, and the last 2,048 tokens of far longer texts.
        """
        tail = self.logprobs[-TAIL:]
        return sum(tail) / len(tail) if tail else -math.inf

    @classmethod
    def opened(cls, request: Request, context: int) -> Self:
        """Raises `ContextOverflow` for a request that can never fit, `ValueError` for one that asks for nothing."""
        if not request.tokens or request.sampling.max_tokens < 1:
            raise ValueError("a request needs a prompt and leave to answer with at least one token")
        needed = len(request.tokens) + request.sampling.max_tokens
        if needed > context:
            raise ContextOverflow(f"{needed} tokens needed, {context} available")
        return cls(request)


class Interrupted(Exception):
    """`Engine.interrupt` ended the step. The engine stays usable; its branches are as before the step."""


class ContextOverflow(Exception):
    """The request can never fit: says how many tokens it needs, and how many there are. Nothing is evaluated."""


class Engine(Protocol):
    """Sequences decoded together. One thread drives it; only `interrupt` may come from elsewhere."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def device(self) -> str:
        """Where the layers are: `CPU`, or the GPU's name and how many layers it holds."""
        ...

    @property
    def context(self) -> int:
        """Tokens that one request may use, prompt and answer together."""
        ...

    @property
    def width(self) -> int:
        """Sequences that one step can decode; `submit` queues beyond it."""
        ...

    def encode(self, messages: Listing[Message]) -> tuple[int, ...]:
        """Messages through the model's own chat template, ending where the assistant begins to speak, or, where the last
        message is the assistant's, goes on.
        """
        ...

    def submit(self, request: Request) -> Branch:
        """Queues a request. Raises `ContextOverflow`, and `ValueError` for an empty one or a grammar that cannot be read."""
        ...

    def step(self) -> list[Branch]:
        """One decode for every live branch; returns those it moved, maybe only through their prompt.

        Empty list: nothing is left to do.
        Raises `Interrupted` after `interrupt`, `MachineError` when llama.cpp fails.
        """
        ...

    def cancel(self, branch: Branch) -> None:
        """Ends a branch with `cancelled`, keeping its text; a finished one is left alone."""
        ...

    def interrupt(self) -> None:
        """Ends the step under way within 100 ms, or the next one; safe in a signal handler and from any thread."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


Progress = Callable[[str, int, int], None]
"""`(what, done, total)` while something long goes on: bytes of a download, parts per thousand of a load."""
