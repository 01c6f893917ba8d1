"""The machine of a session, opened in a thread of its own while the user reads and types."""

import threading
from collections.abc import Callable
from contextlib import ExitStack

from agent.config import Settings
from agent.events import Event, Notice, Progressed, Sink
from agent.machine import Interrupt, Machine, opened
from agent.text import amount

LOOK = 0.1
"""Seconds between two looks at how far it is, while somebody waits for it."""


GRACE = 10.0
"""Seconds that what is being opened has to give up; what hangs longer (a Docker engine, say) ends with the process."""


class Loading:
    """One attempt to open what `settings` ask for. `start` it, `wait` for it, `close` it: all from the main thread."""

    def __init__(self, settings: Settings, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called from the thread whenever `status` has changed."""
        self._settings, self._changed = settings, changed
        self._interrupt = Interrupt()
        self._open = ExitStack()
        self._thread = threading.Thread(target=self._load, name="loading", daemon=True)
        self._ended = threading.Event()
        self._machine: Machine | None = None
        self._fault: BaseException | None = None
        self._lock = threading.Lock()
        self._untold: list[Event] = []
        self._progress: Progressed | None = None

    @property
    def failed(self) -> bool:
        return self._fault is not None

    @property
    def status(self) -> str:
        """In a few words: what is under way, what is loaded, or what went wrong."""
        if self._fault is not None:
            return f"not ready: {self._fault}"
        if self._machine is not None:
            machine = self._machine
            return f"{machine.engine.name} on {machine.engine.device} · {machine.sandbox.name}"
        going = self._progress
        return f"{going.what} {amount(going.done, going.total, going.unit)}" if going else "starting"

    def start(self) -> None:
        if not self._thread.ident:
            self._thread.start()

    def wait(self, tell: Sink) -> Machine:
        """The open machine, with its progress told meanwhile. Raises what opening it raised.

        A `KeyboardInterrupt` ends the waiting, not the loading.
        """
        self.start()
        while not self._ended.wait(LOOK):
            self._pass_on(tell)
        self._pass_on(tell)
        if self._fault is not None:
            raise self._fault
        assert self._machine is not None
        return self._machine

    def nudge(self) -> None:
        """Ends the step of a solve under way, if there is one; from any thread. What still loads goes on."""
        if self._machine is not None:
            self._machine.engine.interrupt()

    def close(self) -> None:
        """Closes what is open; what is still being opened is given up."""
        self._interrupt.set()
        if self._thread.ident:
            self._thread.join(GRACE)
        if not self._thread.is_alive():
            self._open.close()

    def _load(self) -> None:
        try:
            self._machine = self._open.enter_context(
                opened(self._settings, self._hear, self._interrupt, width=self._settings.width)
            )
        except BaseException as fault:  # it is raised where somebody waits for it
            self._fault = fault
        self._ended.set()
        self._changed()

    def _hear(self, event: Event) -> None:
        if self._interrupt.flag.is_set():
            raise KeyboardInterrupt  # as a signal would end what is under way in the main thread
        with self._lock:
            self._progress = event if isinstance(event, Progressed) else self._progress
            self._untold = [said for said in self._untold if isinstance(said, Notice)] + [event]
        self._changed()

    def _pass_on(self, tell: Sink) -> None:
        with self._lock:
            untold, self._untold = self._untold, []
        for event in untold:
            tell(event)
