"""What a run looks like: state in, Rich renderables out. Foreign text only ever becomes `Text`, never markup."""

import re
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from itertools import zip_longest
from typing import TextIO

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from agent.events import Closed, Event, Finished, Judged, Moved, Notice, Progressed, Started
from agent.text import amount, clean, counted, joined, last_line, one_line
from agent.view.fold import Attempt, State
from agent.view.lines import NOTICE_LINES, effort

CODE_LINES = 16
"""Lines of a program that a block in the scrollback shows."""
PROSE_LINES = 6
ACCOUNT_LINES = 400
"""Lines of a model's text that the account of one attempt shows."""
PANE = 38
"""Columns that a branch's streaming text needs to stand beside another."""
WIDEST = 116
"""Columns of the panel. A terminal that becomes narrower folds each longer line, and pushes what then finds no room into the
scrollback, where nothing can take it back. With these bounds a panel drawn at any width still fits 20 rows of 60 columns."""
GLANCE = 60
"""Columns of the panel's lines that need not be wider."""
FOLDING = 12
"""Rows of tree and panes together, each line of the panes folded once."""


MARKS = {"passed": "✓", "failed": "✗", "unchecked": "○", "closed": "–", "thinking": "●", "running": "▸"}
MOVES = {"switch": "↪", "backtrack": "↩"}
BEST = "★"
DOT = " · "
STYLES = {
    "passed": "green",
    "failed": "red",
    "unchecked": "yellow",
    "closed": "dim",
    "thinking": "cyan",
    "running": "magenta",
}
STATUS_MARKS = {
    "verified": ("passed", "bold green"),
    "agreed": ("passed", "bold cyan"),
    "right": ("passed", "bold green"),
    "unverified": ("unchecked", "bold yellow"),
    "failed": ("failed", "bold red"),
    "wrong": ("failed", "bold red"),
    "interrupted": ("closed", "bold yellow"),
    "error": ("failed", "bold red"),
}


Lines = Callable[["Screen", int], list[Text]]
"""What a screen renders at a width."""


