"""A place without the sandbox's walls, to see that a hostile program really does what the sandbox is to contain.

A container of its own all the same, and without network: the machine is not to be harmed by a control.
"""

import os
from collections.abc import Mapping
from typing import Any, Self

from tools import docker as boxes
from tools import image

_FIRST = """
import os, time
while True:
    try: os.wait()
    except ChildProcessError: time.sleep(0.05)
"""
_AFRESH = """
import ctypes, os, shutil, signal, sys
try: os.kill(-1, signal.SIGKILL)
except ProcessLookupError: pass
for line in open('/proc/self/mountinfo'):
    if line.split()[4].startswith(('/work/', '/tmp/')): ctypes.CDLL(None).umount2(line.split()[4].encode(), 2)
for folder in ('/work', '/tmp'):
    for entry in os.scandir(folder):
        shutil.rmtree(entry) if entry.is_dir(follow_symlinks=False) else os.unlink(entry)
interpreter = ['/bin/bash', '-c'] if sys.argv[2] == 'shell' else ['/usr/bin/python3', '-I', '-c']
os.execv('/usr/bin/timeout', ['timeout', '-s', 'KILL', sys.argv[1], *interpreter, sys.argv[3]])
"""
_CAPABILITIES = (
    *("SYS_ADMIN", "SYS_PTRACE", "SYS_RAWIO", "SYS_MODULE", "SYS_CHROOT", "SYS_NICE", "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG"),
    *("NET_ADMIN", "NET_RAW", "MKNOD", "IPC_LOCK", "DAC_READ_SEARCH", "LINUX_IMMUTABLE"),
)
_UNMASKED = """
import ctypes
library = ctypes.CDLL(None)
for line in open('/proc/self/mountinfo'):
    place, options = line.split()[4:6]
    if place.startswith('/sys/fs/cgroup') and options.startswith('ro'):
        library.mount(None, place.encode(), None, 32 | 4096, None)
"""


class Permissive:
    """Root, with capabilities and devices, without a filter. The kernel's settings, which are the machine's, stay closed."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._container = client.containers.run(
            image.ensure(client).tag,
            [_FIRST],
            entrypoint=["/usr/bin/python3", "-I", "-c"],
            user="0:0",
            cap_add=list(_CAPABILITIES),
            security_opt=["seccomp=unconfined"],
            devices=[f"{path}:{path}:rwm" for path in ("/dev/kmsg", "/dev/fuse", "/dev/loop-control") if os.path.exists(path)],
            network_mode="none",
            pids_limit=300,
            mem_limit=700 << 20,
            memswap_limit=700 << 20,
            working_dir="/work",
            labels={boxes.LABEL: "1", boxes.OWNER: boxes.owner()},
            log_config={"Type": "none"},
            detach=True,
        )
        self.run(_UNMASKED)

    def run(self, code: str, language: str = "python", seconds: float = 10.0, files: Mapping[str, bytes] | None = None) -> str:
        """What it writes to both streams, cut; ends with `timeout` where it had to be ended. Nothing of the last is left."""
        for name, data in (files or {}).items():
            code = f"open({name!r}, 'wb').write({data!r})\n{code}"
        return self._executed([_AFRESH, str(seconds), language, code])

    def then(self, code: str) -> str:
        """The same for a program that finds what the last has left."""
        return self._executed([code])

    def _executed(self, program: list[str]) -> str:
        status, output = self._container.exec_run(["/usr/bin/python3", "-I", "-c", *program], workdir="/work")
        text = (output or b"")[-200_000:].decode("utf-8", "replace")
        return f"{text}\ntimeout" if status in (124, 137) else text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._container.remove(force=True)


def foreign_machine() -> str | None:
    """Why the hostile programs, which use system calls by number, mean nothing here."""
    machine = os.uname().machine
    return None if machine == "x86_64" else f"the hostile programs know the system calls of x86_64, and this is {machine}"
