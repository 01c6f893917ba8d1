"""A bench's report as tables: each arm at each budget, the scaling curve, who is ahead, and what confidence was worth."""

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from agent.bench.summary import by_multiple
from agent.view.screen import STATUS_MARKS
from agent.view.tables import show_table

Row = tuple[str, ...]


def show(report: Mapping[str, Any], stream: TextIO) -> None:
    """All tables that the report has something for."""
    statuses = _statuses(report)
    columns = ("arm", "budget", "solved", "accuracy", "95 % interval", "tokens", "seconds", *statuses, "calibration error")
    show_table(None, columns, [_row(name, budget, one, statuses) for name, budget, one in summaries(report)], stream)
    if curves := list(_curves(report)):
        multiples = next(iter(report["arms"].values()))
        show_table("\nSolved over tokens", ("arm", *(f"×{multiple}" for multiple in multiples)), curves, stream)
    if comparisons := [_comparison(one) for one in report["comparisons"]]:
        columns = ("on the same problems", "budget", "first alone", "second alone", "exact p (McNemar)")
        show_table("\nWho is ahead", columns, comparisons, stream)
    if sure := list(_reliability(report)):
        show_table("\nWhat confidence was worth", ("arm", "budget", "said", "right"), sure, stream)


def summaries(report: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Arm, budget in words (empty: the usual one) and summary, in order; greedy's own where the budgets are made of it."""
    if "baseline" in report and "greedy" not in report["arms"]:
        yield "greedy", "", report["baseline"]
    for name, arm in report["arms"].items():
        yield from ((name, multiple and f"×{multiple}", one) for multiple, one in by_multiple(arm).items())


def _statuses(report: Mapping[str, Any]) -> list[str]:
    there = {status for _, _, one in summaries(report) for status in one["by_status"]}
    return [status for status in STATUS_MARKS if status in there]


def _row(name: str, budget: str, one: Mapping[str, Any], statuses: list[str]) -> Row:
    right_of = [one["by_status"].get(status) for status in statuses]
    return (
        name,
        budget,
        f"{one['solved']:,} of {one['problems']:,}",
        f"{100 * one['accuracy']:.1f} %",
        _interval(one),
        f"{one['generated']:,}",
        f"{one['seconds']:,.0f}",
        *("" if counts is None else f"{counts[0]:,}/{counts[1]:,}" for counts in right_of),
        _share(one["calibration"]["error"]),
    )


def _interval(one: Mapping[str, Any]) -> str:
    low, high = one["interval"]
    return f"{100 * low:.0f}–{100 * high:.0f} %"


def _share(error: float | None) -> str:
    return "" if error is None else f"{error:.2f}"


def _curves(report: Mapping[str, Any]) -> Iterator[Row]:
    """Each cell: the share solved, and tokens per problem."""
    for name, arm in report["arms"].items():
        if "" not in (multiples := by_multiple(arm)):
            yield name, *(_cell(one) for one in multiples.values())


def _cell(one: Mapping[str, Any]) -> str:
    return f"{100 * one['accuracy']:.1f} % ({one['generated'] / one['problems']:,.0f})" if one["problems"] else ""


def _comparison(one: Mapping[str, Any]) -> Row:
    budget = f"×{one['multiple']}" if "multiple" in one else ""
    first, second = one["arms"]
    p = "<0.0001" if one["p"] < 0.0001 else f"{one['p']:.4f}"
    return f"{first} : {second}", budget, f"{one['only_first']:,}", f"{one['only_second']:,}", p


def _reliability(report: Mapping[str, Any]) -> Iterator[Row]:
    """Of each arm at its largest budget: how sure it was, and how often it was right."""
    largest = {name: (budget, one) for name, budget, one in summaries(report) if one["problems"]}
    for name, (budget, one) in largest.items():
        for said, right, every in one["calibration"]["bins"]:
            yield name, budget, f"{100 * said:.0f} %", f"{right:,} of {every:,} ({100 * right / every:.0f} %)"
