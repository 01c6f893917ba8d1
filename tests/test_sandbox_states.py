"""States of branches: forked, returned to, kept from one another, dropped and rebuilt; on every sandbox that can run here."""

import time

import pytest

from tests.sandboxes import sandbox  # noqa: F401  (a fixture)
from tests.test_sandbox_life import kill_boxes
from tools import toolbox
from tools.box import Cell
from tools.lanes import Lanes
from tools.sandbox import Limits, Outcome, Run, SandboxError, State
from tools.states import KEPT, States

# ruff: noqa: F811

MARK = "import os\nmark = os.urandom(8).hex()\nmark"
"""Prints what no second run of the cell would."""
SHORT = Limits(seconds=0.5)


def cell(sandbox: Lanes, code: str, state: State | None = None, **options: object) -> Outcome:
    return sandbox.submit(Run(code, state=state or State(), **options)).result()  # type: ignore[arg-type]


def after(sandbox: Lanes, *codes: str) -> State:
    """The state after these cells, none of which may fail."""
    state = State()
    for code in codes:
        outcome = cell(sandbox, code, state)
        assert outcome.succeeded, outcome
        assert outcome.state is not None
        state = outcome.state
    return state


def test_a_cell_goes_on_from_the_state_before_it(sandbox: Lanes) -> None:
    outcome = cell(sandbox, "x = 20\ndef f(): return x * 2\nprint('begun')\nf()")
    assert (outcome.ended, outcome.status, outcome.stdout, outcome.stderr) == ("exit", 0, "begun\n40\n", "")
    assert cell(sandbox, "x += 1\nf()", outcome.state).stdout == "42\n"
    assert cell(sandbox, "x", outcome.state).stdout == "20\n"
    assert cell(sandbox, "x = None\nx", outcome.state).stdout == ""
    assert "NameError" in cell(sandbox, "x").stderr
    assert sandbox.submit(Run("print('x' in globals())")).result().state is None


def test_backtracking_runs_nothing_again(sandbox: Lanes) -> None:
    before = cell(sandbox, MARK)
    one, other = (cell(sandbox, f"mark = {text!r}", before.state).state for text in ("one", "other"))
    assert cell(sandbox, "mark", other).stdout == "'other'\n"
    assert cell(sandbox, "mark", one).stdout == "'one'\n"
    assert cell(sandbox, "mark", before.state).stdout == before.stdout


def test_a_failed_cell_leaves_what_it_had_done(sandbox: Lanes) -> None:
    failed = cell(sandbox, "x = 2\n1 / 0\nx = 3", after(sandbox, "x = 1"))
    assert failed.status == 1
    assert failed.stderr.startswith('Traceback (most recent call last):\n  File "cell 2", line 2')
    assert "1 / 0" in failed.stderr
    assert cell(sandbox, "x", failed.state).stdout == "2\n"
    left = cell(sandbox, "import sys\nx = 4\nsys.exit(3)", failed.state)
    assert (left.ended, left.status) == ("exit", 3)
    assert cell(sandbox, "x", left.state).stdout == "4\n"
    assert "SyntaxError" in cell(sandbox, "def f(:", left.state).stderr


@pytest.mark.parametrize(
    ("code", "ended", "status"),
    [
        ("import os\nx = 2\nos._exit(5)", "exit", 5),
        ("import os\nx = 2\nos.kill(os.getpid(), 11)", "exit", -11),
        ("x = 2\nwhile True: pass", "timeout", None),
        ("x = 2\nwhile True: print('x' * 9999)", "output", None),
        ("import ctypes\nx = 2\nctypes.string_at(0)", "exit", -11),
    ],
)
def test_a_cell_that_ends_its_process_leaves_the_state_before_it(
    code: str, ended: str, status: int | None, sandbox: Lanes
) -> None:
    state = after(sandbox, "x = 1", MARK)
    mark = cell(sandbox, "mark", state).stdout
    outcome = cell(sandbox, code, state, limits=SHORT if ended == "timeout" else Limits())
    assert (outcome.ended, outcome.status, outcome.state) == (ended, status, state)
    assert cell(sandbox, "print(x)\nmark", state).stdout == f"1\n{mark}"


LATE = """
import os, time
waitpid, late = os.waitpid, []
def slow(pid, options):
    if pid > 0 and not late:
        late.append(pid)
        time.sleep(6)
    return waitpid(pid, options)
os.waitpid = slow
"""


