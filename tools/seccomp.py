"""The system-call filter of every job, stacked on whatever the engine filters already. Runs inside the box.

It denies what no candidate needs and what has been a way out or a way to leave something behind: tracing, other processes'
memory and descriptors, io_uring, keys, namespaces, mounts, System V and POSIX message queues, odd socket families.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Mapping, Sequence

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_NEW_NAMESPACES = 0x7E020000
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Numbers from the kernel's syscall tables: (x86_64, aarch64); None where the architecture has no such call.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    **{f"io_uring_{n}": (n, n) for n in (425, 426, 427)},
    **{f"aio_{x}": (x, a) for x, a in ((206, 0), (207, 1), (208, 4), (209, 2), (210, 3))},
    **{f"shm_{x}": (x, a) for x, a in ((29, 194), (30, 196), (31, 195), (67, 197))},
    **{f"sem_{x}": (x, a) for x, a in ((64, 190), (65, 193), (66, 191), (220, 192))},
    **{f"msg_{x}": (x, a) for x, a in ((68, 186), (69, 189), (70, 188), (71, 187))},
    **{f"mq_{x}": (x, a) for x, a in zip(range(240, 246), range(180, 186), strict=True)},
    **{f"mount_{n}": (n, n) for n in (428, 429, 430, 431, 432, 433, 442, 443)},
    **{f"landlock_{n}": (n, n) for n in (444, 445, 446)},
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "vhangup": (153, 58),
    "flock": (73, 32),
}
_ITSELF = {0: 0}
# What their arguments must be, by place, to be about the caller itself: one process (not its user, not its group), and that 0.
# Where job and worker share one uid, these reach the worker.
_OF_ONESELF_ALONE: dict[str, tuple[tuple[int, int], dict[int, int]]] = {
    "prlimit64": ((302, 261), _ITSELF),
    "sched_setparam": ((142, 118), _ITSELF),
    "sched_setscheduler": ((144, 119), _ITSELF),
    "sched_setaffinity": ((203, 122), _ITSELF),
    "sched_setattr": ((314, 274), _ITSELF),
    "setpriority": ((141, 140), {0: 0, 1: 0}),
    "ioprio_set": ((251, 30), {0: 1, 1: 0}),
    "migrate_pages": ((256, 238), _ITSELF),
    "move_pages": ((279, 239), _ITSELF),
    "process_madvise": ((440, 440), _ITSELF),
    "process_mrelease": ((448, 448), _ITSELF),
}
_FCNTL, _IOCTL = (72, 25), (16, 29)
_TAKES_SIGNALS = {_FCNTL: (8, 15), _IOCTL: (0x8901, 0x8902)}
"""Ways to name another process as the one that is signalled when a descriptor is ready, with any signal."""
_CLONE3 = 435
_CLONE = (56, 220)
_SOCKET = (41, 198)
_SIGNALLING = {"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131)}
_FAMILIES = (1, 2, 10)


def _step(code: int, if_true: int, if_false: int, operand: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand & 0xFFFFFFFF)


def _fail(error: int) -> bytes:
    return _step(_RETURN, 0, 0, _ERROR | error)


def _when(number: int, then: Sequence[bytes]) -> list[bytes]:
    """`then` runs for this system call and must end in a return."""
    return [_step(_LOAD, 0, 0, _NUMBER), _step(_EQUAL, 0, len(then), number), *then]


def _argument(position: int) -> int:
    """Where the lower half of a system call's argument lies."""
    return _FIRST_ARGUMENT + 8 * position


def _unless_argument(test: int, values: Sequence[int], position: int = 0) -> list[bytes]:
    """Fails where an argument meets `test` against one of `values`, else allows."""
    body = [_step(_LOAD, 0, 0, _argument(position))]
    for value in values:
        body += [_step(test, 0, 1, value), _fail(_EPERM)]
    return [*body, _step(_RETURN, 0, 0, _ALLOW)]


