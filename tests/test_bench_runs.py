"""`ponder bench` as its users run it: killed and resumed, refused, interrupted, scored within its budgets, and drawn."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.program import Ended, Ponder, at_home, ended, environment, eventually, heard, ponder, sandbox_name  # noqa: F401

# ruff: noqa: F811

SUITE = "".join(
    json.dumps({"id": f"sum-{number}", "problem": f"What is {number} plus {number}?", "hidden": {"answer": str(2 * number)}})
    + "\n"
    for number in range(1, 5)
)
Bench = Callable[..., Ended]


@pytest.fixture
def arguments(ponder: Ponder) -> tuple[str, ...]:
    (ponder.folder / "suite.jsonl").write_text(SUITE)
    return ("bench", "suite.jsonl", "--keep", "kept", "--parallel", "1", "--width", "1", "--tokens", "8", "--plain")


def lines(ponder: Ponder, name: str) -> list[dict[str, Any]]:
    path = ponder.folder / "kept" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line] if path.exists() else []


def test_a_killed_bench_goes_on_where_it_stopped(ponder: Ponder, arguments: tuple[str, ...]) -> None:
    """And without a seed of its own it goes on with the one that was drawn at its beginning."""
    process = ponder.start(*arguments, "--arms", "greedy,majority", PONDER_SEED=None)
    assert eventually(lambda: len(lines(ponder, "greedy")) >= 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = (ponder.folder / "kept" / "greedy.jsonl").read_bytes()
    again = ponder(*arguments, "--arms", "greedy,majority", PONDER_SEED=None)
    assert again.status == 0, again.err
    assert (ponder.folder / "kept" / "greedy.jsonl").read_bytes().startswith(before)
    for name in ("greedy", "majority"):
        assert sorted(record["id"] for record in lines(ponder, name)) == ["sum-1", "sum-2", "sum-3", "sum-4"]
    seeds = {record["seed"] for name in ("greedy", "majority") for record in lines(ponder, name)}
    assert len(seeds) == 1
    report = json.loads(again.out)
    assert {report["arms"][name]["problems"] for name in ("greedy", "majority")} == {4}
    assert report["arms"]["greedy"]["generated"] == sum(one["tokens"]["generated"] for one in lines(ponder, "greedy"))
    assert "of them before" in again.err


def test_a_whole_bench_is_reported_and_drawn_again_without_a_model_and_another_plan_is_refused(
    ponder: Ponder, arguments: tuple[str, ...]
) -> None:
    first = ponder(*arguments, "--arms", "greedy", "--limit", "2")
    again = ponder(
        *arguments,
        "--arms",
        "greedy",
        "--limit",
        "2",
        "--plot",
        "curve.svg",
        PONDER_SANDBOX="docker",
        DOCKER_HOST="unix:///gone",
    )
    assert (again.status, json.loads(again.out)) == (0, json.loads(first.out))
    assert b"<svg" in (ponder.folder / "curve.svg").read_bytes()
    kept = (ponder.folder / "kept" / "greedy.jsonl").read_bytes()
    refused = ponder(*arguments, "--arms", "greedy", "--seed", "99")
    assert refused.status == 2
    assert "begun with seed 1, not 99" in refused.err
    (ponder.folder / "suite.jsonl").write_text(SUITE.replace("plus", "and"))
    refused = ponder(*arguments, "--arms", "greedy")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "begun with another content of this suite" in refused.err
    assert (ponder.folder / "kept" / "greedy.jsonl").read_bytes() == kept


def test_multiples_of_greedys_tokens_are_never_overspent(ponder: Ponder, arguments: tuple[str, ...]) -> None:
    ran = ponder(*arguments, "--arms", "greedy,ponder", "--multiples", "1,3", "--limit", "2", "--plot", "curve.png")
    assert ran.status == 0, ran.err
    greedy = {record["id"]: record["tokens"]["generated"] for record in lines(ponder, "greedy-x1")}
    for name, multiple in (("ponder-x1", 1), ("ponder-x3", 3)):
        spent = {record["id"]: record["tokens"]["generated"] for record in lines(ponder, name)}
        assert spent.keys() == greedy.keys()
        assert all(spent[one] <= multiple * greedy[one] for one in greedy), name
    report = json.loads(ran.out)
    assert report["arms"]["ponder"].keys() == {"1", "3"}
    assert report["arms"]["greedy"]["1"] == report["arms"]["greedy"]["3"] == report["baseline"]
    assert "Solved over tokens" in ran.err
    assert (ponder.folder / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_plot_that_cannot_be_written_costs_no_report(ponder: Ponder, arguments: tuple[str, ...]) -> None:
    (ponder.folder / "full.svg").symlink_to("/dev/full")
    ran = ponder(*arguments, "--arms", "greedy", "--limit", "1", "--plot", "full.svg")
    assert ran.status == 4
    assert json.loads(ran.out)["arms"]["greedy"]["problems"] == 1
    assert ran.err.splitlines()[-1] == "ponder: full.svg: No space left on device"


def test_an_interrupt_leaves_a_report_of_what_is_done(ponder: Ponder, arguments: tuple[str, ...]) -> None:
    process = ponder.start(*arguments, "--arms", "greedy,majority", "--multiples", "1,8")
    heard(process, "1 of 8")
    process.send_signal(signal.SIGINT)
    left = ended(process)
    assert left.status == 130
    report = json.loads(left.out)
    assert report["interrupted"] is True
    assert 1 <= report["baseline"]["problems"] < 4


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--plot", "curve.pdf"), "--plot: curve.pdf ends in neither .svg nor .png"),
        (("--plot", "absent/curve.svg"), "absent/curve.svg"),
        (("--keep", "suite.jsonl"), "suite.jsonl"),
        (("--multiples", "1,inf"), "--multiples"),
        (("--arms", "ponder-no-sense"), "no arm 'ponder-no-sense'"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is(
    ponder: Ponder, arguments: tuple[str, ...], more: tuple[str, ...], says: str
) -> None:
    refused = ponder(*arguments, *more)
    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert says in refused.err


def test_without_matplotlib_one_line_names_the_mend(ponder: Ponder, arguments: tuple[str, ...]) -> None:
    hidden = Path(ponder.folder) / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text("import sys\nsys.modules['matplotlib'] = None\n")
    refused = ponder(*arguments, "--plot", "curve.svg", PYTHONPATH=str(hidden))
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "--plot needs matplotlib, which is not installed: " in refused.err
    assert refused.err.rstrip().endswith("-m pip install matplotlib")
    assert not (ponder.folder / "kept").exists()
