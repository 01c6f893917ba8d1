"""Where a model is put: on a GPU as far as it fits, with words for what is used and what lies idle."""

import os
from pathlib import Path

import pytest

from agent.engine import placement
from agent.engine.placement import place

pytestmark = pytest.mark.model

GIB = 1 << 30


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The GPUs that llama.cpp sees here: name and free bytes; to be filled by the test."""
    found = list[tuple[str, int]]()
    monkeypatch.setattr(placement, "offload_supported", lambda: True)
    monkeypatch.setattr(placement, "gpus", lambda: found)
    return found


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver's program that names a GPU, first on the path."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA Test 4090'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def test_auto_puts_all_layers_on_a_gpu_that_has_room_and_names_it(smollm2_path: Path, devices: list[tuple[str, int]]) -> None:
    devices.append(("NVIDIA Test 4090", 24 * GIB))
    found = place(smollm2_path, "auto")
    assert (found.gpu_layers, found.device, found.notices) == (31, "NVIDIA Test 4090, 31 of 31 layers", ())
    assert 20 * GIB < found.free < 24 * GIB


def test_auto_puts_on_a_small_gpu_what_fits(smollm2_path: Path, devices: list[tuple[str, int]]) -> None:
    devices.append(("NVIDIA Test 710", GIB + (200 << 20)))
    found = place(smollm2_path, "auto")
    assert 0 < found.gpu_layers < 31
    assert found.device == f"NVIDIA Test 710, {found.gpu_layers} of 31 layers"


def test_two_gpus_count_together(smollm2_path: Path, devices: list[tuple[str, int]]) -> None:
    devices += [("GPU A", GIB), ("GPU B", GIB)]
    found = place(smollm2_path, "auto")
    assert (found.gpu_layers, found.device) == (31, "GPU A + GPU B, 31 of 31 layers")


def test_a_gpu_without_room_is_said_to_lie_idle(smollm2_path: Path, devices: list[tuple[str, int]]) -> None:
    devices.append(("NVIDIA Test 710", GIB))
    found = place(smollm2_path, "auto")
    assert found.gpu_layers == 0
    assert found.device.startswith("CPU, ")
    assert "NVIDIA Test 710 has too little free memory" in found.notices[0]


@pytest.mark.parametrize(("asked", "given"), [(-1, 31), (5, 5), (99, 31), (0, 0)])
def test_a_number_of_layers_is_obeyed(smollm2_path: Path, devices: list[tuple[str, int]], asked: int, given: int) -> None:
    devices.append(("NVIDIA Test 4090", 24 * GIB))
    assert place(smollm2_path, asked).gpu_layers == given


@pytest.mark.usefixtures("nvidia_smi")
def test_a_gpu_that_the_build_cannot_use_is_a_warning_with_the_mend(
    smollm2_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "offload_supported", lambda: False)
    found = place(smollm2_path, "auto")
    assert found.gpu_layers == 0
    (notice,) = found.notices
    assert notice.startswith("NVIDIA Test 4090 is there but this build of llama.cpp cannot use it")
    assert "nvcc" in notice
    assert place(smollm2_path, 0).notices == ()


def test_layers_asked_for_without_any_gpu_are_missed_aloud(
    smollm2_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(placement, "offload_supported", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no GPU" in place(smollm2_path, -1).notices[0]
    assert place(smollm2_path, "auto").notices == ()


def test_a_gpu_decodes_longer_slices_and_its_rows_cost_less(smollm2_path: Path, devices: list[tuple[str, int]]) -> None:
    devices.append(("NVIDIA Test 4090", 24 * GIB))
    gpu, processor = place(smollm2_path, "auto"), place(smollm2_path, 0, threads=2)
    assert gpu.batch > processor.batch
    assert gpu.growth <= processor.growth
    assert (processor.threads, processor.device) == (2, "CPU, 2 threads")
