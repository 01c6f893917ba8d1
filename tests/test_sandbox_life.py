"""What becomes of boxes when they, their worker or their owner die: nothing is left, and a run is repeated once."""

import contextlib
import http.server
import json
import os
import platform
import resource
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.sandboxes import sandbox  # noqa: F401  (a fixture)
from tools import box, bubblewrap, harness
from tools import docker as boxes
from tools.bubblewrap import BubblewrapSandbox
from tools.choose import open_sandbox, status
from tools.lanes import Lanes
from tools.sandbox import Limits, Run, SandboxError, State

# ruff: noqa: F811

SLOW = Run("import time\ntime.sleep(1.5)\nprint('done')")
OWNER = """
import sys, time
from tools.choose import open_sandbox
from tools.sandbox import Run
sandbox = open_sandbox(sys.argv[1], lanes=1)
sandbox.submit(Run("print(1)")).result()
sandbox.submit(Run("import time; time.sleep(60)"))
time.sleep(0.3)
print("ready", flush=True)
time.sleep(60)
"""


def containers(engine: Any, owner: str) -> list[str]:
    found = engine.api.containers(all=True, filters={"label": f"{boxes.OWNER}={owner}"})
    return [container["Id"] for container in found]


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def children(pid: int) -> list[int]:
    """The boxes that a process has started, by the kernel's own name: `ps` cuts a long path at `$COLUMNS`."""
    listing = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line.split()[0]) for line in listing.splitlines() if line.split()[1] == "bwrap"]


def kill_boxes(sandbox: Lanes) -> int:
    """From outside, as the machine or its administrator could; says how many."""
    if sandbox.name == "docker":
        client = boxes.connect()
        with client.api:
            doomed = containers(client, boxes.owner())
            for identity in doomed:
                client.api.kill(identity)
            return len(doomed)
    running = children(os.getpid())
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    return len(running)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def waiting(sandbox: Lanes) -> list[int]:
    """The processes of its boxes that have none below them, in the order of their births."""
    if sandbox.name == "docker":
        client = boxes.connect()
        with client.api:
            tops = [client.api.top(identity)["Processes"] for identity in containers(client, boxes.owner())]
        inside = {int(row[1]) for top in tops for row in top}
    else:
        inside = {os.getpid()}
    parents = dict[int, int]()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(process.name)] = parent_of(int(process.name))
    while more := {pid for pid, parent in parents.items() if parent in inside} - inside:
        inside |= more
    return sorted(inside - set(parents.values()) - {os.getpid()})


@contextlib.contextmanager
def may_reach() -> Iterator[None]:
    try:
        yield
    except PermissionError:
        pytest.skip("only root may reach what is in a container")


def end_from_outside(pid: int) -> None:
    """As the kernel does where the machine runs out of memory."""
    with may_reach():
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: is_dead(pid))


def is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"  # a parent that is stopped reaps none
    except OSError:
        return True


class Passage:
    """A socket that leads to the engine's, until it is cut: to a client, the engine is gone then. While `flows` is not set, it
    takes what is sent, and nothing comes of it: the engine was stopped.
    """

    def __init__(self, engine: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self._folder.name, "engine.sock")
        self._engine, self._ends = engine, list[socket.socket]()
        self.flows = threading.Event()
        self.flows.set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._listener.accept()
                theirs = socket.socket(socket.AF_UNIX)
                theirs.connect(self._engine)
                self._ends += [ours, theirs]
                for source, target in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=_carry, args=(source, target, self.flows), daemon=True).start()

    def cut(self) -> None:
        for end in [self._listener, *self._ends]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        os.unlink(self.path)

    def __enter__(self) -> "Passage":
        return self

    def __exit__(self, *exc: object) -> None:
        self.flows.set()
        for end in [self._listener, *self._ends]:
            end.close()
        self._folder.cleanup()


