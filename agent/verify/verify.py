"""Problem, candidate, checks, verdict: what stands behind a status, and nothing that a model thinks of itself."""

import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.confidence import Kind
from agent.engine.request import Message
from agent.failures import Failure, FailureKind
from agent.search import Behaviour, Verdict
from agent.text import counted
from agent.verify import arithmetic, behaviour, choices, heads, inputs, puzzles, reading, wanted
from agent.verify import statement as statements
from agent.verify.domain import Domain
from agent.verify.equality import comparable, comparison, equal_to, normalised, same
from agent.verify.quantity import amount, sign
from agent.verify.samples import Sample
from agent.verify.signature import Signature, signature, wants_input
from agent.verify.source import syntax_fault, without_own_tests
from tools import harness
from tools.judge import OWN_TRACE
from tools.sandbox import Ended, Outcome, Run, State
from tools.statements import fewest_tests

Checking = Generator[Run, Outcome, Verdict]
FEW_EXAMPLES = 4
HELPERS = ("import math", "from itertools import islice", "from pytest import approx")
"""What examples may use without saying where it comes from."""
TRACEBACK = "Traceback (most recent call last)"
GOT = re.compile(r"assert .*: got ", re.DOTALL)
"""How a failed comparison begins (`tools.testing`)."""
ASSERTION = re.compile(r"^(?:.*: )?AssertionError\b", re.MULTILINE)
IN_CANDIDATE = "(solution.py, line"
IMPORTS = re.compile(r"\b(?:import|from)\s+solution\b")
ENDING = b"import os\nos._exit(0)\n"
"""A program that only ends the interpreter."""
CAME_BACK = 86
IMPORTING = f"import solution\nimport os\nos._exit({CAME_BACK})\n"
OUTPUT_SHOWN = 1_200
"""Characters of a program's output that a failure quotes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the user gave. `files` are laid into the sandbox's working folder; `material` is piped text.

    `before` is the exchange that the problem follows on: each attempt continues it, so that its prefix is in the cache.
    """

    text: str
    material: str = ""
    tests: str | None = None
    check: str | None = None
    entry_point: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    id: str | int | None = None
    before: tuple[Message, ...] = ()
    changes_code: bool = False
    """Whether it wants the program that came of that exchange changed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an attempt came to. `messages` is the conversation that made it, for an attempt that continues it."""

    messages: tuple[Message, ...]
    code: str | None = None
    answer: str | None = None
    failure: Failure | None = None
    """Set where the attempt failed before it could be checked."""
    state: State | None = None
    """The interpreter that it worked in, as it left it: what continues the attempt goes on from there."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one kind of check said."""

    passed: int
    total: int
    evidence: str
    failure: Failure | None = None


