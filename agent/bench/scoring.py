"""Whether a result is right by what a suite hides from the solver. All that is run, runs in the sandbox."""

import ast
import re
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future

from agent.events import Result
from agent.records import Record
from agent.verify import choices, statement
from agent.verify.equality import bare, comparable, comparison, equal_to, normalised, same
from agent.verify.faults import tests_fault
from agent.verify.notation import plain
from agent.verify.quantity import amount, sign
from agent.verify.source import FUNCTION, bound, parse, syntax_fault
from tools import harness
from tools.sandbox import Outcome, Run, Sandbox

HIDDEN = ("answer", "tests", "grader")
"""What a suite may hide; a record has at least one of them."""
TRUTH = {True: ("yes", "true"), False: ("no", "false")}
"""How a suite's true or false is said."""
NOTED = re.compile(r"([-+$]?[\d.,/]++%?) \([^\W\d_]++(?:[ /-][^\W\d_]++)*+\)")
"""What a suite counts, in brackets behind the number: `9 (apples)`. In a given answer they may say more, `10 (binary)`."""
LOOKED_FOR = """
from importlib.util import find_spec
for name in {}:
    if find_spec(name) is None:
        report(name)
"""
GIVEN = {"solution", "tests", "pytest"}
"""Modules that the sandbox lays beside tests."""
LETTER = re.compile(r"\([A-Z]\)|[A-Z]\)?|[a-j]")
"""Of a choice."""


def ask(sandbox: Sandbox, result: Result, record: Record) -> Future[bool]:
    """Whether a result is right: done at once where nothing has to be run, else when the sandbox has run it.

    Fails with `SandboxError`: what the machine did wrong is nobody's wrong answer.
    """
    hidden, problem = record.hidden, record.problem
    if "answer" in hidden:
        return _compared(sandbox, result.answer, hidden["answer"], problem.text)
    if "tests" in hidden:
        if result.code is None:
            return _known(False)
        called = statement.read(problem.text, problem.entry_point).called
        run = harness.tests_run(result.code, hidden["tests"], files=problem.files, entry_point=called)
        return _read(sandbox.submit(run), lambda outcome: harness.summary(outcome).succeeded)
    if result.answer is None:
        return _known(False)
    return _read(sandbox.submit(harness.grading_run(hidden["grader"], result.answer)), harness.graded)


def fault(record: Record) -> str | None:
    """Why what a record hides could tell nothing right from wrong; it goes on from the record's id."""
    if not record.hidden.keys() & set(HIDDEN):
        return "has no hidden 'tests', 'answer' or 'grader'"
    if "answer" in record.hidden:
        return (
            None if str(record.hidden["answer"]).strip() else "has a hidden answer that is empty; give null where there is none"
        )
    if "tests" in record.hidden:
        tests = record.hidden["tests"]
        if not isinstance(tests, str):
            return "has hidden tests that are no text; give one text of Python, or a grader"
        fault = tests_fault(tests, record.problem)
        return None if fault is None else f"has hidden tests that cannot be used: {fault}"
    fault = _grader_fault(record.hidden["grader"])
    return None if fault is None else f"has a hidden grader that cannot be used: {fault}"


def _grader_fault(grader: object) -> str | None:
    if not isinstance(grader, str):
        return "it is no text"
    if fault := syntax_fault(grader):
        return f"not Python: {fault}"
    return None if any(map(_may_define_grade, parse(grader).body)) else "it defines no grade(answer)"


def _may_define_grade(node: ast.stmt) -> bool:
    """What a star import binds is not known here."""
    names = {node.name} if isinstance(node, FUNCTION | ast.ClassDef) else set(bound(node))
    return bool(names & {"grade", "*"})


def lacking(sandbox: Sandbox, suite: Iterable[Record]) -> list[str]:
    """The modules that hidden tests and graders import and the sandbox has not: all that needs one of them would be wrong.

    Waits for the sandbox, where they import any that is not Python's own. Raises `SandboxError`.
    """
    needed = sorted({name for record in suite for name in _needed(record)})
    if not needed:
        return []
    missing = sandbox.submit(Run(LOOKED_FOR.format(needed), solution="")).result().reports
    return [name for name in needed if name in missing]


def _needed(record: Record) -> set[str]:
    """What a `try` or the record's own material is there for is not."""
    if "answer" in record.hidden:
        return set()
    tree = parse(record.hidden["tests"] if "tests" in record.hidden else record.hidden["grader"])
    tried = {part for node in ast.walk(tree) if isinstance(node, ast.Try) for part in ast.walk(node)}
    names = {name.partition(".")[0] for node in ast.walk(tree) if node not in tried for name in _imported(node)}
    return names - sys.stdlib_module_names - GIVEN - {name.removesuffix(".py") for name in record.problem.files}


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [name.name for name in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case _:
            return []


def _compared(sandbox: Sandbox, given: str | None, answer: object, asked: str) -> Future[bool]:
    if given is None:
        return _known(False)
    if isinstance(answer, bool):
        return _known(any(same_answer(given, word, asked) for word in TRUTH[answer]))
    hidden = str(answer)
    if same_answer(given, hidden, asked):
        return _known(True)
    one, other = normalised(given), normalised(hidden)
    if not comparable(one, other):
        return _known(False)
    return _read(sandbox.submit(comparison(one, [other])), lambda outcome: equal_to(outcome, [other]) is not None)


def _known(right: bool) -> Future[bool]:
    future: Future[bool] = Future()
    future.set_result(right)
    return future


def _read(outcome: Future[Outcome], read: Callable[[Outcome], bool]) -> Future[bool]:
    right: Future[bool] = Future()

    def settle(done: Future[Outcome]) -> None:
        try:
            right.set_result(read(done.result()))
        except Exception as error:  # what is raised in here nobody hears, and who waits would wait for ever
            right.set_exception(error)

    outcome.add_done_callback(settle)
    return right


def same_answer(given: str, hidden: str, asked: str = "") -> bool:
    """Equal as a number, as an exact fraction, or as text after normalising. A number may have its unit in one of them only,
    in brackets where it is hidden, the letter of a choice be given with what it stands for, and that with its letter. What
    stands beside a letter may name others, `D) Both A and B`, where it is what the letter stands for in `asked`, the problem.
    """
    noted = NOTED.fullmatch(hidden)
    hidden = noted[1] if noted else hidden
    if _are_one(given, hidden):
        return True
    letter = _letter(given, asked)
    chosen_alike = letter is not None and letter == _letter(hidden, asked)
    if any(LETTER.fullmatch(bare(plain(one))) for one in (given, hidden)):
        return chosen_alike
    text = choices.without_letter(given)
    return _are_one(text, hidden) or (chosen_alike and _are_one(text, choices.without_letter(hidden)))


def _letter(answer: str, asked: str) -> str | None:
    """That of the choice which an answer names by it, alone or with what it stands for."""
    letter = choices.letter_of(answer)
    if letter is None and choices.without_letter(answer) != answer:
        letter = choices.chosen(answer, choices.listed(asked))
    return letter and letter.upper()


def _are_one(given: str, hidden: str) -> bool:
    less, more = sorted((sign(given), sign(hidden)))
    if less not in ("", more) and not (less in "$%°" and more.startswith(less)):  # $5 may be $5 an hour, and is not 5 %
        return False
    number = amount(given)
    return same(normalised(given), normalised(hidden)) or (number != "" and same(number, amount(hidden)))
