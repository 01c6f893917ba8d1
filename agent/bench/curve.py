"""The scaling curve of a bench as a picture: solved problems over generated tokens, one line for each arm."""

import io
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from agent.bench.summary import by_multiple
from agent.errors import UsageError
from agent.text import counted

Axes = Any
"""matplotlib's own types are partly unknown."""
FORMATS = (".svg", ".png")
COLOURS = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#5e3c99")
"""Okabe and Ito's, and two more, told apart by everybody."""
OURS, LEVEL = "#0072b2", "#666666"
"""Colours of `ponder` and of greedy's level, the same in every picture."""
MARKERS = "sD^vPX*"
GAP = 0.05
"""Of the plot's height: the least distance between two labels."""
MARGIN = 1.03
"""Of the plot's width: where the labels stand."""


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
    return [_point(one) for one in by_multiple(arm).values() if one["problems"] and one["generated"]]


def _point(summary: Mapping[str, Any]) -> Point:
    low, high = summary["interval"]
    return Point(summary["generated"] / summary["problems"], 100 * summary["accuracy"], 100 * low, 100 * high)


def draw(report: Mapping[str, Any], suffix: str) -> bytes:
    """The picture in the format of `suffix` (`.svg` or `.png`); the same report gives the same bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    settings, new_figure = cast(Any, matplotlib.rc_context), cast(Any, Figure)  # pyright: ignore[reportUnknownMemberType]
    with settings({"svg.hashsalt": "ponder", "svg.fonttype": "none", "font.size": 10}):
        figure = new_figure(figsize=(8.5, 5), layout="constrained")
        axes = figure.add_subplot()
        curves = lines(report)
        colours = _colours(curves)
        _dress(axes, report, curves)
        for name, points in curves.items():
            _draw_line(axes, name, points, colours[name])
        _label(axes, curves, colours)
        content = io.BytesIO()
        metadata = {"Date": None} if suffix.lower() == ".svg" else None
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # of names in a script that the font has not
            figure.savefig(content, format=suffix.lower()[1:], dpi=144, metadata=metadata)
    return content.getvalue()


def _colours(curves: Mapping[str, Sequence[Point]]) -> dict[str, str]:
    others = [name for name in curves if name not in ("ponder", "greedy")]
    named = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(others)}
    return {"ponder": OURS, "greedy": LEVEL, **named}


def _draw_line(axes: Axes, name: str, points: Sequence[Point], colour: str) -> None:
    """An arm with its band; greedy, which more tokens do not change, as the level that the others rise from."""
    tokens, solved = [point.tokens for point in points], [point.solved for point in points]
    low, high = [point.low for point in points], [point.high for point in points]
    if name == "greedy":
        axes.axhline(solved[0], color=colour, linestyle=(0, (4, 3)), linewidth=1.2, zorder=2)
        return
    mine = name == "ponder"
    marker = "o" if mine else MARKERS[COLOURS.index(colour)]
    axes.plot(
        tokens, solved, color=colour, marker=marker, markersize=5, linewidth=2.6 if mine else 1.6, zorder=4 if mine else 3
    )
    if len(points) > 1:
        axes.fill_between(tokens, low, high, color=colour, alpha=0.14 if mine else 0.08, linewidth=0)
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
        axes.set_xlim(least / 1.2, most * 1.1)
        axes.set_ylim(max(0.0, min(point.low for point in every) - 3), min(102.0, max(point.high for point in every) + 3))
    problems = max((one["problems"] for arm in report["arms"].values() for one in by_multiple(arm).values()), default=0)
    title = f"{report['suite']} · {report['model']} · {counted(problems, 'problem')}"
    axes.set_title(title, loc="left", fontsize=11, parse_math=False)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _label(axes: Axes, curves: Mapping[str, Sequence[Point]], colours: Mapping[str, str]) -> None:
    """Names in the right margin, each led to from its line's end, and moved apart where they would lie on one another."""
    bottom, top = axes.get_ylim()
    right = axes.get_xlim()[1]
    ends = sorted((points[-1].solved, name) for name, points in curves.items())
    heights = _apart([solved for solved, _ in ends], GAP * (top - bottom))
    for (solved, name), height in zip(ends, heights, strict=True):
        end = right if name == "greedy" else curves[name][-1].tokens
        axes.annotate(
            name,
            (end, solved),
            xytext=(MARGIN, height),
            textcoords=axes.get_yaxis_transform(),
            va="center",
            color=colours[name],
            fontweight="bold" if name == "ponder" else "normal",
            annotation_clip=False,
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": colours[name], "linewidth": 0.7, "linestyle": ":", "shrinkB": 4},
        )


def _apart(heights: Sequence[float], least: float) -> list[float]:
    """Ascending heights, each at least so far above the one before; groups that had to move stay about where they were."""
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _bottom(groups[-1], least) < _bottom(groups[-2], least) + least * len(groups[-2]):
            groups[-2:] = [[*groups[-2], *groups[-1]]]
    return [_bottom(group, least) + least * place for group in groups for place in range(len(group))]


def _bottom(group: Sequence[float], least: float) -> float:
    """Where the lowest of a group stands when the group is centred on what it names."""
    return sum(group) / len(group) - least * (len(group) - 1) / 2