class Judge:
    """Holds candidates against everything executable that the problem gives; without such checks, notes how they behave.

    The first candidate that can be called settles the inputs that all of them are observed on.
    """

    def __init__(self, problem: Problem, *, blind: bool = False) -> None:
        """`blind`: no check is looked at, as in arms that are compared with."""
        given = bool(problem.tests or problem.check)
        problem = problem if given else replace(problem, text=heads.signed(problem.text, problem.entry_point))
        self.problem = problem
        """As it is asked: with the head of a function whose parameters its examples alone show."""
        self._blind = blind
        self.statement = statements.read(problem.text, problem.entry_point)
        self.wants_code = bool(self.statement.wants_code or problem.tests or problem.check or problem.changes_code)
        # What the user says decides. Examples are read out of prose, sometimes wrongly, and some statements have wrong ones.
        self._examples = () if given else self.statement.examples
        self._samples = () if given else self.statement.samples
        self._read = reading.inputs(self._samples) if blind else ()
        """Standard inputs that programs are observed on by who is blind to the samples' outputs."""
        self.puzzle = None if self.wants_code or blind else puzzles.read_puzzle(problem.text)
        """What the answer is held against, calculated exactly."""
        self._choices = {} if self.wants_code else choices.listed(problem.text)
        self._answers: dict[str, None] = {}
        """The different answers so far, in normal form."""
        self._signs: dict[str, str] = {}
        """What each was of first: per cent, dollars, km, apples."""
        self._observed_as: Signature | None = None
        self.inputs: tuple[str, ...] = ()
        """What programs of the settled signature are observed on: it only grows."""

    @property
    def passing(self) -> Kind | None:
        """What to pass is as evidence: a few examples can be met by chance. None where there are no checks."""
        if not self.checks:
            return None
        if self.problem.tests or self.problem.check or self.puzzle:
            return "given checks"
        return "few examples" if len(self._examples) + len(self._samples) <= FEW_EXAMPLES else "many examples"

    @property
    def checks(self) -> tuple[str, ...]:
        """Each executable check in words; empty: only agreement can be had."""
        described = (
            (self.problem.tests, "the given tests"),
            (self.problem.check, f"the check command {self.problem.check!r}"),
            (self._examples, f"{counted(len(self._examples), 'example')} in the statement"),
            (self._samples, f"{counted(len(self._samples), 'sample')} in the statement"),
            (self.puzzle, self.puzzle.words if self.puzzle else ""),
        )
        return tuple(words for given, words in described if given and not self._blind)

    @property
    def named(self) -> str | None:
        """How a program has its function to be called: as the statement does, unless the tests or the check call another."""
        name, given = self.statement.entry_point, f"{self.problem.tests or ''} {self.problem.check or ''}"
        return name if given.isspace() or (name or "") in given else None

    def examine(self, candidate: Candidate) -> Checking:
        """Yields what is to be run and returns the verdict."""
        if candidate.failure:
            return Verdict("failed", failure=candidate.failure)
        if not self.wants_code:
            return (yield from self._weigh(candidate))
        if candidate.code is None:
            return Verdict("failed", failure=Failure("no code", "the reply holds no program"))
        fault = syntax_fault(candidate.code)
        if fault:
            return Verdict("failed", failure=Failure("syntax", fault))
        if not self.checks:
            return (yield from self._observe(candidate.code))
        return (yield from self._hold_against_checks(candidate.code))

    def _weigh(self, candidate: Candidate) -> Checking:
        """Holds an answer against the statement's condition, or else notes what it is, equal for equal answers."""
        if not candidate.answer:
            return Verdict("failed", failure=Failure("no answer", "the reply holds no final answer"))
        if self.puzzle:
            fault = arithmetic.fault(self.puzzle, candidate.answer)
            if fault:
                return Verdict("failed", fault[0], failure=Failure("wrong", fault[1]))
            return Verdict("passed", 1.0, (f"it is {self.puzzle.words}, calculated exactly",))
        letter = choices.chosen(candidate.answer, self._choices)
        answer = yield from self._settled(letter or amount(candidate.answer) or normalised(candidate.answer))
        said = "" if letter else sign(candidate.answer)
        if said and self._signs.setdefault(answer, said) != said:  # a bare number may be 5 % or 5 km, but these are two
            answer = f"{answer} {said}"
        self._answers[answer] = None
        return Verdict("unchecked", behaviour=(answer,))

    def _settled(self, answer: str) -> Generator[Run, Outcome, str]:
        """The earlier answer that this one equals, as a value without its name or as a formula, or itself. More may come while
        they are compared.
        """
        compared = set[str]()
        while answer not in self._answers:
            answer = next((known for known in self._answers if same(known, answer)), answer)
            others = [known for known in self._answers if known not in compared and comparable(known, answer)]
            if answer in self._answers or not others:
                break
            outcome = yield comparison(answer, others)
            answer = equal_to(outcome, others) or answer
            compared.update(others)
        return answer

    def told(self, candidate: Candidate) -> Candidate:
        """As it is judged: a program without its own tests; of several lines the one that meets the condition; the letter of
        a choice before what it stands for.
        """
        if self.wants_code and candidate.code:
            kept = self.problem.check or wanted.wants_tests(self.problem.text)
            return candidate if kept else replace(candidate, code=without_own_tests(candidate.code))
        if candidate.answer and self._choices:
            return replace(candidate, answer=choices.named(candidate.answer, self._choices))
        if self.puzzle is None or not candidate.answer:
            return candidate
        good = [line for line in candidate.answer.splitlines() if arithmetic.fault(self.puzzle, line) is None]
        return replace(candidate, answer=good[0]) if good else candidate

    def _hold_against_checks(self, code: str) -> Checking:
        passed = total = 0
        evidence: list[str] = []
        for layer in self._layers(code):
            said = yield from layer
            passed, total = passed + said.passed, total + said.total
            evidence.append(said.evidence)
            if said.failure:
                result = (said.failure.message,) if said.failure.kind == "wrong" else None
                return Verdict("failed", passed / max(1, total), tuple(evidence), said.failure, result)
        return Verdict("passed", 1.0, tuple(evidence))

    def _layers(self, code: str) -> Iterable[Generator[Run, Outcome, _Layer]]:
        """Cheap ones first: a candidate that fails one is not held against the rest."""
        files, entry = self.problem.files, self.statement.entry_point
        if self._examples:
            helpers = [line for line in HELPERS if line.split()[-1] != entry]
            source = "\n".join([*helpers, *self._examples])
            yield _by_tests(code, source, files, entry, "example", " from the statement")
        if self._samples:
            yield _by_samples(code, self._samples, files)
        if self.problem.tests:
            yield _by_tests(code, self.problem.tests, files, self.statement.called, "given test")
        if self.problem.check:
            yield _by_command(code, self.problem.check, files)

    def _observe(self, code: str) -> Checking:
        if self._samples:
            return (yield from self._observe_reading(code))
        seen_as = self._signature(code)
        if seen_as and self._observed_as is None:
            self._observed_as, self.inputs = seen_as, self._inputs(seen_as)
        alike = seen_as and self._observed_as and self._observed_as.takes == seen_as.takes
        arguments = self.inputs if alike else self._inputs(seen_as) if seen_as else ()
        outcome = yield behaviour.observation(code, seen_as, arguments, self.problem.files)
        waits = seen_as is not None and seen_as.of_class and outcome.ended == "timeout"
        untold = waits or (seen_as is None and (outcome.succeeded or wants_input(code)))
        dead = not untold and behaviour.is_dead(outcome, len(arguments), self.problem.text)
        failure = _run_failure(outcome) if dead else None
        if failure:
            return Verdict("failed", failure=failure)
        seen = behaviour.observed(code, outcome, seen_as, len(arguments))
        if seen and seen_as and not alike:  # the results of other inputs must not be taken for results of these
            seen = (f"{behaviour.OTHERWISE}: {seen_as.takes}", *seen)
        return Verdict("unchecked", behaviour=seen)

    def _observe_reading(self, code: str) -> Checking:
        seen, first = yield from reading.observed(code, self._read, self.problem.files)
        failure = None if seen else _run_failure(first)
        return Verdict("failed", failure=failure) if failure else Verdict("unchecked", behaviour=seen)

    def _signature(self, code: str) -> Signature | None:
        found = signature(code, self.statement.entry_point, self.problem.text)
        return found.asked_like(self._observed_as) if found and self._observed_as else found

    def _inputs(self, of: Signature) -> tuple[str, ...]:
        return inputs.shared(of, self.statement.examples, self._meant(of))

    def _meant(self, of: Signature) -> Domain:
        return inputs.meant(of, self.statement.examples, self.problem.text)

    def further_inputs(self, near: Sequence[str], draw: int) -> tuple[str, ...]:
        """Ones that are not known yet, for programs of the settled signature; the same for the same `draw`."""
        of = self._observed_as
        return inputs.further(of, self.inputs, near, draw, self._meant(of)) if of and near else ()

    def observe_further(self, code: str, more: tuple[str, ...]) -> Generator[Run, Outcome, Behaviour]:
        """What a program of the settled signature does on more inputs."""
        seen_as = self._signature(code)
        outcome = yield behaviour.observation(code, seen_as, more, self.problem.files)
        return behaviour.results_on(outcome, len(more))


