"""Completion in real shells: commands, options, models, files and runs, and nothing where a problem is being written."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.program import PONDER, Ponder, environment, eventually, lasting_ponder, sandbox_name  # noqa: F401  (fixtures)
from tests.terminal import Terminal

# ruff: noqa: F811

Completed = Callable[[str], list[str]]


def program(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell} is installed")
    return found


def spoken(ponder: Ponder, *command: str) -> list[str]:
    path = f"{PONDER.parent}:{ponder.environment['PATH']}"
    environment = {**ponder.environment, "PATH": path, "PONDER_DATA": str(ponder.folder / "data")}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ponder.folder, timeout=60, check=True)
    assert ran.stderr == ""
    return ran.stdout.splitlines()


BASH = """
source "$0"
compopt() { COMPREPLY+=("<$2>"); }
read -ra COMP_WORDS <<< "$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_ponder_completion ponder
[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' "${COMPREPLY[@]}"
"""
"""What bash does at a tab; outside of it, `compopt` is not to be had."""


@pytest.fixture(scope="module")
def scripts(lasting_ponder: Ponder) -> dict[str, Path]:
    """What `ponder completion` says for each shell, in a file."""
    files = {shell: lasting_ponder.folder / f"completion.{shell}" for shell in ("bash", "fish")}
    for file, said in zip(files.values(), lasting_ponder.each(*(("completion", shell) for shell in files)), strict=True):
        assert (said.status, said.err) == (0, "")
        file.write_text(said.out)
    return files


@pytest.fixture(params=["bash", "fish"])
def completed(request: pytest.FixtureRequest, lasting_ponder: Ponder, scripts: dict[str, Path]) -> Completed:
    """The words that the shell offers for a line with the cursor at its end."""
    shell, script = program(request.param), str(scripts[request.param])
    if request.param == "bash":
        return lambda line: spoken(lasting_ponder, shell, "--norc", "-c", BASH, script, line)
    asking = "source $argv[1]; complete -C $argv[2]"
    return lambda line: [word.split("\t")[0] for word in spoken(lasting_ponder, shell, "-N", "-c", asking, script, line)]


def test_the_first_word_may_be_any_command(completed: Completed) -> None:
    offered = completed("ponder ")
    assert {"batch", "bench", "runs", "replay", "models", "doctor", "completion"} <= set(offered)
    assert not [word for word in offered if word.startswith(":")]
    assert completed("ponder ba") == ["batch"]
    assert set(completed("ponder runs ")) >= {"list", "show", "rm"}
    assert completed("ponder models pu") == ["pull"]


def test_options_of_a_solve_and_of_a_command(completed: Completed) -> None:
    assert {"--tests", "--check", "--time", "--help"} <= set(completed("ponder --"))
    assert completed("ponder --ti") == ["--time"]
    assert "--shard" in completed("ponder batch --sh")
    assert completed("ponder runs --sta") == ["--status"]
    assert completed("ponder What --eff") == ["--effort"]


def test_values(completed: Completed) -> None:
    assert completed("ponder --model smol") == ["smollm2-135m-instruct-q4_1"]
    assert sorted(completed("ponder --effort ")) == ["high", "low", "medium"]
    assert completed("ponder strategies show brute") == ["brute-force"]
    assert completed("ponder completion z") == ["zsh"]


def test_the_words_of_a_problem_are_left_alone(completed: Completed) -> None:
    """`bat` begins a command's name, and here it is a word of a problem."""
    assert completed("ponder Write bat") == []


@pytest.fixture
def zsh(lasting_ponder: Ponder) -> Iterator[Terminal]:
    program("zsh")
    program("tmux")
    environment = {**lasting_ponder.environment, "PATH": f"{PONDER.parent}:{lasting_ponder.environment['PATH']}"}
    terminal = Terminal(lasting_ponder.folder, environment)
    terminal.types("PS1='$ ' exec zsh -f")
    terminal.types("autoload -U compinit && compinit -u && eval \"$(ponder completion zsh)\" && echo re''ady")
    terminal.waits_for("^ready")
    yield terminal
    terminal.close()


def test_zsh_completes_at_the_tab(zsh: Terminal) -> None:
    zsh.presses("ponder docto")
    zsh.presses("Tab")
    assert eventually(lambda: "ponder doctor" in zsh.screen())
