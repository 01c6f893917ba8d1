"""What a reader of standard error sees of a solve: on terminals of several sizes, in a pipe, and with hostile text."""

import io
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len

from agent.events import (
    Event,
    Finished,
    Judged,
    Moved,
    Notice,
    Opened,
    Progressed,
    Result,
    Spent,
    Streamed,
    Thought,
    Tokens,
    result_record,
)
from agent.store.store import RunSummary
from agent.text import LINE_LIMIT, clean
from agent.view.batch_view import BatchView
from agent.view.fold import State, fold
from agent.view.screen import Screen
from agent.view.tables import show_finding, show_runs, show_table
from agent.view.view import LiveView, View, open_view, record_svg, replay
from tests.emulator import Pty
from tests.traces import BEGINNING, ENDING, RESULT, SEARCH, TRACE

GOLDEN = Path(__file__).parent / "golden"
SIZES = [(60, 20), (80, 24), (120, 40), (200, 50)]
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ANYTHING = some.text(some.characters(exclude_categories=()))


@pytest.fixture(autouse=True)
def _ordinary_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "PYTHONUNBUFFERED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def agrees(name: str, text: str) -> None:
    """Compares with a golden file. `PONDER_UPDATE_GOLDEN=1` writes it anew; then look at the difference before committing."""
    path = GOLDEN / name
    if os.environ.get("PONDER_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def live(events: Iterable[tuple[float, Event]], size: tuple[int, int], *, still: bool = True) -> Pty:
    """Plays events on a live terminal; `still`: the run is looked at as it stands, before the view is left."""
    terminal = Pty(*size)
    with terminal as stream:
        view = open_view("auto", stream)
        if still:
            for at, event in events:
                view.at(at)
                view(event)
            assert isinstance(view, LiveView)
            view.draw()
        else:
            with view:
                replay(events, view)
    return terminal


def plain(events: Iterable[tuple[float, Event]], stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    with open_view("auto", stream) as view:
        replay(events, view)
    return stream.getvalue()


# The sanitiser


@given(ANYTHING)
def test_cleaned_text_cannot_steer_a_terminal(text: str) -> None:
    assert not FORBIDDEN.search(clean(text))


def test_every_single_character_is_safe() -> None:
    """All of Unicode, so that no range of the pattern can be off by one."""
    assert not FORBIDDEN.search(clean("".join(map(chr, range(0x110000))), sys.maxsize))


@given(ANYTHING)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_controls_stay_visible_and_newlines_stay() -> None:
    assert clean("a\tb\r\n\x1b[31m\x9b\u202e\udc80\x7f") == "a\tb\n\\x1b[31m\\x9b\\u202e\\udc80\\x7f"


def test_a_line_without_end_is_cut_with_a_notice() -> None:
    first, second = clean("x" * 100_000 + "\nshort").split("\n")
    assert second == "short"
    assert first.startswith("x" * LINE_LIMIT + "…")
    assert first.endswith("(98,000 more characters)")


# The live view


@pytest.mark.parametrize("size", SIZES)
def test_the_search_on_a_live_terminal(size: tuple[int, int]) -> None:
    agrees(f"search-{size[0]}.txt", live(SEARCH, size).shown)


@pytest.mark.parametrize("size", SIZES)
def test_what_remains_after_the_run(size: tuple[int, int]) -> None:
    agrees(f"finished-{size[0]}.txt", live(BEGINNING + TRACE, size, still=False).shown)


def test_long_work_is_a_bar() -> None:
    agrees("loading-60.txt", live(BEGINNING[:2], (60, 20)).shown)


def test_the_pinned_panel_leaves_nothing_in_the_scrollback() -> None:
    """Every block, and every line of the panel at its last state, stands there once however often it was redrawn."""
    shown = live(TRACE, (80, 24), still=False).shown
    for once in ("1 direct", "3 repair", "switch to plan", "given up: another attempt", "✓ verified"):
        assert shown.count(once) == 1, once
    assert "tokens/s" not in shown


@pytest.mark.parametrize("size", [(20, 4), (40, 8), *SIZES])
def test_the_panel_is_never_taller_than_the_terminal(size: tuple[int, int]) -> None:
    """Otherwise the top of each frame would be scrolled away and stay as garbage."""
    many = [(9.0, Opened(node, node - 1, f"way-{node}", "deeper")) for node in range(5, 60)]
    speaking = [(9.5, Streamed(node, "line\n" * 200)) for node in range(5, 60)]
    before, after = live(SEARCH, size).emulator, live(SEARCH + many + speaking, size).emulator
    assert len(after.history) <= len(before.history) + size[1]
    assert "way-59" in after.text or size[1] < 8
    assert all(cell_len(line) < size[0] or size[0] < 60 for line in "".join(after.text).split("\n")[-size[1] :])


@pytest.mark.parametrize("columns", range(1, 12))
def test_no_width_is_too_small_to_think_in(columns: int) -> None:
    """At five columns the view's fault once ended the solve."""
    assert live(SEARCH, (columns, 24)).shown


def test_each_reply_of_an_attempt_is_told_with_its_own_lines() -> None:
    attempt = [Opened(1, 0, "explore", "another way")]
    replies = [Streamed(1, "one\ntwo\nthree"), Thought(1, "stop", 9), Streamed(1, "four"), Thought(1, "stop", 2)]
    said = plain([SEARCH[0], *((1.0, event) for event in attempt + replies)])
    assert re.findall(r"wrote .*", said) == ["wrote 3 lines, 9 tokens", "wrote 1 line, 2 tokens"]


@pytest.mark.parametrize("size", SIZES)
def test_a_budget_that_has_grown_is_shown_as_it_is(size: tuple[int, int]) -> None:
    shown = live([*SEARCH, (90.0, Spent(Tokens(412, 1236, 15_000), 90.0, 4, 31.2, 1200.0, 40_960, 24))], size).shown
    shown = shown.replace("/", " of ")
    assert "90 of 1200 s" in shown
    assert "15,000 of 40,960 tokens" in shown
    assert "4 of 24 attempts" in shown


def test_the_terminal_is_left_as_it_was() -> None:
    """Between frames, and so after any kill, the cursor is shown, lines wrap and no update is held back."""
    modes = live(SEARCH, (80, 24)).emulator.modes
    assert modes == {"25": True, "7": True, "2026": False}


def test_the_panel_goes_when_the_solve_dies() -> None:
    def dying() -> Iterable[tuple[float, Event]]:
        yield from SEARCH
        raise RuntimeError("the engine")

    terminal = Pty(80, 24)
    with pytest.raises(RuntimeError, match="the engine"), terminal as stream, open_view("live", stream) as view:
        replay(dying(), view)
    assert "tokens/s" not in terminal.shown
    assert "1 direct" in terminal.shown


HOSTILE = [
    "[/b] [bold]x[/] [/nope]",
    "\x1b[2J\x1b]0;title\x07\x1bc\x9b31m",
    "a\u0301" * 500,
    "👩\u200d👩\u200d👧 日本語 " * 50,
    "\u202eevil\u2066",
    "x" * 100_000,
    "\udc80\ud800 \x00",
    "\r\r\rover\x08\x08",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("size", [(60, 20), (200, 50)])
def test_hostile_text_is_only_text(text: str, size: tuple[int, int]) -> None:
    """The emulator refuses every control character and every sequence that is not the view's own."""
    events: list[Event] = [
        Notice(text),
        Opened(1, 0, text, text),
        Streamed(1, text),
        Thought(1, text, 3),
        Judged(1, "failed", 0.3, (text,), text, f"{text}\n{text}"),
        Moved("switch", 2, text),
        Opened(2, 1, "direct", text),
        Streamed(2, text),
        Progressed(text, 3, 10),
    ]
    end = Finished(Result(status="unverified", evidence=(text,), strategy=text))
    seen = live([(0.0, SEARCH[0][1]), *((1.0, event) for event in events)], size).shown
    assert len(seen.splitlines()) < 200
    live([(0.0, SEARCH[0][1]), *((1.0, event) for event in (*events, end))], size, still=False)
    assert not FORBIDDEN.search(plain([(0.0, event) for event in (*events, end)]).replace("\n", ""))


@given(some.lists(some.sampled_from([event for _, event in TRACE + BEGINNING]), max_size=40))
def test_a_damaged_trace_still_folds(events: list[Event]) -> None:
    """In any order, with anything missing, and whatever came before: old traces must not break a newer ponder."""
    state = State()
    for event in events:
        state = fold(state, event)
    assert len(state.walk()) == len(state.attempts)


def test_replay_ends_in_the_same_state() -> None:
    first, second = View(), View()
    for _, event in TRACE:
        first(event)
    replay(TRACE, second, math.inf)
    assert first.state == second.state
    assert first.state.result == RESULT


# Plain lines, and nothing


def test_plain_lines() -> None:
    agrees("plain.txt", plain(BEGINNING + TRACE))


def test_a_notice_keeps_its_lines() -> None:
    help_text = "Write a problem.\n/help  lists the commands"
    assert "note: Write a problem.\n/help  lists the commands\n" in live([(0.0, Notice(help_text))], (80, 24)).shown
    assert [line[9:] for line in plain([(0.0, Notice(help_text))]).splitlines()] == [
        "note: Write a problem.",
        "note: /help lists the commands",
    ]


def test_no_plain_line_is_longer_than_200_characters() -> None:
    shown = plain([(0.0, Notice("word " * 1000)), (1.0, Notice("x" * 100_000))])
    assert max(len(line) for line in shown.splitlines()) == 200


@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_a_terminal_without_a_cursor_gets_plain_lines(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    terminal = Pty(80, 24)
    with terminal as stream, open_view("auto", stream) as view:
        replay(TRACE, view)
    assert "\x1b" not in terminal.raw
    assert terminal.raw.startswith("[  0.0s] problem: Write a Python function")


def test_no_color_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.search(r"\x1b\[[0-9;]*3[1-6]", live(TRACE, (80, 24)).raw)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[([0-9]+;)*(3|4|9|10)[0-7](;|m)", live(TRACE, (80, 24)).raw)


def test_quiet_says_nothing() -> None:
    stream = io.StringIO()
    with open_view("quiet", stream) as view:
        replay(TRACE, view)
    assert stream.getvalue() == ""


def test_a_closed_pipe_ends_nothing() -> None:
    """Standard error may be `2>&1 | head`: the solve goes on, and the interpreter's own flush at exit is quiet, too."""
    program = """
import tests.traces as t
from agent.view import view
with view.open_view('plain') as v: view.replay(t.TRACE * 200, v)
"""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-c", program], stderr=writing, check=False)
    os.close(writing)
    assert done.returncode == 0


def test_a_closed_pipe_ends_no_listing() -> None:
    """`ponder runs | true`: what standard output still holds must not fail when the interpreter flushes it at exit."""
    program = "import sys, agent.view.tables as t\nt.show_finding('ok', 'name', 'word', sys.stdout)"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-c", program], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


# Batches, tables, pictures


def records() -> list[tuple[str, dict[str, object]]]:
    failed = Result(id="HE/2", status="failed", attempts=16, seconds=RESULT.seconds)
    error = Result(id=None, status="error", error="line 7: not JSON")
    return [(one.status, {**result_record(one), "id": one.id or "HE/1"}) for one in (RESULT, failed, error)]


def test_a_batch_in_a_pipe_is_a_line_for_each_record() -> None:
    stream = io.StringIO()
    with BatchView("auto", 4, stream) as view:
        view.advance("agreed")
        for status, record in records():
            view.advance(status, record)
    lines = [re.sub(r"^\[ *[0-9.]+s\] ", "", line) for line in stream.getvalue().splitlines()]
    assert lines[0] == "2 of 4 ✓ HE/1 verified repair · 4 attempts · 21.4 s"
    assert lines[2] == "4 of 4 ✗ HE/1 error line 7: not JSON"
    assert lines[3].startswith("4 of 4 problems · 1 verified, 1 agreed, 1 failed, 1 error · 1 of them before")


def test_a_batch_at_a_terminal_is_a_bar_that_goes() -> None:
    terminal = Pty(80, 24)
    with terminal as stream:
        with BatchView("auto", 10, stream) as view:
            for status, record in records():
                view.advance(status, record)
            view(Notice("no Docker engine answers"))
        assert stream.isatty()
    assert "━" not in terminal.shown
    assert terminal.shown.startswith("note: no Docker engine answers\n3 of 10 problems · 1 verified, 1 failed, 1 error")


def test_tables_fit_a_pipe_whole() -> None:
    stream = io.StringIO()
    show_table("models", ("name", "says"), [("smol", "[b]x[/nope] " + "word " * 60)], stream)
    show_finding("ok", "sandbox", "docker answers", stream)
    show_finding("fail", "gpu", "none\x1b[0m", stream)
    show_runs([], stream)
    text = stream.getvalue()
    assert "[b]x[/nope]" in text
    assert text.count("word") == 60
    assert "✓ sandbox docker answers\n✗ gpu none\\x1b[0m\n" in text


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_a_narrow_terminal_shows_the_names_of_runs_whole(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """`replay` needs them, and they were broken over lines."""
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = io.StringIO()
    problem = "Write a Python function that merges overlapping intervals."
    named = [f"20261123-15120{number}-a1b2c3d4e5" for number in range(3)]
    models = ("qwen2.5-coder-1.5b-instruct-q4_k_m", None, "smollm2")
    show_runs(
        [RunSummary(run, 0.0, problem, "unverified", 12.3, model, 40) for run, model in zip(named, models, strict=True)], stream
    )
    head, *lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= columns
    assert [line.split()[0] for line in lines if line.startswith("2026")] == named
    assert sum("unverified" in line for line in lines) == 3
    assert head.split()[:2] == ["run", "started" if columns >= 100 else "status"]
    assert ("model" in head) == (columns == 200)


@pytest.mark.parametrize("width", [20, 30])
def test_a_line_of_the_tree_is_cut_at_the_width(width: int) -> None:
    state = State()
    for _, event in SEARCH:
        state = fold(state, event)
    lines = Screen().tree(state, width, 99)
    assert max(line.cell_len for line in lines) <= width
    assert any(line.plain.endswith("…") for line in lines)


def test_the_picture_of_a_run_loads_nothing() -> None:
    picture = record_svg([event for _, event in SEARCH + ENDING], 90)
    assert "verified" in picture
    assert "nth_prime" in picture
    assert not re.search(r"(?:url\(|href=)[\"']?http", picture)
