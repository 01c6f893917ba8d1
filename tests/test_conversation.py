"""Problems one after the other on one machine: what each is told of those before it, and what is left of the last one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.config import Settings
from agent.driver import Driver
from agent.engine.request import Message
from agent.errors import PonderError, UsageError
from agent.events import Result
from agent.machine import Interrupt, Machine
from agent.repl.loading import Loading
from agent.repl.slash import Ask, Desk, is_command, parse
from agent.session import Conversation
from agent.steering import Hint, Steering
from agent.verify.verify import Problem
from agent.view.view import View
from tests.fakes import ScriptedSandbox
from tests.scripted import ScriptedEngine
from tests.test_solver import GOOD, by_example, fenced

DOUBLE = "Write a Python function double. double(2) == 4"
SETTINGS = Settings(seed=7, tokens=400, attempts=3, time=60)
ANSWERED = "Answer: 42"


class Talk:
    """A conversation over a scripted engine. `asked`: what the model was asked, conversation by conversation."""

    def __init__(self, reply: Callable[[str], str], context: int = 8192) -> None:
        self.asked: list[tuple[Message, ...]] = []
        self.view = View()

        def script(messages: tuple[Message, ...]) -> str:
            self.asked.append(messages)
            return reply(messages[-1].content)

        engine, sandbox = ScriptedEngine(script, context=context), ScriptedSandbox(by_example)
        self.machine = Machine(engine, sandbox, Driver(engine, sandbox), Interrupt())
        self.conversation = Conversation()

    def asks(self, text: str) -> Result:
        self.asked.clear()
        self.view = View()
        return self.conversation.ask(self.machine, Problem(text), SETTINGS, self.view, Steering())

    @property
    def said_to_model(self) -> str:
        return "\n".join(message.content for message in self.asked[0])


@pytest.fixture(autouse=True)
def own_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PONDER_DATA", str(tmp_path))


def as_asked(text: str) -> str:
    """A program for who asks for one, else an answer."""
    return fenced(GOOD) if "double" in text else ANSWERED


def test_a_follow_up_of_a_program_wants_it_changed():
    talk = Talk(as_asked)
    talk.asks(DOUBLE)
    result = talk.asks("Make it iterative, double as before.")
    assert result.code == GOOD
    assert DOUBLE in talk.said_to_model


def test_a_question_in_between_leaves_the_program_what_the_talk_is_about():
    talk = Talk(as_asked)
    talk.asks(DOUBLE)
    assert talk.asks("What does it return for 21?").answer == "42"
    assert talk.asks("Answer in one word.").answer == "42"
    result = talk.asks("Rewrite it without a loop, double as before.")
    assert result.code == GOOD


def test_a_program_behind_a_function_is_held_against_its_own_samples():
    """It was once read under the function's name, and its samples were none."""
    talk = Talk(lambda text: fenced("print(5)") if "sum" in text else fenced(GOOD))
    talk.asks(DOUBLE)
    sample = "Sample Input\n2 3\n\nSample Output\n5"
    result = talk.asks(f"Write a program that reads two integers from standard input and prints their sum.\n\n{sample}")
    assert (result.status, result.evidence[0]) == ("verified", "passed 1 of 1 sample from the statement")


def test_an_example_without_a_name_is_one_of_the_function_before():
    talk = Talk(lambda text: fenced(GOOD))
    talk.asks(DOUBLE)
    result = talk.asks("For x = 3 the output should be 6")
    assert (result.status, result.evidence[0]) == ("verified", "passed 1 of 1 example from the statement")


@pytest.mark.parametrize("said", ["Now call it g.", "rename double to g"])
def test_a_function_that_is_given_another_name_has_that(said: str):
    talk = Talk(lambda text: fenced(GOOD))
    talk.asks(DOUBLE)
    result = talk.asks(said)
    assert (result.code or "").startswith("def g(x):")


def test_another_model_is_told_what_was_said_to_the_first():
    talk = Talk(as_asked)
    talk.asks(DOUBLE)
    talk.conversation.close()
    assert not talk.conversation.open
    assert talk.asks("Now make double faster.").code == GOOD


def test_what_nothing_came_of_is_still_what_the_next_words_are_about():
    """A follow-up behind it was once put to the program before it, under the name of the one that was never written."""
    sieve = "def primes(n): return list(range(n))"
    talk = Talk(lambda text: fenced(sieve) if "sieve" in text else "I cannot.")
    talk.asks(DOUBLE)
    assert talk.asks("Write a Python function primes(n).").answer is None
    result = talk.asks("Use a sieve instead.")
    assert "primes(n)" in talk.said_to_model
    assert talk.asked[0][-1].content.index("primes(n)") < talk.asked[0][-1].content.index("Use a sieve")
    assert result.code == sieve


