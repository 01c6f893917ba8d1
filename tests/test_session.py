"""At a real terminal: the interactive session, the live view, and the terminal as it was afterwards."""

from tests.program import ADD, environment, eventually, sandbox_name  # noqa: F401  (some are fixtures)
from tests.terminal import Terminal, terminal  # noqa: F401  (a fixture)

# ruff: noqa: F811

RIGHT = f"{ADD} add(2, 3) == 5"
NEVER = f"{ADD} add(2, 3) == 6"
"""No right program passes this example, so the search goes on until it is stopped."""
PROMPT = "^ponder>"
SETTINGS = "stty -a"


def test_ask_watch_ask_again_and_leave(terminal: Terminal) -> None:
    terminal.types(f"{SETTINGS} > before; ponder; echo left with $?; {SETTINGS} > after; cmp before after && echo unchanged")
    terminal.waits_for(PROMPT)
    terminal.types("/help")
    terminal.waits_for("^/help  this")
    terminal.types("/halp")
    terminal.waits_for("^note: no command /halp")
    terminal.types("   ")
    terminal.waits_for(PROMPT, times=4)

    terminal.types(RIGHT)
    shown = terminal.waits_for(PROMPT, times=5)
    assert "✓ verified  passed 1 of 1 example from the statement" in shown
    assert "    return a + b\n" in shown.rpartition("✓ verified")[2]

    terminal.types(NEVER)
    terminal.waits_for("^✗ 1 direct")
    terminal.presses("C-c")
    shown = terminal.waits_for(PROMPT, times=6)
    assert "– interrupted" in shown
    assert "def add(a, b):" in shown.rpartition("– interrupted")[2]

    terminal.types("/again")
    terminal.waits_for("^✗ 1 direct", times=2)
    terminal.presses("C-c")
    terminal.waits_for(PROMPT, times=7)

    terminal.presses("C-c")
    terminal.presses("C-d")
    shown = terminal.waits_for("^unchanged$")
    assert "\nleft with 0\n" in shown
    assert "Traceback" not in shown


def test_ctrl_c_twice_gives_the_prompt_back_and_the_next_problem_can_be_tried(terminal: Terminal) -> None:
    """The panel of the solve that was cut off stayed, and was drawn over the prompt."""
    terminal.types("ponder --check 'test -e go || sleep 30'")
    terminal.waits_for(PROMPT)
    terminal.types(ADD)
    terminal.waits_for("in the sandbox")
    terminal.presses("C-c")
    terminal.presses("C-c")
    shown = terminal.waits_for(PROMPT, times=2)
    assert "in the sandbox" not in shown
    terminal.types("/again")
    terminal.waits_for("in the sandbox")
    terminal.presses("C-c")
    terminal.waits_for("^– interrupted")
    terminal.waits_for(PROMPT, times=3)
    terminal.types("/quit")


def test_quit_leaves_at_once(terminal: Terminal) -> None:
    terminal.types("ponder; echo left with $?")
    terminal.waits_for(PROMPT)
    terminal.types("/quit")
    terminal.waits_for("^left with 0$")


def test_ctrl_c_in_the_live_view_ends_a_single_solve_and_the_terminal_is_as_before(terminal: Terminal) -> None:
    terminal.types(f"{SETTINGS} > before")
    terminal.runs("ponder", "--tokens", "20000", "--check", "false", ADD)
    terminal.waits_for("^✗ 1 direct")
    terminal.waits_for(" tokens/s ")
    terminal.presses("C-c")
    terminal.waits_for("^– interrupted")
    terminal.waits_for(r"^\$ $|^\$$")
    terminal.types(f"echo ended with $?; {SETTINGS} > after; cmp before after && echo unchanged")
    shown = terminal.waits_for("^unchanged$")
    assert "\nended with 130\n" in shown
    assert " tokens/s " not in shown
    assert "def add(a, b):\n" in shown.rpartition("– interrupted")[2]
    assert "Traceback" not in shown


def test_a_pipe_from_the_live_view_carries_the_answer_alone(terminal: Terminal) -> None:
    terminal.types(f"ponder --check true '{ADD}' | cat -A > answer; echo piped")
    shown = terminal.waits_for("^piped$")
    assert "✓ verified" in shown
    terminal.types("cat answer")
    terminal.waits_for(r"^def add\(a, b\):\$$")


def test_being_told_to_end_at_the_prompt_ends_it_and_leaves_the_terminal_as_before(terminal: Terminal) -> None:
    terminal.types(f"{SETTINGS} > before")
    terminal.types("sh -c 'echo $$ > pid; exec ponder'")
    terminal.waits_for(PROMPT)
    terminal.tells("TERM", "pid")
    terminal.waits_for(r"^ponder>.*\n\$ ?$")
    terminal.types(f"echo ended with $?; {SETTINGS} > after; cmp before after && echo unchanged")
    shown = terminal.waits_for("^unchanged$")
    assert "\nended with 130\n" in shown
    assert "Traceback" not in shown
