"""What every side is asked in the engine's benchmark: one problem of some three hundred tokens, sampled in one way."""

from dataclasses import dataclass

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


def sampling(*, seed: int, tokens: int) -> Sampling:
    return Sampling(temperature=TEMPERATURE, top_k=TOP_K, top_p=TOP_P, min_p=MIN_P, seed=seed, max_tokens=tokens)
