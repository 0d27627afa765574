"""The network between the parts of one of two machines fails in every way: it says so, nothing is lost, it mends itself.

All with `DOSKA_TEST_CLUSTER=1`: the first test is quick, the second tries every fault on every wire.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from jobs.chaos.people import Load, People, at_work
from tests.cluster.conftest import LONG
from tests.cluster.outage import judge, newcomers_served, served_again
from tests.cluster.world import WORK, World, is_well, says
from tests.relay import Mode
from topics.bus.catalog import catalog
from topics.bus.publish import partition_for

pytestmark = [pytest.mark.chaos, pytest.mark.integration, pytest.mark.timeout(900)]

LOAD = Load(boards=4, editors=2, observers=2, rate=5)
LATE_SECONDS: Final = 0.2
# Longer than a group waits for a silent member.
LONG_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What a wire does; `forgotten`: its connections never end and never work again, whatever new ones do."""

    name: str
    mode: Mode
    how: Mapping[str, Any] = field(default_factory=dict)
    forgotten: bool = False
    noticed: bool = True


REFUSED = Fault("refused", "refused")
SILENT = Fault("silent", "silent")
FORGOTTEN = Fault("silent, and its connections are forgotten", "silent", forgotten=True)
UNHEARD = Fault("what is sent does not arrive", "silent", {"way": "up"})
UNANSWERED = Fault("what is answered does not arrive", "silent", {"way": "down"})
CUT = Fault("cut in the middle", "cut", {"cut_after": 2000}, noticed=False)
LATE = Fault("200 ms late", "late", {"late_seconds": LATE_SECONDS}, noticed=False)
FAULTS: Final = (REFUSED, SILENT, FORGOTTEN, UNHEARD, UNANSWERED, CUT, LATE)

# By wire, who must say that it is away, and under which name; consumers where they have work.
EDGE: Final = "edge"
CONSUMERS: Final = "consumers"
SAID: Final[Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]]] = {
    "kafka": {EDGE: ("reasons", ("rights", "answers"))},
    "valkey": {EDGE: ("impaired", ("rooms",)), CONSUMERS: ("reasons", ("room_fanout",))},
    "postgres": {CONSUMERS: ("reasons", ("board_store", "board_decider"))},
}


def addresses(world: World) -> Mapping[str, str]:
    """Where the processes of the machine say whether they are ready."""
    return {EDGE: f"{world.near.base_url}/readyz", CONSUMERS: world.replicas["near"].ready}


async def suffer(
    world: World, people: People, faults: Mapping[str, Fault], *, seconds: float = 0.0
) -> Mapping[str, Any]:
    """Break wires for so long at least, see it told, mend them, see people served; how long both took."""
    where, busy, begun = addresses(world), await at_near(world, people), time.monotonic()
    try:
        for wire, fault in faults.items():
            await world.wires[wire].set(fault.mode, **fault.how)
        async with asyncio.TaskGroup() as told:
            for wire, fault in faults.items():
                for who, (key, names) in SAID[wire].items() if fault.noticed else ():
                    told.create_task(
                        says(where[who], *(each for each in names if who == EDGE or each in busy), key=key)
                    )
        noticed = time.monotonic() - begun
        await asyncio.sleep(max(0.0, seconds - noticed))
    finally:
        for wire, fault in faults.items():
            if fault.forgotten:
                world.wires[wire].forget()
            await world.wires[wire].set("open")
    begun = time.monotonic()
    served = await served_again(people)
    await asyncio.gather(*map(is_well, where.values()))
    well = round(time.monotonic() - begun, 1)
    newcomers = await newcomers_served(world.doors[0])
    return {"told after": round(noticed, 1), "served after": served, "well after": well, "newcomers after": newcomers}


async def at_near(world: World, people: People) -> frozenset[str]:
    """The consumers to whose replica on this machine a board of theirs falls."""
    shares, partitions = await world.shared_out(), catalog()
    return frozenset(
        name
        for name, mine in shares.items()
        if any(partition_for(each.encode(), partitions[WORK[name]].partitions) in mine for each in people.boards)
    )


@LONG
async def test_a_machine_that_hears_nothing_from_kafka_or_does_not_reach_the_rest_says_so_and_mends_itself(
    world: World,
) -> None:
    async with at_work(world.doors, LOAD, world.settings) as people:
        await served_again(people)

        await suffer(world, people, {"kafka": UNANSWERED})
        await suffer(world, people, {"valkey": REFUSED, "postgres": REFUSED})

        assert await judge(people) > 50


@LONG
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("wire", SAID)
async def test_however_the_way_to_a_part_fails_nothing_acknowledged_is_lost_and_it_mends_itself(
    world: World, wire: str, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    async with at_work(world.doors, LOAD, world.settings) as people:
        await served_again(people)

        record_property(f"{wire}: {fault.name}", await suffer(world, people, {wire: fault}, seconds=LONG_SECONDS))

        record_property("acknowledged", await judge(people))
