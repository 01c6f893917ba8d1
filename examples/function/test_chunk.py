import pytest


@pytest.mark.parametrize(
    ("items", "size", "chunks"),
    [([1, 2, 3, 4, 5], 2, [[1, 2], [3, 4], [5]]), ([1, 2], 5, [[1, 2]]), ([], 3, []), ("abc", 1, ["a", "b", "c"])],
)
def test_chunks_keep_the_order_and_the_last_may_be_shorter(items, size, chunks):
    assert chunk(items, size) == chunks  # noqa: F821


def test_a_size_below_one_is_refused():
    with pytest.raises(ValueError):  # noqa: PT011
        chunk([1, 2], 0)  # noqa: F821
