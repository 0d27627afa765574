"""One check from the fact to the action: fetch, compare, look, keep, tell."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from consumers.file_checker.examination import examine
from consumers.file_checker.handler import Spent, Told, bytes_refused, content_refused, settled, wanted
from consumers.file_checker.settings import CheckSettings
from consumers.file_checker.store import FileStore, sha256_of
from schemas.envelope import Envelope
from schemas.ids import fact_id
from schemas.registry import registry
from topics.bus.message import Message
from topics.bus.publish import Publisher
from topics.errors import Halt, Retry, Unavailable, Unconfirmed
from topics.runtime import metrics
from topics.runtime.object_store import ObjectStoreAway, ObjectStoreRefused

SETTLE: Final = "files.settle_file"


class Checking:
    """What the consumer does with each fact; done twice it does the same."""

    def __init__(self, name: str, store: FileStore, publisher: Publisher, settings: CheckSettings) -> None:
        self._name = name
        self._store = store
        self._publisher = publisher
        self._settings = settings
        self._turns = asyncio.Semaphore(settings.checks_at_once)

    async def all_of(self, messages: tuple[Message, ...]) -> None:
        """Check what was uploaded, some at once, then delete what is spent: a check comes before its file's end.

        Raises Retry while S3, Kafka or the scanner is away, Halt when S3 refuses us.
        """
        wants = [(each, wanted(each.type.name, each.data)) for each in messages if each.data is not None]
        checks = [self._check(message.envelope, want) for message, want in wants if isinstance(want, Told)]
        outcomes = await asyncio.gather(*(_named(check) for check in checks), return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failures:
            # A bug is found by doing fewer at once; what is away is waited for.
            raise min(failures, key=lambda each: (isinstance(each, Retry), not isinstance(each, Halt)))
        for _, want in wants:
            if isinstance(want, Spent):
                await _named(self._store.drop(want.file_id, everything=want.everything))

    async def _check(self, cause: Envelope, told: Told) -> None:
        async with self._turns:
            with metrics.STEP.labels(self._name, "check").time():
                data = await self._verdict(told)
        await self._publisher.publish(settling(cause, data, lambda: datetime.now(UTC)), data)

    async def _verdict(self, told: Told) -> dict[str, Any]:
        content, size = await self._store.uploaded(told)
        sha256 = None if content is None else await asyncio.to_thread(sha256_of, content)
        reason = bytes_refused(told, size, sha256)
        if reason is not None or content is None:
            return settled(told, reason, None)
        found = await examine(content, self._settings)
        reason = content_refused(told, found)
        if reason is None:
            await self._store.keep(told, content, found)
        return settled(told, reason, found)


async def _named(work: Awaitable[None]) -> None:
    """Do the work; its failures in the words of the engine."""
    try:
        await work
    except ObjectStoreRefused as error:
        raise Halt(f"S3 refuses the checker of files: {error}") from error
    except (ObjectStoreAway, Unavailable, Unconfirmed) as error:
        raise Retry(str(error)) from error


def settling(cause: Envelope, data: dict[str, Any], now: Callable[[], datetime]) -> Envelope:
    """The envelope of the finding: the same id for the same fact, so that the decider hears it once."""
    mt = registry().get(SETTLE)
    return replace(
        cause,
        id=fact_id(cause.id, 0, "file_checker"),
        type=mt.name,
        source="file_checker",
        time=now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=data["board_id"],
        dataschema=mt.dataschema,
        causationid=cause.id,
        replyto=None,
        idempotencykey=None,
        fingerprint=None,
    )
