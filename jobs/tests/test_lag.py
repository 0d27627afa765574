"""How far consumers are behind, as an operator sees it."""

import pytest

from schemas.ids import new_id
from topics.bus.admin import apply_topics
from topics.bus.group_lag import Standing, group_lag
from topics.bus.manifest import Manifest
from topics.runtime.settings import Settings


@pytest.mark.parametrize(
    ("committed", "first", "end", "behind"),
    [(None, 0, 5, 5), (None, 3, 5, 2), (4, 0, 5, 1), (1, 3, 5, 2), (5, 0, 5, 0), (9, 0, 5, 0)],
)
def test_behind_is_what_can_still_be_read(committed: int | None, first: int, end: int, behind: int) -> None:
    assert Standing("x", "boards.ops", 0, committed, first, end).behind == behind


@pytest.mark.integration
async def test_a_consumer_that_never_ran_is_behind_by_everything(settings: Settings) -> None:
    manifest = Manifest(name=f"never_{new_id()[-6:]}", about="x", engine="each", reads=("platform.topics",))
    await apply_topics(settings, [manifest])

    [standing] = await group_lag(settings, [manifest])

    assert standing.committed is None
    # platform.topics holds at least a record for each topic.
    assert standing.behind == standing.end > 5
