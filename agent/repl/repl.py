"""The interactive session: ask, watch, steer, ask on. Ctrl-C ends the solve, not the session; twice leaves it."""

import math
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from agent.config import Settings
from agent.errors import PonderError
from agent.events import Result
from agent.machine import Machine
from agent.output import INTERRUPTED
from agent.places import expanded
from agent.repl.keys import Keys, unechoed
from agent.repl.loading import Loading
from agent.repl.prompting import Prompt
from agent.repl.slash import Answer, Ask, Desk, GoOn, Leave, is_command, parse
from agent.steering import GoTo, Hint, Kill, More, Order, Steering
from agent.verify.verify import Problem
from agent.view.view import View, open_view, show
from tools.sandbox import SandboxError

ATTACHED = re.compile(r"(?<!\S)@(?:\"([^\"]+)\"|(\S+))")
DECORATOR = re.compile(r"@\w[^\n]*+\n\s*+(?:@|def\b|class\b|async\b)")
"""Of code that was pasted: no file is meant."""
LEFT = 0
AT_ONCE = 5.0
"""Seconds in which a second Ctrl-C leaves without a warning: who ended a solve a while ago did not say that he leaves."""

ReadProblem = Callable[[str, Sequence[Path], Path | None], Problem]
"""What was written, the files of material and the tests, as a problem. Raises `UsageError`."""
Deliver = Callable[[Result], None]
Work = Callable[[Machine, View, Steering], Result]


class _Left(Exception):
    """The session is over, with an exit status."""

    def __init__(self, status: int) -> None:
        self.status = status


