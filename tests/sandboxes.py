"""The sandboxes that this machine can run, as one fixture: a test that takes `sandbox` runs on each, or says why not."""

from collections.abc import Iterator

import pytest

from tools.choose import open_sandbox
from tools.lanes import Lanes
from tools.sandbox import SandboxError


@pytest.fixture(scope="module", params=[pytest.param("docker", marks=pytest.mark.docker), "bubblewrap"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Lanes]:
    """One lane, so that each run meets what the one before it left."""
    try:
        opened = open_sandbox(request.param, lanes=1)
    except SandboxError as error:
        pytest.skip(str(error))
    with opened:
        yield opened
