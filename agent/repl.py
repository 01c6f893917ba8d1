"""The interactive session: ask, watch, ask again. Ctrl-C ends the solve, not the session."""

from collections.abc import Callable
from contextlib import ExitStack

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from agent.config import Settings
from agent.errors import PonderError
from agent.events import Notice, Result
from agent.machine import Interrupt, Machine, opened
from agent.session import solve_one
from agent.store import data_folder
from agent.verify import Problem
from agent.view import View, open_view
from tools.sandbox import SandboxError

HELP = """Write a problem and press Enter. Ctrl-C ends the solve and keeps its best answer; at the prompt it clears the line.
/help  this    /again  the last problem once more    /quit or Ctrl-D  leave"""
PROMPT = "ponder> "


class Session:
    """Keeps the machine open between problems: the model is loaded once, at the first of them."""

    def __init__(self, settings: Settings, read_problem: Callable[[str], Problem], deliver: Callable[[Result], None]) -> None:
        self._settings, self._read_problem, self._deliver = settings, read_problem, deliver
        self._interrupt = Interrupt()
        self._open = ExitStack()
        self._machine: Machine | None = None
        self._last = ""

    def run(self) -> None:
        prompt: PromptSession[str] = PromptSession(history=_history())
        with self._open:
            self._tell(HELP.splitlines()[0])
            while True:
                try:
                    said = prompt.prompt(PROMPT).strip()
                except KeyboardInterrupt:
                    continue
                except EOFError:
                    return
                if said in ("/quit", "/exit"):
                    return
                self._answer(said)

    def _tell(self, text: str) -> None:
        with open_view(self._settings.view) as view:
            view(Notice(text))

    def _answer(self, said: str) -> None:
        if said == "/again":
            said = self._last
        if not said:
            return
        if said.startswith("/"):
            self._tell(HELP if said == "/help" else f"no command {said.split()[0]}; /help lists them")
            return
        self._last = said
        try:
            # A view of its own: whatever ended the solve, nothing moves on the screen while the prompt waits.
            with open_view(self._settings.view) as view:
                result = self._solve(said, view)
            self._deliver(result)
        except (PonderError, SandboxError) as error:
            self._tell(str(error))
        except KeyboardInterrupt:
            self._tell("interrupted")

    def _solve(self, said: str, view: View) -> Result:
        problem = self._read_problem(said)
        self._interrupt.flag.clear()
        if self._machine is None:
            self._machine = self._open.enter_context(opened(self._settings, view, self._interrupt, width=self._settings.width))
        return solve_one(self._machine, problem, self._settings, view)


def _history() -> History:
    try:
        folder = data_folder()
        folder.mkdir(parents=True, exist_ok=True)
        return FileHistory(str(folder / "history"))
    except OSError:
        return InMemoryHistory()


def run(settings: Settings, read_problem: Callable[[str], Problem], deliver: Callable[[Result], None]) -> None:
    """Until the user leaves. `read_problem` makes a problem of what was written; `deliver` puts a result on standard output."""
    Session(settings, read_problem, deliver).run()
