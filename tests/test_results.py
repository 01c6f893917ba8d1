"""The file of results: whole lines, one for each id, whatever instant a process is killed at."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.errors import UsageError
from agent.records import BadLine, Unread, whole
from agent.results import ResultFile, error_record
from agent.verify.verify import Problem


def record(name: str | int, *files: Path) -> Unread:
    return Unread(Problem("…", id=name), {}, 1, files)


def test_a_torn_last_line_is_cut_off_at_any_byte(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with ResultFile(path) as file:
        file.add(error_record("ä\u2028", "eins"))
        file.add(error_record("zwei", 2))
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        path.write_bytes(whole[:cut])
        with ResultFile(path) as file:
            assert [file.status_of(record(name)) for name in ("eins", 2)] == ["error", None]
            assert path.read_bytes() == whole[:first]
            file.add(error_record("zwei", 2))
        assert path.read_bytes() == whole


def test_ids_are_kept_apart_by_type(tmp_path: Path) -> None:
    with ResultFile(tmp_path / "out.jsonl") as file:
        for name in (1, "", 2**70, "a\u2028\n\ud800"):
            file.add(error_record("x", name))
    with ResultFile(tmp_path / "out.jsonl") as file:
        assert [file.status_of(record(name)) for name in (1, "1", "", 0, 2**70)] == ["error", None, "error", None, "error"]


def test_another_writer_is_refused(tmp_path: Path) -> None:
    with ResultFile(tmp_path / "out.jsonl"), pytest.raises(UsageError, match="another ponder is writing it"):
        ResultFile(tmp_path / "out.jsonl")
    ResultFile(tmp_path / "out.jsonl").close()


def statuses(path: Path) -> list[tuple[object, str]]:
    return [(one["id"], one["status"]) for one in map(json.loads, path.read_bytes().splitlines())]


def as_it_came_out(name: int, status: str) -> dict[str, object]:
    return {**error_record("x", name), "status": status, "padding": "ä" * 2_000}


def test_what_is_retried_takes_its_place_when_the_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with ResultFile(path) as file:
        for name, status in ((1, "verified"), (2, "unverified"), (3, "unverified")):
            file.add(as_it_came_out(name, status))
    with ResultFile(path, ("unverified",)) as file:
        assert [file.status_of(record(name)) for name in (1, 2, 3, 4)] == ["verified", None, None, None]
        file.add(as_it_came_out(3, "agreed"))
        file.add(as_it_came_out(4, "failed"))
        assert statuses(path) == [(1, "verified"), (2, "unverified"), (3, "unverified"), (4, "failed")]
    assert statuses(path) == [(1, "verified"), (2, "unverified"), (3, "agreed"), (4, "failed")]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("rights", [0o600, 0o664])
def test_what_takes_a_files_place_or_waits_for_that_has_its_rights(tmp_path: Path, rights: int) -> None:
    """Private results were open to all after a retry."""
    path = tmp_path / "out.jsonl"
    with ResultFile(path) as file:
        file.add(as_it_came_out(1, "unverified"))
    path.chmod(rights)
    with ResultFile(path, ("unverified",)) as file:
        file.add(as_it_came_out(1, "agreed"))
        assert {one.stat().st_mode & 0o777 & ~rights for one in tmp_path.iterdir()} == {0}
    assert (path.stat().st_mode & 0o777, statuses(path)) == (rights, [(1, "agreed")])


def test_a_file_that_took_another_ones_place_is_held_by_its_maker(tmp_path: Path) -> None:
    """Whoever waits with the old file in hand must not write into what has no name any more."""
    path = tmp_path / "out.jsonl"
    with ResultFile(path) as file:
        file.add(as_it_came_out(1, "unverified"))
    with ResultFile(path, ("unverified",)) as file:
        file.add(as_it_came_out(1, "agreed"))
        with pytest.raises(UsageError, match="another ponder is writing it"):
            ResultFile(path)
    with ResultFile(path) as file:
        assert file.status_of(record(1)) == "agreed"


def test_a_line_at_fault_is_tried_once_it_is_not_and_never_doubled(tmp_path: Path) -> None:
    """Not for being at fault still, nor after a result; another fault takes the place of the first."""
    path, material = tmp_path / "out.jsonl", tmp_path / "a.csv"
    line = record(0, material)

    def tried() -> None:
        with ResultFile(path, ("error",)) as file:
            assert file.status_of(line) is None
            now = whole(line)
            file.add(error_record(now.why, now.id) if isinstance(now, BadLine) else as_it_came_out(0, "agreed"))
        with ResultFile(path, ("error",)) as file:
            assert file.status_of(line) == ("error" if isinstance(now, BadLine) else "agreed")

    tried()
    material.mkdir()
    tried()
    material.rmdir()
    tried()
    material.write_text("1")
    tried()
    material.unlink()
    with ResultFile(path) as file:
        assert file.status_of(line) == "agreed"
    assert statuses(path) == [(0, "agreed")]


DIES = """
import os, sys
from pathlib import Path
from agent.results import ResultFile
from tests.test_results import as_it_came_out
file = ResultFile(Path(sys.argv[1]), ("unverified",))
for name in (0, 1):
    file.add(as_it_came_out(name, "unverified"))
