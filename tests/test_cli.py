"""The command line: streams, exit status, and the commands beside solving, on the real program."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from agent.errors import MachineError, UsageError
from agent.events import Result
from agent.output import deliver
from agent.records import require_writable, write_whole
from tests.program import (  # noqa: F401  (some are fixtures)
    ADD,
    PONDER,
    Beside,
    Ended,
    Ponder,
    beside,
    cases,
    ended,
    environment,
    lasting_ponder,
    ponder,
    sandbox_name,
)

# ruff: noqa: F811

KEYS = ["id", "status", "answer", "code", "confidence", "evidence", "strategy", "attempts", "switches", "backtracks"]
KEYS += ["tokens", "seconds", "model", "sandbox", "seed", "run"]
ANY = ("--check", "true")
NONE = ("--check", "false")


@pytest.fixture(scope="module")
def shown(lasting_ponder: Ponder) -> Ended:
    """A solve as most see it: the answer on standard output, the reasoning as lines beside it."""
    return lasting_ponder(*ANY, ADD)


@pytest.fixture(scope="module")
def result(lasting_ponder: Ponder, shown: Ended) -> dict[str, Any]:
    """The same solve as an object, from standard input."""
    solved = lasting_ponder("--json", "-q", *ANY, given=ADD.encode() + b"\n")
    assert (solved.status, solved.err, solved.out.count("\n")) == (0, "", 1)
    return json.loads(solved.out)


def test_a_verified_answer_ends_with_status_0(shown: Ended, result: dict[str, Any]) -> None:
    assert shown.status == 0
    assert "verified: the check command 'true' exits 0" in shown.err
    assert result["status"] == "verified"
    assert result["evidence"] == ["the check command 'true' exits 0"]


def test_the_object_has_the_contracts_keys_and_no_others(result: dict[str, Any], sandbox_name: str) -> None:
    assert list(result) == KEYS
    assert list(result["tokens"]) == ["prompt", "reused", "generated"]
    assert list(result["seconds"]) == ["total", "model", "sandbox"]
    assert (result["id"], result["seed"], result["sandbox"]) == (None, 1, sandbox_name)
    assert result["model"] == "smollm2-135m-instruct-q4_1"
    assert result["answer"] == result["code"]
    assert 0 < result["confidence"] <= 1
    assert result["tokens"]["prompt"] > 0
    assert result["tokens"]["generated"] > 0


def test_standard_output_carries_the_answer_alone_and_a_seed_repeats_it(shown: Ended, result: dict[str, Any]) -> None:
    assert shown.out == result["answer"] + "\n"
    assert all(line.startswith("[") for line in shown.err.splitlines())


def test_no_accepted_answer_is_status_3_with_the_best_guess(ponder: Ponder, result: dict[str, Any]) -> None:
    spent = ponder("-q", "--json", "--attempts", "1", *NONE, ADD)
    guess = json.loads(spent.out)
    assert (spent.status, guess["status"], guess["answer"]) == (3, "unverified", result["answer"])
    assert guess["confidence"] < result["confidence"]


def test_an_output_file_holds_the_answer_whatever_the_locale(ponder: Ponder) -> None:
    """Python without its own UTF-8 mode, in a locale that knows only ASCII."""
    plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": None, "LANG": None}
    problem = "Écris une fonction Python « añadir(a, b) » : 加算, πρόσθεση 🙂."
    solved = ponder("-o", "añadir.py", *ANY, problem, **plain)
    assert (solved.status, solved.out) == (0, "")
    assert f"problem: {problem}" in solved.err
    assert sorted(path.name for path in ponder.folder.iterdir() if path.is_file()) == ["añadir.py"]
    replayed = ponder("replay", **plain)
    assert replayed.out == (ponder.folder / "añadir.py").read_text(encoding="utf-8")


def test_an_output_file_beside_the_object(ponder: Ponder, result: dict[str, Any]) -> None:
    solved = ponder("-q", "--json", "-o", "add.py", *ANY, ADD)
    assert json.loads(solved.out)["answer"] == result["answer"]
    assert (ponder.folder / "add.py").read_text(encoding="utf-8") == result["answer"].rstrip("\n") + "\n"


def test_without_an_answer_no_file_is_made_and_nothing_is_printed(ponder: Ponder) -> None:
    spent = ponder("-q", "-o", "add.py", "--tokens", "1", "--attempts", "1", *NONE, ADD)
    assert (spent.status, spent.out, spent.err) == (3, "", "")
    assert not (ponder.folder / "add.py").exists()


def test_without_an_answer_a_file_that_was_there_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "before.py").write_text("kept\n")
    require_writable(tmp_path / "before.py")
    deliver(Result(status="failed"), False, tmp_path / "before.py")
    assert (tmp_path / "before.py").read_text() == "kept\n"
    assert capsys.readouterr().out == ""


def test_text_from_a_pipe_is_material_beside_an_argument(ponder: Ponder, result: dict[str, Any]) -> None:
    solved = ponder("-q", "--json", *ANY, "--tokens", "8", ADD, given="Größe: ½ km\n".encode() * 20)
    assert json.loads(solved.out)["tokens"]["prompt"] > result["tokens"]["prompt"] + 100


def test_a_problem_is_read_from_standard_input_where_it_is_a_dash(ponder: Ponder, result: dict[str, Any]) -> None:
    solved = ponder("-q", "--json", *ANY, "-", given=ADD.encode())
    assert json.loads(solved.out)["answer"] == result["answer"]


def test_an_open_and_silent_standard_input_is_not_waited_for(ponder: Ponder, result: dict[str, Any]) -> None:
    """As under a parent that never closes it: cron, CI, an editor."""
    process = ponder.start(*ANY, ADD, stdin=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    said, answer = process.stderr.read().decode(), process.stdout.read().decode()
    assert "note: standard input is open but silent; going on without it" in said
    assert (process.wait(), answer) == (0, result["answer"] + "\n")


def test_closed_streams_are_as_good_as_empty_ones(ponder: Ponder, result: dict[str, Any]) -> None:
    def closed(redirections: str, *arguments: str) -> "subprocess.Popen[bytes]":
        return ponder.start("sh", *arguments, command=("sh", "-c", f'exec "$PONDER" "$@" {redirections}'), PONDER=PROGRAM)

    solves = [closed(redirections, "-q", *ANY, ADD) for redirections in ("<&- 2>&-", ">&-")]
    assert ended(closed("<&-")).status == 2
    solved, unheard = map(ended, solves)
    assert (solved.status, solved.out) == (0, result["answer"] + "\n")
    assert unheard.status == 0


PROGRAM = str(Path(sys.executable).with_name("ponder"))


def test_a_reader_that_goes_away_is_no_error(ponder: Ponder) -> None:
    process = ponder.start("-q", *ANY, ADD)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    solved = ended(process)
    assert (solved.status, solved.err) == (0, "")


def test_a_reader_of_the_reasoning_that_goes_away_does_not_end_the_solve(ponder: Ponder, result: dict[str, Any]) -> None:
    process = ponder.start(*ANY, ADD)
    assert process.stderr is not None
    process.stderr.close()
    process.stderr = None
    solved = ended(process)
    assert (solved.status, solved.out) == (0, result["answer"] + "\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    ("words", "unbuffered"),
    [
        ("config path", None),
        ("config show", None),
        ("models list", None),
        ("models list", "1"),
        ("runs", None),
        ("strategies", None),
        ("--help", None),
        ("--help", "1"),
        ("--version", None),
    ],
)
def test_a_full_disk_behind_standard_output_is_told(beside: Beside, words: str, unbuffered: str | None) -> None:
    def said(ponder: Ponder, words: str, unbuffered: str | None) -> Ended:
        with open("/dev/full", "w") as full:
            return ended(ponder.start(*words.split(), stdout=full, PYTHONUNBUFFERED=unbuffered))

    failed = beside(said)
    assert (failed.status, failed.err) == (4, "ponder: standard output: No space left on device\n")


@pytest.mark.parametrize("words", ["--help", "--version", "runs --help", "models list", "strategies"])
def test_a_reader_of_what_is_listed_that_goes_away_is_no_error(beside: Beside, words: str) -> None:
    """As `ponder --help | true` is."""

    def said(ponder: Ponder, words: str) -> Ended:
        process = ponder.start(*words.split())
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        return ended(process)

    shown = beside(said)
    assert (shown.status, shown.err) == (0, "")


def test_nobody_need_hear_that_it_is_done(ponder: Ponder) -> None:
    process = ponder.start("runs", "rm", "--older-than", "1h")
    assert process.stderr is not None
    process.stderr.close()
    process.stderr = None
    assert ended(process).status == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_an_answer_that_its_file_cannot_take_goes_to_standard_output(ponder: Ponder, result: dict[str, Any]) -> None:
    """It was lost."""
    failed = ponder(*ANY, "-q", "-o", "/dev/full", ADD)
    assert (failed.status, failed.err) == (4, "ponder: /dev/full: No space left on device\n")
    assert failed.out == result["answer"] + "\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_an_object_is_printed_although_the_file_beside_it_cannot_take_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MachineError, match=r"^/dev/full: No space left on device$"):
        deliver(Result(status="verified", answer="42"), True, Path("/dev/full"))
    assert json.loads(capsys.readouterr().out)["answer"] == "42"


def test_a_disk_without_room_for_the_run_costs_its_record_alone(
    ponder: Ponder, result: dict[str, Any], sandbox_name: str
) -> None:
    if sandbox_name != "docker":
        pytest.skip("the limit on files that stands for a full disk here would hold in a bubblewrap box, too")
    shell = ("sh", "-c", 'ulimit -f 0; exec "$0" "$@"', PONDER)
    solved = ended(ponder.start(*ANY, ADD, command=shell))
    assert (solved.status, solved.out) == (0, result["answer"] + "\n")
    assert solved.err.count("this run is not recorded: ") == 1


def test_a_fault_of_ponders_own_is_status_1_in_one_line(ponder: Ponder) -> None:
    """An installation that was damaged: a copy of the program whose own catalogue of models is broken."""
    top = Path(__file__).parent.parent
    for room in ("agent", "tools", "prompts"):
        shutil.copytree(top / room, ponder.folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    (ponder.folder / "agent" / "catalogue.toml").write_text("[[model")
    copied = (sys.executable, "-c", "from agent.cli import main; main()")
    failed = ended(ponder.start("models", "list", command=copied))
    assert (failed.status, failed.out, failed.err.count("\n")) == (1, "", 1)
    assert failed.err.startswith("ponder: internal error: TOMLDecodeError: ")
    process = ponder.start("models", "list", command=copied, PONDER_DEBUG="1")
    _, said = process.communicate()
    assert process.returncode == 1
    assert b"Traceback" in said


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "answer").write_text("before")
    (tmp_path / "link").symlink_to("answer")
    write_whole(tmp_path / "link", "after\n")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "answer").read_text() == "after\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answer", "link"]


@pytest.mark.parametrize("rights", [0o600, 0o755, 0o664])
def test_a_file_that_is_replaced_keeps_its_rights(tmp_path: Path, rights: int) -> None:
    """A private file was open to all afterwards, and a program no longer one."""
    (tmp_path / "answer").touch()
    (tmp_path / "answer").chmod(rights)
    whose = (1234, 4321) if os.getuid() == 0 else (os.getuid(), os.getgid())  # rights of a group are for that group
    os.chown(tmp_path / "answer", *whose)
    write_whole(tmp_path / "answer", "after\n")
    status = (tmp_path / "answer").stat()
    assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (rights, *whose)
    assert (tmp_path / "answer").read_text() == "after\n"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    require_writable(tmp_path / "pipe")
    writer = threading.Thread(target=write_whole, args=(tmp_path / "pipe", "answer\n"))
    writer.start()
    assert (tmp_path / "pipe").read_text() == "answer\n"
    writer.join()
    assert (tmp_path / "pipe").is_fifo()


def test_in_a_folder_that_was_removed_a_file_is_neither_promised_nor_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UsageError, match=r"answer\.py: No such file or directory"):
        require_writable(Path("answer.py"))
    with pytest.raises(MachineError, match=r"answer\.py: No such file or directory"):
        write_whole(Path("answer.py"), "")


def test_where_nothing_can_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    for impossible in (tmp_path, tmp_path / "absent" / "file", Path("/proc/file")):
        with pytest.raises(UsageError, match=str(impossible)):
            require_writable(impossible)
    assert list(tmp_path.iterdir()) == []


# The commands beside solving.


def test_runs_lists_what_was_solved(lasting_ponder: Ponder, result: dict[str, Any]) -> None:
    listed, as_json, latest = lasting_ponder.each(("runs",), ("runs", "--json"), ("runs", "--json", "--limit", "1"))
    assert listed.status == 0
    assert result["run"] in listed.out
    assert "verified" in listed.out
    objects = [json.loads(line) for line in as_json.out.splitlines()]
    assert objects[0]["run"] == result["run"]
    assert (objects[0]["problem"], objects[0]["status"]) == (ADD, "verified")
    assert len(latest.out.splitlines()) == 1


def said(lines: str) -> list[str]:
    """Without the seconds in front: the view and the store read the clock one after the other, and both round."""
    return [line.partition("] ")[2] for line in lines.splitlines()]


def test_replay_shows_a_run_as_it_was(lasting_ponder: Ponder, shown: Ended, result: dict[str, Any]) -> None:
    runs = [json.loads(line)["run"] for line in lasting_ponder("runs", "--json").out.splitlines()]
    again, latest, live = lasting_ponder.each(
        ("replay", runs[runs.index(result["run"]) + 1]), ("replay",), ("replay", "--live")
    )
    assert (again.status, again.out) == (0, shown.out)
    assert said(again.err) == [line for line in said(shown.err) if "loading" not in line]
    assert latest.out == live.out == shown.out


def test_no_runs_yet(ponder: Ponder) -> None:
    assert ponder("runs").status == 0
    none = ponder("replay")
    assert (none.status, none.err.count("\n")) == (2, 1)


def test_models(lasting_ponder: Ponder, smollm2_path: Path) -> None:
    listed, pulled, *paths = lasting_ponder.each(
        ("models", "list"),
        ("models", "pull", "smollm2-135m-instruct-q4_1"),
        ("models", "path", "SmolLM2-135M-Instruct-Q4_1"),
        ("models", "path", str(smollm2_path)),
        ("models", "path"),
    )
    assert listed.status == 0
    for word in ("smollm2-135m-instruct-q4_1", "qwen2.5-coder-1.5b-instruct-q4_k_m", "Apache-2.0", "on disk"):
        assert word in listed.out
    assert [path.out for path in paths] == [f"{smollm2_path}\n"] * 3
    assert (pulled.status, pulled.out) == (0, "")
    assert str(smollm2_path) in pulled.err


def test_sandbox(lasting_ponder: Ponder, sandbox_name: str) -> None:
    built = lasting_ponder("sandbox", "build")
    standing, tested = lasting_ponder.each(("sandbox", "status"), ("sandbox", "selftest", "--sandbox", sandbox_name))
    assert standing.status == 0
    assert "docker" in standing.out
    assert "bubblewrap" in standing.out
    assert "not covered: kernel: " in standing.out
    assert (built.status, built.out) == (0, "")
    assert "is ready" in built.err
    assert (tested.status, tested.err) == (0, "")
    assert len(tested.out.splitlines()) > 3


def test_the_sandbox_of_the_settings_is_made_ready(ponder: Ponder) -> None:
    built = ponder("sandbox", "build", PONDER_SANDBOX="bubblewrap")
    assert "bubblewrap" in built.err
    assert "so bubblewrap serves" not in built.err


def test_strategies(lasting_ponder: Ponder) -> None:
    names = ("direct", "plan", "brute-force", "repair", "reason", "reckon", "compute")
    listed, completing, *wordings = lasting_ponder.each(
        ("strategies", "list"), *(("strategies", "show", name) for name in ("complete", *names))
    )
    assert listed.status == 0
    for name, wording in zip(names, wordings, strict=True):
        assert name in listed.out
        assert (wording.status, wording.err) == (0, "")
        assert len(wording.out) > 40
    assert completing.out.endswith("The reply begins with:\n```python\n{{ stub }}\n")


def test_config(lasting_ponder: Ponder, tmp_path: Path) -> None:
    user = Path(lasting_ponder("config", "path").out.rstrip("\n"))
    assert user.is_relative_to(lasting_ponder.folder)
    lasting = lasting_ponder("config", "show", PONDER_WIDTH="3")
    rows = {row.split()[0]: row.split()[1:] for row in lasting.out.splitlines() if row.split()}
    assert rows["width"] == ["3", "$PONDER_WIDTH"]
    assert rows["effort"] == ["medium", "default"]


def test_help_and_version(lasting_ponder: Ponder) -> None:
    helped, *alike = lasting_ponder.each(("--help",), ("--json", "--help"), (ADD, "-h"))
    assert (helped.status, helped.err) == (0, "")
    assert alike == [helped, helped]
    for word in ("--tests FILE", "--check CMD", "--json", "batch", "doctor"):
        assert word in helped.out
    for version in lasting_ponder.each(("--version",), ("--json", "--version")):
        assert (version.status, version.out.startswith("ponder, version ")) == (0, True)
