"""Our engine, doing what the rivals are asked to do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from agent.engine.engine import LlamaEngine, open_engine
from agent.engine.llama import Model
from agent.engine.request import Branch, Request
from tests.benchmarks.measure import Timed
from tests.benchmarks.rivals import Terms
from tests.benchmarks.workload import Question, sampling

SPARE = 8
"""Tokens that a branch may say beyond those that are timed, while the others are still at their prompt's last token."""


def opened(terms: Terms, *, width: int, speculate: bool = False) -> LlamaEngine:
    """Without prompt lookup unless it is asked for: a rival guesses nothing either."""
    return open_engine(
        terms.model,
        name=terms.model.stem,
        width=width,
        progress=lambda _what, _done, _total: None,
        gpu_layers=terms.gpu_layers,
        context=terms.cells,
        threads=terms.threads,
        speculate=speculate,
    )


@contextmanager
def endless() -> Iterator[None]:
    """No token ends an answer: ours are as long as those of the rivals, which are told to ignore such tokens or count them."""
    ends = Model.ends
    Model.ends = lambda _model, _token: False
    try:
        yield
    finally:
        Model.ends = ends


def answer(engine: LlamaEngine, question: Question) -> Timed:
    """All answers at once, the prompt's evaluation included."""
    begun = time.perf_counter()
    with endless():
        seeds = range(question.seed, question.seed + question.answers)
        branches = [submit(engine, question.tokens, seed=seed, tokens=question.each) for seed in seeds]
        while engine.step():
            pass
    return Timed(sum(branch.generated for branch in branches), time.perf_counter() - begun)


def decode(engine: LlamaEngine, prompt: tuple[int, ...], *, width: int, each: int) -> Timed:
    """`each` tokens on each of `width` branches of one prompt, from where all have begun to speak."""
    with endless():
        branches = [submit(engine, prompt, seed=seed, tokens=each + SPARE) for seed in range(width)]
        while not all(branch.generated for branch in branches):
            engine.step()
        before, begun = sum(branch.generated for branch in branches), time.perf_counter()
        for _ in range(each):
            engine.step()
        timed = Timed(sum(branch.generated for branch in branches) - before, time.perf_counter() - begun)
    for branch in branches:
        engine.cancel(branch)
    return timed


def submit(engine: LlamaEngine, prompt: tuple[int, ...], *, seed: int, tokens: int) -> Branch:
    return engine.submit(Request(prompt, sampling(seed=seed, tokens=tokens)))
