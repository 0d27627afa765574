"""Where Kafka says that a partition begins and ends."""

import pytest

from edge.rooms.tests.kept_board import PARTITIONS
from topics.bus.ends import Ends
from topics.bus.generations import read_generations
from topics.errors import Unavailable
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


async def test_kafka_says_where_a_partition_ends(settings: Settings) -> None:
    generations = await read_generations(settings)
    ends = Ends(settings, "test")

    first, end = await ends.of("boards.ops", 0)
    again = await ends.of("boards.ops", 0)
    await ends.close()

    assert generations["boards.ops"].partitions == PARTITIONS
    assert (first, end) == again
    assert 0 <= first <= end


async def test_kafka_away_is_said() -> None:
    ends = Ends(Settings(kafka_bootstrap="127.0.0.1:1"), "test")

    with pytest.raises(Unavailable):
        await ends.of("boards.ops", 0)
