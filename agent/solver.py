"""The loop: choose, drive, judge, tell, until an answer is proved or the budget is spent.

`Solver` is one problem's search. `solve` moves many of them forward over one driver, so that the model is never idle.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from threading import Event as Flag

from agent import attempts, events, material, strategies
from agent.best import Best, best
from agent.config import version
from agent.distinguish import MOST_ROUNDS, Distinguisher
from agent.driver import Clock, Driver, Job, Life
from agent.engine.request import Branch, Message, Sampling
from agent.events import Result, Seconds, Sink
from agent.failures import Failure, goes_round, is_lost, size_of
from agent.moves import DeadEnds
from agent.policy import default_policy
from agent.search import Action, Budget, Node, Policy, Tree, Verdict
from agent.spending import Spending
from agent.verify.source import same_program
from agent.verify.verify import Candidate, Judge, Problem
from tools.sandbox import Outcome, Run

LONGEST_REPLY = 1024
"""Tokens of one reply, and at most a quarter of the context."""


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
        emit: Sink = lambda event: None,
        policy_of: Callable[[Judge], Policy] = default_policy,
        blind: bool = False,
        thorough: bool = False,
        rounds: int = MOST_ROUNDS,
        clock: Clock = time.monotonic,
    ) -> None:
        """Raises `UsageError` when the problem does not fit the model's context.

        `policy_of`: the policy, by what there is to judge by. `blind`: the checks are not looked at. `thorough`: agreement
        alone ends nothing, so that the whole budget votes. `rounds`: of further inputs, on which programs that agree are held
        against one another.
        """
        self.problem = material.with_material(problem)
        self._reply_tokens = max(1, min(LONGEST_REPLY, driver.engine.context // 4))
        self.judge = Judge(self.problem, blind=blind)
        stub = self.judge.statement.stub
        self._statement, clipped = material.fitted(self.judge.problem, stub, driver.engine, self._reply_tokens)
        self.tree, self.budget = Tree(f"{seed} {problem.text!r}", size_of(driver.engine.name)), budget
        self._driver, self._seed, self._width, self.run, self._emit = driver, seed, width, run, emit
        self._policy = policy_of(self.judge)
        self._lead = math.inf if thorough else budget.lead
        self._jobs: dict[Node, Job] = {}
        self._candidates: dict[Node, Candidate] = {}
        self._judging: set[Node] = set()
        self._forms: dict[str, Node] = {}
        """The first attempt of each program, by normal form."""
        self._dead_ends = DeadEnds()
        self._distinguisher = Distinguisher(self.judge, rounds)
        self._spending = Spending(budget, emit, clock, driver.engine.interrupt)
        self._exhausted = False
        self._best = Best(None, "failed", (), "nothing")
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
        for notice in (*strategies.faults(), *([clipped] if clipped else [])):
            self._emit(events.Notice(notice))

    # What `solve` asks.

    def open_more(self) -> None:
        """Fills the free branches with what the policy chooses, within the budget to the token.

        Tokens that are spent end the thinking; what is in the sandbox by then is still judged, for that costs none.
        """
        self.budget.elapsed = self._spending.elapsed
        if self.proved:
            return
        if not self.budget.spent:
            self._open_chosen()
        self._share_tokens(sorted(self._driver.thinking(self), key=lambda job: not job.node.wanted))

    def _share_tokens(self, thinking: list[Job]) -> None:
        """What the next step may spend; a reply for which no token is left is judged by what it holds."""
        left = self.budget.tokens_left
        for job in thinking[left:]:
            if job.reply:
                self._driver.end(job, "length")
            else:
                self.kill(job.node, "the tokens left do not reach for all branches")
        for job in thinking[:left]:
            if job.branch:
                job.branch.stride = left // min(left, len(thinking))

    def _open_chosen(self) -> None:
        branches = self._width + min(self._width, self._driver.waiting(self))
        free = min(branches - len(self._jobs), self.budget.attempts_left, self._within_reach())
        actions, self.wanted = self.wanted, []
        if free > 0 and not actions and not any(node.wanted for node in self._jobs):
            actions = self._policy(self.tree, free)
        for action in actions:
            self._open(action)
        self._exhausted = not self._jobs and not actions

    def _within_reach(self) -> int:
        """How many attempts of usual length the tokens left pay for, beside what the live ones still need. One always may
        try: so the first has the whole budget to itself where that is small, as it would have alone.
        """
        over = [node.generated for node in self.tree.attempts if not node.live]
        usual = max(1.0, sum(over) / len(over)) if over else float(self._reply_tokens)
        needed = sum(max(0.0, usual - job.node.generated) for job in self._driver.thinking(self))
        return max(0 if self._jobs else min(1, self.budget.tokens_left), int((self.budget.tokens_left - needed) / usual))

    @property
    def proved(self) -> bool:
        """Whether the best answer has what a search may end with before its budget is spent, or there can be none."""
        found = self._best
        return found.lead >= (self._lead if found.status == "agreed" else math.inf)

    @property
    def over(self) -> bool:
        self.budget.elapsed = self._spending.elapsed
        late = self.budget.elapsed >= self.budget.seconds
        return self.proved or late or self._exhausted or (self.budget.tokens_left == 0 and not self._jobs)

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
        self._spending.tell(now=True)  # whoever keeps its time hears how long it stood still

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
        self._reconsider()
        ended = "interrupted" if interrupted else self.budget.spent or "no attempts are left"
        found = "an answer is found" if self._best.node else "there is no answer to be found"
        why = found if self.proved else ended
        for node in list(self._jobs):
            self.kill(node, why)
        self._spending.tell(now=True)
        result = self.result(interrupted=interrupted and not self.proved)
        self._emit(events.Finished(result))
        return result

    # What attempts report, through the driver.

    def heard(self, job: Job, branch: Branch, seconds: float) -> None:
        """A step is done: the budget is charged before anything is read."""
        self.budget.generated += branch.generated - job.charged
        job.node.generated += branch.generated - job.charged
        job.charged = branch.generated
        self._spending.model += seconds
        self._spending.tell_reading(job.node.number, branch)
        if len(job.reply) > job.streamed:
            self._emit(events.Streamed(job.node.number, job.reply[job.streamed :]))
            job.streamed = len(job.reply)
        self._spending.tell()
        if branch.finish is None:
            self._end_early(job, branch)

    def _end_early(self, job: Job, branch: Branch) -> None:
        """Where more tokens would be for nothing: the reply is whole, goes round in circles, or is no more than guessed."""
        entry_point = self.judge.statement.entry_point
        if attempts.is_whole(strategies.of(job.node), job.reply, entry_point, job.asked, job.begun):
            self._driver.end(job, "stop")
        elif goes_round(branch.text):
            self._driver.end(job, "cancelled")
        elif is_lost(branch):
            self._driver.end(job, "unsure")

    def thought(self, job: Job, branch: Branch) -> None:
        self._spending.tell_reading(job.node.number, branch)
        self._spending.read(branch)
        self._emit(events.Thought(job.node.number, job.ended or branch.finish or "cancelled", branch.generated))

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
        self._reconsider()
        self.budget.fit(self.budget.generated / max(1e-6, self._spending.elapsed))
        self._emit(
            events.Judged(
                node=job.node.number,
                ruling=verdict.ruling,
                score=verdict.score,
                evidence=verdict.evidence,
                failure=verdict.failure.message if verdict.failure else None,
                answer=candidate.answer or candidate.code,
                best=self._best.node.number if self._best.node else 0,
            )
        )

    def close(self, job: Job, why: str) -> None:
        del self._jobs[job.node]
        written = (Message("assistant", job.reply),) if job.reply else ()
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
        candidate = self.judge.told((yield from attempts.attempt(strategies.of(node), self._task(node))))
        self._judging.add(node)
        verdict = self._repetition(node, candidate) or (yield from self.judge.examine(candidate))
        return candidate, (yield from self._distinguisher.settle(node, candidate.code, verdict))

    def _task(self, node: Node) -> attempts.Task:
        sampling = Sampling(
            temperature=node.temperature,
            seed=(self._seed * 1_000_003 + node.number) % 2**32,
            max_tokens=max(1, min(self._reply_tokens, self.budget.tokens_left)),
        )
        statement = self.judge.statement
        previous = None
        before = self._candidates.get(node.parent) if node.parent else None
        if node.parent and before and (node.parent.failure or node.hint):
            previous = attempts.Previous(before.messages, node.parent.failure)
        return attempts.Task(
            self._statement,
            sampling,
            entry_point=statement.entry_point,
            prelude=statement.prelude,
            stub=statement.stub,
            files=self.problem.files,
            before=self.problem.before,
            previous=previous,
            hint=node.hint,
            state=(before.state if before else None) or attempts.EMPTY,
            puzzle=self.judge.puzzle,
            dead_ends=self._dead_ends,
            named=self.judge.named,
        )

    def _repetition(self, node: Node, candidate: Candidate) -> Verdict | None:
        """The verdict that an equal program already has; where only agreement counts, its behaviour is a vote again."""
        if candidate.code is None or candidate.failure or not self.judge.wants_code:
            return None
        first = self._forms.setdefault(same_program(candidate.code), node)
        if first.verdict is None or first.verdict.ruling != "failed":
            return first.verdict
        return replace(first.verdict, failure=Failure("repetition", f"the same program as attempt {first.number}"), evidence=())

    # What it comes to.

    @property
    def answered(self) -> bool:
        return self._best.node is not None

    @property
    def exchange(self) -> tuple[Message, ...]:
        """What a follow-up continues: the conversation that led to the best attempt, or, without one, to the problem."""
        node = self._best.node
        return self._candidates[node].messages if node else attempts.put(self.problem.before, self._statement)

    def _reconsider(self) -> None:
        """After each verdict, for it is asked for in every step."""
        answered = [node for node, candidate in self._candidates.items() if candidate.answer or candidate.code]
        self._best = best(self.tree.judged, answered, passing=self.judge.passing, leading=self._best.node)

    def result(self, *, interrupted: bool = False) -> Result:
        """What the search has come to by now; with what is under way given up."""
        found = self._best
        candidate = self._candidates[found.node] if found.node else None
        spending, budget = self._spending, self.budget
        return Result(
            id=self.problem.id,
            status="interrupted" if interrupted else found.status,
            answer=(candidate.answer or candidate.code) if candidate else None,
            code=candidate.code if candidate else None,
            confidence=found.confidence,
            evidence=found.said,
            strategy=found.node.strategy if found.node else None,
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
            driver.collect()
            for solver in live:
                steer(solver)
                solver.open_more()
            if not any(solver.proved for solver in live):  # whose other branches would spend tokens for nothing
                driver.step()
            stopped = stop is not None and stop.is_set()
            for solver in [solver for solver in live if stopped or solver.over]:
                live.remove(solver)
                yield solver.finish(interrupted=stopped)
    finally:
        for solver in live:
            solver.abandon()
