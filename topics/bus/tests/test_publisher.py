"""What a publisher asks of the log, where nothing else is said."""

from typing import Any

import pytest

from topics.bus import publish
from topics.bus.publish import Publisher
from topics.runtime.settings import Settings


async def test_what_must_survive_is_acknowledged_by_every_copy_and_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    async def opened(_settings: Settings, **options: Any) -> None:
        asked.update(options)

    monkeypatch.setattr(publish, "open_producer", opened)
    await Publisher(Settings(), "anybody").start()

    assert (asked["acks"], asked["enable_idempotence"]) == ("all", True)
