"""Which of the past runs are meant, in SQL."""

from dataclasses import dataclass

CUT_OFF = "cut-off"
"""What `Filter.status` calls a run that never finished."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs are meant: all that is given must hold."""

    status: str | None = None
    model: str | None = None
    """Part of the model's name."""
    text: str | None = None
    """Stands in the problem or in the answer, in whatever case."""
    since: float | None = None
    before: float | None = None
    """Seconds since the epoch, as is `since`."""

    def conditions(self) -> list[tuple[str, object]]:
        """In SQL, each with its one value."""
        folded = "instr(casefold(problem || char(10) || coalesce(json_extract(result, '$.answer'), '')), casefold(?))"
        given = (
            (self.status, "status IS ?", None if self.status == CUT_OFF else self.status),
            (self.model, "instr(casefold(model), casefold(?))", self.model),
            (self.text, folded, self.text),
            (self.since, "started >= ?", self.since),
            (self.before, "started < ?", self.before),
        )
        return [(condition, value) for wanted, condition, value in given if wanted is not None]


EVERY = Filter()
