"""How sure an answer is, by the kind of its evidence. The probabilities are how often such answers were right."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "given checks", "many examples", "few examples",
    "several ways agree", "one way agrees", "most votes", "alone", "at odds",
    "programs agree", "one program", "no fault",
    "against an example", "failed checks", "nothing",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Odds:
    """`measured`: of how many answers of the development suites, with one right and one wrong more; 0 is a guess. `suite`: of
    which, and with which model, for other problems and models may fare otherwise.
    """

    right: float
    measured: int = 0
    suite: str = ""

    @property
    def words(self) -> str:
        source = f"measured on {self.measured} of {self.suite}"
        return f"about {round(10 * self.right)} in 10 answers with such evidence were right ({source})"


HUMANEVAL, GSM8K = "HumanEval, Coder-1.5B", "GSM8K, Coder-1.5B"
UNSHOWN = "HumanEval without its examples, Coder-1.5B"
"""Whose tables are in docs/BENCHMARKS.md."""
ODDS: dict[Kind, Odds] = {
    "given checks": Odds(0.95),
    "many examples": Odds(0.92),
    "few examples": Odds(0.81, measured=30, suite=HUMANEVAL),
    "several ways agree": Odds(0.94, measured=15, suite=GSM8K),
    "one way agrees": Odds(0.70),
    "most votes": Odds(0.69, measured=11, suite=GSM8K),
    "alone": Odds(0.69, measured=30, suite=GSM8K),
    "at odds": Odds(0.30),
    "programs agree": Odds(0.85, measured=45, suite=UNSHOWN),
    "one program": Odds(0.74, measured=44, suite=UNSHOWN),
    "no fault": Odds(0.50),
    "against an example": Odds(0.15),
    "failed checks": Odds(0.10),
    "nothing": Odds(0.0),
}
