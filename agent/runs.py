"""The commands about past runs: listed, shown, drawn, played again, removed. Each imports what it needs."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.output import deliver, say, write_out
from agent.shell_completion import Commands, run_ids

if TYPE_CHECKING:
    from agent.events import Event

STATUSES = ("verified", "agreed", "unverified", "failed", "interrupted", "cut-off")
AGES = {"m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
SLOWEST = 0.001
"""Of a replay, as a multiple of the run's own speed."""
MOMENT = "2026-11-25, 2026-11-25T18:30, or an age such as 90m, 12h, 3d, 2w"


@click.group(cls=Commands, default="list", default_if_no_args=True, subcommand_metavar="[COMMAND] [ARGS]...")
def runs() -> None:
    """Past runs; without more words it lists them."""


@runs.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only those that ended so; cut-off: without an end.")
@click.option("--model", metavar="NAME", help="Only those of a model whose name holds this.")
@click.option("--since", metavar="WHEN", help=f"Only those since then: {MOMENT}.")
@click.option("--text", metavar="TEXT", help="Only those with this in the problem or the answer.")
@click.option("--limit", type=click.IntRange(1, 1_000_000_000), default=20, show_default=True, help="How many of the latest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def runs_list(status: str | None, model: str | None, since: str | None, text: str | None, limit: int, as_json: bool) -> None:
    """Lists past runs, newest first."""
    import json
    from dataclasses import asdict

    from agent.store.filter import Filter
    from agent.store.store import Store
    from agent.view.tables import show_runs

    wanted = Filter(status, model, text, since=moment(since, "--since"))
    with Store.open() as store:
        found = store.runs(limit, wanted)
    if as_json:
        write_out("".join(json.dumps(asdict(run), ensure_ascii=False) + "\n" for run in found))
    else:
        show_runs(found, sys.stdout)


@runs.command("show")
@click.argument("run", required=False, shell_complete=run_ids)
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Draws it as one page for a browser instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with every event.")
def runs_show(run: str | None, html: Path | None, as_json: bool) -> None:
    """What a run did and came to: the last one unless RUN (or how it begins) is given."""
    import json
    from dataclasses import asdict

    from agent.records import require_writable, write_whole
    from agent.store.store import Store

    if html is not None:
        require_writable(html)
    with Store.open() as store:
        details = store.details(run)
        events = list(store.events(details.summary.run))
    if as_json:
        said = [{"at": at, **asdict(event)} for at, event in events]
        about = {name: value for name, value in asdict(details).items() if name != "summary"}
        write_out(json.dumps({**asdict(details.summary), **about, "events": said}, ensure_ascii=False) + "\n")
    if html is not None:
        from agent.view.page import page

        write_whole(html, page(details, events))
    elif not as_json:
        from agent.view.tables import show_run

        show_run(details, [event for _, event in events], sys.stdout)


@runs.command("rm")
@click.argument("which", metavar="[RUN]...", nargs=-1, shell_complete=run_ids)
@click.option("--older-than", metavar="WHEN", help=f"All that started before then: {MOMENT}.")
def runs_rm(which: tuple[str, ...], older_than: str | None) -> None:
    """Removes past runs: those named, or by their age."""
    from agent.errors import UsageError
    from agent.store.filter import Filter
    from agent.store.store import Store
    from agent.text import counted

    if not which and older_than is None:
        raise UsageError("name the runs to remove, or say --older-than")
    with Store.open() as store:
        named = {store.find(prefix) for prefix in which}
        if older_than is not None:
            named |= {run.run for run in store.runs(-1, Filter(before=moment(older_than, "--older-than")))}
        store.remove(sorted(named))
    say(f"removed {counted(len(named), 'run')}")


def moment(text: str | None, option: str) -> float | None:
    """Seconds since the epoch; None for None. Raises `UsageError` for what is neither a date nor an age."""
    import time
    from datetime import datetime

    from agent.errors import UsageError

    if text is None:
        return None
    try:
        if age := re.fullmatch(r"(\d{1,6})([mhdw])", text):
            return time.time() - int(age[1]) * AGES[age[2]]
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{option}: {text!r} is no moment; give {MOMENT}") from None


@click.command()
@click.argument("run", required=False, shell_complete=run_ids)
@click.option(
    "--speed",
    type=click.FloatRange(min=SLOWEST),
    default=float("inf"),
    help="1: as fast as it was; without it all is shown at once.",
)
@click.option("--to", "node", type=click.IntRange(min=1), metavar="NODE", help="Only until that attempt is over.")
@click.option("--plain", "view", flag_value="plain", help="Shows the reasoning as lines.")
@click.option("--live", "view", flag_value="live", help="Shows the reasoning live.")
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Draws what the run left on the screen instead.")
def replay(run: str | None, speed: float, node: int | None, view: str | None, svg: Path | None) -> None:
    """Shows a past run again as it was rendered, without a model: the last one unless RUN (or how it begins) is given."""
    from agent.config import load
    from agent.events import Finished
    from agent.records import require_writable, write_whole
    from agent.store.store import Store
    from agent.view import view as room

    if svg is not None:
        require_writable(svg)
    with Store.open() as store:
        events = list(store.events(run))
    if node is not None:
        events = until(events, node)
    if svg is not None:
        write_whole(svg, room.record_svg(event for _, event in events))
        return
    with room.open_view(load({"view": view}).settings.view) as shown:
        room.replay(events, shown, speed)
    for _, event in events:
        if isinstance(event, Finished):
            deliver(event.result, as_json=False, output=None)


def until(events: "Sequence[tuple[float, Event]]", node: int) -> "list[tuple[float, Event]]":
    """The events up to the end of attempt `node`. Raises `UsageError` naming the attempts there are."""
    from agent.errors import UsageError
    from agent.events import Closed, Judged, Opened

    opened = [event.node for _, event in events if isinstance(event, Opened)]
    if node not in opened:
        there = f"its attempts are 1 to {max(opened)}" if opened else "it has none"
        raise UsageError(f"--to: this run has no attempt {node}; {there}")
    over = (number for number, (_, event) in enumerate(events) if isinstance(event, Judged | Closed) and event.node == node)
    return list(events[: next(over, len(events)) + 1])
