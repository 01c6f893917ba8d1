"""The commands of a session: what each is called, what it takes, what it does. Shown and obeyed by `agent.repl.repl`."""

import difflib
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent import strategies
from agent.config import BUDGETS, Settings, changed
from agent.errors import PonderError, UsageError
from agent.events import Result
from agent.machine import wanted_model
from agent.places import expanded
from agent.records import read_material, read_text, require_writable, write_whole
from agent.repl import clipboard
from agent.repl.loading import Loading
from agent.session import Conversation, Exchange
from agent.steering import GoTo, Hint, Kill, More, Order
from agent.store.store import Store
from agent.text import counted, one_line
from agent.verify.source import syntax_fault
from agent.view.fold import Attempt
from agent.view.screen import Lines
from agent.view.tables import show_runs, show_strategies
from agent.view.terminal import conversing
from agent.view.view import open_view, replay

FORM = re.compile(r"/(?:\w[^\s/]*+)?+(?!\S)")
"""How a command begins. Comments of other languages and paths at the beginning of a problem do not."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Solve this."""

    text: str


@dataclass(frozen=True, slots=True)
class Leave:
    """End the session."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """End the pause."""


Answer = str | Lines | Order | Ask | Leave | GoOn | None
"""What a command comes to: something to show, or something that the session is to do."""


@dataclass(slots=True)
class Desk:
    """What lies before the user: settings, material, the conversation and the machine."""

    settings: Settings
    loading: Loading
    load: Callable[[Settings], Loading]
    conversation: Conversation = field(default_factory=Conversation)
    files: list[Path] = field(default_factory=list[Path])
    tests: Path | None = None
    asked: str = ""
    """The last problem."""
    asked_after: Exchange = field(default_factory=Exchange)
    """What stood before it."""
    result: Result | None = None

    def ask(self, said: str) -> None:
        """This is the last problem from now on."""
        self.asked, self.asked_after = said, self.conversation.before

    def again(self) -> str:
        """The last problem, to be put once more to what stood before it. Raises `UsageError` if there is none."""
        if not self.asked:
            raise UsageError("nothing has been asked yet")
        self.conversation.forget(self.asked_after)
        return self.asked

    def change(self, **values: object) -> None:
        """Other settings from the next problem on. Raises `UsageError`."""
        self.settings = changed(self.settings, values)

    def attach(self, path: Path) -> None:
        """Material from now on; a file again or one of the same name takes the old one's place. Raises `UsageError`."""
        files = [*(file for file in self.files if file.name != path.name), path]
        read_material(files)
        self.files = files

    def attempt(self, words: str) -> Attempt:
        """The attempt of that number. Raises `UsageError`."""
        attempts = self.conversation.state.attempts
        number = _number(words)
        if number not in attempts:
            there = f"; there are {min(attempts)} to {max(attempts)}" if attempts else "; nothing has been tried yet"
            raise UsageError(f"no attempt {words.strip() or 'is named'}{there}")
        return attempts[number]

    @property
    def budget(self) -> str:
        budget = self.settings.budget
        return f"{budget.seconds:g} s, {budget.tokens:,} tokens, {counted(budget.attempts, 'attempt')}"


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    takes: str
    does: str
    run: Callable[[Desk, str], Answer]


def is_command(said: str) -> bool:
    """Whether it is meant as a command, be there such a one or not; else it is a problem."""
    return FORM.match(said) is not None


def parse(said: str, *, paused: bool) -> tuple[Command, str]:
    """The command, and what stands behind its name. Raises `UsageError` with the nearest right name, or for too many words."""
    name, rest = [*re.split(r"\s", said.removeprefix("/"), maxsplit=1), ""][:2]
    command = COMMANDS.get(name.strip().lower())
    if command is None:
        near = difflib.get_close_matches(name.lower(), COMMANDS, n=1)
        raise UsageError(f"no command /{one_line(name, 40)}; {f'did you mean /{near[0]}? ' if near else ''}/help lists them")
    if paused and command.name not in IN_A_PAUSE:
        raise UsageError(f"/{command.name} can wait until the search is over: Enter goes on, Ctrl-C ends it")
    if not paused and command.name == "go":
        raise UsageError("nothing is paused")
    if rest.strip() and not command.takes:
        raise UsageError(f"/{command.name} takes nothing behind it, so nothing is done: {one_line(rest.strip(), 40)}")
    return command, rest.strip()


