"""The line that the user writes on: history with search, several lines, completion, a status bar."""

from collections.abc import Callable, Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.filters import is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import create_output
from prompt_toolkit.styles import Style

from agent.errors import MachineError
from agent.places import data_folder
from agent.repl.completion import SessionCompleter
from agent.repl.slash import Desk
from agent.text import counted, joined, one_line
from agent.view.screen import cut
from agent.view.terminal import conversing

STYLE = Style.from_dict({"bottom-toolbar": "noreverse", "bottom-toolbar.text": "fg:ansibrightblack"})
MENU_ROWS = 6
"""Rows under the line that are kept free for completions."""
ENTERS = (Keys.ControlM, Keys.ControlJ)
EDITING = (Keys.ControlH, Keys.ControlU, Keys.ControlW)
"""Keys besides characters that mean the same whether or not one sees what one types."""


class Prompt:
    """Reads what the user says at standard error's terminal, so that standard output carries answers alone."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.cleared = False
        """Whether Ctrl-C threw away what was being written, since the last line was asked for."""
        self.suspend: Callable[[], None] = lambda: None
        """What Ctrl-Z does."""
        self._session: PromptSession[str] = PromptSession(
            history=_history(),
            completer=SessionCompleter(desk),
            complete_while_typing=True,
            reserve_space_for_menu=MENU_ROWS,
            multiline=True,
            prompt_continuation=lambda width, number, soft: "" if soft else " " * (width - 2) + "· ",
            key_bindings=_bindings(self._clear, lambda: self.suspend()),
            bottom_toolbar=self._toolbar,
            style=STYLE,
            output=create_output(conversing()),
        )

    def read(self, asked: str, on_start: Callable[[], None] | None = None) -> str:
        """One problem or command, without blanks around it. Raises `EOFError` for Ctrl-D, `KeyboardInterrupt` for Ctrl-C."""
        self.cleared = False
        return self._session.prompt(asked, pre_run=on_start).strip()

    def receive(self, typed: bytes) -> None:
        """What was typed before the next prompt stands at it, to be looked at: nobody saw it, so none of it is obeyed yet."""
        presses: list[KeyPress] = []
        Vt100Parser(presses.append).feed_and_flush(typed.decode("utf-8", "surrogateescape").strip("\r\n"))
        for press in presses:
            if press.key in ENTERS:
                store_typeahead(self._session.input, [KeyPress(Keys.Escape), KeyPress(Keys.ControlM)])
            elif press.key == Keys.ControlI:  # of a paste: who sees no line completes none
                store_typeahead(self._session.input, [KeyPress("\t")])
            elif press.key in EDITING or not isinstance(press.key, Keys):
                store_typeahead(self._session.input, [press])

    def refresh(self) -> None:
        """Shows the status bar anew; from any thread."""
        if self._session.app.is_running:
            self._session.app.invalidate()

    def _clear(self) -> None:
        self.cleared = True
        self._session.default_buffer.reset()

    def _toolbar(self) -> StyleAndTextTuples:
        desk, columns = self._desk, get_app().output.get_size().columns
        last = f"last: {desk.result.status}" if desk.result else ""
        settings = desk.settings
        budget = f"{settings.effort}: {desk.budget}" if columns >= 90 else settings.effort
        files = counted(len(desk.files), "file") if desk.files else ""
        rest = joined((last, budget, files))
        status = cut(one_line(desk.loading.status), max(16, columns - 4 - len(rest)))
        return [("", cut(joined((status, rest)), columns - 1))]


def _bindings(clear: Callable[[], None], suspend: Callable[[], None]) -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("enter", filter=~is_searching)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.is_cursor_at_the_end and buffer.text.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @bindings.add("escape", "enter", filter=~is_searching)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @bindings.add("tab", filter=~is_searching)
    def _(event: KeyPressEvent) -> None:
        """A single completion at once, without the menu: it may not be there yet."""
        buffer = event.current_buffer
        chosen = buffer.complete_state is not None and buffer.complete_state.current_completion is not None
        offered = list(buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True)))
        if len(offered) == 1 and not chosen:
            buffer.apply_completion(offered[0])
        elif buffer.complete_state is not None:
            buffer.complete_next()
        else:
            buffer.start_completion(insert_common_part=True)

    @bindings.add("c-c", filter=~is_searching)
    def _(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            clear()
        else:
            event.app.exit(exception=KeyboardInterrupt)

    @bindings.add("c-z", filter=~is_searching)
    def _(event: KeyPressEvent) -> None:
        run_in_terminal(suspend)

    return bindings


class _LenientHistory(FileHistory):
    """A disk that fails, or a file that cannot be read, costs the history, not the session."""

    def load_history_strings(self) -> Iterable[str]:
        try:
            yield from super().load_history_strings()
        except OSError:
            return

    def store_string(self, string: str) -> None:
        try:
            super().store_string(string)
        except OSError:
            return


def _history() -> History:
    try:
        folder = data_folder()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "history").touch()
        return _LenientHistory(str(folder / "history"))
    except (OSError, MachineError):
        return InMemoryHistory()
