"""What scored results come to: shares with their intervals, how far confidence can be trusted, and which arm is ahead."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from agent.records import Id

CONFIDENCE_95 = 1.96
BINS = 10
"""Of confidence, equally wide."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A result, and whether the hidden answer says that it is right."""

    id: Id
    status: str
    right: bool
    answered: bool
    confidence: float
    generated: int
    seconds: float
    """Wall time in which nothing else of its arm was scored: they add up to the time of the arm's run. At a multiple that was
    read off the run of a greater one, the part that its tokens are.
    """

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """From a result's record with `right` and `wall` beside it."""
        return cls(
            id=record["id"],
            status=record["status"],
            right=record["right"],
            answered=record["answer"] is not None,
            confidence=record["confidence"],
            generated=record["tokens"]["generated"],
            seconds=record["wall"],
        )


def summary(scored: Sequence[Scored]) -> dict[str, Any]:
    """An arm as the contract writes it, with its calibration."""
    problems, solved = len(scored), sum(one.right for one in scored)
    return {
        "problems": problems,
        "solved": solved,
        "accuracy": round(solved / problems, 4) if problems else 0.0,
        "interval": [round(bound, 4) for bound in wilson(solved, problems)],
        "generated": sum(one.generated for one in scored),
        "seconds": round(sum(one.seconds for one in scored), 1),
        "by_status": {status: [sum(one.right for one in group), len(group)] for status, group in by_status(scored).items()},
        "calibration": calibration(scored),
    }


def by_multiple(arm: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """A report's arm as its summaries by multiple of greedy's tokens; by an empty one where it had its usual budget."""
    return {"": arm} if "problems" in arm else arm


def by_status(scored: Iterable[Scored]) -> dict[str, list[Scored]]:
    groups: dict[str, list[Scored]] = {}
    for one in scored:
        groups.setdefault(one.status, []).append(one)
    return groups


def wilson(solved: int, problems: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson, 1927)."""
    if problems == 0:
        return 0.0, 1.0
    share, z2 = solved / problems, CONFIDENCE_95**2
    middle = (share + z2 / (2 * problems)) / (1 + z2 / problems)
    reach = CONFIDENCE_95 / (1 + z2 / problems) * math.sqrt(share * (1 - share) / problems + z2 / (4 * problems**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def calibration(scored: Iterable[Scored]) -> dict[str, Any]:
    """Expected calibration error of the answers that were given, overall and by status, and the bins that it is made of.

    A bin is `[mean confidence, right, all]`. Without an answer there is nothing to be sure of, and nothing is counted.
    """
    answered = [one for one in scored if one.answered]
    return {
        "error": calibration_error(answered),
        "by_status": {status: calibration_error(group) for status, group in by_status(answered).items()},
        "bins": [
            [round(_mean_confidence(group), 4), sum(one.right for one in group), len(group)] for group in _binned(answered)
        ],
    }


def calibration_error(answered: Sequence[Scored]) -> float | None:
    """The mean distance between confidence and share of right answers, bin by bin (Guo et al., 2017); None of nothing."""
    if not answered:
        return None
    off = sum(abs(sum(one.right for one in group) - len(group) * _mean_confidence(group)) for group in _binned(answered))
    return round(off / len(answered), 4)


def _binned(answered: Iterable[Scored]) -> list[list[Scored]]:
    """The bins that hold something, from the least sure to the surest."""
    bins: dict[int, list[Scored]] = {}
    for one in answered:
        bins.setdefault(min(BINS - 1, int(one.confidence * BINS)), []).append(one)
    return [bins[place] for place in sorted(bins)]


def _mean_confidence(group: Sequence[Scored]) -> float:
    return sum(one.confidence for one in group) / len(group)


def compared(first: Iterable[Scored], second: Iterable[Scored]) -> dict[str, Any]:
    """Two arms on the problems that both were tried on: how often one alone was right, and McNemar's exact p."""
    ours, theirs = ({one.id: one.right for one in scored} for scored in (first, second))
    both = [(ours[name], theirs[name]) for name in ours if name in theirs]
    ahead, behind = both.count((True, False)), both.count((False, True))
    return {"problems": len(both), "only_first": ahead, "only_second": behind, "p": float(f"{mcnemar(ahead, behind):.3g}")}


def mcnemar(ahead: int, behind: int) -> float:
    """Two-sided exact p of the difference between two arms on the same problems, from those that they differ on."""
    differing, fewer = ahead + behind, min(ahead, behind)
    return min(1.0, 2 * sum(math.comb(differing, count) for count in range(fewer + 1)) / 2**differing)
