"""Hostile programs, on every sandbox that can run here, side by side: ours, and those of the file beside the repository."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import attacks
from tests.attacks import Attack
from tests.hostile import NOTHING, PROGRAMS
from tests.permissive import Permissive, foreign_machine
from tools import docker as boxes
from tools.choose import open_sandbox
from tools.lanes import Lanes
from tools.sandbox import Limits, Run, SandboxError

SHARED = Path(__file__).resolve().parents[2] / "shared" / "attacks.jsonl"
UNTRIED: list[str] = []
"""Why a sandbox was not tried."""
pytestmark = pytest.mark.skipif(foreign_machine() is not None, reason=str(foreign_machine()))


def _shared() -> Iterator[Any]:
    if not SHARED.is_file():
        reason = f"no {SHARED.parent.name}/{SHARED.name} beside the repository; our own hostile programs are tried all the same"
        yield pytest.param(None, marks=pytest.mark.skip(reason=reason), id="none")
        return
    for attack in attacks.read(SHARED):
        yield pytest.param(attack, id=attack.name)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[list[Lanes]]:
    """One lane each, so that each run meets what the one before it left."""
    opened: list[Lanes] = []
    for choice in ("docker", "bubblewrap"):
        try:
            opened.append(open_sandbox(choice, lanes=1))
        except SandboxError as error:
            UNTRIED.append(str(error))
    if not opened:
        pytest.skip("; ".join(UNTRIED))
    yield opened
    for one in opened:
        one.close()


@pytest.fixture(scope="module")
def permissive() -> Iterator[Permissive]:
    try:
        client = boxes.connect()
    except SandboxError as error:
        pytest.skip(str(error))
    with client.api, Permissive(client) as place:
        yield place


@pytest.mark.parametrize("attack", list(_shared()))
def test_attack_is_contained(attack: Attack, sandboxes: list[Lanes]) -> None:
    running = [(sandbox, attacks.begin(attack, sandbox)) for sandbox in sandboxes]
    for sandbox, futures in running:
        trial = attacks.judged(attack, futures)
        assert trial.contained == ((sandbox.name, attack.name) not in attacks.NOT_COVERED), (sandbox.name, attack, trial)
        assert trial.clean, (sandbox.name, trial.after)


@pytest.mark.parametrize("name", PROGRAMS)
def test_hostile_program_is_contained(name: str, sandboxes: list[Lanes]) -> None:
    hostile = PROGRAMS[name]
    runs = [Run(hostile.whole, files=hostile.files, limits=attacks.LIMITS), Run(hostile.then or "print('nothing')")]
    runs.append(Run(attacks.AFTERWARDS, limits=Limits(seconds=5)))
    for sandbox, futures in [(sandbox, [sandbox.submit(run) for run in runs]) for sandbox in sandboxes]:
        attacking, after, later = (future.result() for future in futures)
        assert "BREACH" not in attacking.stdout, (sandbox.name, attacking)
        assert hostile.acted in attacking.stdout, (sandbox.name, attacking)
        assert "Traceback" not in attacking.stderr, (sandbox.name, attacking)
        assert (after.stdout, after.status) == (NOTHING, 0), (sandbox.name, after)
        assert later.stdout == attacks.CLEAN, (sandbox.name, later)


@pytest.mark.docker
@pytest.mark.parametrize("name", PROGRAMS)
def test_hostile_program_breaches_where_there_are_no_walls(name: str, permissive: Permissive) -> None:
    hostile = PROGRAMS[name]
    found = permissive.run(hostile.whole, files=hostile.files)
    assert "Traceback" not in found
    after = permissive.then(hostile.then) if hostile.then else NOTHING
    assert "BREACH" in found or after != NOTHING or (hostile.acted and hostile.acted in found), (found, after)


def test_every_sandbox_was_tried(sandboxes: list[Lanes]) -> None:
    if len(sandboxes) < 2:
        pytest.skip(f"only on {sandboxes[0].name}: {UNTRIED[0]}")
