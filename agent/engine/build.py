"""Builds llama-cpp-python's wheel from source, once per machine, and installs it.

A plain script on the standard library alone, so that it runs before anything is installed:

    python3 -I agent/engine/build.py --python .venv/bin/python

The default build of this version crashes on Intel CPUs with AMX: GCC's dead-store elimination drops the stores into the tile
configuration (ggml-org/llama.cpp issue 20824). `_compiler_flags` switches that pass off, which keeps AMX. The wheel is tuned to
this machine's CPU and bound to no Python version, so one build serves every environment of its user.
"""

import argparse
import fcntl
import hashlib
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal, TextIO

VERSION = "0.3.36"
SDIST_SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
RECIPE = 2
"""Raised whenever a change here means that wheels built before must not be used again."""

_HEEDED = "if(NOT LLAMA_BUILD_COMMON)\n  set(LLAMA_BUILD_COMMON OFF)\nendif()\n"
"""CMake's own words. The distribution sets this option itself, so that two fifths of the build would go into a library that
it does not use; a variable of that name comes before the option.
"""

Backend = Literal["cpu", "cuda", "metal"]
Report = Callable[[int, int], None]
"""`(done, total)` compiled files."""

_STEP = re.compile(r"^\s*\[\s*(\d+)(?:/(\d+)|%)\]")
_PIP_SUMMARY = "error: subprocess-exited-with-error"
"""From here on pip only says that the build failed, not why."""
_TELLING = re.compile(r"\berror\b|\bfatal\b|No space left|Killed|FAILED", re.IGNORECASE)


class BuildError(Exception):
    """One line, or a few with the log's end: what is wrong, and what mends it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that the wheel's machine code depends on."""

    backend: Backend
    cmake_args: str
    machine: str
    """System, C library and CPU with its feature flags: the build is tuned to them."""

    @property
    def key(self) -> str:
        text = "\n".join((str(RECIPE), VERSION, SDIST_SHA256, self.backend, self.cmake_args, self.machine))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def mend() -> str:
    """The command that builds and installs llama-cpp-python anew, for messages."""
    return shlex.join([sys.executable, "-I", str(Path(__file__).resolve()), "--python", sys.executable, "--force"])


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where wheels and their logs are kept: `$PONDER_CACHE`, else below the user's cache folder. Raises `BuildError`."""
    if own := environment.get("PONDER_CACHE"):
        return Path(os.path.expanduser(own)) / "llama"
    base, home = environment.get("XDG_CACHE_HOME"), os.path.expanduser("~")
    if not base and home == "~":
        raise BuildError("this user has no home folder; set HOME")
    return (Path(base) if base else Path(home) / ".cache") / "ponder" / "llama"


def detect_backend() -> Backend:
    """CUDA where both the compiler and a GPU are there, Metal on a Mac, else the CPU."""
    if sys.platform == "darwin":
        return "metal"
    if _nvcc() and "GPU" in _output("nvidia-smi", "-L"):
        return "cuda"
    return "cpu"


def recipe(backend: Backend, environment: Mapping[str, str]) -> Recipe:
    """The recipe for this machine; the user's own `CMAKE_ARGS` come last, so they prevail."""
    options = {"LLAVA_BUILD": "OFF", "LLAMA_BUILD_COMMON": "OFF", "LLAMA_BUILD_TOOLS": "OFF"}
    if flags := f"{environment.get('CXXFLAGS', '')} {_compiler_flags(environment)}".strip():
        options["CMAKE_CXX_FLAGS"] = flags  # which otherwise would displace the user's own
    if backend != "cpu":
        options[f"GGML_{backend.upper()}"] = "ON"
    if backend == "cuda":
        options["CMAKE_CUDA_COMPILER"] = _nvcc() or "nvcc"
    arguments = [f"-D{name}={value}" for name, value in options.items()]
    own = environment.get("CMAKE_ARGS", "")
    return Recipe(backend, f"{shlex.join(arguments)} {own}".strip(), _machine(backend))


def _compiler_flags(environment: Mapping[str, str]) -> str:
    """GCC on x86-64 alone knows and needs them."""
    compiler = _compiler(environment, "CXX", "c++", "g++")
    if platform.machine() not in ("x86_64", "AMD64") or compiler is None or "clang" in _output(*compiler, "--version"):
        return ""
    return "-fno-tree-dse -fno-dse"


