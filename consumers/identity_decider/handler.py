"""Who a person is and which of his sessions are open: the rules, as pure functions."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from consumers.identity_decider.state import Person, Session, State
from schemas.envelope import Envelope
from schemas.models.identity import (
    ChangePassword,
    CloseSession,
    DeleteUser,
    OpenSession,
    RegisterUser,
    RotateSession,
    UpdateProfile,
)
from topics.decisions import Decision, Fact, Tombstone, numbered, refuse, sent_at
from topics.errors import Reject

# How long a rotated refresh token still gives its successor: two tabs, or an answer that got lost (protocol, Tokens).
GRACE: Final = timedelta(seconds=30)
FIRST_GENERATION: Final = 1
DEFAULT_LOCALE: Final = "en"
# Told apart on white and by people with the common colour blindnesses; a person without a colour gets one by his id.
COLORS: Final = ("#1971c2", "#e03131", "#2f9e44", "#f08c00", "#9c36b5", "#0c8599", "#c2255c", "#6741d9")

CloseReason = Literal["logout", "reuse", "password_changed", "deleted", "revoked"]
Data = Mapping[str, Any]
# Each rule names the type of its own payload, which the engine has checked against that schema.
Rule = Callable[[Any, datetime, State], Decision]


def decide(name: str, data: Data, envelope: Envelope, state: State) -> Decision:
    """The decision on one action of `identity.actions`."""
    if name not in ANONYMOUS and envelope.actor != data["user_id"]:
        return refuse(Reject("forbidden", "Only the person himself may do this."))
    return RULES[name](data, sent_at(envelope), state)


def register_user(data: RegisterUser, _time: datetime, state: State) -> Decision:
    """A new person, with a first session and a personal workspace of the person's name."""
    if state.email_taken:
        return refuse(Reject("conflict", "There is an account with this e-mail address already."))
    if state.person is not None:
        return refuse(Reject("conflict", "There is an account with this id already."))
    user_id, workspace_id = data["user_id"], data["workspace_id"]
    told = numbered(
        0,
        [
            Fact("identity.user_registered", {"user_id": user_id}),
            Fact(
                "identity.session_opened",
                {"user_id": user_id, "session_id": data["session_id"], "generation": FIRST_GENERATION},
            ),
        ],
    )
    workspace = numbered(
        0,
        [
            Fact(
                "workspaces.workspace_created",
                {"workspace_id": workspace_id, "name": data["name"], "personal": True, "created_by": user_id},
            ),
            Fact("workspaces.member_joined", {"workspace_id": workspace_id, "user_id": user_id, "role": "admin"}),
        ],
    )
    person = Person(
        user_id=user_id,
        email=data["email"],
        name=data["name"],
        color=data.get("color") or color_of(user_id),
        locale=data.get("locale") or DEFAULT_LOCALE,
        password_version=1,
        revision=len(told),
    )
    return Decision(facts=(entry(person), *told, *workspace), workspace=workspace_id)


def open_session(data: OpenSession, _time: datetime, state: State) -> Decision:
    """A login: the edge has verified the password, of `password_version` where it says so."""
    if state.person is None:
        return refuse(Reject("unauthenticated", "There is no such account."))
    if data.get("password_version", state.person.password_version) != state.person.password_version:
        return refuse(Reject("unauthenticated", "The password was changed meanwhile: log in with the new one."))
    if state.session_known:
        return refuse(Reject("conflict", "There is a session with this id already."))
    opened = {"user_id": data["user_id"], "session_id": data["session_id"], "generation": FIRST_GENERATION}
    return Decision(facts=numbered(state.person.revision, [Fact("identity.session_opened", opened)]))


def rotate_session(data: RotateSession, time: datetime, state: State) -> Decision:
    """The next refresh token; the same one again in the grace time; the end of the session for a token used twice."""
    session = state.sessions.get(data["session_id"])
    if state.person is None or session is None:
        return refuse(Reject("unauthenticated", "This session is closed: log in again."))
    behind = session.generation - data["generation"]
    if behind > 1 or (behind == 1 and time - session.rotated_at > GRACE):
        return Decision(
            facts=numbered(state.person.revision, [closed(state.person, session, "reuse")]),
            refusal=Reject(
                "unauthenticated", "This refresh token was used before: the session is closed, log in again."
            ),
        )
    # A token ahead of the session is genuine (the edge checked it): this database was restored to an earlier minute.
    generation = session.generation if behind == 1 else data["generation"] + 1
    rotated = {"user_id": data["user_id"], "session_id": session.session_id, "generation": generation}
    return Decision(facts=numbered(state.person.revision, [Fact("identity.session_rotated", rotated)]))


