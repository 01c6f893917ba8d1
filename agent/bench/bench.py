"""Solves a suite whose answers are hidden from the solver, scores it in the sandbox, and compares ways of searching."""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agent import models, records, strategies
from agent.bench import arms, curve, scoring, standings
from agent.bench.journal import Identity, Journal, Part
from agent.bench.summary import Scored, compared, summary
from agent.bench.trials import NEVER, BudgetOf, MarksOf, Trial, multiplied
from agent.config import Settings, version
from agent.errors import UsageError
from agent.events import Notice
from agent.machine import Interrupt, Machine, budget_of, opened, require_branches, seed_of, wanted_model
from agent.records import BadLine, Id, Record
from agent.text import counted, one_line
from agent.view.batch_view import BatchView

HERE = Path(__file__).resolve().parents[2]
"""The folder that holds this program: a checkout's top, if it is one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare on which problems. `multiples`: budgets in multiples of greedy's tokens; empty: the settings' budget."""

    suite: Path
    arms: tuple[str, ...] = ("ponder",)
    multiples: tuple[float, ...] = ()
    limit: int | None = None
    shuffle: int | None = None
    keep: Path | None = None
    plot: Path | None = None
    parallel: int = 8

    @property
    def runs(self) -> list[list["Cell"]]:
        """In their order. The cells of one arm are read off one run, with the greatest multiple as its budget."""
        names = list(dict.fromkeys(self.arms))
        if not self.multiples:
            return [[Cell(name)] for name in names]
        others = ([one for one in (cell(name, multiple) for multiple in self.multiples) if one != BASELINE] for name in names)
        return [[BASELINE], *(cells for cells in others if cells)]

    @property
    def cells(self) -> list["Cell"]:
        return [cell for cells in self.runs for cell in cells]


@dataclass(frozen=True, slots=True)
class Cell:
    """One arm with one budget, over the whole suite. `multiple` None: the settings' budget."""

    arm: str
    multiple: float | None = None

    @property
    def name(self) -> str:
        return self.arm if self.multiple is None else f"{self.arm}-x{self.multiple:g}"


BASELINE = Cell("greedy", 1)
"""What the multiples are multiples of, without a time budget."""
Scores = dict[Cell, list[Scored]]


def cell(arm: str, multiple: float | None) -> Cell:
    """Greedy needs no more tokens than it needs: from 1 on it is the baseline. At 1 so are the arms that begin with its
    attempt: made again, it may be a token longer and past the mark.
    """
    begins_so = multiple == 1 and arm in arms.GREEDY_FIRST
    enough = multiple is not None and multiple >= 1 and arm == BASELINE.arm
    return BASELINE if begins_so or enough else Cell(arm, multiple)


def run(settings: Settings, plan: Plan) -> dict[str, Any]:
    """The report as the contract writes it, with `interrupted`; its tables go to standard error.

    Raises `UsageError` for a plan that cannot be run, before anything is.
    """
    arms.find(plan.arms)
    require_branches(settings, plan.parallel)
    if plan.plot:
        curve.require(plan.plot)
        records.require_writable(plan.plot)
    whole, journal = load_suite(plan.suite), Journal(plan.keep)
    settings, identity = settled(settings, whole, journal.begun() or {}, plan.parallel)
    journal.begin(identity)
    suite, interrupt = picked(whole, plan.limit, plan.shuffle), Interrupt()
    with BatchView(settings.view, len(plan.cells) * len(suite), sys.stderr) as view, ExitStack() as stack:
        for fault in strategies.faults():
            view(Notice(fault))
        scores = _Room(settings, plan, suite, journal, view, interrupt, stack).scores()
    report = {**_report(plan, identity, scores), "interrupted": interrupt.flag.is_set()}
    standings.show(report, sys.stderr)
    return report


def plot(report: Mapping[str, Any], path: Path) -> None:
    """The report's curve in that file. Raises `MachineError` where it cannot be written."""
    records.write_whole(path, curve.draw(report, path.suffix))


def load_suite(path: Path) -> list[Record]:
    """The suite's records in order. Raises `UsageError` at its first bad line."""
    records.require_file(path, "a suite")
    suite: list[Record] = []
    for line in records.read(path):
        if isinstance(line, BadLine):
            raise UsageError(f"{path}, {line.why}")
        if fault := scoring.fault(line):
            raise UsageError(f"{path}: {line.problem.id!r} {fault}")
        suite.append(line)
    if not suite:
        raise UsageError(f"{path}: no problems in it")
    return suite


