"""The first process in the box: becomes the monitor, after it has forked the zygote that forks every job.

    monitor   reads the jobs, feeds and watches their processes, keeps the time, sends the outcomes; forks none of them
    └─ zygote      never sees a payload; forks the next job's processes while the box is idle; kills and wipes what they leave
       ├─ program, or judge      another user, where the kernel lends one
       └─ candidate              a third user

Speaks frames on the descriptors that it finds as standard input and output. The end of its input is the end of the box.
"""

import ctypes
import os
from typing import NoReturn

from tools import zygote
from tools.keeper import Keeper
from tools.monitor import Monitor
from tools.processes import Settings, protect


def serve(settings: Settings) -> NoReturn:
    """Never returns; the process ends with its input, and the box with it."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open("/dev/null", os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    library = ctypes.CDLL(None, use_errno=True)
    protect(library)
    if settings.keeps_states:
        Keeper(settings, library, requests, replies).serve()
    user = settings.users[0] if settings.users else None
    Monitor(zygote.start(settings, library, (requests, replies)), user, requests, replies).serve()