def _carry(source: socket.socket, target: socket.socket, flows: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            flows.wait()
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_a_box_killed_from_outside_is_replaced_and_the_run_repeated(sandbox: Lanes) -> None:
    sandbox.submit(Run("")).result()
    running = sandbox.submit(SLOW)
    time.sleep(0.5)
    assert kill_boxes(sandbox) == 1
    assert running.result(30).stdout == "done\n"


@pytest.mark.parametrize("which", [0, 1])
def test_a_process_that_was_ended_while_it_waited_for_its_job_is_no_fault_of_the_program(sandbox: Lanes, which: int) -> None:
    """A right program was scored as wrong after the machine had run out of memory."""
    run = harness.tests_run("def double(x): return 2 * x", "assert double(2) == 4")
    assert sandbox.submit(run).result().succeeded
    assert eventually(lambda: len(waiting(sandbox)) == 2)
    end_from_outside(waiting(sandbox)[which])
    assert sandbox.submit(run).result().succeeded


@pytest.mark.parametrize("which", [0, 1])
def test_such_an_end_is_seen_though_its_parent_comes_to_it_when_the_job_is_at_work(sandbox: Lanes, which: int) -> None:
    """It was dated by its parent's leave of it: on a busy machine that came after the job, and a right program was wrong."""
    run = harness.tests_run("def double(x): return 2 * x", "assert double(2) == 4")
    assert sandbox.submit(run).result().succeeded
    assert eventually(lambda: len(waiting(sandbox)) == 2)
    victim = waiting(sandbox)[which]
    parent = parent_of(victim)
    with may_reach():
        os.kill(parent, signal.SIGSTOP)
    try:
        end_from_outside(victim)
        running = sandbox.submit(run)
        time.sleep(0.3)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(parent, signal.SIGCONT)
    assert running.result().succeeded


def test_an_interpreter_that_was_ended_while_it_waited_is_rebuilt(sandbox: Lanes) -> None:
    state = sandbox.submit(Run("x = 41", state=State())).result().state
    before = set(waiting(sandbox))
    state = sandbox.submit(Run("y = x + 1", state=state)).result().state
    (interpreter,) = set(waiting(sandbox)) - before
    end_from_outside(interpreter)
    assert sandbox.submit(Run("print(x, y)", state=state)).result().stdout == "41 42\n"


def test_where_no_interpreter_can_be_forked_that_is_the_machines_failure(sandbox: Lanes) -> None:
    """The cell had failed, and nothing said why."""
    before = set(waiting(sandbox))
    assert sandbox.submit(Run("", state=State())).result().succeeded
    (interpreter,) = set(waiting(sandbox)) - before
    with may_reach():
        resource.prlimit(parent_of(interpreter), resource.RLIMIT_NOFILE, (0, 0))
    assert sandbox.submit(Run("print(2)", state=State())).result().stdout == "2\n"


def test_a_box_lost_twice_is_the_machines_failure(sandbox: Lanes) -> None:
    sandbox.submit(Run("")).result()
    running = sandbox.submit(Run("import time\ntime.sleep(8)"))
    while not running.done():
        time.sleep(0.3)
        kill_boxes(sandbox)
    with pytest.raises(SandboxError, match="lost its worker twice"):
        running.result(30)
    assert sandbox.submit(Run("print(1)")).result().stdout == "1\n"


@pytest.mark.parametrize("choice", ["docker", "bubblewrap"])
def test_a_run_that_meets_a_lost_box_is_not_tried_in_another_lost_one(choice: Any) -> None:
    try:
        opened = open_sandbox(choice, lanes=2)
    except SandboxError as error:
        pytest.skip(str(error))
    with opened:
        for running in [opened.submit(Run("import time\ntime.sleep(0.5)")) for _ in range(2)]:
            running.result()
        assert kill_boxes(opened) >= 2
        assert opened.submit(Run("print(1)")).result().stdout == "1\n"


def test_a_run_that_is_cancelled_before_its_turn_is_not_run(sandbox: Lanes) -> None:
    running, waiting = sandbox.submit(Run("import time\ntime.sleep(0.5)")), sandbox.submit(Run("print(2)"))
    assert waiting.cancel()
    assert running.result().succeeded
    assert sandbox.submit(Run("print(3)")).result().stdout == "3\n"


@pytest.mark.parametrize("choice", ["docker", "bubblewrap"])
def test_closing_in_mid_run_leaves_nothing(choice: Any) -> None:
    others = children(os.getpid())
    try:
        opened = open_sandbox(choice)
    except SandboxError as error:
        pytest.skip(str(error))
    opened.submit(Run("")).result()
    endless = Run("import time\ntime.sleep(600)", limits=Limits(seconds=600))
    running = [opened.submit(endless) for _ in range(3)]
    time.sleep(0.3)
    closer = threading.Thread(target=opened.close)
    closer.start()
    for future in running:
        with pytest.raises(SandboxError, match="closed"):
            future.result(10)
    closer.join()
    opened.close()
    with pytest.raises(SandboxError, match="closed"):
        opened.submit(Run("")).result(1)
    if choice == "docker":
        client = boxes.connect()
        with client.api:
            assert eventually(lambda: containers(client, boxes.owner()) == [])
    else:
        assert eventually(lambda: children(os.getpid()) == others)


class Endless:
    """A worker that is busy until it is killed."""

    def __init__(self) -> None:
        self.begun, self._killed = threading.Event(), threading.Event()

    def run(self, run: Run) -> object:
        self.begun.set()
        self._killed.wait()
        raise box.Lost("it was killed")

    def cell(self, run: Run, origin: int, number: int) -> object:
        return self.run(run)

    def kill(self) -> None:
        self._killed.set()


@pytest.mark.parametrize("state", [None, State()])
def test_no_box_is_started_for_a_lane_that_was_closed(state: State | None) -> None:
    """At Ctrl-C each busy lane started a container, which was killed as soon as it was there."""
    started: list[Endless] = []

    def start(_: box.Kind) -> Any:
        started.append(Endless())
        return started[-1]

    threads = set(threading.enumerate())
    opened = Lanes("docker", start, 1)
    running = opened.submit(Run("", state=state))
    assert eventually(lambda: bool(started))
    started[0].begun.wait()
    opened.close()
    with pytest.raises(SandboxError, match="closed"):
        running.result()
    for thread in set(threading.enumerate()) - threads:
        thread.join()
    assert len(started) == 1


@pytest.mark.parametrize("choice", ["docker", "bubblewrap"])
def test_the_box_of_a_killed_owner_ends(choice: str, request: pytest.FixtureRequest) -> None:
    if not next(one for one in status() if one.name == choice).works:
        pytest.skip(f"{choice} does not work here")
    owner = subprocess.Popen([sys.executable, "-c", OWNER, choice], stdout=subprocess.PIPE, text=True)
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        if choice == "docker":
            client = request.getfixturevalue("engine")
            name = boxes.owner_of(owner.pid)
            assert len(containers(client, name)) == 1
            owner.kill()
            assert eventually(lambda: containers(client, name) == [])
        else:
            mine = children(owner.pid)
            assert mine
            owner.kill()
            assert eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in mine))


