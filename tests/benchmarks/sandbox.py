"""`make bench-sandbox`: the warm worker against a bare interpreter and a fresh container, all in one run on one machine.

Progress and a table go to standard error; the last line on standard output is one JSON object. Each ratio is taken in turn: one
of ours, one of the other, one of ours. Under `absolute` stand the milliseconds behind the ratios; what could not be taken is
null.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Literal

from tests import attacks
from tests.benchmarks import place
from tools import docker as boxes
from tools import harness
from tools.choose import open_sandbox
from tools.lanes import Lanes
from tools.sandbox import Run, SandboxError, State

KINDS: tuple[Literal["docker", "bubblewrap"], ...] = ("docker", "bubblewrap")
PROGRAM = "print(1)"
INTERPRETER = ("/usr/bin/python3", "-I", "-S", "-c")
CANDIDATE = """
def greatest_common_divisor(a, b):
    while b:
        a, b = b, a % b
    return a
"""
TESTS = "".join(f"assert greatest_common_divisor({6 * n}, {9 * n}) == {3 * n}\n" for n in range(1, 51))
HELD_BYTES = 200 << 20
FIRST_RUN = """
import time
start = time.perf_counter()
from tools.choose import open_sandbox
from tools.sandbox import Run
with open_sandbox({kind!r}, lanes=1) as sandbox:
    assert sandbox.submit(Run("print(1)")).result().stdout == "1\\n"
    print(time.perf_counter() - start)
"""
Step = Callable[[], object]


def main() -> int:
    options = _options()
    where = {"machine": place.machine(), "commit": place.commit()}
    taken = {kind: _taken(kind, options) for kind in KINDS}
    tried = {kind: _attacked(kind, options.attacks) for kind in KINDS}
    report = {**_figures(taken["docker"] or taken["bubblewrap"] or {}), "attacks": tried if any(tried.values()) else None}
    _tell(_table(report))
    sys.stdout.write(json.dumps({**report, **where, "absolute": taken}) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-sandbox", description=__doc__)
    parser.add_argument("--attacks", type=Path, help="a file of hostile programs")
    parser.add_argument("--runs", type=int, default=200, help="of each, in turn")
    parser.add_argument("--in-a-row", type=int, default=2000, help="runs without a break, for what grows")
    return parser.parse_args()


def _taken(kind: Literal["docker", "bubblewrap"], options: argparse.Namespace) -> dict[str, Any] | None:
    """Every figure of one sandbox; None where it cannot run here."""
    _tell(f"{kind}: the first run of a fresh process")
    try:
        open_sandbox(kind, lanes=1).close()
    except SandboxError as error:
        _tell(f"{kind}: not measured: {error}")
        return None
    found: dict[str, Any] = {"first_run_s": [_first_run(kind) for _ in range(5)]}
    with open_sandbox(kind, lanes=1) as sandbox:
        _tell(f"{kind}: {options.runs} programs in turn with a bare interpreter")
        found["worker_ms"], found["bare_ms"] = _in_turn(options.runs, lambda: _run(sandbox), lambda: _bare(PROGRAM))
        _tell(f"{kind}: {options.runs} checks of 50 tests in turn with the same bare")
        check = harness.tests_run(CANDIDATE, TESTS)
        found["check_ms"], found["bare_check_ms"] = _in_turn(
            options.runs, lambda: _check(sandbox, check), lambda: _bare(CANDIDATE + TESTS)
        )
        _tell(f"{kind}: a state of 200 MB, forked")
        found["fork_state_ms"] = _forked_states(sandbox)
        if isinstance(sandbox, boxes.DockerSandbox):
            _tell(f"{kind}: fresh containers in turn with programs")
            found["beside_containers_ms"], found["container_ms"] = _containers(sandbox)
        _tell(f"{kind}: {options.in_a_row} programs in a row")
        found["in_a_row"] = _in_a_row(sandbox, options.in_a_row)
    return found


def _figures(taken: dict[str, Any]) -> dict[str, object]:
    """The figures of the issue's table, from one sandbox's samples in milliseconds and seconds."""
    containers = taken.get("container_ms")
    worker, bare = taken["worker_ms"], taken["bare_ms"]
    return {
        "worker_over_bare": [round(median(worker) / median(bare), 3), round(_late(worker) / _late(bare), 3)],
        "docker_run_over_worker": round(median(containers) / median(taken["beside_containers_ms"]), 1) if containers else None,
        "check_over_bare": round(median(taken["check_ms"]) / median(taken["bare_check_ms"]), 3),
        "first_run_s": round(median(taken["first_run_s"]), 3),
        "fork_state_ms": round(median(taken["fork_state_ms"]), 2),
    }


# Each of these is timed whole, as a caller sees it.


def _run(sandbox: Lanes) -> None:
    outcome = sandbox.submit(Run(PROGRAM)).result()
    assert outcome.stdout == "1\n", outcome


def _check(sandbox: Lanes, check: Run) -> None:
    assert harness.summary(sandbox.submit(check).result()) == harness.TestReport(50, 0, ())


def _bare(program: str) -> None:
    subprocess.run([*INTERPRETER, program], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def _first_run(kind: str) -> float:
    """Seconds from before the import of the sandbox to the first result, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", FIRST_RUN.format(kind=kind)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _forked_states(sandbox: Lanes) -> list[float]:
    """Milliseconds of a cell that does nothing but change one page of what its state holds: fork, cell and reply."""
    held = sandbox.submit(Run(f"held = bytearray(b'1') * {HELD_BYTES}", state=State())).result().state
    assert held is not None
    found: list[float] = []
    for _ in range(20):
        before = time.perf_counter()
        outcome = sandbox.submit(Run("held[0] = 2\nlen(held)", state=held)).result()
        found.append((time.perf_counter() - before) * 1000)
        assert outcome.stdout == f"{HELD_BYTES}\n", outcome
    return found