def _machine(backend: Backend) -> str:
    described = [platform.system(), platform.machine(), *platform.libc_ver()]
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = [f"model name: {_output('sysctl', '-n', 'machdep.cpu.brand_string')}"]
    for name in ("model name", "flags", "Features"):
        described += [line for line in lines if line.startswith(name)][:1]
    if backend == "cuda":
        described += [
            _output(_nvcc() or "nvcc", "--version"),
            _output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader"),
        ]
    return "\n".join(described)


def _nvcc() -> str | None:
    home = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH") or "/usr/local/cuda"
    return shutil.which("nvcc") or shutil.which("nvcc", path=f"{home}/bin")


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _compiler(environment: Mapping[str, str], variable: str, *names: str) -> list[str] | None:
    """The command CMake will use: `$CC` or `$CXX`, else the first of its usual names on the path."""
    if named := environment.get(variable):
        return shlex.split(named)
    found = next((path for name in names if (path := shutil.which(name))), None)
    return [found] if found else None


def check_compilers(environment: Mapping[str, str]) -> None:
    """Compiles and links a small program in C and in C++; raises `BuildError` with the mend."""
    trials = (
        ("C", "CC", ("cc", "gcc", "clang"), '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n'),
        ("C++", "CXX", ("c++", "g++", "clang++"), "#include <vector>\nint main() { return (int)std::vector<int>(1)[0]; }\n"),
    )
    for language, variable, names, source in trials:
        command = _compiler(environment, variable, *names)
        if command is None:
            raise BuildError(f"no {language} compiler found; {_compiler_mend()}")
        with tempfile.TemporaryDirectory() as folder:
            complete = [*command, "-x", language.lower(), "-", "-o", f"{folder}/trial"]
            try:
                tried = subprocess.run(complete, input=source, capture_output=True, text=True, timeout=60, check=False)
            except (OSError, subprocess.SubprocessError) as error:
                raise BuildError(f"the {language} compiler {command[0]} cannot be run ({error}); {_compiler_mend()}") from None
        if tried.returncode:
            why = next((line for line in tried.stderr.splitlines() if "error" in line), tried.stderr.strip()[-200:])
            raise BuildError(f"the {language} compiler {command[0]} cannot build a small program ({why}); {_compiler_mend()}")


def _compiler_mend() -> str:
    if sys.platform == "darwin":
        return "install it with: xcode-select --install"
    sudo = "" if os.geteuid() == 0 else "sudo "
    for tool, command in (("apt-get", "apt-get install g++"), ("dnf", "dnf install gcc-c++"), ("pacman", "pacman -S gcc")):
        if shutil.which(tool):
            return f"install it with: {sudo}{command}"
    return "install g++ or clang++"


def wheel(python: str, wanted: Recipe, cache: Path, *, report: Report, force: bool = False) -> Path:
    """The wheel for `wanted`: from the cache, else built by the pip of `python`. Raises `BuildError`.

    Only whole wheels ever stand in the cache; a second process that wants the same one waits for the first.
    """
    folder = cache / wanted.key
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = sorted(folder.glob("*.whl"))
        if kept and not force:
            return kept[0]
        with tempfile.TemporaryDirectory(dir=folder, prefix="build-") as scratch:
            built = _build(python, wanted, Path(scratch), folder / "build.log", report)
            return built.replace(folder / built.name)


