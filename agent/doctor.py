"""Checks this machine, one thing after the other: what is well, what is not, and the command that mends it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent import models
from agent.config import Settings, load
from agent.engine import build
from agent.engine.llama import gpus, offload_supported
from agent.engine.placement import free_memory
from agent.errors import PonderError
from agent.machine import wanted_model
from agent.store import data_folder
from tools.choose import open_sandbox
from tools.sandbox import Run, SandboxError

State = Literal["ok", "warn", "fail"]
NEEDED_ON_DISK = 3_000_000_000
DECODE = """
import sys
from pathlib import Path
from agent.engine.engine import open_engine
from agent.engine.request import Message, Request, Sampling
with open_engine(Path(sys.argv[1]), name="probe", width=1, context=512, gpu_layers=0, progress=lambda *_: None) as engine:
    branch = engine.submit(Request(engine.encode([Message("user", "Hi")]), Sampling(max_tokens=4)))
    while branch.finish is None:
        engine.step()
    print(branch.generated)
"""
DECODE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend`: the command or step that makes it well; None where nothing is wrong."""

    name: str
    state: State
    detail: str
    mend: str | None = None


def examine(flags: Mapping[str, object]) -> Iterator[Finding]:
    """Every check in order, as it is made. None of them raises; a crash of llama.cpp happens in a child process."""
    finding, settings = _settings(flags)
    yield finding
    yield Finding("python", "ok", f"{sys.version.split()[0]} at {sys.executable}")
    model, path = _model(settings)
    yield model
    yield _decode(path)
    yield _gpu()
    yield _memory(path)
    yield _sandbox(settings)
    yield _disk()
    yield _terminal()


def _settings(flags: Mapping[str, object]) -> tuple[Finding, Settings]:
    try:
        configured = load(flags)
    except PonderError as error:
        return Finding("settings", "fail", str(error), "correct that value, or remove it"), Settings()
    changed = [f"{key} from {origin}" for key, origin in configured.origins.items() if origin != "default"]
    return Finding("settings", "ok", ", ".join(changed) or "all defaults"), configured.settings


def _model(settings: Settings) -> tuple[Finding, Path | None]:
    try:
        found = wanted_model(settings.model)
    except PonderError as error:
        return Finding("model", "fail", str(error), "ponder models list"), None
    if isinstance(found, Path):
        return Finding("model", "ok", str(found)), found
    path = models.locate(found)
    if path is None:
        mend = f"ponder models pull {found.name}"
        return Finding("model", "warn", f"{found.name} is not on disk; the first solve downloads it", mend), None
    return Finding("model", "ok", f"{found.name} at {path}"), path


def _decode(path: Path | None) -> Finding:
    """One decode in a process of its own, so that a build that does not suit this processor is seen and not suffered."""
    if path is None:
        return Finding("llama.cpp", "warn", "not tried: no model is on disk", "ponder models pull auto")
    command = [sys.executable, "-c", DECODE, str(path)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=DECODE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Finding("llama.cpp", "fail", f"no answer to a decode within {DECODE_SECONDS} seconds", build.mend())
    if ran.returncode == 0:
        return Finding("llama.cpp", "ok", "a decode in a child process went well")
    if ran.returncode < 0:
        return Finding("llama.cpp", "fail", f"a decode crashed (signal {-ran.returncode})", build.mend())
    return Finding("llama.cpp", "fail", (ran.stderr.strip().splitlines() or ["a decode failed"])[-1], build.mend())


def _gpu() -> Finding:
    found = gpus()
    if found:
        return Finding("gpu", "ok", ", ".join(f"{name}, {free / 1e9:.1f} GB free" for name, free in found))
    if shutil.which("nvidia-smi") and not offload_supported():
        return Finding("gpu", "warn", "there is one, but this build does not use it", f"install nvcc, then {build.mend()}")
    return Finding("gpu", "ok", "none; the processor serves")


def _memory(path: Path | None) -> Finding:
    free = free_memory()
    if path is None:
        return Finding("memory", "ok", f"{free / 1e9:.1f} GB free")
    needed = path.stat().st_size * 5 // 4
    detail = f"{free / 1e9:.1f} GB free, the model needs about {needed / 1e9:.1f} GB"
    return (
        Finding("memory", "ok", detail) if free >= needed else Finding("memory", "fail", detail, "--model with a smaller one")
    )


def _sandbox(settings: Settings) -> Finding:
    try:
        with open_sandbox(settings.sandbox, lambda what, done, total: None) as sandbox:
            outcome = sandbox.submit(Run("print(1)")).result()
    except SandboxError as error:
        return Finding("sandbox", "fail", str(error), "apt-get install docker.io, or allow user namespaces")
    if outcome.stdout.strip() != "1":
        return Finding("sandbox", "fail", f"a program gave {outcome.stdout!r} for 1", "ponder sandbox selftest")
    return Finding("sandbox", "warn" if sandbox.why else "ok", sandbox.name + (f": {sandbox.why}" if sandbox.why else ""))


def _disk() -> Finding:
    folder = models.models_folder()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free for models at {folder}; runs are kept in {data_folder()}"
    if free >= NEEDED_ON_DISK:
        return Finding("disk", "ok", detail)
    return Finding("disk", "warn", detail, "free some space, or set PONDER_MODELS to a folder on another disk")


def _terminal() -> Finding:
    terminal = os.environ.get("TERM", "")
    if not sys.stderr.isatty():
        return Finding("terminal", "ok", "standard error is not a terminal: the reasoning is shown as lines")
    if terminal in ("", "dumb"):
        return Finding(
            "terminal", "warn", f"TERM is {terminal!r}: the reasoning is shown as lines", "export TERM=xterm-256color"
        )
    return Finding("terminal", "ok", f"{terminal}, {os.get_terminal_size(sys.stderr.fileno()).columns} columns")
