"""Opening and closing aiokafka's producer, also when the broker is gone."""

import asyncio
import contextlib
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed

from topics.bus.catalog import DEAD_LETTER_BYTES
from topics.bus.clients import kafka_options, saying_why, seen_through
from topics.errors import Unavailable
from topics.runtime.settings import Settings

BATCH_BYTES = 64 * 1024
CLOSE_SECONDS = 5.0
# Without a majority of its nodes Kafka gives nobody the number that a producer without doubles needs.
OPEN_SECONDS = 30.0

log = structlog.get_logger(__name__)


async def open_producer(settings: Settings, **options: Any) -> AIOKafkaProducer:
    """A connected producer. Raises Unavailable when Kafka is not there."""
    producer = AIOKafkaProducer(
        **kafka_options(settings),
        max_batch_size=BATCH_BYTES,
        max_request_size=DEAD_LETTER_BYTES,
        request_timeout_ms=5000,
        retry_backoff_ms=100,
        **options,
    )
    try:
        async with saying_why(settings), asyncio.timeout(OPEN_SECONDS):
            await seen_through(producer.start())
    except BaseException as error:
        await producer.stop()
        if isinstance(error, TimeoutError):
            raise Unavailable(f"Kafka at {settings.kafka_bootstrap} lets no producer begin") from error
        if isinstance(error, KafkaError):
            raise Unavailable(f"Kafka at {settings.kafka_bootstrap} is not there: {error}") from error
        raise
    return producer


async def close_producer(producer: AIOKafkaProducer) -> None:
    """Flush and close, within a limit: a producer that broke, or has no broker, would flush for ever."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await producer.stop()
    except TimeoutError:
        await _abandon(producer)
    except Exception as error:  # noqa: BLE001 - what broke it comes out of it once more, whatever it was
        log.info("a broken producer closed with an error", error=repr(error))


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Close the connections, end the sender, and let go of what was still to be sent; stop() waits for it instead."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await producer.client.close()
    with contextlib.suppress(TimeoutError, KafkaError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await producer._sender.close()  # noqa: SLF001 - aiokafka has no other way, and its minor version is pinned
    _let_go(producer._message_accumulator)  # noqa: SLF001 - the same


def _let_go(accumulator: Any) -> None:
    """Fail what was still to be sent. Of a batch aiokafka fails futures too that only it might have waited for."""
    batches = [*accumulator._pending_batches, *(each for held in accumulator._batches.values() for each in held)]  # noqa: SLF001 - no other way
    accumulator.fail_all(ProducerClosed())
    for batch in batches:
        for nobodys in (batch.future, batch._drain_waiter):  # noqa: SLF001 - the same
            if nobodys.done() and not nobodys.cancelled():
                nobodys.exception()
