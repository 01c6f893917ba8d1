"""The scaling curve of a bench as a picture: solved problems over generated tokens, one line for each arm."""

import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from agent.errors import UsageError
from agent.text import counted

Axes = Any
"""matplotlib's own types are partly unknown."""
FORMATS = (".svg", ".png")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's, told apart by everybody."""
MARKERS = "osD^vP*"
GAP = 0.045
"""Of the plot's height: the least distance between two labels."""


@dataclass(frozen=True, slots=True)
class Point:
    """An arm at one budget: tokens per problem, and the share solved with its interval, in percent."""

    tokens: float
    solved: float
    low: float
    high: float


def require(path: Path) -> None:
    """Raises `UsageError` where no plot could be drawn to that file."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"--plot: {path} ends in neither {' nor '.join(FORMATS)}")
    if find_spec("matplotlib") is None:
        raise UsageError(f"--plot needs matplotlib, which is not installed: {sys.executable} -m pip install matplotlib")


def lines(report: Mapping[str, Any]) -> dict[str, list[Point]]:
    """For each arm its points from the smallest budget to the largest; greedy, which needs no more, has one."""
    found = {name: _points(arm) for name, arm in report["arms"].items()}
    if "baseline" in report:
        found = {"greedy": _points(report["baseline"]), **{name: points for name, points in found.items() if name != "greedy"}}
    return {name: points for name, points in found.items() if points}


def _points(arm: Mapping[str, Any]) -> list[Point]:
    summaries = [arm] if "problems" in arm else list(arm.values())
    return [_point(one) for one in summaries if one["problems"] and one["generated"]]


def _point(summary: Mapping[str, Any]) -> Point:
    low, high = summary["interval"]
    return Point(summary["generated"] / summary["problems"], 100 * summary["accuracy"], 100 * low, 100 * high)


def draw(report: Mapping[str, Any], suffix: str) -> bytes:
    """The picture in the format of `suffix` (`.svg` or `.png`); the same report gives the same bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    settings, new_figure = cast(Any, matplotlib.rc_context), cast(Any, Figure)  # pyright: ignore[reportUnknownMemberType]
    with settings({"svg.hashsalt": "ponder", "svg.fonttype": "none", "font.size": 10}):
        figure = new_figure(figsize=(8, 5), layout="constrained")
        axes = figure.add_subplot()
        curves = lines(report)
        for place, (name, points) in enumerate(curves.items()):
            _draw_line(axes, name, points, COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)])
        _dress(axes, report, curves)
        _label(axes, curves)
        content = io.BytesIO()
        metadata = {"Date": None} if suffix.lower() == ".svg" else None
        figure.savefig(content, format=suffix.lower()[1:], dpi=144, metadata=metadata)
    return content.getvalue()


def _draw_line(axes: Axes, name: str, points: Sequence[Point], colour: str, marker: str) -> None:
    tokens, solved = [point.tokens for point in points], [point.solved for point in points]
    low, high = [point.low for point in points], [point.high for point in points]
    axes.plot(tokens, solved, color=colour, marker=marker, markersize=5, linewidth=1.8, label=name, zorder=3)
    if len(points) > 1:
        axes.fill_between(tokens, low, high, color=colour, alpha=0.12, linewidth=0)
    else:
        axes.errorbar(tokens, solved, [[solved[0] - low[0]], [high[0] - solved[0]]], color=colour, capsize=3, linewidth=1)


def _dress(axes: Axes, report: Mapping[str, Any], curves: Mapping[str, Sequence[Point]]) -> None:
    every = [point for points in curves.values() for point in points]
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:.0f} %")
    axes.set_xlabel("generated tokens per problem")
    axes.set_ylabel("solved")
    if every:
        least, most = min(point.tokens for point in every), max(point.tokens for point in every)
        axes.set_xlim(least / 1.25, most * 1.25)
        axes.set_ylim(max(0.0, min(point.low for point in every) - 3), min(102.0, max(point.high for point in every) + 3))
    problems = max((_problems(arm) for arm in report["arms"].values()), default=0)
    axes.set_title(f"{report['suite']} · {report['model']} · {counted(problems, 'problem')}", loc="left", fontsize=11)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _problems(arm: Mapping[str, Any]) -> int:
    return max((one["problems"] for one in ([arm] if "problems" in arm else arm.values())), default=0)


def _label(axes: Axes, curves: Mapping[str, Sequence[Point]]) -> None:
    """Names at the lines' right ends, moved apart where they would lie on one another."""
    bottom, top = axes.get_ylim()
    ends = sorted((points[-1].solved, name) for name, points in curves.items())
    least = bottom
    for solved, name in ends:
        height = max(solved, least)
        least = height + GAP * (top - bottom)
        place = list(curves).index(name)
        axes.annotate(
            name,
            (curves[name][-1].tokens, height),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=COLOURS[place % len(COLOURS)],
            annotation_clip=False,
        )
