"""One start of the engine in a process of its own: what it evaluates before a problem's own tokens.

`python -m tests.benchmarks.start MODEL --prefixes FOLDER --cells N --threads N --gpu-layers N` writes one JSON object:
`before`, tokens evaluated before the first that is the problem's own; `head`, tokens that all conversations begin with;
`seconds` of the start.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from agent import attempts
from agent.engine.engine import open_engine
from agent.engine.prefix import common_prefix
from agent.engine.request import Message, Request, Sampling
from tests.benchmarks.traced import rows

PROBLEMS = ("Add two numbers.", "Write a function.")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("--prefixes", type=Path, required=True)
    for name in ("--cells", "--threads", "--gpu-layers"):
        parser.add_argument(name, type=int, required=True)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(started(options)) + "\n")


def started(options: argparse.Namespace) -> dict[str, float]:
    """Opens the engine as the program does, prepares what conversations begin with, and asks the first problem."""
    head, begun = attempts.head(), time.perf_counter()
    with (
        rows() as evaluated,
        open_engine(
            options.model,
            name=options.model.stem,
            width=4,
            progress=lambda _what, _done, _total: None,
            gpu_layers=options.gpu_layers,
            context=options.cells,
            threads=options.threads,
            prefixes=options.prefixes,
        ) as engine,
    ):
        engine.prepare(head)
        seconds = time.perf_counter() - begun
        asked, other = (engine.encode([*head, Message("user", text)]) for text in PROBLEMS)
        shared = common_prefix(asked, other)
        before = sum(evaluated)
        branch = engine.submit(Request(asked, Sampling(max_tokens=1)))
        while branch.finish is None:
            engine.step()
        return {"before": before + max(0, shared - branch.reused), "head": shared, "seconds": seconds}


if __name__ == "__main__":
    main()