def picked(suite: Sequence[Record], limit: int | None, shuffle: int | None) -> list[Record]:
    """The first ones, in a seeded order if wanted."""
    order = list(suite)
    if shuffle is not None:
        random.Random(shuffle).shuffle(order)
    return order[:limit]


def settled(settings: Settings, suite: Sequence[Record], begun: Mapping[str, Any], parallel: int) -> tuple[Settings, Identity]:
    """The settings with model and seed as they will be, and what the records depend on.

    What is left open is as the journal was `begun`: `auto` chooses by the memory that is free just now.
    """
    goes_on = settings.model == "auto" and begun.get("model") in [model.name for model in models.catalogue()]
    wanted = wanted_model(begun["model"] if goes_on else settings.model)
    seed = begun.get("seed", seed_of(settings)) if settings.seed is None else settings.seed
    settings = settings.model_copy(update={"seed": seed, "model": str(wanted) if isinstance(wanted, Path) else wanted.name})
    identity = Identity(
        suite=digest(suite),
        model=wanted.stem if isinstance(wanted, Path) else wanted.name,
        seed=seed,
        commit=_commit(),
        seconds=settings.budget.seconds,
        tokens=settings.budget.tokens,
        attempts=settings.budget.attempts,
        lead=settings.budget.lead,
        width=settings.width,
        weights=models.sha256(wanted) if isinstance(wanted, Path) else wanted.sha256,
        wordings=strategies.digest(),
        by_speed=budget_of(settings).by_speed,
        parallel=parallel,
        sandbox=settings.sandbox,
        gpu_layers=str(settings.gpu_layers),
    )
    return settings, identity


def digest(suite: Sequence[Record]) -> str:
    """SHA-256 of all that the records say, the content of their files included."""
    whole = hashlib.sha256()
    for record in suite:
        problem = record.problem
        files = {name: hashlib.sha256(content).hexdigest() for name, content in problem.files.items()}
        said = [problem.id, problem.text, problem.tests, problem.check, problem.entry_point, files, record.hidden]
        whole.update(json.dumps(said, sort_keys=True).encode() + b"\n")
    return whole.hexdigest()


def _commit() -> str:
    """The checkout's commit, with `-dirty` and a digest of the changes where there are any; the version where there is no
    checkout, or one of something else: ponder may be installed within another project's.
    """
    try:
        if Path(os.fsdecode(_git("rev-parse", "--show-toplevel").removesuffix(b"\n"))) != HERE:
            return version()
        commit = _git("describe", "--always", "--exclude=*", "--abbrev=12", "--dirty").decode().strip()
        return f"{commit}-{hashlib.sha256(_git('diff', 'HEAD')).hexdigest()[:8]}" if commit.endswith("-dirty") else commit
    except (OSError, subprocess.CalledProcessError):
        return version()


def _git(*asked: str) -> bytes:
    """What git says of the checkout that this program runs from."""
    return subprocess.run(["git", "-C", str(HERE), *asked], capture_output=True, check=True).stdout