def _by_tests(
    code: str, tests: str, files: Mapping[str, bytes], entry_point: str | None, noun: str, where: str = ""
) -> Generator[Run, Outcome, _Layer]:
    """A run that ended before all tests were tried passed none of the others."""
    outcome = yield harness.tests_run(code, tests, files=files, entry_point=entry_point)
    report = harness.summary(outcome)
    told = report.passed + report.failed
    total = told if report.whole else max(told, fewest_tests(tests))
    evidence = f"passed {report.passed} of {counted(total, noun)}{where}"
    if report.succeeded:
        return _Layer(report.passed, total, evidence)
    message = report.failures[0] if report.failures else "no test was run"
    ended = outcome.ended if report.failed <= 1 else "exit"  # how the run ended is told last
    return _Layer(report.passed, total, evidence, Failure(_tested(_kind(ended, message), message), message))


def _by_samples(code: str, samples: tuple[Sample, ...], files: Mapping[str, bytes]) -> Generator[Run, Outcome, _Layer]:
    total = len(samples)

    def said(passed: int, failure: Failure | None = None) -> _Layer:
        return _Layer(passed, total, f"passed {passed} of {counted(total, 'sample')} from the statement", failure)

    for passed, sample in enumerate(samples):
        outcome = yield Run(code, stdin=sample.stdin, files=files)
        failure = _run_failure(outcome)
        if failure is None and not sample.is_met_by(outcome.stdout):
            failure = Failure(
                "wrong",
                f"for the input {sample.stdin.strip()!r} it printed {_shown(outcome.stdout)!r}, expected {sample.stdout!r}",
            )
        if failure:
            return said(passed, failure)
    return said(total)


