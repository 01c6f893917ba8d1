"""A run as plain lines, one for each event of interest: for pipes, log files and dumb terminals."""

from agent.events import Closed, Event, Finished, Judged, Moved, Notice, Opened, Progressed, Ran, Started, Thought
from agent.text import amount, counted, joined, last_line, one_line
from agent.view.fold import Attempt, State

WIDTH = 200
"""Characters of the longest line."""
NOTICE_LINES = 30


def line(elapsed: float, text: str) -> str:
    """`[  3.2s] text`, cleaned and at most `WIDTH` characters."""
    stamp = f"[{elapsed:5.1f}s] "
    return stamp + one_line(text, WIDTH - len(stamp))


def said(state: State, event: Event) -> list[str]:
    """What `event` is worth to a reader, `state` being the state after it. Progress is left to `progress`."""
    match event:
        case Started():
            return _started(event)
        case Notice(text):
            return [f"note: {part}" for part in text.splitlines()[:NOTICE_LINES]]
        case Moved(kind, _, to):
            return [f"{kind} to {to}"]
        case Finished():
            return closing(state)
        case Opened() | Thought() | Ran() | Judged() | Closed():
            attempt = state.attempts.get(event.node)
            text = _of_attempt(attempt, event) if attempt else None
            return [f"{attempt.node} {attempt.strategy}: {text}"] if attempt and text else []
        case _:
            return []


def progress(event: Progressed) -> str:
    return f"{event.what}: {amount(event.done, event.total, event.unit)}"


def verdict(attempt: Attempt) -> str:
    """What became of an attempt, in one line."""
    if attempt.phase == "closed":
        return f"given up: {attempt.failure or 'no reason given'}"
    if attempt.ruling == "passed":
        return "; ".join(attempt.evidence) or "passed"
    if attempt.ruling == "unchecked":
        return f"unchecked: {attempt.answer or 'no answer'}"
    failure = last_line(attempt.failure or "no reason given")
    return f"failed: {joined((*attempt.evidence, failure), '; ')}"


def closing(state: State) -> list[str]:
    """The status with what backs it, and what it took."""
    result = state.result
    if result is None:
        return []
    backing = "; ".join(result.evidence) or result.error or ""
    return [joined((result.status, backing), ": "), effort(state)]


def effort(state: State) -> str:
    """`plan · 4 attempts, 1 switch · 618 tokens · 21.4 s`."""
    result = state.result
    if result is None:
        return ""
    turns = [counted(result.attempts, "attempt")]
    turns += [counted(result.switches, "switch")] if result.switches else []
    turns += [counted(result.backtracks, "backtrack")] if result.backtracks else []
    return joined(
        (result.strategy or "", ", ".join(turns), counted(result.tokens.generated, "token"), f"{result.seconds.total:.1f} s")
    )


def _started(event: Started) -> list[str]:
    checks = "; ".join(event.checks) or "none, so independent attempts must agree"
    return [
        f"problem: {event.problem}",
        f"model {event.model} on {event.device}, sandbox {event.sandbox}, seed {event.seed}",
        f"checks: {checks}",
    ]


def _of_attempt(attempt: Attempt, event: Opened | Thought | Ran | Judged | Closed) -> str | None:
    match event:
        case Opened():
            return event.why
        case Thought():
            cut = ", cut off" if event.finish == "length" else ""
            return f"wrote {counted(attempt.lines, 'line')}, {counted(event.generated, 'token')}{cut}"
        case Ran():
            if attempt.purpose != "explore":
                return None
            ended = f"status {event.status}" if event.status is not None else event.ended
            return f"ran its program for {event.seconds:.1f} s: {ended}; {last_line(event.output) or 'no output'}"
        case _:
            return verdict(attempt)
