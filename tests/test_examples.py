"""The examples run as they stand, and what was recorded of them is what their scripts say.

With the small model here most answers are wrong, which no example hides: what holds for any model is asserted.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.program import PONDER, Ended, Ponder, ended, environment, ponder, sandbox_name  # noqa: F401  (some are fixtures)

# ruff: noqa: F811

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/run"))
ANSWERED = (0, 3)


def run(ponder: Ponder, name: str, tokens: int = 120, seconds: int = 20) -> Ended:
    """A copy of the example, run by the shell as the README says, within a small budget."""
    shutil.copytree(
        EXAMPLES / name, ponder.folder / name, ignore=shutil.ignore_patterns("results.jsonl", "chunk.py", "slug.py")
    )
    small = {"PONDER_TOKENS": str(tokens), "PONDER_ATTEMPTS": "2", "PONDER_TIME": str(seconds), "PONDER_VIEW": "plain"}
    path = f"{PONDER.parent}:{ponder.environment['PATH']}"
    shell = ("sh", "-c", 'cd "$0" && exec sh run')
    return ended(ponder.start(name, command=shell, PATH=path, XDG_CONFIG_HOME=None, **small))


def test_there_are_eight_and_the_readme_leads_to_each() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert len(NAMES) == 8
    for name in NAMES:
        assert f"| [{name}]({name}/" in text
        assert f"({name}/recorded.txt)" in text


@pytest.mark.parametrize("name", NAMES)
def test_what_was_recorded_is_what_the_script_does(name: str) -> None:
    """The shell wrote the script's lines as it read them; a script that was changed since must be recorded anew."""
    recorded = (EXAMPLES / name / "recorded.txt").read_text(encoding="utf-8").splitlines()
    script = (EXAMPLES / name / "run").read_text(encoding="utf-8").splitlines()
    position = 0
    for line in script:
        assert line in recorded[position:], f"recorded.txt lacks {line!r}"
        position += recorded[position:].index(line) + 1
    assert len(recorded) > len(script)
    assert not any("Traceback" in line for line in recorded)


@pytest.mark.parametrize("name", ["puzzle", "csv"])
def test_a_question_is_answered_or_the_status_says_not(ponder: Ponder, name: str) -> None:
    said = run(ponder, name, tokens=40)
    assert said.status in ANSWERED
    assert re.search(r"^\[ *\d+\.\ds\] (verified|agreed|unverified|failed)", said.err, re.MULTILINE)


def test_a_function_is_written_whole_or_not_at_all(ponder: Ponder) -> None:
    said = run(ponder, "function")
    status = int(said.out.splitlines()[0].removeprefix("status "))
    assert status in ANSWERED
    written = ponder.folder / "function" / "chunk.py"
    assert said.out.split("\n", 1)[1] == (written.read_text(encoding="utf-8") if written.exists() else "")


def test_a_pipeline_passes_the_answer_alone(ponder: Ponder) -> None:
    said = run(ponder, "pipeline", seconds=45)  # an attempt is to come to its end on a busy machine, too
    assert said.err == ""
    answer = json.loads(ponder("runs", "show", "--json").out)["result"]["answer"]
    assert answer
    assert said.out == f"{answer.upper()}\n"


def test_a_batch_that_was_killed_is_taken_up_again(ponder: Ponder) -> None:
    said = run(ponder, "batch", tokens=40)
    folder = ponder.folder / "batch"
    problems = [json.loads(line)["id"] for line in (folder / "problems.jsonl").read_text().splitlines()]
    results = [json.loads(line)["id"] for line in (folder / "results.jsonl").read_text().splitlines()]
    assert sorted(results) == sorted(problems)
    assert "of them before" in said.err
    assert int(said.out.splitlines()[0].removeprefix("status ")) in ANSWERED


def test_a_strategy_of_ones_own_takes_the_place_of_ours(ponder: Ponder) -> None:
    said = run(ponder, "strategy", tokens=3000, seconds=4)  # so many that both of the first attempts are within reach
    assert "from fractions import Fraction" in said.out
    assert " compute: " in said.err


def test_python_gets_the_result_or_an_error(ponder: Ponder) -> None:
    said = run(ponder, "python", tokens=40)
    assert said.status == 0
    assert said.out.splitlines()[0] in ("verified", "unverified", "failed")
    path = f"{PONDER.parent}:{ponder.environment['PATH']}"
    failing = "import ask\ntry:\n    ask.ask('What?', '--model', 'absent')\nexcept RuntimeError as error:\n    print(error)"
    environment = {**ponder.environment, "PATH": path}
    told = subprocess.run(
        ["python3", "-c", failing], cwd=ponder.folder / "python", env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("ponder: no model 'absent'")


def test_a_ci_job_runs_what_lies_there(ponder: Ponder) -> None:
    workflow = (EXAMPLES / "ci" / "workflow.yml").read_text(encoding="utf-8")
    assert "- run: sh run\n        working-directory: examples/ci" in workflow
    for target in re.findall(r"make -C ponder (\S+)", workflow):
        assert re.search(rf"^{re.escape(target)}:", (EXAMPLES.parent / "Makefile").read_text(), re.MULTILINE)
    for file in re.findall(r"ponder/([\w./]+)'", workflow):
        assert (EXAMPLES.parent / file).is_file()
    said = run(ponder, "ci")
    assert said.status in ANSWERED
    assert (ponder.folder / "ci" / "slug.py").exists() or said.status == 3
