"""Live probes of a sandbox: what must not work is tried, and what must work is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools import harness
from tools.sandbox import Limits, Outcome, Run, Sandbox

_SHORT = Limits(seconds=1.0)
_FORGED = "def f(x):\n    {}\n"


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    run: Run
    holds: Callable[[Outcome], bool]


def _prints(expected: str) -> Callable[[Outcome], bool]:
    return lambda outcome: outcome.succeeded and outcome.stdout.strip() == expected


def _raises(name: str, code: str) -> _Probe:
    """`code` must fail with an `OSError`."""
    body = "".join(f"    {line}\n" for line in code.splitlines())
    return _Probe(
        name,
        Run(f"import os, socket\ntry:\n{body}except OSError:\n    print('contained')", limits=_SHORT),
        _prints("contained"),
    )


def _unfooled(outcome: Outcome) -> bool:
    return not harness.summary(outcome).succeeded and not outcome.succeeded


def _forgery(name: str, body: str) -> _Probe:
    run = harness.tests_run(_FORGED.format(body), "assert f(2) == 4", limits=_SHORT)
    return _Probe(name, run, _unfooled)


def _probes() -> Iterator[_Probe]:
    yield _Probe("a program runs", Run("print(6 * 7)"), _prints("42"))
    yield _Probe("a shell runs", Run("echo 6 | sed s/6/42/", language="shell"), _prints("42"))
    tests = harness.tests_run("def f(x): return x * 2", "assert f(2) == 4")
    yield _Probe("right code passes its tests", tests, lambda outcome: harness.summary(outcome).succeeded)
    yield _raises("no network", "socket.create_connection(('192.0.2.1', 80), timeout=1)")
    yield _raises("the system cannot be written", "open('/usr/bin/ponder-probe', 'w')")
    yield _raises("no passwords of the host", "open('/etc/shadow').read()")
    yield _raises("no other users", "os.setuid(0)\nos.setresuid(1, 1, 1)")
    # What our filter denies and no engine's does.
    yield _raises("system calls are filtered", "import fcntl\nfcntl.flock(open('probe', 'w'), fcntl.LOCK_EX)")
    yield _Probe("endless loops end", Run("while True: pass", limits=_SHORT), lambda outcome: outcome.ended == "timeout")
    memory = "kept = []\nwhile True: kept.append(bytearray(8 << 20))"
    yield _Probe("memory is bounded", Run(memory), lambda outcome: outcome.ended == "memory")
    flood = Run("while True: print('x' * 9999)", limits=_SHORT)
    yield _Probe("output is bounded", flood, lambda outcome: outcome.ended == "output")
    bomb = Run("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", limits=_SHORT)
    yield _Probe("fork bombs end", bomb, lambda outcome: outcome.ended != "exit")
    daemon = Run("import os, time\nif os.fork() == 0:\n    os.setsid()\n    open('left', 'w').close()\n    time.sleep(99)")
    yield _Probe("daemons are left", daemon, lambda outcome: outcome.succeeded)
    left = Run("import os\nprint(os.listdir('.'), len([name for name in os.listdir('/proc') if name.isdigit()]) <= 4)")
    yield _Probe("nothing is left of them", left, _prints("[] True"))
    yield _forgery("exiting is not passing", "import os; os._exit(0)")
    yield _forgery("printing is not passing", "print('1 passed'); raise SystemExit(0)")
    equal = "class E(int):\n        def __eq__(self, other): return True\n    return E()"
    yield _forgery("agreeing with everything is not passing", equal)
    yield _Probe("and an ordinary program still runs", Run("print(6 * 7)"), _prints("42"))


def selftest(sandbox: Sandbox) -> Iterator[tuple[str, bool, str]]:
    """For each probe, as it ends: its name, whether the sandbox held, and what happened. Raises `SandboxError`."""
    for probe in _probes():
        outcome = sandbox.submit(probe.run).result()
        text = " ".join((outcome.stdout + outcome.stderr).split())[-200:]
        detail = f"{outcome.ended} {'' if outcome.status is None else outcome.status} {outcome.seconds:.3f} s {text}"
        yield probe.name, probe.holds(outcome), " ".join(detail.split())
