"""The parts as this installation is set to reach them: whether they answer and hold what they must."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import asyncpg
from botocore.exceptions import BotoCoreError, ClientError
from redis.exceptions import RedisError

from compose.embedded import addresses, http_probe
from compose.embedded.stack import PARTS
from consumers import discovery
from edge.settings import EdgeSettings
from jobs.doctor.finding import Finding, bad, note, ok
from topics import migrations
from topics.bus import admin
from topics.errors import DoskaError
from topics.runtime.connections import redis_client, s3_client

LIMIT_SECONDS = 20.0
CLOCK_SECONDS = 1.0
Look = Callable[[EdgeSettings], Awaitable[list[Finding]]]


async def examine(settings: EdgeSettings, *, running: bool) -> list[Finding]:
    """Every part that should answer now: all of them while Doska runs, else those that are somebody's own."""
    looks: dict[str, Look] = {"kafka": _kafka, "postgres": _postgres, "valkey": _redis, "seaweedfs": _s3}
    found: list[Finding] = []
    for name, look in looks.items():
        found += await asked(name, look, settings, running=running)
    return [*found, *(await _edge(settings) if running else [])]


async def asked(name: str, look: Look, settings: EdgeSettings, *, running: bool) -> list[Finding]:
    """What a look at a part finds, for a while at most; nothing for one that is not there to be looked at."""
    return await _limited(name, look, settings) if running or is_own(PARTS[name]().variable, settings) else []


def is_own(variable: str, settings: EdgeSettings) -> bool:
    """Whether this part is set from outside and is not the embedded one."""
    embedded = addresses.missing_settings(settings.data_dir, {})
    return bool(os.environ.get(variable)) and os.environ.get(variable) != embedded.get(variable)


async def _limited(name: str, look: Look, settings: EdgeSettings) -> list[Finding]:
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            return await look(settings)
    except TimeoutError:
        return [bad(f"{name} did not answer within {LIMIT_SECONDS:.0f} s.")]


async def _kafka(settings: EdgeSettings) -> list[Finding]:
    where = f"Kafka at {settings.kafka_bootstrap}"
    try:
        changes = await admin.plan_topics(settings, discovery.manifests().values())
    except DoskaError as problem:
        return [bad(f"{where} does not answer: {problem}")]
    if changes:
        words = ", ".join(f"{change.kind} {change.topic}" for change in changes[:5])
        return [bad(f"{where} answers, but its topics are not as they should be ({words}): run doska topics apply")]
    return [ok(f"{where} answers, and its topics are as they should be")]


async def _postgres(settings: EdgeSettings) -> list[Finding]:
    where = f"PostgreSQL at {_place(settings.postgres_dsn)}"
    try:
        connection = await asyncpg.connect(settings.postgres_dsn, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        return [bad(f"{where} does not answer: {problem or type(problem).__name__}")]
    try:
        asked = time.time()
        theirs = (await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")) - asked
        applied = set()
        if await connection.fetchval("SELECT to_regclass('doska.migrations') IS NOT NULL"):
            rows = await connection.fetch("SELECT consumer, name FROM doska.migrations")
            applied = {(row["consumer"], row["name"]) for row in rows}
    finally:
        await connection.close()
    manifests = discovery.manifests().values()
    wanted = {
        (each.consumer, each.name) for one in manifests for each in migrations.migrations_of(one, discovery.FOLDER)
    }
    findings = [ok(f"{where} answers, and its tables are as they should be")]
    if missing := sorted(wanted - applied):
        words = ", ".join("/".join(one) for one in missing[:5])
        findings = [bad(f"{where} answers, but migrations are missing ({words}): run doska migrate")]
    if abs(theirs) > CLOCK_SECONDS:
        findings.append(bad(f"The clock of {where} differs from this machine's by {theirs:.1f} s: set both by NTP."))
    return findings


async def _redis(settings: EdgeSettings) -> list[Finding]:
    where = f"Redis at {_place(settings.redis_url)}"
    try:
        async with redis_client(settings) as client:
            info = await client.info()
    except (RedisError, OSError, ValueError) as problem:
        return [bad(f"{where} does not answer: {problem}")]
    findings = [ok(f"{where} answers")]
    if info.get("maxmemory_policy", "noeviction") != "noeviction":
        findings.append(bad(f"{where} may drop rooms (maxmemory-policy {info['maxmemory_policy']}): set noeviction"))
    if not info.get("aof_enabled"):
        findings.append(note(f"{where} has no append-only file: after a restart every client reloads its board"))
    return findings


async def _s3(settings: EdgeSettings) -> list[Finding]:
    where = f"S3 at {settings.s3_endpoint}"
    try:
        await asyncio.to_thread(lambda: s3_client(settings).head_bucket(Bucket=settings.s3_bucket))
    except (BotoCoreError, ClientError, ValueError) as problem:
        return [bad(f"{where}, bucket {settings.s3_bucket}, does not answer: {problem}")]
    return [ok(f"{where} answers, and the bucket {settings.s3_bucket} is there")]


async def _edge(settings: EdgeSettings) -> list[Finding]:
    url = f"http://127.0.0.1:{settings.port}/readyz"
    status = await asyncio.to_thread(http_probe.status, url)
    if status is None:
        # It may be on another port than the one set in this terminal.
        return [note(f"Nobody answers at {url}; the running Doska may have been given another DOSKA_PORT")]
    return [
        ok("The edge is ready") if status == 200 else bad(f"The edge is not ready ({status} from {url}): see its log")
    ]


def _place(address: str) -> str:
    """Host and port of an address, without its password."""
    parts = urlsplit(address)
    return f"{parts.hostname}:{parts.port or 'its usual port'}"
