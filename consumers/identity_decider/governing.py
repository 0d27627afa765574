"""What administrators of the instance and its operators decide about people."""

from datetime import datetime

from consumers.identity_decider.facts import all_closed, of
from consumers.identity_decider.state import State
from schemas.models.identity import AppointAdmin, BanUser, DismissAdmin, UnbanUser
from topics.decisions import Decision, numbered, refuse
from topics.errors import Reject


def ban_user(_data: BanUser, _time: datetime, state: State) -> Decision:
    """Nobody logs in to this account any more; its sessions close."""
    person = state.person
    if person is None:
        return refuse(no_account())
    if person.admin and not state.operator:
        return refuse(Reject("conflict", "An administrator is banned by an operator, who takes the office first."))
    if person.banned:
        return Decision()
    told = [of(person, "user_banned"), *all_closed(person, state.sessions.values(), "banned")]
    return Decision(facts=numbered(person.revision, told))


def unban_user(_data: UnbanUser, _time: datetime, state: State) -> Decision:
    """The person may log in again."""
    person = state.person
    if person is None:
        return refuse(no_account())
    if not person.banned:
        return Decision()
    return Decision(facts=numbered(person.revision, [of(person, "user_unbanned")]))


def appoint_admin(_data: AppointAdmin, _time: datetime, state: State) -> Decision:
    """The person administers the instance."""
    person = state.person
    if person is None:
        return refuse(no_account())
    if person.admin:
        return Decision()
    return Decision(facts=numbered(person.revision, [of(person, "admin_appointed")]))


def dismiss_admin(_data: DismissAdmin, _time: datetime, state: State) -> Decision:
    """The person does not administer the instance any more."""
    person = state.person
    if person is None:
        return refuse(no_account())
    if not person.admin:
        return Decision()
    return Decision(facts=numbered(person.revision, [of(person, "admin_dismissed")]))


def no_account() -> Reject:
    """The refusal where there is nobody."""
    return Reject("not_found", "There is no such account.")
