"""The build of llama-cpp-python: what it decides before it builds, and what it says when it cannot."""

import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from agent import places
from agent.engine import build

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "agent" / "engine" / "build.py"


def script(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script as `make` runs it, on the standard library alone."""
    command = [sys.executable, "-I", str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/", check=False, timeout=120)


def tool(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder that is all the search path there is."""
    folder = tmp_path / "tools"
    folder.mkdir()
    return folder


def test_the_version_is_the_one_that_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert f"llama-cpp-python=={build.VERSION}" in project["project"]["dependencies"]
    assert "llama-cpp-python==" not in (ROOT / "constraints.txt").read_text()


def test_every_dependency_is_pinned_with_hashes_and_no_index_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime, development = ((ROOT / name).read_text() for name in ("constraints.txt", "constraints-dev.txt"))
    for text in (runtime, development):
        assert "://" not in text
        pins = [line for line in text.splitlines() if "==" in line]
        assert all(line.endswith("\\") for line in pins)
    for wanted, text in ((project["dependencies"], runtime), (project["optional-dependencies"]["dev"], development)):
        for requirement in wanted:
            name = requirement.partition(";")[0].partition(">")[0].partition("=")[0].strip()
            assert name == "llama-cpp-python" or f"\n{name}==" in text, name


def test_the_pass_that_breaks_amx_is_off_for_gcc_alone(tools: Path) -> None:
    gcc, clang = tool(tools, "some-gcc", "echo gcc 13"), tool(tools, "some-clang", "echo clang version 17")
    with_gcc = build.recipe("cpu", {"CXX": str(gcc)}).cmake_args
    with_clang = build.recipe("cpu", {"CXX": str(clang)}).cmake_args
    assert ("-DCMAKE_CXX_FLAGS=-fno-tree-dse -fno-dse" in shlex.split(with_gcc)) == (os.uname().machine == "x86_64")
    assert "dse" not in with_clang


def test_the_users_own_flags_and_cmake_arguments_are_kept() -> None:
    own = {"CMAKE_ARGS": "-DGGML_VULKAN=ON -DLLAVA_BUILD=ON", "CXXFLAGS": "-march=x86-64-v2"}
    arguments = shlex.split(build.recipe("cpu", own).cmake_args)
    assert any(argument.startswith("-DCMAKE_CXX_FLAGS=-march=x86-64-v2") for argument in arguments)
    assert arguments[-2:] == ["-DGGML_VULKAN=ON", "-DLLAVA_BUILD=ON"]


def test_each_way_to_build_has_a_place_of_its_own_in_the_cache() -> None:
    keys = {build.recipe(backend, {}).key for backend in ("cpu", "cuda", "metal")}
    keys.add(build.recipe("cpu", {"CMAKE_ARGS": "-DGGML_NATIVE=OFF"}).key)
    assert len(keys) == 4
    assert build.recipe("cpu", {}).key == build.recipe("cpu", {}).key


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac builds for Metal")
def test_cuda_needs_both_the_compiler_and_a_gpu(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("CUDA_HOME", str(tools / "none"))
    tool(tools, "nvcc", "echo release 12.4")
    tool(tools, "nvidia-smi", "exit 9")
    assert build.detect_backend() == "cpu"
    tool(tools, "nvidia-smi", "echo 'GPU 0: A Card (UUID: GPU-1)'")
    assert build.detect_backend() == "cuda"
    assert "-DGGML_CUDA=ON" in build.recipe("cuda", {}).cmake_args
    (tools / "nvcc").unlink()
    assert build.detect_backend() == "cpu"


def test_the_cache_folder_is_the_one_of_the_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PONDER_CACHE", str(tmp_path / "own")), ("XDG_CACHE_HOME", str(tmp_path)), ("HOME", str(tmp_path))):
        for other in ("PONDER_CACHE", "XDG_CACHE_HOME"):
            monkeypatch.delenv(other, raising=False)
        monkeypatch.setenv(name, value)
        assert build.cache_folder(os.environ) == places.cache_folder() / "llama"


def test_without_a_compiler_one_line_says_what_mends_it(tmp_path: Path, tools: Path) -> None:
    tool(tools, "apt-get", "")
    done = script(PATH=str(tools), PONDER_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 4
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "no C compiler" in done.stderr
    assert "apt-get install g++" in done.stderr


def test_a_compiler_that_compiles_nothing_is_told_apart(tmp_path: Path, tools: Path) -> None:
    broken = tool(tools, "broken", "echo 'fatal error: vector: No such file' >&2; exit 1")
    works = tool(tools, "works", "exit 0")
    done = script(PATH=str(tools), CC=str(works), CXX=str(broken), PONDER_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "C++ compiler" in done.stderr
    assert "fatal error: vector" in done.stderr


@pytest.fixture
def building(tmp_path: Path, tools: Path) -> dict[str, str]:
    """An environment whose compilers pass and whose index is an empty folder."""
    tool(tools, "cc", "exit 0")
    tool(tools, "c++", "exit 0")
    return {
        "PATH": f"{tools}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PONDER_CACHE": str(tmp_path / "cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tools),
    }


def test_a_failed_build_shows_the_end_of_its_log_and_where_it_is(building: dict[str, str]) -> None:
    done = script("--backend=cpu", **building)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert f"No matching distribution found for llama-cpp-python=={build.VERSION}" in done.stderr
    log = next(Path(building["PONDER_CACHE"]).rglob("build.log"))
    assert str(log) in done.stderr
    assert "No matching distribution" in log.read_text()
    assert not list(log.parent.glob("*.whl"))
    assert not list(log.parent.glob("build-*"))


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac builds for Metal")
def test_a_failed_cuda_build_gives_way_to_the_cpu_out_loud(building: dict[str, str], tools: Path) -> None:
    tool(tools, "nvcc", "echo release 12.4")
    tool(tools, "nvidia-smi", "echo 'GPU 0: A Card'")
    done = script(**building)
    assert done.returncode == 4
    assert "for cuda" in done.stderr
    assert "the GPU stays unused: building for the CPU instead" in done.stderr
    assert done.stderr.index("for cuda") < done.stderr.index("for cpu")
    asked = script("--backend=cuda", **building)
    assert asked.returncode == 4
    assert "for cpu" not in asked.stderr


def test_an_archive_with_other_bytes_is_not_built(building: dict[str, str], tools: Path) -> None:
    (tools / f"llama_cpp_python-{build.VERSION}.tar.gz").write_bytes(b"somebody else's")
    done = script("--backend=cpu", **building)
    assert done.returncode == 4
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_the_mend_is_a_command_that_runs() -> None:
    command = shlex.split(build.mend())
    assert command[0] == sys.executable
    helped = subprocess.run([*command[:3], "--help"], capture_output=True, text=True, check=True)
    assert all(option in helped.stdout for option in command[3:] if option.startswith("--"))
