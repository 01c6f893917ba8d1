"""The figures of a bench: shares, intervals, calibration, pairs; and what is shown of them, as tables and as a picture."""

import io
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from agent.bench import curve, standings
from agent.bench.summary import Scored, calibration, compared, mcnemar, summary, wilson
from agent.errors import UsageError

Known = tuple[str, bool, float]


def scored(*known: Known) -> list[Scored]:
    return [Scored(place, status, right, True, sure, 100, 2.0) for place, (status, right, sure) in enumerate(known)]


def test_a_summary_counts_by_status_and_gives_its_interval():
    found = summary(scored(*[("verified", True, 0.9)] * 8, ("agreed", False, 0.6), ("unverified", False, 0.1)))
    assert (found["problems"], found["solved"], found["accuracy"]) == (10, 8, 0.8)
    assert found["by_status"] == {"verified": [8, 8], "agreed": [0, 1], "unverified": [0, 1]}
    assert found["interval"] == pytest.approx([0.4902, 0.9433], abs=1e-3)
    assert (found["generated"], found["seconds"]) == (1000, 20.0)


@pytest.mark.parametrize(("solved", "problems"), [(0, 0), (0, 5), (5, 5), (1, 1000)])
def test_an_interval_holds_the_share_and_stays_within_its_bounds(solved: int, problems: int):
    low, high = wilson(solved, problems)
    assert 0 <= low <= (solved / problems if problems else 0.5) <= high <= 1


def test_confidence_that_is_kept_has_no_calibration_error():
    assert calibration(scored(*[("agreed", right, 0.75) for right in (True, True, True, False)]))["error"] == 0


def test_calibration_is_the_mean_distance_over_the_bins():
    """Four at 0.9 of which two are right, one at 0.2 that is right: (4 · 0.4 + 1 · 0.8) / 5."""
    known = [*[("verified", right, 0.9) for right in (True, True, False, False)], ("unverified", True, 0.2)]
    found = calibration(scored(*known))
    assert found["error"] == pytest.approx(0.48)
    assert found["by_status"] == {"verified": pytest.approx(0.4), "unverified": pytest.approx(0.8)}
    assert found["bins"] == [[0.2, 1, 1], [0.9, 2, 4]]


def test_what_has_no_answer_cannot_be_overconfident():
    nothing = Scored("x", "failed", False, False, 0.0, 100, 1.0)
    assert calibration([nothing])["error"] is None
    assert calibration([nothing, *scored(("agreed", True, 1.0))])["error"] == 0


@pytest.mark.parametrize(
    ("ahead", "behind", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (12, 3, 0.03515625), (3, 12, 0.03515625), (7, 7, 1.0)],
)
def test_the_exact_p_of_paired_results(ahead: int, behind: int, p: float):
    """Against tables of the binomial distribution with one half."""
    assert mcnemar(ahead, behind) == pytest.approx(p)


def test_only_problems_that_both_were_tried_on_are_compared():
    ours = scored(("agreed", True, 1.0), ("agreed", True, 1.0), ("agreed", False, 1.0), ("agreed", True, 1.0))
    theirs = scored(("agreed", True, 1.0), ("agreed", False, 1.0), ("agreed", True, 1.0))
    assert compared(ours, theirs) == {"problems": 3, "only_first": 1, "only_second": 1, "p": 1.0}


def test_an_exact_p_is_never_nothing():
    """25 against none were said to have p 0.0."""
    ours, theirs = ([(str(right), right, 1.0)] * 25 for right in (True, False))
    found = compared(scored(*ours), scored(*theirs))
    assert found == {"problems": 25, "only_first": 25, "only_second": 0, "p": 5.96e-08}
    told = shown({**REPORT, "comparisons": [{"arms": ["ponder", "greedy"], **found}]})
    assert "ponder : greedy               25           0             <0.0001" in told


def arm(solved: int, generated: int, problems: int = 40) -> dict[str, Any]:
    results = [Scored(place, "agreed", place < solved, True, 0.8, generated, 1.0) for place in range(problems)]
    return summary(results)


