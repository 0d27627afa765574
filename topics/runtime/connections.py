"""Clients of the parts that are not Kafka."""

from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import redis.asyncio as redis

from topics.errors import Misconfigured
from topics.runtime.patience import Patience
from topics.runtime.settings import Settings

# A process that is paused in the middle of a transaction holds locks that whoever takes over needs. Both limits are
# needed: the first does not count between the messages of one statement, where a driver may be paused as well.
ABANDONED_AFTER: Final = {"idle_in_transaction_session_timeout": "10s", "transaction_timeout": "60s"}

# A cancellation is a connection of its own and an answer; a loaded machine takes a second. It is less than any limit of a
# command: after that asyncpg closes the connection by itself, and nobody learns why.
RELEASE_SECONDS: Final = 3.0
# The third to the sixth are what asyncpg's function would tell its class.
DEFAULTS: Final[dict[str, Any]] = {
    "min_size": 1,
    "max_size": 4,
    "max_queries": 50_000,
    "max_inactive_connection_lifetime": 300.0,
    "record_class": asyncpg.Record,
    "loop": None,
    "command_timeout": 30,
    "timeout": 10,
}

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Pooled(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that is given back as it is: nobody leaves anything on it but a transaction, which is rolled back.

    By default asyncpg sends four statements each time, about half of what a lonely query costs both sides. So a session's
    own settings, locks, cursors and LISTEN are for connections of one's own, not for those of a pool.
    """

    def get_reset_query(self) -> str:
        """Nothing."""
        return ""


class Pool(asyncpg.Pool):  # type: ignore[misc]  # asyncpg has no types
    """A pool that lets go of all its connections when one of them is dead and does not say so."""

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own
        """Give it back. A command that was given up is cancelled first, which a server that hears of it does at once.

        Where none does, a network forgot the connection, and with it those that were idle: whoever got one of them next
        would wait as long, one after the other. This one is closed by asyncpg, and the others are made anew.
        """
        try:
            await super().release(connection, timeout=RELEASE_SECONDS if timeout is None else timeout)
        except TimeoutError:
            # Whoever had it knows already what became of the work, and why.
            await self.expire_connections()


async def postgres_pool(settings: Settings, role: str | None = None, **options: Any) -> asyncpg.Pool:
    """A pool whose connections act as `role` (e.g. `doska_board_store`); `None` keeps the login's own rights.

    A transaction ends after ABANDONED_AFTER, unless `server_settings` say otherwise. Raises Misconfigured for a server
    older than PostgreSQL 17.
    """
    server_settings = {"application_name": role or "doska", "timezone": "UTC", **ABANDONED_AFTER}
    if role is not None:
        server_settings["role"] = role
    server_settings |= options.pop("server_settings", {})
    try:
        pool = Pool(
            settings.postgres_dsn,
            connection_class=Pooled,
            server_settings=server_settings,
            **(DEFAULTS | options),
        )
        return await pool
    except asyncpg.UndefinedObjectError as error:
        raise Misconfigured(f"PostgreSQL 17 or newer is needed at DOSKA_POSTGRES_DSN: {error}") from error


def redis_client(settings: Settings, **options: Any) -> redis.Redis:
    """A client that gives bytes; it connects when first used."""
    defaults: dict[str, Any] = {"socket_connect_timeout": 5, "health_check_interval": 15}
    return redis.Redis.from_url(settings.redis_url, **(defaults | options))


def s3_client(settings: Settings, endpoint: str | None = None, *, patience: Patience | None = None) -> Any:
    """A boto3 client of the store, or of another address of it. It blocks: call it in a thread; close it."""
    # Loading it takes most of a second, and most processes never speak to S3.
    import boto3  # noqa: PLC0415 - slow to load, and few processes need it
    from botocore.config import Config  # noqa: PLC0415 - the same

    address, patience = endpoint or settings.s3_endpoint, patience or Patience()
    return boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
        region_name=settings.s3_region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=patience.connect_seconds,
            read_timeout=patience.silent_seconds,
            max_pool_connections=16,
            # A passing fault costs a second; an outage is the caller's to wait for.
            retries={"mode": "standard", "total_max_attempts": patience.attempts},
            # Older stores refuse the checksums that newer clients add by themselves.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            # A proxy for the way outside does not know this machine.
            **({"proxies": {}} if urlsplit(address).hostname in LOOPBACK else {}),
        ),
    )
