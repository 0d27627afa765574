"""Writes people and their sessions: what each fact says."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg

from topics.decisions import Fact

Data = Mapping[str, Any]
PERSON: Final = ("user_id", "email", "name", "color", "locale", "avatar", "time_zone")


async def apply(connection: asyncpg.Connection, fact: Fact, data: Data, time: datetime) -> None:
    """Make one fact so. `data` is the action's, with its secrets opened.

    What another fact of the same decision writes (the row of a person stands in `identity.person`) needs nothing here.
    """
    write = WRITES.get(fact.type)
    if write is not None:
        await write(connection, fact.data, data, time)


async def rehash(connection: asyncpg.Connection, user_id: str, password_hash: str) -> None:
    """The same password under newer parameters: no fact, and no new version."""
    await connection.execute("update users set password_hash = $2 where user_id = $1", user_id, password_hash)


async def touch(connection: asyncpg.Connection, data: Data, time: datetime) -> None:
    """A session was used, perhaps from elsewhere: no fact, because nobody decides by it."""
    await connection.execute(
        "update sessions set seen_at = greatest(seen_at, $3), client = coalesce($4, client),"
        " address = coalesce($5, address) where session_id = $1 and user_id = $2 and closed_at is null",
        data["session_id"],
        data["user_id"],
        time,
        data.get("client"),
        data.get("address"),
    )


async def _person(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    updated = await connection.execute(
        "update users set email = $2, name = $3, color = $4, locale = $5, avatar = $6, time_zone = $7, revision = $8"
        " where user_id = $1 and erased_at is null",
        *(fact.get(name) for name in PERSON),
        fact["revision"],
    )
    if updated == "UPDATE 0":
        await connection.execute(
            "insert into users (user_id, email, name, color, locale, avatar, time_zone, revision, password_hash,"
            " email_proof, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            *(fact.get(name) for name in PERSON),
            fact["revision"],
            data.get("password"),
            _first_proof(data),
            time,
        )


def _first_proof(data: Data) -> str | None:
    """What the address of a registration is worth."""
    if "issuer" in data:
        return "provider" if data["email_verified"] else None
    return None if "confirmation_id" in data else "word"


async def _user_registered(connection: asyncpg.Connection, fact: Data, _data: Data, _time: datetime) -> None:
    if fact.get("admin"):
        await connection.execute("update users set admin = true where user_id = $1", fact["user_id"])


async def _session_opened(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute(
        "insert into sessions (session_id, user_id, generation, client, address, created_at, seen_at, rotated_at,"
        " provider_issuer, provider_session) values ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8)",
        fact["session_id"],
        fact["user_id"],
        fact["generation"],
        data.get("client"),
        data.get("address"),
        time,
        data.get("issuer"),
        data.get("provider_session"),
    )


async def _session_rotated(connection: asyncpg.Connection, fact: Data, _data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute(
        "update sessions set seen_at = greatest(seen_at, $3), generation = $2,"
        " rotated_at = case when generation = $2 then rotated_at else $3 end where session_id = $1",
        fact["session_id"],
        fact["generation"],
        time,
    )


async def _session_closed(connection: asyncpg.Connection, fact: Data, _data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute("update sessions set closed_at = $2 where session_id = $1", fact["session_id"], time)


async def _password_changed(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    await connection.execute(
        "update users set password_hash = $2, password_version = password_version + 1, revision = $3 where user_id = $1",
        fact["user_id"],
        data["password"],
        fact["revision"],
    )
    if "reset_id" in fact:
        # Who could read the mail has the address.
        await connection.execute(
            "update users u set email_proof = 'mail' from resets r"
            " where r.reset_id = $1 and r.by = 'mail' and u.user_id = r.user_id",
            fact["reset_id"],
        )
    # Every other link was asked for before this: whoever holds one does not get the account back with it.
    await connection.execute(
        "update resets set used_at = $2 where user_id = $1 and used_at is null", fact["user_id"], time
    )


async def _reset_requested(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute(
        "insert into resets (reset_id, user_id, by, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        fact["reset_id"],
        fact["user_id"],
        data["by"],
        time,
        datetime.fromisoformat(fact["expires_at"]),
    )


async def _email_confirmation_requested(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute(
        "insert into confirmations (confirmation_id, user_id, email, created_at, expires_at)"
        " values ($1, $2, $3, $4, $5)",
        fact["confirmation_id"],
        fact["user_id"],
        data["email"],
        time,
        datetime.fromisoformat(fact["expires_at"]),
    )


async def _email_changed(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    await _proven(connection, fact, data, time)
    # Links that went to the old address are worth nothing any more.
    await connection.execute(
        "update resets set used_at = $2 where user_id = $1 and used_at is null", fact["user_id"], time
    )


async def _proven(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    """The address counts from now on, by a mailed token, by a provider's word, or by the person's own."""
    await _count(connection, fact)
    proof = "provider" if "issuer" in data else "mail" if "confirmation_id" in data else "word"
    await connection.execute("update users set email_proof = $2 where user_id = $1", fact["user_id"], proof)
    if proof == "mail":
        await connection.execute(
            "update confirmations set used_at = $2 where confirmation_id = $1", data["confirmation_id"], time
        )


async def _provider_linked(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute(
        "insert into provider_identities (issuer, subject, user_id, linked_at) values ($1, $2, $3, $4)",
        fact["issuer"],
        data["subject"],
        fact["user_id"],
        time,
    )


async def _consent_given(connection: asyncpg.Connection, fact: Data, _data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute(
        "insert into consents (user_id, purpose, given_at) values ($1, $2, $3)", fact["user_id"], fact["purpose"], time
    )


async def _consent_withdrawn(connection: asyncpg.Connection, fact: Data, _data: Data, _time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute(
        "delete from consents where user_id = $1 and purpose = $2", fact["user_id"], fact["purpose"]
    )


async def _user_banned(connection: asyncpg.Connection, fact: Data, _data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute("update users set banned_at = $2 where user_id = $1", fact["user_id"], time)


async def _user_unbanned(connection: asyncpg.Connection, fact: Data, _data: Data, _time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute("update users set banned_at = null where user_id = $1", fact["user_id"])


async def _admin_appointed(connection: asyncpg.Connection, fact: Data, _data: Data, _time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute("update users set admin = true where user_id = $1", fact["user_id"])


async def _admin_dismissed(connection: asyncpg.Connection, fact: Data, _data: Data, _time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute("update users set admin = false where user_id = $1", fact["user_id"])


async def _count(connection: asyncpg.Connection, fact: Data) -> None:
    await connection.execute("update users set revision = $2 where user_id = $1", fact["user_id"], fact["revision"])


async def _user_erased(connection: asyncpg.Connection, fact: Data, _data: Data, time: datetime) -> None:
    for table in ("sessions", "provider_identities", "resets", "confirmations", "consents"):
        await connection.execute(f"delete from {table} where user_id = $1", fact["user_id"])  # noqa: S608 - names of ours
    await connection.execute(
        "update users set email = null, name = null, color = null, locale = null, password_hash = null, avatar = null,"
        " time_zone = null, email_proof = null, admin = false, banned_at = null, revision = $2, erased_at = $3"
        " where user_id = $1",
        fact["user_id"],
        fact["revision"],
        time,
    )
    # What was published of the person's words is not kept the day that other published records are.
    await connection.execute(
        "delete from outbox where topic = 'identity.people' and key = $1 and published_at is not null",
        fact["user_id"].encode(),
    )


Write = Callable[[asyncpg.Connection, Data, Data, datetime], Awaitable[None]]
WRITES: Final[Mapping[str, Write]] = {
    "identity.person": _person,
    "identity.session_opened": _session_opened,
    "identity.session_rotated": _session_rotated,
    "identity.session_closed": _session_closed,
    "identity.user_registered": _user_registered,
    "identity.password_changed": _password_changed,
    "identity.reset_requested": _reset_requested,
    "identity.email_confirmation_requested": _email_confirmation_requested,
    "identity.email_changed": _email_changed,
    "identity.email_confirmed": _proven,
    "identity.provider_linked": _provider_linked,
    "identity.consent_given": _consent_given,
    "identity.consent_withdrawn": _consent_withdrawn,
    "identity.user_banned": _user_banned,
    "identity.user_unbanned": _user_unbanned,
    "identity.admin_appointed": _admin_appointed,
    "identity.admin_dismissed": _admin_dismissed,
    "identity.user_erased": _user_erased,
}
