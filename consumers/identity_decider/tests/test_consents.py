"""The rules of consents, and that they are kept and shown as they are told."""

from dataclasses import replace

from consumers.identity_decider.state import State
from consumers.identity_decider.tests.test_handler import GRACE, PERSON, code, make, state, told
from consumers.tests.court import Court


def consenting() -> State:
    return state(person=replace(PERSON, consents=frozenset({"analytics"})))


def test_a_consent_is_told_once_and_so_is_its_end() -> None:
    assert told(make("give_consent", state(), purpose="analytics")) == [("consent_given", 8)]
    assert told(make("give_consent", consenting(), purpose="analytics")) == []
    assert told(make("withdraw_consent", consenting(), purpose="analytics")) == [("consent_withdrawn", 8)]
    assert told(make("withdraw_consent", state(), purpose="analytics")) == []


def test_nobody_consents_for_somebody_else() -> None:
    for name in ("give_consent", "withdraw_consent"):
        for actor in (GRACE, None):
            assert code(make(name, state(), actor=actor, purpose="analytics")) == "forbidden"
        assert code(make(name, state(person=None), purpose="analytics")) == "not_found"


async def test_what_was_told_stands_in_the_view_and_goes_with_the_account(court: Court) -> None:
    ada = (await court.register()).user_id
    query = "select purpose from identity_decider.consents_v1 where user_id = $1"
    say = {"user_id": ada, "purpose": "analytics"}

    await court.say("identity.give_consent", say, actor=ada)
    given = await court.rows(query, ada)
    await court.say("identity.withdraw_consent", say, actor=ada)
    withdrawn = await court.rows(query, ada)
    again = await court.say("identity.give_consent", say, actor=ada)
    await court.say("identity.delete_user", {"user_id": ada}, actor=ada)

    assert (given, withdrawn, await court.rows(query, ada)) == ([{"purpose": "analytics"}], [], [])
    assert again.names == ["consent_given"]
