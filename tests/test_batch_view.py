"""Watching a batch at a terminal: what is under way, what came out, and when it will end."""

import re

from agent.events import Event, Finished, Opened, Result, Seconds, Spent, Started, Streamed, Tokens, result_record
from agent.view.batch_view import BatchView
from tests.emulator import Pty
from tests.program import eventually
from tests.traces import TRACE


def done(name: str, strategy: str = "direct") -> Result:
    return Result(id=name, status="verified", strategy=strategy, attempts=1, tokens=Tokens(1, 1, 100), seconds=Seconds(20.0))


def under_way(attempts: int, tokens: int) -> list[Event]:
    begun = [event for _, event in TRACE if isinstance(event, Started)]
    opened = [Opened(number, 0, f"way-{number}", "why") for number in range(1, attempts + 1)]
    return [*begun, *opened, Streamed(1, "text"), Spent(Tokens(9, 9, tokens), 7.0, attempts, 30.0)]


def test_the_table_shows_what_is_solved_and_what_is_under_way_side_by_side() -> None:
    now = 100.0
    terminal = Pty(80, 24)
    with terminal as stream, BatchView("live", None, stream, clock=lambda: now) as view:
        view.expect(6, {"verified": 2})
        for name, attempts in (("rotate", 2), ("素数", 1)):
            watch = view.follow(name)
            for event in under_way(attempts, 120 * attempts):
                watch(event)
        now = 140.0
        view.advance("verified", result_record(done("sum-of-digits")))
        assert eventually(lambda: "3 of 6" in terminal.raw)
        view.follow("rotate")(Finished(done("rotate")))
        view.advance("verified", result_record(done("rotate", "plan")))
        assert eventually(lambda: "4 of 6" in terminal.raw)
    frame = terminal.raw
    assert "● rotate         solving   way-2 · 2 attempts · 7 s · 240 tokens" in plain(frame)
    assert "● 素数           solving   way-1 · 1 attempt · 7 s · 120 tokens" in plain(frame)
    assert "✓ sum-of-digits  verified  direct · 1 attempt · 20.0 s" in plain(frame)
    assert "4 of 6  about 40 s left · 5 tokens/s" in plain(frame)
    assert "✓ 4 verified" in plain(frame)
    last = plain(frame).rpartition("● 素数")[2]
    assert "● rotate" not in last
    assert terminal.shown.startswith("4 of 6 problems · 4 verified · 2 of them before · 5 tokens/s · 40 s")


def plain(raw: str) -> str:
    """Without colours and movements."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", raw)
