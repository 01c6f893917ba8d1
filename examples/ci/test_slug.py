def test_words_are_joined_by_hyphens():
    assert slug("Hello, World!") == "hello-world"  # noqa: F821


def test_no_hyphen_is_left_at_the_ends():
    assert slug("  --Already-- ") == "already"  # noqa: F821


def test_nothing_makes_nothing():
    assert slug("!?") == ""  # noqa: F821
