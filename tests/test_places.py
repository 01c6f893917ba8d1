"""Odd paths: homes that there are not, links in a circle, names that are too long, what is no file on disk."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agent import models, places
from agent.config import user_file
from agent.engine import build
from agent.errors import MachineError, UsageError
from agent.places import data_folder
from agent.records import require_writable, write_whole

NOBODYS = "~nobody-of-that-name"
TOO_LONG = "/" + "x" * 300


@pytest.fixture
def looped(tmp_path: Path) -> Path:
    (tmp_path / "loop").symlink_to("loop")
    return tmp_path / "loop"


@pytest.mark.parametrize("name", [f"{NOBODYS}/own.gguf", TOO_LONG, "x" * 300 + ".gguf", "a\0b.gguf"])
def test_a_model_of_an_odd_path_is_not_there(name: str) -> None:
    with pytest.raises(MachineError, match="no such model file"):
        models.find(name)


def test_a_name_that_is_too_long_for_a_file_is_no_models_name_either() -> None:
    with pytest.raises(UsageError, match="in the catalogue"):
        models.find("x" * 300)


@pytest.mark.parametrize("folder", [f"{NOBODYS}/models", TOO_LONG])
def test_in_a_models_folder_that_cannot_be_lies_no_model(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PONDER_MODELS", folder)
    assert models.locate(replace(models.catalogue()[0], sources=())) is None


def test_the_folders_that_are_named_may_begin_at_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for written, meant in (("~/own", tmp_path / "own"), (NOBODYS, Path(NOBODYS))):
        for name in ("PONDER_DATA", "PONDER_CACHE", "PONDER_MODELS"):
            monkeypatch.setenv(name, written)
        assert [data_folder(), places.cache_folder(), models.models_folder()] == [meant] * 3
        assert build.cache_folder(os.environ) == meant / "llama"
    assert user_file({"HOME": NOBODYS}) == Path(NOBODYS, ".config", "ponder", "config.toml")


HOMELESS = """
import os
from agent import places
from agent.engine import build
from agent.errors import MachineError
from agent.places import data_folder
os.setuid(54_321)
os.environ.clear()
for asked in (data_folder, places.cache_folder, lambda: build.cache_folder({})):
    try:
        print(asked())
    except (MachineError, build.BuildError) as error:
        print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become a user whom the system does not know")
def test_who_has_no_home_is_told_so() -> None:
    """And gets no folder named `~`, which nobody would dare to remove."""
    done = subprocess.run([sys.executable, "-c", HOMELESS], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["this user has no home folder; set HOME"] * 3


def test_links_in_a_circle_are_neither_promised_nor_written(looped: Path) -> None:
    with pytest.raises(UsageError, match="loop: Too many levels of symbolic links"):
        require_writable(looped)
    with pytest.raises(MachineError, match="loop: Too many levels of symbolic links"):
        write_whole(looped, "answer\n")
    assert looped.is_symlink()


def test_a_name_that_is_too_long_is_neither_promised_nor_written() -> None:
    with pytest.raises(UsageError, match="File name too long"):
        require_writable(Path(TOO_LONG))
    with pytest.raises(MachineError, match="File name too long"):
        write_whole(Path(TOO_LONG), "answer\n")


def test_a_pipe_without_a_name_on_disk_is_written_to(tmp_path: Path) -> None:
    """As `/dev/stdout` leads to one, and what a shell gives for `>(tee log)`."""
    reader, writer = os.pipe()
    with open(reader, "rb") as heard:
        (tmp_path / "link").symlink_to(f"/proc/self/fd/{writer}")
        for path in (Path(f"/dev/fd/{writer}"), tmp_path / "link"):
            require_writable(path)
            write_whole(path, "answer\n")
        os.close(writer)
        assert heard.read() == b"answer\n" * 2