NOTHING = arm(0, 0, 0)
REPORT: dict[str, Any] = {
    "suite": "humaneval",
    "model": "a-model",
    "commit": "abc",
    "seed": 7,
    "arms": {
        "greedy": {name: arm(22, 190) for name in ("1", "4", "16")},
        "best-of-n": {"1": arm(22, 190), "4": arm(26, 700), "16": arm(28, 2600)},
        "majority": {"1": arm(22, 190), "4": arm(25, 720), "16": arm(28, 2900)},
        "repair-only": {"1": arm(22, 190), "4": arm(23, 500), "16": arm(24, 1500)},
        "ponder": {"1": arm(22, 185), "4": arm(30, 560), "16": arm(36, 1500)},
    },
    "baseline": arm(22, 190),
    "comparisons": [
        {"arms": ["ponder", "greedy"], "multiple": "16", "problems": 40, "only_first": 14, "only_second": 0, "p": 0.0001}
    ],
    "interrupted": False,
}


def shown(report: dict[str, Any]) -> str:
    stream = io.StringIO()
    standings.show(report, stream)
    return stream.getvalue()


def test_the_tables_say_all_that_the_report_does():
    text = shown(REPORT)
    assert "ponder       ×16     36 of 40  90.0 %    77–96 %        60,000" in text
    assert "×1            ×4            ×16" in text
    assert "ponder       55.0 % (185)  75.0 % (560)  90.0 % (1,500)" in text
    assert "ponder : greedy       ×16     14           0             0.0001" in text
    assert "80 %  36 of 40 (90 %)" in text


def test_without_multiples_there_is_no_curve_and_with_no_results_no_fault():
    text = shown({**REPORT, "arms": {"ponder": arm(3, 10)}, "comparisons": []} | {"baseline": arm(3, 10)})
    assert "Solved over tokens" not in text
    assert "0 of 0" in shown({**REPORT, "arms": {"ponder": {"1": NOTHING}}, "baseline": NOTHING, "comparisons": []})


def test_the_picture_names_every_arm_at_its_line_and_is_the_same_twice():
    drawn = curve.draw(REPORT, ".svg")
    assert drawn == curve.draw(REPORT, ".svg")
    texts = "".join(ElementTree.fromstring(drawn).itertext())
    for name in (*REPORT["arms"], "generated tokens per problem", "humaneval · a-model · 40 problems"):
        assert name in texts
    assert curve.draw(REPORT, ".PNG").startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["under_$5_and_$10", "$\\frac$", "素数"])
@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_picture_shows_names_as_they_are(name: str, suffix: str):
    """Between two `$` matplotlib read mathematics, and what its font has not it warned of with a path of its own."""
    drawn = curve.draw(REPORT | {"suite": name, "arms": REPORT["arms"] | {f"ponder-no-{name}": arm(3, 10)}}, suffix)
    if suffix == ".svg":
        texts = list(ElementTree.fromstring(drawn).itertext())
        assert {f"{name} · a-model · 40 problems", f"ponder-no-{name}"} <= set(texts)


@pytest.mark.parametrize("arms", [{"ponder": arm(3, 10)}, {"ponder": NOTHING}, {"ponder": {"1": NOTHING, "2": NOTHING}}])
def test_a_picture_of_little_or_nothing_is_one_too(arms: dict[str, Any]):
    report = {name: value for name, value in REPORT.items() if name != "baseline"} | {"arms": arms}
    assert b"<svg" in curve.draw(report, ".svg")


def test_the_points_are_tokens_per_problem_and_percent():
    lines = curve.lines(REPORT)
    assert list(lines) == ["greedy", "best-of-n", "majority", "repair-only", "ponder"]
    assert [(point.tokens, round(point.solved)) for point in lines["ponder"]] == [(185, 55), (560, 75), (1500, 90)]
    assert len(lines["greedy"]) == 1


def test_a_plot_that_cannot_be_drawn_is_refused_with_what_mends_it(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UsageError, match=r"plot.pdf ends in neither .svg nor .png"):
        curve.require(Path("plot.pdf"))
    curve.require(Path("plot.SVG"))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"needs matplotlib, .*: \S+ -m pip install matplotlib"):
        curve.require(Path("plot.svg"))
