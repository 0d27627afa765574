"""What a publisher asks of the log, where nothing else is said, and that it never ends without a producer."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError

from topics.bus import producer, publish
from topics.bus.publish import Publisher
from topics.bus.tests.nodes import nodes
from topics.errors import Unavailable
from topics.runtime.settings import Settings


async def test_what_must_survive_is_acknowledged_by_every_copy_and_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    async def opened(_settings: Settings, **options: Any) -> None:
        asked.update(options)

    monkeypatch.setattr(publish, "open_producer", opened)
    await Publisher(Settings(), "anybody").start()

    assert (asked["acks"], asked["enable_idempotence"]) == ("all", True)


@dataclass(frozen=True, slots=True)
class Broken:
    """A producer of a cluster that lost most nodes: it takes nothing, and never answers once it is asked to."""

    refusals: list[KafkaError]
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    closes_with: Exception | None = None

    @property
    def client(self) -> "Broken":
        """Itself: it needs no other."""
        return self

    async def force_metadata_update(self) -> NoReturn:
        """What a client does that is closed meanwhile."""
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, *_: object, **__: object) -> NoReturn:
        """Refuse."""
        raise self.refusals.pop(0)

    async def stop(self) -> None:
        """End as badly."""
        if self.closes_with is not None:
            raise self.closes_with


class Whole(Broken):
    """One that Kafka answers."""

    async def force_metadata_update(self) -> bool:  # type: ignore[override]
        """It is there."""
        return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is opened next, one after the other; an error is raised."""
    to_open: list[Any] = []

    async def open_next(_settings: Settings, **_: Any) -> Any:
        following = to_open.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    monkeypatch.setattr(publish, "open_producer", open_next)
    monkeypatch.setattr(publish, "PROBE_SECONDS", 0.0)
    monkeypatch.setattr(publish, "ANSWER_SECONDS", 0.01)
    return to_open


async def ready(publisher: Publisher) -> None:
    """Wait until it is, with nobody sending: whoever sees that it is not goes elsewhere."""
    async with asyncio.timeout(30):
        while not publisher.healthy:  # noqa: ASYNC110 - as /readyz looks at it
            await asyncio.sleep(0.01)


async def refused(publisher: Publisher) -> None:
    with pytest.raises(Unavailable):
        await publisher.send("boards.ops", b"key", b"{}", [])


async def test_it_is_ready_again_when_its_producer_was_replaced_while_kafka_was_asked(opened: list[Any]) -> None:
    first = Broken([KafkaTimeoutError(), KafkaError()])
    opened += [first, Whole([])]
    async with Publisher(Settings(), "anybody") as publisher:
        await refused(publisher)
        await first.asked.wait()
        await refused(publisher)

        await ready(publisher)


async def test_it_goes_on_until_it_has_a_new_producer_however_the_old_one_and_the_next_break(opened: list[Any]) -> None:
    opened += [Broken([KafkaError()], closes_with=RuntimeError("the handler is closed")), KeyError(1), Whole([])]
    async with Publisher(Settings(), "anybody") as publisher:
        await refused(publisher)

        await ready(publisher)


async def test_nodes_that_let_no_producer_begin_are_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer, "OPEN_SECONDS", 0.2)
    async with nodes(2) as left:
        settings = Settings(kafka_bootstrap=f"127.0.0.1:{left.ports[0]}")

        with pytest.raises(Unavailable, match="lets no producer begin"):
            await Publisher(settings, "anybody").start()
