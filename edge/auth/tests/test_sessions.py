"""What is remembered of closed sessions and deleted people."""

from edge.auth.callers import Caller
from edge.auth.sessions import SLACK_SECONDS, Sessions


def caller(user_id: str = "u", session_id: str | None = "s") -> Caller:
    return Caller(
        user_id, session_id, "Ada", "#000", guest=session_id is None, link_id=None, board_id=None, expires_at=0
    )


def test_a_closed_session_is_refused_and_told_once() -> None:
    told: list[str] = []
    sessions = Sessions(900)
    sessions.on_closed = told.append

    sessions.close("s", 10.0)
    sessions.close("s", 10.0)

    assert sessions.refuses(caller())
    assert not sessions.refuses(caller(session_id="another"))
    assert told == ["s"]


def test_a_deleted_person_is_refused_with_every_session() -> None:
    told: list[str] = []
    sessions = Sessions(900)
    sessions.on_erased = told.append

    sessions.erase("u", 10.0)

    assert sessions.refuses(caller())
    assert sessions.refuses(caller(session_id=None))
    assert told == ["u"]


def test_what_no_token_can_name_any_more_is_forgotten() -> None:
    sessions = Sessions(900)
    sessions.close("old", 1000.0)
    sessions.erase("gone", 1000.0)

    sessions.close("kept", 1000.0 + 900)
    assert sessions.refuses(caller(session_id="old"))
    sessions.close("new", 1000.0 + 900 + SLACK_SECONDS + 1)

    assert not sessions.refuses(caller(session_id="old"))
    assert not sessions.refuses(caller(user_id="gone"))
    assert sessions.refuses(caller(session_id="kept"))


def test_a_new_name_is_remembered_as_long_as_a_token_may_say_the_old_one() -> None:
    sessions = Sessions(900)

    sessions.change_profile("u", 10.0)
    assert sessions.has_new_profile("u")
    assert not sessions.has_new_profile("another")
    sessions.close("s", 10.0 + 900 + SLACK_SECONDS + 31)
    assert not sessions.has_new_profile("u")
