"""A run as one page for a browser: the tree, every thought, program and verdict. It loads nothing and runs no script."""

import base64
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.python import PythonLexer

from agent.events import Closed, Event, Judged, Moved, Opened, Ran, Running, Streamed, Thought
from agent.store.store import RunDetails
from agent.text import clean, counted, joined, one_line
from agent.verify.fences import PYTHON
from agent.view.fold import Attempt, State, folded
from agent.view.lines import effort
from agent.view.screen import MARKS, MOVES, STATUS_MARKS, outcome, verdict_in_brief

HERE = Path(__file__).parent
FENCE = re.compile(r"^```([\w+-]*)[^\n]*\n(.*?)(?:^```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
LARGEST_COLOURED = 50_000
"""Characters of a program that is coloured; a longer one is shown plain."""
PURPOSES = {"check": "checked", "explore": "run"}
WIDTH = 1000.0
"""Units of a lane's width, whatever the page's."""


@dataclass(frozen=True, slots=True)
class Part:
    """Prose, or a program, of what a model wrote."""

    text: str | Markup
    code: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an attempt did: a thought, a program that was run, or what that printed."""

    kind: str
    title: str
    parts: tuple[Part, ...]
    open: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """What an attempt was at for a while, on its lane."""

    kind: str
    x: float
    width: float


@dataclass(slots=True)
class Story:
    """One attempt, as it is gathered from the events."""

    opened: float
    since: float
    steps: list[Step] = field(default_factory=list[Step])
    spans: list[tuple[str, float, float]] = field(default_factory=list[tuple[str, float, float]])
    said: str = ""
    """What the model has written of a thought that is not over."""
    wrote: str = ""
    moves: list[str] = field(default_factory=list[str])
    ended: float | None = None

    def spend(self, kind: str, until: float) -> None:
        self.spans.append((kind, self.since, until))
        self.since = until

    def pause(self, title: str) -> None:
        """A thought is over, whether the model said so or was cut off."""
        if self.said.strip():
            self.steps.append(Step("thought", title, tuple(_parts(self.said))))
            self.wrote += self.said
        self.said = ""


def page(details: RunDetails, events: Sequence[tuple[float, Event]]) -> str:
    """The whole page. Foreign text stands in it as text: escaped, its control characters made visible."""
    state = folded(event for _, event in events)
    style = (HERE / "page.css").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string((HERE / "page.html").read_text(encoding="utf-8"))
    total = max((at for at, _ in events), default=0.0)
    stories = _stories(events)
    return template.render(
        style=Markup(style),
        style_hash=f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}",
        title=f"{one_line(details.summary.problem, 60)} · ponder",
        run=details.summary,
        started=f"{datetime.fromtimestamp(details.summary.started):%Y-%m-%d %H:%M}",
        problem=_whole(details.summary.problem.strip()),
        status=_status(state),
        facts=_facts(details, state),
        notices=[_whole(notice) for notice in state.notices],
        answer=_answer(state),
        stories=[_told(stories[one.node], one, depth, state, total) for depth, one in state.walk() if one.node in stories],
        duration=f"{total:.1f} s",
        how=_how(details),
    )


def _stories(events: Iterable[tuple[float, Event]]) -> dict[int, Story]:
    """What each attempt did, by its number."""
    stories: dict[int, Story] = {}
    moves: dict[int, list[str]] = {}
    for at, event in events:
        match event:
            case Moved(kind, node, to):
                moves.setdefault(node, []).append(f"{MOVES[kind]} {kind} to {one_line(to)}")
            case Opened(node):
                stories[node] = Story(at, at, moves=moves.pop(node, []))
            case Streamed() | Thought() | Running() | Ran() | Judged() | Closed():
                if story := stories.get(event.node):
                    _tell(story, at, event)
            case _:
                pass
    return stories


def _tell(story: Story, at: float, event: Streamed | Thought | Running | Ran | Judged | Closed) -> None:
    match event:
        case Streamed(_, text):
            story.said += text
        case Thought(_, finish, generated):
            story.spend("thinks", at)
            story.pause(f"wrote {counted(generated, 'token')}" + ("" if finish == "stop" else f", then: {one_line(finish)}"))
        case Running(_, purpose, code):
            story.pause("wrote")
            story.since = at
            seen = code.strip() in story.wrote
            title = f"program {PURPOSES[purpose]}" + (" (as above)" if seen else "")
            story.steps.append(Step("program", title, (Part(_coloured(code), True),), open=not seen))
        case Ran(_, ended, status, output, seconds):
            story.spend("runs", at)
            how = f"exit {status}" if ended == "exit" else one_line(ended)
            title = joined((f"{how} after {seconds:.2f} s", "" if output.strip() else "no output"), ", ")
            if output.strip():
                story.steps.append(Step("output", f"printed ({title})", (Part(_whole(output.rstrip()), True),)))
        case Judged() | Closed():
            story.pause("wrote, and was cut off")
            story.ended = at


def _told(story: Story, attempt: Attempt, depth: int, state: State, total: float) -> dict[str, object]:
    """What the template shows of an attempt."""
    kind = outcome(attempt)
    words = {"failed": f"failed, {attempt.score:.0%} of the checks passed" if attempt.score > 0 else "failed"}
    words |= {"closed": "given up", "unchecked": "nothing to check it with"}
    backing = joined((*attempt.evidence, attempt.failure or ""), "\n")
    if not backing and attempt.answer and "\n" not in attempt.answer:
        backing = f"answer: {attempt.answer}"
    ended = total if story.ended is None else story.ended
    scale = WIDTH / total if total else 0.0
    spans = [Span(kind, round(a * scale, 1), max(2.0, round((b - a) * scale, 1))) for kind, a, b in story.spans]
    tokens = counted(attempt.generated, "token") if attempt.generated else ""
    return {
        "node": attempt.node,
        "strategy": one_line(attempt.strategy),
        "why": one_line(attempt.why),
        "depth": min(depth, 8),
        "kind": kind,
        "mark": MARKS[kind],
        "word": words.get(kind, kind),
        "best": attempt is state.best,
        "brief": one_line(verdict_in_brief(attempt), 160),
        "verdict": _whole(backing),
        "took": joined((tokens, f"{ended - story.opened:.1f} s")),
        "steps": story.steps,
        "spans": spans,
        "moves": story.moves,
    }


def _status(state: State) -> dict[str, str]:
    result = state.result
    if result is None:
        return {"kind": "closed", "word": "cut off", "backing": "the run never came to its end"}
    kind = "agreed" if result.status == "agreed" else STATUS_MARKS[result.status][0]
    return {
        "kind": kind,
        "word": result.status,
        "backing": _whole("; ".join((*result.evidence, result.error or "")).strip("; ")),
    }


def _facts(details: RunDetails, state: State) -> Iterator[tuple[str, str]]:
    started = state.started
    yield "model", one_line(details.summary.model or "")
    if started:
        yield "on", one_line(started.device)
        yield "sandbox", one_line(started.sandbox)
        yield "seed", str(started.seed)
    if state.result:
        yield "took", one_line(effort(state))


def _how(details: RunDetails) -> Iterator[tuple[str, str]]:
    """Checks aside, all that would be needed to run it again."""
    for name, value in details.settings.items():
        if value is not None:
            yield name, one_line(str(value))
    for name, value in details.versions.items():
        yield name, one_line(value)


def _answer(state: State) -> Part | None:
    result = state.result
    if result is None or not (result.answer or "").strip():
        return None
    is_code = result.answer == result.code
    return Part(_coloured(result.code) if is_code and result.code else _whole((result.answer or "").strip()), is_code)


def _parts(said: str) -> Iterator[Part]:
    """Prose and fenced programs of a reply, in order; the fence of a reply that was cut off ends with it."""
    end = 0
    for fence in FENCE.finditer(said):
        if prose := said[end : fence.start()].strip():
            yield Part(_whole(prose), False)
        language, code = fence.groups()
        yield Part(_coloured(code) if language.lower() in ("", *PYTHON) else _whole(code.rstrip()), True)
        end = fence.end()
    if prose := said[end:].strip():
        yield Part(_whole(prose), False)


def _coloured(code: str) -> Markup | str:
    """A Python program, its words in spans; escaped by Pygments."""
    code = _whole(code.strip("\n"))
    if len(code) > LARGEST_COLOURED:
        return code
    return Markup(highlight(code, PythonLexer(stripnl=False), HtmlFormatter[str](nowrap=True)).rstrip("\n"))


def _whole(text: str) -> str:
    """Foreign text, safe to show and nothing of it left out."""
    return clean(text, sys.maxsize)
