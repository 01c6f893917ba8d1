"""Plain data between judge and candidate: whatever is written reads back the same, and nothing else can be read."""

import collections
import contextlib
import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.capture import GENEROSITY, Capture
from tools.codec import CodecError, Decoder, Encoder, dumps, loads

SCALARS = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.integers(-(1 << 200), 1 << 200), st.floats(allow_nan=False), st.binary()),
    *(st.text(st.characters(codec=None)), st.complex_numbers(allow_nan=False), st.fractions(), st.decimals(allow_nan=False)),
    *(st.datetimes(), st.dates(), st.times(), st.timedeltas()),
)
KEYS = st.recursive(SCALARS, lambda inner: st.tuples(inner) | st.frozensets(inner, max_size=3), max_leaves=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.sets(KEYS, max_size=4)
        | st.builds(collections.deque, st.lists(inner, max_size=3))
    ),
    max_leaves=12,
)


def there_and_back(value: object) -> Any:
    return Decoder().decode(loads(dumps(Encoder().encode(value))))


@given(VALUES)
def test_values_survive_with_their_types(value: object) -> None:
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)


def test_sharing_and_cycles_survive() -> None:
    row: list[object] = [1]
    row.append(row)
    back = there_and_back([row, row])
    assert back[0] is back[1] is back[0][1]


def test_changes_are_laid_into_the_same_containers() -> None:
    inner, outer = [1], {"a": [1]}
    ours: list[Any] = [inner, outer]
    encoder = Encoder()
    encoder.encode(ours)
    decoder = Decoder()
    theirs = decoder.decode(loads(dumps(Encoder().encode(ours))))
    theirs[0].append([2])
    theirs[1]["b"] = theirs[0]
    back = Encoder(known=decoder.kept)
    contents = [loads(dumps(back.content(one))) for one in list(decoder.kept)]
    reader = Decoder(known=encoder.kept)
    for container, content in zip(encoder.kept, contents, strict=True):
        reader.refill(container, content)
    assert ours[0] is inner
    assert inner == [1, [2]]
    assert outer["b"] is inner


def test_subclasses_are_reduced_to_plain_bases() -> None:
    class Sly(int):
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 0

    class Text(str):
        def __str__(self) -> str:
            return "another"

    assert type(there_and_back(Sly(3))) is int
    assert there_and_back(Text("one")) == "one"
    assert type(there_and_back([collections.defaultdict(int, a=1)])[0]) is dict
    assert isinstance(there_and_back(datetime.datetime.now(datetime.UTC)), datetime.datetime)


@pytest.mark.parametrize(
    "text",
    [
        '["list"]',
        '["list", 5]',
        '["set", [["list", []]]]',
        '["dict", [[1]]]',
        '["int", "zz"]',
        '["fraction", "0x1", "0x0"]',
        '["date", "never"]',
        '["again", 3]',
        '["again", -1]',
        '["range", 1, 2, 0]',
        '["named", "1 bad", ["x"], [1]]',
        '["class", "Popen"]',
        '["class", []]',
        '["function", "eval"]',
        '["os.system", "true"]',
        '[["list"], 1]',
        '{"a": 1}',
        "[]",
        "nonsense",
        "[" * 100_000,
    ],
)
def test_what_is_no_plain_data_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        Decoder().decode(loads(text.encode()))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner), max_leaves=8
    )
)
def test_reading_anything_gives_data_or_a_codec_error(value: object) -> None:
    with contextlib.suppress(CodecError):
        Decoder().decode(loads(json.dumps(value).encode()))


@given(st.lists(st.binary(max_size=300)), st.integers(100, 400))
def test_a_capture_keeps_head_and_tail_within_its_bound(parts: list[bytes], keep: int) -> None:
    capture, whole = Capture(keep), b"".join(parts)
    for part in parts:
        capture.take(part)
    kept = capture.bytes()
    assert len(kept) <= keep
    if len(whole) < keep - 64:
        assert kept == whole


def test_many_times_what_a_capture_keeps_is_enough() -> None:
    capture = Capture(100)
    assert not capture.take(b"x" * 100 * GENEROSITY)
    assert capture.take(b"x")
