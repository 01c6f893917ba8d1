"""What a solve needs of this machine, opened in order and closed again: model, engine, sandbox, and the way to stop them."""

import secrets
import signal
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from types import FrameType
from typing import TYPE_CHECKING

from agent import attempts, events
from agent.config import Settings
from agent.driver import Driver
from agent.engine.request import BRANCHES, Engine, Interrupted, Progress
from agent.errors import UsageError
from agent.events import Sink
from agent.places import cache_folder
from agent.search import Budget
from tools.sandbox import Sandbox

if TYPE_CHECKING:
    from agent.models import Model


Handler = Callable[[int, FrameType | None], object] | int | None


class Interrupt:
    """Ctrl-C, SIGTERM or a closed terminal as a flag that engine and loop heed; a second Ctrl-C is a `KeyboardInterrupt`."""

    def __init__(self) -> None:
        self.flag = Flag()
        self.engine: Engine | None = None
        self._before: dict[int, Handler] = {}
        self.told_to_end = False
        """Whether it was a signal that ends the program, not the solve alone."""

    def set(self) -> None:
        """As a first Ctrl-C; from any thread."""
        self.flag.set()
        if self.engine is not None:
            self.engine.interrupt()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            self.told_to_end = True
            self._before[number] = signal.SIG_IGN  # kernel and shell both tell of a closed terminal, `timeout` tells twice, too
        elif self.flag.is_set():
            raise KeyboardInterrupt
        self.set()

    @contextmanager
    def heeded(self) -> Generator[None]:
        """While it is entered the signals are its own; only the main thread has signals, in others it changes nothing.

        One that told to end is ignored afterwards: the answer is still to be put out.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        ours = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._before = {number: signal.getsignal(number) for number in ours if signal.getsignal(number) != signal.SIG_IGN}
        try:
            _handle(dict.fromkeys(self._before, self._on_signal))
            yield
        finally:
            _handle(self._before)

    @contextmanager
    def lifted(self) -> Generator[None]:
        """Within `heeded`: the signals are meanwhile what they were before it."""
        try:
            _handle(self._before)
            yield
        finally:
            _handle(dict.fromkeys(self._before, self._on_signal))


def _handle(handlers: Mapping[int, Handler]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Machine:
    """An open engine and sandbox with the driver over them."""

    engine: Engine
    sandbox: Sandbox
    driver: Driver
    interrupt: Interrupt


@contextmanager
def opened(settings: Settings, emit: Sink, interrupt: Interrupt, *, width: int) -> Generator[Machine]:
    """Finds or downloads the model, loads it, starts the sandbox. Raises `MachineError`, `SandboxError` or `UsageError`.

    An interrupt on the way raises `KeyboardInterrupt`. What it needs is imported here: the model's and the sandbox's libraries
    take longer than the whole rest, and a session shows its prompt first.
    """
    from agent.engine.engine import open_engine
    from tools.choose import open_sandbox

    with ExitStack() as stack:
        wanted = wanted_model(settings.model)
        sandbox = stack.enter_context(open_sandbox(settings.sandbox, told(emit, "permille"), registry=settings.registry))
        if sandbox.why:
            emit(events.Notice(sandbox.why))
        name, path = model_file(wanted, told(emit, "bytes"))
        with interrupt.heeded(), _as_keyboard_interrupt():
            engine = open_engine(
                path,
                name=name,
                gpu_layers=settings.gpu_layers,
                width=width,
                progress=told(emit, "permille"),
                stop=interrupt.flag,
                prefixes=cache_folder() / "prefixes",
            )
            stack.enter_context(engine)
            interrupt.engine = engine
            if interrupt.flag.is_set():
                raise KeyboardInterrupt
            engine.prepare(attempts.head())
        for notice in engine.notices:
            emit(events.Notice(notice))
        yield Machine(engine, sandbox, Driver(engine, sandbox), interrupt)
        interrupt.engine = None


@contextmanager
def _as_keyboard_interrupt() -> Generator[None]:
    try:
        yield
    except Interrupted:
        raise KeyboardInterrupt from None


def wanted_model(name: str) -> "Model | Path":
    """A catalogue's model or a whole GGUF file; `auto`: what suits this machine's memory."""
    from agent import models
    from agent.engine.llama import gpus
    from agent.engine.placement import free_memory
    from agent.gguf import verify_gguf

    if name == "auto":
        return models.choose(free_memory(), max((free for _, free in gpus()), default=0))
    found = models.find(name)
    if isinstance(found, Path):
        verify_gguf(found)
    return found


def model_file(wanted: "Model | Path", progress: Progress) -> tuple[str, Path]:
    """The model's name and its file, pulled if it is not on disk."""
    from agent import downloads

    if isinstance(wanted, Path):
        return wanted.stem, wanted
    return wanted.name, downloads.pull(wanted, progress)


def require_branches(settings: Settings, side_by_side: int) -> None:
    """Raises `UsageError` where so many problems at once would have more branches than the engine can decode together."""
    wanted = settings.width * side_by_side
    if wanted > BRANCHES:
        told = f"--parallel {side_by_side} times --width {settings.width} are {wanted:,} branches at once"
        raise UsageError(f"{told}; llama.cpp takes {BRANCHES} at most: make one of them smaller")


def budget_of(settings: Settings) -> Budget:
    """What was given holds; what an effort alone says is fitted to the machine's speed once that is known."""
    preset = settings.budget
    by_speed = settings.tokens is None and settings.attempts is None
    return Budget(preset.seconds, preset.tokens, preset.attempts, preset.lead, by_speed)


def seed_of(settings: Settings) -> int:
    """The seed that was given, or a fresh one, which the result names."""
    return secrets.randbelow(2**31) if settings.seed is None else settings.seed


def told(emit: Sink, unit: events.Unit) -> Progress:
    """Progress as events."""
    return lambda what, done, total: emit(events.Progressed(what, done, total, unit))