class _Room:
    """Tries what the journal lacks. Engine and sandbox are opened when the first missing result asks for them."""

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        suite: Sequence[Record],
        journal: Journal,
        view: BatchView,
        interrupt: Interrupt,
        stack: ExitStack,
    ) -> None:
        self._settings, self._plan, self._journal = settings, plan, journal
        self._suite = {record.problem.id: record for record in suite}
        self._view, self._interrupt, self._stack = view, interrupt, stack
        self._machine: Machine | None = None
        self._greedy: dict[Id, int] = {}
        """Tokens that greedy needed, by problem."""

    def scores(self) -> Scores:
        """Of every cell, each in the suite's order; fewer where an interrupt came."""
        found: Scores = {}
        for cells in self._plan.runs:
            with ExitStack() as opened_parts:
                parts = {cell: opened_parts.enter_context(self._journal.part(cell.name)) for cell in cells}
                scored = self._scored(parts)
            found |= {cell: [scored[cell][name] for name in self._suite if name in scored[cell]] for cell in cells}
            if cells == [BASELINE]:
                self._greedy = {one.id: one.generated for one in found[BASELINE]}
                self._tell_of_none()
        return found

    def _tell_of_none(self) -> None:
        """Greedy generates nothing where the prompt does not fit, and nobody is measured by a multiple of that."""
        if none := [str(name) for name, tokens in self._greedy.items() if not tokens]:
            where = f"{counted(len(none), 'problem')} ({one_line(', '.join(none))})"
            self._view(Notice(f"greedy generated no token at {where}: there each arm has 1 token at every multiple"))

    def _scored(self, parts: Mapping[Cell, Part]) -> dict[Cell, dict[Id, Scored]]:
        """Of the cells of one run, by problem. What one of them lacks is tried again; what others have of it stands."""
        scored = {cell: self._kept(part) for cell, part in parts.items()}
        missing = [name for name in self._suite if any(name not in known for known in scored.values())]
        if missing and not self._interrupt.flag.is_set():
            budget, marks = self._budget(list(parts))
            tried = self._trial(next(iter(parts)).arm).run([self._suite[name] for name in missing], budget, marks)
            for records_of in tried:
                spent = max(record["tokens"]["generated"] for record in records_of)
                for (cell, part), record in zip(parts.items(), records_of, strict=True):
                    if record["id"] not in scored[cell]:
                        part.add(record)
                        self._view.advance(_mark(record["right"]), record | {"arm": cell.name}, spent)
                        scored[cell][record["id"]], spent = Scored.of(record), 0
        return scored

    def _kept(self, part: Part) -> dict[Id, Scored]:
        """What the journal has of the suite's problems."""
        if part.torn:
            self._view(Notice(part.torn))
        done = {record["id"]: Scored.of(record) for record in part.records if record["id"] in self._suite}
        for one in done.values():
            self._view.advance(_mark(one.right))
        return done

    def _trial(self, name: str) -> Trial:
        """Where tokens are the budget, a problem is one branch, others beside it: what is cut off at the end is tokens lost."""
        width, parallel = self._settings.width, self._plan.parallel
        if self._machine is None:
            self._machine = self._stack.enter_context(
                opened(self._settings, self._view, self._interrupt, width=width * parallel)
            )
            self._stack.enter_context(self._interrupt.heeded())
            if lacking := scoring.lacking(self._machine.sandbox, self._suite.values()):
                needs = f"hidden tests or graders import {', '.join(lacking)}, which the sandbox lacks"
                self._view(Notice(f"{needs}: where they do, every answer counts as wrong"))
        shape = (1, width * parallel) if self._plan.multiples else (width, parallel)
        arm = arms.find([name])[name]
        return Trial(arm, self._machine.driver, seed_of(self._settings), *shape, self._interrupt.flag)

    def _budget(self, cells: Sequence[Cell]) -> tuple[BudgetOf, MarksOf | None]:
        """Of one run: what it may spend on a problem, and where the cells are read off it."""
        given = budget_of(self._settings)
        if cells == [BASELINE]:
            return lambda problem: replace(given, seconds=NEVER), None
        multiples = [cell.multiple for cell in cells if cell.multiple is not None]
        return multiplied(self._greedy, multiples) if multiples else (lambda problem: replace(given), None)


def _mark(right: bool) -> str:
    return "right" if right else "wrong"


def _report(plan: Plan, identity: Identity, scores: Scores) -> dict[str, Any]:
    summaries = {cell: summary(found) for cell, found in scores.items()}

    def of(name: str) -> dict[str, Any]:
        if not plan.multiples:
            return summaries[Cell(name)]
        return {f"{multiple:g}": summaries[cell(name, multiple)] for multiple in plan.multiples}

    return {
        "suite": plan.suite.stem,
        "model": identity.model,
        "commit": identity.commit,
        "seed": identity.seed,
        "arms": {name: of(name) for name in plan.arms},
        **({"baseline": summaries[BASELINE]} if plan.multiples else {}),
        "comparisons": list(_comparisons(plan, scores)),
    }


def _comparisons(plan: Plan, scores: Scores) -> Iterator[dict[str, Any]]:
    """Ours, or else the first arm, against each other at the same budget, and against what the budgets are made of."""
    first = "ponder" if "ponder" in plan.arms else plan.arms[0]
    for second in dict.fromkeys(plan.arms + ((BASELINE.arm,) if plan.multiples else ())):
        for multiple in plan.multiples or (None,):
            ours, theirs = cell(first, multiple), cell(second, multiple)
            if ours != theirs and scores.get(ours) and scores.get(theirs):
                budget = {} if multiple is None else {"multiple": f"{multiple:g}"}
                yield {"arms": [first, second], **budget, **compared(scores[ours], scores[theirs])}
