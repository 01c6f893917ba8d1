"""The tree and the budget: what counts as a switch and as going back, and which bound is reached."""

from agent.failures import Failure
from agent.search import Action, Budget, Node, Tree, Verdict

WRONG = Verdict("failed", 0.5, failure=Failure("wrong", "assert f(2) == 4: got 5"))


def opened(tree: Tree, parent: Node, strategy: str) -> Node:
    return tree.open(Action(parent, strategy, 0.0, ""))


def test_leaving_a_deepened_line_for_an_earlier_node_is_going_back():
    tree = Tree()
    first = opened(tree, tree.root, "direct")
    tree.tell(first, WRONG)
    mended = opened(tree, first, "repair")
    assert tree.backtracks == 0
    tree.tell(mended, WRONG)
    opened(tree, tree.root, "direct")
    opened(tree, first, "simplify")
    assert tree.backtracks == 2


def test_a_new_line_in_another_way_than_the_last_judged_is_a_switch():
    tree = Tree()
    first = opened(tree, tree.root, "direct")
    opened(tree, tree.root, "plan")
    assert tree.switches == 0, "nothing was judged before"
    tree.tell(first, WRONG)
    opened(tree, tree.root, "direct")
    opened(tree, first, "repair")
    assert tree.switches == 0
    opened(tree, tree.root, "plan")
    assert tree.switches == 1


def test_a_budget_says_which_bound_is_reached():
    budget = Budget(seconds=10, tokens=100, attempts=2)
    assert budget.spent is None
    budget.generated = 100
    assert budget.spent == "100 tokens are spent"
    budget.generated, budget.elapsed = 99, 10.0
    assert budget.tokens_left == 1
    assert budget.spent == "10 seconds are spent"


def test_an_efforts_tokens_and_attempts_grow_with_the_machines_speed_and_never_shrink():
    fast, slow, given = (Budget(100, 1000, 10, by_speed=by_speed) for by_speed in (True, True, False))
    fast.fit(50.0)
    slow.fit(2.0)
    given.fit(50.0)
    assert [(budget.tokens, budget.attempts) for budget in (fast, slow, given)] == [(5000, 50), (1000, 10), (1000, 10)]
    fast.fit(20.0)
    assert fast.tokens == 5000, "what it is thought to have been given is not taken back"
    slow.fit(40.0)
    assert (slow.tokens, slow.attempts) == (4000, 40), "the first reply is the slowest"
    fast.enlarge(50, 500, 5)
    assert (fast.seconds, fast.tokens, fast.attempts) == (150, 7500, 75), "by what that means on this machine"
