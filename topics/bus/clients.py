"""What every Kafka client and every group member of ours is built with."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer

from topics.runtime.settings import Settings

SESSION_MS = 6000  # the least that a broker allows; a killed member is silent this long unless its replica returns


def kafka_options(settings: Settings) -> dict[str, Any]:
    """Addresses and security, as aiokafka takes them."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap.split(","),
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context(
            cafile=str(settings.kafka_ca_file) if settings.kafka_ca_file is not None else None
        )
    if settings.kafka_security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_sasl_username
        options["sasl_plain_password"] = (
            settings.kafka_sasl_password.get_secret_value() if settings.kafka_sasl_password is not None else None
        )
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
        "rebalance_timeout_ms": 30_000,
    }


@asynccontextmanager
async def reader(settings: Settings, client_id: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A started consumer without a group, stopped at the end. Raises KafkaError."""
    defaults = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "request_timeout_ms": 10_000}
    consumer = AIOKafkaConsumer(**kafka_options(settings), client_id=client_id, **(defaults | options))
    try:
        await consumer.start()
        yield consumer
    finally:
        # aiokafka's close awaits a task that, cancelled before its first step, raises CancelledError out of it.
        await asyncio.sleep(0)
        await consumer.stop()
