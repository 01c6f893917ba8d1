"""What holds for every kind of model: full attention (SmolLM2, Qwen2.5-Coder), and a sliding window (Gemma 3)."""

import math
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agent.engine.context import Batch, Context
from agent.engine.engine import LlamaEngine, open_engine
from agent.engine.llama import Model
from agent.engine.request import Branch, Interrupted, Request, Sampling
from tests.conftest import TEST_MODEL, THREADS, pulled

pytestmark = pytest.mark.model

MODELS = (TEST_MODEL, "qwen2.5-coder-0.5b-instruct-q4_k_m", "gemma-3-270m-q4_k_m")
BOUND = 1.5
"""Nats by which a log-probability may differ between a decode of many rows and one of few: 0.99 was seen (Gemma 3), and a token
of another branch moves it by ten and more."""
STORY = "The red apples lay in the cellar, beside seven boats and a quiet river of old books. "
ENDINGS = (
    "Then the north wind",
    "Nobody spoke of",
    "In the morning two cats",
    "She counted: one, two, three, four,",
    "def f(x):",
)


@pytest.fixture(scope="module", params=MODELS)
def path(request: pytest.FixtureRequest) -> Path:
    return pulled(request.param)


def opened(path: Path, *, width: int = 6, context: int = 256) -> LlamaEngine:
    return open_engine(
        path, name="model", width=width, context=context, gpu_layers=0, threads=THREADS, progress=lambda *_report: None
    )


@pytest.fixture(scope="module")
def model(path: Path) -> Iterator[Model]:
    model = Model(path, gpu_layers=0, going=lambda _fraction: True)
    yield model
    model.close()


def prompt(model: Model, *parts: str) -> tuple[int, ...]:
    first = [] if model.first is None else [model.first]
    return (*first, *model.tokenize("".join(parts), control=False))


def answer(engine: LlamaEngine, tokens: tuple[int, ...], max_tokens: int = 12) -> Branch:
    branch = engine.submit(Request(tokens, Sampling(max_tokens=max_tokens)))
    while engine.step():
        pass
    return branch


def test_a_fork_says_what_a_fresh_evaluation_says(path: Path, model: Model) -> None:
    """The whole prompt again, exactly, for the batch shapes are equal; and one that parts from it midway, as nearly as decodes
    of other shapes come: where two tokens are as likely, the texts may part.
    """
    with opened(path) as engine:
        fresh = answer(engine, prompt(model, STORY, ENDINGS[0]))
        again = answer(engine, prompt(model, STORY, ENDINGS[0]))
        fork = answer(engine, prompt(model, STORY, ENDINGS[1]))
    assert (fresh.reused, again.evaluated) == (0, 1)
    assert again.sampled == fresh.sampled
    assert again.logprobs == fresh.logprobs
    assert fork.reused > 10
    assert_as_alone(model, fork)


def test_any_mix_of_forks_evictions_interrupts_and_batches_says_what_each_says_alone(path: Path, model: Model) -> None:
    """A seeded walk over a small cache; every branch is then read by a fresh context on its own, token by token."""
    chance, done = random.Random(5), list[Branch]()
    with opened(path) as engine:
        live = list[Branch]()
        for number in range(40):
            if len(live) < 8 and chance.random() < 0.5:
                tokens = prompt(
                    model, STORY * chance.randint(1, 3), chance.choice(ENDINGS), f" {number % 7}" * chance.randint(0, 3)
                )
                branch = engine.submit(Request(tokens, Sampling(max_tokens=chance.choice((4, 8, 16)))))
                live.append(branch)
                done.append(branch)
            if live and chance.random() < 0.1:
                engine.cancel(chance.choice(live))
            if chance.random() < 0.1:
                engine.interrupt()
            try:
                engine.step()
            except Interrupted:
                continue
            live = [branch for branch in live if branch.finish is None]
        while engine.step():
            pass
    assert len(done) > 10
    assert sum(branch.reused for branch in done) > 0
    for branch in sorted(done, key=lambda branch: branch.reused)[-8:]:
        assert_as_alone(model, branch)


def assert_as_alone(model: Model, branch: Branch) -> None:
    """Greedy tokens are the likeliest ones, within the bound, of a context that never held anything else."""
    tokens = [*branch.request.tokens, *branch.sampled]
    context = Context(model, cells=512, sequences=1, batch=512, outputs=len(branch.sampled) + 1, threads=THREADS)
    batch, start = Batch(512), len(branch.request.tokens) - 1
    batch.add(0, 0, tokens[:start], logits=False)
    row = batch.add(0, start, tokens[start:], logits=True)
    assert context.decode(batch)
    for number, (token, logprob) in enumerate(zip(branch.sampled, branch.logprobs, strict=True)):
        logits = context.logits(row + number).astype(np.float64)
        total = logits.max() + math.log(np.exp(logits - logits.max()).sum())
        assert logits.max() - logits[token] < BOUND
        assert logits[token] - total == pytest.approx(logprob, abs=BOUND)
    context.close()


def test_a_rewound_sequence_is_as_one_that_never_went_on(path: Path, model: Model) -> None:
    """Exact. Gemma's over more tokens than its window of 512, which keeps what it could no longer see, or this would fail."""
    kept, most = (100, 550) if "gemma" in path.name else (40, 80)
    tokens = list(prompt(model, STORY * 32))[:560]

    def logits_after(context: Context, start: int) -> list[float]:
        batch = Batch(64)
        row = batch.add(0, start, tokens[start : start + 1], logits=True)
        assert context.decode(batch)
        return context.logits(row).tolist()

    def read(context: Context, start: int, end: int) -> None:
        batch = Batch(64)
        for at in range(start, end, 50):
            batch.clear()
            batch.add(0, at, tokens[at : min(at + 50, end)], logits=False)
            assert context.decode(batch)

    texts = list[list[float]]()
    for further in (kept, most):
        context = Context(model, cells=1024, sequences=1, batch=64, outputs=1, threads=THREADS)
        read(context, 0, kept)
        if further > kept:
            read(context, kept, further)
            assert context.rewind(0, kept)
        texts.append(logits_after(context, kept))
        context.close()
    assert texts[0] == texts[1]


def test_a_saved_state_is_the_sequence_again(path: Path, model: Model) -> None:
    tokens = prompt(model, STORY)
    states, texts = list[bytes](), list[list[float]]()
    for _start in range(2):
        context = Context(model, cells=512, sequences=2, batch=128, outputs=1, threads=THREADS)
        batch = Batch(128)
        if states:
            assert context.restore(0, states[0])
        else:
            batch.add(0, 0, tokens[:-1], logits=False)
            assert context.decode(batch)
            states.append(context.saved(0))
        batch.clear()
        row = batch.add(0, len(tokens) - 1, tokens[-1:], logits=True)
        assert context.decode(batch)
        texts.append(context.logits(row).tolist())
        context.close()
    assert texts[0] == texts[1]
