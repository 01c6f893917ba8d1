"""Whether a result is right by what a suite hides from the solver. All that is run, runs in the sandbox."""

import re
from collections.abc import Callable
from concurrent.futures import Future

from agent.events import Result
from agent.records import Record
from agent.verify.equality import NUMBER, normalised
from tools import harness
from tools.sandbox import Outcome, Sandbox

HIDDEN = ("answer", "tests", "grader")
"""What a suite may hide; a record has at least one of them."""
QUANTITY = re.compile(r"(.*\d[\d.,_/]*+)((?: ?[^\W\d_]++\.?){1,4}+)")
"""A number and the words behind it."""
LONGEST_QUANTITY = 80
"""Characters."""
FACTORS = re.compile(
    r"(?:dozen|score|pair|half|halves|third|quarter|hundred|thousand|million|billion|trillion)s?"
    r"|k|m|bn|e|x|pi|i|or|and|plus|minus|times|over|to"
)
"""Words that are no unit: with them, the number before them is not the answer."""
NOTATIONS = (
    ("−", "-"),
    ("\\$", "$"),
    ("\\%", "%"),
    ("\\!", ""),
    ("\\,", ""),
    ("€", "$"),
    ("£", "$"),
    ("\N{NO-BREAK SPACE}", " "),
)
FRACTION = re.compile(r"\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}")
MIXED = re.compile(r"([-+]?)(\d{1,18}) +(\d{1,18})/(\d{1,18})")


def ask(sandbox: Sandbox, result: Result, record: Record) -> Future[bool]:
    """Whether a result is right: done at once where nothing has to be run, else when the sandbox has run it.

    Fails with `SandboxError`: what the machine did wrong is nobody's wrong answer.
    """
    hidden, problem = record.hidden, record.problem
    if "answer" in hidden:
        return _known(result.answer is not None and same_answer(result.answer, str(hidden["answer"])))
    if "tests" in hidden:
        if result.code is None:
            return _known(False)
        tests = str(hidden["tests"])
        run = harness.tests_run(result.code, tests, files=problem.files, entry_point=problem.entry_point)
        return _read(sandbox.submit(run), lambda outcome: harness.summary(outcome).succeeded)
    if result.answer is None:
        return _known(False)
    return _read(sandbox.submit(harness.grading_run(str(hidden["grader"]), result.answer)), harness.graded)


def _known(right: bool) -> Future[bool]:
    future: Future[bool] = Future()
    future.set_result(right)
    return future


def _read(outcome: Future[Outcome], read: Callable[[Outcome], bool]) -> Future[bool]:
    right: Future[bool] = Future()

    def settle(done: Future[Outcome]) -> None:
        if error := done.exception():
            right.set_exception(error)
        else:
            right.set_result(read(done.result()))

    outcome.add_done_callback(settle)
    return right


def same_answer(given: str, hidden: str) -> bool:
    """Equal as a number, as an exact fraction, or as text after normalising; a bare number may be given with its unit."""
    right = normalised(_plain(hidden))
    given = _plain(given)
    if normalised(given) == right:
        return True
    given = given.strip().strip("`*$").rstrip(".").strip()
    quantity = QUANTITY.fullmatch(given) if len(given) <= LONGEST_QUANTITY else None
    if quantity is None or not NUMBER.fullmatch(right):
        return False
    words = quantity[2].casefold().replace(".", " ").split()
    return normalised(quantity[1]) == right and not any(FACTORS.fullmatch(word) for word in words)


def _plain(answer: str) -> str:
    """Typographic and LaTeX notations of numbers in plain characters."""
    for written, plain in NOTATIONS:
        answer = answer.replace(written, plain)
    text = FRACTION.sub(r" \1/\2 ", answer).strip()
    text = re.sub(r"^([-+$]) +(?=\d)", r"\1", text)
    mixed = MIXED.fullmatch(text)
    return f"{mixed[1]}{int(mixed[2]) * int(mixed[4]) + int(mixed[3])}/{mixed[4]}" if mixed else text
