"""Runs on disk: what was said comes back, whoever else writes and whatever dies."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from agent.config import Settings
from agent.errors import UsageError
from agent.events import Event, Finished, Judged, Notice, Opened, Result, Ruling, Spent, Started, Streamed, Tokens
from agent.places import data_folder
from agent.store import database
from agent.store.database import DatabaseError
from agent.store.lessons import tally, taught
from agent.store.store import MIGRATIONS, Recording, Store, new_run_id, recording
from agent.view.fold import State, fold
from tests.program import eventually
from tests.traces import PROBLEM, RESULT, TRACE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "runs.sqlite3"


def folded(events: list[Event]) -> State:
    state = State()
    for event in events:
        state = fold(state, event)
    return state


def recorded(store: Store, run: str, events: list[Event]) -> None:
    sink = Recording(store, run, None)
    for event in events:
        sink(event)
    sink.flush()


def test_a_recorded_run_replays_to_the_same_state(path: Path) -> None:
    events = [event for _, event in TRACE]
    with Store.open(path) as store:
        recorded(store, "20261123-151203-a1b2", events)
    with Store.open(path) as store:
        back = list(store.events())
        (summary,) = store.runs()
    assert folded([event for _, event in back]) == folded(events)
    assert [at for at, _ in back] == sorted(at for at, _ in back)
    assert (summary.run, summary.problem, summary.status, summary.seconds, summary.attempts) == (
        "20261123-151203-a1b2", PROBLEM, "verified", RESULT.seconds.total, 4,
    )  # fmt: skip


def test_streamed_text_is_gathered_and_stays_whole(path: Path) -> None:
    """Two branches of 2,000 tokens each must not cost 4,000 rows."""
    now = 0.0
    with Store.open(path) as store:
        sink = Recording(store, "r", None, clock=lambda: now)
        sink(Opened(1, 0, "direct", "first"))
        sink(Opened(2, 0, "plan", "other"))
        for number in range(2_000):
            now += 0.01
            sink(Streamed(1, f"{number} "))
            sink(Streamed(2, f"<{number}>"))
        sink(Notice("end"))
        store.transact([("INSERT INTO runs(run, started, problem) VALUES ('r', 0, '')", ())])
        events = [event for _, event in store.events("r")]
    text = {
        node: "".join(event.text for event in events if isinstance(event, Streamed) and event.node == node) for node in (1, 2)
    }
    assert text[1] == "".join(f"{number} " for number in range(2_000))
    assert text[2] == "".join(f"<{number}>" for number in range(2_000))
    assert len(events) < 200


def test_a_run_is_kept_in_its_own_time_which_stands_still_in_a_pause_and_goes_on_with_another(path: Path) -> None:
    now = 100.0
    with Store.open(path) as store:
        first = Recording(store, "first", None, clock=lambda: now)
        for now, event in ((100.0, TRACE[0][1]), (103.0, Opened(1, 0, "direct", ""))):  # noqa: B007  (the clock reads it)
            first(event)
        now = 5_000.0
        for event in (Spent(Tokens(), 4.0, 1, 0.0), Opened(2, 0, "plan", ""), Finished(RESULT)):
            first(event)
        before = list(store.events("first"))
        assert [(event.type, at) for at, event in before][1:] == [
            ("opened", 3.0),
            ("spent", 4.0),
            ("opened", 4.0),
            ("finished", 4.0),
        ]
        now = 9_000.0
        second = Recording(store, "second", None, clock=lambda: now)
        second.take_up(before[:-1])
        now = 9_002.0
        second(Opened(3, 0, "plan", ""))
        assert [at for at, _ in store.events("second")] == [0.0, 3.0, 4.0, 4.0, 6.0]


def test_a_run_is_found_by_the_beginning_of_its_id(path: Path) -> None:
    with Store.open(path) as store:
        with pytest.raises(UsageError, match="no runs are recorded yet"):
            list(store.events())
        for run in ("20261123-151203-aaaa", "20261123-151203-bbbb", "20261124-000000-cccc"):
            recorded(store, run, [TRACE[0][1]])
        assert store.find() == "20261124-000000-cccc"
        assert store.find("20261124") == "20261124-000000-cccc"
        with pytest.raises(UsageError, match=r"2 runs start with '20261123': .*bbbb, .*aaaa"):
            store.find("20261123")
        store.remove(["20261123-151203-aaaa", "20261123-151203-bbbb"])
        with pytest.raises(UsageError, match="the name of a run is empty"):
            store.find("")
        with pytest.raises(UsageError, match="no run starts with '1_%'; the latest are 20261124"):
            store.find("1_%")


def test_past_runs_tell_which_way_helped_when_the_first_did_not(path: Path) -> None:
    def attempt(node: int, strategy: str, ruling: Ruling, answer: str, parent: int = 0) -> list[Event]:
        return [Opened(node, parent, strategy, ""), Judged(node, ruling, 0.0, (), None, answer)]

    started = TRACE[0][1]
    assert isinstance(started, Started)
    assert started.checks
    bare = replace(started, checks=())
    with Store.open(path) as store:
        for run in ("a", "b"):
            first, helped = attempt(1, "direct", "failed", "x"), attempt(3, "plan", "passed" if run == "a" else "failed", "y")
            events = [*first, *attempt(2, "direct", "failed", "x"), *helped, *attempt(4, "repair", "passed", "y", parent=1)]
            recorded(store, run, [started, *events, Finished(replace(RESULT, answer="y", code="y"))])
        programs = {(True, "direct"): (0, 2), (True, "plan"): (1, 2)}
        assert tally(store, "coder-1.5b") == programs
        won = [*attempt(1, "direct", "passed", "x"), *attempt(2, "plan", "passed", "x")]
        recorded(store, "c", [started, *won, Finished(replace(RESULT, answer="x", code="x"))])
        assert tally(store, "coder-1.5b") == programs, "the first attempt was enough"
        voted = [*attempt(1, "reason", "unchecked", "8"), *attempt(2, "compute", "unchecked", "7")]
        voted += attempt(3, "plan", "unchecked", "8")
        recorded(store, "d", [bare, *voted, Finished(replace(RESULT, status="agreed", answer="7", code=None))])
        answers = {(False, "compute"): (1, 1), (False, "plan"): (0, 1)}
        assert tally(store, "coder-1.5b") == programs | answers
        recorded(store, "e", [bare, *voted, Finished(replace(RESULT, status="unverified", answer="7", code=None))])
        answers = {(False, "compute"): (1, 2), (False, "plan"): (0, 2)}
        assert tally(store, "coder-1.5b") == programs | answers, "nothing accepted the guess"
        recorded(store, "f", [bare, *voted, Finished(replace(RESULT, status="agreed", answer="7", code="7"))])
        assert tally(store, "coder-1.5b") == programs | answers, "of programs that agree, the texts differ"
        assert tally(store, "another") == {}


def test_of_a_run_that_is_gone_on_with_each_attempt_teaches_once(path: Path) -> None:
    """With what it came to at last; a run that was interrupted teaches nothing, and takes nothing away."""
    started, helpless = TRACE[0][1], [Opened(1, 0, "direct", ""), Judged(1, "failed", 0.0, (), None, "x")]
    tried = [Opened(2, 0, "plan", ""), Judged(2, "unchecked", 0.0, (), None, "y")]
    agreed, unverified = (replace(RESULT, status=status, answer="y", code=None) for status in ("agreed", "unverified"))
    with Store.open(path) as store:
        recorded(store, "20261123-151203-a1b2", [started, *helpless, *tried, Finished(unverified)])
        assert tally(store, "coder-1.5b") == {(True, "plan"): (0, 1)}
        before = [(0.0, event) for event in (started, *helpless, *tried)]
        for run, result in (("b", unverified), ("c", agreed), ("d", replace(RESULT, status="interrupted"))):
            sink = Recording(store, run, None)
            sink.take_up(before)
            sink(Finished(result))
            (first, *_) = [event for _, event in store.events(run)]
            assert isinstance(first, Started)
            assert first.run == run
        assert tally(store, "coder-1.5b") == {(True, "plan"): (1, 1)}


def test_a_run_without_an_end_is_listed_as_cut_off(path: Path) -> None:
    with Store.open(path) as store:
        recorded(store, "r", [TRACE[0][1]])
        assert store.runs()[0].status is None


WRITER = """
import sys
from pathlib import Path
from agent.events import Opened, Streamed
from agent.store.store import recording
from tests.traces import TRACE
with recording(sys.argv[2], lambda notice: sys.exit(str(notice)), Path(sys.argv[1])) as sink:
    sink(TRACE[0][1])
    print("started", flush=True)
    for number in range(int(sys.argv[3])):
        sink(Opened(number, 0, "direct", "x" * 500))
        sink(Streamed(number, "y" * 5000))
