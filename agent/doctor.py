"""Checks this machine, one thing after the other: what is well, what is not, and the command that mends it."""

import difflib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agent import models
from agent.config import PREFIX, Settings, survey
from agent.engine import build
from agent.errors import PonderError
from agent.places import data_folder
from agent.store.store import MEGABYTE, Store
from agent.text import counted
from agent.view.animation import movable
from tools.choose import open_sandbox
from tools.sandbox import Run, SandboxError

State = Literal["ok", "warn", "fail"]
SPARE = 500_000_000
"""Bytes that should be free beside what a download needs."""
PROBE_SECONDS = 120
NO_SETTINGS = ("PONDER_DATA", "PONDER_MODELS", "PONDER_CACHE", "PONDER_DEBUG")
"""What the environment may say besides settings."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend`: the command or step that makes it well; None where nothing is wrong, or another finding has it."""

    name: str
    state: State
    detail: str
    mend: str | None = None


def examine() -> Iterator[Finding]:
    """Every check in order, as it is made. None of them raises; llama.cpp is tried in a child process, where it may crash."""
    finding, settings = _settings()
    yield finding
    yield Finding("python", "ok", f"{sys.version.split()[0]} at {sys.executable}")
    probed = _probed(settings)
    yield _model(probed)
    yield _decode(probed)
    yield _gpu(probed)
    yield _memory(probed)
    yield _sandbox(settings)
    yield _disk(probed)
    yield _runs(settings)
    yield _terminal()


def _settings() -> tuple[Finding, Settings]:
    """With a fault in them, the others hold for what is checked next."""
    configured, faults = survey({})
    if faults:
        return Finding("settings", "fail", "; ".join(faults), "correct that, or remove it"), configured.settings
    named = {f"{PREFIX}{key.upper()}": key for key in Settings.model_fields}
    for name in sorted(os.environ.keys() - named.keys() - set(NO_SETTINGS)):
        if name.startswith(PREFIX) and (near := difflib.get_close_matches(name, named, n=1)):
            return Finding("settings", "warn", f"${name} is no setting", f"did you mean {near[0]}?"), configured.settings
    changed = [f"{key} from {origin}" for key, origin in configured.origins.items() if origin != "default"]
    return Finding("settings", "ok", ", ".join(changed) or "all defaults"), configured.settings


