"""A Python interpreter that waits, forks when it is asked to, and runs a cell in the fork. Inside the box.

What is forked is a branch's state: its objects cost copy-on-write alone. The process that waits never runs the cells after its
own, so it stays as that left it. It has run foreign code, so its keeper trusts nothing that it says.
"""

import ast
import builtins
import ctypes
import json
import linecache
import os
import random
import signal
import socket
import struct
import sys
import threading
import types
import warnings
from typing import Any, NoReturn

from tools import cleaning, frames, processes, seccomp

FOLDER = "/work/state"
"""The working folder of the state whose cell runs, whichever it is: what a cell has noted as a path stays true later."""
WAITING = "/work/.state-"
"""How the names of the folders of those that wait begin."""
HELLO, DONE, FORK, STATUS = b"h", b"d", b"f", b"s"
"""The fork is there; its cell has ended, and how; to be forked, with four descriptors; how a fork has ended, by its id."""
NUMBER = struct.Struct(">i")


class Interpreter:
    """Lives in the process that runs its first cell, and in the forks of that.

    `control` is the descriptor of its end of a pair of sockets that keep messages whole.
    """

    def __init__(self, library: ctypes.CDLL, control: int) -> None:
        self._library, self._descriptor, self._cells = library, control, 0
        self._module = types.ModuleType("__main__")
        self._module.__dict__.update(__builtins__=builtins, _=None)

    def live(self) -> NoReturn:
        self._control = socket.socket(fileno=self._descriptor)
        os.chdir(FOLDER)
        sys.modules["__main__"] = self._module
        sys.argv = [""]
        sys.path.insert(0, FOLDER)
        while True:
            self._cell()
            self._wait()

    # The fork

    def _cell(self) -> None:
        seccomp.guard(self._library, os.getpid())
        self._control.send(HELLO)
        cell: dict[str, Any] = json.loads(frames.receive(0))
        processes.open_streams()
        self._cells += 1
        status = self._shell(str(cell["code"])) if cell["language"] == "shell" else self._python(str(cell["code"]))
        processes.flush_streams()
        _leave_threads()
        self._control.send(DONE + NUMBER.pack(status))

    def _python(self, source: str) -> int:
        """As a notebook does: the value of a last expression is shown, and a failure leaves what was done before it."""
        name = f"cell {self._cells}"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        names = self._module.__dict__
        try:
            body = ast.parse(source, name).body
            last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), name, "exec", dont_inherit=True), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), name, "eval", dont_inherit=True), names)
                if value is not None:
                    names["_"] = value
                    sys.stdout.write(f"{value!r}\n")
        except SystemExit as stop:
            return processes.exit_status(stop.code)
        except BaseException as error:
            processes.print_failure(error)
            return 1
        return 0

    def _shell(self, source: str) -> int:
        shell = os.fork()
        if shell == 0:
            try:
                processes.shell(source, FOLDER)
            finally:
                os._exit(127)
        return os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1])

    # The state

    def _wait(self) -> None:
        """Returns in a fork alone, which has the descriptors it was sent as its own."""
        while True:
            message, descriptors, *_ = socket.recv_fds(self._control, 64, 4)
            if not message:
                os._exit(0)
            if message[:1] == STATUS:
                self._control.send(STATUS + NUMBER.pack(ended(NUMBER.unpack(message[1:])[0])))
            elif self._forked():
                self._begin(descriptors)
                return
            for one in descriptors:
                os.close(one)

    def _forked(self) -> bool:
        drawn = random.getstate()
        cleaning.reap()
        if os.fork():
            return False
        # Every fork would draw a fresh seed; a state has the one that its cells have set.
        random.setstate(drawn)
        return True

    def _begin(self, descriptors: "list[int]") -> None:
        os.setsid()
        for position, one in enumerate(descriptors[:3]):
            os.dup2(one, position)
            os.close(one)
        self._control.close()
        self._control = socket.socket(fileno=descriptors[3])
        place = os.getcwd()
        if place.startswith(WAITING):
            place = FOLDER + place.removeprefix(WAITING).lstrip("0123456789")
        try:
            os.chdir(place)
        except OSError:
            os.chdir(FOLDER)


def _leave_threads() -> None:
    """A state has one thread: what others do is over when the keeper kills what this cell leaves behind."""
    if threading.active_count() > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if os.fork():
                while True:
                    signal.pause()


def ended(child: int) -> int:
    """The exit status of a fork that has ended."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, os.WNOHANG)[1])
    except ChildProcessError:
        return -signal.SIGKILL
