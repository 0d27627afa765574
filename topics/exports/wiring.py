"""What the app of every exporter does alike: settings are read, parts are opened, facts are sent or passed over."""

from contextlib import AsyncExitStack
from typing import TypeVar

import aiohttp
import asyncpg
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from topics.bus.batch import Batch, batch
from topics.bus.catalog import plain
from topics.bus.context import ConsumerContext
from topics.errors import Misconfigured
from topics.exports.exporter import Exporter
from topics.runtime.connections import postgres_pool
from topics.runtime.service import Service
from topics.runtime.settings import Settings

S = TypeVar("S", bound=BaseSettings)


def read_settings(kind: type[S]) -> S:
    """The settings of an exporter, from the environment. Raises Misconfigured with what is wrong with them."""
    try:
        return kind()
    except ValidationError as error:
        raise Misconfigured(f"{kind.model_config.get('env_prefix')}…: {plain(error)}") from error


async def open_parts(
    settings: Settings, stack: AsyncExitStack, consumer: str
) -> tuple[asyncpg.Pool, aiohttp.ClientSession]:
    """The tables of an exporter and its way outside; closing `stack` closes both."""
    pool = await postgres_pool(
        settings, f"doska_{consumer}", min_size=0, max_size=3, server_settings={"search_path": consumer}
    )
    stack.push_async_callback(pool.close)
    return pool, await stack.enter_async_context(aiohttp.ClientSession(trust_env=True))


def exporting(context: ConsumerContext, exporter: Exporter, why_not: str | None, *, max_records: int) -> Service:
    """The consumer, ready to run; with a reason why nothing is sent it passes everything over."""
    if why_not is not None:
        context.log.info("facts are passed over", reason=why_not)

    async def on_batch(messages: Batch) -> None:
        if why_not is None:
            await exporter.send(messages)

    return batch(context, on_batch, max_records=max_records)
