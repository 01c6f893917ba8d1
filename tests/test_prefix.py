"""The prefix tree against a plain model of the cache: every sequence a list of its own cells."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.engine.prefix import Fork, PrefixTree, common_prefix

few_tokens = st.lists(st.integers(min_value=0, max_value=2), max_size=8)


class Cache(RuleBasedStateMachine):
    """`plain`: sequence → its cells as (cell number, token); a fork shares the numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = PrefixTree()
        self.plain: dict[int, list[tuple[int, int]]] = {}
        self.made = 0

    def spelled(self, sequence: int) -> list[int]:
        return [token for _cell, token in self.plain[sequence]]

    def any_sequence(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.plain)))

    @rule()
    def open_empty(self) -> None:
        self.tree.open(sequence := self.unused())
        self.plain[sequence] = []

    @precondition(lambda self: self.plain)
    @rule(data=st.data())
    def fork(self, data: st.DataObject) -> None:
        source = self.any_sequence(data)
        length = data.draw(st.integers(min_value=0, max_value=len(self.plain[source])))
        self.tree.open(sequence := self.unused(), Fork(source, length))
        self.plain[sequence] = self.plain[source][:length]

    @precondition(lambda self: self.plain)
    @rule(data=st.data(), tokens=few_tokens.filter(len))
    def extend(self, data: st.DataObject, tokens: list[int]) -> None:
        sequence = self.any_sequence(data)
        self.tree.extend(sequence, tokens)
        self.plain[sequence] = self.plain[sequence] + [(self.made + at, token) for at, token in enumerate(tokens)]
        self.made += len(tokens)

    @precondition(lambda self: self.plain)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        sequence = self.any_sequence(data)
        self.tree.drop(sequence)
        del self.plain[sequence]

    def unused(self) -> int:
        return next(number for number in range(len(self.plain) + 1) if number not in self.plain)

    @invariant()
    def same_sequences(self) -> None:
        for sequence in self.plain:
            assert self.tree.tokens(sequence) == self.spelled(sequence)
            assert self.tree.length(sequence) == len(self.plain[sequence])

    @invariant()
    def same_cells(self) -> None:
        assert self.tree.cells == len(set().union(*self.plain.values()))
        for sequence, cells in self.plain.items():
            others = set().union(*(held for other, held in self.plain.items() if other != sequence))
            assert self.tree.adds_nothing(sequence) == (not cells or set(cells) <= others)

    @precondition(lambda self: self.plain)
    @rule(data=st.data())
    def cells_held(self, data: st.DataObject) -> None:
        kept = data.draw(st.sets(st.sampled_from(sorted(self.plain))))
        source = self.any_sequence(data)
        length = data.draw(st.integers(min_value=0, max_value=len(self.plain[source])))
        expected = set(self.plain[source][:length]).union(*(self.plain[sequence] for sequence in kept))
        assert self.tree.cells_held(kept, Fork(source, length)) == len(expected)

    @rule(tokens=few_tokens)
    def longest(self, tokens: list[int]) -> None:
        shared = {sequence: common_prefix(self.spelled(sequence), tokens) for sequence in self.plain}
        found = self.tree.longest(tuple(tokens))
        assert (found.length if found else 0) == max(shared.values(), default=0)
        assert found is None or shared[found.sequence] == found.length

    @rule(tokens=few_tokens)
    def longest_whole(self, tokens: list[int]) -> None:
        whole = [len(self.plain[seq]) for seq in self.plain if tokens[: len(self.plain[seq])] == self.spelled(seq)]
        found = self.tree.longest_whole(tuple(tokens))
        assert (found.length if found else 0) == max(whole, default=0)
        assert found is None or found.length == len(self.plain[found.sequence])


TestCache = Cache.TestCase
TestCache.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)


@given(few_tokens, few_tokens)
def test_common_prefix_counts_equal_first_items(left: list[int], right: list[int]) -> None:
    count = common_prefix(left, right)
    assert left[:count] == right[:count]
    assert count == min(len(left), len(right)) or left[count] != right[count]
