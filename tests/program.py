"""The real program as its users run it: a process of its own, in a home of its own, with the small real model."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from tests.together import Together
from tools import docker as boxes
from tools.choose import status
from tools.sandbox import SandboxError

PONDER = Path(sys.executable).with_name("ponder")
ADD = "Write a Python function add(a, b) that adds two numbers."
"""SmolLM2 answers it with a program; whether that is right is up to the check that a test gives."""
PATIENCE = 60.0
"""Seconds after which a process is taken to hang; no test measures time by it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process left: exit status and both streams."""

    status: int
    out: str
    err: str


@dataclass(slots=True)
class Ponder:
    """Runs `ponder` in `folder`, where its settings, runs and working directory lie; models are the user's."""

    folder: Path
    environment: dict[str, str]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    def __call__(self, *arguments: str | Path | bytes, given: bytes | None = None, **changes: str | None) -> Ended:
        """Runs to the end; `given` is standard input. Whatever the status: no traceback, and no container left."""
        process = self.start(*arguments, stdin=subprocess.DEVNULL if given is None else subprocess.PIPE, **changes)
        return ended(process, given)

    def each(self, *commands: tuple[str | Path, ...]) -> list[Ended]:
        """As many at once as there are processors; for commands that only look, or that mind no other."""
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return list(threads.map(lambda command: self(*command), commands))

    def start(
        self,
        *arguments: str | Path | bytes,
        stdin: int | IO[Any] = subprocess.DEVNULL,
        stdout: int | IO[Any] = subprocess.PIPE,
        command: tuple[str | Path, ...] = (PONDER,),
        **changes: str | None,
    ) -> subprocess.Popen[bytes]:
        """`changes` to the environment; None takes a variable away."""
        environment = {name: value for name, value in (self.environment | changes).items() if value is not None}
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=environment,
            preexec_fn=heeds_signals,
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()


def heeds_signals() -> None:
    """A test run in the background ignores Ctrl-C, one under `nohup` the end of its terminal; children inherit that."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def ended(process: subprocess.Popen[bytes], given: bytes | None = None) -> Ended:
    """Waits for the end. A stream that the test took itself is empty here."""
    try:
        out, err = process.communicate(given, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"{process.args} does not end; it said {err.decode(errors='replace')[-2000:]}")
    result = Ended(process.returncode, (out or b"").decode(), (err or b"").decode())
    assert "Traceback" not in result.err
    assert "Exception ignored" not in result.err
    assert eventually(lambda: containers(process.pid) == []), f"containers left by {process.args}"
    return result


def eventually(holds: Callable[[], bool], seconds: float = PATIENCE / 2) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def heard(process: subprocess.Popen[bytes], word: str) -> str:
    """What came on standard error up to the first line that holds `word`."""
    assert process.stderr is not None
    said = ""
    while word not in said:
        line = process.stderr.readline().decode()
        assert line, f"it ended (status {process.wait(PATIENCE)}) without saying {word!r}: {said}"
        said += line
    return said


def containers(pid: int) -> list[str]:
    """Containers of the ponder with that process id, running or not; none where no engine answers."""
    try:
        client = boxes.connect()
    except SandboxError:
        return []
    with client.api:
        owner = boxes.owner_of(pid).rpartition(":")[0] + ":"
        found = client.api.containers(all=True, filters={"label": boxes.LABEL})
        return [one["Id"] for one in found if str(one["Labels"].get(boxes.OWNER)).startswith(owner)]


@pytest.fixture(scope="session")
def sandbox_name() -> str:
    """Docker where its engine answers, else bubblewrap."""
    working = [one.name for one in status() if one.works]
    if not working:
        pytest.skip("; ".join(one.detail for one in status()))
    return working[0]


@pytest.fixture(scope="session")
def environment(smollm2_path: Path, sandbox_name: str) -> dict[str, str]:
    """A small budget and a fixed seed for everything; flags of single tests override it."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PONDER_") and name != "COLUMNS"}
    kept = {name: os.environ[name] for name in ("PONDER_MODELS", "PONDER_CACHE") if name in os.environ}
    given = {"MODEL": str(smollm2_path), "SANDBOX": sandbox_name, "SEED": "1", "TOKENS": "300", "TIME": "45"}
    return mine | kept | {f"PONDER_{name}": value for name, value in given.items()}


def at_home(folder: Path, environment: dict[str, str]) -> Ponder:
    home = {"PONDER_DATA": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
    return Ponder(folder, environment | home)


@pytest.fixture
def ponder(tmp_path: Path, environment: dict[str, str]) -> Iterator[Ponder]:
    program = at_home(tmp_path, environment)
    yield program
    program.close()


@pytest.fixture(scope="module")
def lasting_ponder(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Ponder]:
    """One home for all tests of a module, for what they only look at."""
    program = at_home(tmp_path_factory.mktemp("home"), environment)
    yield program
    program.close()


class Cases:
    """Cases of tests, as many at once as there are processors, each in a home of its own."""

    def __init__(self, opened: Callable[[], Ponder]) -> None:
        self._opened, self._homes = opened, list[Ponder]()
        self._threads = ThreadPoolExecutor(os.cpu_count())
        self._together = Together()

    def result(self, request: pytest.FixtureRequest, act: Callable[..., Any]) -> Any:
        def begin(case: Mapping[str, Any]) -> Future[Any]:
            self._homes.append(self._opened())
            return self._threads.submit(act, self._homes[-1], **case)

        return self._together.result(request, begin)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        for home in self._homes:
            home.close()


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Cases]:
    opened = Cases(lambda: at_home(tmp_path_factory.mktemp("home"), environment))
    yield opened
    opened.close()


Beside = Callable[[Callable[..., Any]], Any]


@pytest.fixture
def beside(request: pytest.FixtureRequest, cases: Cases) -> Beside:
    """Calls a function with a `Ponder` and the parameters of each case of the test, side by side; gives this case's result."""
    return lambda act: cases.result(request, act)
