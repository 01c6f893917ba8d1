"""The image: one tag for one recipe, built on the spot from packages, else from the host's own Python."""

import contextlib
import errno
import fcntl
import hashlib
import http.server
import io
import json
import os
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker.errors
import pytest

from tests.test_sandbox_life import RefusingEngine
from tools import docker as boxes
from tools import image
from tools.choose import open_sandbox
from tools.image import Image
from tools.sandbox import Run, SandboxError, State

NO_SOURCE = "the sandbox image cannot be built (from packages: there is no apt-get)"


def test_the_tag_stands_for_the_recipe() -> None:
    assert image.tag() == f"ponder-sandbox:{image.recipe()}"
    assert len(image.recipe()) == 12
    assert image.tag("host") != image.tag()


APT = """#!/bin/sh
case "$*" in *Dir::State::lists=*) lists=fresh;; *) lists=old;; esac
case "$*" in *update) exit 0;; esac
echo "E: 404 Not Found, by $lists lists" >&2
exit 100
"""


@pytest.mark.parametrize("known", ["x_Packages", "lock"])
def test_package_lists_that_are_old_are_read_anew(known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they named was gone, and the image was made without the scientific packages."""
    for folder in ("lists", "bin", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "lists" / known).touch()
    (tmp_path / "bin" / "apt-get").write_text(APT)
    (tmp_path / "bin" / "dpkg-deb").touch()
    for program in ("apt-get", "dpkg-deb"):
        (tmp_path / "bin" / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(image, "_LISTS", tmp_path / "lists")
    with pytest.raises(SandboxError, match="404 Not Found, by fresh lists"):
        image.build(None, ways=["packages"])


def test_what_killed_builds_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, empty, held = (tmp_path / f"ponder-image-{name}" for name in ("left", "empty", "held"))
    for folder in (left, held):
        (folder / "root").mkdir(parents=True)
    empty.mkdir()

    def found(*_: object) -> None:
        assert sorted(path.name for path in tmp_path.iterdir() if path.name.endswith(("left", "empty", "held"))) == [
            "ponder-image-empty",
            "ponder-image-held",
        ]
        raise image._CannotBuildError("seen")

    monkeypatch.setitem(image._WAYS, "host", found)
    descriptor = os.open(held, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(SandboxError, match="seen"):
            image.build(None, ways=["host"])
    finally:
        os.close(descriptor)


def without_packages(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """A machine that has no source of packages, and tags of a test's own, which name no image yet."""
    if loader := shutil.which("ldd"):
        (folder / "ldd").symlink_to(loader)
    patch.setenv("PATH", str(folder))
    patch.setattr(image, "tag", lambda way="packages": f"ponder-sandbox-test:{way}")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_packages(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, int, int]]:
    """What was told of the build of `host_image`."""
    return []


