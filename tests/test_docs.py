"""What the documents name must be there: commands, options, files, make's targets."""

import re
from pathlib import Path

import click
import pytest

from agent.cli import SOLVE, cli
from agent.verify.verify import Judge, Problem

TOP = Path(__file__).parent.parent
PAGES = [TOP / "README.md", TOP / "examples" / "README.md", *sorted((TOP / "docs").glob("*.md"))]


def commands() -> dict[str, click.Command]:
    """Every command by the words that call it."""
    found: dict[str, click.Command] = {}
    for name, command in cli.commands.items():
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {below}": part for below, part in command.commands.items()}
    return found


def options() -> set[str]:
    every = [cli, *commands().values()]
    names = {name for command in every for option in command.params for name in option.opts}
    return names | {"--help", "-h"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_of_ponder_in_a_document_exists(page: Path):
    for line in re.findall(r"(?:^\$ |`)(?:\.venv/bin/)?ponder ([^`\n|#]*)", page.read_text(encoding="utf-8"), re.MULTILINE):
        unquoted = re.sub(r"\"[^\"]*\"|'[^']*'", "", line)
        for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", unquoted):
            assert option in options(), f"{page.name}: ponder {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_ponder_in_a_document_exists(page: Path):
    groups = {name for name, command in commands().items() if isinstance(command, click.Group)}
    for words in re.findall(r"`ponder ([a-z]+(?: [a-z]+)?)[^`]*`", page.read_text(encoding="utf-8")):
        first, _, second = words.partition(" ")
        assert first in commands(), f"{page.name}: ponder {words}"
        assert first not in groups or not second or words in commands(), f"{page.name}: ponder {words}"


def test_the_readme_names_every_command():
    text = (TOP / "README.md").read_text(encoding="utf-8")
    for name in cli.commands:
        assert name == SOLVE or re.search(rf"\bponder {name}\b", text), f"README.md does not mention ponder {name}"


def test_the_makefile_has_the_targets_that_the_readme_names():
    targets = set(re.findall(r"^([a-z]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"run", "test", "check", "fix", "bench"} <= targets
    named = re.findall(r"(?:^\$ |`)make ([a-z]+)\b", (TOP / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"run", "test"} <= set(named) <= targets


@pytest.mark.parametrize("name", ["README.md", "docs/STRATEGIES.md"])
def test_a_puzzle_that_is_shown_is_read_as_one(name: str):
    (puzzle,) = re.findall(r'\("(use 4, 6, [^"]+)"\)', (TOP / name).read_text(encoding="utf-8"))
    assert Judge(Problem(puzzle)).checks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize(("words", "meant"), [([], SOLVE), (["runs"], "runs list")])
def test_the_help_lists_every_option_of_what_is_meant_without_a_command(words: list[str], meant: str):
    from click.testing import CliRunner

    shown = CliRunner().invoke(cli, [*words, "--help"]).output
    for option in commands()[meant].params:
        if isinstance(option, click.Option):
            assert option.opts[-1] in shown