"""


def writer(path: Path, run: str, events: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(path), run, str(events)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_several_ponders_write_side_by_side(path: Path) -> None:
    writers = [writer(path, f"run-{number}", 200) for number in range(3)]
    for process in writers:
        _, said = process.communicate()
        assert (process.returncode, said) == (0, "")
    with Store.open(path) as store:
        assert [len(list(store.events(f"run-{number}"))) for number in range(3)] == [401] * 3


@pytest.mark.parametrize("written", [1, 20, 500])
def test_kill_9_leaves_a_readable_file(path: Path, written: int) -> None:
    """What was committed is there, in order and whole; the next run can be recorded."""
    with writer(path, "killed", 1_000_000) as process:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        with Store.open(path) as store:
            assert eventually(lambda: store.query("SELECT count(*) FROM events")[0][0] >= written)
        process.send_signal(signal.SIGKILL)
    with Store.open(path) as store:
        events = [event for _, event in store.events("killed")]
        assert len(events) >= written
        assert isinstance(events[0], Started)
        opened = [event.node for event in events if isinstance(event, Opened)]
        assert opened == list(range(len(opened)))
        assert not [event for event in events if isinstance(event, Notice)]
        recorded(store, "next", [event for _, event in TRACE])
        assert store.runs()[0].status == "verified"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_events_of_another_version_are_named_not_fatal(path: Path) -> None:
    with Store.open(path) as store:
        recorded(store, "r", [TRACE[0][1]])
        store.transact([("INSERT INTO events VALUES ('r', 99, 1.0, ?)", ('{"type": "levitated"}',))])
        (_, first), (_, second) = store.events("r")
    assert isinstance(first, Started)
    assert isinstance(second, Notice)
    assert "cannot be read" in second.text


def test_text_that_no_encoding_carries_does_not_lose_the_event(path: Path) -> None:
    with Store.open(path) as store:
        recorded(store, "r", [TRACE[0][1], Notice("odd name \udc80"), Finished(Result(status="failed", error="\udcff"))])
        events = [event for _, event in store.events("r")]
    assert events[1] == Notice("odd name ?")
    assert isinstance(events[2], Finished)


def test_a_run_of_a_model_with_an_odd_name_is_kept(path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9")
    with Store.open(path) as store:
        sink = Recording(store, "r", None, Settings(model=odd))
        sink(replace(TRACE[0][1], model=odd))
        assert store.runs()[0].model == "caf?"
        assert store.details("r").settings["model"] == odd
        assert tally(store, odd) == {}


def test_a_file_that_is_no_database_is_told_in_one_line_and_done_without(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database " * 100)
    with pytest.raises(DatabaseError, match=r"runs.sqlite3: file is not a database; move the file away"):
        Store.open(path)
    told: list[Event] = []
    with recording("r", told.append, path) as sink:
        for _, event in TRACE:
            sink(event)
    (notice,) = told
    assert isinstance(notice, Notice)
    assert "not recorded" in notice.text
    assert "\n" not in notice.text


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match=r"File exists; set PONDER_DATA"):
        Store.open(tmp_path / "file" / "runs.sqlite3")


FULL = """
import resource, sys
from pathlib import Path
from agent.store.lessons import tally
from agent.store.store import recording
from agent.events import Notice
told = []
with recording("r", told.append, Path(sys.argv[1])) as sink:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    for number in range(100):
        sink(Notice("x" * 10_000))
