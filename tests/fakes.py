"""Plain stand-ins for tests of pure logic: a sandbox that answers from a table, a clock that stands still."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Self

from tools.sandbox import Ended, Outcome, Run

PASSED: object = {"test": "test", "ok": True}


def failed(message: str) -> object:
    return {"test": "test", "ok": False, "message": message}


def ran(
    stdout: str = "", *, stderr: str = "", status: int = 0, reports: tuple[object, ...] = (), ended: Ended = "exit"
) -> Outcome:
    return Outcome(ended, status, stdout, stderr, 0.01, reports)


class ScriptedSandbox:
    """Meets `tools.sandbox.Sandbox`; what a run does is scripted. Keeps the runs that it was given."""

    def __init__(self, script: Callable[[Run], Outcome]) -> None:
        self.name = "scripted"
        self.runs: list[Run] = []
        self._script = script

    def submit(self, run: Run) -> Future[Outcome]:
        self.runs.append(run)
        future: Future[Outcome] = Future()
        future.set_result(self._script(run))
        return future

    def close(self) -> None:
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return
