"""The rules of addresses, links, administrators and providers, as a table of decisions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consumers.identity_decider.state import Confirmation, Reset, State
from consumers.identity_decider.tests.test_handler import (
    ADA,
    DESK,
    GRACE,
    NOW,
    PERSON,
    PHONE,
    code,
    make,
    register,
    session,
    state,
    told,
)
from topics.decisions import Decision

LINK = "01980c5e-0006-7a10-8f2e-3c4d5e6f7081"
PROOF = "x" * 43
ISSUER = "https://id.example.org"
SOON, BEFORE = NOW + timedelta(hours=1), NOW - timedelta(seconds=1)


def paths(decision: Decision) -> list[str]:
    assert decision.refusal is not None
    return [problem.path for problem in decision.refusal.errors]


def test_the_first_account_administers_the_instance() -> None:
    first, second = register(State(nobody_yet=True)), register(State())

    assert first.facts[1].data.get("admin") is True
    assert "admin" not in second.facts[1].data


def test_a_registration_may_wait_for_its_mailed_token() -> None:
    decision = register(State(), confirmation_id=LINK)

    assert told(decision)[1:4] == [
        ("user_registered", 1),
        ("session_opened", 2),
        ("email_confirmation_requested", 3),
    ]
    assert "Ada@example.org" not in str(decision.facts[3].data)


@pytest.mark.parametrize(
    ("actor", "before", "expected"),
    [
        pytest.param(GRACE, state(session(), actor_is_admin=True), None, id="an administrator may"),
        pytest.param(None, state(session(), operator=True), None, id="an operator may"),
        pytest.param(GRACE, state(session()), "forbidden", id="nobody else may"),
        pytest.param(ADA, state(session()), "forbidden", id="not even oneself"),
        pytest.param(GRACE, state(person=None, actor_is_admin=True), "not_found", id="somebody who is there"),
        pytest.param(
            GRACE,
            state(person=replace(PERSON, admin=True), actor_is_admin=True),
            "conflict",
            id="an administrator bans no other",
        ),
    ],
)
def test_who_may_ban(actor: str | None, before: State, expected: str | None) -> None:
    assert code(make("ban_user", before, actor=actor)) == expected


def test_a_ban_closes_every_session_and_a_second_one_says_nothing() -> None:
    banned = state(person=replace(PERSON, banned=True), actor_is_admin=True)

    first = make("ban_user", state(session(), session(PHONE), actor_is_admin=True), actor=GRACE)
    again = make("ban_user", banned, actor=GRACE)

    assert told(first) == [("user_banned", 8), ("session_closed", 9), ("session_closed", 10)]
    assert {fact.data.get("reason") for fact in first.facts} == {None, "banned"}
    assert (code(again), again.facts) == (None, ())
    assert told(make("unban_user", banned, actor=GRACE)) == [("user_unbanned", 8)]


def test_a_banned_person_logs_in_by_no_way() -> None:
    banned = state(person=replace(PERSON, banned=True))

    assert code(make("open_session", banned, actor=None, session_id=PHONE)) == "forbidden"
    assert code(provider(replace(banned, identity_of=ADA))) == "forbidden"
    assert make("request_reset", banned, actor=None, reset_id=LINK, by="mail").facts == ()


@pytest.mark.parametrize("name", ["appoint_admin", "dismiss_admin"])
def test_the_office_is_an_operators_to_give(name: str) -> None:
    holder = state(person=replace(PERSON, admin=True), operator=True)

    assert code(make(name, state(actor_is_admin=True), actor=GRACE, proof=PROOF)) == "forbidden"
    assert told(make("appoint_admin", state(operator=True), actor=None, proof=PROOF)) == [("admin_appointed", 8)]
    assert told(make("dismiss_admin", holder, actor=None, proof=PROOF)) == [("admin_dismissed", 8)]


def test_a_proof_that_is_wrong_is_no_leave_even_to_the_person_himself() -> None:
    assert code(make("close_sessions", state(session()), actor=ADA, proof=PROOF)) == "forbidden"
    assert code(make("request_reset", state(), actor=None, reset_id=LINK, by="operator")) == "forbidden"


def test_all_sessions_but_one_close() -> None:
    decision = make("close_sessions", state(session(), session(PHONE)), keep_session_id=DESK)

    assert [(fact.data["session_id"], fact.data["reason"]) for fact in decision.facts] == [(PHONE, "revoked")]
    assert len(make("close_sessions", state(session(), session(PHONE))).facts) == 2
    assert code(make("close_sessions", state(session()), actor=GRACE)) == "forbidden"


def test_a_use_of_a_session_is_no_fact() -> None:
    assert make("touch_session", state(session()), session_id=DESK) == Decision()


def test_who_asks_by_mail_learns_nothing() -> None:
    answers = [
        make("request_reset", before, actor=None, reset_id=LINK, by="mail")
        for before in (state(person=None), state(mailed_at=NOW - timedelta(seconds=59)))
    ]

    assert answers == [Decision(), Decision()]
    later = make("request_reset", state(mailed_at=NOW - timedelta(seconds=60)), actor=None, reset_id=LINK, by="mail")
    assert told(later) == [("reset_requested", 8)]
    assert later.facts[0].data["expires_at"] == "2026-03-02T12:00:00.000Z"


def test_a_link_sets_the_password_and_closes_every_session() -> None:
    before = state(session(), session(PHONE), reset=Reset("mail", SOON, used=False))

    decision = make("reset_password", before, actor=None, reset_id=LINK, password="a hash")

    assert told(decision) == [("password_changed", 8), ("session_closed", 9), ("session_closed", 10)]


@pytest.mark.parametrize(
    "before",
    [
        state(),
        state(person=None, reset=Reset("mail", SOON, used=False)),
        state(reset=Reset("mail", SOON, used=True)),
        state(reset=Reset("operator", NOW, used=False)),
    ],
)
def test_a_link_that_is_used_too_old_or_none_is_gone(before: State) -> None:
    decision = make("reset_password", before, actor=None, reset_id=LINK, password="a hash")

    assert (code(decision), decision.facts) == ("gone", ())


def move(before: State, **data: object) -> Decision:
    return make("change_email", before, **{"email": "new@example.org", "password_version": 2, **data})


def test_an_address_changes_at_once_where_no_mail_is_configured() -> None:
    decision = move(state())

    assert told(decision) == [("email_changed", 8), ("person", 8)]
    assert decision.facts[1].data["email"] == "new@example.org"
    assert move(state(), email=PERSON.email).facts == ()


def test_an_address_waits_for_its_token_where_mail_is_configured() -> None:
    decision = move(state(), confirmation_id=LINK)

    assert told(decision) == [("email_confirmation_requested", 8)]
    assert "new@example.org" not in str(decision.facts)


def test_an_account_does_not_fill_other_peoples_mailboxes() -> None:
    many = tuple(NOW - timedelta(minutes=each) for each in (1, 2, 3, 4, 9.9))
    older = (*many[:4], NOW - timedelta(minutes=10))

    assert code(move(state(letters=many), confirmation_id=LINK)) == "rate_limited"
    assert code(move(state(letters=older), confirmation_id=LINK)) is None
    assert code(move(state(letters=many))) is None, "nothing is mailed"


def test_an_address_that_cannot_be() -> None:
    taken = move(state(email_taken=True))

    assert (code(taken), paths(taken)) == ("conflict", ["/email"])
    assert code(move(state(), password_version=1)) == "conflict"
    assert code(make("change_email", state(), actor=GRACE, email="a@b.example", password_version=2)) == "forbidden"


@pytest.mark.parametrize(
    ("mailed", "expected"),
    [
        (Confirmation("new@example.org", SOON, used=False), [("email_changed", 8), ("person", 8)]),
        (Confirmation(PERSON.email, SOON, used=False), [("email_confirmed", 8)]),
        (Confirmation("new@example.org", SOON, used=True), "gone"),
        (Confirmation("new@example.org", BEFORE, used=False), "gone"),
        (None, "gone"),
    ],
)
def test_a_mailed_token_comes_back(mailed: Confirmation | None, expected: object) -> None:
    decision = make("confirm_email", state(confirmation=mailed), actor=None, confirmation_id=LINK)

    assert (code(decision) or told(decision)) == expected


def test_an_address_that_somebody_took_meanwhile_is_a_conflict() -> None:
    before = state(confirmation=Confirmation("new@example.org", SOON, used=False), email_taken=True)

    assert code(make("confirm_email", before, actor=None, confirmation_id=LINK)) == "conflict"


def provider(before: State, **data: object) -> Decision:
    settings = {
        "issuer": ISSUER,
        "subject": "248289761001",
        "email": "ADA@example.org",
        "email_verified": True,
        "name": "Ada",
        "session_id": PHONE,
    }
    return make("sign_in_with_provider", before, actor=None, **{**settings, **data})


def test_an_identity_that_is_linked_logs_in_whatever_its_address_is_now() -> None:
    decision = provider(state(identity_of=ADA), email="other@example.org", email_verified=False)

    assert told(decision) == [("session_opened", 8)]


def test_an_identity_of_somebody_else_is_a_conflict() -> None:
    assert code(provider(state(identity_of=GRACE))) == "conflict"


def test_a_new_identity_is_a_new_person() -> None:
    decision = provider(state(person=None))

    assert told(decision) == [
        ("person", 3),
        ("user_registered", 1),
        ("provider_linked", 2),
        ("session_opened", 3),
    ]
    assert "248289761001" not in str(decision.facts)


@pytest.mark.parametrize(
    ("proof", "data", "expected"),
    [
        pytest.param("mail", {}, None, id="both sides have verified the address"),
        pytest.param("provider", {}, None, id="whoever verified it for us"),
        pytest.param("word", {}, "forbidden", id="here it is only somebody's word"),
        pytest.param(None, {}, "forbidden", id="here it waits for its token"),
        pytest.param("mail", {"email_verified": False}, "forbidden", id="there it is only somebody's word"),
        pytest.param("mail", {"email": "eve@example.org"}, "forbidden", id="it is another address"),
        pytest.param("word", {"password_version": 2}, None, id="the password was shown"),
        pytest.param("word", {"password_version": 2, "email_verified": False}, None, id="that alone is enough"),
        pytest.param("mail", {"password_version": 1}, "forbidden", id="a password that was changed meanwhile"),
    ],
)
def test_when_an_identity_is_linked(proof: object, data: dict[str, object], expected: str | None) -> None:
    decision = provider(state(person=replace(PERSON, email_proof=proof)), **data)

    assert code(decision) == expected
    if expected is None:
        assert told(decision)[0] == ("provider_linked", 8)
    else:
        assert decision.facts == ()


def test_a_provider_that_verified_the_address_proves_it_here() -> None:
    decision = provider(state(), password_version=2)

    assert [name for name, _ in told(decision)] == ["provider_linked", "email_confirmed", "session_opened"]


def test_an_address_of_somebody_else_or_none_makes_no_account() -> None:
    taken = provider(state(person=None, email_taken=True))
    assert (code(taken), paths(taken)) == ("forbidden", ["/password"])
    nameless = make(
        "sign_in_with_provider",
        state(person=None),
        actor=None,
        issuer=ISSUER,
        subject="x",
        email_verified=False,
        name="Ada",
        session_id=PHONE,
    )
    assert (code(nameless), paths(nameless)) == ("schema_invalid", ["/email"])


def test_a_time_zone_is_one_of_the_world() -> None:
    decision = make("update_profile", state(), time_zone="Europe/Berlin", avatar="🦊")

    assert (decision.facts[1].data["time_zone"], decision.facts[1].data["avatar"]) == ("Europe/Berlin", "🦊")
    wrong = make("update_profile", state(), time_zone="Europe/Atlantis")
    assert (code(wrong), paths(wrong)) == ("schema_invalid", ["/time_zone"])
