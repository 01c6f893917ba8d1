"""The sandbox image: pulled where a registry is given and has it, else built on the spot. One tag for one recipe.

Built from the machine's own Debian or Ubuntu packages, without root: `apt-get` resolves and downloads the recipe into a
private folder, `dpkg-deb` unpacks it, and the tree goes to the engine as a tar. Where that fails, the machine's own
`/usr/bin/python3` is packed with its libraries instead, which is another recipe.
"""

import contextlib
import fcntl
import fnmatch
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import docker.errors
import requests

from tools.sandbox import SandboxError

Progress = Callable[[str, int, int], None]
"""What goes on, how much is done, of how much."""
Way = Literal["packages", "host"]
WAYS: tuple[Way, ...] = ("packages", "host")
"""From which an image is built, the better first: the other has none of the scientific packages."""

_BUILDER = "3"
"""Raise it when this module builds another image from the same recipe."""
_STEPS = 5
_PREFIX = "ponder-image-"
_LISTS = Path("/var/lib/apt/lists")
_FOLDERS = ("usr/bin", "usr/lib", "usr/lib64", "etc", "tmp", "work", "proc", "dev", "sys")
_INSTALLED = (
    "Package: {}\nStatus: install ok installed\nArchitecture: all\nVersion: 999:0\nMaintainer: none\nDescription: none\n\n"
)
_LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64"}
_USERS = {"root": 0, "runner": 20001, "solution": 20002}
_CHANGES = ["ENV PATH=/usr/bin LANG=C.UTF-8 HOME=/work", "WORKDIR /work", "USER 20001"]
_ACCOUNTS = "".join(f"{name}:x:{user}:{user}:{name}:/work:/bin/false\n" for name, user in _USERS.items())
_GROUPS = "".join(f"{name}:x:{user}:\n" for name, user in _USERS.items())


_CANNOT = "the sandbox image cannot be built"
_DISK_FULL = f"{_CANNOT}: no space left on the disk; docker system df shows what the engine holds"


def _silent(_what: str, _done: int, _total: int) -> None:
    return


@dataclass(frozen=True, slots=True)
class Image:
    """One that the engine has."""

    tag: str
    not_full: str | None = None
    """Why it is not the full one, where that has just been tried."""
    not_pulled: str | None = None
    """Why it was not had from the registry of the settings."""


class _CannotBuildError(Exception):
    """This way of building does not work here."""


@cache
def _lines(name: str) -> tuple[str, ...]:
    text = (files("tools") / "image" / name).read_text(encoding="utf-8")
    return tuple(line.split("#")[0].strip() for line in text.splitlines() if line.split("#")[0].strip())


def recipe(way: Way = "packages") -> str:
    """Twelve hexadecimal digits that stand for everything that an image is made from in this way."""
    contents = _lines("packages.txt") if way == "packages" else (way, *_HOST_PROGRAMS)
    text = "\n".join([_BUILDER, *contents, "", *_lines("leave-out.txt")])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def tag(way: Way = "packages") -> str:
    return f"ponder-sandbox:{recipe(way)}"


def there(client: Any) -> Way | None:
    """How the image was made that serves, the full one if the engine has both; None: it has neither."""
    return next((way for way in WAYS if _find(client, tag(way)) is not None), None)


def _find(client: Any, name: str) -> Any:
    try:
        return client.images.get(name)
    except docker.errors.ImageNotFound:
        return None


def ensure(client: Any, registry: str | None = None, progress: Progress | None = None, *, full: bool = False) -> Image:
    """Raises `SandboxError` when none can be had.

    `registry`: `host/path` under which the full one is looked for by its tag before it is built. `full`: where there is only
    one from this machine's own Python, the full one is tried once more, which takes its time.
    """
    serving = there(client)
    not_pulled = _pull(client, f"{registry}/{tag()}") if registry and serving != "packages" else None
    if serving == "packages" or (registry and not not_pulled):
        return Image(tag())
    return replace(_made_here(client, serving, progress, full=full), not_pulled=not_pulled)


def _made_here(client: Any, serving: Way | None, progress: Progress | None, *, full: bool) -> Image:
    if serving is None:
        return build(client, progress)
    if not full:
        return Image(tag(serving))
    try:
        return build(client, progress, ways=("packages",))
    except SandboxError as error:
        return Image(tag(serving), not_full=str(error).rpartition(";")[0])


def build(client: Any, progress: Progress | None = None, *, ways: Sequence[Way] = WAYS) -> Image:
    """Builds an image by the first of `ways` that works; raises `SandboxError`."""
    tell = progress or _silent
    reasons: list[str] = []
    for way in ways:
        try:
            with _workplace() as work:
                _build(client, work, way, tell)
        except (_CannotBuildError, OSError, subprocess.SubprocessError) as error:
            if "no space left" in str(error).lower():
                raise SandboxError(_DISK_FULL) from None
            reasons.append(f"from {way}: {' '.join(str(error).split())[:300]}")
            continue
        tell("sandbox image ready", _STEPS, _STEPS)
        return Image(tag(way), not_full=f"{_CANNOT} ({reasons[0]})" if reasons else None)
    raise SandboxError(f"{_CANNOT} ({'; '.join(reasons)}); install python3 from Debian, or use --sandbox bubblewrap")


