from contextlib import AsyncExitStack

import pytest

from topics.bus.context import open_context
from topics.bus.manifest import Manifest
from topics.errors import Halt
from topics.runtime.health import Health
from topics.runtime.settings import Settings


async def test_the_window_engine_says_what_it_needs_where_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("topics.bus.context.find_spec", lambda _: None)
    manifest = Manifest(name="board_activity", about="x", engine="window", reads=("boards.facts",))

    async with AsyncExitStack() as stack:
        with pytest.raises(Halt, match="needs quixstreams"):
            await open_context(manifest, Settings(), Health(), stack)