print(*(notice.text for notice in told), sep="\\n")
"""


def test_a_full_disk_ends_the_recording_not_the_solve(path: Path) -> None:
    """Positive control: the same with room says nothing."""
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("this run is no longer recorded: ")
    roomy, other = FULL.replace("100_000, 100_000", "100_000_000, 100_000_000"), path.with_name("other")
    done = subprocess.run([sys.executable, "-c", roomy, str(other)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == ""


def test_a_run_whose_id_another_has_is_not_recorded_and_costs_no_other(path: Path) -> None:
    told: list[Event] = []
    with Store.open(path) as store:
        first, second = Recording(store, "same", told.append), Recording(store, "same", told.append)
        first(TRACE[0][1])
        for event in (TRACE[0][1], Opened(1, 0, "theirs", ""), Finished(RESULT)):
            second(event)
        first(Opened(1, 0, "ours", ""))
        recorded(store, "next", [event for _, event in TRACE])
        assert [event for _, event in store.events("same")] == [TRACE[0][1], Opened(1, 0, "ours", "")]
        assert {run.run: run.status for run in store.runs()} == {"same": None, "next": "verified"}
    assert told == [Notice("this run is no longer recorded: another has its id")]


def test_while_another_writes_too_long_a_run_is_not_recorded_and_the_next_one_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lock ended the recording of a whole batch, and the mend that was told was another disk."""
    monkeypatch.setattr(database, "BUSY", 0.01)
    told: list[Event] = []
    with Store.open(path) as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        Recording(store, "locked", told.append)(TRACE[0][1])
        other.rollback()
        Recording(store, "free", told.append)(TRACE[0][1])
        assert [run.run for run in store.runs()] == ["free"]
    why = f"{path}: database is locked; try again when the other ponder is done"
    assert told == [Notice(f"this run is no longer recorded: {why}")]