def _containers(sandbox: boxes.DockerSandbox) -> tuple[list[float], list[float]]:
    """Fresh hardened containers with the same settings, made through the SDK, that run the same program and are removed."""
    client = boxes.connect()
    with client.api:
        settings = boxes.container_settings(sandbox.image)
        return _in_turn(15, lambda: _run(sandbox), lambda: _fresh(client, settings), warm=2)


def _fresh(client: Any, settings: dict[str, Any]) -> None:
    container = client.containers.create(command=[PROGRAM], **{**settings, "stdin_open": False})
    stream = container.attach(stdout=True, stderr=True, stream=True)
    container.start()
    assert b"".join(stream) == b"1\n"


def _in_turn(count: int, ours: Step, theirs: Step, warm: int = 5) -> tuple[list[float], list[float]]:
    """Milliseconds of each, one after the other, `count` times; `warm` rounds go before."""
    found: tuple[list[float], list[float]] = ([], [])
    for turn in range(-warm, count):
        for samples, step in zip(found, (ours, theirs), strict=True):
            before = time.perf_counter()
            step()
            if turn >= 0:
                samples.append((time.perf_counter() - before) * 1000)
    return found


def _in_a_row(sandbox: Lanes, count: int) -> dict[str, object]:
    """What grows while one worker runs `count` programs without a break: time, memory, descriptors, processes, files."""
    _run(sandbox)
    before, samples = _held(sandbox), list[float]()
    for _ in range(count):
        started = time.perf_counter()
        _run(sandbox)
        samples.append((time.perf_counter() - started) * 1000)
    after, part = _held(sandbox), max(1, count // 10)
    return {
        "first_ms": round(median(samples[:part]), 3),
        "last_ms": round(median(samples[-part:]), 3),
        "a_second": round(1000 * count / sum(samples), 1),
        "growth": {name: after[name] - before[name] for name in before},
    }


def _held(sandbox: Lanes) -> dict[str, int]:
    """Of this process, of the machine, and of the box as a program in it sees it. Memory in kB."""
    inside = (
        "import os\nprint(len([n for n in os.listdir('/proc') if n.isdigit()]), len(os.listdir('/work') + os.listdir('/tmp')))"
    )
    box_processes, box_files = map(int, sandbox.submit(Run(inside)).result().stdout.split())
    return {
        "memory_kb": _status("VmRSS"),
        "threads": _status("Threads"),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "machine_processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
        "box_processes": box_processes,
        "box_files": box_files,
    }


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _attacked(kind: Literal["docker", "bubblewrap"], path: Path | None) -> list[int] | None:
    """How many hostile programs of the file were contained, and left nothing behind; and how many were tried."""
    if path is None or not path.is_file():
        _tell(f"{kind}: no hostile programs tried: there is no file {path}" if path else f"{kind}: no file of hostile programs")
        return None
    known = list(attacks.read(path))
    try:
        with open_sandbox(kind, lanes=1) as sandbox:
            _tell(f"{kind}: {len(known)} hostile programs")
            trials = [(attack, attacks.tried(attack, sandbox)) for attack in known]
    except SandboxError as error:
        _tell(f"{kind}: no hostile programs tried: {error}")
        return None
    for attack, trial in trials:
        if not (trial.contained and trial.clean):
            _tell(f"{kind}: not contained: {attack.name}: {trial}")
    return [sum(trial.contained and trial.clean for _, trial in trials), len(trials)]


def _late(samples: Sequence[float]) -> float:
    """The 95th percentile."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * 0.95))]


def _table(report: dict[str, object]) -> str:
    width = max(map(len, report))
    return "\n".join(["", *(f"{name.ljust(width)}  {json.dumps(value)}" for name, value in report.items()), ""])


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
