"""Webhooks as their decider would have written them, and facts for them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from consumers.webhook_export.handler import Told, told
from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.registry import registry

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@dataclass
class Hooks:
    """Writes what `webhook_decider` would."""

    pool: asyncpg.Pool

    async def add(self, url: str, workspace_id: str, *types: str) -> str:
        """A new webhook; its id."""
        subscription_id = new_id()
        await self.pool.execute(
            "insert into subscriptions (subscription_id, workspace_id, url, host, types, boards, stint, created_by,"
            " created_at) values ($1, $2, $3, 'http://x', $4, '{}', 1, $5, $6)",
            subscription_id,
            workspace_id,
            url,
            list(types or ("*",)),
            new_id(),
            NOON - timedelta(days=1),
        )
        await self.pool.execute(
            "insert into secrets (subscription_id, version, key_id) values ($1, 1, 'k1')", subscription_id
        )
        return subscription_id

    async def pause(self, subscription_id: str, reason: str = "asked") -> None:
        """Nothing is sent."""
        await self.pool.execute(
            "update subscriptions set paused = $2 where subscription_id = $1", subscription_id, reason
        )

    async def resume(self, subscription_id: str) -> None:
        """A new stint."""
        await self.pool.execute(
            "update subscriptions set paused = null, stint = stint + 1 where subscription_id = $1", subscription_id
        )

    async def delete(self, subscription_id: str) -> None:
        """It is gone."""
        await self.pool.execute("delete from subscriptions where subscription_id = $1", subscription_id)


def envelope(name: str, subject: str, time: datetime = NOON) -> Envelope:
    """The head of a fact."""
    mt, id_ = registry().get(name), new_id()
    return Envelope(
        id=id_,
        type=name,
        source="test",
        time=time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=subject,
        dataschema=mt.dataschema,
        correlationid=id_,
    )


def joined(workspace_id: str, time: datetime = NOON) -> Told:
    """Somebody joined a workspace."""
    data = {"workspace_id": workspace_id, "user_id": new_id(), "role": "user", "revision": 1}
    return _told("workspaces.member_joined", workspace_id, data, time)


def board_created(workspace_id: str, board_id: str) -> Told:
    """A board was made."""
    data = {
        "board_id": board_id,
        "workspace_id": workspace_id,
        "title": "Ретро",
        "created_by": new_id(),
        "hidden": False,
        "revision": 1,
    }
    return _told("boards.board_created", board_id, data)


def renamed(board_id: str) -> Told:
    """A board has another title."""
    return _told("boards.board_renamed", board_id, {"board_id": board_id, "title": "Plan", "revision": 2})


def a_test(workspace_id: str, subscription_id: str) -> Told:
    """Somebody tests a webhook."""
    data = {"workspace_id": workspace_id, "subscription_id": subscription_id, "delivery_id": new_id(), "revision": 3}
    return _told("webhooks.test_requested", workspace_id, data)


def again(workspace_id: str, subscription_id: str, delivery_id: str) -> Told:
    """Somebody wants a delivery again."""
    data = {"workspace_id": workspace_id, "subscription_id": subscription_id, "delivery_id": delivery_id, "revision": 3}
    return _told("webhooks.redelivery_requested", workspace_id, data)


def _told(name: str, subject: str, data: dict[str, object], time: datetime = NOON) -> Told:
    made = told(envelope(name, subject, time), registry().get(name), data)
    assert made is not None
    return made
