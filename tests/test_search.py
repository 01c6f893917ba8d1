"""Policies on hand-drawn trees: exact order of attempts, what counts as a switch and as going back, budgets."""

from agent.search import PROGRAMS, Action, Budget, Failure, Node, Tree, Verdict, ladder, repeated

WRONG = Verdict("failed", 0.5, failure=Failure("wrong", "assert f(2) == 4: got 5"))
WORSE = Verdict("failed", 0.0, failure=Failure("wrong", "assert f(1) == 1: got 5"))
CRASH = Verdict("failed", 0.0, failure=Failure("exception", "ZeroDivisionError"))
REPEATED = Verdict("failed", 0.5, failure=Failure("repetition", "the same program as attempt 1"))


def grow(tree: Tree, actions: list[Action]) -> list[Node]:
    return [tree.open(action) for action in actions]


def strategies(actions: list[Action]) -> list[tuple[int, str]]:
    return [(action.parent.number, action.strategy) for action in actions]


def test_where_execution_judges_one_attempt_opens_the_search():
    tree, ask = Tree(), ladder(PROGRAMS, opening=1)
    assert strategies(ask(tree, 4)) == [(0, "direct")]
    grow(tree, ask(tree, 4))
    assert ask(tree, 4) == []


def test_where_only_agreement_can_tell_several_open_at_once():
    assert strategies(ladder(PROGRAMS, opening=3)(Tree(), 4)) == [(0, "direct"), (0, "direct"), (0, "plan")]


def test_what_opened_the_search_is_waited_for_unless_some_of_it_fails():
    tree, ask = Tree(), ladder(PROGRAMS, opening=3)
    first, second, _ = grow(tree, ask(tree, 4))
    tree.tell(first, Verdict("unchecked", behaviour="returns 4"))
    assert ask(tree, 2) == []
    tree.tell(second, CRASH)
    assert strategies(ask(tree, 2)) == [(2, "repair"), (0, "brute-force")]


def test_a_failure_is_mended_once_and_other_ways_are_tried_beside_it():
    tree, ask = Tree(), ladder(PROGRAMS, opening=1)
    (first,) = grow(tree, ask(tree, 4))
    tree.tell(first, WRONG)
    actions = ask(tree, 4)
    assert strategies(actions) == [(1, "repair"), (0, "direct"), (0, "plan"), (0, "brute-force")]
    grow(tree, actions)
    assert (0, "repair") not in strategies(ask(tree, 4))
    assert (1, "repair") not in strategies(ask(tree, 4))


def test_the_most_promising_failure_is_mended_first():
    tree, ask = Tree(), ladder(PROGRAMS, opening=2)
    first, second = grow(tree, ask(tree, 2))
    tree.tell(first, WORSE)
    tree.tell(second, WRONG)
    assert strategies(ask(tree, 1)) == [(2, "repair")]


def test_a_mended_program_that_fails_as_before_is_left_for_an_earlier_node():
    tree, ask = Tree(), ladder(PROGRAMS, opening=1)
    (first,) = grow(tree, ask(tree, 1))
    tree.tell(first, WRONG)
    (mended,) = grow(tree, ask(tree, 1))
    tree.tell(mended, WRONG)
    (action,) = ask(tree, 1)
    assert strategies([action]) == [(0, "direct")]
    assert tree.is_backtrack(action)
    assert tree.backtracks == 0
    tree.open(action)
    assert tree.backtracks == 1


def test_a_mended_program_that_fails_otherwise_is_mended_again_down_to_a_depth():
    tree, ask = Tree(), ladder(PROGRAMS, opening=1)
    (node,) = grow(tree, ask(tree, 1))
    depths = [node.depth]
    for verdict in (WRONG, CRASH, WORSE, CRASH):
        tree.tell(node, verdict)
        (node,) = grow(tree, ask(tree, 1))
        depths.append(node.depth)
    assert depths == [1, 2, 3, 1, 2]


def test_a_repetition_is_not_mended_but_switched_from():
    tree, ask = Tree(), ladder(PROGRAMS, opening=1)
    (first,) = grow(tree, ask(tree, 1))
    tree.tell(first, REPEATED)
    actions = ask(tree, 2)
    assert strategies(actions) == [(0, "direct"), (0, "plan")]
    assert [tree.is_switch(action) for action in actions] == [False, True]


def test_a_wave_that_was_given_up_unjudged_does_not_end_the_search():
    tree, ask = Tree(), ladder(PROGRAMS, opening=1)
    (first,) = grow(tree, ask(tree, 1))
    tree.close(first, "the conversation no longer fits the context")
    assert strategies(ask(tree, 1)) == [(0, "direct")]


def test_each_round_is_hotter_than_the_last_up_to_a_bound():
    tree, ask = Tree(), ladder((("direct", 0.0),), opening=1, repair=None)
    temperatures: list[float] = []
    for _ in range(6):
        (node,) = grow(tree, ask(tree, 1))
        tree.tell(node, REPEATED)
        temperatures.append(round(node.temperature, 1))
    assert temperatures == [0.0, 0.3, 0.6, 0.9, 1.2, 1.2]


def test_the_same_tree_is_asked_the_same_way_twice():
    def drawn() -> list[tuple[int, str]]:
        tree, ask = Tree(), ladder(PROGRAMS, opening=1)
        for verdict in (WRONG, CRASH, WRONG, REPEATED, CRASH):
            for node in grow(tree, ask(tree, 2)):
                tree.tell(node, verdict)
        return [(node.parent.number if node.parent else -1, node.strategy) for node in tree.attempts]

    assert drawn() == drawn()
    assert len(drawn()) > 5


def test_the_comparing_arm_repeats_one_way():
    assert strategies(repeated(("reason", 0.8))(Tree(), 3)) == [(0, "reason")] * 3


def test_a_budget_says_which_bound_is_reached():
    budget = Budget(seconds=10, tokens=100, attempts=2)
    assert budget.spent is None
    budget.generated = 100
    assert budget.spent == "100 tokens are spent"
    budget.generated, budget.elapsed = 99, 10.0
    assert budget.tokens_left == 1
    assert budget.spent == "10 seconds are spent"
