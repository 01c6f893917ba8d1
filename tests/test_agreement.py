"""Which attempts vouch for one another, who leads, and what may be said of the best answer."""

import math

import pytest

from agent.agreement import REACHED, agreement, alike, shares
from agent.best import best
from agent.confidence import Kind, Odds
from agent.failures import Failure, FailureKind
from agent.search import Action, Node, Tree, Verdict


def voters(*votes: tuple[str, str | None], ruling: str = "unchecked") -> list[Node]:
    tree = Tree()
    for strategy, said in votes:
        node = tree.open(Action(tree.root, strategy, 0.0, ""))
        behaviour = None if said is None else tuple(said.split())
        tree.tell(node, Verdict("passed" if ruling == "passed" else "unchecked", behaviour=behaviour, evidence=("passed",)))
    return tree.judged


@pytest.mark.parametrize(
    ("votes", "reached"),
    [
        ([("compute", "4"), ("reason", "4")], False),
        ([("compute", "4"), ("reason", "4"), ("compute", "4")], True),
        ([("compute", "4"), ("compute", "4")], False),
        ([("compute", "4"), ("simulate", "4")], False),
        ([("compute", "4"), ("simulate", "4"), ("reason", "4")], True),
        ([("compute", "4")] * 5, False),
        ([("compute", "4")] * 6, True),
        ([("reason", "4")] * 2, False),
        ([("reason", "4")] * 3, True),
        ([("direct", "4")] * 3, False),
        ([("direct", "4 8")] * 3, True),
        ([("direct", "4 8"), ("plan", "4 8")], True),
        ([("direct", "4 8"), ("complete", "4 8")], False),
        ([("complete", "4 8"), ("plan", "4 8")], True),
        ([*[("compute", "4")] * 2, ("reason", "4"), *[("compute", "5")] * 2, ("work-backwards", "5")], False),
        ([("compute", "4"), ("reason", "5")], False),
        ([("compute", "4"), ("reason", None)], False),
        ([("reason", "yes")] * 3, False),
        ([("reason", "B")] * 3, False),
        ([("reason", "true")] * 4, True),
        ([("reason", "yes"), ("compute", "yes"), ("work-backwards", "yes")], True),
        ([*[("reason", "yes")] * 4, ("compute", "no")], False),
        ([("reason", "k")] * 3, True),
        ([("direct", "4 8 raises"), ("plan", "4 8 raises")], True),
        ([("direct", "4 raises raises"), ("plan", "4 raises raises")], False),
        ([("direct", "4 timeout timeout"), ("plan", "4 timeout timeout")], False),
        ([("direct", "raises timeout 8")] * 9, False),
    ],
)
def test_different_strategies_count_more_than_repeats_of_one(votes: list[tuple[str, str | None]], reached: bool):
    agreed = agreement(voters(*votes))
    assert agreed is not None
    assert agreed.reached is reached


@pytest.mark.parametrize(("later", "leads", "votes"), [("4", "4", 1), ("5", "5", 1), (None, "4", 1)])
def test_one_that_goes_on_from_an_answer_has_its_vote_and_no_second_one(later: str | None, leads: str, votes: int):
    """Asked `are you sure?` three times, an attempt once agreed with itself."""
    tree = Tree()
    parent = tree.root
    for said in ("4", later, later):
        parent = tree.open(Action(parent, "reckon", 0.0, "hint: are you sure?"))
        tree.tell(parent, Verdict("unchecked", behaviour=None if said is None else (said,)))
    agreed = agreement(tree.judged)
    assert agreed is not None
    assert agreed.leader.verdict is not None
    assert (agreed.leader.verdict.behaviour, agreed.votes, agreed.of) == ((leads,), votes, 1)
    assert not agreed.reached


def test_ways_are_named_as_they_are_called_and_one_voice_once():
    agreed = agreement(voters(("reckon", "4"), ("compute", "4"), ("reason", "4"), ("reckon", "5")))
    assert agreed is not None
    assert agreed.evidence == "3 of 4 independent attempts agree (reckon and compute)"


