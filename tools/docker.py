"""The sandbox in containers: one hardened container a lane, with the worker as its first process, over its attached streams."""

import contextlib
import os
import socket
import struct
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any, cast

import docker
import docker.errors
import docker.types
import requests.exceptions

from tools.box import Channel, Kind, Lost, Worker, environment, preload
from tools.bundle import START
from tools.image import Progress, ensure
from tools.lanes import Lanes
from tools.sandbox import SandboxError
from tools.states import KEPT

LABEL = "ponder.sandbox"
OWNER = "ponder.owner"
_MEGABYTE = 1 << 20
_MEMORY = 512 * _MEGABYTE
"""Bytes, of each box."""
_USERS = (20001, 20002)
FAMILIES = tuple(range(20101, 20101 + KEPT + 1))
"""Users for families of states: one more than can wait, for the one that begins."""
_AT_REST = ("created", "exited", "dead")
_INODES = ",nr_inodes="
_STREAM = struct.Struct(">BxxxI")
_ENGINE_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)
_PATIENCE, _LAST_PATIENCE = 20.0, 5.0
"""Seconds for an engine to say that it is there; the latter when a box is to be removed, which ends with its input anyway."""
_NO_ENGINE = "no Docker engine answers ({why}); start it (systemctl start docker), or use --sandbox bubblewrap"


def connect(seconds: float = 60.0) -> Any:
    """A client of the engine that the environment names (`DOCKER_HOST`, Podman's socket too); raises `SandboxError`."""
    try:
        _knock(_PATIENCE)
        client: Any = docker.from_env(timeout=int(seconds))
        client.ping()
    except _ENGINE_ERRORS as error:
        raise SandboxError(_NO_ENGINE.format(why=_short(error))) from None
    return client


def _knock(seconds: float) -> None:
    """Raises `OSError` where a local engine does not answer in time: one that was stopped still takes what it is sent, and
    does it when it goes on. (Where nobody listens, the SDK leaks its own socket.)
    """
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
            knocking.settimeout(seconds)
            knocking.connect(address.removeprefix("unix://"))
            knocking.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            if not knocking.recv(1):
                raise ConnectionResetError("it hangs up")


def owner() -> str:
    """Names this process beyond doubt."""
    return owner_of(os.getpid())


def owner_of(pid: int) -> str:
    """Place, process id, and when the process started: a process id alone is used again."""
    return f"{_place()}:{pid}:{_started(pid)}"


@cache
def _place() -> str:
    """Where this process's id means what it means here: host, boot and process namespace, as far as the system has them.

    Containers that share an engine's socket may have one host name, and the same ids.
    """
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append("".join(filter(str.isdigit, os.readlink("/proc/self/ns/pid"))))
    return "/".join(parts)


def _started(pid: int) -> str:
    """The kernel's start time of a process, in clock ticks; `-` where there is no such process, `?` where it is unknown."""
    if os.path.exists("/proc/self/stat"):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[19]
        except OSError:
            return "-"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "-"
    except OSError:
        pass
    return "?"


def sweep(client: Any, forgotten: float = 3600.0) -> int:
    """Removes the containers that dead processes of this place left behind; gives their number.

    Of what comes from elsewhere nobody here knows whether its owner lives: it goes where it has not run for as many seconds as
    `forgotten` since it was made. One that runs ends with its owner.
    """
    doomed = [one["Id"] for one in client.api.containers(all=True, filters={"label": LABEL}) if _is_left(one, forgotten)]
    for identity in doomed:
        _remove(client, identity)
    return len(doomed)


def _is_left(container: Any, forgotten: float) -> bool:
    place, _, rest = str(container["Labels"].get(OWNER, "")).partition(":")
    pid, _, started = rest.partition(":")
    if place == _place() and pid.isdigit():
        return _started(int(pid)) != started
    return container.get("State") in _AT_REST and time.time() - float(container.get("Created") or "inf") > forgotten


def _remove(client: Any, identity: str) -> None:
    with contextlib.suppress(*_ENGINE_ERRORS):
        _knock(_LAST_PATIENCE)
        client.api.remove_container(identity, force=True)


class DockerSandbox(Lanes):
    """See `tools.sandbox.Sandbox`. The image is made ready here; containers start with the first runs."""

    def __init__(
        self,
        *,
        lanes: int = 2,
        registry: str | None = None,
        progress: Progress | None = None,
        full: bool = False,
    ) -> None:
        """`registry` and `full` as for `tools.image.ensure`. Raises `SandboxError`."""
        self._client = connect()
        try:
            sweep(self._client)
            made = ensure(self._client, registry, progress, full=full)
            self._podman = "podman" in str(self._client.version()).lower()
        except _ENGINE_ERRORS as error:
            raise SandboxError(f"the Docker engine failed ({_short(error)}); docker info shows its state") from None
        self.image, self.not_full, self.not_pulled = made.tag, made.not_full, made.not_pulled
        super().__init__("docker", self._start_worker, lanes)

    def _start_worker(self, kind: Kind) -> Worker:
        try:
            _knock(_PATIENCE)
            settings = container_settings(self.image, kind)
            channel = _Attached(self._client, for_podman(settings) if self._podman else settings)
        except _ENGINE_ERRORS as error:
            raise SandboxError(
                f"a container cannot be started ({_short(error)}); docker info shows the engine's state"
            ) from None
        states = kind == "states"
        settings = {"users": FAMILIES if states else _USERS, "preload": preload(kind), "keeps_states": states}
        return Worker(channel, settings)

    def close(self) -> None:
        super().close()
        with contextlib.suppress(*_ENGINE_ERRORS):
            self._client.close()