os._exit(0)
"""


def test_what_a_killed_retry_has_tried_is_not_tried_once_more(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with ResultFile(path) as file:
        for name in (0, 1, 2):
            file.add(as_it_came_out(name, "unverified"))
    subprocess.run([sys.executable, "-c", DIES, str(path)], check=True)
    with ResultFile(path, ("unverified",)) as file:
        assert [file.status_of(record(name)) for name in (0, 1, 2)] == ["unverified", "unverified", None]


RETRIES = """
import sys
from pathlib import Path
from agent.results import ResultFile
from tests.test_results import as_it_came_out, record
with ResultFile(Path(sys.argv[1]), ("unverified",)) as file:
    print("open", flush=True)
    for name in range(40):
        if file.status_of(record(name)) is None:
            file.add(as_it_came_out(name, "agreed"))
"""


def test_killed_in_a_retry_no_record_is_lost_or_doubled_at_any_instant(tmp_path: Path) -> None:
    """Also while the new file takes the old one's place. What the killed run had tried again is not tried once more."""
    path, chance = tmp_path / "out.jsonl", random.Random(3)
    with ResultFile(path) as file:
        for name in range(40):
            file.add(as_it_came_out(name, "unverified" if name % 2 else "verified"))
    finished = 0
    while not finished:
        command = [sys.executable, "-c", RETRIES, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"open\n"
            time.sleep(chance.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
        found = statuses(path)
        assert [name for name, _ in found] == list(range(40))
        finished = sum(status == "agreed" for _, status in found)
        assert finished in (0, 20)
    with ResultFile(path):
        pass
    assert [status for _, status in statuses(path)] == ["verified", "agreed"] * 20
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("retry", [(), ("unverified",)])
def test_what_waits_for_a_record_that_is_gone_is_a_result_like_any_other(retry: tuple[str, ...], tmp_path: Path) -> None:
    """It counted as done and stood nowhere, where the results were removed and what a killed retry left beside them was not."""
    path = tmp_path / "out.jsonl"
    with ResultFile(path) as file:
        for name in (0, 1):
            file.add(as_it_came_out(name, "unverified"))
    subprocess.run([sys.executable, "-c", DIES, str(path)], check=True)
    path.unlink()
    path.write_text(json.dumps(as_it_came_out(1, "verified")) + "\n")
    with ResultFile(path, retry) as file:
        assert [file.status_of(record(name)) for name in (0, 1, 2)] == ["unverified", "unverified", None]
    assert sorted(statuses(path)) == [(0, "unverified"), (1, "unverified")]
    assert list(tmp_path.iterdir()) == [path]


def test_a_whole_record_of_somebody_else_is_not_torn(tmp_path: Path) -> None:
    """A user's file without a line's end, given as the output by mistake, was emptied."""
    path = tmp_path / "out.jsonl"
    for content in ('{"id": 1, "problem": "x"}', '{"id": 1, "status": "open"}'):
        path.write_text(content)
        with pytest.raises(UsageError, match="line 1: not a result"):
            ResultFile(path)
        assert path.read_text() == content


def test_a_name_that_leaves_no_room_for_another_beside_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="File name too long"):
        ResultFile(tmp_path / ("x" * 255))


def test_what_was_said_of_a_line_goes_once_it_has_another_fault_or_none(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    first, second, other = BadLine("line 1: torn", 1), BadLine("line 2: torn", 2), BadLine("line 2: blank", 2)
    with ResultFile(path) as file:
        for line in (first, second, BadLine("line 3: torn", 3)):
            file.add(error_record(line.why))
        file.add(as_it_came_out(4, "verified"))
    before = path.read_bytes()
    with ResultFile(path) as file:
        assert [file.status_of(line) for line in (first, second)] == ["error"] * 2
    assert path.read_bytes() == before
    with ResultFile(path) as file:
        assert [file.status_of(line) for line in (record("now"), other)] == [None, None]
        file.add(as_it_came_out(1, "agreed"))
        file.add(error_record(other.why))
        file.add(error_record("line 9: torn"))
    errors = [json.loads(line).get("error") for line in path.read_bytes().splitlines()]
    assert errors == ["line 3: torn", "x", "x", "line 2: blank", "line 9: torn"]
