"""The image: one tag for one recipe, built on the spot from packages, else from the host's own Python."""

from typing import Any

import pytest

from tools import image
from tools.sandbox import SandboxError


def test_the_tag_stands_for_the_recipe() -> None:
    assert image.tag() == f"ponder-sandbox:{image.recipe()}"
    assert len(image.recipe()) == 12


@pytest.mark.docker
def test_a_reference_that_cannot_be_pulled_is_no_failure(engine: Any) -> None:
    image.ensure(engine)
    assert not image._pull(engine, "localhost:1/nowhere:latest")
    assert image.ensure(engine, "localhost:1/nowhere:latest") == image.tag()


@pytest.mark.docker
@pytest.mark.parametrize("way", ["packages", "host"])
def test_both_ways_build_an_image_that_works(engine: Any, way: str) -> None:
    told: list[tuple[str, int, int]] = []
    try:
        built = image.build(engine, lambda *step: told.append(step), ways=[way], name=f"ponder-sandbox-test:{way}")
    except SandboxError as error:
        pytest.skip(str(error))
    try:
        assert told[-1][1] == told[-1][2]
        code = "import json, sqlite3, ssl, decimal, ctypes, os; print(json.dumps([sorted(os.listdir('/')), os.getuid()]))"
        wanted = "for p in sh bash awk sed grep find diff sort; do command -v $p >/dev/null || echo no $p; done"
        programs = f"{wanted}; find / -xdev -perm -4000"
        options = {"network_mode": "none", "remove": True, "read_only": True, "user": "20001"}
        assert b", 20001]" in engine.containers.run(built, ["-c", code], entrypoint=["/usr/bin/python3"], **options)
        assert engine.containers.run(built, ["-c", programs], entrypoint=["/bin/sh"], stderr=True, **options) == b""
    finally:
        engine.images.remove(built, force=True)
