"""Past runs on the real program: listed, filtered, shown, played up to a node, drawn, removed, kept below a size."""

import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agent.events import Event, Finished, Started
from agent.runs import moment
from agent.store.store import Recording, Store
from tests.program import Ended, Ponder, ended, environment, ponder, sandbox_name  # noqa: F401  (some are fixtures)
from tests.traces import PROBLEM, TRACE

# ruff: noqa: F811


def recorded(ponder: Ponder, run: str, **changes: Any) -> None:
    """The trace under another name; `changes` to how it began and ended."""
    now = 0.0
    with Store.open(Path(ponder.environment["PONDER_DATA"]) / "runs.sqlite3") as store:
        sink = Recording(store, run, None, clock=lambda: now)
        for now, event in TRACE:  # noqa: B007  (the clock reads it)
            sink(changed(event, run, changes))


def changed(event: Event, run: str, changes: dict[str, Any]) -> Event:
    if isinstance(event, Started):
        return replace(event, run=run, **{name: changes[name] for name in ("problem", "model") if name in changes})
    if isinstance(event, Finished):
        mine = {name: changes[name] for name in ("status", "answer") if name in changes}
        return Finished(replace(event.result, run=run, **mine))
    return event


@pytest.fixture
def three(ponder: Ponder) -> Ponder:
    recorded(ponder, "20261121-000000-aaaa", problem="Größe der Wüste?", status="agreed", answer="42 km", model="tiny-1b")
    recorded(ponder, "20261122-000000-bbbb", status="unverified", answer="nothing")
    recorded(ponder, "20261123-000000-cccc")
    return ponder


def listed(ponder: Ponder, *arguments: str) -> str:
    return names(ponder("runs", *arguments, "--json"))


def names(ended: Ended) -> str:
    """The last letters of the runs, in the order in which they are listed."""
    assert ended.status == 0
    return " ".join(json.loads(line)["run"][-4:] for line in ended.out.splitlines())


def test_the_list_is_newest_first_and_filtered_by_all_that_is_given(three: Ponder) -> None:
    wanted = {
        (): "cccc bbbb aaaa",
        ("list",): "cccc bbbb aaaa",
        ("--status", "unverified"): "bbbb",
        ("--model", "TINY"): "aaaa",
        ("--text", "größe"): "aaaa",
        ("--text", "42 KM"): "aaaa",
        ("--text", "NTH_PRIME", "--status", "verified"): "cccc",
        ("--text", os.fsdecode(b"caf\xe9")): "",
        ("--model", os.fsdecode(b"caf\xe9")): "",
        ("--since", "1h"): "cccc bbbb aaaa",
        ("--since", "2999-01-01"): "",
        ("--status", "cut-off"): "",
        ("--limit", "1"): "cccc",
    }
    refused, *lists = three.each(("runs", "--since", "yesterday"), *(("runs", *given, "--json") for given in wanted))
    assert dict(zip(wanted, map(names, lists), strict=True)) == wanted
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith("ponder: --since: 'yesterday' is no moment; give 2026-11-25,")


def test_moments_are_dates_or_ages() -> None:
    now = datetime.now().timestamp()
    assert moment(None, "--since") is None
    assert moment("2026-11-25T18:30", "--since") == datetime(2026, 11, 25, 18, 30).timestamp()
    for age, seconds in (("90m", 5_400), ("12h", 43_200), ("3d", 259_200), ("2w", 1_209_600)):
        given = moment(age, "--since")
        assert given is not None
        assert now - seconds <= given <= now - seconds + 60


def test_a_run_is_shown_with_its_tree_and_what_it_was_run_with(three: Ponder) -> None:
    shown, as_json = three.each(("runs", "show", "20261123"), ("runs", "show", "--json"))
    assert (shown.status, shown.err) == (0, "")
    for told in (PROBLEM, "coder-1.5b", "llama-cpp-python 0.", "✗ 1 direct", "✓   └ 3 repair", "✓ verified"):
        assert told in shown.out.replace("✓ └", "✓   └"), told
    whole = json.loads(as_json.out)
    assert (whole["run"], whole["seed"], whole["result"]["status"]) == ("20261123-000000-cccc", 7, "verified")
    assert [event["type"] for event in whole["events"]][-1] == "finished"
    assert "python" in whole["versions"]


