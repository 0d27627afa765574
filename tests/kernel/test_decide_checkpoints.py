"""Who owns a partition of a decider, and where it stands: a stale owner can write nothing."""

import pytest

from schemas.ids import new_id
from tests.kernel.deciding import Desk, desk
from topics.bus.decide_checkpoints import UNREAD, Fenced, claim, move, still_ours
from topics.errors import Halt

__all__ = ["desk"]
pytestmark = pytest.mark.integration

PLACE = ("presence.moves", 0, "g1")
OLD, NEW = new_id(), new_id()


async def test_a_partition_that_nobody_read_begins_where_the_log_begins(desk: Desk) -> None:
    assert await claim(desk.connection, *PLACE, OLD) == UNREAD

    await move(desk.connection, *PLACE, old=UNREAD, new=7, owner=OLD)

    assert await claim(desk.connection, *PLACE, NEW) == 7


async def test_the_old_owner_is_fenced_from_the_moment_of_the_claim(desk: Desk) -> None:
    await claim(desk.connection, *PLACE, OLD)
    await claim(desk.connection, *PLACE, NEW)

    with pytest.raises(Fenced, match="another owner"):
        await move(desk.connection, *PLACE, old=UNREAD, new=7, owner=OLD)
    with pytest.raises(Fenced, match="another owner"):
        await still_ours(desk.connection, *PLACE, OLD)
    await move(desk.connection, *PLACE, old=UNREAD, new=7, owner=NEW)
    assert await still_ours(desk.connection, *PLACE, NEW) == 7


async def test_the_owner_is_fenced_by_a_checkpoint_that_is_not_his(desk: Desk) -> None:
    await claim(desk.connection, *PLACE, OLD)
    await move(desk.connection, *PLACE, old=UNREAD, new=7, owner=OLD)

    with pytest.raises(Fenced, match="not at offset 5"):
        await move(desk.connection, *PLACE, old=5, new=9, owner=OLD)

    assert await still_ours(desk.connection, *PLACE, OLD) == 7


async def test_another_life_of_the_topic_is_not_taken_over(desk: Desk) -> None:
    await claim(desk.connection, *PLACE, OLD)

    with pytest.raises(Halt, match="generation g1 and the topic is of g2"):
        await claim(desk.connection, PLACE[0], PLACE[1], "g2", NEW)
