"""Text is shown in whole characters, and never a part of a stop string."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.engine.stream import TextStream


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def shown(stream: TextStream, parts: list[bytes]) -> list[str]:
    return [*(stream.push(part) for part in parts), stream.finish()]


texts = st.text(alphabet="ab<|>é漢🎲\n", max_size=40)
cuts = st.lists(st.integers(min_value=0, max_value=200), max_size=12)


@given(st.binary(max_size=60) | texts.map(str.encode), cuts)
def test_pieces_make_the_text_that_the_bytes_make(data: bytes, where: list[int]) -> None:
    assert "".join(shown(TextStream(), pieces(data, where))) == data.decode(errors="replace")


@given(texts, cuts)
def test_every_piece_shown_is_whole_characters(text: str, where: list[int]) -> None:
    """A token that ended inside a character used to show U+FFFD in place of it."""
    assert "\ufffd" not in "".join(shown(TextStream(), pieces(text.encode(), where)))


@given(texts, cuts, st.lists(st.text(alphabet="ab<|>é", min_size=1, max_size=4), min_size=1, max_size=3))
def test_the_text_ends_before_the_stop_string_that_is_complete_first(text: str, where: list[int], stop: list[str]) -> None:
    stream = TextStream(stop)
    parts = shown(stream, pieces(text.encode(), where))
    found = [(text.find(string) + len(string), text.find(string)) for string in stop if string in text]
    assert stream.stopped == bool(found)
    assert "".join(parts) == (text[: min(found)[1]] if found else text)


@given(texts, cuts)
def test_text_is_held_back_only_while_it_could_become_a_stop_string(text: str, where: list[int]) -> None:
    stream, seen = TextStream(["<|>"]), b""
    so_far = ""
    for part in pieces(text.encode(), where):
        so_far += stream.push(part)
        seen += part
        whole = seen.decode(errors="ignore")
        assert stream.stopped or whole[len(so_far) :] in ("", "<", "<|")


def test_an_unfinished_character_at_the_end_is_replaced() -> None:
    stream = TextStream()
    assert stream.push("é".encode()[:1]) == ""
    assert stream.finish() == "\ufffd"