def test_what_a_state_says_too_late_of_one_fork_is_not_told_of_the_next(sandbox: Lanes) -> None:
    state = after(sandbox, LATE)
    assert [cell(sandbox, f"os._exit({status})", state).status for status in (3, 4)] == [-9, 4]


def test_memory_is_bounded_and_other_states_stand(sandbox: Lanes) -> None:
    other = after(sandbox, "y = 1")
    outcome = cell(sandbox, "x = []\nwhile True: x.append(bytearray(8 << 20))", other, limits=Limits(seconds=60))
    assert outcome.ended == "memory"
    assert cell(sandbox, "y", other).stdout == "1\n"


def test_memory_that_python_itself_refuses_costs_no_other_state(sandbox: Lanes) -> None:
    outcome = cell(sandbox, MARK)
    greedy = cell(sandbox, "bytearray(10**15)", cell(sandbox, "x = 1").state)
    assert greedy.ended == "memory"
    assert cell(sandbox, "x", greedy.state).stdout == "1\n"
    assert cell(sandbox, "mark", outcome.state).stdout == outcome.stdout


def test_output_is_clipped_and_standard_input_is_what_was_given(sandbox: Lanes) -> None:
    state = after(sandbox, "import sys")
    assert cell(sandbox, "sys.stdin.read()", state).stdout == "''\n"
    assert cell(sandbox, "input()", state, stdin="line\n").stdout == "'line'\n"
    clipped = cell(sandbox, "'x' * 5000", state, limits=Limits(output_bytes=1000)).stdout
    assert "bytes left out" in clipped
    assert len(clipped) <= 1000


def test_files_go_along_a_branch_and_no_other(sandbox: Lanes) -> None:
    first = after(sandbox, "import os, pathlib\nos.makedirs('sub/deep')\npathlib.Path('sub/deep/a').write_text('one')")
    path = cell(sandbox, "here = os.path.abspath('sub/deep/a')", first).state
    second = cell(sandbox, "open(here, 'a').write(' two')", path).state
    assert cell(sandbox, "open(here).read()", second).stdout == "'one two'\n"
    assert cell(sandbox, "open(here).read()", path).stdout == "'one'\n"
    assert cell(sandbox, "os.listdir('.')", first).stdout == "['sub']\n"
    moved = cell(sandbox, "os.chdir('sub')", second).state
    assert cell(sandbox, "open('deep/a').read(), os.getcwd()", moved).stdout == "('one two', '/work/state/sub')\n"
    assert cell(sandbox, "import os; os.listdir('.')").stdout == "[]\n"


def test_given_files_are_read_only_and_given_once(sandbox: Lanes) -> None:
    files = {"data.csv": b"1,2\n"}
    given = cell(sandbox, "open('data.csv').read()", files=files)
    assert given.stdout == "'1,2\\n'\n"
    again = cell(sandbox, "print(open('data.csv').read())\nopen('data.csv', 'w')", given.state, files=files)
    assert again.stdout == "1,2\n\n"
    assert "PermissionError" in again.stderr
    if getattr(sandbox, "separate_users", True):
        assert "PermissionError" in cell(sandbox, "import os\nos.unlink('data.csv')", given.state).stderr


def test_a_shell_sees_the_same_folder(sandbox: Lanes) -> None:
    state = after(sandbox, "x = 1\nopen('a', 'w').write('hello')")
    shell = cell(sandbox, "cat a - | tr a-z A-Z; echo more > b; pwd; exit 4", state, language="shell", stdin=" you\n")
    assert (shell.stdout, shell.status) == ("HELLO YOU\n/work/state\n", 4)
    assert cell(sandbox, "x, open('b').read()", shell.state).stdout == "(1, 'more\\n')\n"


def test_what_a_cell_leaves_running_ends_with_it(sandbox: Lanes) -> None:
    code = """
import os, threading, time
x = 1
def forever():
    while True: time.sleep(0.01)
threading.Thread(target=forever, daemon=True).start()
if os.fork() == 0:
    os.setsid()
    time.sleep(99)
"""
    state = after(sandbox, code)
    count = "import os, threading\nlen([1 for n in os.listdir('/proc') if n.isdigit()]), threading.active_count()"
    before = cell(sandbox, count)
    assert cell(sandbox, "x", state).stdout == "1\n"
    counted, threads = eval(cell(sandbox, f"{count}", state).stdout)
    assert threads == 1
    assert counted <= eval(before.stdout)[0] + 3