# What each does.


def _help(desk: Desk, words: str) -> Answer:
    rows = [(f"/{command.name} {command.takes}".strip(), command.does) for command in COMMANDS.values()]
    return lambda screen, width: [*screen.prose(INTRODUCTION, width), *screen.pairs(rows, width)]


def _tree(desk: Desk, words: str) -> Answer:
    state = desk.conversation.state
    if not state.attempts:
        return "nothing has been tried yet"
    return lambda screen, width: screen.tree(state, width, len(state.attempts))


def _why(desk: Desk, words: str) -> Answer:
    attempt = desk.attempt(words)
    return lambda screen, width: screen.account(attempt, width)


def _goto(desk: Desk, words: str) -> Answer:
    return GoTo(_node(desk, words))


def _branch(desk: Desk, words: str) -> Answer:
    number, hint = [*words.split(maxsplit=1), "", ""][:2]
    if len(hint) > 1 and hint[0] == hint[-1] and hint[0] in "\"'":
        hint = hint[1:-1]
    if not hint:
        raise UsageError('/branch takes an attempt (0: the problem itself) and what to tell it: /branch 2 "use a sieve"')
    return Hint(_node(desk, number), hint)


def _kill(desk: Desk, words: str) -> Answer:
    attempt = desk.attempt(words)
    if not attempt.live:
        raise UsageError(f"attempt {attempt.node} is over already")
    return Kill(attempt.node)


def _node(desk: Desk, words: str) -> int:
    return 0 if words.strip() == "0" else desk.attempt(words).node


def _number(words: str) -> int:
    try:
        return int(words)
    except ValueError:
        return -1


def _more(desk: Desk, words: str) -> Answer:
    budget = desk.settings.budget
    return More(budget.seconds, budget.tokens, budget.attempts)


def _again(desk: Desk, words: str) -> Answer:
    return Ask(desk.again())


def _new(desk: Desk, words: str) -> Answer:
    desk.conversation.forget()
    desk.files.clear()
    desk.asked = ""
    return "a new conversation; what was said and attached before is forgotten (the tests stay: /tests none)"


def _budget(desk: Desk, words: str) -> Answer:
    changes: dict[str, Any] = {}
    for word in words.split():
        key, equals, value = word.partition("=")
        if key not in BUDGETS or not equals:
            raise UsageError("/budget takes time=SECONDS tokens=N attempts=N, any of them")
        changes[key] = value
    desk.change(**changes)
    return f"budget of a problem: {desk.budget}"


def _effort(desk: Desk, words: str) -> Answer:
    if words:
        desk.change(effort=words, **dict.fromkeys(BUDGETS))
    return f"effort {desk.settings.effort}: {desk.budget}"


def _model(desk: Desk, words: str) -> Answer:
    if words:
        name = " ".join(_words(words))
        wanted_model(name)
        desk.change(model=name)
        former, desk.loading = desk.loading, desk.load(desk.settings)
        desk.conversation.close()  # before what it thinks with is gone: closing that can be interrupted
        former.close()
        desk.loading.start()
    return desk.loading.status


def _strategies(desk: Desk, words: str) -> Answer:
    if words:
        return strategies.find(words).wording.strip()
    show_strategies(strategies.catalogue().values(), conversing())
    return None


def _files(desk: Desk, words: str) -> Answer:
    if words == "none":
        desk.files.clear()
    else:
        before = desk.files
        try:
            for word in _words(words):
                desk.attach(expanded(word))
        except PonderError:
            desk.files = before  # all of them or none
            raise
    return "\n".join(f"{path.name}  ({path})" for path in desk.files) or "no files; @path in a problem attaches one"


