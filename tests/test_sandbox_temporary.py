"""Temporary files between tests and candidate, which may be two users, on every sandbox that can run here."""

import pytest

from tests.sandboxes import sandbox  # noqa: F401  (a fixture)
from tools import harness
from tools.harness import TestReport
from tools.lanes import Lanes

# ruff: noqa: F811

RIGHT = """
import os, shutil, tempfile
from pathlib import Path
def read(path): return Path(path).read_text()
def write(path, text): Path(path).write_text(text)
def append(path, text):
    with open(path, 'a') as file: file.write(text)
def copy(source, target): shutil.copytree(source, target)
def remove(path): os.remove(path)
def rename(old, new): os.rename(old, new)
def listed(path): return sorted(os.listdir(path))
def saved(text):
    folder = tempfile.mkdtemp()
    Path(folder, 'saved').write_text(text)
    return folder
def saved_in_file(text):
    with tempfile.NamedTemporaryFile('w', delete=False) as file: file.write(text)
    return file.name
"""
TESTS = {
    "tmp_path": """
def test(tmp_path):
    (tmp_path / 'in').write_text('a')
    assert read(str(tmp_path / 'in')) == 'a'
    append(str(tmp_path / 'in'), 'b')
    assert (tmp_path / 'in').read_text() == 'ab'
    write(str(tmp_path / 'out'), 'c')
    assert (tmp_path / 'out').read_text() == 'c'
    (tmp_path / 'folder').mkdir()
    rename(str(tmp_path / 'out'), str(tmp_path / 'folder' / 'out'))
    copy(str(tmp_path / 'folder'), str(tmp_path / 'copy'))
    (tmp_path / 'copy' / 'out').unlink()
    remove(str(tmp_path / 'in'))
    assert listed(str(tmp_path)) == ['copy', 'folder']
""",
    "a folder with a name": """
import os, tempfile
with tempfile.TemporaryDirectory() as folder:
    write(os.path.join(folder, 'out'), 'c')
    os.mkdir(os.path.join(folder, 'new'))
    copy(os.path.join(folder, 'new'), os.path.join(folder, 'copy'))
    assert listed(folder) == ['copy', 'new', 'out']
assert not os.path.exists(folder)
""",
    "files with a name": """
import os, tempfile
with tempfile.NamedTemporaryFile('w', suffix='.txt') as file:
    file.write('a')
    file.flush()
    assert read(file.name) == 'a'
    write(file.name, 'b')
    assert read(file.name) == 'b'
handle, path = tempfile.mkstemp()
os.close(handle)
append(path, 'c')
assert open(path).read() == 'c'
remove(path)
assert not os.path.exists(path)
""",
    "the candidate's own": """
import os, shutil
folder = saved('text')
assert open(os.path.join(folder, 'saved')).read() == 'text'
shutil.rmtree(folder)
assert open(saved_in_file('more')).read() == 'more'
""",
}
KEPT = """
import os, tempfile
def test(tmp_path):
    with tempfile.NamedTemporaryFile('w') as file, tempfile.TemporaryDirectory() as folder:
        for place in (tmp_path / 'kept', os.path.join(folder, 'kept')):
            with open(place, 'w') as kept: kept.write('expected-4711')
        file.write('expected-4711')
        file.flush()
        assert found() == []
        for place in (tmp_path / 'kept', os.path.join(folder, 'kept'), file.name):
            assert open(place).read() == 'expected-4711'
"""
SEEKING = """
import os
def found():
    seen = []
    for root, folders, names in os.walk('/tmp'):
        for name in names:
            path = os.path.join(root, name)
            for way in ('r', 'w'):
                try:
                    with open(path, way) as file: seen.append(file.read() if way == 'r' else file.write('4'))
                except OSError: pass
    return seen
"""


@pytest.mark.parametrize("which", TESTS)
def test_a_right_candidate_reads_and_writes_what_the_tests_show_it(which: str, sandbox: Lanes) -> None:
    """With users of their own it was refused: right programs failed in one sandbox and passed in the other."""
    outcome = sandbox.submit(harness.tests_run(RIGHT, TESTS[which])).result()
    report = harness.summary(outcome)
    assert (report.failures, report.succeeded) == ((), True), outcome


def test_what_the_tests_keep_to_themselves_is_closed(sandbox: Lanes) -> None:
    if not getattr(sandbox, "separate_users", True):
        pytest.skip("tests and candidate are one user here")
    assert harness.summary(sandbox.submit(harness.tests_run(SEEKING, KEPT)).result()) == TestReport(1, 0, ())


def test_nothing_of_it_is_left(sandbox: Lanes) -> None:
    tests = (
        "import tempfile\nfolder = tempfile.mkdtemp()\nwrite(folder + '/x', '1')\nassert listed(folder) == ['x']\nsaved('2')"
    )
    assert sandbox.submit(harness.tests_run(RIGHT, tests)).result().succeeded
    tests = "import os\nassert listed('/tmp') == []\nassert listed('/work') == []"
    assert harness.summary(sandbox.submit(harness.tests_run(RIGHT, tests)).result()) == TestReport(2, 0, ())


def test_both_sides_have_one_place_for_what_they_name_themselves(sandbox: Lanes) -> None:
    source = "import tempfile\ndef place():\n    tempfile.mkdtemp()\n    return tempfile.gettempdir()"
    tests = (
        "import tempfile\nbefore = tempfile.gettempdir()\ntempfile.mkdtemp()\nassert before == tempfile.gettempdir() == place()"
    )
    assert harness.summary(sandbox.submit(harness.tests_run(source, tests)).result()).succeeded
