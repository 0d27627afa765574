"""How a password is changed or set anew: by who knows the old one, or by a link that works once."""

from datetime import datetime, timedelta
from typing import Final

from consumers.identity_decider.facts import all_closed, of
from consumers.identity_decider.state import State
from schemas.models.identity import ChangePassword, RequestReset, ResetPassword
from topics.decisions import Decision, numbered, refuse
from topics.errors import Reject

RESET_LIVES: Final = timedelta(hours=24)
# Somebody who asks again and again fills another one's mailbox otherwise.
MAIL_PAUSE: Final = timedelta(minutes=1)


def change_password(data: ChangePassword, _time: datetime, state: State) -> Decision:
    """A new password: every session but the one that is kept closes."""
    person = state.person
    if person is None:
        return refuse(Reject("not_found", "There is no such account."))
    others = [session for session in state.sessions.values() if session.session_id != data["keep_session_id"]]
    told = [of(person, "password_changed"), *all_closed(person, others, "password_changed")]
    return Decision(facts=numbered(person.revision, told))


def request_reset(data: RequestReset, time: datetime, state: State) -> Decision:
    """A link that sets a new password. Who asks by mail learns nothing: neither whether there is such an account."""
    person = state.person
    by_mail = data["by"] == "mail"
    if person is None:
        return Decision() if by_mail else refuse(Reject("not_found", "There is no such account."))
    if by_mail and (person.banned or (state.mailed_at is not None and time - state.mailed_at < MAIL_PAUSE)):
        return Decision()
    asked = of(
        person, "reset_requested", reset_id=data["reset_id"], by=data["by"], expires_at=stamp(time + RESET_LIVES)
    )
    return Decision(facts=numbered(person.revision, [asked]))


def reset_password(data: ResetPassword, time: datetime, state: State) -> Decision:
    """The link is used: the password is another, and every session closes."""
    person, link = state.person, state.reset
    if person is None or link is None or link.used or time >= link.expires_at:
        return refuse(Reject("gone", "This link was used before, or it is too old: ask for another."))
    told = [
        of(person, "password_changed", reset_id=data["reset_id"]),
        *all_closed(person, state.sessions.values(), "password_changed"),
    ]
    return Decision(facts=numbered(person.revision, told))


def stamp(time: datetime) -> str:
    """A time as facts say it."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