def test_a_run_is_drawn_into_a_file_whole_or_not_at_all(three: Ponder) -> None:
    drawn, refused, unknown = three.each(
        ("runs", "show", "--html", "page.html"), ("runs", "show", "--html", "absent/page.html"), ("runs", "show", "2027")
    )
    assert (drawn.status, drawn.out, drawn.err) == (0, "", "")
    assert (three.folder / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (refused.status, refused.err) == (2, f"ponder: {three.folder}/absent/page.html: No such file or directory\n")
    assert unknown.status == 2


def test_a_replay_stops_where_the_attempt_is_over(three: Ponder) -> None:
    whole, part, refused = three.each(("replay", "--plain"), ("replay", "--plain", "--to", "4"), ("replay", "--to", "9"))
    assert part.status == 0
    assert part.out == ""
    assert whole.out
    assert whole.err.startswith(part.err)
    assert part.err.splitlines()[-1].endswith("4 compute: failed: NameError: name 'q' is not defined")
    assert (refused.status, refused.err) == (2, "ponder: --to: this run has no attempt 9; its attempts are 1 to 4\n")


def test_a_replay_is_shown_as_the_settings_say(three: Ponder) -> None:
    shown = three("replay")
    quiet = three("replay", PONDER_VIEW="quiet")
    assert (quiet.status, quiet.out, quiet.err) == (0, shown.out, "")
    assert three("replay", "--plain", PONDER_VIEW="quiet").err == shown.err != ""


def test_where_no_drawing_can_be_put_is_wrong_usage(three: Ponder) -> None:
    reasons = {"absent/run.svg": "No such file or directory", "data": "Is a directory"}
    drawn, *refused = three.each(*(("replay", "--svg", place) for place in ("run.svg", *reasons)))
    assert [(one.status, one.err) for one in refused] == [
        (2, f"ponder: {three.folder}/{place}: {why}\n") for place, why in reasons.items()
    ]
    assert drawn.status == 0
    assert "<svg" in (three.folder / "run.svg").read_text(encoding="utf-8")


def test_runs_are_removed_by_name_or_by_age(three: Ponder) -> None:
    removed = three("runs", "rm", "20261122")
    assert (removed.status, removed.out, removed.err) == (0, "", "removed 1 run\n")
    assert listed(three) == "cccc aaaa"
    assert three("runs", "rm", "--older-than", "1h").err == "removed 0 runs\n"
    refused = three.each(("runs", "rm", "nothing"), ("runs", "rm"), ("runs", "rm", "20261123", ""))
    assert [one.status for one in refused] == [2, 2, 2]
    assert listed(three) == "cccc aaaa"
    assert three("runs", "rm", "20261121", "--older-than", "2999-01-01").err == "removed 2 runs\n"
    assert listed(three) == ""
    assert three("replay").status == 2


def test_the_only_run_is_not_removed_by_no_name(ponder: Ponder) -> None:
    recorded(ponder, "20261123-000000-cccc")
    refused = ponder("runs", "rm", "")
    assert (refused.status, refused.err) == (2, "ponder: the name of a run is empty; `ponder runs` lists them\n")
    assert listed(ponder) == "cccc"


def test_a_reader_that_goes_away_is_no_error(three: Ponder) -> None:
    """As `ponder runs show --json | head -c 1` is: more than a pipe holds, and nobody who reads it."""
    recorded(three, "20261124-000000-dddd", problem="word " * 50_000)
    looks = (("runs",), ("runs", "--json"), ("runs", "show", "--json"), ("runs", "show"), ("replay", "--plain"))
    running = [three.start(*arguments) for arguments in looks]
    for process in running:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
    for arguments, process in zip(looks, running, strict=True):
        seen = ended(process)
        assert (seen.status, "Broken" in seen.err) == (0, False), arguments
