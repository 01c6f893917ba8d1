"""What was measured as the tables that a document takes: the figures, and what is behind each."""

from collections.abc import Iterator, Mapping

Records = Mapping[str, Mapping[str, object]]
"""By the figure's key: `value`, `reach`, `behind` and how it was taken."""


def written(model: str, records: Records) -> str:
    figures = ["| figure | reach | seen |", "|---|---|---|"]
    figures += [f"| `{key}` | {record['reach']} | {_shown(record['value'])} |" for key, record in records.items()]
    ratios, samples = (
        ["| in turn | ratio | spread | ours | theirs |", "|---|---|---|---|---|"],
        ["| of it | median | range |", "|---|---|---|"],
    )
    for key, behind in _once(records):
        for name, seen in _summaries(key, behind):
            if "ratio" in seen:
                ours, theirs = seen["ours"]["median"], seen["theirs"]["median"]
                ratios.append(f"| {name} | {seen['ratio']} | {_range(*seen['spread'])} | {ours} | {theirs} |")
            else:
                samples.append(f"| {name} | {seen['median']} | {_range(seen['least'], seen['greatest'])} |")
    return "\n".join(["", model, "", *figures, "", *ratios, "", *samples, ""])


def _once(records: Records) -> Iterator[tuple[str, object]]:
    """What is behind the figures with the name of each; without one where figures share it, for its rows have their names."""
    known = list[object]()
    for record in records.values():
        if record["behind"] not in known:
            known.append(record["behind"])
            keys = [key for key, other in records.items() if other["behind"] == record["behind"]]
            yield keys[0] if len(keys) == 1 else "", record["behind"]


def _summaries(name: str, seen: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Every comparison and every row of samples at or below `seen`, with the way to it."""
    if isinstance(seen, Mapping):
        if "ratio" in seen or "median" in seen:
            yield name, seen
            return
        for key, below in seen.items():
            yield from _summaries(f"{name}, {key}" if name else key, below)


def _shown(value: object) -> str:
    return ", ".join(f"{key}: {part}" for key, part in value.items()) if isinstance(value, Mapping) else str(value)


def _range(least: object, greatest: object) -> str:
    return f"{least}–{greatest}"