def test_a_problem_that_fits_alone_begins_a_new_conversation():
    talk = Talk(as_asked, context=1000)
    talk.asks("What is six times seven? " + "It is asked at length. " * 70)
    assert talk.asks("And seven times six? " + "It is asked at length. " * 80).answer == "42"
    assert "six times seven" not in talk.said_to_model
    assert talk.view.state.notices == (
        "what was said before leaves too little room for this problem, so a new conversation begins",
    )


def test_a_problem_that_is_too_long_leaves_the_tree_before_it():
    talk = Talk(lambda text: "I cannot.", context=1000)
    talk.asks("What is six times seven?")
    with pytest.raises(UsageError, match="tokens long"):
        talk.asks("It is asked at length. " * 200)
    assert talk.conversation.open
    result = talk.conversation.go_on(talk.machine, [Hint(1, "use a table")], SETTINGS, View(), Steering())
    assert result.attempts > 0


def desk(conversation: Conversation) -> Desk:
    def load(settings: Settings) -> Loading:
        return Loading(settings)

    return Desk(SETTINGS, load(SETTINGS), load, conversation)


def test_a_new_conversation_goes_on_from_nothing():
    talk = Talk(as_asked)
    talk.asks(DOUBLE)
    command, words = parse("/new", paused=False)
    command.run(desk(talk.conversation), words)
    assert not talk.conversation.open
    talk.asks("What is six times seven?")
    assert DOUBLE not in talk.said_to_model


def test_again_puts_a_follow_up_to_what_was_said_before_it():
    """It was asked alone, where `it` means nothing, and all that had been said was forgotten."""
    talk = Talk(as_asked)
    talk.asks(DOUBLE)
    before = desk(talk.conversation)
    follow_up = "Make it iterative, double as before."
    before.ask(follow_up)
    talk.asks(follow_up)
    first = talk.said_to_model
    for _ in range(2):
        command, words = parse("/again", paused=False)
        assert command.run(before, words) == Ask(follow_up)
        assert not talk.conversation.open
        before.ask(follow_up)
        assert talk.asks(follow_up).code == GOOD
        assert talk.said_to_model == first
    talk.asks("What does it return for 21?")
    assert talk.said_to_model.count(follow_up) == 1
    assert DOUBLE in talk.said_to_model


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x", "x" * 300])
@pytest.mark.parametrize("command", ["files", "tests", "save"])
def test_a_path_that_cannot_be_is_a_line(command: str, path: str):
    """Each of them once ended the session."""
    talk = Talk(as_asked)
    before = desk(talk.conversation)
    before.result = talk.asks(DOUBLE)
    found, words = parse(f"/{command} {path}", paused=False)
    with pytest.raises(PonderError, match=path[:9]):
        found.run(before, words)


def test_a_hint_may_stand_on_the_next_line():
    talk = Talk(as_asked)
    talk.asks(DOUBLE)
    command, words = parse("/branch 1\nuse a sieve", paused=False)
    assert command.run(desk(talk.conversation), words) == Hint(1, "use a sieve")


@pytest.mark.parametrize(
    ("said", "paused"),
    [("/more 500", True), ("/more 500", False), ("/go 3", True), ("/new Write a sieve.", False), ("/tree\n2", False)],
)
def test_what_a_command_has_no_use_for_is_refused(said: str, paused: bool):
    """`/more 500` gave as much again, and a problem behind `/new` was lost."""
    with pytest.raises(UsageError, match=r"^/\w+ takes nothing behind it, so nothing is done: \w+"):
        parse(said, paused=paused)


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("/help", True),
        ("/halp?", True),
        ("/branch 1\nuse a sieve", True),
        ("/files /usr/share", True),
        ("/", True),
        ("// adds two\nint add(int a, int b)", False),
        ("/* adds two */", False),
        ("/usr/bin/env prints what?", False),
        ("/^a+$/ matches what?", False),
        ("Write /help.", False),
    ],
)
def test_a_comment_or_a_path_begins_a_problem(said: str, command: bool):
    """Each was `no command`."""
    assert is_command(said) == command


def test_files_are_attached_all_or_none_and_tests_are_python(tmp_path: Path):
    """The first was attached although there was a complaint, and tests that are no Python were taken."""
    (tmp_path / "a.csv").write_text("n\n")
    (tmp_path / "bad.py").write_text("assert (\n")
    before = desk(Conversation())
    for said, why in (
        (f"/files {tmp_path}/a.csv {tmp_path}/nope", "nope"),
        (f"/tests {tmp_path}/bad.py", "bad.py: not Python"),
    ):
        command, words = parse(said, paused=False)
        with pytest.raises(PonderError, match=why):
            command.run(before, words)
    assert (before.files, before.tests) == ([], None)
