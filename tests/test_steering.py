"""Orders to a search under way, over a scripted engine: what is given up, continued, hinted, gone back to, prolonged."""

from collections.abc import Callable

import pytest

from agent import events
from agent.driver import Driver
from agent.engine.request import Message
from agent.events import Event, Result
from agent.policy import default_policy
from agent.search import Action, Budget, Policy
from agent.solver import Solver, solve
from agent.steering import GoTo, Hint, Kill, More, Order, Steering
from agent.verify.verify import Judge, Problem
from agent.view.view import View
from tests.fakes import ScriptedSandbox
from tests.scripted import ScriptedEngine
from tests.test_solver import BAD, CHECKED, GOOD, by_example, fenced


class Steered:
    """A solve that is given orders as things happen in it."""

    def __init__(
        self,
        reply: Callable[[tuple[Message, ...]], str],
        *,
        budget: Budget | None = None,
        width: int = 2,
        problem: Problem = CHECKED,
        policy_of: Callable[[Judge], Policy] = default_policy,
    ) -> None:
        self.events: list[Event] = []
        self.asked: list[tuple[Message, ...]] = []
        self.on: dict[tuple[str, int], list[Order]] = {}
        """Orders by kind of event and attempt; given once."""
        self.pressed = ("", 0)
        """The event, so named, at which the pause is pressed."""
        self.pauses = 0

        def script(messages: tuple[Message, ...]) -> str:
            self.asked.append(messages)
            return reply(messages)

        engine = ScriptedEngine(script)
        self.driver = Driver(engine, ScriptedSandbox(by_example))
        self.steering = Steering(self._paused, engine.interrupt)
        self.solver = Solver(
            problem,
            self.driver,
            budget=budget or Budget(60, 2000, 4),
            seed=7,
            width=width,
            emit=self._emit,
            run="r",
            policy_of=policy_of,
        )

    def goes(self) -> Result:
        (result,) = solve([self.solver], self.driver, steer=self.steering)
        return result

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        happened = (event.type, getattr(event, "node", 0))
        if happened == self.pressed:
            self.steering.pause()
        for order in self.on.pop(happened, []):
            self.steering.order(order)

    def _paused(self) -> None:
        self.pauses += 1

    @property
    def ways(self) -> list[tuple[int, str, str]]:
        return [(event.parent, event.strategy, event.why) for event in self.events if isinstance(event, events.Opened)]

    @property
    def closed(self) -> dict[int, str]:
        return {event.node: event.why for event in self.events if isinstance(event, events.Closed)}

    @property
    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, events.Notice)]


def bad_until_hinted(messages: tuple[Message, ...]) -> str:
    return fenced(GOOD if "twice" in messages[-1].content else BAD)


def test_a_hint_to_a_failed_attempt_continues_its_conversation():
    steered = Steered(bad_until_hinted)
    steered.on["judged", 1] = [Hint(1, "it is twice x")]
    assert steered.goes().status == "verified"
    hinted = next(messages for messages in steered.asked if "twice" in messages[-1].content)
    assert [message.role for message in hinted] == ["system", "user", "assistant", "user"]
    assert "got 5" in hinted[-1].content
    assert (1, "direct", "hint: it is twice x") in steered.ways


def test_a_hint_to_a_branch_under_way_takes_up_what_it_wrote():
    steered = Steered(bad_until_hinted, width=1)
    steered.on["streamed", 1] = [Hint(1, "it is twice x")]
    assert steered.goes().status == "verified"
    assert steered.closed == {1: "goes on with a hint"}
    written, hint = steered.asked[1][2:]
    assert fenced(BAD).startswith(written.content)
    assert written.content
    assert hint.content.startswith("A hint: it is twice x")
    assert steered.ways[1] == (1, "direct", "hint: it is twice x")