def test_a_fork_bomb_ends_and_the_state_stands(sandbox: Lanes) -> None:
    state = after(sandbox, "x = 1")
    bomb = cell(sandbox, "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", state, limits=SHORT)
    assert bomb.ended == "timeout"
    assert cell(sandbox, "x", state).stdout == "1\n"


def test_chance_goes_on_where_it_was(sandbox: Lanes) -> None:
    seeded = after(sandbox, "import random\nrandom.seed(7)")
    drawn = cell(sandbox, "random.random()", seeded)
    assert cell(sandbox, "random.random()", seeded).stdout == drawn.stdout
    assert cell(sandbox, "random.random()", drawn.state).stdout != drawn.stdout
    fresh = {cell(sandbox, "import random; random.random()").stdout for _ in range(2)}
    assert len(fresh) == 2


HOSTILE = """
import os, resource, signal, ctypes
done = []
for pid in [-1, *[int(n) for n in os.listdir('/proc') if n.isdigit()]]:
    if pid == os.getpid(): continue
    for act in (
        lambda: os.kill(pid, signal.SIGKILL),
        lambda: os.killpg(pid, signal.SIGKILL),
        lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (0, 0)),
        lambda: open(f'/proc/{pid}/mem', 'rb').read(0) and None,
        lambda: os.listdir(f'/proc/{pid}/fd'),
        lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
    ):
        try: act()
        except OSError: continue
        done.append(pid)
for name in os.listdir('/work'):
    if name != 'state':
        try: done.append(os.listdir('/work/' + name))
        except OSError: pass
        try: done.append(os.rename('/work/' + name, '/work/taken'))
        except OSError: pass
done
"""


@pytest.mark.parametrize("where", ["in its family", "in another"])
def test_a_hostile_cell_does_not_reach_other_states(where: str, sandbox: Lanes) -> None:
    state = after(sandbox, MARK + "\nopen('kept', 'w').write(mark)")
    mark = cell(sandbox, "mark, open('kept').read() == mark", state).stdout
    hostile = cell(sandbox, HOSTILE, state if where == "in its family" else None)
    if getattr(sandbox, "separate_users", True):
        assert hostile.stdout == "[]\n", hostile
    assert cell(sandbox, "mark, open('kept').read() == mark", state).stdout == mark


def test_an_interpreter_that_was_broken_ends_its_own_branch_alone(sandbox: Lanes) -> None:
    state = after(sandbox, MARK)
    broken = cell(sandbox, "import os\nos.fork = os.getcwd = None", state).state
    assert not cell(sandbox, "1", broken).succeeded
    cell(sandbox, "import socket\nsocket.recv_fds = None", state)  # ends before or after it is stopped, as it happens
    assert cell(sandbox, "len(mark)", state).stdout == "16\n"


@pytest.mark.parametrize("where", ["/tmp", "/work"])
def test_nothing_is_left_under_the_name_of_a_waiting_state(where: str, sandbox: Lanes) -> None:
    waiting = after(sandbox, "x = 1")
    taken = f"for n in range(200):\n    try: os.makedirs(f'{where}/.state-{{n}}/left')\n    except OSError: pass"
    outcome = cell(sandbox, f"import os\n{taken}\nprint('made')")
    assert (outcome.ended, outcome.stdout) == ("exit", "made\n")
    assert cell(sandbox, "import os\nos.listdir('.')", outcome.state).stdout == "[]\n"
    left = cell(sandbox, f"import os\n[n for n in os.listdir('{where}') if os.access(f'{where}/{{n}}/left', os.F_OK)]")
    assert left.stdout == "[]\n"
    assert cell(sandbox, "x", waiting).stdout == "1\n"


def test_states_beyond_the_bound_are_rebuilt(sandbox: Lanes) -> None:
    first = after(sandbox, "x = 0")
    states, state = [first], first
    for _ in range(KEPT + 4):
        state = cell(sandbox, "x += 1", state).state or state
        states.append(state)
    assert [cell(sandbox, "x", one).stdout for one in (states[-1], states[0], states[5])] == [f"{KEPT + 4}\n", "0\n", "5\n"]