def _probed(settings: Settings) -> dict[str, Any]:
    """What `agent.probe` said before it ended, and under `crash` why it ended before its time, if so."""
    command = [sys.executable, "-P", "-m", "agent.probe", settings.model, str(settings.gpu_layers)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
        output, crash = ran.stdout, _crash(ran)
    except subprocess.TimeoutExpired as expired:
        output, crash = (expired.stdout or b"").decode(), f"no answer within {PROBE_SECONDS} seconds"
    said: dict[str, Any] = {}
    for line in output.splitlines():
        said |= json.loads(line)
    return said | ({"crash": crash} if crash else {})


def _crash(ran: "subprocess.CompletedProcess[str]") -> str | None:
    if ran.returncode < 0:
        return f"it crashed ({signal.Signals(-ran.returncode).name})"
    return (ran.stderr.strip().splitlines() or ["it failed"])[-1] if ran.returncode else None


def _model(probed: Mapping[str, Any]) -> Finding:
    if "model" not in probed:
        why = probed.get("error") or "not looked for, because llama.cpp does not run here"
        return Finding("model", "fail" if "error" in probed else "warn", why, "ponder models list")
    name, path = probed["model"], probed["path"]
    if path is None:
        return Finding("model", "warn", f"{name} is not on disk; the first solve downloads it", f"ponder models pull {name}")
    return Finding("model", "ok", path if path == name else f"{name} at {path}")


def _decode(probed: Mapping[str, Any]) -> Finding:
    """A build that does not suit this processor dies at its first decode at the latest."""
    if crash := probed.get("crash"):
        stage = "a decode" if "path" in probed else "loading llama.cpp"
        return Finding("llama.cpp", "fail", f"{stage} in a child process: {crash}", build.mend())
    if "device" in probed:
        return Finding("llama.cpp", "ok", f"a decode in a child process went well, on {probed['device']}")
    if "error" in probed and probed.get("path"):
        return Finding("llama.cpp", "fail", probed["error"], "--model with another file")
    if "error" in probed:
        return Finding("llama.cpp", "warn", "not tried: the model cannot be used")
    return Finding("llama.cpp", "warn", "not tried: the model is not on disk", f"ponder models pull {probed['model']}")


def _gpu(probed: Mapping[str, Any]) -> Finding:
    if shutil.which("nvidia-smi") and not probed.get("offload"):
        return Finding("gpu", "warn", "there is one, but this build does not use it", f"install nvcc, then {build.mend()}")
    if found := probed.get("gpus"):
        free = ", ".join(f"{name}, {free / 1e9:.1f} GB free" for name, free in found)
        return Finding("gpu", "ok", f"{free}; layers on it: {probed.get('device', 'not tried')}")
    return Finding("gpu", "ok", "none; the processor serves")


def _memory(probed: Mapping[str, Any]) -> Finding:
    if "free" not in probed:
        return Finding("memory", "warn", "not looked at, because llama.cpp does not run here", build.mend())
    free, needed = probed["free"], probed.get("needed")
    if needed is None:
        return Finding("memory", "ok", f"{free / 1e9:.1f} GB free")
    detail = f"{free / 1e9:.1f} GB free, the model needs about {needed / 1e9:.1f} GB"
    if max([free, *(on_gpu for _, on_gpu in probed["gpus"])]) >= needed:
        return Finding("memory", "ok", detail)
    return Finding("memory", "fail", detail, "--model with a smaller one (ponder models list)")


def _sandbox(settings: Settings) -> Finding:
    try:
        with open_sandbox(settings.sandbox, registry=settings.registry) as sandbox:
            outcome = sandbox.submit(Run("print(1)")).result()
    except SandboxError as error:
        return Finding("sandbox", "fail", str(error), "apt-get install docker.io, or allow user namespaces")
    if outcome.stdout.strip() != "1":
        return Finding("sandbox", "fail", f"a program gave {outcome.stdout!r} for 1", "ponder sandbox selftest")
    return Finding("sandbox", "warn" if sandbox.why else "ok", sandbox.name + (f": {sandbox.why}" if sandbox.why else ""))


def _disk(probed: Mapping[str, Any]) -> Finding:
    try:
        folder = models.models_folder()
    except PonderError as error:
        return _failed("disk", error)
    while not os.path.exists(folder):
        folder = folder.parent
    free, coming = shutil.disk_usage(folder).free, 0 if probed.get("path") else probed.get("download", 0)
    detail = f"{free / 1e9:.1f} GB free for models at {folder}"
    if coming:
        detail += f", {coming / 1e9:.1f} GB will be downloaded"
    if free >= coming + SPARE:
        return Finding("disk", "ok", detail)
    return Finding("disk", "fail" if free < coming else "warn", detail, "free some space, or set PONDER_MODELS to another disk")


def _runs(settings: Settings) -> Finding:
    try:
        with Store.open() as store:
            taken = f"{counted(len(store.runs(-1)), 'run')}, {store.size / MEGABYTE:.1f} of {settings.runs_limit_mb} MB"
    except PonderError as error:
        return _failed("runs", error)
    return Finding("runs", "ok", f"{taken}, in {data_folder()}")


def _failed(name: str, error: PonderError) -> Finding:
    """The mend is the last that an error says."""
    told, _, mend = str(error).rpartition("; ")
    return Finding(name, "fail", told or str(error), mend)


def _terminal() -> Finding:
    terminal = os.environ.get("TERM", "")
    if not sys.stderr.isatty():
        return Finding("terminal", "ok", "standard error is not a terminal: the reasoning is shown as lines")
    if not movable(sys.stderr):
        return Finding(
            "terminal", "warn", f"TERM is {terminal!r}: the reasoning is shown as lines", "export TERM=xterm-256color"
        )
    return Finding("terminal", "ok", f"{terminal}, {os.get_terminal_size(sys.stderr.fileno()).columns} columns")