def test_a_hint_to_the_problem_itself_is_a_fresh_try():
    steered = Steered(bad_until_hinted)
    steered.on["judged", 1] = [Hint(0, "it is twice x")]
    assert steered.goes().status == "verified"
    assert (0, "direct", "hint: it is twice x") in steered.ways
    hinted = next(messages for messages in steered.asked if "twice" in messages[-1].content)
    assert [message.role for message in hinted] == ["system", "user"]


def test_a_branch_that_is_killed_is_given_up_and_the_search_goes_on():
    steered = Steered(lambda messages: fenced(BAD), width=1)
    steered.on["streamed", 1] = [Kill(1)]
    result = steered.goes()
    assert steered.closed[1] == "given up by the user"
    assert result.attempts == 4
    assert result.answer == BAD


def test_going_to_an_attempt_gives_up_the_others_and_goes_on_from_it():
    steered = Steered(lambda messages: fenced(BAD), width=3, budget=Budget(60, 2000, 5))
    steered.on["streamed", 3] = [GoTo(1)]
    steered.goes()
    assert steered.closed[3] == "the user went to attempt 1"
    assert (1, "repair", "mends attempt 1 for the user") in steered.ways


def test_going_to_the_problem_itself_takes_another_way_from_there():
    steered = Steered(lambda messages: fenced(BAD), width=2)
    steered.on["streamed", 2] = [GoTo(0)]
    steered.goes()
    assert "the user went to the problem itself" in steered.closed.values()
    opened_after = steered.ways[-2:]
    assert any(parent == 0 for parent, _, _ in opened_after)


def test_more_budget_is_more_attempts_from_the_same_tree():
    """After the end, too: `solve` takes the solver up where it stood."""
    steered = Steered(lambda messages: fenced(BAD), width=1, budget=Budget(60, 2000, 2))
    assert steered.goes().attempts == 2
    steered.steering.order(More(0, 0, 2))
    steered.solver.resume()
    assert steered.goes().attempts == 4
    assert [event.result.attempts for event in steered.events if isinstance(event, events.Finished)] == [2, 4]


def test_a_hint_after_the_end_goes_on_too():
    steered = Steered(bad_until_hinted, width=1, budget=Budget(60, 2000, 2))
    assert steered.goes().status == "unverified"
    steered.steering.order(Hint(1, "it is twice x"))
    steered.solver.resume()
    assert steered.goes().status == "verified"


def test_orders_that_cannot_be_obeyed_say_so_and_change_nothing():
    steered = Steered(lambda messages: fenced(GOOD))
    steered.on["opened", 1] = [Kill(7), GoTo(-1), Hint(9, "x")]
    assert steered.goes().status == "verified"
    assert steered.notices == [
        "no attempt 7; there are 1 to 1",
        "no attempt -1; there are 1 to 1",
        "no attempt 9; there are 1 to 1",
    ]


def test_a_pause_holds_the_search_between_two_steps():
    steered = Steered(lambda messages: fenced(GOOD))
    steered.steering.pause()
    assert steered.goes().status == "verified"
    assert steered.pauses == 1


def test_what_passes_ends_the_search_before_a_pause_and_refuses_orders_aloud():
    steered = Steered(lambda messages: fenced(GOOD), width=1)
    steered.on["judged", 1] = [Hint(1, "it is twice x"), GoTo(0)]
    steered.pressed = ("judged", 1)
    result = steered.goes()
    assert (result.status, result.attempts, steered.pauses) == ("verified", 1, 0)
    assert steered.notices == ["the answer is accepted and its tree closed; write what you want changed as a follow-up"] * 2


def test_nothing_else_is_opened_while_what_the_user_asked_for_lives():
    steered = Steered(lambda messages: fenced(BAD), width=4, budget=Budget(60, 2000, 8))
    steered.on["streamed", 2] = [GoTo(1)]
    steered.goes()
    opened = [event for event in steered.events if isinstance(event, events.Opened | events.Judged)]
    (asked,) = [event.node for event in opened if isinstance(event, events.Opened) and "for the user" in event.why]
    begun = next(place for place, event in enumerate(opened) if event.node == asked)
    assert isinstance(opened[begun + 1], events.Judged)
    assert opened[begun + 1].node == asked


