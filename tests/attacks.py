"""Hostile programs: how one is read, run on a sandbox, and judged. Used by the tests and by `make bench-sandbox`.

A file of them has one JSON object a line: `id`, `lang`, `code`, `expect` (a Python expression over the run `r`, or over the
extraction `x`), `clean_after` (whether an ordinary program on the same worker must afterwards find no trace).
"""

import json
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from tools.lanes import Lanes
from tools.sandbox import Limits, Outcome, Run

LIMITS, BRIEF = Limits(seconds=2.0), Limits(seconds=0.7)
NOT_COVERED = {("bubblewrap", "res-inode-fill"): "number of files"}
"""Rows of the table `tools.bubblewrap.NOT_COVERED`; what such an attack leaves is cleaned up all the same."""
ACTED = {
    "res-bash-coproc-cat": "r['rc'] != 0 or r['why'] or r['out_n'] > 0",
    "res-bash-dd-zero": "'done' in r['out'] or r['why']",
    "res-fork-bomb-bash": "r['why'] == 'timeout' or 'fork' in r['err'] or r['rc'] == 0",
    "res-pipe-memory": "'total MB' in r['out'] or r['rc'] == -9",
    "res-shm-fill": "'SAFE' in r['out']",
    "res-tmpfs-plus-heap": "'SAFE survived' in r['out'] or r['rc'] == -9",
    "sig-bash-kill-tree": "r['rc'] == -9 or 'not permitted' in r['err']",
    "sig-kill-all": "r['rc'] == 0 or 'Error' in r['err']",
    "sig-kill-parent": "'SAFE' in r['out']",
    "sig-stop-parent": "'SAFE' in r['out']",
    "x-lock-shared-inode": "'locked' in r['out'] or 'Error' in r['err']",
}
"""What shows that an attack came as far as the wall, where what is expected of it would hold as well if it had done nothing."""
CLEAN = "[] [] []\n"
AFTERWARDS = """
import os, socket
block = bytearray(100 << 20)
for page in range(0, len(block), 4096):
    block[page] = 1
others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid(), os.getppid())]
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 8765))
print(os.listdir("/work"), os.listdir("/tmp"), others)
"""
"""An ordinary program that needs memory and a port, and says what it finds of others."""
_REASONS = {"timeout": "timeout", "output": "output_limit"}


@dataclass(frozen=True, slots=True)
class Attack:
    name: str
    language: str
    code: str
    expect: str
    clean_after: bool

    @property
    def of_extraction(self) -> bool:
        return self.name.startswith("extract-")


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of an attack on one sandbox."""

    contained: bool
    clean: bool
    """Whether the ordinary program that followed it on the same worker found no trace and did its work."""
    outcome: Outcome
    after: Outcome


def read(path: Path) -> Iterator[Attack]:
    for line in path.read_bytes().split(b"\n"):
        if line.strip():
            record = json.loads(line)
            language = "python" if record["lang"] == "python" else "shell"
            yield Attack(record["id"], language, record["code"], record["expect"], record["clean_after"])


def begin(attack: Attack, sandbox: Lanes) -> "tuple[Future[Outcome], Future[Outcome]]":
    """The attack, and the ordinary program behind it; `judged` says what became of them. The sandbox must have one lane."""
    limits = BRIEF if "timeout" in attack.expect else LIMITS
    fetch = ("out/*", "/*", "../*") if attack.of_extraction else ()
    run = Run(attack.code, "python" if attack.language == "python" else "shell", limits=limits, fetch=fetch)
    return sandbox.submit(run), sandbox.submit(Run(AFTERWARDS, limits=LIMITS))


def tried(attack: Attack, sandbox: Lanes) -> Trial:
    return judged(attack, begin(attack, sandbox))


def judged(attack: Attack, running: "tuple[Future[Outcome], Future[Outcome]]") -> Trial:
    outcome, after = (future.result() for future in running)
    contained = bool(eval(attack.expect, {"r": seen(outcome), "x": extracted(outcome)}))
    acted = bool(eval(ACTED.get(attack.name, "True"), {"r": seen(outcome)}))
    return Trial(contained and acted, not attack.clean_after or after.stdout == CLEAN, outcome, after)


def seen(outcome: Outcome) -> dict[str, object]:
    """An outcome in the terms of the attacks' expectations."""
    return {
        "out": outcome.stdout,
        "err": outcome.stderr,
        # A byte that is no text has become one character.
        "out_n": sum(1 if character == "\ufffd" else len(character.encode("utf-8", "replace")) for character in outcome.stdout),
        "rc": outcome.status if outcome.ended == "exit" else -9,
        "why": _REASONS.get(outcome.ended),
        "wall": outcome.seconds,
    }


def extracted(outcome: Outcome) -> dict[str, object]:
    """What was brought out of the box, in the same terms: nothing but bytes that the box itself held may come."""
    foreign = [name for name, data in outcome.files.items() if b"root:" in data or name.startswith(("/", ".."))]
    return {
        "escaped": bool(foreign) or Path("/tmp/host-marker").exists(),
        "error": "" if outcome.succeeded else outcome.stderr,
        "bytes": sum(map(len, outcome.files.values())),
    }
