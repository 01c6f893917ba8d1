"""Which sandbox serves on this machine, and why."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tools import image, seccomp
from tools.bubblewrap import NOT_COVERED, BubblewrapSandbox, mend
from tools.docker import DockerSandbox, connect
from tools.image import Progress
from tools.lanes import Lanes
from tools.sandbox import Run, SandboxError

SCIENCE = ("numpy", "pandas", "scipy", "sympy")
"""What the image holds beside Python's standard library."""
_MISSING = f"from importlib.util import find_spec\nprint(*[name for name in {SCIENCE!r} if not find_spec(name)])"
Choice = Literal["auto", "docker", "bubblewrap"]


def open_sandbox(
    choice: Choice = "auto",
    progress: Progress | None = None,
    *,
    lanes: int = 2,
    registry: str | None = None,
    full: bool = False,
) -> Lanes:
    """A `tools.sandbox.Sandbox`; its `why` is one line where the choice is worth a word.

    `auto`: Docker if its engine answers and starts a box, which the first program finds, else bubblewrap. `registry` and
    `full` as for `tools.image.ensure`. Raises `SandboxError` with the mend where neither can
    run; `status` has the whole of both reasons.
    """
    if choice == "bubblewrap":
        return BubblewrapSandbox(lanes=lanes)
    try:
        sandbox = _in_docker(DockerSandbox(lanes=lanes, registry=registry, progress=progress, full=full))
        return sandbox if choice == "docker" else _started(sandbox)
    except SandboxError as error:
        if choice == "docker":
            raise
        no_docker = error
    reason = str(no_docker).partition(";")[0]
    try:
        sandbox = BubblewrapSandbox(lanes=lanes)
    except SandboxError as error:
        raise SandboxError(
            f"no sandbox can run here: {reason}, and {str(error).partition(' (')[0]}; install and start Docker "
            f"(apt-get install docker.io; systemctl start docker), or {mend()}"
        ) from None
    sandbox.why = f"{reason}, so bubblewrap serves"
    return sandbox


def _in_docker(sandbox: DockerSandbox) -> DockerSandbox:
    if sandbox.image == image.tag("host"):
        sandbox.why = f"programs run in an image {_HOST_MADE}; {_FULL}"
        if sandbox.not_full:
            sandbox.why = f"{sandbox.not_full}, so programs run in one {_HOST_MADE}; {_AGAIN}"
    if sandbox.not_pulled:
        sandbox.why = f"{sandbox.not_pulled}; {sandbox.why or 'one made here serves'}"
    return sandbox


def _started(sandbox: DockerSandbox) -> DockerSandbox:
    """An engine that answers may be able to start no container all the same."""
    try:
        sandbox.start()
    except BaseException:
        sandbox.close()
        raise
    return sandbox


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one kind of sandbox on this machine."""

    name: Literal["docker", "bubblewrap"]
    works: bool
    detail: str
    """The engine and the image, or why it does not work and the mend."""
    not_covered: tuple[tuple[str, str], ...] = ()
    """What it does not protect against: (what, how far)."""


KERNEL = (
    ("kernel", "a fault of the host's kernel that a filtered, unprivileged process can reach; a virtual machine would hold it"),
)


def status() -> tuple[Standing, ...]:
    """Looks, and changes nothing: no image is built."""
    standings = (_docker(), _bubblewrap())
    if seccomp.program(platform.machine()) is not None:
        return standings
    unfiltered = ("system calls", f"our filter does not know {platform.machine()} machines; an engine's own is all there is")
    return tuple(replace(one, not_covered=(*one.not_covered, unfiltered)) for one in standings)


def _docker() -> Standing:
    try:
        client = connect()
        try:
            version = str(client.version().get("Version", "?"))
            serving = image.there(client)
            there = "there" if serving else "not built yet (ponder sandbox build)"
            if serving == "host":
                there += f", {_HOST_MADE} ({_FULL})"
        finally:
            client.close()
        if serving:
            _started(DockerSandbox(lanes=1)).close()
    except SandboxError as error:
        return Standing("docker", False, str(error), KERNEL)
    return Standing("docker", True, f"engine {version}, image {image.tag(serving or 'packages')} {there}", KERNEL)


def _bubblewrap() -> Standing:
    try:
        with BubblewrapSandbox(lanes=1) as sandbox:
            users = "users of their own" if sandbox.separate_users else "one user"
            missing = sandbox.submit(Run(_MISSING)).result().stdout.split()
    except SandboxError as error:
        return Standing("bubblewrap", False, str(error), NOT_COVERED)
    lacking = f"; this machine's own Python, without {_listed(missing)}" if missing else "; this machine's own Python"
    return Standing("bubblewrap", True, f"programs and candidates as {users}{lacking}", NOT_COVERED)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


_HOST_MADE = f"made from this machine's own Python, without {_listed(SCIENCE)}"
_FULL = "ponder sandbox build tries to make the full one"
_AGAIN = "ponder sandbox build tries again"
