"""Many problems from a file: resumed where it stopped, nothing lost, nothing doubled, whatever happens in between."""

import json
import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent import batch
from agent.config import Settings
from agent.errors import UsageError
from agent.events import Result, result_record
from agent.records import BadLine, Record, read
from agent.results import ResultFile
from agent.verify.verify import Problem
from tests.program import (  # noqa: F401  (some are fixtures)
    ADD,
    Ponder,
    containers,
    ended,
    environment,
    eventually,
    ponder,
    sandbox_name,
)

# ruff: noqa: F811

ONCE = ("--attempts", "1", "--width", "1", "-q")
TINY = (*ONCE, "--tokens", "40")
WAITS_FOR = (1, 0, 2, 1, 1)
"""How many more lines must be there before each kill."""


def written(path: Path, lines: Sequence[object]) -> Path:
    """A batch file; text stays as it is, anything else becomes JSON."""
    text = "".join((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def results(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    assert content.endswith(b"\n") or not content
    return [json.loads(line) for line in content.split(b"\n")[:-1]]


def ids(path: Path) -> list[object]:
    return [record["id"] for record in results(path)]


def problem(name: str | int, **more: object) -> dict[str, object]:
    return {"id": name, "problem": ADD, "check": "true", **more}


def test_every_line_gets_its_record(ponder: Ponder) -> None:
    (ponder.folder / "numbers.txt").write_text("2 3\n")
    lines = [
        problem(1, files=["numbers.txt"], check="test -r numbers.txt"),
        problem("1", hidden={"tests": "assert False"}, note="other keys are ignored"),
        "{not json",
        {"id": "nothing"},
        {"id": "blank", "problem": " \n"},
        "",
        problem("zwei\u2028Zeilen", problem="Add two numbers.\u2028Call it add."),
        problem(1),
        problem("lost", files=["absent.txt"]),
        {"problem": ADD, "check": "false"},
        {"id": "long", "problem": "many words " * 20_000},
    ]
    written(ponder.folder / "in.jsonl", lines)
    first = ponder("batch", "in.jsonl", *ONCE)
    assert (first.status, first.out, first.err) == (3, "", "")
    found = results(ponder.folder / "in.results.jsonl")
    order = ids(ponder.folder / "in.results.jsonl")
    by_id = {record["id"]: record for record in found if record["id"] is not None}
    assert {name: record["status"] for name, record in by_id.items()} == {
        1: "verified",
        "1": "verified",
        "zwei\u2028Zeilen": "verified",
        "lost": "error",
        "line-10": "unverified",
        "long": "error",
    }
    assert "context" in by_id["long"]["error"]
    assert by_id["lost"]["error"].startswith("line 9: ")
    assert sorted(record["error"].partition(":")[0] for record in found if record["id"] is None) == [
        "line 3",
        "line 4",
        "line 5",
        "line 8",
    ]
    assert by_id[1]["answer"] == by_id["1"]["answer"]
    shown_as_runs(ponder, {record["run"] for record in found if record["run"]})

    before = (ponder.folder / "in.results.jsonl").read_bytes()
    again = ponder("batch", "in.jsonl", "--model", "absent.gguf")
    assert (again.status, (ponder.folder / "in.results.jsonl").read_bytes()) == (3, before)
    assert "10 of 10 problems" in again.err

    lines[2], lines[3], lines[4], lines[7], lines[9], lines[10] = (problem(name) for name in "cdehjk")
    written(ponder.folder / "in.jsonl", lines)
    (ponder.folder / "absent.txt").write_text("")
    mended = ponder("batch", "in.jsonl", *ONCE)
    assert mended.status == 0
    after = results(ponder.folder / "in.results.jsonl")
    (lost,) = [record for record in after if record["id"] == "lost"]
    assert lost["status"] == "verified"
    kept = [name for name in order if name is not None]
    assert [record["id"] for record in after[:6]] == kept, "what was said of lines that read now is gone"
    assert [one for one in after[:6] if one != lost] == [one for one in found if one["id"] not in (None, "lost")]
    assert sorted(map(str, ids(ponder.folder / "in.results.jsonl")[6:])) == list("cdehjk")


def shown_as_runs(ponder: Ponder, solved: set[str]) -> None:
    """Every problem of a batch is a run that can be shown."""
    runs = [json.loads(line)["run"] for line in ponder("runs", "--json").out.split("\n")[:-1]]
    assert sorted(runs) == sorted(solved)
    shown = json.loads(ponder("runs", "show", runs[0], "--json").out)
    assert (shown["settings"]["attempts"], shown["settings"]["tokens"], shown["seed"]) == (1, 300, 1)
    assert shown["problem"] in (ADD, "Add two numbers.\u2028Call it add.")


def test_an_interrupt_keeps_what_is_finished_and_the_next_run_does_the_rest(ponder: Ponder) -> None:
    written(ponder.folder / "in.jsonl", [problem(number) for number in range(3)] + [problem(9, check="sleep 30")])
    output = ponder.folder / "out.jsonl"
    process = ponder.start("batch", "in.jsonl", "-o", "out.jsonl", *ONCE, "--parallel", "1")
    assert eventually(lambda: output.exists() and output.read_bytes().count(b"\n") == 3)
    held = ponder("batch", "in.jsonl", "-o", "out.jsonl")
    assert (held.status, held.err) == (2, "ponder: out.jsonl: another ponder is writing it\n")
    process.terminate()
    assert ended(process).status == 130
    assert ids(output) == [0, 1, 2]
    written(ponder.folder / "in.jsonl", [problem(number) for number in (0, 1, 2, 9)])
    finished = ponder("batch", "in.jsonl", "-o", "out.jsonl", *ONCE)
    assert (finished.status, ids(output)) == (0, [0, 1, 2, 9])


def test_killed_again_and_again_it_loses_none_and_doubles_none(ponder: Ponder) -> None:
    names = [*range(5), *"ab"]
    written(ponder.folder / "in.jsonl", [problem(name) for name in names])
    output, chance = ponder.folder / "out.jsonl", random.Random(7)
    finished: list[bytes] = []
    for more in WAITS_FOR:
        process = ponder.start("batch", "in.jsonl", "-o", "out.jsonl", *TINY)
        goal = len(finished) + more

        def reached(goal: int = goal) -> bool:
            return process.poll() is not None or (output.exists() and output.read_bytes().count(b"\n") >= goal)  # noqa: B023

        assert eventually(reached)
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        process.communicate()
        lines = output.read_bytes().split(b"\n")[:-1] if output.exists() else []
        assert lines[: len(finished)] == finished
        finished = lines
        assert eventually(lambda: containers(process.pid) == [])  # noqa: B023
    last = ponder("batch", "in.jsonl", "-o", "out.jsonl", *TINY)
    assert last.status in (0, 3)
    assert last.status == (0 if all(record["status"] == "verified" for record in results(output)) else 3)
    assert sorted(map(str, ids(output))) == sorted(map(str, names))
    assert output.read_bytes().startswith(b"".join(line + b"\n" for line in finished))


def test_shards_solve_each_line_once_and_duplicates_are_seen_across_them(ponder: Ponder) -> None:
    lines = [problem(1), problem(2), "", problem(3), problem(2), problem(5), problem(6)]
    written(ponder.folder / "in.jsonl", lines)
    shards = [ponder.start("batch", "in.jsonl", "--shard", f"{number}/3", *TINY) for number in (1, 2, 3)]
    assert {ended(shard).status for shard in shards} <= {0, 3}
    found = {number: ids(ponder.folder / f"in.results.{number}-of-3.jsonl") for number in (1, 2, 3)}
    assert {number: set(names) for number, names in found.items()} == {1: {1, 3, 6}, 2: {2, None}, 3: {5}}
    (duplicate,) = [one for one in results(ponder.folder / "in.results.2-of-3.jsonl") if one["id"] is None]
    assert duplicate["error"] == "line 5: duplicate id 2 (first on line 2)"
    impossible = ("0/3", "4/3", "1", "x/y", "1/0")
    refusals = ponder.each(*(("batch", "in.jsonl", "--shard", wrong) for wrong in impossible))
    for wrong, refused in zip(impossible, refusals, strict=True):
        assert (refused.status, refused.err.count("\n")) == (2, 1)
        assert wrong in refused.err


def test_a_retry_replaces_the_records_of_that_status_and_no_others(ponder: Ponder) -> None:
    """The budget holds for each record by itself: the retried ones get all of the new one."""
    written(ponder.folder / "in.jsonl", [problem(1), problem(2, check="false"), problem(3), problem(4, check="false")])
    output = ponder.folder / "in.results.jsonl"
    assert ponder("batch", "in.jsonl", *ONCE, "--tokens", "100").status == 3
    before = {one["id"]: one for one in results(output)}
    order = ids(output)
    assert {before[2]["status"], before[4]["status"]} <= {"unverified", "failed"}
    statuses = ("--retry", "unverified", "--retry", "failed")
    again = ponder("batch", "in.jsonl", *statuses, "--attempts", "2", "--width", "1", "--tokens", "60", "-q")
    assert again.status == 3
    after = {one["id"]: one for one in results(output)}
    assert ids(output) == order
    assert [after[name] == before[name] for name in (1, 2, 3, 4)] == [True, False, True, False]
    assert all(after[name]["attempts"] == 2 for name in (2, 4))
    assert sum(after[name]["tokens"]["generated"] for name in (2, 4)) > 60
    assert [path.name for path in ponder.folder.glob("*in.results*")] == ["in.results.jsonl"]


def test_material_is_read_of_no_line_that_is_not_to_be_tried(ponder: Ponder) -> None:
    """Neither of another shard's nor of a finished record's: whoever read this would wait for ever."""
    os.mkfifo(ponder.folder / "endless")
    written(ponder.folder / "in.jsonl", [problem(name, files=["endless"]) for name in (1, 2)])
    with ResultFile(ponder.folder / "in.results.1-of-2.jsonl") as file:
        file.add(result_record(Result(id=1, status="verified")))
    assert ponder("batch", "in.jsonl", "--shard", "1/2", "--model", "absent.gguf").status == 0


@pytest.mark.parametrize("join", [Path.symlink_to, Path.hardlink_to, None])
def test_the_problems_own_file_is_no_place_for_results(join: Callable[[Path, Path], None] | None, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 1, "status": "open", "tokens": 1, "seconds": 1, "run": 1, "problem": "x"}')
    output = path if join is None else tmp_path / "in.results.jsonl"
    if join:
        join(output, path)
    before = path.read_bytes()
    for named in (output, None) if join else (output,):
        with pytest.raises(UsageError, match="the file of the problems themselves; name another with -o"):
            batch.solve_file(Settings(view="quiet"), batch.Plan(path, named))
    assert path.read_bytes() == before


def test_more_branches_than_the_engine_takes_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = written(tmp_path / "in.jsonl", [problem(1)])
    with pytest.raises(UsageError, match="--parallel 64 times --width 64"):
        batch.solve_file(Settings(view="quiet", width=64), batch.Plan(path, side_by_side=64))
    assert list(tmp_path.iterdir()) == [path]


def test_files_of_different_names_have_results_of_different_names() -> None:
    shard = batch.Shard(2, 3)
    for name, stem in (("in.jsonl", "in"), ("in.JSON", "in"), ("part.00", "part.00"), ("v1.2", "v1.2"), (".jsonl", ".jsonl")):
        assert batch.Plan(Path("a.b", name)).results == Path("a.b", f"{stem}.results.jsonl")
        assert batch.Plan(Path(name), shard=shard).results == Path(f"{stem}.results.2-of-3.jsonl")


# The file of problems.


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"id": 1.5, "problem": "x"}', "line 1: id"),
        (b'{"id": true, "problem": "x"}', "line 1: id"),
        (b'{"problem": 7}', "line 1: problem: "),
        (b'["problem"]', "line 1: "),
        (b"\xff\xfe", "line 1: "),
        (b'{"problem": "\\ud800"}', "line 1: "),
        (b'{"problem": "x", "files": ["absent"]}', "line 1: "),
        (b'{"problem": "x", "files": ["a\\u0000b"]}', "line 1: "),
        (b'{"problem": "x", "tests": ["assert"]}', "line 1: tests: "),
        (b'{"problem": "x", "tests": "assert ("}', "line 1: tests: not Python: line 1: "),
        (b'{"problem": "x", "tests": ""}', "line 1: tests: no test is in it"),
        (b'{"problem": "x", "check": "\\u0000"}', "line 1: check: "),
        (b'{"problem": "x", "entry_point": "a b"}', "line 1: entry_point: "),
    ],
)
def test_bad_lines_name_their_number_and_field(tmp_path: Path, line: bytes, says: str) -> None:
    (tmp_path / "in.jsonl").write_bytes(line + b'\n{"problem": "y"}')
    bad, good = read(tmp_path / "in.jsonl")
    assert isinstance(bad, BadLine)
    assert bad.why.startswith(says)
    assert isinstance(good, Record)
    assert good.problem.id == "line-2"