class Screen:
    """Renders for one stream: its colours, its characters, its width."""

    def __init__(self, stream: TextIO | None = None, *, console: Console | None = None) -> None:
        self.console = console or Console(file=stream or StringIO(), force_terminal=True, legacy_windows=False)

    def drawn(self, lines: Iterable[Text], width: int) -> str:
        """Whole lines with their colours as escape sequences; longer ones are folded at `width` cells."""
        self.console.width = width
        with self.console.capture() as capture:
            for line in lines:
                self.console.print(line, highlight=False, emoji=False)
        return capture.get()

    def pinned(self, lines: Iterable[Text], width: int) -> list[tuple[str, int]]:
        """Lines cut at `width` cells, each with what it takes."""
        cut = [line.copy() for line in lines]
        for line in cut:
            line.rstrip()
            line.truncate(width, overflow="ellipsis")
        drawn = self.drawn(cut, width + 1).split("\n")[: len(cut)]
        return [(text, line.cell_len) for text, line in zip(drawn, cut, strict=True)]

    def said(self, state: State, event: Event, width: int) -> list[Text]:
        """What `event` leaves in the scrollback, `state` being the state after it."""
        match event:
            case Started():
                return self.heading(event, width)
            case Notice(text):
                return self.notice(text, width)
            case Moved():
                return self.move(event)
            case Judged() | Closed():
                attempt = state.attempts.get(event.node)
                return self.block(attempt, width) if attempt else []
            case Finished():
                return self.closing(state, width)
            case _:
                return []

    # -- scrollback ---------------------------------------------------------------------------------------------

    def heading(self, event: Started, width: int) -> list[Text]:
        """Above everything: the problem, and what it is solved with."""
        about = joined((f"{event.model} on {event.device}", event.sandbox, f"seed {event.seed}"), DOT)
        checks = f"checked by {joined(event.checks, '; ')}" if event.checks else "nothing to check with: attempts must agree"
        problem = bounded(self._folded(Text(clean(event.problem.strip()), "bold"), width), PROSE_LINES)
        return [*problem, Text(one_line(about), "dim"), Text(one_line(checks), "dim")]

    def notice(self, text: str, width: int) -> list[Text]:
        return bounded(self._folded(Text.assemble(("note: ", "yellow"), clean(text.strip())), width), NOTICE_LINES)

    def move(self, event: Moved) -> list[Text]:
        return [Text(), Text(f"{MOVES[event.kind]} {event.kind} to {one_line(event.to)}", "blue")]

    def block(self, attempt: Attempt, width: int) -> list[Text]:
        """A finished attempt: strategy, why, what was tried, what became of it. One that was given up takes a line."""
        head = _head(attempt, one_line(attempt.why))
        if outcome(attempt) == "closed":
            return self._folded(Text.assemble(head, (f"{DOT}given up: {one_line(attempt.failure or '')}", "dim")), width)
        return [Text(), head, *self._tried(attempt, width - 4), *self._verdict(attempt, width - 2)]

    def closing(self, state: State, width: int) -> list[Text]:
        """The end: the status in words, what backs it, what it took."""
        result = state.result
        if result is None:
            return []
        kind, style = STATUS_MARKS[result.status]
        backing = one_line(joined((*result.evidence, result.error or ""), "; "), 2_000)
        head = Text.assemble((f"{MARKS[kind]} {result.status}", style), f"  {backing}" if backing else "")
        return [Text(), *self._folded(head, width), Text("  " + one_line(effort(state)), "dim")]

    def _tried(self, attempt: Attempt, width: int) -> list[Text]:
        """The program, else the last lines of what the model wrote."""
        program = attempt.program or (attempt.answer if "\n" in (attempt.answer or "") else None)
        if program:
            lines = bounded(self._folded(highlighted(program), width), CODE_LINES)
        else:
            said = self._folded(Text(clean(attempt.text.strip()), "dim"), width)
            lines = said[-PROSE_LINES:]
        rule = ("  │ ", "dim")
        return [Text.assemble(rule, line) for line in lines if line.plain or len(lines) > 1]

    def _verdict(self, attempt: Attempt, width: int) -> list[Text]:
        kind = outcome(attempt)
        words = {
            "passed": joined(attempt.evidence, "; ") or "passed",
            "unchecked": f"answer {one_line(attempt.answer or 'none', 200)}, not checked yet",
            "failed": joined(attempt.evidence, "; ") or ("" if attempt.failure else "failed"),
        }.get(kind, kind)
        lines = [Text(one_line(words, 2_000), STYLES[kind])] if words else []
        if kind == "failed" and attempt.failure:
            lines += self._folded(Text(clean(attempt.failure.strip()), STYLES[kind]), width)[-PROSE_LINES:]
        return [Text.assemble("  ", line) for line in lines]

    def _folded(self, text: Text, width: int) -> list[Text]:
        text.expand_tabs(4)
        return [line for part in text.split("\n", allow_blank=True) for line in part.wrap(self.console, max(8, width))]

    def account(self, attempt: Attempt, width: int) -> list[Text]:
        """All that is known of an attempt: why it was opened, what the model wrote, what it ran, what came of it."""
        from_where = f"attempt {attempt.parent}" if attempt.parent else "the problem itself"
        head = _head(attempt, f"from {from_where}", one_line(attempt.why))
        rule = ("  │ ", "dim")
        wrote = [Text.assemble(rule, line) for line in self._folded(Text(clean(attempt.text.strip())), width - 4)]
        given_up = self._folded(Text(f"  given up: {one_line(attempt.failure or '', 2_000)}"), width)
        came_of_it = {"closed": given_up, "judged": self._verdict(attempt, width - 2)}
        under_way = [Text("  is under way")]
        return [*self._folded(head, width), *bounded(wrote, ACCOUNT_LINES), *came_of_it.get(attempt.phase, under_way)]

    def prose(self, text: str, width: int) -> list[Text]:
        return self._folded(Text(text), width)

    def pairs(self, rows: Sequence[tuple[str, str]], width: int) -> list[Text]:
        """Two columns, the second folded within itself."""
        column = max(cell_len(first) for first, _ in rows) + 2
        lines = list[Text]()
        for first, second in rows:
            folded = self._folded(Text(second), width - column)
            beside = zip_longest([first], folded, fillvalue="")
            lines += [Text.assemble((name.ljust(column), "bold"), line) for name, line in beside]
        return lines

    # -- the panel ----------------------------------------------------------------------------------------------

    def panel(self, state: State, width: int, height: int, elapsed: float) -> list[Text]:
        """At most `height` lines: what is under way, the tree, the branches' text, the budget."""
        width = min(width, WIDEST)
        footer = self._progress(state, min(width, GLANCE))
        if state.started and state.result is None:
            footer += self._budget(state, width, elapsed)
        footer = footer[-height:]
        if state.result is not None or not state.attempts:
            return footer
        room, live = height - len(footer) - 1, state.live
        panes_room = min(6, room // 2) if live and room >= 5 else 0
        tree = self.tree(state, min(width, GLANCE), room - panes_room)
        panes = self._panes(live, width, min(6, room - len(tree), (FOLDING - len(tree)) // 2) if panes_room else 0)
        return [Text(), *tree, *panes, *footer][-height:]

    def tree(self, state: State, width: int, rows: int) -> list[Text]:
        """A cut line for each attempt; where there are more than `rows`, the best, the live and the latest are kept."""
        order, best = state.walk(), state.best
        hidden = 0
        if len(order) > rows:
            rank = sorted(order, key=lambda entry: (entry[1] is best, entry[1].live, entry[1].node), reverse=True)
            kept = {attempt.node for _, attempt in rank[: max(0, rows - 1)]}
            hidden = len(order) - len(kept)
            order = [entry for entry in order if entry[1].node in kept]
        names = [self._name(depth, attempt, width) for depth, attempt in order]
        column = min(max((cell_len(name) for name in names), default=0), width // 3)
        lines = [self._row(attempt, name, column, attempt is best) for (_, attempt), name in zip(order, names, strict=True)]
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return [Text(f"… {counted(hidden, 'other attempt')}", "dim"), *lines][hidden == 0 :][: max(0, rows)]

    def _name(self, depth: int, attempt: Attempt, width: int) -> str:
        indent = "  " * min(depth - 1, max(0, width // 3 - 14) // 2) + "└ " if depth else ""
        return f"{indent}{attempt.node} {one_line(attempt.strategy, 30)}"

    def _row(self, attempt: Attempt, name: str, column: int, best: bool) -> Text:
        kind = outcome(attempt)
        told = attempt.why if attempt.live else verdict_in_brief(attempt)
        faded = "dim" if kind in ("failed", "closed") and not best else ""
        label = Text(name, "bold" if best or attempt.live else faded)
        label.truncate(column, pad=True)
        word = {"failed": f"{attempt.score:.0%}" if attempt.score > 0 else "failed", "closed": "given up"}.get(kind, kind)
        return Text.assemble(
            (f"{MARKS[kind]} ", STYLES[kind]),
            label,
            (f"  {word:<9}", f"{faded} {STYLES[kind]}"),
            (f" {BEST if best else ' '} ", "bold yellow"),
            (one_line(told, 200), "dim"),
        )

    def _panes(self, live: Sequence[Attempt], width: int, rows: int) -> list[Text]:
        """The ends of the branches' texts, side by side as far as there is room."""
        if rows < 2 or not live:
            return []
        speaking_first = sorted(live, key=lambda attempt: (attempt.finish is not None, attempt.node))
        shown = sorted(speaking_first[: max(1, width // PANE)], key=lambda attempt: attempt.node)
        each = width // len(shown) - 2
        columns = [self._pane(attempt, each, rows) for attempt in shown]
        return [Text("  ").join(cells) for cells in zip(*columns, strict=True)]

    def _pane(self, attempt: Attempt, width: int, rows: int) -> list[Text]:
        kind = outcome(attempt)
        title = Text.assemble((f"{MARKS[kind]} ", STYLES[kind]), (f"{attempt.node} {one_line(attempt.strategy)}", "bold"))
        if kind == "running":
            title.append("  in the sandbox", "dim")
        text = "\n".join(clean(attempt.text[-8 * rows * width :]).expandtabs(4).rstrip().split("\n")[-rows:])
        chopped = [piece for line in text.split("\n") for piece in (chop_cells(line, max(1, width - 2)) or [""])][1 - rows :]
        chopped += [""] * (rows - 1 - len(chopped))
        lines = [title, *(Text.assemble(("│ ", STYLES[kind]), piece) for piece in chopped)]
        for line in lines:
            line.truncate(width, pad=True)
        return lines

    def _progress(self, state: State, width: int) -> list[Text]:
        return [self._bar_line(event, width) for event in state.progress.values()]

    def _bar_line(self, event: Progressed, width: int) -> Text:
        what = Text(one_line(event.what, max(8, width // 2)))
        told = amount(event.done, event.total, event.unit)
        room = width - what.cell_len - len(told) - 4
        parts = [what, self.bar(event.done, event.total, min(40, room))] if room >= 6 and event.total else [what]
        return Text("  ").join([*parts, Text(told, "dim")])

    def bar(self, done: float, total: float, width: int) -> Text:
        share = min(1.0, max(0.0, done / total)) if total > 0 else 0.0
        full = int(share * width)
        return Text.assemble(("━" * full, "cyan"), ("─" * (width - full), "bright_black"))

    def _budget(self, state: State, width: int, elapsed: float) -> list[Text]:
        started, spent = state.started, state.spent
        if started is None:
            return []
        most_seconds = spent.budget_seconds or started.budget_seconds
        most_tokens = spent.budget_tokens or started.budget_tokens
        seconds = f"{elapsed:.0f} of {most_seconds:.0f} s"
        tokens = f"{spent.tokens.generated:,} of {most_tokens:,} tokens"
        rate = f"{spent.tokens_per_second:.0f} tokens/s"
        tries = f"{len(state.attempts)} of {spent.budget_attempts or started.budget_attempts} attempts"
        if width < 70:
            line = Text(joined((seconds, tokens, rate.replace("tokens", "t"), tries), DOT).replace(" of ", "/"))
        elif width < 96:
            line = Text(joined((seconds, tokens, rate, tries), DOT))
        else:
            gauges = (
                self.bar(elapsed, most_seconds, 10),
                f" {seconds}   ",
                self.bar(spent.tokens.generated, most_tokens, 10),
                f" {tokens}   {rate}   {tries}",
            )
            line = Text.assemble(*gauges)
        runs = joined([_run_of(attempt, elapsed) for attempt in state.live if attempt.phase == "running"], "; ")
        about = (f"{started.model} on {started.device}", f"{started.sandbox} {f'runs {runs}' if runs else 'idle'}")
        return [Text(), line, Text(one_line(joined(about if width >= 70 else about[::-1], DOT)), "dim")]


def cut(text: str, width: int) -> str:
    """The text on one line of at most so many cells."""
    line = Text(text)
    line.truncate(width, overflow="ellipsis")
    return line.plain


def outcome(attempt: Attempt) -> str:
    """The key of its mark and colour."""
    return attempt.ruling if attempt.phase == "judged" and attempt.ruling else attempt.phase


def _head(attempt: Attempt, *told: str) -> Text:
    """Its mark, number and strategy, then what is told of it and how long it is."""
    kind, tokens = outcome(attempt), (counted(attempt.generated, "token"),) if attempt.generated else ()
    return Text.assemble(
        (f"{MARKS[kind]} ", STYLES[kind]),
        (f"{attempt.node} {one_line(attempt.strategy)}", "bold"),
        (DOT.join(("", *told, *tokens)), "dim"),
    )


def _run_of(attempt: Attempt, elapsed: float) -> str:
    """`the check of 2, 3 s`: what the sandbox runs, and since when."""
    what = "the check" if attempt.purpose == "check" else "the program"
    return f"{what} of {attempt.node}, {max(0.0, elapsed - attempt.since):.0f} s"


def verdict_in_brief(attempt: Attempt) -> str:
    if attempt.ruling == "unchecked":
        return attempt.answer or ""
    return last_line(attempt.failure) if attempt.failure else joined(attempt.evidence, "; ")


def highlighted(code: str) -> Text:
    """Python in the terminal's own colours."""
    text = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(clean(code.strip("\n")))
    text.rstrip()
    text.justify, text.no_wrap = None, None
    return text


def bounded(lines: list[Text], most: int) -> list[Text]:
    if len(lines) <= most + 1:
        return lines
    return [*lines[:most], Text(f"… {len(lines) - most} more lines", "dim")]


def exported(console: Console) -> str:
    """The console's record as SVG, in the fonts that are there: nothing is fetched."""
    image = console.export_svg(title="ponder", unique_id="ponder")
    return re.sub(r"@font-face \{.*?\}\s*", "", image, flags=re.DOTALL)
