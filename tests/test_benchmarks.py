"""What the benchmarks compute from what they saw. What they see is for `make bench-engine` to say."""

import pytest
from hypothesis import given
from hypothesis import strategies as given_by

from tests.benchmarks.measure import Asked, Timed, compared, distinct_tokens, idle_fraction, prefill_overhead, rounded, summary

PROMPTS = given_by.lists(given_by.lists(given_by.integers(0, 2), max_size=5), max_size=6)


def test_the_ratio_is_that_of_the_medians_and_the_spread_that_of_runs_side_by_side():
    ours, theirs = (Timed(10, 1.0), Timed(30, 1.0), Timed(40, 2.0)), (Timed(10, 1.0), Timed(10, 2.0), Timed(100, 5.0))
    seen = compared(zip(ours, theirs, strict=True))
    assert seen.ratio == 20 / 10
    assert seen.spread == (1.0, 6.0)


def test_a_side_that_said_fewer_tokens_in_the_same_time_is_no_faster():
    assert compared([(Timed(128, 4.0), Timed(64, 4.0))]).ratio == 2.0


def test_a_summary_keeps_every_sample_in_its_order():
    assert summary([3.0, 1.0, 2.0]) == {"median": 2.0, "least": 1.0, "greatest": 3.0, "runs": [3.0, 1.0, 2.0]}


def test_figures_have_four_digits():
    assert [rounded(value) for value in (0.000123456, 1.00049, 12345.6)] == [0.0001235, 1.0, 12350.0]


def trie_nodes(prompts: list[list[int]]) -> int:
    """The plain way: every beginning of every prompt, once."""
    return len({tuple(prompt[: end + 1]) for prompt in prompts for end in range(len(prompt))})


@given(PROMPTS)
def test_distinct_tokens_are_the_nodes_of_the_prompts_trie(prompts: list[list[int]]):
    assert distinct_tokens(prompts) == trie_nodes(prompts)


def test_a_prompt_that_goes_on_where_another_ended_counts_only_what_is_new():
    assert distinct_tokens([(1, 2, 3), (1, 2, 3, 4, 5), (1, 2, 9)]) == 6


def test_reading_one_prompt_again_is_overhead_and_its_last_token_always_is():
    first = Asked((1, 2, 3, 4), (9,), 4)
    assert prefill_overhead([first, Asked((1, 2, 3, 4), (8,), 1)]) == 5 / 4
    assert prefill_overhead([first, Asked((1, 2, 3, 4), (8,), 4)]) == 8 / 4


def test_reading_again_what_the_model_said_itself_is_overhead_but_for_the_last_word_that_it_never_heard():
    first = Asked((1, 2), (7, 8), 2)
    assert prefill_overhead([first, Asked((1, 2, 7, 8, 9), (), 2)]) == 1.0
    assert prefill_overhead([first, Asked((1, 2, 7, 8, 9), (), 3)]) == 5 / 4


def test_what_only_a_later_prompt_shares_is_no_overhead():
    assert prefill_overhead([Asked((1, 2), (), 2), Asked((1, 2, 3), (), 1), Asked((1, 2, 4, 5), (), 2)]) == 1.0


def test_the_model_is_idle_while_thinking_is_left_and_nothing_is_decoded():
    thinking, decoding = [(0.0, 4.0), (10.0, 12.0)], [(0.5, 1.5), (1.5, 3.0), (10.0, 11.0)]
    assert idle_fraction(thinking, decoding) == pytest.approx((6.0 - 3.5) / 6.0)


def test_decoding_counts_once_where_spans_overlap_and_not_at_all_where_nothing_is_left_to_think():
    assert idle_fraction([(0.0, 2.0)], [(0.0, 1.0), (0.5, 1.5), (5.0, 9.0)]) == pytest.approx(0.25)


def test_a_span_of_thinking_that_overlaps_another_is_no_more_time():
    assert idle_fraction([(0.0, 2.0), (1.0, 4.0)], [(0.0, 1.0)]) == pytest.approx(0.75)


def test_without_thinking_nothing_is_idle():
    assert idle_fraction([], [(0.0, 1.0)]) == 0.0