def container_settings(image: str, kind: Kind = "plain") -> dict[str, Any]:
    """What hardens a box, for the engine's create call. The capabilities are the worker's; jobs are other users, with none.

    A box for states has room for several: twice the memory, and what waits besides a cell's own processes and files.
    """
    states = kind == "states"
    memory = _MEMORY * (2 if states else 1)
    folder = f"rw,nosuid,nodev,size={(128 if states else 32) * _MEGABYTE},mode=1777{_INODES}{16384 if states else 4096}"
    return {
        "image": image,
        "entrypoint": ["/usr/bin/python3", "-I", "-S", "-u", "-c"],
        "network_mode": "none",
        "cap_drop": ["ALL"],
        "cap_add": ["SETUID", "SETGID", "KILL"],
        "security_opt": ["no-new-privileges:true"],
        "read_only": True,
        "tmpfs": {"/work": folder, "/tmp": folder},
        "pids_limit": 64 + (KEPT if states else 0),
        "mem_limit": memory,
        "memswap_limit": memory,
        "nano_cpus": 1_000_000_000,
        "ipc_mode": "none",
        "sysctls": {"kernel.shmmni": "0", "kernel.shmall": "0", "fs.mqueue.queues_max": "0"},
        "ulimits": [docker.types.Ulimit(name="nofile", soft=256, hard=256), docker.types.Ulimit(name="core", soft=0, hard=0)],
        "user": "0:0",
        "log_config": docker.types.LogConfig(type="none"),
        "auto_remove": True,
        "labels": {LABEL: "1", OWNER: owner()},
        "hostname": "sandbox",
        "working_dir": "/work",
        "environment": environment(kind),
        "oom_score_adj": 500,
        "stdin_open": True,
        "tty": False,
    }


def for_podman(settings: dict[str, Any]) -> dict[str, Any]:
    """What Podman takes of a box's settings: it cannot bound the number of files."""
    return {**settings, "tmpfs": {folder: options.partition(_INODES)[0] for folder, options in settings["tmpfs"].items()}}


class _Attached(Channel):
    """A container's attached streams. The engine ends the container when this end of its input closes."""

    def __init__(self, client: Any, settings: dict[str, Any]) -> None:
        self._client, self._lock, self._killed = client, threading.Lock(), False
        self._buffer, self._errors = bytearray(), ""
        container = client.containers.create(command=[START], **settings)
        self._identity = cast(str, container.id)
        try:
            parameters = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            self._response: Any = client.api.attach_socket(self._identity, params=parameters)
            self._socket: socket.socket = getattr(self._response, "_sock", self._response)
            self._socket.settimeout(None)
            container.start()
        except BaseException:
            self.kill()
            raise

    def write(self, data: bytes) -> None:
        try:
            self._socket.settimeout(60.0)
            self._socket.sendall(data)
        except (OSError, ValueError) as error:
            raise Lost(f"its container is gone: {_short(error)}") from None

    def read(self, count: int, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        while len(self._buffer) < count:
            kind, size = _STREAM.unpack(self._exactly(_STREAM.size, until))
            data = self._exactly(size, until)
            if kind == 1:
                self._buffer += data
            else:
                self._errors = (self._errors + data.decode("utf-8", "replace"))[-1000:]
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _exactly(self, count: int, until: float) -> bytes:
        parts: list[bytes] = []
        while count:
            try:
                self._socket.settimeout(max(0.001, until - time.monotonic()))
                part = self._socket.recv(min(count, 1 << 16))
            except TimeoutError:
                raise Lost("its container does not answer") from None
            except (OSError, ValueError) as error:
                raise Lost(f"its container is gone: {_short(error)}") from None
            if not part:
                raise Lost(f"its container has ended {self._errors.strip()[-300:]}".strip())
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def kill(self) -> None:
        with self._lock:
            if self._killed:
                return
            self._killed = True
        _remove(self._client, self._identity)
        with contextlib.suppress(OSError, AttributeError, ValueError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def __del__(self) -> None:
        # Not in `kill`: another thread may still be reading, and a closed descriptor's number is soon another's.
        with contextlib.suppress(OSError, AttributeError):
            self._socket.close()
            self._response.close()


def _short(error: BaseException) -> str:
    """The innermost reason, one line."""
    reason = next(iter(str(getattr(error, "explanation", None) or error).splitlines()), type(error).__name__)
    for known in ("Permission denied", "Connection refused", "No such file or directory", "timed out"):
        if known in str(error):
            return known.lower()
    return reason[:200]