def _by_command(code: str, command: str, files: Mapping[str, bytes]) -> Generator[Run, Outcome, _Layer]:
    outcome = yield Run(command, language="shell", files={**files, "solution.py": code.encode()})
    if outcome.succeeded and (yield from _is_cut_short(code, command, files)):
        evidence = f"the check command {command!r} exits 0, but the program ends the interpreter that imports it"
        message = "importing solution.py ends the interpreter, so nothing of it is checked: leave out sys.exit and its like"
        return _Layer(0, 1, evidence, Failure("exception", message))
    if outcome.succeeded:
        return _Layer(1, 1, f"the check command {command!r} exits 0")
    failure = _run_failure(outcome)
    if failure and failure.kind == "exception":
        crashed = TRACEBACK in outcome.stderr and not ASSERTION.search(outcome.stderr)
        failure = replace(failure, kind="exception" if crashed else "wrong")  # a check says no by its exit status
    return _Layer(0, 1, f"the check command {command!r} fails", failure)


def _is_cut_short(code: str, command: str, files: Mapping[str, bytes]) -> Generator[Run, Outcome, bool]:
    """Whether a check that imports the program and exits 0 does so because the program ends the interpreter that imports it.

    A check that runs it as a program, or that fails for one that does nothing else, is not ended so. What a program does when
    its functions are called is not seen here: only tests have it in another process.
    """
    texts = [command, *(data.decode("utf-8", "replace") for name, data in files.items() if name.endswith(".py"))]
    if not any(map(IMPORTS.search, texts)):
        return False
    imported = yield Run(IMPORTING, files={**files, "solution.py": code.encode()})
    if not imported.succeeded:
        return False
    control = yield Run(command, language="shell", files={**files, "solution.py": ENDING})
    return control.succeeded


def _run_failure(outcome: Outcome) -> Failure | None:
    """What a run that did not succeed died of."""
    if outcome.succeeded:
        return None
    said = _shown(outcome.stderr.rpartition(OWN_TRACE)[2]) or _shown(outcome.stdout)
    kind = _kind(outcome.ended, said)
    if kind == "timeout":
        return Failure(kind, f"it was still running after {outcome.seconds:.0f} seconds")
    return Failure(kind, said or f"it ended with status {outcome.status} and said nothing")


def _kind(ended: Ended, message: str) -> FailureKind:
    if ended in ("timeout", "memory", "output"):
        return ended
    if "MemoryError" in message:
        return "memory"
    return "exception"


def _tested(kind: FailureKind, message: str) -> FailureKind:
    """A test that fails by what came out has found it wrong; the candidate's own crash, or assertion, stays an exception."""
    compared = GOT.match(message) or ASSERTION.search(message)
    return "wrong" if kind == "exception" and compared and IN_CANDIDATE not in message else kind


def _shown(text: str) -> str:
    text = text.strip()
    return text if len(text) <= OUTPUT_SHOWN else "…" + text[-OUTPUT_SHOWN:]