class Session:
    """One user at one terminal. The machine is opened behind the first prompt and stays open."""

    def __init__(
        self, settings: Settings, files: Sequence[Path], tests: Path | None, read: ReadProblem, deliver: Deliver
    ) -> None:
        def load(settings: Settings) -> Loading:
            return Loading(settings, lambda: self._prompt.refresh())

        self._desk = Desk(settings, load(settings), load, files=list(files), tests=tests)
        self._read, self._deliver = read, deliver
        self._prompt = Prompt(self._desk)

    def run(self) -> int:
        """Until the user leaves: the exit status."""
        _note("write a problem and press Enter; /help lists the commands")
        try:
            with unechoed() as self._prompt.suspend:
                self._converse()
        except _Left as left:
            return left.status
        finally:
            self._desk.loading.close()

    def _converse(self) -> NoReturn:
        leaves_until = 0.0
        while True:
            try:
                said = self._prompt.read("ponder> ", on_start=self._desk.loading.start)
            except EOFError:
                raise _Left(LEFT) from None
            except KeyboardInterrupt:
                if time.monotonic() < leaves_until and not self._prompt.cleared:
                    raise _Left(INTERRUPTED) from None
                leaves_until = math.inf
                _note("Ctrl-C again, or Ctrl-D, leaves")
                continue
            leaves_until = time.monotonic() + AT_ONCE if self._interrupted(said) else 0.0

    def _interrupted(self, said: str) -> bool:
        """Answers, and says whether a Ctrl-C ended that."""
        try:
            return self._answer(said) == "interrupted"
        except (PonderError, SandboxError) as error:
            _note(str(error))
            return False
        except KeyboardInterrupt:  # of what no solve heeds: a long command, the moment before a solve or behind it
            return True

    # What was said.

    def _answer(self, said: str) -> str | None:
        """Does it. The status of the solve that it led to, if it led to one."""
        if not said:
            return None
        if not is_command(said):
            return self._ask(said)
        command, words = parse(said, paused=False)
        answer = command.run(self._desk, words)
        match answer:
            case Ask(text):
                return self._ask(text)
            case Kill() | Hint() | GoTo() | More():
                return self._go_on(answer)
            case Leave():
                raise _Left(LEFT)
            case _:
                _shown(answer)
                return None

    def _ask(self, said: str) -> str:
        self._desk.ask(said)
        problem = self._read(self._with_files(said), self._desk.files, self._desk.tests)
        conversation, settings = self._desk.conversation, self._desk.settings
        return self._solve(lambda machine, view, steering: conversation.ask(machine, problem, settings, view, steering))

    def _go_on(self, order: Order) -> str:
        """From the tree of the last solve, with a budget as a new problem has; without a tree, as `/again`."""
        conversation, settings = self._desk.conversation, self._desk.settings
        budget = settings.budget
        if isinstance(order, More) and self._desk.asked and not conversation.open:
            return self._ask(self._desk.again())
        conversation.reopened()
        orders = [order] if isinstance(order, More) else [More(budget.seconds, budget.tokens, budget.attempts), order]
        return self._solve(lambda machine, view, steering: conversation.go_on(machine, orders, settings, view, steering))

    def _with_files(self, said: str) -> str:
        """Attaches what is written as `@path`; in the text the file's own name stays."""

        def attached(match: re.Match[str]) -> str:
            for written in (match[1] or match[2], (match[2] or "").rstrip(".,;:!?)")):
                path = expanded(written)
                if written and os.path.isfile(path):  # unlike the path's own, it raises nothing, whatever was written
                    self._desk.attach(path)
                    return path.name + (match[2] or "")[len(written) :]
            if not DECORATOR.match(said, match.start()):
                there = os.path.isdir(expanded(match[1] or match[2]))
                _note(f"{match[0]}: {'a folder' if there else 'no such file'}, so it is taken as text")
            return match[0]

        return ATTACHED.sub(attached, said)

    # A solve.

    def _solve(self, work: Work) -> str:
        loading = self._ready()
        with open_view(self._desk.settings.view) as view:
            steering = Steering(lambda: self._pause(view, keys, steering, machine), loading.nudge)
            keys = Keys(steering.pause, self._prompt.receive)
            with keys.listened():
                try:
                    machine = loading.wait(view)
                except KeyboardInterrupt:
                    return "interrupted"
                machine.interrupt.flag.clear()
                try:
                    result = work(machine, view, steering)
                except KeyboardInterrupt:
                    if machine.interrupt.flag.is_set():
                        raise _Left(INTERRUPTED) from None  # a second one
                    raise
        self._desk.result = result
        try:
            self._deliver(result)
        finally:
            if machine.interrupt.told_to_end:
                raise _Left(INTERRUPTED)
        return result.status

    def _ready(self) -> Loading:
        """What loads or is loaded; after a failure, a new try."""
        if self._desk.loading.failed:
            self._desk.loading.close()
            self._desk.loading = self._desk.load(self._desk.settings)
        return self._desk.loading

    def _pause(self, view: View, keys: Keys, steering: Steering, machine: Machine) -> None:
        """Between two steps: the user looks, and says how to go on."""
        self._desk.conversation.state = view.state
        with view.hidden(), keys.silent(), machine.interrupt.lifted():
            _shown(lambda screen, width: screen.tree(view.state, width, len(view.state.attempts)))
            _note('paused; Enter goes on, Ctrl-C ends the solve; /why N, /branch N "hint", /kill N, /goto N, /more')
            try:
                while self._steered(self._prompt.read("paused> "), steering, keys):
                    pass
            except (EOFError, _Left, SystemExit):
                machine.interrupt.told_to_end = True
                machine.interrupt.set()
            except KeyboardInterrupt:
                machine.interrupt.set()

    def _steered(self, said: str, steering: Steering, keys: Keys) -> bool:
        """Does what was said in a pause; False ends it. What is no command waits for the next prompt."""
        if not said:
            return False
        if not is_command(said):
            keys.keep(said)
            _note('the search is paused: this stands at the next prompt; Enter goes on, /branch N "…" gives a hint')
            return True
        try:
            command, words = parse(said, paused=True)
            answer = command.run(self._desk, words)
        except PonderError as error:
            _note(str(error))
            return True
        match answer:
            case GoOn():
                return False
            case Leave():
                raise _Left(LEFT)
            case Kill() | Hint() | GoTo() | More():
                steering.order(answer)
                _note("done when it goes on (Enter)")
            case _:
                _shown(answer)
        return True


def _shown(answer: Answer) -> None:
    if isinstance(answer, str):
        _note(answer)
    elif callable(answer):
        show(answer)


def _note(text: str) -> None:
    show(lambda screen, width: screen.notice(text, width))


def run(settings: Settings, files: Sequence[Path], tests: Path | None, read: ReadProblem, deliver: Deliver) -> int:
    """Until the user leaves: the exit status. `read` makes a problem of what was written, `deliver` puts out a result."""
    return Session(settings, files, tests, read, deliver).run()