def _only_with(wanted: Mapping[int, int]) -> list[bytes]:
    """Fails unless the arguments are these, by place."""
    body: list[bytes] = []
    for place, value in wanted.items():
        body += [_step(_LOAD, 0, 0, _argument(place)), _step(_EQUAL, 1, 0, value), _fail(_EPERM)]
    return [*body, _step(_RETURN, 0, 0, _ALLOW)]


def program(machine: str, untouchable: Sequence[int] = ()) -> bytes | None:
    """The filter for `machine` (as `platform.machine` names it); None where the system calls' numbers are not known.

    `untouchable` are process ids that must not be signalled: they matter where job and worker share one uid.
    """
    architecture = _ARCHITECTURES.get(machine)
    if architecture is None:
        return None
    column = 0 if machine == "x86_64" else 1
    steps = [_step(_LOAD, 0, 0, _ARCHITECTURE), _step(_EQUAL, 1, 0, architecture), _fail(_EPERM), _step(_LOAD, 0, 0, _NUMBER)]
    if machine == "x86_64":
        steps += [_step(_AT_LEAST, 0, 1, 0x40000000), _fail(_EPERM)]
    steps += [_step(_EQUAL, 0, 1, _CLONE3), _fail(_ENOSYS)]
    for numbers in _DENIED.values():
        number = numbers[column]
        if number is not None:
            steps += [_step(_EQUAL, 0, 1, number), _fail(_EPERM)]
    families = [_step(_LOAD, 0, 0, _FIRST_ARGUMENT)]
    for position, family in enumerate(_FAMILIES):
        families.append(_step(_EQUAL, len(_FAMILIES) - position, 0, family))
    families += [_fail(_EAFNOSUPPORT), _step(_RETURN, 0, 0, _ALLOW)]
    steps += _when(_SOCKET[column], families)
    steps += _when(_CLONE[column], _unless_argument(_ANY_BIT, [_NEW_NAMESPACES]))
    for numbers, wanted in _OF_ONESELF_ALONE.values():
        steps += _when(numbers[column], _only_with(wanted))
    for numbers, commands in _TAKES_SIGNALS.items():
        steps += _when(numbers[column], _unless_argument(_EQUAL, commands, position=1))
    if untouchable:
        targets = [-1, *untouchable, *(-one for one in untouchable)]
        for numbers in _SIGNALLING.values():
            steps += _when(numbers[column], _unless_argument(_EQUAL, targets))
    return b"".join([*steps, _step(_RETURN, 0, 0, _ALLOW)])


def _signals_from(machine: str, first: int) -> bytes | None:
    """A filter that lets signals through to processes and groups from `first` on, and to the sender's own group (0)."""
    architecture = _ARCHITECTURES.get(machine)
    if architecture is None:
        return None
    column = 0 if machine == "x86_64" else 1
    steps: list[bytes] = []
    for numbers in _SIGNALLING.values():
        allowed = [_step(_LOAD, 0, 0, _FIRST_ARGUMENT), _step(_EQUAL, 3, 0, 0), _step(_AT_LEAST, 0, 1, first)]
        allowed += [_step(_AT_LEAST, 0, 1, 1 - first), _fail(_EPERM), _step(_RETURN, 0, 0, _ALLOW)]
        steps += _when(numbers[column], allowed)
    return b"".join([*steps, _step(_RETURN, 0, 0, _ALLOW)])


def guard(library: ctypes.CDLL, first: int) -> None:
    """Puts every process before `first` out of reach of this one's signals, and of its children's, for good."""
    _bind(library, _signals_from(platform.machine(), first))


def install(library: ctypes.CDLL, untouchable: Sequence[int] = ()) -> None:
    """Binds this process and its children for good. Without a filter where the machine's system calls are not known."""
    _bind(library, program(platform.machine(), untouchable))


def _bind(library: ctypes.CDLL, code: bytes | None) -> None:
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    library.prctl(no_new_privileges, 1, 0, 0, 0)
    if code is None:
        return
    body = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(body)))
    if library.prctl(set_seccomp, filter_mode, ctypes.c_void_p(ctypes.addressof(header)), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
