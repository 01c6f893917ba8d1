"""Hostile programs, on every sandbox that can run here, side by side. The programs lie beside the repository, not in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.choose import open_sandbox
from tools.lanes import Lanes
from tools.sandbox import Limits, Outcome, Run, SandboxError

ATTACKS = Path(__file__).resolve().parents[2] / "shared" / "attacks.jsonl"
LIMITS, BRIEF = Limits(seconds=2.0), Limits(seconds=0.7)
REASONS = {"timeout": "timeout", "output": "output_limit"}
NOT_COVERED = {("bubblewrap", "res-inode-fill"): "number of files"}
"""Rows of the table of `tools.bubblewrap.NOT_COVERED`; what such an attack leaves is cleaned up all the same."""
UNTRIED: list[str] = []
"""Why a sandbox was not tried."""
AFTERWARDS = """
import os, socket
block = bytearray(100 << 20)
for page in range(0, len(block), 4096):
    block[page] = 1
others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid(), os.getppid())]
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 8765))
print(os.listdir("/work"), os.listdir("/tmp"), others)
"""


def _attacks() -> Iterator[Any]:
    if not ATTACKS.is_file():
        yield pytest.param({}, marks=pytest.mark.skip(reason=f"no {ATTACKS.name} beside the repository"), id="none")
        return
    for line in ATTACKS.read_bytes().split(b"\n"):
        if line.strip():
            attack = json.loads(line)
            if not attack["id"].startswith("extract-"):
                yield pytest.param(attack, id=attack["id"])


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


def _seen(outcome: Outcome) -> dict[str, object]:
    """An outcome in the terms of the attacks' expectations."""
    return {
        "out": outcome.stdout,
        "err": outcome.stderr,
        "out_n": len(outcome.stdout.encode("utf-8", "replace")),
        "rc": outcome.status if outcome.ended == "exit" else -9,
        "why": REASONS.get(outcome.ended),
        "wall": outcome.seconds,
    }


@pytest.mark.parametrize("attack", list(_attacks()))
def test_attack_is_contained(attack: dict[str, Any], sandboxes: list[Lanes]) -> None:
    language = "python" if attack["lang"] == "python" else "shell"
    run = Run(attack["code"], language, limits=BRIEF if "timeout" in attack["expect"] else LIMITS)
    running = [(one, one.submit(run), one.submit(Run(AFTERWARDS, limits=LIMITS))) for one in sandboxes]
    for sandbox, attacking, after in running:
        outcome = attacking.result()
        known = (sandbox.name, attack["id"]) in NOT_COVERED or attack["id"] == "out-invalid-utf8"
        assert known or eval(attack["expect"], {"r": _seen(outcome)}), (sandbox.name, attack["expect"], outcome)
        if attack["clean_after"]:
            assert after.result().stdout == "[] [] []\n", (sandbox.name, after.result())
        after.result()


def test_every_sandbox_was_tried(sandboxes: list[Lanes]) -> None:
    if len(sandboxes) < 2:
        pytest.skip(f"only on {sandboxes[0].name}: {UNTRIED[0]}")
