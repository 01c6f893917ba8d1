"""Hostile programs of our own, beside those of the shared file: each says what it tries and how one sees that it really does.

`code` prints a line that begins with BREACH for whatever it gets done and must not. What it leaves for a later program, `then`
finds: that one prints `nothing` where there is nothing. In a place without walls the same two programs must breach, or
`acted` (a part of what `code` prints, in the sandbox too) shows that it got as far as the wall.
"""

from dataclasses import dataclass, field

NOTHING = "nothing\n"
_CALLS = """
import ctypes, os, signal, socket, sys, time
library = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    found = library.syscall(number, *[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found
def attempt(name, action):
    try:
        print('BREACH', name, action(), flush=True)
    except OSError as error:
        print('SAFE', name, error.errno, flush=True)
def daemon(body):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(3): os.close(descriptor)
            body()
        os._exit(0)
"""
_LEFT = """
import os
found = os.listdir('/work') + os.listdir('/tmp')
print(found or 'nothing')
"""
_LEFT_LATER = "import time\ntime.sleep(0.6)\n" + _LEFT


@dataclass(frozen=True, slots=True)
class Hostile:
    code: str
    then: str = ""
    acted: str = ""
    files: "dict[str, bytes]" = field(default_factory=dict[str, bytes])

    @property
    def whole(self) -> str:
        return _CALLS + self.code


