"""`make bench-engine`: the engine against llama-cpp-python's `Llama` and llama.cpp's own tools, all in one run on one machine.

Progress and tables go to standard error; the last line on standard output is one JSON object. Its figures are the first
model's, `null` where one was not taken; under `models` stands what is behind each figure of each model: medians, spread, every
sample, the commit, and how busy the machine was just before. With `--join FILE` what was measured before stays, each figure
with the commit at which it was taken.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from agent import downloads, models
from agent.engine.build import BuildError
from agent.engine.llama import gpus
from agent.engine.placement import usable_cores
from agent.errors import MachineError, UsageError
from tests.benchmarks import figures, parts, place, solves, tables
from tests.benchmarks.figures import Plan, Taken
from tests.benchmarks.rivals import Terms, tools
from tools.sandbox import SandboxError

MODELS = ("qwen2.5-coder-1.5b-instruct-q4_k_m", "qwen2.5-coder-0.5b-instruct-q4_k_m")
SMALL = "smollm2-135m-instruct-q4_1"
"""For what needs many requests and no large model."""
CELLS, ALL_LAYERS = 16384, 999
EACH, QUICK_EACH = 128, 32
"""Tokens of an answer."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How a figure is taken, what of it is the value, and what it should reach."""

    take: Callable[[Plan], Taken]
    value: Callable[[Taken], object]
    reach: str


def _at(*keys: str) -> Callable[[Taken], object]:
    """The value that stands under these keys, one below the other."""

    def value(taken: object) -> object:
        for key in keys:
            taken = taken[key]
        return taken

    return value


FIGURES: dict[str, Figure] = {
    "speedup_vs_llama": Figure(figures.speedup_vs_llama, _at("new prompt", "ratio"), "4 (GPU: 15) or more"),
    "ratio_vs_batched_bench": Figure(
        figures.ratio_vs_batched_bench,
        lambda taken: {width: _at(width, "ratio")(taken) for width in taken if width.isdigit()},
        "0.95 (GPU: 0.85) or more",
    ),
    "ratio_vs_server": Figure(figures.ratio_vs_server, _at("new prompt", "ratio"), "1.0 or more"),
    "prefill_overhead": Figure(solves.solves, _at("prefill_overhead", "median"), "1.02 or less"),
    "fork_ms": Figure(parts.fork_ms, _at("slowest"), "2 or less"),
    "lookup_speedup": Figure(parts.lookup_speedup, _at("as the search mends", "ratio"), "1.5 or more"),
    "idle_fraction": Figure(solves.solves, _at("idle_fraction", "median"), "0.05 or less"),
    "warm_start_prompt_tokens": Figure(parts.warm_start, _at("second", "before"), "0"),
    "abort_ms": Figure(parts.abort_ms, _at("greatest"), "100 or less"),
    "start_seconds": Figure(parts.start_seconds, _at("median"), "-"),
    "growth": Figure(
        lambda plan: parts.steady(replace(plan, terms=replace(plan.terms, model=_file(SMALL)))), _at("growth"), "flat"
    ),
}


def main() -> int:
    """Exit status: 0 measured, 2 wrong usage, 4 the machine cannot measure it, 130 interrupted."""
    options = _options()
    try:
        files = [_file(name) for name in options.model or MODELS]
        before = json.loads(options.join.read_text())["models"] if options.join and options.join.exists() else {}
        folder = tools(sys.stderr)
        for file in files:
            behind = before.setdefault(file.stem, {})
            for name, record in _measured(_plan(file, folder, options), options.only or list(FIGURES)):
                behind[name] = record
                if options.join:
                    options.join.write_text(json.dumps(_report(before, files)) + "\n")
            _tell(tables.written(file.stem, behind))
    except UsageError as error:
        _tell(str(error))
        return 2
    except (MachineError, SandboxError, BuildError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        _tell(str(error))
        return 4
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(json.dumps(_report(before, files)) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engine", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", action="append", metavar="NAME_OR_PATH", help=f"repeatable; default: {' and '.join(MODELS)}")
    parser.add_argument("--only", action="append", choices=FIGURES, metavar="FIGURE", help=f"repeatable: {', '.join(FIGURES)}")
    parser.add_argument("--runs", type=int, default=5, help="of each figure, ours and theirs in turn (default 5)")
    parser.add_argument("--quick", action="store_true", help="one run of short answers: shows that it works, measures little")
    parser.add_argument("--suite", type=Path, help="problems for the figures of whole solves (default: built in)")
    parser.add_argument("--join", type=Path, metavar="FILE", help="adds to what was measured before, and keeps it here")
    return parser.parse_args()


def _file(name: str) -> Path:
    found = models.find(name)
    return found if isinstance(found, Path) else downloads.pull(found, lambda _what, _done, _total: None)


def _plan(file: Path, folder: Path, options: argparse.Namespace) -> Plan:
    terms = Terms(file, CELLS, usable_cores(), ALL_LAYERS if gpus() else 0)
    runs, each = (1, QUICK_EACH) if options.quick else (options.runs, EACH)
    return Plan(terms, folder, options.suite, runs, each, _tell)


def _measured(plan: Plan, names: Iterable[str]) -> Iterable[tuple[str, dict[str, object]]]:
    """Each figure as it is taken. Two that come of the same runs are taken together."""
    known = dict[Callable[[Plan], Taken], dict[str, object]]()
    for name in names:
        figure = FIGURES[name]
        if figure.take not in known:
            _tell(f"{plan.terms.model.stem}: {name}")
            load, begun = os.getloadavg()[0], time.time()
            behind = figure.take(plan)
            known[figure.take] = {
                "runs": plan.runs,
                "commit": place.commit(),
                "taken": time.strftime("%Y-%m-%d %H:%M", time.gmtime(begun)),
                "seconds": round(time.time() - begun),
                "load before": round(load, 2),
                "behind": behind,
            }
        record = known[figure.take]
        yield name, {"value": figure.value(record["behind"]), "reach": figure.reach, **record}


def _report(behind: dict[str, dict[str, dict[str, object]]], files: list[Path]) -> dict[str, object]:
    first, machine = behind[files[0].stem], place.machine()
    return {
        **{name: first[name]["value"] if name in first else None for name in FIGURES},
        "model": files[0].stem,
        "machine": f"{machine['system']}, {machine['memory_gb']} GiB",
        "cpu": f"{machine['processor']}, {machine['cores']} cores",
        "gpu": [name for name, _free in gpus()],
        "commit": place.commit(),
        "models": behind,
    }


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
