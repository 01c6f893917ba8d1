"""The image: one tag for one recipe, built on the spot from packages, else from the host's own Python."""

from typing import Any

import pytest

from tools import docker as boxes
from tools import image
from tools.sandbox import Run, SandboxError, State


def test_the_tag_stands_for_the_recipe() -> None:
    assert image.tag() == f"ponder-sandbox:{image.recipe()}"
    assert len(image.recipe()) == 12
    assert image.tag("host") != image.tag()


@pytest.mark.docker
def test_a_reference_that_cannot_be_pulled_is_no_failure(engine: Any) -> None:
    image.ensure(engine)
    assert not image._pull(engine, "localhost:1/nowhere:latest")
    assert image.ensure(engine, "localhost:1/nowhere:latest") == image.tag()


@pytest.mark.docker
@pytest.mark.parametrize("way", ["packages", "host"])
def test_both_ways_build_an_image_that_works(engine: Any, way: image.Way) -> None:
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
        code = "import sys; sys.path.append('/usr/lib/python3/dist-packages'); import numpy, pandas, scipy.stats, sympy"
        if way == "packages":
            engine.containers.run(built, ["-c", code], entrypoint=["/usr/bin/python3"], **options)
    finally:
        engine.images.remove(built, force=True)


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
def test_an_image_from_this_machines_python_does_not_stand_for_the_full_one(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both had one tag: a machine that had no package source at first never got the scientific packages."""
    host = image._WAYS["host"]

    def without_source(*_: object) -> None:
        raise image._CannotBuildError("no package source answers")

    monkeypatch.setattr(image, "_BUILDER", "of a test")
    monkeypatch.setitem(image._WAYS, "packages", without_source)
    try:
        assert image.ensure(engine) == image.tag("host")
        assert image.ensure(engine, full=True) == image.tag("host")
        monkeypatch.setitem(image._WAYS, "packages", host)  # which is quick, and answers
        assert image.ensure(engine) == image.tag("host")
        assert image.ensure(engine, full=True) == image.tag()
        assert image.ensure(engine) == image.tag()
    finally:
        for way in image.WAYS:
            engine.images.remove(image.tag(way), force=True)


@pytest.mark.docker
def test_a_box_without_a_shell_says_so(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "_HOST_PROGRAMS", ())
    try:
        built = image.build(engine, ways=["host"], name="ponder-sandbox-test:no-shell")
    except SandboxError as error:
        pytest.skip(str(error))
    try:
        with boxes.DockerSandbox(lanes=1) as opened:
            opened.image = built
            for state in (None, State()):
                outcome = opened.submit(Run("echo 1", "shell", state=state)).result()
                assert (outcome.status, outcome.stdout) == (127, "")
                assert outcome.stderr == "there is no shell in this sandbox; Python can be used\n"
    finally:
        engine.images.remove(built, force=True)
