"""`make bench-view`: what share of a whole solve's processor time the live view takes, on a terminal of 80 columns and 24 rows.

The last line on standard output is one JSON object. Everything is counted on both sides: the view is its own thread and what
it does within the solve's; the whole is every thread of the process, those of the model included, from before the model is
loaded. Programs run in the sandbox, which is not this process, and make the share greater, not smaller.
"""

import argparse
import json
import os
import pty
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import TextIO

from agent.config import Settings
from agent.events import Event
from agent.machine import Interrupt, opened
from agent.session import solve_one
from agent.verify.verify import Problem
from agent.view.view import LiveView
from tests.benchmarks import place
from tests.benchmarks.solves import BUILT_IN

ROWS, COLUMNS = 24, 80
TICK = os.sysconf("SC_CLK_TCK")


class TimedView(LiveView):
    """Counts the processor time that events take in the thread that tells them."""

    spent = 0.0

    def __call__(self, event: Event) -> None:
        before = time.thread_time()
        super().__call__(event)
        self.spent += time.thread_time() - before


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-view", description=__doc__)
    parser.add_argument("--model", default="auto")
    parser.add_argument("--tokens", type=int, default=2000, help="generated in each solve at the most")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as runs:
        os.environ["PONDER_DATA"] = runs  # recording is a part of the solve; the user's own runs stay as they are
        solves = [_solve(options.model, options.tokens, text) for text in BUILT_IN]
    report = {"view_share": round(sum(view for view, _ in solves) / sum(whole for _, whole in solves), 4)}
    each = [{"view_seconds": round(view, 2), "whole_seconds": round(whole, 1)} for view, whole in solves]
    sys.stdout.write(json.dumps(report | {"solves": each, "machine": place.machine(), "commit": place.commit()}) + "\n")
    return 0


def _solve(model: str, tokens: int, text: str) -> tuple[float, float]:
    """Seconds of processor time of the view, and of the whole."""
    settings = Settings(model=model, tokens=tokens, seed=1, view="live")
    before, interrupt = time.process_time(), Interrupt()
    with _Terminal() as stream, TimedView(stream) as view:
        with opened(settings, view, interrupt, width=settings.width) as machine:
            solve_one(machine, Problem(text), settings, view)
        spent = view.spent + _seconds_of("view")
    return spent, time.process_time() - before


def _seconds_of(name: str) -> float:
    """Processor time of a live thread so far."""
    thread = next(thread for thread in threading.enumerate() if thread.name == name)
    fields = Path(f"/proc/self/task/{thread.native_id}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class _Terminal:
    """A terminal whose screen another process reads."""

    def __enter__(self) -> TextIO:
        reading, writing = pty.openpty()
        termios.tcsetwinsize(writing, (ROWS, COLUMNS))
        self._reader = subprocess.Popen(["cat"], stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(reading)
        self._stream = os.fdopen(writing, "w", encoding="utf-8")
        return self._stream

    def __exit__(self, *exc: object) -> None:
        self._stream.close()
        self._reader.wait()


if __name__ == "__main__":
    sys.exit(main())
