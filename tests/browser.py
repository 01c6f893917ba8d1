"""A real browser without a window: Chromium, in a profile of its own, which asks nobody for anything."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
PATIENCE = 120.0


class Browser:
    def __init__(self, program: str, profile: Path) -> None:
        self._program, self._profile = program, profile

    def dom(self, address: str) -> str:
        """The page as it stands after loading, written as HTML."""
        return self._run("--dump-dom", address)

    def picture(self, address: str, path: Path, width: int, height: int) -> None:
        self._run(f"--window-size={width},{height}", f"--screenshot={path}", address)

    def _run(self, *arguments: str) -> str:
        command = [self._program, *FLAGS, f"--user-data-dir={self._profile}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that has nothing: its address, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Without one the test is skipped."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    return Browser(program, tmp_path / "profile")