@pytest.mark.docker
def test_an_engine_that_goes_away_in_mid_run_is_the_machines_failure(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not address.startswith("unix://"):
        pytest.skip(f"the engine is not on this machine: {address}")
    with Passage(address.removeprefix("unix://")) as passage:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{passage.path}")
        with boxes.DockerSandbox(lanes=1) as opened:
            assert opened.submit(Run("print(1)")).result(30).succeeded
            running = opened.submit(Run("import time\ntime.sleep(20)", limits=Limits(seconds=30)))
            time.sleep(0.3)
            assert len(containers(engine, boxes.owner())) == 1
            passage.cut()
            with pytest.raises(SandboxError, match="docker info shows the engine's state"):
                running.result(10)
            with pytest.raises(SandboxError):
                opened.submit(Run("print(1)")).result(10)
        # Its standard input has ended with the passage, and it with that.
        assert eventually(lambda: containers(engine, boxes.owner()) == [])


@pytest.mark.docker
def test_an_engine_that_is_stopped_in_mid_run_is_the_machines_failure(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call to it waited for a minute, and the container that was asked for last was made, and stayed, when it went on."""
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not address.startswith("unix://"):
        pytest.skip(f"the engine is not on this machine: {address}")
    monkeypatch.setattr(boxes, "_PATIENCE", 1.0)
    monkeypatch.setattr(boxes, "_LAST_PATIENCE", 0.5)
    monkeypatch.setattr(box, "_PATIENCE", 1.0)
    with Passage(address.removeprefix("unix://")) as passage:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{passage.path}")
        with boxes.DockerSandbox(lanes=1) as opened:
            assert opened.submit(Run("print(1)")).result(30).succeeded
            running = opened.submit(Run("import time\ntime.sleep(9)", limits=Limits(seconds=1)))
            time.sleep(0.3)
            passage.flows.clear()
            with pytest.raises(SandboxError, match=r"timed out.*docker info shows the engine's state"):
                running.result(20)
            with pytest.raises(SandboxError, match="no Docker engine answers"):
                boxes.connect()
        passage.flows.set()
        assert eventually(lambda: containers(engine, boxes.owner()) == [])


@pytest.mark.docker
def test_leftovers_of_dead_owners_are_swept_and_no_others(engine: Any) -> None:
    with boxes.DockerSandbox(lanes=1) as mine:
        assert mine.submit(Run("print(1)")).result().succeeded
        image = mine.image
        place = boxes.owner().split(":")[0]
        dead = {boxes.LABEL: "1", boxes.OWNER: f"{place}:4194000:1"}
        reused = {boxes.LABEL: "1", boxes.OWNER: f"{place}:{os.getpid()}:1"}
        elsewhere = {boxes.LABEL: "1", boxes.OWNER: "another-host:1:1"}
        made = [
            engine.containers.create(image, ["true"], entrypoint=["true"], labels=labels)
            for labels in (dead, reused, elsewhere)
        ]
        try:
            assert boxes.sweep(engine) == 2
            left = {container["Id"] for container in engine.api.containers(all=True)}
            assert [one.id in left for one in made] == [False, False, True]
            assert mine.submit(Run("print(1)")).result().succeeded
        finally:
            engine.api.remove_container(made[2].id, force=True)


OWNER_ELSEWHERE = """
import sys
from tools import docker as boxes
client = boxes.connect()
print(boxes.owner(), flush=True)
sys.stdin.readline()
boxes.sweep(client)
"""


@pytest.mark.docker
def test_a_box_of_another_process_namespace_is_not_swept(engine: Any) -> None:
    """In a container that shares the engine's socket, the owner of a live box was a process id that nobody had."""
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", OWNER_ELSEWHERE]
    with (
        boxes.DockerSandbox(lanes=1) as mine,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as other,
    ):
        assert mine.submit(Run("print(1)")).result().succeeded
        told, _ = other.communicate("\n")
        if other.returncode:
            pytest.skip("no process namespace can be made here")
        assert told.split(":")[0] != boxes.owner().split(":")[0]
        assert len(containers(engine, boxes.owner())) == 1


@pytest.mark.docker
def test_what_others_left_is_swept_where_it_has_not_run_for_long(engine: Any) -> None:
    with boxes.DockerSandbox(lanes=1) as mine:
        labels = {boxes.LABEL: "1", boxes.OWNER: "another-host:1:1"}
        program = {"entrypoint": ["sleep"], "command": ["60"], "labels": labels, "network_mode": "none"}
        left, runs = (engine.containers.create(mine.image, **program) for _ in range(2))
        try:
            runs.start()
            assert eventually(lambda: boxes.sweep(engine, forgotten=1.0) > 0)
            there = {container["Id"] for container in engine.api.containers(all=True)}
            assert [one.id in there for one in (left, runs)] == [False, True]
        finally:
            for one in (left, runs):
                with contextlib.suppress(Exception):
                    engine.api.remove_container(one.id, force=True)


def test_two_lanes_work_side_by_side() -> None:
    try:
        opened = BubblewrapSandbox(lanes=2)
    except SandboxError as error:
        pytest.skip(str(error))
    with opened, ThreadPoolExecutor(4) as threads:
        run = Run("import os\nopen('mine', 'x').close()\nprint(os.listdir('.'))")
        outcomes = [future.result() for future in list(threads.map(lambda _: opened.submit(run), range(20)))]
    assert {outcome.stdout for outcome in outcomes} == {"['mine']\n"}


def test_no_engine_names_the_mend_and_bubblewrap_steps_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    with pytest.raises(SandboxError, match=r"no Docker engine answers.*start it"):
        open_sandbox("docker")
    assert not status()[0].works
    try:
        BubblewrapSandbox(lanes=1).close()
    except SandboxError as error:
        pytest.skip(str(error))
    with open_sandbox("auto") as opened:
        assert opened.name == "bubblewrap"
        assert opened.why is not None
        assert "so bubblewrap serves" in opened.why


class RefusingEngine(socketserver.ThreadingUnixStreamServer):
    """Answers as Docker's does, has every image but the one that it `lacks`, and makes no container."""

    daemon_threads = True

    class _Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "/images/" in self.path and self.path.endswith(f"/{self.server.lacks}/json"):  # type: ignore[attr-defined]
                self._say(404, {"message": "No such image"})
            elif "/images/" in self.path:
                self._say(200, {"Id": "sha256:0", "RepoTags": []})
            elif self.path.endswith("/containers/json") or "/containers/json?" in self.path:
                self._say(200, [])
            else:
                self._say(200, {"ApiVersion": "1.41", "Version": "0"})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._say(500, {"message": "no cgroup to put it in"})

        def _say(self, status: int, message: object) -> None:
            data = json.dumps(message).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    def __init__(self, path: str, *, lacks: str = "") -> None:
        self.lacks = lacks
        super().__init__(path, self._Handler)


def test_an_engine_that_can_start_no_container_is_not_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was chosen because it answered, and the first program ended the solve."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    with RefusingEngine(f"{tmp_path}/engine.sock") as refusing:
        serving = threading.Thread(target=refusing.serve_forever)
        serving.start()
        try:
            assert not status()[0].works
            with boxes.DockerSandbox(lanes=1) as named, pytest.raises(SandboxError, match="no cgroup to put it in"):
                named.submit(Run("print(1)")).result()
            try:
                opened = open_sandbox("auto", lanes=1)
            except SandboxError as error:
                pytest.skip(str(error))
            with opened:
                assert opened.name == "bubblewrap"
                assert opened.why == "a container cannot be started (no cgroup to put it in), so bubblewrap serves"
        finally:
            refusing.shutdown()
            serving.join()


@pytest.mark.docker
def test_the_box_by_which_docker_was_chosen_is_used(engine: Any) -> None:
    try:
        opened = open_sandbox("auto", lanes=1)
    except SandboxError as error:
        pytest.skip(str(error))
    with opened:
        if opened.name != "docker":
            pytest.skip(str(opened.why))
        first = containers(engine, boxes.owner())
        assert len(first) == 1
        assert opened.submit(Run("print(1)")).result().succeeded
        assert containers(engine, boxes.owner()) == first


def test_another_bwrap_is_tried_where_one_may_make_no_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ubuntu lets programs with a profile alone: the packaged one has none, the system's may have."""
    try:
        BubblewrapSandbox(lanes=1).close()
    except SandboxError as error:
        pytest.skip(str(error))
    denied = tmp_path / "bwrap"
    denied.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
    denied.chmod(0o755)
    found = bubblewrap.programs()
    monkeypatch.setattr(bubblewrap, "programs", lambda: (denied,))
    with pytest.raises(SandboxError, match=r"uid map: Permission denied"):
        BubblewrapSandbox(lanes=1)
    monkeypatch.setattr(bubblewrap, "programs", lambda: (denied, *found))
    with BubblewrapSandbox(lanes=1) as opened:
        assert opened.submit(Run("print(1)")).result().stdout == "1\n"


def test_what_forbids_namespaces_is_named(tmp_path: Path) -> None:
    setting = tmp_path / "apparmor_restrict_unprivileged_userns"
    assert setting.name not in bubblewrap.mend(setting)
    setting.write_text("1\n")
    assert f"kernel.{setting.name}=0" in bubblewrap.mend(setting)
    setting.write_text("0\n")
    assert setting.name not in bubblewrap.mend(setting)


def test_a_machine_whose_system_calls_are_not_known_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("riscv64" in how for one in status() for _, how in one.not_covered)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert all("riscv64" in one.not_covered[-1][1] for one in status())


WIPING = """
import os, sys
from tools import cleaning
cleaning._TMP, cleaning._WORK, cleaning._SECONDS = sys.argv[1], sys.argv[2], float(sys.argv[3])
for number in range(200):
    os.makedirs(os.path.join(sys.argv[2], str(number), 'in', 'it'))
print(cleaning.wipe(()), os.listdir(sys.argv[2]) == [])
"""


@pytest.mark.parametrize(("seconds", "said"), [("0.001", "False False\n"), ("60", "True True\n")])
def test_what_takes_long_to_remove_is_left_with_its_box(seconds: str, said: str, tmp_path: Path) -> None:
    """The client gave the box up for lost meanwhile, twice, and that ended a whole batch."""
    folders = [tmp_path / "tmp", tmp_path / "work"]
    for folder in folders:
        folder.mkdir()
    command = [sys.executable, "-c", WIPING, *map(str, folders), seconds]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == said


def test_many_runs_leave_no_trace_in_this_process(sandbox: Lanes) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    sandbox.submit(Run("")).result()
    before = descriptors()
    for _ in range(100):
        assert sandbox.submit(Run("print(1)", limits=Limits(seconds=5))).result().stdout == "1\n"
    assert descriptors() <= before