def test_material_of_a_record_that_cannot_lie_in_one_folder(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data.csv").write_text(name)
    lines = [problem("one", files=["x/data.csv"]), problem("both", files=["x/data.csv", "y/data.csv"])]
    one, both = read(written(tmp_path / "in.jsonl", lines))
    assert isinstance(one, Record)
    assert one.problem.files == {"data.csv": b"x"}
    assert isinstance(both, BadLine)
    assert both.why == "line 2: two files of material are called 'data.csv'; they would lie in one folder"


def test_material_of_a_record_that_is_more_than_the_sandbox_takes_is_a_fault_of_its_line_alone(tmp_path: Path) -> None:
    for name, size in (("a", 16 << 20), ("b", 7 << 20), ("c", (7 << 20) + 1)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    lines = [problem("most", files=["a", "b"]), problem("more", files=["a", "c"]), problem("next")]
    most, more, following = read(written(tmp_path / "in.jsonl", lines))
    assert isinstance(most, Record)
    assert sum(map(len, most.problem.files.values())) == 23 << 20
    assert isinstance(more, BadLine)
    assert more.why == f"line 2: {tmp_path / 'c'}: with it the material is more than 23 MiB, the most that is taken"
    assert isinstance(following, Record)


def test_files_as_other_programs_write_them(tmp_path: Path) -> None:
    """A byte order mark, carriage returns, no newline at the end."""
    (tmp_path / "in.jsonl").write_bytes(b'\xef\xbb\xbf{"id": 1, "problem": "x"}\r\n\r\n{"id": 2, "problem": "y"}')
    assert [line.problem.id for line in read(tmp_path / "in.jsonl") if isinstance(line, Record)] == [1, 2]


@pytest.mark.parametrize("more", [{"hidden": None}, {"hidden": "18"}, {"hidden": [1]}, {"files": None}])
def test_what_a_batch_has_no_use_for_is_no_fault(tmp_path: Path, more: dict[str, object]) -> None:
    (line,) = read(written(tmp_path / "in.jsonl", [problem(1, **more)]))
    assert line == Record(Problem(ADD, check="true", id=1), {}, 1)
