"""Whether a result is right by what a suite hides from the solver. All that is run, runs in the sandbox."""

import re
from collections.abc import Callable
from concurrent.futures import Future

from agent.events import Result
from agent.records import Record
from agent.verify import choices
from agent.verify.equality import NUMBER, normalised, plain, same
from tools import harness
from tools.sandbox import Outcome, Sandbox

HIDDEN = ("answer", "tests", "grader")
"""What a suite may hide; a record has at least one of them."""
QUANTITY = re.compile(r"(.*\d[\d.,_/]*+)((?: ?°?[^\W\d_]++\.?){1,4}+)(?:(?:(?<=m)|(?<=ft)|(?<=in)|(?<=\w{3}))\^[23])?")
"""A number and the words behind it, of which lengths may be squared or cubed."""
LONGEST_QUANTITY = 80
"""Characters."""
FACTORS = re.compile(
    r"(?:dozen|score|pair|half|halves|third|quarter|hundred|thousand|million|billion|trillion)s?"
    r"|k|m|bn|e|x|y|z|pi|i|or|and|plus|minus|times|over|to|mod"
)
"""Words that are no unit: with them, the number before them is not the answer."""
POWERS = ("squared", "cubed", "factorial")
"""The same right behind a number; square centimetres are a unit."""
UNITS = re.compile("[cmk]?m|[mk]?g|m?s|h|[mcd]?l|lb|oz|ft|in|yd|mi|hr|[kmg]b|kw|hz")
"""Those of one or two letters that stand right behind a number: `20kg`. Other letters there are factors: `2ab`."""
LETTER = re.compile(r"\([A-J]\)|[A-J]\)?")
"""Of a choice."""


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
    """Equal as a number, as an exact fraction, or as text after normalising. A bare number may be given with its unit,
    the letter of a choice with what it stands for, and that with its letter.
    """
    right = normalised(hidden)
    if same(normalised(given), right):
        return True
    if LETTER.fullmatch(hidden.strip()):
        return choices.letter_of(given) == choices.letter_of(hidden)
    given = plain(choices.without_letter(given))
    if same(normalised(given), right):
        return True
    money = given.count("$") % 2 == 1  # two of them are marks around it
    given = given.strip("`*$ ").rstrip(".").strip("`*$ ")
    quantity = QUANTITY.fullmatch(given) if len(given) <= LONGEST_QUANTITY else None
    if quantity is None or not NUMBER.fullmatch(right):
        return False
    return normalised(quantity[1]) == right and _is_unit(quantity[2], money)


def _is_unit(words: str, money: bool) -> bool:
    """Whether what stands behind a number only says of what it is the number."""
    first, *others = named = words.casefold().replace(".", " ").replace("°", " ").split()
    if first == "m":  # metres, but millions of dollars or of people
        return not money and not others
    if first in POWERS or (words[0].isalpha() and len(first) <= 2 and not UNITS.fullmatch(first)):
        return False
    return not any(FACTORS.fullmatch(word) for word in named)
