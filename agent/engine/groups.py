"""What Linux's control groups grant this process of the machine: containers, pods and services seldom have all of it.

Both versions are read, the group itself and those around it. `root` is where `/proc` and `/sys` lie.
"""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")


def processors(root: Path = ROOT) -> int | None:
    """Whole processors; None without a limit."""
    granted = list[int]()
    for group in _groups("cpu", root):
        limit = (read(group / "cpu.max") or read(group / "cpu.cfs_quota_us") or "max").split()
        period = limit[1] if len(limit) > 1 else read(group / "cpu.cfs_period_us") or "100000"
        if limit[0].isdigit():
            granted.append(-(-int(limit[0]) // int(period)))
    return min(granted, default=None)


def memory(root: Path = ROOT) -> int | None:
    """Bytes that are left, with those that hold files and would be given back; None without a limit."""
    left = list[int]()
    for group in _groups("memory", root):
        limit = read(group / "memory.max") or read(group / "memory.limit_in_bytes") or "max"
        used = read(group / "memory.current") or read(group / "memory.usage_in_bytes")
        if limit.isdigit() and used:
            left.append(max(0, int(limit) - int(used) + numbers(group / "memory.stat").get("inactive_file", 0)))
    return min(left, default=None)


def numbers(path: Path) -> dict[str, int]:
    """Of a file's lines, those that are a name and a whole number; empty for one that cannot be read."""
    lines = (line.split() for line in (read(path) or "").splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}


def read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """The folders of this process's group and of those around it: the first version has a tree for each controller, the
    second one for all. In a container the tree may begin further in than the process is told; its top is always there.
    """
    for line in (read(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, own = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / (controller if controllers else "")
        inner = top / own.lstrip("/")
        yield from (folder for folder in (inner, *inner.parents) if folder == top or top in folder.parents)
