"""Fixtures that more than one room's tests use."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import downloads, models
from tools import docker as boxes
from tools.sandbox import SandboxError

TEST_MODEL = "smollm2-135m-instruct-q4_1"
THREADS = min(2, os.cpu_count() or 1)
"""Of an engine in a test: with two, which small machines have, the tests of all engines take a minute or two less."""
REAL = (
    "test_bad_input",
    "test_batch",
    "test_bench_runs",
    "test_cli",
    "test_completion",
    "test_doctor",
    "test_engine",
    "test_examples",
    "test_interrupt",
    "test_models",
    "test_page",
    "test_results",
    "test_runs",
    "test_sandbox",
    "test_session",
)
"""How the modules begin whose tests need a model, a sandbox, a terminal or pip: what `make fast` leaves out."""


def pytest_configure() -> None:
    """Tables are as wide as `$COLUMNS` says, and that of the terminal in which the tests run is no matter of theirs."""
    os.environ.pop("COLUMNS", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem.startswith(REAL):
            item.add_marker(pytest.mark.real)


def pytest_unconfigure() -> None:
    """llama-cpp-python opens two files for good when it is imported; their end would be bewailed behind pytest's summary."""
    if utilities := sys.modules.get("llama_cpp._utils"):
        utilities.outnull_file.close()
        utilities.errnull_file.close()


def pulled(name: str) -> Path:
    """A real model, from the user's cache or downloaded into it; `make test` has fetched those of the tests before."""
    model = models.find(name)
    assert isinstance(model, models.Model)
    return downloads.pull(model, lambda what, done, total: None)


@pytest.fixture(scope="session")
def smollm2_path() -> Path:
    return pulled(TEST_MODEL)


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    """A client of the Docker engine; without one the test is skipped."""
    try:
        client = boxes.connect()
    except SandboxError as error:
        pytest.skip(str(error))
    with client.api:
        yield client
