"""The judge, on histories in which something is wrong on purpose."""

from copy import deepcopy

import pytest

from jobs.chaos.history import History, Json, Logged, Renamed, Seen, disagreeing, doubled, lost

BOARD = "b"


def element(version: int, nonce: int = 5, name: str = "e") -> Json:
    return {"id": name, "version": version, "versionNonce": nonce}


@pytest.fixture
def good() -> History:
    """Two acknowledged edits of one element, a third that nobody heard of again, two titles; two people watched."""
    places = {("epoch", 1): "x1", ("epoch", 2): "x2", ("epoch", 3): "x3"}
    return History(
        acked={"op1": (BOARD, element(1)), "op2": (BOARD, element(2))},
        accepted=[(BOARD, "one"), (BOARD, "two")],
        log=[Logged(BOARD, f"op{number}", [element(number)]) for number in (1, 2, 3)],
        facts=[Renamed("f1", BOARD, "one", 2), Renamed("f2", BOARD, "two", 3)],
        stored={BOARD: {"e": element(3)}},
        titles={BOARD: "two"},
        seen=[Seen(BOARD, dict(places), {"e": element(3)}), Seen(BOARD, dict(places), {"e": element(3)})],
    )


def test_a_good_history_is_good(good: History) -> None:
    assert (lost(good), doubled(good), disagreeing(good)) == ([], [], [])


def test_what_happens_after_faults_is_good_too(good: History) -> None:
    """An op that was sent twice, and a fact that was published twice under its id."""
    good.log = [*good.log, Logged(BOARD, "op1", [element(1)])]
    good.facts = [*good.facts, good.facts[0]]

    assert (lost(good), doubled(good), disagreeing(good)) == ([], [], [])


def test_an_op_that_is_not_in_the_log_is_lost(good: History) -> None:
    good.log = good.log[1:]

    assert lost(good) == ["op op1 is not in the log"]


def test_an_op_that_the_store_does_not_show_is_lost(good: History) -> None:
    good.stored = {BOARD: {"e": element(1)}}

    assert lost(good) == ["op op2 is not in the store"]


def test_an_accepted_action_without_its_fact_is_lost(good: History) -> None:
    good.facts = good.facts[1:]

    assert lost(good) == ["the title 'one' was accepted and no fact tells it"]


def test_an_action_decided_twice_is_doubled(good: History) -> None:
    good.facts = [*good.facts, Renamed("f3", BOARD, "one", 4)]

    assert doubled(good) == ["the title 'one' was decided 2 times"]


def test_two_facts_under_one_revision_are_doubled(good: History) -> None:
    good.facts = [*good.facts, Renamed("f3", BOARD, "three", 3)]

    assert doubled(good) == ["revision 3 of a board was told 2 times"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda h: h.seen[0].events.update({("epoch", 2): "other"}), "two events at ('epoch', 2)"),
        (lambda h: h.seen[1].held.update(e=element(2)), "a person does not hold what the log says"),
        (lambda h: h.seen[1].faults.append("seq 4 after 2"), "seq 4 after 2"),
        (lambda h: h.stored[BOARD].update(e=element(3, nonce=4)), "the store does not hold what the log says"),
        (lambda h: h.titles.update(b="one"), "the board is called 'one' and not 'two'"),
        (lambda h: h.refused.append("an op was refused"), "an op was refused"),
    ],
)
def test_disagreements_are_told(good: History, change: object, said: str) -> None:
    history = deepcopy(good)

    change(history)

    assert disagreeing(history) == [said]
