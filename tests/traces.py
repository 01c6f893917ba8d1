"""A run written by hand: what a solve says, with the second at which it says it."""

from agent.events import (
    Closed,
    Event,
    Finished,
    Judged,
    Moved,
    Notice,
    Opened,
    Progressed,
    Ran,
    Result,
    Running,
    Seconds,
    Spent,
    Started,
    Streamed,
    Thought,
    Tokens,
)

PROBLEM = "Write a Python function nth_prime(n) that returns the n-th prime, counting 2 as the first. nth_prime(10) = 29."
WRONG = '''def nth_prime(n):
    """The n-th prime."""
    count, number = 0, 2
    while True:
        if all(number % divisor for divisor in range(2, number)):
            count += 1
            if count == n:
                return number
        number += 2
'''
RIGHT = WRONG.replace("number += 2", "number += 1")
RESULT = Result(
    status="verified",
    answer=RIGHT,
    code=RIGHT,
    confidence=1.0,
    evidence=("passed 2 of 2 examples from the statement",),
    strategy="repair",
    attempts=4,
    switches=1,
    backtracks=1,
    tokens=Tokens(412, 1236, 318),
    seconds=Seconds(21.4, 19.8, 0.6),
    model="coder-1.5b",
    sandbox="docker",
    seed=7,
    run="20261123-151203-a1b2",
)

BEGINNING: list[tuple[float, Event]] = [
    (0.0, Progressed("load coder-1.5b", 0, 1000)),
    (2.5, Progressed("load coder-1.5b", 640, 1000)),
    (3.0, Progressed("load coder-1.5b", 1000, 1000)),
]
SEARCH: list[tuple[float, Event]] = [
    (
        0.0,
        Started(
            run="20261123-151203-a1b2",
            problem=PROBLEM,
            model="coder-1.5b",
            device="CPU",
            sandbox="docker",
            seed=7,
            version="0.1.0",
            checks=("2 examples from the statement",),
            budget_seconds=60,
            budget_tokens=4096,
            budget_attempts=8,
        ),
    ),
    (0.0, Notice("the material was clipped to 3,000 of 9,120 tokens")),
    (0.1, Opened(1, 0, "direct", "the first way")),
    (0.4, Streamed(1, "Here it is:\n\n```python\n")),
    (3.1, Streamed(1, WRONG + "```")),
    (3.2, Thought(1, "stop", 92)),
    (3.2, Running(1, "check", "assert nth_prime(1) == 2")),
    (3.4, Ran(1, "exit", 1, "AssertionError", 0.2)),
    (
        3.4,
        Judged(
            1, "failed", 0.5, ("passed 1 of 2 examples from the statement",), "nth_prime(10) gave 31, expected 29", WRONG, 1
        ),
    ),
    (3.4, Moved("switch", 2, "plan")),
    (3.4, Opened(2, 0, "plan", "another way")),
    (3.4, Opened(3, 1, "repair", "mends attempt 1: wrong")),
    (3.5, Opened(4, 0, "compute", "another way")),
    (5.0, Streamed(2, "1. 素数を数える [/b]\n2. \x1b[31mtry\x1b[0m each number\n3. stop at n")),
    (6.0, Streamed(3, "The step skips even numbers, but 2 is prime:\n\n```python\n" + RIGHT)),
    (7.0, Spent(Tokens(412, 1236, 240), 7.0, 4, 31.2)),
    (7.1, Running(4, "explore", "print(sum(1 for n in range(10)))")),
]  # fmt: skip
ENDING: list[tuple[float, Event]] = [
    (8.0, Ran(4, "exit", 1, "Traceback\nNameError: name 'q' is not defined\n", 0.9)),
    (8.0, Judged(4, "failed", 0.0, (), "Traceback\nNameError: name 'q' is not defined", None, 1)),
    (8.5, Moved("backtrack", 5, "attempt 1")),
    (9.0, Streamed(3, "```")),
    (9.0, Thought(3, "stop", 101)),
    (9.0, Running(3, "check", "assert nth_prime(1) == 2")),
    (9.2, Ran(3, "exit", 0, "", 0.1)),
    (9.2, Judged(3, "passed", 1.0, ("passed 2 of 2 examples from the statement",), None, RIGHT, 3)),
    (9.2, Closed(2, "another attempt is verified")),
    (12.9, Finished(RESULT)),
]
TRACE = SEARCH + ENDING
