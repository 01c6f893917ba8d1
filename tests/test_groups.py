"""What control groups grant: the tightest bound of a group and those around it, in both versions, in containers, too."""

from pathlib import Path

import pytest

from agent.engine import groups

MIB = 1 << 20


def machine(root: Path, own: str, files: dict[str, str]) -> Path:
    for name, text in {"proc/self/cgroup": own, **{f"sys/fs/cgroup/{name}": text for name, text in files.items()}}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("own", "files", "processors", "memory"),
    [
        ("0::/", {}, None, None),
        ("0::/", {"cpu.max": "max 100000", "memory.max": "max", "memory.current": "5"}, None, None),
        (
            "0::/",
            {
                "cpu.max": "150000 100000",
                "memory.max": str(512 * MIB),
                "memory.current": str(300 * MIB),
                "memory.stat": f"anon 1\ninactive_file {100 * MIB}",
            },
            2,
            312 * MIB,
        ),
        (
            "0::/user.slice/run.scope",
            {
                "user.slice/cpu.max": "100000 100000",
                "user.slice/run.scope/cpu.max": "400000 100000",
                "user.slice/run.scope/memory.max": str(64 * MIB),
                "user.slice/run.scope/memory.current": str(80 * MIB),
            },
            1,
            0,
        ),
        (
            "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n1:name=systemd:/docker/abc",
            {
                "cpu/cpu.cfs_quota_us": "300000",
                "cpu/cpu.cfs_period_us": "100000",
                "memory/memory.limit_in_bytes": str(256 * MIB),
                "memory/memory.usage_in_bytes": str(56 * MIB),
            },
            3,
            200 * MIB,
        ),
        ("1:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None, None),
        ("0::/../other", {"cpu.max": "200000 100000"}, 2, None),
    ],
)
def test_the_tightest_bound_holds(tmp_path: Path, own: str, files: dict[str, str], processors: int | None, memory: int | None):
    root = machine(tmp_path, own, files)
    assert (groups.processors(root), groups.memory(root)) == (processors, memory)


def test_a_system_without_control_groups_grants_all(tmp_path: Path):
    assert (groups.processors(tmp_path), groups.memory(tmp_path)) == (None, None)