def test_the_lead_is_counted_over_the_next_camp():
    agreed = agreement(voters(("compute", "4"), ("reason", "4"), ("compute", "4"), ("simulate", "5"), ("compute", "5")))
    assert agreed is not None
    assert (agreed.weight, agreed.lead, agreed.votes, agreed.of) == (2.25, 0.5, 3, 5)


def test_a_brute_force_program_is_a_strong_witness_for_another():
    agreed = agreement(voters(("direct", "1 2 4"), ("analogy", "1 2 4"), ("brute-force", "1 2 3"), ("plan", "1 2 3")))
    assert agreed is not None
    assert agreed.leader.strategy == "brute-force"


def test_a_brute_force_program_alone_takes_no_place():
    nodes = voters(("complete", "1 2 4"), ("brute-force", "1 2 3"))
    found = best(nodes, nodes, passing=None)
    assert (found.node, found.kind) == (nodes[0], "at odds")


def test_two_samples_of_brute_force_are_not_agreement():
    agreed = agreement(voters(("brute-force", "1 2 3"), ("brute-force", "1 2 3")))
    assert agreed is not None
    assert (agreed.weight, agreed.reached) == (1.5, False)


def test_programs_that_differ_on_one_odd_input_speak_for_one_another_against_a_third():
    nodes = voters(("direct", "0 0 0 0"), ("direct", "1 2 3 4"), ("direct", "1 2 3 raises"))
    agreed = agreement(nodes)
    assert agreed is not None
    assert agreed.leader is nodes[1]
    assert shares(nodes)[nodes[1]] > shares(nodes)[nodes[0]]


def test_a_leader_by_support_alone_does_not_deny_that_others_agree():
    """Two attempts that agree were once told away: `no two of 5 independent attempts agree`."""
    agreed = agreement(voters(*(("direct", said) for said in ("0 0 0 0", "0 0 0 0", "1 2 3 4", "1 2 3 5", "1 2 3 6"))))
    assert agreed is not None
    assert (agreed.votes, agreed.reached) == (1, False)
    assert agreed.evidence == "none of 5 independent attempts agrees with it on every input, but with no other do more on most"


@pytest.mark.parametrize("strategy", ["brute-force", "plan"])
def test_a_program_that_is_only_slow_speaks_for_who_does_the_same_as_far_as_it_came(strategy: str):
    results = [str(number) for number in range(REACHED + 2)]
    quick, slow = " ".join(results), " ".join([*results[:REACHED], "timeout", "timeout"])
    agreed = agreement(voters(("analogy", "0 0"), ("direct", quick), (strategy, slow)))
    assert agreed is not None
    assert (agreed.leader.strategy, agreed.votes, agreed.reached) == ("direct", 2, True)


@pytest.mark.parametrize(("last", "votes"), [("9", 2), ("0", 1)])
def test_what_a_slow_program_came_to_on_later_inputs_counts_too(last: str, votes: int):
    """Further inputs stand behind those that it did not reach."""
    quick, slow = "0 1 2 3 4 5 6 7 8 9", f"0 1 2 3 4 5 6 timeout timeout {last}"
    agreed = agreement(voters(("direct", quick), ("plan", slow)))
    assert agreed is not None
    assert agreed.votes == votes


