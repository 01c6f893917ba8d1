"""Guesses by prompt lookup, without a model."""

from agent.engine.lookup import ROWS, Lookup

PROGRAM = list(range(100, 140))
"""Forty tokens, no two alike."""


def test_what_followed_before_is_guessed_to_follow_again():
    lookup = Lookup([*PROGRAM, 1, 2, *PROGRAM[:10]])
    assert lookup.guess(5) == PROGRAM[10:15]


def test_a_guess_ends_where_the_text_does():
    lookup = Lookup([*PROGRAM, *PROGRAM[:38]])
    assert lookup.guess(4) == [*PROGRAM[38:], *PROGRAM[:2]]
    short = Lookup([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8])
    assert short.guess(100) == [9, 1, 2, 3, 4, 5, 6, 7, 8]


def test_nothing_is_guessed_from_a_text_that_repeats_nothing():
    assert Lookup(PROGRAM).guess(5) == []


def test_a_few_tokens_in_common_are_not_enough_at_first():
    lookup = Lookup([*PROGRAM, 1, 2, *PROGRAM[:4]])
    assert lookup.guess(5) == []
    lookup.extend(PROGRAM[4:8])
    assert lookup.guess(5) == PROGRAM[8:13]


def test_after_guesses_that_gained_less_must_agree_and_after_losses_more():
    gained = Lookup([*PROGRAM, 1, 2, *PROGRAM[:8]])
    for _ in range(2):
        gained.judge(2.0, whole=False)
    gained.extend([3, 4, *PROGRAM[20:23]])
    assert gained.guess(3) == PROGRAM[23:26]
    lost = Lookup([*PROGRAM, 1, 2, *PROGRAM[:8]])
    lost.judge(0.5, whole=False)
    assert lost.guess(3) == []
    lost.extend(PROGRAM[8:16])
    assert lost.guess(3) == PROGRAM[16:19]


def test_the_latest_of_several_places_is_taken():
    lookup = Lookup([*PROGRAM[:9], 7, *PROGRAM[:9], 8, *PROGRAM[:9]])
    assert lookup.guess(1) == [8]


def test_a_pause_leaves_one_guess_out():
    lookup = Lookup([*PROGRAM, 1, *PROGRAM[:10]])
    lookup.pause()
    assert [lookup.guess(2), lookup.guess(2)] == [[], PROGRAM[10:12]]


def test_guesses_grow_after_one_that_came_true_as_a_whole_and_shrink_after_one_that_did_not():
    lookup = Lookup([*range(1000, 1100), *range(1000, 1020)])
    first = lookup.guess(ROWS)
    lookup.judge(2.0, whole=True)
    longer = lookup.guess(ROWS)
    lookup.judge(2.0, whole=False)
    assert longer[: len(first)] == first
    assert len(longer) > len(first)
    assert lookup.guess(ROWS) == first
    assert lookup.guess(3) == first[:3]
