"""What every Kafka client and every group member of ours is built with."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import AuthenticationFailedError, KafkaConnectionError, KafkaError, SaslAuthenticationFailed

from topics.bus.dead_transport import tell_as_broken
from topics.bus.paced_metadata import pause_without_a_leader
from topics.bus.patient_joins import wait_for_the_others
from topics.errors import Misconfigured, Unavailable
from topics.runtime.settings import Settings

ASK_MS = 5000
GRACE_SECONDS = 1.0
# A machine without power answers nothing and ends no connection: what reads goes elsewhere after this long, not after
# the 40 s that a rebalance may take.
READ_MS = 15_000
SESSION_MS = 6000  # the least that a broker allows; a killed member is silent this long unless its replica returns

REBALANCE_MS = 30_000

# Every client is built of what is here, so all have it before they connect.
tell_as_broken(AIOKafkaConnection)
wait_for_the_others(AIOKafkaConnection, REBALANCE_MS / 1000 + 10)
pause_without_a_leader(AIOKafkaClient)


def kafka_options(settings: Settings) -> dict[str, Any]:
    """Addresses and security, as aiokafka takes them. Raises Misconfigured without the user or the password of SASL."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap.split(","),
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context(
            cafile=str(settings.kafka_ca_file) if settings.kafka_ca_file is not None else None
        )
    if settings.kafka_security_protocol.startswith("SASL"):
        if not settings.kafka_sasl_username or settings.kafka_sasl_password is None:
            raise Misconfigured(
                f"DOSKA_KAFKA_SECURITY_PROTOCOL is {settings.kafka_security_protocol}, so DOSKA_KAFKA_SASL_USERNAME and "
                "DOSKA_KAFKA_SASL_PASSWORD must be set"
            )
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_sasl_username
        options["sasl_plain_password"] = settings.kafka_sasl_password.get_secret_value()
    return options


def group_options(consumer: str, replica: str) -> dict[str, Any]:
    """The group of a consumer, as aiokafka takes it: named after the consumer, a static member per replica."""
    return {
        "group_id": consumer,
        "group_instance_id": f"{consumer}-{replica}",
        "session_timeout_ms": SESSION_MS,
        "heartbeat_interval_ms": SESSION_MS // 3,
        "auto_offset_reset": "earliest",
        # A handler that waits for a store that is down is not dead, and its partitions would go to another replica
        # that waits for the same store.
        "max_poll_interval_ms": 15 * 60_000,
        # A rebalance waits this long for a batch in work.
        "rebalance_timeout_ms": REBALANCE_MS,
    }


async def seen_through(work: Coroutine[Any, Any, None]) -> None:
    """Await the start, or the close, of a client; cancelled, let it end first, for a second.

    aiokafka leaves its first connection open when it is cancelled while it asks there for the cluster.
    """
    task, given_up, deadline = asyncio.create_task(work), False, float("inf")
    loop = asyncio.get_running_loop()
    while not task.done():
        try:
            await asyncio.wait({task}, timeout=max(0.0, deadline - loop.time()) if given_up else None)
        except asyncio.CancelledError:
            deadline = min(deadline, loop.time() + GRACE_SECONDS)
            given_up = True
        if loop.time() >= deadline:
            task.cancel()
            await asyncio.wait({task})
    if given_up:
        task.cancelled() or task.exception()
        raise asyncio.CancelledError
    task.result()


@asynccontextmanager
async def saying_why(settings: Settings) -> AsyncIterator[None]:
    """Connect inside of this: a wrong user or password becomes one sentence.

    aiokafka logs it and raises the same error as for a broker that is not there, so one connection is made to ask.
    """
    try:
        yield
    except KafkaConnectionError as error:
        if await _not_let_in(settings):
            raise Unavailable(
                f"Kafka at {settings.kafka_bootstrap} does not know the user {settings.kafka_sasl_username} with this "
                "password: see DOSKA_KAFKA_SASL_USERNAME and DOSKA_KAFKA_SASL_PASSWORD"
            ) from error
        raise


async def _not_let_in(settings: Settings) -> bool:
    if not settings.kafka_security_protocol.startswith("SASL"):
        return False
    options = kafka_options(settings)
    for address in options.pop("bootstrap_servers"):
        host, _, port = address.strip().rpartition(":")
        try:
            connection = await create_conn(host, int(port), request_timeout_ms=ASK_MS, **options)
        except (AuthenticationFailedError, SaslAuthenticationFailed):
            return True
        except (KafkaError, OSError, TimeoutError, ValueError):
            continue
        connection.close()
        return False
    return False


@asynccontextmanager
async def reader(settings: Settings, client_id: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A started consumer without a group, stopped at the end. Raises KafkaError, Unavailable for a wrong password."""
    defaults = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "request_timeout_ms": 10_000}
    consumer = AIOKafkaConsumer(**kafka_options(settings), client_id=client_id, **(defaults | options))
    try:
        async with saying_why(settings):
            await seen_through(consumer.start())
        yield consumer
    finally:
        # As when it connects: cut off in the middle of its close it would keep connections open.
        await seen_through(_closed(consumer))


async def _closed(consumer: AIOKafkaConsumer) -> None:
    # aiokafka's close awaits a task that, cancelled before its first step, raises CancelledError out of it.
    await asyncio.sleep(0)
    await consumer.stop()
