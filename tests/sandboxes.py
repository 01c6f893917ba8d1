"""The sandboxes that this machine can run, as fixtures: one after the other, both at work at once, or the one that serves."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import pytest

from tests.together import Together
from tools.choose import open_sandbox
from tools.lanes import Lanes
from tools.sandbox import Outcome, Run, SandboxError

NAMES = (pytest.param("docker", marks=pytest.mark.docker), "bubblewrap")


@pytest.fixture(scope="module", params=NAMES)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Lanes]:
    """Each in turn: a test runs on each, or says why not. One lane, so that each run meets what the one before it left."""
    try:
        opened = open_sandbox(request.param, lanes=1)
    except SandboxError as error:
        pytest.skip(str(error))
    with opened:
        yield opened


@pytest.fixture(scope="module")
def serving() -> Iterator[Lanes]:
    """Docker where its engine answers, else bubblewrap: for what the walls are no matter of."""
    try:
        opened = open_sandbox("auto", lanes=1)
    except SandboxError as error:
        pytest.skip(str(error))
    with opened:
        yield opened


class Both:
    """Both sandboxes, each with one lane; neither starts a box before it is given a run."""

    def __init__(self) -> None:
        self.opened: dict[str, Lanes] = {}
        self.reasons: dict[str, str] = {}
        """Why the others are not."""
        self._together = Together()
        for name in ("docker", "bubblewrap"):
            try:
                self.opened[name] = open_sandbox(name, lanes=1)
            except SandboxError as error:
                self.reasons[name] = str(error)

    def outcome(self, request: pytest.FixtureRequest, run: Callable[..., Run]) -> Outcome:
        def begin(case: Mapping[str, Any]) -> Future[Outcome]:
            name, given = case["paired"], {name: value for name, value in case.items() if name != "paired"}
            return self.opened[name].submit(run(**given)) if name in self.opened else Future()

        return self._together.result(request, begin)

    def close(self) -> None:
        for one in self.opened.values():
            one.close()


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    opened = Both()
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=NAMES)
def paired(request: pytest.FixtureRequest, both: Both) -> Lanes:
    """As `sandbox`, while the other works as well."""
    if reason := both.reasons.get(request.param):
        pytest.skip(reason)
    return both.opened[request.param]


OutcomeOf = Callable[[Callable[..., Run]], Outcome]


@pytest.fixture
def outcome_of(request: pytest.FixtureRequest, paired: Lanes, both: Both) -> OutcomeOf:
    """The outcome of the run that a function makes of a case's parameters; all cases of a test are submitted with its first."""
    return lambda run: both.outcome(request, run)