def test_going_to_an_attempt_under_way_lets_it_go_on_alone():
    """Others were once opened in the place of those that were given up for it."""
    steered = Steered(lambda messages: fenced(BAD) + " and so on" * 40, width=3, budget=Budget(60, 2000, 8))
    steered.on["streamed", 3] = [GoTo(2)]
    steered.goes()
    lives = [event for event in steered.events if isinstance(event, events.Opened | events.Judged | events.Closed)]
    given_up = next(place for place, event in enumerate(lives) if isinstance(event, events.Closed))
    after = [event for event in lives[given_up:] if not isinstance(event, events.Closed)]
    assert (after[0].type, after[0].node) == ("judged", 2)


@pytest.mark.parametrize("before", ["", "They have\n"])
def test_a_hint_to_words_that_were_just_put_right_takes_up_what_they_came_to(before: str):
    steered = Steered(
        lambda messages: f"{before}3 * 4 = 13\neggs, and so on.\nAnswer: 13",
        budget=Budget(60, 2000, 2),
        width=1,
        problem=Problem("What is three times four?"),
        policy_of=lambda judge: lambda tree, free: [Action(tree.root, "reckon", 0.0, "")] * free,
    )
    steered.on["thought", 1] = [Hint(1, "count the eggs")]
    steered.goes()
    hinted = next(messages for messages in steered.asked if "count the eggs" in messages[-1].content)
    assert hinted[-2].content == f"{before}3 * 4 = 12\n"


def test_a_hint_for_which_nothing_is_left_gives_nothing_up():
    words = len(fenced(BAD).split())
    steered = Steered(lambda messages: fenced(BAD), width=1, budget=Budget(60, words, 4))
    steered.on["thought", 1] = [Hint(1, "it is twice x"), GoTo(0)]
    result = steered.goes()
    assert result.answer == BAD
    assert "goes on with a hint" not in steered.closed.values()
    assert steered.notices == [f"{words} tokens are spent; /more gives as much again"] * 2


def test_a_pause_costs_no_time_and_who_keeps_the_time_hears_of_it_first():
    now = [0.0]
    engine = ScriptedEngine(lambda messages: fenced(GOOD))
    driver = Driver(engine, ScriptedSandbox(by_example))

    def at_pause() -> None:
        now[0] += 3600.0

    view, seen = View(lambda: now[0]), set[float]()

    def emit(event: Event) -> None:
        view(event)
        seen.add(view.elapsed)

    steering = Steering(at_pause)
    solver = Solver(CHECKED, driver, budget=Budget(60, 2000, 4), seed=7, width=1, emit=emit, clock=lambda: now[0])
    steering.pause()
    (result,) = solve([solver], driver, steer=steering)
    assert (result.status, result.seconds.total) == ("verified", 0.0)
    assert seen == {0.0}


def test_an_attempt_that_had_a_hint_has_it_again_when_it_is_gone_back_to() -> None:
    """Without it, a repair of what did not fail had nothing to go by: an internal error."""
    asked: list[str] = []

    def reply(messages: tuple[Message, ...]) -> str:
        asked.append(messages[-1].content)
        return f"Answer: {len(asked)}"

    driver, steering = Driver(ScriptedEngine(reply), ScriptedSandbox(by_example)), Steering()
    solver = Solver(Problem("What is six times seven?"), driver, budget=Budget(60, 2000, 1), seed=7, width=1)
    next(solve([solver], driver))
    for order in (Hint(1, "use a sieve"), GoTo(2)):
        steering.order(More(60, 2000, 0))
        steering.order(order)
        solver.resume()
        next(solve([solver], driver, steer=steering))
    assert ["sieve" in prompt for prompt in asked] == [False, True, True]
