"""The engine's figures that no rival takes part in: forks, prompt lookup, stopping, starting, and what stays in memory."""

import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from agent.engine.cache import KEPT, SequenceCache
from agent.engine.context import Batch, Context
from agent.engine.engine import LlamaEngine
from agent.engine.llama import Model
from agent.engine.request import Interrupted, Request, Sampling
from agent.policy import MENDING
from tests.benchmarks import ours
from tests.benchmarks.figures import Plan, Taken, in_turn
from tests.benchmarks.measure import Timed, compared, rounded, summary
from tests.benchmarks.rivals import Terms
from tests.benchmarks.workload import prompt, repair

FORKED, BACK = 2000, 1000
"""Tokens of context at a fork, and how many of them an ancestor has, to which a branch goes back."""
FORKS, LIVE, SLICE = 100, 2, 500
REQUESTS, SETTLED = 500, 100
"""Requests after which memory is looked at last and first: by then caches and pools have their size."""
REPAIRED = 256
"""Tokens of a repair."""

Evaluate = Callable[[int, list[int]], None]


def fork_ms(plan: Plan) -> Taken:
    """What the engine does to fork, to take back a token, and to go back to an ancestor, each in milliseconds."""
    tokens, taken = list(range(FORKED)), {"fork": list[float](), "rewind": list[float](), "backtrack": list[float]()}
    with _cache(plan.terms) as (cache, evaluate):
        trunk = cache.open()
        evaluate(trunk, tokens)
        cache.extend(trunk, tokens, FORKED)
        for _ in range(FORKS):
            with _milliseconds(taken["fork"]):
                branch = cache.open(cache.longest(tokens))
            evaluate(branch, [1])
            with _milliseconds(taken["rewind"]):
                cache.extend(branch, [], 1)
            evaluate(branch, [2])
            cache.extend(branch, [2], 1)
            with _milliseconds(taken["backtrack"]):
                cache.retire(branch)
                branch = cache.open(cache.longest(tokens[:BACK]))
            evaluate(branch, [3])
            cache.extend(branch, [3], 1)
            cache.retire(branch)
    slowest = max(median(samples) for samples in taken.values())
    return {"slowest": rounded(slowest), **{name: summary(samples) for name, samples in taken.items()}}


@contextmanager
def _cache(terms: Terms) -> Iterator[tuple[SequenceCache, Evaluate]]:
    """A cache of the engine's own kind, and a function that decodes tokens at the end of a sequence."""
    model = Model(terms.model, gpu_layers=terms.gpu_layers, going=lambda _fraction: True)
    context = Context(model, cells=terms.cells, sequences=LIVE + KEPT, batch=SLICE, outputs=1, threads=terms.threads)
    cache, batch = SequenceCache(context, width=LIVE, whole=model.recurrent, window=model.sliding_window), Batch(SLICE)

    def evaluate(sequence: int, tokens: list[int]) -> None:
        start = cache.length(sequence)
        for at in range(0, len(tokens), SLICE):
            batch.clear()
            batch.add(sequence, start + at, tokens[at : at + SLICE], logits=False)
            assert context.decode(batch)

    try:
        yield cache, evaluate
    finally:
        context.close()
        model.close()


@contextmanager
def _milliseconds(samples: list[float]) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    samples.append((time.perf_counter() - begun) * 1000)


def lookup_speedup(plan: Plan) -> Taken:
    """A repair turn on one live branch, in tokens a second after its prompt, with prompt lookup (ours) over without (theirs).

    At the temperature that the search mends with, and greedily.
    """
    taken = Taken()
    with ours.opened(plan.terms, width=1, speculate=True) as guessing, ours.opened(plan.terms, width=1) as plain:
        for name, temperature in (("as the search mends", MENDING), ("greedy", 0.0)):
            pairs = [
                in_turn(plan, run, partial(_repaired, guessing, run, temperature), partial(_repaired, plain, run, temperature))
                for run in range(plan.runs)
            ]
            taken[name] = compared(pairs).record()
    return taken


def _repaired(engine: LlamaEngine, case: int, temperature: float) -> Timed:
    sampling = Sampling(temperature=temperature, seed=case, max_tokens=REPAIRED)
    branch = engine.submit(Request(repair(engine, case), sampling))
    while not branch.generated:
        engine.step()
    before, begun = branch.generated, time.perf_counter()
    while branch.finish is None:
        engine.step()
    return Timed(branch.generated - before, time.perf_counter() - begun)


def abort_ms(plan: Plan) -> Taken:
    """Milliseconds from an interrupt in the middle of a prompt's evaluation until the engine is back."""
    with ours.opened(plan.terms, width=1) as engine:
        return summary([_aborted(engine, run) for run in range(plan.runs)])


def _aborted(engine: LlamaEngine, case: int) -> float:
    asked, interrupted = list[float](), prompt(engine, case) * 6

    def interrupt() -> None:
        asked.append(time.perf_counter())
        engine.interrupt()

    branch, timer = engine.submit(Request(interrupted, Sampling(max_tokens=1))), threading.Timer(0.3 + 0.07 * case, interrupt)
    timer.start()
    try:
        while branch.finish is None:
            engine.step()
    except Interrupted:
        return (time.perf_counter() - asked[0]) * 1000
    finally:
        engine.cancel(branch)
        timer.join()
    raise RuntimeError("the prompt was read before the interrupt came: take a longer one")


def start_seconds(plan: Plan) -> Taken:
    """Seconds until the engine can be asked; the model's file is in the system's cache from before."""
    taken = list[float]()
    for _ in range(plan.runs + 1):
        begun = time.perf_counter()
        with ours.opened(plan.terms, width=4):
            taken.append(time.perf_counter() - begun)
    return summary(taken[1:])


def steady(plan: Plan) -> Taken:
    """Resident MiB and open files after a hundred requests and after five hundred, in turn eight at a time."""
    seen = dict[int, tuple[float, int]]()
    with ours.opened(plan.terms, width=8) as engine:
        for number in range(1, REQUESTS + 1):
            engine.submit(Request(prompt(engine, number)[:60], Sampling(temperature=0.8, seed=number, max_tokens=8)))
            if number % 8 == 0 or number in (SETTLED, REQUESTS):
                while engine.step():
                    pass
            if number in (SETTLED, REQUESTS):
                gc.collect()
                seen[number] = _resident_mebibytes(), len(list(Path("/proc/self/fd").iterdir()))
    (size, files), (last_size, last_files) = seen[SETTLED], seen[REQUESTS]
    return {
        "growth": {"MiB": round(last_size - size, 1), "files": last_files - files},
        **{f"after {number}": {"MiB": round(size, 1), "files": files} for number, (size, files) in seen.items()},
    }


def _resident_mebibytes() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def warm_start(plan: Plan) -> Taken:
    """Two starts in fresh processes with an empty folder for prefixes between them: what the second evaluates again."""
    with TemporaryDirectory() as folder:
        first, second = (_started(plan.terms, Path(folder)) for _ in range(2))
    return {"first": first, "second": second}


def _started(terms: Terms, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.start", str(terms.model), "--prefixes", str(folder)]
    command += ["--cells", str(terms.cells), "--threads", str(terms.threads), "--gpu-layers", str(terms.gpu_layers)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