def _tests(desk: Desk, words: str) -> Answer:
    if words:
        path = None if words == "none" else _path(words)
        if path and (fault := syntax_fault(read_text(path))):
            raise UsageError(f"{path}: not Python: {fault}")
        desk.tests = path
    return f"an answer must pass {desk.tests}" if desk.tests else "no tests; /tests FILE gives some"


def _save(desk: Desk, words: str) -> Answer:
    if not words:
        raise UsageError("/save takes a file")
    path, answer = _path(words), _answer(desk)
    require_writable(path)
    write_whole(path, answer)
    return f"written to {path}: {counted(answer.count(chr(10)), 'line')}"


def _copy(desk: Desk, words: str) -> Answer:
    how = clipboard.copy(_answer(desk), conversing())
    return f"copied {how}" if how else "too long for the terminal's clipboard, and there is no wl-copy, xclip, xsel or pbcopy"


def _answer(desk: Desk) -> str:
    if desk.result is None or desk.result.answer is None:
        raise UsageError("the last problem has no answer" if desk.result else "there is no answer yet")
    return desk.result.answer.rstrip("\n") + "\n"


def _path(text: str) -> Path:
    """The one path that is written there, its blanks between quotation marks or not."""
    return expanded(" ".join(_words(text)))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{error}: {text}") from None


def _runs(desk: Desk, words: str) -> Answer:
    with Store.open() as store:
        show_runs(store.runs(20), conversing())


def _replay(desk: Desk, words: str) -> Answer:
    with Store.open() as store:
        events = list(store.events(words or None))
    with open_view(desk.settings.view) as view:
        replay(events, view)


def _go(desk: Desk, words: str) -> Answer:
    return GoOn()


def _quit(desk: Desk, words: str) -> Answer:
    return Leave()


INTRODUCTION = """\
Write a problem and press Enter; what you write next follows on from it. Alt-Enter, or a backslash at the end, begins another \
line; what is pasted is one problem. @path attaches a file. Tab completes, Ctrl-R searches what you wrote before.
While it thinks, Esc or p pauses; Ctrl-C ends the solve and keeps its best answer, twice leaves."""

IN_A_PAUSE = frozenset(["help", "tree", "why", "goto", "branch", "kill", "more", "go", "strategies", "runs", "quit"])
"""Commands that can be given while the search is held."""

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("help", "", "this", _help),
        Command("tree", "", "the attempts at the last problem", _tree),
        Command("why", "N", "why attempt N was opened, what it wrote, what came of it", _why),
        Command("goto", "N", "go on from attempt N (0: the problem itself) and give up the others", _goto),
        Command("branch", 'N "hint"', "tell attempt N (0: the problem itself) something and go on from there", _branch),
        Command("kill", "N", "give up attempt N, which is under way", _kill),
        Command("more", "", "think on from the same tree, with the same budget again", _more),
        Command("go", "", "end the pause, as Enter alone does", _go),
        Command("again", "", "the last problem once more, to what was said before it", _again),
        Command("new", "", "forget the conversation and its files", _new),
        Command("budget", "[time=S …]", "what a problem may cost: time=SECONDS tokens=N attempts=N", _budget),
        Command("effort", "[LEVEL]", "a preset of the budget: low, medium or high", _effort),
        Command("model", "[NAME]", "the model, or another: a name of the catalogue or a GGUF file", _model),
        Command("strategies", "[NAME]", "the ways of trying, or the wording of one", _strategies),
        Command("files", "[PATH …]", "material for the next problems; none: no more", _files),
        Command("tests", "[FILE]", "tests that an answer must pass; none: no more", _tests),
        Command("save", "FILE", "write the answer to a file, whole or not at all", _save),
        Command("copy", "", "the answer to the clipboard: by the terminal (OSC 52) and wl-copy, xclip, xsel or pbcopy", _copy),
        Command("runs", "", "the latest runs", _runs),
        Command("replay", "[RUN]", "show a run again, the last one if none is named", _replay),
        Command("quit", "", "leave, as Ctrl-D does", _quit),
    )
}
