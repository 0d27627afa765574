"""Nodes of Kafka and replicas of consumers die, go and come under load: nothing acknowledged is lost or doubled.

The first test alone runs everywhere; `DOSKA_TEST_CLUSTER=1` has every node die, in every way: minutes on three nodes.
"""

import asyncio
from collections.abc import Callable

import aiohttp
import pytest

from consumers.discovery import manifests
from jobs.chaos.people import Load, People, at_work
from tests.cluster.conftest import LONG
from tests.cluster.outage import judge, served_again, watched
from tests.cluster.world import NODES, World, is_well, says
from tests.edge.client import Api, connected, rectangle, register
from topics.bus.admin import plan_topics, wanted_topics
from topics.bus.cluster import cluster

pytestmark = [pytest.mark.chaos, pytest.mark.integration, pytest.mark.timeout(600)]

LOAD = Load(boards=4, editors=2, observers=2, rate=10)
Record = Callable[[str, object], None]


async def without_a_majority_nothing_is_acknowledged(world: World, people: People) -> None:
    """Two nodes are away: whoever draws is told so, the edges say why, and nobody is told that his op is durable."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
        api = Api(world.far.base_url, http)
        ada = await register(api)
        board_id, element = await ada.board(), rectangle()
        async with connected(api, ada.token) as socket:
            await socket.draw(board_id, element)
            await world.lose_nodes(*NODES[1:])
            try:
                # What both had taken before they died may still be acknowledged.
                await asyncio.sleep(1)
                acks = sum(each.acks for each in people.editors)
                identifier = await socket.draw(board_id, rectangle(), wait=False)
                answer = await socket.wait(lambda frame: frame.get("id") == identifier, 20)
                assert (answer["kind"], answer.get("code")) in {("unknown", None), ("reject", "unavailable")}, answer
                assert answer["retry_after"] >= 1
                await asyncio.gather(*(says(f"{door}/readyz", "rights") for door in world.doors))
                assert sum(each.acks for each in people.editors) == acks
                assert socket.close_code is None
            finally:
                await world.bring_back(*NODES[1:])
            again = await socket.draw(board_id, rectangle(), wait=False)
            await socket.wait(lambda frame: frame.get("id") == again and frame["kind"] in {"ack", "unknown"}, 30)


async def test_every_topic_and_where_the_groups_stand_is_kept_three_times(world: World) -> None:
    wanted = {each.name for each in wanted_topics(manifests().values())} | {"__consumer_offsets"}

    async with cluster(world.settings) as kafka:
        found = await kafka.topics(wanted)

    assert found.keys() == wanted
    assert {(each.replication, each.configs["min.insync.replicas"]) for each in found.values()} == {(3, "2")}
    assert await plan_topics(world.settings, list(manifests().values())) == []


@LONG
async def test_a_node_dies_then_two_and_a_replica_of_the_consumers_and_nothing_acknowledged_is_lost(
    world: World,
) -> None:
    async with at_work(world.doors, LOAD, world.settings) as people:
        await served_again(people)

        await world.lose_nodes("kafka")
        await world.kill_replica("near")
        await served_again(people)
        await world.bring_back("kafka")
        await world.start_replica("near", **world.near_settings)
        await without_a_majority_nothing_is_acknowledged(world, people)
        await served_again(people)
        await asyncio.gather(*(is_well(f"{door}/readyz") for door in world.doors))

        assert await judge(people) > 100


@LONG
@pytest.mark.parametrize("node", NODES)
async def test_whichever_node_dies_acks_go_on(world: World, node: str, record_property: Record) -> None:
    async with at_work(world.doors, LOAD, world.settings) as people:
        await served_again(people)

        async with watched(people) as pauses:
            await world.lose_nodes(node)
            await served_again(people)
            await world.bring_back(node)
            await served_again(people)

        record_property("longest pause, s", pauses.longest)
        record_property("acknowledged", await judge(people))


@LONG
async def test_nodes_that_are_restarted_one_after_the_other_are_hardly_noticed(
    world: World, record_property: Record
) -> None:
    async with at_work(world.doors, LOAD, world.settings) as people:
        await served_again(people)

        async with watched(people) as pauses:
            for node in NODES:
                await world.bring_back(node)  # it lives: it is asked to stop first
                await served_again(people)

        record_property("longest pause, s", pauses.longest)
        record_property("acknowledged", await judge(people))


@LONG
@pytest.mark.parametrize("node", NODES)
async def test_a_node_that_stands_still_is_gone_around(world: World, node: str, record_property: Record) -> None:
    """Its connections do not end: a machine without power looks the same."""
    async with at_work(world.doors, LOAD, world.settings) as people:
        await served_again(people)

        async with watched(people) as pauses:
            world.freeze(node)
            await served_again(people)
            world.wake(node)
            await world.whole()
            await served_again(people)

        record_property("longest pause, s", pauses.longest)
        record_property("acknowledged", await judge(people))


@LONG
async def test_replicas_of_consumers_join_leave_and_die_under_load(world: World, record_property: Record) -> None:
    async with at_work(world.doors, LOAD, world.settings) as people:
        await served_again(people)

        for turn in range(3):
            async with watched(people) as pauses:
                replica = await world.start_replica("third")
                await served_again(people)
            record_property(f"joins {turn}, longest pause, s", pauses.longest)
            async with watched(people) as pauses:
                await replica.process.stop()
                await served_again(people)
            record_property(f"stops {turn}, longest pause, s", pauses.longest)
            async with watched(people) as pauses:
                await world.kill_replica("far")
                await served_again(people)
                await world.start_replica("far")
                await served_again(people)
            record_property(f"dies {turn}, longest pause, s", pauses.longest)

        record_property("acknowledged", await judge(people))
