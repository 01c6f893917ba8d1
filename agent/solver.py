"""The loop: choose, drive, judge, tell, until an answer is proved or the budget is spent.

`Solver` is one problem's search. `solve` moves many of them forward over one driver, so that the model is never idle.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from threading import Event as Flag

from agent import events, strategies
from agent.config import version
from agent.driver import Clock, Driver, Job, Life
from agent.engine.request import Branch, Message, Sampling
from agent.events import Result, Seconds, Sink, Status
from agent.search import ANSWERS, MEASURED, PROGRAMS, Action, Budget, Failure, Node, Policy, Tree, Verdict, ladder
from agent.spending import Spending
from agent.verify import Agreement, Candidate, Judge, Problem, agreement, confidence, same_program
from prompts import StrategyPrompt
from tools.sandbox import Outcome, Run

LONGEST_REPLY = 1024
"""Tokens of one reply, and at most a quarter of the context."""
OWN = 0.6
"""Temperature of the user's own strategies."""


def _unheard(event: events.Event) -> None:
    """The sink of a solve that nobody watches."""


class Solver:
    """One problem's search. `open_more` and `over` are asked by `solve`; the rest is what its attempts report."""

    def __init__(
        self,
        problem: Problem,
        driver: Driver,
        *,
        budget: Budget,
        seed: int,
        width: int,
        run: str | None = None,
        emit: Sink = _unheard,
        policy: Policy | None = None,
        blind: bool = False,
        clock: Clock = time.monotonic,
    ) -> None:
        """Raises `UsageError` when the problem does not fit the model's context. `blind`: the checks are not looked at."""
        self.problem = strategies.with_material(problem)
        self._reply_tokens = max(1, min(LONGEST_REPLY, driver.engine.context // 4))
        self._statement, clipped = strategies.fitted(self.problem, driver.engine, self._reply_tokens)
        self.judge = Judge(self.problem, blind=blind)
        self.tree, self.budget = Tree(), budget
        self._driver, self._seed, self._width, self.run, self._emit = driver, seed, width, run, emit
        self._policy = policy or default_policy(self.judge)
        self._jobs: dict[Node, Job] = {}
        self._candidates: dict[Node, Candidate] = {}
        self._judging: set[Node] = set()
        self._forms: dict[str, Node] = {}
        """The first attempt of each program, by normal form."""
        self._spending = Spending(budget, emit, clock, driver.engine.interrupt)
        self._exhausted = False
        self.wanted: list[Action] = []
        """What the user asked for: opened before what the policy chooses."""
        self._announce(clipped)

    def _announce(self, clipped: str | None) -> None:
        engine, budget = self._driver.engine, self.budget
        self._emit(
            events.Started(
                run=self.run or "",
                problem=self.problem.text,
                model=engine.name,
                device=engine.device,
                sandbox=self._driver.sandbox.name,
                seed=self._seed,
                version=version(),
                checks=self.judge.checks,
                budget_seconds=budget.seconds,
                budget_tokens=budget.tokens,
                budget_attempts=budget.attempts,
            )
        )
        if clipped:
            self._emit(events.Notice(clipped))

    # What `solve` asks.

    def open_more(self) -> None:
        """Fills the free branches with what the policy chooses, within the budget to the token."""
        self.budget.elapsed = self._spending.elapsed
        if self.proved or self.budget.spent:
            return
        thinking = self._driver.thinking(self)
        free = min(self._width - len(self._jobs), self.budget.attempts_left, self.budget.tokens_left - len(thinking))
        actions, self.wanted = self.wanted, []
        if free > 0 and not actions and not any(node.wanted for node in self._jobs):
            actions = self._policy(self.tree, free)
        for action in actions:
            self._open(action)
        self._exhausted = not self._jobs and not actions
        thinking = sorted(self._driver.thinking(self), key=lambda job: not job.node.wanted)
        for job in thinking[self.budget.tokens_left :]:
            self.kill(job.node, "the tokens left do not reach for all branches")

    @property
    def proved(self) -> bool:
        return self._passed is not None or (not self.judge.checks and (self._agreement is not None and self._agreement.reached))

    @property
    def over(self) -> bool:
        self.budget.elapsed = self._spending.elapsed
        return self.proved or self.budget.spent is not None or self._exhausted

    def choices(self) -> list[Action]:
        """What the policy would open now if every branch were free."""
        return self._policy(self.tree, self._width)

    def kill(self, node: Node, why: str) -> None:
        """Gives up a live attempt; what it wrote so far can be continued."""
        job = self._jobs[node]
        self._driver.drop(job)
        self.close(job, why)

    def hold(self) -> None:
        """Stops the clock until `resume`."""
        self._spending.hold()

    def resume(self) -> None:
        """Goes on after `hold`, also after `finish`, with what the budget now is."""
        self._exhausted = False
        self._spending.resume()

    def tell(self, text: str) -> None:
        self._emit(events.Notice(text))

    def abandon(self) -> None:
        """Lets go of engine and sandbox without a result, so that the next problem finds them free."""
        self._spending.hold()
        for job in self._jobs.values():
            self._driver.drop(job)

    def finish(self, *, interrupted: bool = False) -> Result:
        """Ends what is still under way and says what the search came to."""
        self._spending.hold()
        why = (
            "an answer is found"
            if self.proved
            else "interrupted"
            if interrupted
            else self.budget.spent or "no attempts are left"
        )
        for node in list(self._jobs):
            self.kill(node, why)
        self._spending.tell(now=True)
        result = self._result(interrupted and not self.proved)
        self._emit(events.Finished(result))
        return result

    # What attempts report, through the driver.

    def heard(self, job: Job, branch: Branch, seconds: float) -> None:
        """A step is done: the budget is charged before anything is read."""
        self.budget.generated += branch.generated - job.charged
        job.charged = branch.generated
        self._spending.model += seconds
        self._spending.tell_reading(job.node.number, branch)
        if len(branch.text) > job.streamed:
            self._emit(events.Streamed(job.node.number, branch.text[job.streamed :]))
            job.streamed = len(branch.text)
        self._spending.tell()

    def thought(self, job: Job, branch: Branch) -> None:
        self._spending.tell_reading(job.node.number, branch)
        self._spending.read(branch)
        self._emit(events.Thought(job.node.number, branch.finish or "cancelled", branch.generated))

    def running(self, job: Job, run: Run) -> None:
        self._emit(
            events.Running(job.node.number, "check" if job.node in self._judging else "explore", run.solution or run.code)
        )

    def ran(self, job: Job, outcome: Outcome) -> None:
        self._spending.sandbox += outcome.seconds
        output = outcome.stdout + outcome.stderr
        self._emit(events.Ran(job.node.number, outcome.ended, outcome.status, output, outcome.seconds))

    def settle(self, job: Job, candidate: Candidate, verdict: Verdict) -> None:
        del self._jobs[job.node]
        self._candidates[job.node] = candidate
        self.tree.tell(job.node, verdict)
        self._emit(
            events.Judged(
                node=job.node.number,
                ruling=verdict.ruling,
                score=verdict.score,
                evidence=verdict.evidence,
                failure=verdict.failure.message if verdict.failure else None,
                answer=candidate.answer or candidate.code,
            )
        )

    def close(self, job: Job, why: str) -> None:
        del self._jobs[job.node]
        written = (Message("assistant", job.branch.text),) if job.branch and job.branch.text else ()
        self._candidates[job.node] = Candidate((*job.asked, *written))
        self.tree.close(job.node, why)
        self._emit(events.Closed(job.node.number, why))

    # One attempt.

    def _open(self, action: Action) -> None:
        number = len(self.tree.attempts) + 1
        if self.tree.is_backtrack(action):
            place = f"attempt {action.parent.number}" if action.parent.number else "the problem itself"
            self._emit(events.Moved("backtrack", number, place))
        if self.tree.is_switch(action):
            self._emit(events.Moved("switch", number, action.strategy))
        node = self.tree.open(action)
        self.budget.opened += 1
        self._emit(events.Opened(number, action.parent.number, action.strategy, action.why))
        self._jobs[node] = job = Job(self, node, self._life(node))
        self._driver.start(job)

    def _life(self, node: Node) -> Life:
        candidate = yield from strategies.attempt(self._strategy(node), self._task(node))
        self._judging.add(node)
        verdict = self._repetition(node, candidate) or (yield from self.judge.examine(candidate))
        return candidate, verdict

    def _strategy(self, node: Node) -> StrategyPrompt:
        """A deepening strategy gives what the attempt that it continues gives."""
        strategy = strategies.find(node.strategy)
        if strategy.deepens and node.parent is not None and node.parent.parent is not None:
            return replace(strategy, gives=self._strategy(node.parent).gives)
        return strategy

    def _task(self, node: Node) -> strategies.Task:
        sampling = Sampling(
            temperature=node.temperature,
            seed=(self._seed * 1_000_003 + node.number) % 2**32,
            max_tokens=self._reply_tokens,
        )
        statement = self.judge.statement
        previous = None
        before = self._candidates.get(node.parent) if node.parent else None
        if node.parent and before and (node.parent.failure or node.hint):
            previous = strategies.Previous(before.messages, node.parent.failure)
        return strategies.Task(
            self._statement,
            sampling,
            statement.entry_point,
            statement.prelude,
            self.problem.files,
            self.problem.before,
            previous,
            node.hint,
        )

    def _repetition(self, node: Node, candidate: Candidate) -> Verdict | None:
        """The verdict that an equal program already has; where only agreement counts, its behaviour is a vote again."""
        if candidate.code is None or candidate.failure or not self.judge.wants_code:
            return None
        first = self._forms.setdefault(same_program(candidate.code), node)
        if first.verdict is None or first.verdict.behaviour is not None:
            return first.verdict
        message = f"the same program as attempt {first.number}"
        return Verdict("failed", first.verdict.score, failure=Failure("repetition", message))

    # What it comes to.

    @property
    def exchange(self) -> tuple[Message, ...]:
        """The conversation that led to the best attempt: what a follow-up continues. Empty without a candidate."""
        best, _, _ = self._best()
        return self._candidates[best].messages if best else ()

    @property
    def _passed(self) -> Node | None:
        return next((node for node in self.tree.judged if node.verdict and node.verdict.ruling == "passed"), None)

    @property
    def _agreement(self) -> Agreement | None:
        return agreement(self.tree.judged)

    def _result(self, interrupted: bool) -> Result:
        best, status, evidence = self._best()
        candidate = self._candidates[best] if best else None
        spending, budget = self._spending, self.budget
        return Result(
            id=self.problem.id,
            status="interrupted" if interrupted else status,
            answer=(candidate.answer or candidate.code) if candidate else None,
            code=candidate.code if candidate else None,
            confidence=confidence(status, best.verdict if best else None, self._agreement),
            evidence=evidence,
            strategy=best.strategy if best else None,
            attempts=budget.opened,
            switches=self.tree.switches,
            backtracks=self.tree.backtracks,
            tokens=spending.tokens,
            seconds=Seconds(round(spending.elapsed, 3), round(spending.model, 3), round(spending.sandbox, 3)),
            model=self._driver.engine.name,
            sandbox=self._driver.sandbox.name,
            seed=self._seed,
            run=self.run,
        )

    def _best(self) -> tuple[Node | None, Status, tuple[str, ...]]:
        """The best attempt, and what may be said of it: never more than its evidence bears."""
        passed, agreed = self._passed, self._agreement
        if passed is not None and passed.verdict:
            return passed, "verified", passed.verdict.evidence
        if agreed is not None:
            leader = next(node for node in self.tree.judged if node.verdict and node.verdict.behaviour == agreed.behaviour)
            reached = agreed.reached and not self.judge.checks
            return leader, "agreed" if reached else "unverified", (agreed.evidence,)
        guesses = [node for node in self.tree.judged if self._candidates[node].answer or self._candidates[node].code]
        if not guesses:
            return None, "failed", ()
        best = max(guesses, key=lambda node: (node.verdict.score if node.verdict else 0.0, -node.number))
        shown = best.verdict.evidence if best.verdict else ()
        failure = (best.failure.message.strip().splitlines() or [""])[-1] if best.failure else ""
        return best, "unverified", (*shown, *([failure] if failure else []))


def solve(
    solvers: Iterable[Solver],
    driver: Driver,
    *,
    side_by_side: int = 1,
    stop: Flag | None = None,
    steer: Callable[[Solver], None] = lambda solver: None,
) -> Iterator[Result]:
    """Moves up to `side_by_side` problems forward together and yields each result as it is reached, in order of their ends.

    `steer` is called for each between two steps (`agent.steering`): it may wait, give up attempts and ask for others.
    """
    coming, live, stopped = iter(solvers), list[Solver](), False
    try:
        while True:
            live.extend(islice(coming, 0 if stopped else side_by_side - len(live)))
            if not live:
                return
            for solver in live:
                steer(solver)
                solver.open_more()
            driver.step()
            stopped = stop is not None and stop.is_set()
            for solver in [solver for solver in live if stopped or solver.over]:
                live.remove(solver)
                yield solver.finish(interrupted=stopped)
    finally:
        for solver in live:
            solver.abandon()


def default_policy(judge: Judge) -> Policy:
    """One program at first where execution will judge it; several attempts at once where only their agreement can.

    The user's own strategies come last in each round.
    """
    if not judge.wants_code:
        own = tuple((name, OWN) for name in strategies.own("answer"))
        return ladder((*(MEASURED if judge.problem.files else ANSWERS), *own), opening=2)
    own = tuple((name, OWN) for name in strategies.own("code"))
    return ladder((*PROGRAMS, *own), opening=1 if judge.checks else 3)