@pytest.mark.parametrize(
    ("strategy", "reached", "last"),
    [
        ("brute-force", REACHED - 1, str(REACHED - 2)),
        ("brute-force", REACHED, "0"),
        ("plan", REACHED // 2, str(REACHED // 2 - 1)),
    ],
)
def test_who_reached_too_little_or_does_otherwise_stays_alone(strategy: str, reached: int, last: str):
    results = [str(number) for number in range(REACHED + 2)]
    slow = [*results[: reached - 1], last, *["timeout"] * (len(results) - reached)]
    agreed = agreement(voters(("direct", " ".join(results)), (strategy, " ".join(slow))))
    assert agreed is not None
    assert agreed.votes == 1


@pytest.mark.parametrize(
    ("votes", "leads"),
    [
        ((("direct", "4 4"), ("plan", "5 5")), 0),
        ((("direct", "4 4"), ("plan", "5 5"), ("plan", "5 5")), 1),
        ((("reckon", "4"), ("compute", "5")), 0),
        ((("compute", "5"), ("reckon", "4")), 1),
        ((("compute", "5"), ("reckon", "4"), ("work-backwards", "6")), 1),
        ((("compute", "5"), ("simulate", "5"), ("reckon", "4")), 0),
    ],
)
def test_of_two_that_weigh_the_same_words_lead_or_else_the_earlier_one(votes: tuple[tuple[str, str]], leads: int):
    """More votes, or words against a mere calculation."""
    nodes = voters(*votes)
    agreed = agreement(nodes)
    assert agreed is not None
    assert agreed.leader is nodes[leads]


def test_a_repair_votes_as_the_strategy_that_it_mended():
    tree = Tree()
    first = tree.open(Action(tree.root, "compute", 0.0, ""))
    tree.tell(first, Verdict("failed"))
    repaired, second = tree.open(Action(first, "repair", 0.0, "")), tree.open(Action(tree.root, "compute", 0.7, ""))
    for node in (repaired, second):
        tree.tell(node, Verdict("unchecked", behaviour=("4",)))
    agreed = agreement(tree.judged)
    assert agreed is not None
    assert (agreed.strategies, agreed.reached) == (("compute",), False)


def test_nobody_voted():
    assert agreement(voters(("compute", None))) is None


def test_behaviours_seen_on_other_inputs_are_not_comparable():
    assert alike(("1", "2"), ("1", "2", "3")) == 0.0
    assert alike(("1", "2"), ("1", "3")) == 0.5


# The best answer.


@pytest.mark.parametrize("passing", ["given checks", "few examples"])
def test_the_first_that_passes_is_the_answer_whatever_others_that_pass_do(passing: Kind):
    """A later answer takes the place of an earlier one only with better evidence, and votes of those that pass were none."""
    nodes = voters(("direct", "1 2"), ("plan", "1 3"), ("brute-force", "1 3"), ruling="passed")
    found = best(nodes, nodes, passing=passing)
    assert (found.node, found.status, found.kind, found.lead) == (nodes[0], "verified", passing, math.inf)


def test_without_a_pass_the_nearest_is_a_guess_and_never_agreed():
    tree = Tree()
    for score in (0.25, 0.5, 0.5):
        node = tree.open(Action(tree.root, "direct", 0.0, ""))
        tree.tell(node, Verdict("failed", score, ("passed some",), Failure("wrong", "assert f(1) == 2: got 3"), ("1",)))
    found = best(tree.judged, tree.judged, passing="few examples")
    assert (found.node, found.status) == (tree.judged[1], "unverified")
    assert found.evidence == ("passed some", "assert f(1) == 2: got 3")


def test_among_failures_that_came_as_near_one_vote_takes_no_place():
    tree = Tree()
    for strategy, got in (("direct", "1"), ("brute-force", "3"), ("plan", "3")):
        node = tree.open(Action(tree.root, strategy, 0.0, ""))
        tree.tell(node, Verdict("failed", 0.5, failure=Failure("wrong", f"assert f(1) == 2: got {got}"), behaviour=(got,)))
        found = best(tree.judged, tree.judged, passing="given checks")
        assert found.node is tree.judged[0 if strategy != "plan" else 1]


@pytest.mark.parametrize(
    ("votes", "kind"),
    [
        ([("reason", "4")], "alone"),
        ([("reason", "4"), ("reason", "5")], "at odds"),
        ([("reason", "4"), ("compute", "4"), ("reason", "5")], "most votes"),
        ([("reason", "4"), ("compute", "4"), ("reason", "4")], "several ways agree"),
        ([*[("reason", "4")] * 3, ("reason", "5"), ("compute", "6"), ("simulate", "7")], "at odds"),
        ([("brute-force", "4 8"), ("plan", "4 9")], "at odds"),
        ([("direct", "4 8")], "one program"),
        ([("direct", "4 8"), ("direct", "4 8")], "one program"),
        ([("direct", "4 8"), ("plan", "4 8")], "programs agree"),
        ([("direct", "4 raises raises"), ("plan", "4 raises raises")], "at odds"),
    ],
)
def test_an_answer_is_as_sure_as_such_answers_were(votes: list[tuple[str, str | None]], kind: str) -> None:
    nodes = voters(*votes)
    assert best(nodes, nodes, passing=None).kind == kind


def test_where_nobody_could_vote_a_program_without_a_fault_goes_before_one_that_failed():
    """The first attempt, a syntax error, was once given as the answer, and said to have failed checks that there were not."""
    tree = Tree()
    for failure in (Failure("syntax", "line 1: invalid syntax"), None, None):
        node = tree.open(Action(tree.root, "direct", 0.0, ""))
        tree.tell(node, Verdict("failed" if failure else "unchecked", failure=failure))
    found = best(tree.judged, tree.judged, passing=None)
    assert (found.node, found.status, found.kind) == (tree.judged[1], "unverified", "no fault")
    assert found.evidence == ("no fault was found in it, and nothing that speaks for it",)


def against_an_example(*attempts: tuple[str, str], kind: FailureKind = "wrong") -> list[Node]:
    tree = Tree()
    for strategy, said in attempts:
        node = tree.open(Action(tree.root, strategy, 0.0, ""))
        result = (said,) if kind == "wrong" else None
        tree.tell(node, Verdict("failed", 0.5, ("passed 1 of 2 examples from the statement",), Failure(kind, said), result))
    return tree.judged


GOT_4 = "assert f(2) == 5: got 4"
SAME = (("direct", "assert f(2) == 5: got 1"), ("direct", GOT_4), ("plan", GOT_4), ("direct", GOT_4))


def test_several_ways_that_agree_against_one_example_are_said_to_and_never_verified():
    nodes = against_an_example(*SAME)
    found = best(nodes, nodes, passing="few examples")
    assert (found.node, found.status, found.kind) == (nodes[1], "unverified", "against an example")
    assert found.evidence[1:] == (
        "assert f(2) == 5: got 4",
        "3 of 4 independent attempts agree (direct and plan) against this example: it may be wrong",
    )


@pytest.mark.parametrize(
    ("nodes", "passing"),
    [
        (against_an_example(*SAME), "given checks"),
        (against_an_example(*SAME, kind="exception"), "few examples"),
        (against_an_example(*SAME[:2]), "few examples"),
        (against_an_example(*[SAME[1]] * 4), "few examples"),
    ],
    ids=["the user's tests", "crashes", "all differ", "one way alone"],
)
def test_an_example_is_not_doubted_for_less(nodes: list[Node], passing: Kind):
    assert best(nodes, nodes, passing=passing).kind == "failed checks"


def test_confidence_falls_with_the_evidence():
    given = best(voters(("direct", "1"), ruling="passed"), (), passing="given checks")
    few = best(voters(("direct", "1"), ruling="passed"), (), passing="few examples")
    agreed = best(voters(("compute", "4"), ("reason", "4"), ("compute", "4")), (), passing=None)
    alone = best(voters(("compute", "4")), (), passing=None)
    nothing = best([], (), passing=None)
    sure = [one.confidence for one in (given, agreed, few, alone, nothing)]
    assert 1 > sure[0] > max(sure[1], sure[2]) > min(sure[1], sure[2]) > sure[3] > sure[4] == 0
    assert [one.status for one in (given, few, agreed, alone, nothing)] == [
        "verified", "verified", "agreed", "unverified", "failed",
    ]  # fmt: skip


def test_what_was_measured_is_said_in_words():
    odds = Odds(0.83, measured=120, suite="a suite")
    assert odds.words == "about 8 in 10 answers with such evidence were right (measured on 120 of a suite)"
