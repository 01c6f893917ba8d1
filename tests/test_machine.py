"""What a machine holds at once."""

import os
import signal
from collections.abc import Iterator

import pytest
from llama_cpp import llama_cpp as native

from agent.config import Settings
from agent.engine.cache import KEPT
from agent.engine.request import BRANCHES
from agent.errors import UsageError
from agent.machine import Interrupt, require_branches


def test_as_many_branches_as_llama_cpp_has_sequences_for() -> None:
    assert native.llama_max_parallel_sequences() == BRANCHES + KEPT


def test_more_branches_than_the_engine_can_decode_are_refused_by_the_flags_that_ask_for_them() -> None:
    """llama.cpp said that it had no context, and a smaller one was advised, which is no mend."""
    require_branches(Settings(width=60), 4)
    with pytest.raises(UsageError, match=r"--parallel 4 times --width 61 are 244 branches at once; llama.cpp takes 240"):
        require_branches(Settings(width=61), 4)


@pytest.fixture
def foreground() -> Iterator[None]:
    """As where Ctrl-C reaches the program: behind `nohup` or `&` these signals are ignored."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("foreground")
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_being_told_to_end_twice_is_being_told_once(number: signal.Signals) -> None:
    """Kernel and shell both tell of a closed terminal, and `timeout` tells twice; the best answer was lost."""
    interrupt, heard = Interrupt(), list[int]()
    before = signal.signal(number, lambda number, _frame: heard.append(number))
    try:
        with interrupt.heeded():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            assert interrupt.flag.is_set()
            assert interrupt.told_to_end
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), number)
        assert heard == []
    finally:
        signal.signal(number, before)


@pytest.mark.usefixtures("foreground")
def test_two_ctrl_c_are_one_more_than_the_flag() -> None:
    interrupt = Interrupt()
    with interrupt.heeded():
        os.kill(os.getpid(), signal.SIGINT)
        assert not interrupt.told_to_end
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
