from contextlib import AsyncExitStack

import pytest

from topics.bus.context import open_context
from topics.bus.manifest import Manifest
from topics.errors import Halt
from topics.runtime.health import Health
from topics.runtime.settings import Settings


async def test_the_window_engine_is_named_and_says_that_it_is_an_extra() -> None:
    manifest = Manifest(name="board_activity", about="x", engine="window", reads=("boards.facts",))

    async with AsyncExitStack() as stack:
        with pytest.raises(Halt, match="comes with the extra `window`"):
            await open_context(manifest, Settings(), Health(), stack)