@pytest.fixture(scope="module")
def host_made(engine: Any, steps: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image that there is where no package source answers: built from this machine's own Python, once for all tests."""
    interpreter = Path("/usr/bin/python3").resolve()
    if not (interpreter.is_file() and (Path("/usr/lib") / interpreter.name).is_dir()):
        pytest.skip("there is no Debian python3 in /usr/bin")
    with pytest.MonkeyPatch.context() as patch:
        without_packages(patch, tmp_path_factory.mktemp("bare"))
        built = image.ensure(engine, progress=lambda *step: steps.append(step))
    yield built
    engine.images.remove(built.tag, force=True)


@pytest.fixture(scope="module")
def host_image(host_made: Image) -> str:
    return host_made.tag


@pytest.fixture(scope="module")
def packages_image(engine: Any) -> str:
    """The one that serves everybody on this machine: it is built here where nobody has built it yet."""
    if (serving := image.ensure(engine, full=True)).tag != image.tag():
        pytest.skip(str(serving.not_full))
    return serving.tag


@pytest.mark.docker
@pytest.mark.parametrize("way", image.WAYS)
def test_both_ways_build_an_image_that_works(engine: Any, way: image.Way, request: pytest.FixtureRequest) -> None:
    built = request.getfixturevalue(f"{way}_image")
    code = "import json, sqlite3, ssl, decimal, ctypes, os; print(json.dumps([sorted(os.listdir('/')), os.getuid()]))"
    wanted = "for p in sh bash awk sed grep find diff sort; do command -v $p >/dev/null || echo no $p; done"
    programs = f"{wanted}; find / -xdev -perm -4000"
    options = {"network_mode": "none", "remove": True, "read_only": True, "user": "20001"}
    assert b", 20001]" in engine.containers.run(built, ["-c", code], entrypoint=["/usr/bin/python3"], **options)
    assert engine.containers.run(built, ["-c", programs], entrypoint=["/bin/sh"], stderr=True, **options) == b""
    code = "import sys; sys.path.append('/usr/lib/python3/dist-packages'); import numpy, pandas, scipy.stats, sympy"
    if way == "packages":
        engine.containers.run(built, ["-c", code], entrypoint=["/usr/bin/python3"], **options)


@pytest.mark.docker
def test_an_image_that_is_not_the_full_one_comes_with_the_reason(host_made: Image) -> None:
    """Nobody was told why the scientific packages were missing."""
    assert host_made.not_full == NO_SOURCE


def test_why_the_full_image_is_still_not_there_is_said(bare: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ponder sandbox build` failed, and said each time that it could be tried."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    with RefusingEngine(f"{tmp_path}/engine.sock", lacks=image.tag()) as refusing:
        serving = threading.Thread(target=refusing.serve_forever)
        serving.start()
        try:
            with open_sandbox("docker", lanes=1, full=True) as opened:
                assert opened.why is not None
                assert opened.why.startswith(f"{NO_SOURCE}, so programs run in one made from this machine's own Python")
        finally:
            refusing.shutdown()
            serving.join()


def test_a_full_disk_is_named_in_whatever_words_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setitem(image._WAYS, "host", full)
    with pytest.raises(SandboxError, match="no space left on the disk; docker system df"):
        image.build(None, ways=["host"])


@pytest.mark.docker
@pytest.mark.usefixtures("host_image")
def test_a_build_tells_its_steps_up_to_the_last(steps: list[tuple[str, int, int]]) -> None:
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)
    assert steps[-1][1] == steps[-1][2]


@pytest.mark.docker
def test_programs_find_the_scientific_packages_and_a_chance_of_their_own(engine: Any) -> None:
    code = """
import numpy, pandas, scipy.linalg, scipy.optimize, scipy.stats, sympy
from sympy.core.random import rng
print(numpy.linalg.inv(numpy.eye(2)).sum(), pandas.DataFrame({"a": [1, 2]}).a.sum(), scipy.stats.norm.cdf(0))
print(sympy.solve(sympy.Symbol("x") ** 2 - 4), scipy.optimize.brentq(lambda x: x - 1, 0, 3))
print(numpy.random.random(), rng.random())
"""
    with boxes.DockerSandbox(lanes=1) as opened:
        if opened.image != image.tag():
            pytest.skip("the image was made from this machine's own Python")
        outcomes = [opened.submit(Run(code, solution=solution)).result() for solution in (None, None, "import numpy")]
        cell = opened.submit(Run("import sympy\nsympy.factorint(360)", state=State())).result()
    assert [outcome.stdout.splitlines()[:2] for outcome in outcomes] == [["2.0 3 0.5", "[-2, 2] 1.0"]] * 3, outcomes
    assert len({outcome.stdout.splitlines()[2] for outcome in outcomes}) == 3
    assert cell.stdout == "{2: 3, 3: 2, 5: 1}\n"


@pytest.mark.docker
@pytest.mark.usefixtures("bare")
def test_an_image_from_this_machines_python_does_not_stand_for_the_full_one(
    engine: Any, host_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both had one tag: a machine that had no package source at first never got the scientific packages."""

    def built(client: Any, progress: image.Progress | None = None, *, ways: Sequence[image.Way] = image.WAYS) -> Image:
        """As where a source answers by now; quick, for the host's image plays the full one."""
        assert tuple(ways) == ("packages",)
        client.images.get(host_image).tag(*image.tag().split(":"))
        return Image(image.tag())

    host = Image(image.tag("host"))
    assert host_image == host.tag
    assert image.ensure(engine) == host
    assert image.ensure(engine, full=True) == replace(host, not_full=NO_SOURCE)
    monkeypatch.setattr(image, "build", built)
    assert image.ensure(engine) == host
    try:
        assert image.ensure(engine, full=True) == Image(image.tag())
        assert image.ensure(engine) == Image(image.tag())
    finally:
        engine.images.remove(image.tag())


class Registry(http.server.BaseHTTPRequestHandler):
    """A registry with one image, as the engine has it."""

    manifest: bytes
    blobs: Mapping[str, bytes]

    def do_GET(self) -> None:
        """What a path names, by its tag or its digest."""
        name = self.path.rpartition("/")[2]
        body = self.blobs.get(name, self.manifest) if "/blobs/" in self.path or "/manifests/" in self.path else b"{}"
        self.send_response(200)
        self.send_header("Content-Type", MANIFEST if body is self.manifest else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Content-Digest", digest(body))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        """Its length and digest."""
        self.do_GET()

    def log_message(self, *words: Any) -> None:
        pass


MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture
def registry(engine: Any, host_image: str) -> Iterator[str]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(engine.images.get(host_image).save()))) as saved:
        data = {name: file.read() for name in saved.getnames() if (file := saved.extractfile(name))}
    (one,) = json.loads(data["manifest.json"])
    config, layers = data[one["Config"]], [data[name] for name in one["Layers"]]

    def described(kind: str, blob: bytes) -> dict[str, Any]:
        return {"mediaType": f"application/vnd.docker.{kind}", "size": len(blob), "digest": digest(blob)}

    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": described("container.image.v1+json", config),
        "layers": [described("image.rootfs.diff.tar", layer) for layer in layers],
    }
    Registry.manifest = json.dumps(manifest).encode()
    Registry.blobs = {digest(blob): blob for blob in (config, *layers)}
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_port}"
        yield place
        server.shutdown()
    for name in (image.tag(), f"{place}/{image.tag()}"):
        with contextlib.suppress(docker.errors.ImageNotFound):
            engine.images.remove(name)


@pytest.mark.docker
@pytest.mark.usefixtures("bare")
def test_an_image_is_pulled_where_a_registry_has_it(engine: Any, registry: str) -> None:
    assert image.ensure(engine, registry) == Image(image.tag())
    assert engine.images.get(image.tag()).id == engine.images.get(f"{registry}/{image.tag()}").id


@pytest.mark.docker
@pytest.mark.usefixtures("bare")
def test_one_that_cannot_be_pulled_is_made_here_and_the_reason_is_said(engine: Any, host_image: str) -> None:
    made = image.ensure(engine, "127.0.0.1:1/team")
    assert made.tag == host_image
    assert str(made.not_pulled).startswith(f"127.0.0.1:1/team/{image.tag()} cannot be pulled (")
    with open_sandbox("docker", registry="127.0.0.1:1/team", lanes=1) as opened:
        assert str(opened.why).startswith(f"127.0.0.1:1/team/{image.tag()} cannot be pulled (")


@pytest.fixture
def shell_less_image(engine: Any, host_image: str) -> Iterator[str]:
    remove = "import os\nfor name in ('sh', 'bash'): os.unlink('/usr/bin/' + name)"
    container = engine.containers.create(host_image, ["-c", remove], entrypoint=["/usr/bin/python3"], user="0")
    try:
        container.start()
        assert container.wait()["StatusCode"] == 0
        container.commit("ponder-sandbox-test", "no-shell", changes=["USER 20001"])
    finally:
        container.remove(force=True)
    yield "ponder-sandbox-test:no-shell"
    engine.images.remove("ponder-sandbox-test:no-shell", force=True)


@pytest.mark.docker
def test_a_box_without_a_shell_says_so(shell_less_image: str) -> None:
    with boxes.DockerSandbox(lanes=1) as opened:
        opened.image = shell_less_image
        for state in (None, State()):
            outcome = opened.submit(Run("echo 1", "shell", state=state)).result()
            assert (outcome.status, outcome.stdout) == (127, "")
            assert outcome.stderr == "there is no shell in this sandbox; Python can be used\n"