def _build(client: Any, work: Path, way: Way, tell: Progress) -> None:
    root = work / "root"
    _skeleton(root)
    _WAYS[way](work, root, tell)
    _finish(root)
    tell("packing the sandbox image", 4, _STEPS)
    _hand_over(client, work, root, tag(way))


@contextlib.contextmanager
def _workplace() -> Generator[Path]:
    """A folder for a build, gone afterwards. Those of builds that were killed go first: nobody has their locks any more."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), _locked(left):
            # One that is empty may just have been made.
            if any(left.iterdir()):
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as work, _locked(Path(work)):
        yield Path(work)


@contextlib.contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Until this process ends, however it does; raises `OSError` where another has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _pull(client: Any, reference: str) -> str | None:
    """Gives it the tag that serves; or says why that cannot be done."""
    try:
        client.images.pull(reference).tag(*tag().split(":"))
    except (docker.errors.DockerException, requests.RequestException) as error:
        return f"{reference} cannot be pulled ({' '.join(str(error).split())[:200]})"
    return None


def _skeleton(root: Path) -> None:
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True)
    for link, target in _LINKS.items():
        (root / link).symlink_to(target)


# From packages


def _from_packages(work: Path, root: Path, tell: Progress) -> None:
    for program in ("apt-get", "dpkg-deb", "tar"):
        if shutil.which(program) is None:
            raise _CannotBuildError(f"there is no {program}")
    has_lists = any(_LISTS.glob("*_Packages*"))
    try:
        _download(work, tell, fresh=not has_lists)
    except _CannotBuildError:
        if not has_lists:
            raise
        # They may be old, and name what their source no longer has.
        _download(work, tell, fresh=True)
    archives = sorted((work / "cache" / "archives").glob("*.deb"))
    if not archives:
        raise _CannotBuildError("apt-get downloaded nothing")
    tell("unpacking the sandbox image", 2, _STEPS)
    for archive in archives:
        if not _left_out("package", archive.name.split("_")[0]):
            _unpack(archive, root)
    tell("compiling the sandbox image", 3, _STEPS)


def _download(work: Path, tell: Progress, *, fresh: bool) -> None:
    """Into `work`; `fresh`: by package lists of its own, and not by the machine's."""
    tell("reading the package lists", 0, _STEPS)
    apt = ["apt-get", *_apt_options(work, fresh)]
    if fresh:
        _command([*apt, "update"], 300)
    tell("downloading packages for the sandbox image", 1, _STEPS)
    _command([*apt, "install", "--download-only", "--yes", "--no-install-recommends", *_lines("packages.txt")], 900)


def _unpack(archive: Path, root: Path) -> None:
    """Into the merged tree: a package's `bin` must not replace the link to `usr/bin`, as `dpkg-deb --extract` would do."""
    tar = ["tar", "--extract", "--directory", str(root), "--keep-directory-symlink", "--no-same-owner", "--file", "-"]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as unpacked:
        done = subprocess.run(tar, stdin=unpacked.stdout, capture_output=True, timeout=120, check=False)
    if unpacked.returncode or done.returncode:
        raise _CannotBuildError(f"{archive.name} cannot be unpacked")