def test_a_lost_box_is_rebuilt_once_and_then_the_machines_failure(sandbox: Lanes) -> None:
    state = after(sandbox, "x = 1", "x += 1\nopen('f', 'w').write('kept')")
    kill_boxes(sandbox)
    assert cell(sandbox, "x, open('f').read()", state).stdout == "(2, 'kept')\n"
    running = sandbox.submit(Run("import time\ntime.sleep(1)\nx", state=state))
    time.sleep(0.5)
    kill_boxes(sandbox)
    assert running.result(30).stdout == "2\n"
    running = sandbox.submit(Run("import time\ntime.sleep(8)", state=state))
    while not running.done():
        time.sleep(0.3)
        kill_boxes(sandbox)
    with pytest.raises(SandboxError, match="lost its worker twice"):
        running.result(30)
    assert cell(sandbox, "x", state).stdout == "2\n"


class Box:
    """A worker whose cells say in their code what becomes of them: `littered` ones leave something that cannot be removed."""

    def __init__(self, littered: set[str]) -> None:
        self._littered, self._states = littered, set[int]()
        self.ran = list[str]()
        """The code of each cell, the first to run first."""

    def cell(self, run: Run, origin: int, number: int) -> Cell:
        assert not origin or origin in self._states
        self._states.add(number)
        self.ran.append(run.code)
        outcome = Outcome("exit", 0, f"{origin} {run.code}", "", 0.0)
        return Cell(outcome, True, frozenset(self._states), run.code not in self._littered)

    def forget(self, number: int) -> None:
        self._states.discard(number)

    def kill(self) -> None:
        self._states.clear()


def one_after_another(states: States, *codes: str) -> tuple[State, list[str]]:
    state, printed = State(), list[str]()
    for code in codes:
        outcome = states.home(state).run(Run(code), state)
        state = outcome.state or state
        printed.append(outcome.stdout.partition(" ")[2])
    return state, printed


def test_a_cell_that_leaves_what_cannot_be_removed_costs_its_state_and_not_the_run() -> None:
    """It was run again with each cell after it, cost the box each time, and so ended the solve as the machine's failure."""
    boxes = list[Box]()

    def started() -> Box:
        boxes.append(Box({"litter", "lost"}))
        return boxes[-1]

    states = States(started, 1)  # type: ignore[arg-type]
    state, printed = one_after_another(states, "one", "litter", "two")
    assert printed == ["one", "litter", "two"]
    states.home(state).run(Run("lost"), State())
    states.home(state).run(Run("three"), state)
    assert [box.ran for box in boxes] == [["one", "litter"], ["one", "two", "lost"], ["one", "two", "three"]]
    states.close()


def test_a_cell_that_is_unclean_when_it_is_rebuilt_is_left_out() -> None:
    littered = set[str]()
    states = States(lambda: Box(littered), 1)  # type: ignore[arg-type, return-value]
    state, _ = one_after_another(states, "one", "two", "three")
    littered |= {"lost", "two"}
    states.home(state).run(Run("lost"), State())
    outcome = states.home(state).run(Run("four"), state)
    assert outcome.stdout.endswith(" four")
    assert outcome.state is not None
    littered.clear()
    assert states.home(state).run(Run("five"), outcome.state).stdout.endswith(" five")
    states.close()


def test_a_judge_is_no_cell() -> None:
    with pytest.raises(ValueError, match="not both"):
        Run("1", solution="", state=State())


def test_the_tools_work_together_along_a_branch(sandbox: Lanes) -> None:
    """As a strategy uses them: what the model wrote in, what it is shown out."""
    reply = """
```write data/it's.txt
3
4
```
```python
numbers = [int(line) for line in open("data/it's.txt")]
sum(numbers)
```
```shell
tail -n 1 data/*
```
```read data/it's.txt
```
```list
```
```read nothing
```
"""
    state, seen = State(), list[str]()
    for call in toolbox.calls(reply):
        outcome = sandbox.submit(toolbox.run_of(call, state)).result()
        seen.append(toolbox.shown(call, outcome))
        state = outcome.state or state
    assert seen[0] == "wrote 4 characters to data/it's.txt"
    assert seen[1:4] == ["7", "4", "3\n4"]
    assert seen[4] == "data/\ndata/it's.txt (4 bytes)"
    assert seen[5] == "there is no file nothing\n(ended with status 1)"
    assert cell(sandbox, "numbers", state).stdout == "[3, 4]\n"