def _build(python: str, wanted: Recipe, scratch: Path, log: Path, report: Report) -> Path:
    requirement = scratch / "requirement.txt"
    requirement.write_text(f"llama-cpp-python=={VERSION} --hash=sha256:{SDIST_SHA256}\n")
    # pip's own cache of built wheels does not know CMAKE_ARGS: it would hand back a build with other flags.
    command = [python, "-m", "pip", "wheel", "-v", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-cache-dir"]
    command += ["--no-binary=llama-cpp-python", "--require-hashes", f"--wheel-dir={scratch}", f"--requirement={requirement}"]
    heeded = scratch / "heeded.cmake"
    heeded.write_text(_HEEDED)
    arguments = f"{wanted.cmake_args} {shlex.quote(f'-DCMAKE_PROJECT_INCLUDE={heeded}')}"
    environment = os.environ | {"CMAKE_ARGS": arguments, "PYTHONUNBUFFERED": "1"}
    with log.open("w", encoding="utf-8", errors="replace") as file:
        file.write(f"CMAKE_ARGS={wanted.cmake_args}\n")
        status = _follow(command, environment, file, report)
    built = list(scratch.glob("*.whl"))
    if status or len(built) != 1:
        raise BuildError(f"the build of llama-cpp-python {VERSION} failed; the whole log is {log}\n{_log_end(log)}")
    return built[0]


def _follow(command: list[str], environment: Mapping[str, str], log: TextIO, report: Report) -> int:
    """Runs the build in a session of its own, so that an interrupt ends every process of it, and pip cleans up after itself."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            log.write(line)
            if step := _STEP.match(line):
                report(int(step[1]), int(step[2] or 100))
        return process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _log_end(log: Path) -> str:
    """The lines that say why, each with the two behind it and clipped to about a screen's width; else the last lines."""
    lines = [line.strip()[:200] for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    whole = next((number for number, line in enumerate(lines) if line.startswith(_PIP_SUMMARY)), len(lines))
    telling = [number for number in range(whole) if _TELLING.search(lines[number]) and not _STEP.match(lines[number])]
    shown = sorted({after for number in telling for after in range(number, min(number + 3, whole))}) or range(whole)
    return "\n".join(f"  {lines[number]}" for number in shown[-10:])


def install(python: str, built: Path) -> None:
    """Puts the wheel into the environment of `python`, whatever version stood there; its dependencies are left alone."""
    command = [python, "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-index"]
    done = subprocess.run([*command, "--force-reinstall", str(built)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"cannot install {built} with {python}: {done.stderr.strip()[-300:]}")


@contextmanager
def shown(stream: TextIO, what: str) -> Generator[Report]:
    """Progress as one line that overwrites itself at a terminal, else as a line every 15 seconds."""
    started = time.monotonic()
    terminal = stream.isatty()
    told = started

    def report(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if terminal or now - told >= 15:
            told = now
            line = f"{what}: {done} of {total}, {now - started:.0f} s"
            stream.write(f"\r\x1b[K{line}" if terminal else f"{line}\n")
            stream.flush()

    try:
        yield report
    finally:
        if terminal:
            stream.write("\r\x1b[K")
            stream.flush()


def provide(python: str, backend: Backend | None, cache: Path, *, force: bool, stream: TextIO) -> None:
    """Builds or reuses, installs, and says so on `stream`. A failed CUDA build gives way to the CPU, unless asked for."""
    chosen = backend or detect_backend()
    wanted = recipe(chosen, os.environ)
    name = f"llama-cpp-python {VERSION} for {chosen}"
    reused = not force and any((cache / wanted.key).glob("*.whl"))
    if not reused:
        check_compilers(os.environ)
        stream.write(f"building {name}: 3 to 10 minutes, once for this machine (log: {cache / wanted.key / 'build.log'})\n")
        stream.flush()
    try:
        with shown(stream, f"building {name}") as report:
            built = wheel(python, wanted, cache, report=report, force=force)
    except BuildError as error:
        if chosen != "cuda" or backend:
            raise
        stream.write(f"{error}\nso the GPU stays unused: building for the CPU instead\n")
        return provide(python, "cpu", cache, force=force, stream=stream)
    install(python, built)
    stream.write(f"{'reused' if reused else 'built'} {name}\n")
    return None


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Exit status: 0 installed, 4 the machine cannot build it, 130 interrupted."""
    parser = argparse.ArgumentParser(description="Builds llama-cpp-python for this machine and installs it.")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the environment to install into")
    parser.add_argument("--backend", choices=("auto", "cpu", "cuda", "metal"), default="auto")
    parser.add_argument("--force", action="store_true", help="build even if the cache has the wheel")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    backend: Backend | None = None if options.backend == "auto" else options.backend
    try:
        provide(options.python, backend, cache_folder(os.environ), force=options.force, stream=sys.stderr)
    except (BuildError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 4
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; run it again to go on\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
