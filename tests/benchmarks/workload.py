"""What every side is asked in the engine's benchmark: one problem of some three hundred tokens, sampled in one way."""

from dataclasses import dataclass

import prompts
from agent.engine.request import Engine, Message, Sampling

SYSTEM = "You are a careful programmer. You answer with a complete program, and then explain it line by line."
PROBLEM = """Case {number}. A small library lends books to its members, and wants a program in Python that keeps its records.

A member may hold at most five books at once, a child two. A loan lasts twenty-eight days, counted from the day after it
began. Whoever brings a book back late pays ten cents for each day, but never more than the price of the book. A book that
another member waits for cannot be renewed; any other can be renewed twice, each time for fourteen days from the day on
which the renewal was asked for.

The program reads one event a line from standard input: `lend DAY MEMBER BOOK`, `return DAY MEMBER BOOK`, `renew DAY MEMBER
BOOK`, `wait DAY MEMBER BOOK` or `report DAY`. Days are whole numbers that never decrease. An event that the rules forbid
changes nothing, and the program prints one line that says which rule forbade it. After `report` it prints every overdue
book, sorted by the days that it is overdue, then by title, with the member and what would be paid today.

Write the classes with type annotations, then the function `main`, then ten tests that show the rules at work. Explain
afterwards, in at least forty sentences, why you chose these classes."""
FIRST_CASE = 10_000
"""So that every case's number has five digits: Qwen reads each as a token, which makes 300 in all."""

MENDED = '''```python
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Loan:
    """A book that a member has taken home."""

    member: str
    book: str
    due: int
    renewals: int = 0

    def overdue(self, today: int) -> int:
        """Days by which the loan is late; never negative."""
        return max(0, today - self.due)


@dataclass
class Library:
    """Case {number}: who holds which book, and who waits for it."""

    loans: dict[str, Loan] = field(default_factory=dict)
    waiting: dict[str, list[str]] = field(default_factory=dict)
    limit: int = 5
    period: int = 28

    def lend(self, day: int, member: str, book: str) -> bool:
        """Gives a book to a member, unless it is away or he holds too many."""
        held = [loan for loan in self.loans.values() if loan.member == member]
        if book in self.loans or len(held) > self.limit:
            return False
        self.loans[book] = Loan(member, book, day + self.period)
        return True

    def renew(self, day: int, book: str) -> bool:
        """Prolongs a loan by a fortnight, twice at most, if nobody waits for the book."""
        loan = self.loans.get(book)
        if loan is None or self.waiting.get(book) or loan.renewals >= 2:
            return False
        loan.due = day + 14
        loan.renewals += 1
        return True

    def report(self, day: int) -> Iterator[tuple[int, str, str]]:
        """Every overdue book with the days that it is late and who has it, the latest first."""
        late = [(loan.overdue(day), loan.book, loan.member) for loan in self.loans.values() if loan.overdue(day)]
        yield from sorted(late, key=lambda entry: (-entry[0], entry[1]))
```'''
"""An answer with a mistake, to be mended: the sixth book is lent. Written for this benchmark."""
FAILURE = """AssertionError: a member who holds five books may not be lent a sixth
    assert not library.lend(1, "Ann", "book 6")"""

TEMPERATURE = 0.8
TOP_K, TOP_P, MIN_P = 40, 0.95, 0.05
"""The defaults of `llama_cpp.Llama`, which every side is told to use."""


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt to be answered `answers` times with `each` tokens, by seeds from `seed` on."""

    tokens: tuple[int, ...]
    answers: int
    each: int
    seed: int


def prompt(engine: Engine, case: int) -> tuple[int, ...]:
    """The problem as tokens. Another `case` makes another prompt from its first line on, so that nobody has it in a cache."""
    return engine.encode([Message("system", SYSTEM), Message("user", PROBLEM.format(number=FIRST_CASE + case))])


def repair(engine: Engine, case: int) -> tuple[int, ...]:
    """A repair turn as the strategy of that name words it: the problem, the program with a mistake, and what its run showed."""
    wording = prompts.read_strategy(prompts.ROOM / "strategies" / "repair.md").wording
    number = FIRST_CASE + case
    return engine.encode(
        [
            Message("system", prompts.render("system")),
            Message("user", PROBLEM.format(number=number)),
            Message("assistant", MENDED.replace("{number}", str(number))),
            Message("user", prompts.fill(wording, problem="", failure=FAILURE)),
        ]
    )


def sampling(*, seed: int, tokens: int) -> Sampling:
    return Sampling(temperature=TEMPERATURE, top_k=TOP_K, top_p=TOP_P, min_p=MIN_P, seed=seed, max_tokens=tokens)
