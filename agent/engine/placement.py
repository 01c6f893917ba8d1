"""Where a model sits: threads, layers on a GPU, and cells of its cache, from what the machine has."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from agent.engine import groups
from agent.engine.llama import Model, build, cell_bytes, gpus, offload_supported
from agent.gguf import parts

PADDING = 256
"""llama.cpp rounds the cells of a cache up to a multiple of this."""
_FEWEST_CELLS, _USUAL_CELLS = 2048, 16384
_CACHE_SHARE = 0.25
"""Of the free memory, for the cache."""
_GPU_RESERVE = 1 << 30
"""Bytes left free on a GPU for compute buffers and others' use."""
_CPU_BATCH, _GPU_BATCH = 128, 512
"""A processor evaluates a prompt no faster in longer slices, and shorter ones starve nobody and stop sooner."""
_CPU_MIXED = 63
"""With 64 rows and more, a processor's attention takes 64 at once and looks for all of them at every cell that one of them
sees: where branches speak beside a slice of a prompt, at the cells of all. With fewer it looks for each row at its own."""
GROWTH, _MATRIX_GROWTH = 0.75, 0.45
"""By which power of its rows a decode's time grows: measured from 1 to 32 rows on a processor with vector units only (AVX-512),
and on one with matrix units (AMX); a GPU, where it grows less still, is taken for the latter."""


@dataclass(frozen=True, slots=True)
class Place:
    """`batch`: rows of one decode; `mixed`: of one in which branches speak and prompts are read. `free`: bytes of the memory
    that the cache comes out of. `growth`: by which power of its rows a decode's time grows. The rest is to be read."""

    gpu_layers: int
    threads: int
    batch: int
    mixed: int
    free: int
    device: str
    growth: float
    notices: tuple[str, ...] = ()


def place(path: Path, gpu_layers: int | Literal["auto"], threads: int | None = None) -> Place:
    """Chooses for the GGUF file `path`. `gpu_layers`: -1 is all layers, `auto` all that fit. `threads`: all cores if None."""
    cores = threads or usable_cores()
    growth, size = _MATRIX_GROWTH if "AMX_INT8 = 1" in build() else GROWTH, sum(part.stat().st_size for part in parts(path))
    left, device = max(0, free_memory() - size), f"CPU, {cores} thread{'s' * (cores != 1)}"
    processor = Place(0, cores, _CPU_BATCH, _CPU_MIXED, left, device, growth)
    found = gpus() if offload_supported() else []
    if not found:
        return replace(processor, notices=_unused_gpu(gpu_layers))
    if gpu_layers == 0:
        return processor
    names, free = " + ".join(name for name, _ in found), sum(free for _, free in found)
    layers, cell_size = _header(path)
    fitting = _layers_that_fit(free=free, layers=layers, size=size, cache=_USUAL_CELLS * cell_size)
    chosen = fitting if gpu_layers == "auto" else layers if gpu_layers < 0 else min(gpu_layers, layers)
    if chosen == 0:
        return replace(processor, notices=(f"{names} has too little free memory for a layer of the model; the CPU serves",))
    left = max(0, free - _GPU_RESERVE - size * chosen // layers)
    device = f"{names}, {chosen} of {layers} layers"
    return Place(chosen, cores, _GPU_BATCH, _GPU_BATCH, left * layers // chosen, device, _MATRIX_GROWTH)


def _header(path: Path) -> tuple[int, int]:
    """Layers, the output layer counted, and bytes of a cache cell, read from the file without its weights."""
    header = Model(path, gpu_layers=0, going=lambda _fraction: True, vocabulary_only=True)
    try:
        architecture = header.metadata("general.architecture")
        fields = ("block_count", "embedding_length", "attention.head_count", "attention.head_count_kv", "attention.key_length")
        layers, width, heads, kept, head = (_number(header.metadata(f"{architecture}.{field}")) for field in fields)
        return layers + 1, cell_bytes(layers, head or width // max(1, heads), kept or heads)
    finally:
        header.close()


def _number(text: str | None) -> int:
    """The first number in a header value: some models give one for each layer."""
    digits = re.search("[0-9]+", text or "")
    return int(digits[0]) if digits else 0


def _unused_gpu(gpu_layers: int | Literal["auto"]) -> tuple[str, ...]:
    """What to say when this build sees no GPU."""
    name = None if gpu_layers == 0 else _nvidia_gpu()
    if name:
        return (f"{name} is there but this build of llama.cpp cannot use it; install the CUDA toolkit (nvcc), then `make run`",)
    if gpu_layers not in (0, "auto"):
        return ("no GPU that this build of llama.cpp can use; all layers are on the CPU",)
    return ()


def usable_cores() -> int:
    """Cores that this process may use: its affinity, without hyperthread twins, within its control group's quota."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    cores = {
        groups.read(Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")) or str(cpu) for cpu in allowed
    }
    return max(1, min(len(cores), groups.processors() or len(cores)))


def free_memory() -> int:
    """Bytes of main memory that can be had without swapping, within what control groups grant."""
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    available = groups.numbers(Path("/proc/meminfo")).get("MemAvailable:")
    free, granted = half if available is None else available * 1024, groups.memory()
    return free if granted is None else min(free, granted)


def cells(*, free: int, cell_size: int, width: int) -> int:
    """Tokens that the cache holds, all branches together, when nobody asked for a number. `free` and `cell_size` in bytes."""
    wanted = max(_USUAL_CELLS, width * 1024)
    affordable = int(free * _CACHE_SHARE) // max(1, cell_size)
    return max(_FEWEST_CELLS, min(wanted, affordable)) // PADDING * PADDING


def _layers_that_fit(*, free: int, layers: int, size: int, cache: int) -> int:
    """How many of `layers` (the output layer counted) fit in `free` bytes of a GPU, with their share of the cache."""
    layer = (size + cache) / layers
    return max(0, min(layers, int((free - _GPU_RESERVE) / layer)))


def _nvidia_gpu() -> str | None:
    """The name of an NVIDIA GPU that its driver shows."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        shown = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return next(iter(shown.splitlines()), "").strip() or None
