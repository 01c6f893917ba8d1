"""The ratios to a rival: runs in turn, ours first in every other one, so that a slow drift falls on both alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks import ours
from tests.benchmarks.measure import Timed, compared, summary
from tests.benchmarks.rivals import BatchedBench, HighLevel, Terms, server
from tests.benchmarks.workload import Question, prompt

ANSWERS = 16
"""Answers to one prompt."""
DECODED = {1: 128, 8: 64, 16: 48, 32: 32}
"""By number of branches: tokens of each that are timed."""

Run = Callable[[], Timed]
Taken = dict[str, object]
"""What is behind a figure."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the figures of one model are taken with. `each`: tokens of an answer. `tell` takes a line of progress."""

    terms: Terms
    tools: Path
    suite: Path | None
    runs: int
    each: int
    tell: Callable[[str], None]


def speedup_vs_llama(plan: Plan) -> Taken:
    """16 answers to one prompt that nobody has seen, in tokens a second from the question to the last token."""
    with ours.opened(plan.terms, width=ANSWERS) as engine, HighLevel(plan.terms) as llama:
        pairs = list[tuple[Timed, Timed]]()
        for run in range(plan.runs):
            asked = Question(prompt(engine, run), ANSWERS, plan.each, run * ANSWERS)
            pairs.append(in_turn(plan, run, partial(ours.answer, engine, asked), partial(llama.answer, asked)))
    return {"new prompt": compared(pairs).record()}


def ratio_vs_server(plan: Plan) -> Taken:
    """The same against 16 clients of `llama-server`: a prompt that nobody has seen, and the same one asked again."""
    new, known = list[tuple[Timed, Timed]](), list[tuple[Timed, Timed]]()
    with ours.opened(plan.terms, width=ANSWERS) as engine, server(plan.tools, plan.terms, slots=ANSWERS) as running:
        for run in range(plan.runs):
            for again, pairs in enumerate((new, known)):
                asked = Question(prompt(engine, run), ANSWERS, plan.each, (2 * run + again) * ANSWERS)
                pairs.append(in_turn(plan, run, partial(ours.answer, engine, asked), partial(running.answer, asked)))
    return {"new prompt": compared(new).record(), "known prompt": compared(known).record()}


def ratio_vs_batched_bench(plan: Plan) -> Taken:
    """Tokens a second of the decode phase alone, by number of branches; an engine and a process of their own for each run.

    `prompt`: tokens a second with which the rival reads one. Its arithmetic is what a decode of many branches can come to.
    """
    rival = BatchedBench(plan.tools, plan.terms)
    taken = {str(width): compared(_decodes(plan, rival, width)).record() for width in DECODED}
    return {**taken, "prompt": summary(rival.prompts)}


def _decodes(plan: Plan, rival: BatchedBench, width: int) -> Iterator[tuple[Timed, Timed]]:
    each = min(plan.each, DECODED[width])
    for run in range(plan.runs):
        with ours.opened(plan.terms, width=width) as engine:
            asked = prompt(engine, run)
            mine = partial(ours.decode, engine, asked, width=width, each=each)
            yield in_turn(plan, run, mine, partial(rival.decode, prompt=len(asked), width=width, each=each))


def in_turn(plan: Plan, number: int, ours: Run, theirs: Run) -> tuple[Timed, Timed]:
    """Ours and theirs; ours first where `number` is even."""
    if number % 2:
        other, mine = theirs(), ours()
    else:
        mine, other = ours(), theirs()
    plan.tell(f"  run {number + 1}: ours {mine.rate:.2f}, theirs {other.rate:.2f} tokens/s")
    return mine, other