def close_session(data: CloseSession, _time: datetime, state: State) -> Decision:
    """A logout. To close what is closed is fine."""
    if state.person is None or not (state.session_known or data["session_id"] in state.sessions):
        return refuse(Reject("not_found", "There is no such session."))
    session = state.sessions.get(data["session_id"])
    if session is None:
        return Decision()
    return Decision(facts=numbered(state.person.revision, [closed(state.person, session, "logout")]))


def update_profile(data: UpdateProfile, _time: datetime, state: State) -> Decision:
    """A changed name, colour or language."""
    if state.person is None:
        return refuse(Reject("not_found", "There is no such account."))
    changed = changed_person(state.person, data)
    if changed == state.person:
        return Decision()
    told = numbered(state.person.revision, [Fact("identity.profile_changed", {"user_id": changed.user_id})])
    return Decision(facts=(*told, entry(changed, told[-1].data["revision"])))


def change_password(data: ChangePassword, _time: datetime, state: State) -> Decision:
    """A new password: every session but the one that is kept closes."""
    person = state.person
    if person is None:
        return refuse(Reject("not_found", "There is no such account."))
    others = [session for session in state.sessions.values() if session.session_id != data["keep_session_id"]]
    return Decision(
        facts=numbered(
            person.revision,
            [
                Fact("identity.password_changed", {"user_id": person.user_id}),
                *(closed(person, session, "password_changed") for session in others),
            ],
        )
    )


def delete_user(_data: DeleteUser, _time: datetime, state: State) -> Decision:
    """The end of an account: its sessions, its personal workspaces, its entry among the people."""
    person = state.person
    if person is None:
        return refuse(Reject("not_found", "There is no such account."))
    if state.last_owner_of:
        boards = len(state.last_owner_of)
        return refuse(
            Reject(
                "conflict",
                f"{boards} of your boards with other people on them would lose the last owner: "
                "make somebody else an owner, or put them into the trash, first.",
            )
        )
    if state.last_admin_of:
        return refuse(
            Reject("conflict", "A workspace with other members would lose its last admin: name another first.")
        )
    told = numbered(
        person.revision,
        [
            *(closed(person, session, "deleted") for session in state.sessions.values()),
            Fact("identity.user_erased", {"user_id": person.user_id}),
        ],
    )
    gone = [
        fact
        for workspace in state.personal
        for fact in numbered(
            workspace.revision, [Fact("workspaces.workspace_deleted", {"workspace_id": workspace.workspace_id})]
        )
    ]
    return Decision(facts=(*told, *gone), tombstones=(Tombstone("identity.people", person.user_id),))


def closed(person: Person, session: Session, reason: CloseReason) -> Fact:
    """The end of one session."""
    return Fact(
        "identity.session_closed",
        {"user_id": person.user_id, "session_id": session.session_id, "reason": reason},
    )


def entry(person: Person, revision: int | None = None) -> Fact:
    """What `identity.people` shows of a person."""
    return Fact(
        "identity.person",
        {
            "user_id": person.user_id,
            "email": person.email,
            "name": person.name,
            "color": person.color,
            "locale": person.locale,
            "revision": person.revision if revision is None else revision,
        },
    )


def changed_person(person: Person, data: UpdateProfile) -> Person:
    """The person with what the action changes."""
    return Person(
        user_id=person.user_id,
        email=person.email,
        name=data.get("name", person.name),
        color=data.get("color", person.color),
        locale=data.get("locale", person.locale),
        password_version=person.password_version,
        revision=person.revision,
    )


def color_of(user_id: str) -> str:
    """A colour that stays with an id."""
    return COLORS[int(user_id[-2:], 16) % len(COLORS)]


RULES: Final[Mapping[str, Rule]] = {
    "identity.register_user": register_user,
    "identity.open_session": open_session,
    "identity.rotate_session": rotate_session,
    "identity.close_session": close_session,
    "identity.update_profile": update_profile,
    "identity.change_password": change_password,
    "identity.delete_user": delete_user,
}
# The edge proved who it is by a password or a refresh token, not by an access token.
ANONYMOUS: Final = frozenset({"identity.register_user", "identity.open_session", "identity.rotate_session"})
