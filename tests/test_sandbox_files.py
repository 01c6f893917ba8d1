"""What a run wants back, on every sandbox that can run here: regular files of its own, bounded, and nothing else."""

import pytest

from tests.sandboxes import sandbox  # noqa: F401  (a fixture)
from tools.fetching import BYTES, FILES
from tools.lanes import Lanes
from tools.sandbox import Limits, Outcome, Run, SandboxError, State

# ruff: noqa: F811


@pytest.fixture(params=["a fresh program", "a cell"])
def state(request: pytest.FixtureRequest) -> State | None:
    return State() if request.param == "a cell" else None


def fetched(sandbox: Lanes, state: State | None, code: str, *patterns: str) -> Outcome:
    outcome = sandbox.submit(Run(f"import os\nos.mkdir('out')\n{code}", state=state, fetch=patterns)).result()
    assert outcome.succeeded, outcome
    return outcome


def test_files_come_back_by_name(sandbox: Lanes, state: State | None) -> None:
    code = """
os.mkdir('out/deep')
open('out/deep/a', 'wb').write(b'\\0\\xff')
open('b.txt', 'w').write('b')
open('c', 'w').write('c')
"""
    outcome = fetched(sandbox, state, code, "out/*", "b.txt", "nothing")
    assert outcome.files == {"out/deep/a": b"\0\xff", "b.txt": b"b"}
    assert outcome.left_out == ()
    assert sandbox.submit(Run("import os; print(os.listdir('.'))")).result().stdout == "[]\n"


def test_what_a_run_was_given_can_come_back(sandbox: Lanes) -> None:
    assert sandbox.submit(Run("", files={"given": b"1"}, fetch=("*",))).result().files == {"given": b"1"}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a": b"1" * (20 << 20), "b": b"1" * (20 << 20)}, "40 MiB of files do not fit"),
        ({"n" * 300: b"1"}, "too long"),
        ({"../a": b"1"}, "plain name"),
    ],
)
def test_files_that_cannot_be_given_are_refused_in_one_line(files: dict[str, bytes], why: str, sandbox: Lanes) -> None:
    with pytest.raises(SandboxError, match=why):
        sandbox.submit(Run("", files=files)).result()
    assert sandbox.submit(Run("print(1)")).result().stdout == "1\n"


def test_only_regular_files_come_back(sandbox: Lanes, state: State | None) -> None:
    code = """
os.symlink('/etc/passwd', 'out/link')
os.symlink('/etc', 'out/folder')
os.symlink('loop', 'out/loop')
os.mkfifo('out/pipe')
open('out/closed', 'w').close(); os.chmod('out/closed', 0)
open('out/file', 'w').write('x')
"""
    outcome = fetched(sandbox, state, code, "*")
    assert outcome.files == {"out/file": b"x"}
    left = [line.split(":")[0] for line in outcome.left_out]
    assert left == ["out/closed", "out/folder", "out/link", "out/loop", "out/pipe"]


def test_names_outside_the_folder_match_nothing(sandbox: Lanes, state: State | None) -> None:
    outcome = fetched(sandbox, state, "open('/tmp/x', 'w').write('x')", "/etc/passwd", "../../etc/passwd", "/tmp/x", "../tmp/*")
    assert (outcome.files, outcome.left_out) == ({}, ())


def test_names_are_data(sandbox: Lanes, state: State | None) -> None:
    code = "for name in (b'n' * 255, b'new\\nline\\x1b[31m', b'\\xff'): open(b'out/' + name, 'w').close()"
    assert set(fetched(sandbox, state, code, "out/*").files) == {"out/" + "n" * 255, "out/new\nline\x1b[31m", "out/\udcff"}


def test_size_and_number_are_bounded(sandbox: Lanes, state: State | None) -> None:
    sparse = "open('out/a', 'wb').truncate(15 << 20)\nfor i in range(300): os.link('out/a', f'out/b{i}')"
    outcome = fetched(sandbox, state, sparse, "out/*")
    assert sum(map(len, outcome.files.values())) <= BYTES
    assert "too large" in outcome.left_out[0]
    assert len(outcome.left_out) <= FILES + 1
    many = "for i in range(200): open(f'out/{i:03}', 'w').write('x')"
    outcome = fetched(sandbox, state, many, "out/*")
    assert len(outcome.files) == FILES
    assert outcome.left_out == (f"only {FILES} files come back",)


def test_nothing_can_change_while_it_is_read(sandbox: Lanes) -> None:
    """A process that the run left behind would swap the file for a link; it is dead before the first byte is read."""
    code = """
if os.fork() == 0:
    os.setsid()
    while True:
        os.symlink('/etc/passwd', 'out/new'); os.rename('out/new', 'out/file')
        open('out/new', 'w').write('x'); os.rename('out/new', 'out/file')
"""
    for _ in range(5):
        outcome = fetched(sandbox, None, code, "out/file")
        assert b"root" not in outcome.files.get("out/file", b"")


def test_a_run_that_met_a_limit_gives_what_it_has(sandbox: Lanes) -> None:
    code = "open('a', 'w').write('x')\nwhile True: pass"
    outcome = sandbox.submit(Run(code, limits=Limits(seconds=0.5), fetch=("a",))).result()
    assert (outcome.ended, outcome.files) == ("timeout", {"a": b"x"})
