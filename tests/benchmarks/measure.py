"""What the benchmarks compute from what they saw: medians, ratios, shares of a prompt, time that the model stood idle. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from agent.engine.prefix import common_prefix

Span = tuple[float, float]
"""`(start, end)` in seconds of one clock."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Tokens that came out, and the seconds that it took."""

    tokens: int
    seconds: float

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs of ours and of a rival, taken in turn, as tokens a second: run `i` of one stood beside run `i` of the other."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Our median over theirs."""
        return median(self.ours) / median(self.theirs)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest ratio of two runs that stood side by side."""
        ratios = [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]
        return min(ratios), max(ratios)

    def record(self) -> dict[str, object]:
        return {
            "ratio": rounded(self.ratio),
            "spread": [rounded(bound) for bound in self.spread],
            "ours": summary(self.ours),
            "theirs": summary(self.theirs),
        }


def compared(pairs: Iterable[tuple[Timed, Timed]]) -> Comparison:
    """`pairs`: ours and theirs of each run."""
    ours, theirs = zip(*((mine.rate, other.rate) for mine, other in pairs), strict=True)
    return Comparison(ours, theirs)


def summary(samples: Sequence[float]) -> dict[str, object]:
    """Median, least and greatest, and every sample in the order in which it was taken."""
    return {
        "median": rounded(median(samples)),
        "least": rounded(min(samples)),
        "greatest": rounded(max(samples)),
        "runs": [rounded(sample) for sample in samples],
    }


def rounded(value: float) -> float:
    """Four significant digits: no figure here is better than that."""
    return float(f"{value:.4g}")


def distinct_tokens(prompts: Iterable[Sequence[int]]) -> int:
    """Nodes of the trie that holds all `prompts`: what must be evaluated if nothing is evaluated twice.

    In sorted order each prompt shares with the one before it all that it shares with any before it.
    """
    ordered = sorted(tuple(prompt) for prompt in prompts)
    shared = sum(common_prefix(before, after) for before, after in pairwise(ordered))
    return sum(map(len, ordered)) - shared


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was answered: its prompt, what was said after it, and how many prompt tokens had to be evaluated."""

    prompt: tuple[int, ...]
    said: tuple[int, ...]
    evaluated: int


def prefill_overhead(requests: Sequence[Asked]) -> float:
    """Prompt tokens evaluated, over those that had been evaluated by none before, neither in a prompt nor while speaking.

    `requests`: in their order. One means that nothing was evaluated twice. The last token said is not evaluated for that.
    """
    before, needed = list[tuple[int, ...]](), 0
    for asked in requests:
        needed += len(asked.prompt) - max((common_prefix(asked.prompt, known) for known in before), default=0)
        before.append(asked.prompt + asked.said[:-1])
    return sum(asked.evaluated for asked in requests) / needed


def idle_fraction(thinking: Iterable[Span], decoding: Iterable[Span]) -> float:
    """Of the time in which thinking was left to do, the share in which nothing was decoded; 0 where there was none."""
    left, busy = list(_united(thinking)), list(_united(decoding))
    wanted = sum(end - start for start, end in left)
    used = sum(max(0.0, min(end, to) - max(start, since)) for start, end in left for since, to in busy)
    return (wanted - used) / wanted if wanted else 0.0


def _united(spans: Iterable[Span]) -> Iterator[Span]:
    """The same time in spans that do not overlap, in order."""
    current: Span | None = None
    for start, end in sorted(spans):
        if current is not None and start <= current[1]:
            current = current[0], max(current[1], end)
            continue
        if current is not None:
            yield current
        current = start, end
    if current is not None:
        yield current
