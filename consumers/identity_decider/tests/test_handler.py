"""The rules of people and sessions, as a table of decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consumers.identity_decider.handler import RULES, decide
from consumers.identity_decider.state import Person, Session, State
from schemas import codec
from schemas.envelope import Envelope
from schemas.registry import registry
from topics.decisions import Decision, Tombstone

ADA = "01980c5e-0001-7a10-8f2e-3c4d5e6f7081"
GRACE = "01980c5e-0001-7a10-8f2e-3c4d5e6f7082"
DESK, PHONE = "01980c5e-0003-7a10-8f2e-3c4d5e6f7081", "01980c5e-0003-7a10-8f2e-3c4d5e6f7082"
WORKSPACE = "01980c5e-0004-7a10-8f2e-3c4d5e6f7081"
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PERSON = Person(ADA, "Ada@example.org", "Ada", "#1971c2", "en", password_version=2, revision=7)
SEALED = {"kid": "k1", "nonce": "AAECAwQFBgcICQoL", "ct": "c2VhbGVkIGluIHRoZSBleGFtcGxlLCBub3QgYSBzZWNyZXQ"}


def session(session_id: str = DESK, generation: int = 3, age: timedelta = timedelta(seconds=10)) -> Session:
    return Session(session_id, generation, NOW - age)


def state(*sessions: Session, person: Person | None = PERSON, **more: object) -> State:
    return replace(State(person=person, sessions={each.session_id: each for each in sessions}), **more)


def make(name: str, state: State, /, *, actor: str | None = ADA, **data: object) -> Decision:
    data = {"user_id": ADA, **data}
    mt = registry().get(f"identity.{name}")
    # A rule gets its secrets opened; the log holds them sealed.
    codec.validate(mt, {**data, **{field: SEALED for field in mt.sealed if field in data}})
    envelope = Envelope(
        id="01980c5e-0008-7a10-8f2e-3c4d5e6f7081",
        type=mt.name,
        source="test",
        time=NOW.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=ADA,
        dataschema=mt.dataschema,
        correlationid="01980c5e-0008-7a10-8f2e-3c4d5e6f7081",
        actor=actor,
    )
    decision = decide(mt.name, data, envelope, state)
    for fact in decision.facts:
        codec.validate(registry().get(fact.type), dict(fact.data))
    return decision


def told(decision: Decision) -> list[tuple[str, int]]:
    return [(fact.type.partition(".")[2], fact.data["revision"]) for fact in decision.facts]


def code(decision: Decision) -> str | None:
    return decision.refusal.code if decision.refusal is not None else None


def register(state: State, **data: object) -> Decision:
    settings = {"email": "Ada@example.org", "password": "a hash", "name": "Ada", "session_id": DESK}
    return make("register_user", state, actor=None, **{**settings, **data})


def test_every_action_of_the_topic_has_a_rule() -> None:
    assert set(RULES) == {mt.name for mt in registry().of_topic("identity.actions")}


def test_a_registration_is_a_person_and_a_session() -> None:
    decision = register(State())

    assert told(decision) == [
        ("person", 2),
        ("user_registered", 1),
        ("session_opened", 2),
    ]
    facts = {fact.type: fact.data for fact in decision.facts}
    assert facts["identity.session_opened"]["generation"] == 1
    assert facts["identity.person"]["locale"] == "en"


def test_a_person_keeps_the_colour_and_language_that_he_came_with() -> None:
    decision = register(State(), color="#123456", locale="ru")

    assert (decision.facts[0].data["color"], decision.facts[0].data["locale"]) == ("#123456", "ru")


def test_a_colour_is_the_same_whenever_it_is_decided() -> None:
    assert register(State()).facts[0].data["color"] == register(State()).facts[0].data["color"]


@pytest.mark.parametrize("taken", [State(email_taken=True), State(person=PERSON)])
def test_a_taken_address_or_id_is_a_conflict(taken: State) -> None:
    assert code(register(taken)) == "conflict"


def test_facts_name_people_by_id_only() -> None:
    decision = register(State(), name="Ada Lovelace")

    for fact in decision.facts:
        if registry().get(fact.type).kind == "fact":
            assert not {"Ada Lovelace", "Ada@example.org", "a hash"} & set(map(str, fact.data.values()))


def test_a_login_opens_a_session() -> None:
    decision = make("open_session", state(), actor=None, session_id=PHONE)

    assert told(decision) == [("session_opened", 8)]
    assert decision.facts[0].data["generation"] == 1


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (state(person=None), "unauthenticated"),
        (state(session_known=True), "conflict"),
    ],
)
def test_a_login_that_cannot_be(before: State, expected: str) -> None:
    assert code(make("open_session", before, actor=None, session_id=PHONE)) == expected


@pytest.mark.parametrize(("version", "expected"), [(2, None), (1, "unauthenticated")])
def test_a_login_with_a_password_that_was_changed_meanwhile_is_none(version: int, expected: str | None) -> None:
    decision = make("open_session", state(), actor=None, session_id=PHONE, password_version=version)

    assert code(decision) == expected


@pytest.mark.parametrize(
    ("presented", "age", "generation", "refused"),
    [
        pytest.param(3, 10, 4, None, id="the current token rotates"),
        pytest.param(3, 10**6, 4, None, id="however old it is"),
        pytest.param(2, 0, 3, None, id="the one before gives the same successor"),
        pytest.param(2, 30, 3, None, id="for thirty seconds"),
        pytest.param(2, 30.001, None, "unauthenticated", id="and not longer"),
        pytest.param(1, 1, None, "unauthenticated", id="an older one is stolen"),
        pytest.param(5, 1, 6, None, id="one from after a restored backup is genuine"),
    ],
)
def test_rotation(presented: int, age: float, generation: int | None, refused: str | None) -> None:
    before = state(session(generation=3, age=timedelta(seconds=age)), session(PHONE))

    decision = make("rotate_session", before, actor=None, session_id=DESK, generation=presented)

    assert code(decision) == refused
    (fact,) = decision.facts
    if generation is None:
        assert (fact.type, fact.data["reason"], fact.data["session_id"]) == ("identity.session_closed", "reuse", DESK)
    else:
        assert (fact.type, fact.data["generation"]) == ("identity.session_rotated", generation)
    assert fact.data["revision"] == 8


@pytest.mark.parametrize("before", [state(), state(person=None), state(session(PHONE))])
def test_a_closed_session_rotates_no_more(before: State) -> None:
    decision = make("rotate_session", before, actor=None, session_id=DESK, generation=3)

    assert (code(decision), decision.facts) == ("unauthenticated", ())


def test_a_logout_closes_one_session() -> None:
    decision = make("close_session", state(session(), session(PHONE)), session_id=DESK)

    (fact,) = decision.facts
    assert (fact.data["session_id"], fact.data["reason"]) == (DESK, "logout")


def test_a_second_logout_is_fine_and_says_nothing() -> None:
    decision = make("close_session", state(session_known=True), session_id=DESK)

    assert (code(decision), decision.facts) == (None, ())


def test_a_session_of_somebody_else_is_not_found() -> None:
    assert code(make("close_session", state(session(PHONE)), session_id=DESK)) == "not_found"


@pytest.mark.parametrize("name", ["close_session", "update_profile", "change_password", "delete_user"])
def test_only_the_person_himself(name: str) -> None:
    data = {
        "close_session": {"session_id": DESK},
        "update_profile": {"name": "X"},
        "change_password": {"password": "a hash", "keep_session_id": DESK},
        "delete_user": {},
    }[name]

    for actor in (GRACE, None):
        assert code(make(name, state(session()), actor=actor, **data)) == "forbidden"
    assert code(make(name, state(person=None), **data)) == "not_found"


def test_a_profile_changes_where_it_says_so() -> None:
    decision = make("update_profile", state(), name="Countess")

    assert told(decision) == [("profile_changed", 8), ("person", 8)]
    person = decision.facts[1].data
    assert (person["name"], person["color"], person["email"]) == ("Countess", "#1971c2", "Ada@example.org")


def test_a_profile_that_stays_the_same_says_nothing() -> None:
    decision = make("update_profile", state(), name="Ada", locale="en")

    assert (code(decision), decision.facts) == (None, ())


def test_a_new_password_closes_the_other_sessions() -> None:
    before = state(session(DESK), session(PHONE))

    decision = make("change_password", before, password="a hash", keep_session_id=DESK)

    assert told(decision) == [("password_changed", 8), ("session_closed", 9)]
    assert decision.facts[1].data["session_id"] == PHONE
    assert decision.facts[1].data["reason"] == "password_changed"


def test_an_account_ends_with_its_sessions_and_its_name() -> None:
    before = state(session(DESK), session(PHONE))

    decision = make("delete_user", before)

    assert told(decision) == [
        ("session_closed", 8),
        ("session_closed", 9),
        ("user_erased", 10),
    ]
    assert decision.tombstones == (Tombstone("identity.people", ADA),)


@pytest.mark.parametrize(
    "before",
    [
        state(session(), last_owner_of=frozenset({"01980c5e-0005-7a10-8f2e-3c4d5e6f7081"})),
        state(session(), last_admin_of=frozenset({WORKSPACE})),
    ],
)
def test_an_account_that_others_hang_on_stays(before: State) -> None:
    decision = make("delete_user", before)

    assert (code(decision), decision.facts, decision.tombstones) == ("conflict", (), ())