PROGRAMS: dict[str, Hostile] = {
    "a server on an abstract socket for the next program": Hostile(
        """
def serve():
    with socket.socket(socket.AF_UNIX) as server:
        server.bind('\\0left-behind')
        server.listen()
        time.sleep(60)
daemon(serve)
time.sleep(0.2)
""",
        then="""
import socket
with socket.socket(socket.AF_UNIX) as client:
    try:
        client.connect('\\0left-behind')
        print('BREACH: it answers')
    except OSError:
        print('nothing')
""",
    ),
    "a descriptor kept in flight, with the space of a deleted file": Hostile(
        """
import array
held = open('/tmp/held', 'wb')
held.write(bytes(15 << 20)); held.flush()
more = open('/tmp/more', 'wb')
more.write(bytes(14 << 20)); more.flush()
os.unlink('/tmp/held'); os.unlink('/tmp/more')
one, other = socket.socketpair()
one.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [held.fileno(), more.fileno(), one.fileno()]))])
daemon(lambda: time.sleep(60))
print('held')
""",
        then="""
import os
held = [name for name in os.listdir('/proc') if name.isdigit() and int(name) not in (1, os.getpid(), os.getppid())]
space = os.statvfs('/tmp')
print('nothing' if not held and space.f_bfree == space.f_blocks else (held, space.f_bfree, space.f_blocks))
""",
    ),
    "a file that is written late, by a process that waits for its parent's death": Hostile(
        """
def late():
    library.prctl(1, signal.SIGUSR1, 0, 0, 0)
    signal.signal(signal.SIGUSR1, lambda *_: None)
    time.sleep(0.3)
    open('/work/late', 'w').close()
daemon(late)
""",
        then=_LEFT_LATER,
    ),
    "a writer that is never the same process": Hostile(
        """
def respawn():
    number = 0
    while True:
        number += 1
        try:
            open(f'/work/{os.getpid()}.{number}', 'w').close()
            if os.fork(): os._exit(0)
        except OSError: pass
daemon(respawn)
time.sleep(0.1)
""",
        then=_LEFT_LATER,
    ),
    "a pipe where the next program expects a file": Hostile(
        "os.mkfifo('/work/data.csv')\nos.mkfifo('/tmp/data.csv')\nprint('made')", then=_LEFT
    ),
    "links for the one who cleans": Hostile(
        """
os.makedirs('/work/a/b')
os.symlink('/etc', '/work/a/b/etc'); os.symlink('/', '/work/root'); os.symlink('/work/loop', '/work/loop')
os.symlink('/tmp', '/work/a/tmp'); os.symlink('/work', '/work/a/b/work')
print('made')
""",
        then=_LEFT + "assert os.listdir('/etc') and os.path.isdir('/usr/bin')",
    ),
    "folders that their owner has closed": Hostile(
        """
for path in ('/work/one/two/three', '/tmp/one/two/three'):
    os.makedirs(path)
    open(path + '/file', 'w').close()
    while path not in ('/work', '/tmp'):
        os.chmod(path, 0)
        path = os.path.dirname(path)
print('closed')
""",
        then=_LEFT,
    ),
    "names that are no text": Hostile(
        """
for name in (b'\\xff\\xfe', b'-rf', b'a\\nb\\x1b[2J', b'n' * 255, '\\u202etxt'.encode(), b' ', b'*'):
    open(b'/work/' + name, 'w').close()
    os.mkdir(b'/tmp/' + name)
print('made')
""",
        then=_LEFT,
    ),
    "every name that the folder has room for": Hostile(
        """
open('/tmp/0', 'w').close()
try:
    for number in range(6000): os.link('/tmp/0', f'/tmp/{number + 1}')
except OSError: pass
print('made', len(os.listdir('/tmp')) > 3000)
""",
        then=_LEFT,
        acted="made True",
    ),
    "a pipe that no longer waits": Hostile(
        """
import fcntl
for descriptor in (1, 2):
    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_NONBLOCK)
    fcntl.fcntl(descriptor, 1031, 4096)
print('set', fcntl.fcntl(1, 1032))
""",
        then="import sys\nprint(' ' * 200000, file=sys.stderr)\nprint('nothing')",
        acted="set 4096",
    ),
    "given files, changed, moved and replaced": Hostile(
        """
def whole(): return open('/work/data.csv').read()
def write(): open('/work/data.csv', 'w').write('x')
def move(): os.rename('/work/data.csv', '/work/other')
def remove(): os.unlink('/work/data.csv')
def replace():
    open('/work/mine', 'w').close()
    os.replace('/work/mine', '/work/data.csv')
def open_up(): os.chmod('/work/data.csv', 0o666)
def fold(): os.chmod('/work', 0o700)
for action in (write, move, remove, replace, open_up, fold): attempt(action.__name__, action)
print('SAFE' if whole() == '1,2\\n' else 'BREACH', whole())
""",
        files={"data.csv": b"1,2\n"},
    ),
    "signals to the parent and the first process, by every call": Hostile(
        """
child = os.fork()
if child == 0:
    time.sleep(60)
os.kill(child, signal.SIGKILL)
print('killed its own', os.waitpid(child, 0)[1])
for target in (1, os.getppid()):
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGCONT):
        attempt(f'kill {target} {number}', lambda: os.kill(target, number))
        attempt(f'tgkill {target} {number}', lambda: call(234, target, target, int(number)))
        attempt(f'tkill {target} {number}', lambda: call(200, target, int(number)))
    attempt(f'pidfd {target}', lambda: signal.pidfd_send_signal(os.pidfd_open(target), signal.SIGTERM))
""",
        acted="killed its own 9",
    ),
    "the parent's and the first process's memory and descriptors": Hostile(
        """
def look(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    return len(os.read(descriptor, 100))
print('reads its own', look('/proc/self/environ') > 0)
for process in (1, os.getppid()):
    for name in ('mem', 'environ', 'maps', 'auxv', 'syscall', 'stack', 'fd/0', 'fd/3', 'fd/4'):
        attempt(f'{process} {name}', lambda: look(f'/proc/{process}/{name}'))
    for name in ('cwd', 'root', 'exe', 'ns/pid'):
        attempt(f'{process} {name}', lambda: os.readlink(f'/proc/{process}/{name}'))
""",
        acted="reads its own True",
    ),
    "its own standard input, opened again for writing": Hostile(
        """
def write(descriptor):
    inside = os.open(f'/proc/self/fd/{descriptor}', os.O_WRONLY | os.O_NONBLOCK)
    return os.write(inside, b'\\0\\0\\0\\2{}')
reading, writing = os.pipe()
print('opens its own', write(reading) > 0)
attempt('the job', lambda: write(0))
""",
        acted="opens its own True",
    ),
    "its own output, opened again for reading": Hostile(
        """
def read(descriptor):
    inside = os.open(f'/proc/self/fd/{descriptor}', os.O_RDONLY | os.O_NONBLOCK)
    try: return os.read(inside, 9)
    except BlockingIOError: return b'nothing there'
reading, writing = os.pipe()
print('opens its own', read(writing), flush=True)
for descriptor in (1, 2): attempt(f'what it said on {descriptor}', lambda: read(descriptor))
""",
        acted="opens its own",
    ),
    "the priority of all processes of its user, and of its group": Hostile(
        """
print('its own', os.setpriority(os.PRIO_PROCESS, 0, 19), call(251, 1, 0, 0x6000), flush=True)
for name, which in (('group', 1), ('user', 2)):
    attempt(f'priority of {name}', lambda: os.setpriority(which, 0, 19))
    attempt('its other spelling', lambda: call(141, which | 1 << 32, 0, 19))
    attempt(f'disk priority of {name}', lambda: call(251, which + 1, 0, 0x6000))
""",
        acted="its own None 0",
    ),
    "a new user namespace by the bare call": Hostile(
        """
def clone(flags):
    child = call(56, flags | 17, 0, 0, 0, 0)
    if child == 0: os._exit(0)
    os.waitpid(child, 0)
    return child
print('forks', clone(0) > 0, flush=True)
for name, flag in (('user', 0x10000000), ('mount', 0x20000), ('net', 0x40000000), ('process', 0x20000000)):
    attempt(name, lambda: clone(flag))
""",
        acted="forks True",
    ),
    "mounts by the new calls": Hostile(
        """
attempt('fsopen', lambda: call(430, ctypes.c_char_p(b'tmpfs'), 0))
attempt('open_tree', lambda: call(428, -100, ctypes.c_char_p(b'/tmp'), 1))
attempt('mount_setattr', lambda: call(442, -100, ctypes.c_char_p(b'/tmp'), 0, ctypes.create_string_buffer(32), 32))
"""
    ),
    "tracing and other processes' memory": Hostile(
        """
child = os.fork()
if child == 0:
    time.sleep(60)
buffer = ctypes.create_string_buffer(8)
vector = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), 8)
attempt('process_vm_readv', lambda: call(310, child, vector, 1, vector, 1, 0))
attempt('attach', lambda: call(101, 16, child, 0, 0))
attempt('pidfd_getfd', lambda: call(438, os.pidfd_open(child), 0, 0))
os.kill(child, signal.SIGKILL)
attempt('traceme', lambda: call(101, 0, 0, 0, 0))
"""
    ),
    "another personality, and segments of its own": Hostile(
        """
attempt('personality', lambda: call(135, 0x0040000))
attempt('modify_ldt', lambda: call(154, 0, ctypes.create_string_buffer(64), 64))
"""
    ),
    "queues and semaphores that outlive it": Hostile(
        """
attempt('semget', lambda: call(64, 0x77, 1, 0o1666))
attempt('msgget', lambda: call(68, 0x77, 0o1666))
attempt('shmget', lambda: call(29, 0x77, 4096, 0o1666))
"""
    ),
    "a watch on the whole file system": Hostile("attempt('fanotify', lambda: call(300, 0, 0))"),
    "the kernel's settings": Hostile(
        """
for path in ('kernel/core_pattern', 'vm/overcommit_memory', 'kernel/modprobe', 'fs/suid_dumpable'):
    attempt(path, lambda: os.close(os.open('/proc/sys/' + path, os.O_WRONLY)))
attempt('ns_last_pid', lambda: os.write(os.open('/proc/sys/kernel/ns_last_pid', os.O_WRONLY), b'9'))
""",
        acted="SAFE kernel/core_pattern",
    ),
    "a control group of its own": Hostile(
        """
for root, folders, _ in os.walk('/sys/fs/cgroup'):
    if root.count('/') > 5: folders.clear()
    def make():
        os.mkdir(root + '/mine')
        os.rmdir(root + '/mine')
    attempt(root, make)
def enter(): os.close(os.open('/sys/fs/cgroup/memory/cgroup.procs', os.O_WRONLY))
attempt('enter', enter)
"""
    ),
    "limits, raised": Hostile(
        """
import resource
for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
    def lift():
        try: resource.setrlimit(kind, (1 << 40, 1 << 40))
        except ValueError as error: raise OSError(1, str(error)) from None
        return resource.getrlimit(kind)
    attempt(str(kind), lift)
"""
    ),
    "the host's devices": Hostile(
        """
for path in ('/dev/mem', '/dev/kmsg', '/dev/vda', '/dev/sda', '/dev/fuse', '/dev/kvm', '/dev/net/tun', '/dev/loop-control'):
    attempt(path, lambda: os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK)))
"""
    ),
}
"""What each tries, and how."""
