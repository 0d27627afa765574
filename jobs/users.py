"""Accounts, for an operator: who there is, a link for who forgot his password, bans, administrators."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from jobs.operating import decided
from schemas import mail_tokens
from schemas.ids import new_id
from schemas.keyring import Keyring
from topics.errors import Misconfigured
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

app = typer.Typer(no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="The account's e-mail address, whatever its case.")]

FOUND: Final = """
select user_id::text, email, name, created_at, admin, banned, email_proof, locale, time_zone
  from identity_decider.users_v1
 where not erased and (lower(email) = lower($1) or user_id::text = $1)
"""
LISTED: Final = """
select user_id::text, email, name, created_at, admin, banned
  from identity_decider.users_v1
 where not erased and (strpos(lower(email), lower($1)) > 0 or strpos(lower(name), lower($1)) > 0)
 order by created_at, user_id limit $2
"""
SESSIONS: Final = """
select session_id::text, client, address, created_at, seen_at
  from identity_decider.sessions_v1 where user_id = $1::uuid and closed_at is null order by seen_at desc
"""
Row = Mapping[str, Any]


@app.command("list")
def list_(
    q: Annotated[str, typer.Argument(help="Only those whose address or name contains this.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 200,
) -> None:
    """List the accounts, the oldest first."""
    for row in asyncio.run(_rows(Settings(), LISTED, q, limit)):
        marks = " ".join(mark for mark in ("admin", "banned") if row[mark])
        print(f"{row['user_id']}  {row['created_at']:%Y-%m-%d}  {row['email']}  {row['name']}  {marks}".rstrip())


@app.command()
def show(email: Email) -> None:
    """Show an account and where it is logged in."""
    settings = Settings()
    person = _found(settings, email)
    for name, value in person.items():
        print(f"{name:12} {value}")
    for row in asyncio.run(_rows(settings, SESSIONS, person["user_id"])):
        print(f"session {row['session_id']}  used {row['seen_at']:%Y-%m-%d %H:%M}  {row['address']}  {row['client']}")


@app.command()
def reset(email: Email) -> None:
    """Make a link that sets a new password, once, for 24 hours. Whoever has it has the account."""
    settings = Settings()
    person, link = _found(settings, email), new_id()
    _ask(settings, "identity.request_reset", person, reset_id=link, by="operator")
    token = mail_tokens.mint(Keyring.load(settings.keyring_file), "reset", person["user_id"], link)
    print(f"{settings.address}/reset#{token}")


@app.command()
def admin(
    email: Email,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the office instead.")] = False,
) -> None:
    """Make somebody an administrator of the instance."""
    settings = Settings()
    _ask(settings, "identity.dismiss_admin" if revoke else "identity.appoint_admin", _found(settings, email))


@app.command()
def ban(email: Email) -> None:
    """Ban somebody: sessions and sockets close, and there are no new ones."""
    settings = Settings()
    _ask(settings, "identity.ban_user", _found(settings, email))


@app.command()
def unban(email: Email) -> None:
    """Lift a ban."""
    settings = Settings()
    _ask(settings, "identity.unban_user", _found(settings, email))


@app.command("close-sessions")
def close_sessions(email: Email) -> None:
    """Log somebody out everywhere."""
    settings = Settings()
    _ask(settings, "identity.close_sessions", _found(settings, email))


def _ask(settings: Settings, kind: str, person: Row, **data: str) -> None:
    facts = asyncio.run(decided(settings, kind, {"user_id": person["user_id"], **data}))
    for fact in facts:
        print(f"{fact['type']} {fact['data']['user_id']}")
    if not facts:
        print("it was so already")


def _found(settings: Settings, email: str) -> Row:
    """The account. Raises Misconfigured."""
    rows = asyncio.run(_rows(settings, FOUND, email))
    if not rows:
        raise Misconfigured(f"there is no account with the address {email}: see `doska users list`")
    return rows[0]


async def _rows(settings: Settings, statement: str, *values: object) -> list[Row]:
    pool = await postgres_pool(settings, "doska_reader", min_size=0, max_size=1)
    try:
        return [dict(row) for row in await pool.fetch(statement, *values)]
    finally:
        await pool.close()