def test_the_file_lies_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PONDER_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_folder() == tmp_path / "ponder"
    monkeypatch.setenv("PONDER_DATA", str(tmp_path / "own"))
    with Store.open() as store:
        assert store.path == tmp_path / "own" / "runs.sqlite3"
    assert os.path.exists(tmp_path / "own" / "runs.sqlite3")


def test_without_a_home_a_run_is_not_recorded_and_nothing_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ended the solve, after the model was loaded."""
    for name in ("PONDER_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "~")
    told: list[Event] = []
    with recording("r", told.append) as sink:
        sink(TRACE[0][1])
    assert told == [Notice("this run is not recorded: this user has no home folder; set HOME")]
    assert taught("coder-1.5b") == {}


def test_run_ids_sort_by_time() -> None:
    earlier, later = new_run_id(datetime(2026, 11, 23, 15, 12, 3)), new_run_id(datetime(2026, 11, 23, 15, 12, 4))
    assert re.fullmatch(r"20261123-151203-[0-9a-f]{10}", earlier)
    assert earlier < later


def test_ids_of_runs_that_start_in_one_second_differ() -> None:
    second = datetime(2026, 11, 23, 15, 12, 3)
    assert len({new_run_id(second) for _ in range(2_000)}) == 2_000


def test_above_the_limit_the_oldest_runs_go_and_their_room_is_used_again(path: Path) -> None:
    """Neither the run that was just finished nor one that is under way goes."""
    settings = Settings(runs_limit_mb=1)
    with Store.open(path) as store:
        recorded(store, "under-way", [TRACE[0][1]])
        for number in range(12):
            sink = Recording(store, f"run-{number:02}", None, settings)
            for event in (TRACE[0][1], Notice("x" * 300_000), Finished(RESULT)):
                sink(event)
        left = [run.run for run in store.runs()]
        assert left == ["run-11", "run-10", "under-way"]
        assert store.size < 1_000_000
        assert list(store.events("under-way"))
        with pytest.raises(UsageError, match="no run starts with"):
            store.find("run-00")
    assert path.stat().st_size < 2_000_000


def test_a_file_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(MIGRATIONS[0])
        connection.execute("INSERT INTO runs VALUES ('old', 1.0, 'What?', 'failed', 2.0, 'm', 1, NULL)")
        connection.commit()
    with Store.open(path) as store:
        assert (store.details("old").summary.problem, store.details("old").settings) == ("What?", {})
        recorded(store, "new", [event for _, event in TRACE])
        assert [run.run for run in store.runs()] == ["new", "old"]


def test_candidates_and_verdicts_can_be_asked_for_in_sql(path: Path) -> None:
    with Store.open(path) as store:
        recorded(store, "r", [event for _, event in TRACE])
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT node, ruling, failure FROM verdicts WHERE run = 'r' ORDER BY node").fetchall()
    assert [(node, ruling) for node, ruling, _ in rows] == [(1, "failed"), (3, "passed"), (4, "failed")]
    assert rows[0][2] == "nth_prime(10) gave 31, expected 29"