def _apt_options(work: Path, fresh: bool) -> list[str]:
    """An apt that writes below `work` alone, so that it needs no root, and sees a machine where nothing is installed.

    Nothing but what is left out by its full name: neither that nor what it alone depends on is downloaded.
    """
    for folder in ("cache/archives/partial", "state/lists/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    left_out = [pattern for pattern in _patterns("package") if "*" not in pattern]
    (work / "status").write_text("".join(_INSTALLED.format(name) for name in left_out))
    settings = {
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Dir::Cache::archives": work / "cache/archives",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "0",
    }
    if fresh:
        settings |= {"Dir::State::lists": work / "state/lists"}
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _patterns(kind: str) -> list[str]:
    return [line.split()[1] for line in _lines("leave-out.txt") if line.split()[0] == kind]


def _left_out(kind: str, name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _patterns(kind))


# From the host's own interpreter


def _from_host(work: Path, root: Path, tell: Progress) -> None:
    tell("packing this machine's own Python", 1, _STEPS)
    interpreter = Path("/usr/bin/python3").resolve()
    library = Path("/usr/lib") / interpreter.name
    if not interpreter.is_file() or not library.is_dir():
        raise _CannotBuildError("there is no Debian python3 in /usr/bin")
    shutil.copy2(interpreter, root / "usr/bin" / interpreter.name)
    (root / "usr/bin/python3").symlink_to(interpreter.name)
    ignored = shutil.ignore_patterns(
        "dist-packages", "__pycache__", "*.opt-*.pyc", "test", "EXTERNALLY-MANAGED", "sitecustomize.py"
    )
    shutil.copytree(library, root / "usr/lib" / interpreter.name, symlinks=False, ignore=ignored, ignore_dangling_symlinks=True)
    programs = [interpreter, *(root / "usr/lib" / interpreter.name).rglob("*.so")]
    for name in _HOST_PROGRAMS:
        if (program := shutil.which(name, path="/usr/bin:/bin")) is not None:
            real = Path(program).resolve()
            shutil.copy2(real, root / "usr/bin" / name)
            programs.append(real)
    for shared in _libraries(programs):
        target = root / ("usr/" + str(shared).lstrip("/").removeprefix("usr/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(shared, target)


_HOST_PROGRAMS = tuple(
    "bash cat cp cut date diff echo env expr false find grep head ls mkdir mktemp mv od paste printf pwd rm rmdir sed "
    "seq sleep sort stat tail tee test touch tr true uname uniq wc xargs yes mawk dd timeout nohup base64 md5sum "
    "sha256sum".split()
)


def _libraries(programs: list[Path]) -> Iterator[Path]:
    """The shared libraries that these need, by the host's own loader."""
    listing = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, timeout=120, check=False).stdout
    words = {word for line in listing.splitlines() if not line.endswith(":") for word in line.split() if word.startswith("/")}
    return (Path(word) for word in sorted(words) if Path(word).is_file())


_WAYS: dict[Way, Callable[[Path, Path, Progress], None]] = {"packages": _from_packages, "host": _from_host}


# Either way


def _finish(root: Path) -> None:
    for path in sorted(root.rglob("*"), reverse=True):
        name = str(path.relative_to(root))
        if name not in _FOLDERS and _left_out("path", name):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        elif not path.is_symlink() and path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o1777)
    for folder in ("tmp", "work"):
        (root / folder).chmod(0o1777)
    (root / "etc/passwd").write_text(_ACCOUNTS)
    (root / "etc/group").write_text(_GROUPS)
    for name, target in (("sh", "bash"), ("awk", "mawk")):
        if not (root / "usr/bin" / name).exists() and (root / "usr/bin" / target).exists():
            (root / "usr/bin" / name).unlink(missing_ok=True)
            (root / "usr/bin" / name).symlink_to(target)
    for library in ("blas", "lapack"):
        for found in (root / "usr/lib").glob(f"*/{library}/lib{library}.so.3"):
            (found.parent.parent / found.name).symlink_to(f"{library}/{found.name}")
    _compile(root)


def _compile(root: Path) -> None:
    """Byte code, by the image's own interpreter, never checked against its source: the image is read-only, its times reset.

    Of the packages beside the standard library the byte code alone stays: it takes half the room.
    """
    loader = next((root / "usr").glob("lib*/ld-linux*"), None)
    programs = [one for one in (root / "usr/bin").glob("python3.*") if not one.is_symlink()]
    if loader is None or len(programs) != 1:
        raise _CannotBuildError("it holds no Python")
    libraries = ":".join(str(folder) for folder in ((root / "usr/lib"), *(root / "usr/lib").glob("*-linux-gnu*")))
    python = [str(loader), "--library-path", libraries, str(programs[0]), "-S", "-m", "compileall"]
    for library, options in ((programs[0].name, ()), ("python3", ("-b",))):
        if (root / "usr/lib" / library).is_dir():
            places = ("-d", f"/usr/lib/{library}", str(root / "usr/lib" / library))
            arguments = [*python, "-q", "-f", "-j0", "--invalidation-mode", "unchecked-hash", *options, *places]
            environment = {"PYTHONHOME": str(root / "usr"), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
            subprocess.run(arguments, timeout=900, check=False, capture_output=True, stdin=subprocess.DEVNULL, env=environment)
    for source in (root / "usr/lib/python3").rglob("*.py"):
        if source.with_suffix(".pyc").exists():
            source.unlink()


def _hand_over(client: Any, work: Path, root: Path, name: str) -> None:
    archive = work / "image.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, arcname=".", filter=_anonymous)
    repository, _, version = name.partition(":")
    # Named by its digest: Podman takes no tag with an import.
    imported = re.findall("sha256:[0-9a-f]{64}", str(client.api.import_image_from_file(str(archive), changes=_CHANGES)))
    if not imported or not client.api.tag(imported[-1], repository, version) or _find(client, name) is None:
        raise _CannotBuildError("the engine did not take the image")


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def _command(arguments: list[str], seconds: float) -> None:
    try:
        done = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise _CannotBuildError(f"{arguments[0]} was still at it after {seconds:.0f} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["failed"]
        raise _CannotBuildError(f"{arguments[0]}: {lines[-1].strip()[:200]}")
