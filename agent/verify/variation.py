"""Values a little different from given ones, as inputs on which programs may come apart. Pure."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import cast

from agent.verify.domain import Arguments

FORMED = re.compile(r"(?=\D*\d)(?=.*[\w ][-:/.][\w ])(?!.*[A-Za-z]{3})[\w:/. -]{3,}")
"""A text of digits between signs, such as a date: what is not of its form is seldom meant."""
HUGE = 1e300
"""Twice as much may be infinite, which no literal is, or have more digits than are written."""
TWINS = 0.2
"""How often one argument is made of another of its kind, where programs compare the two."""
RUN = 12
"""Characters of a long run: a count with two digits."""
NUMBER = re.compile(r"\d+")
HALF_OF_DAY = re.compile(r"\b[AaPp][Mm]\b")


def changed(arguments: Arguments, draw: Random) -> Arguments:
    """One argument, or each, a little different; or one of them almost as another."""
    if not arguments:
        return arguments
    kinds = [type(value) for value in arguments]
    chosen = draw.randrange(len(arguments) + 1)
    twins = [place for place, kind in enumerate(kinds) if kinds.count(kind) > 1]
    if len(twins) > 1 and draw.random() < TWINS:
        one, other = draw.sample(twins, 2)
        twin = _other(arguments[other], draw) if draw.random() < 0.5 else arguments[other]
        return (*arguments[:one], twin, *arguments[one + 1 :]) if kinds[one] is kinds[other] else arguments
    return tuple(_other(value, draw) if chosen in (place, len(arguments)) else value for place, value in enumerate(arguments))


def _other(value: object, draw: Random) -> object:
    """A value of the same kind near a given one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        twice = value * 2 if abs(value) < HUGE else value
        return draw.choice((value + 1, value - 1, 0, 1, twice, -value, draw.randint(0, 2 * min(abs(value), int(HUGE)) + 3)))
    if isinstance(value, float):
        return round(draw.choice((value + 1, value - 0.5, 0.0, value * 2 if abs(value) < HUGE else value, value / 3)), 3)
    if isinstance(value, str):
        return _other_text(value, draw)
    if isinstance(value, list | tuple):
        items = _other_items(list(cast(Sequence[object], value)), draw)
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, set):
        items = sorted(cast(set[object], value), key=repr)
        return set(_other_items(items, draw)) if draw.random() < 0.7 else {*items, *(_other(item, draw) for item in items[:2])}
    if isinstance(value, dict):
        return _other_dict(cast(dict[object, object], value), draw)
    return value


def _other_text(text: str, draw: Random) -> str:
    """Its characters rearranged, in another case, apart, or one of them in a long run; of a form, other digits in it."""
    if FORMED.fullmatch(text):
        return _reformed(text, draw)
    place = draw.randrange(len(text)) if text else 0
    ways: list[Callable[[], str]] = [lambda: "".join(cast(list[str], _rearranged(list(text), draw)))] * 5
    if len(text) < RUN:
        ways.append(lambda: text[:place] + text[place : place + 1] * RUN + text[place + 1 :])
    if re.search(r"[a-zA-Z]", text):
        ways.append(lambda: text[:place] + text[place : place + 1].swapcase() + text[place + 1 :])
        ways.append(text.swapcase)
        ways.append(lambda: f"{text[: place + 1]} {text[place + 1 :]}")
    return draw.choice(ways)()


def _reformed(text: str, draw: Random) -> str:
    """Numbers near those that stand there, with as many digits."""

    def number(found: re.Match[str]) -> str:
        value, digits = int(found[0]), len(found[0])
        near = draw.choice((value, value, value + 1, max(1, value - 1), draw.randint(1, 12)))
        return str(near).zfill(digits)[-digits:]

    return HALF_OF_DAY.sub(lambda found: draw.choice(("AM", "PM", found[0])), NUMBER.sub(number, text))


def _other_items(items: list[object], draw: Random) -> list[object]:
    if not items or draw.random() < 0.45:
        return _rearranged(items, draw)
    if draw.random() < 0.1:
        return [-item if isinstance(item, int | float) else _other_item(item, draw) for item in items]
    place = draw.randrange(len(items))
    new = _other_item(items[place], draw)
    return [*items[:place], new, *items[place + draw.choice((0, 1, 1)) :]]


def _other_item(item: object, draw: Random) -> object:
    """Tuples in a list are records: they keep their width."""
    if type(item) is not tuple:
        return _other(item, draw)
    fields = cast(Arguments, item)
    place = draw.randrange(max(1, len(fields)))
    return fields and (*fields[:place], _other(fields[place], draw), *fields[place + 1 :])


def _rearranged(items: list[object], draw: Random) -> list[object]:
    """One item less or twice, all of them shuffled, turned round or doubled, or only the first ones."""
    if not items:
        return items
    place = draw.randrange(len(items))
    shuffled = draw.sample(items, len(items))
    left, twice = items[:place] + items[place + 1 :], items[: place + 1] + items[place:]
    return draw.choice((left, twice, shuffled, items[::-1], items + items, items[:place], items[:1]))


def _other_dict(given: dict[object, object], draw: Random) -> dict[object, object]:
    """In another order, with an entry less or more, two values that are the same, or another value."""
    entries = list(given.items())
    if not entries:
        return given
    place = draw.randrange(len(entries))
    key, value = entries[place]
    left, shuffled = entries[:place] + entries[place + 1 :], draw.sample(entries, len(entries))
    alike = [another for _, another in entries if type(another) is type(value)]
    new = draw.choice(((key, draw.choice(alike)), (key, _other(value, draw)), (_other(key, draw), _other(value, draw))))
    return dict(draw.choice((left, shuffled, [*entries, new], [*entries, new], [*entries, new])))
