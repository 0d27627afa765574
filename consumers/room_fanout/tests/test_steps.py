"""The fan-out is killed at each step of a batch; each room shows everything once, where it stood and in its order."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from redis.asyncio import Redis

from compose.embedded.stack import Stack
from consumers.discovery import manifest
from consumers.room_fanout.tests.test_kill import USER, Observer, draw, envelope, window
from schemas.envelope import to_headers
from schemas.ids import new_id
from tests.kernel.harness import until
from tests.kernel.places import stand_at_end
from tests.victims import Step, Victims, at_work, consume
from topics.bus.publish import Publisher
from topics.rooms import keys
from topics.runtime.lifespan import end
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

NAME: Final = "room_fanout"
ROOMS: Final = "consumers.room_fanout.store:RoomStore"
# Of each step, how many of the four rooms may show something new when the process is dead. The rooms of one fact are
# in one batch; what else is in it is as it happens, and a step after the effect may still be that of the round before.
STEPS: Final = {
    "before the script": (Step(f"{ROOMS}.append", "before"), {0}),
    "between two rooms of a batch": (Step("consumers.room_fanout.store:run", "halfway"), {1, 2, 3}),
    "after the script, before the group's commit": (Step(f"{ROOMS}.append", "after"), {0, 1, 2, 3, 4}),
    "before the presence": (Step(f"{ROOMS}.change_presence", "before"), {0, 1, 2, 3, 4}),
    "between the presence of two rooms": (Step(f"{ROOMS}.change_presence", "halfway"), {0, 1, 2, 3, 4}),
    "after the presence, before the group's commit": (Step(f"{ROOMS}.change_presence", "after"), {0, 1, 2, 3, 4}),
}


@dataclass
class Story:
    """What happens in four rooms: ops on two boards, who points where on them, a fact that is shown in two rooms."""

    publisher: Publisher
    boards: tuple[str, str] = field(default_factory=lambda: (new_id(), new_id()))
    workspace: str = field(default_factory=new_id)
    user: str = field(default_factory=new_id)
    told: dict[str, list[str]] = field(default_factory=dict)
    rounds: int = 0

    @property
    def rooms(self) -> list[str]:
        return [*(f"board:{each}" for each in self.boards), f"workspace:{self.workspace}", f"user:{self.user}"]

    async def go_on(self) -> None:
        """One round; each room has something new."""
        self.rounds += 1
        # Sent without waiting in between: what is for two rooms is often read in one poll.
        sent = []
        for board in self.boards:
            ids = [new_id(), new_id()]
            self.told.setdefault(f"board:{board}", []).extend(ids)
            headers = to_headers(envelope(board, "boards.ops_record"))
            sent.append(await self.publisher.send("boards.ops", board.encode(), draw(board, ids), headers))
        joined = envelope(self.workspace, "workspaces.member_joined")
        for room in self.rooms[2:]:
            self.told.setdefault(room, []).append(joined.id)
        fact = {"workspace_id": self.workspace, "user_id": self.user, "role": "user", "revision": self.rounds}
        sent.append(
            await self.publisher.send(
                "workspaces.facts", self.workspace.encode(), orjson.dumps(fact), to_headers(joined)
            )
        )
        for room in self.rooms[:2]:
            headers = to_headers(envelope(room, "presence.moved"))
            sent.append(await self.publisher.send("presence.moves", room.encode(), self._moves(room), headers))
        await asyncio.gather(*sent)

    def _moves(self, room: str) -> bytes:
        """One connection points elsewhere, one that was there in the round before is gone."""
        moves = [
            {
                "connection": connection,
                "user_id": USER,
                "name": "Ada",
                "color": "#1971c2",
                "data": {"pointer": {"x": self.rounds, "y": 0}},
            }
            for connection in ("stays", f"comes {self.rounds}")
        ]
        return orjson.dumps({"room": room, "edge": "e1", "moves": moves, "gone": [f"comes {self.rounds - 1}"]})

    async def shown(self, redis: Redis) -> bool:
        """Whether all of it is where people see it."""
        for room in self.rooms:
            if [event["id"] for event in await window(redis, room)][-1:] != self.told[room][-1:]:
                return False
        there = [await present(redis, room) for room in self.rooms[:2]]
        return all(f"comes {self.rounds}" in each for each in there)


async def present(redis: Redis, room: str) -> Mapping[str, Any]:
    held = await redis.hgetall(keys.members(room))
    return {name.decode(): orjson.loads(move)["data"] for name, move in held.items()}


def heard(observer: Observer) -> list[Any]:
    return [event for each in observer.notices if each.body for event in orjson.loads(b"[" + each.body + b"]")]


@pytest.fixture
async def story(settings: Settings) -> AsyncIterator[Story]:
    async with Publisher(settings, "test") as publisher:
        yield Story(publisher)


@pytest.fixture
async def observers(redis: Redis, story: Story) -> AsyncIterator[list[Observer]]:
    """Who listens in each room before anything happens there."""
    observers = [Observer(room) for room in story.rooms]
    listening = [asyncio.create_task(each.listen(redis)) for each in observers]
    channels = [keys.events_channel(room) for room in story.rooms]

    async def subscribed() -> bool:
        return all(count == 1 for _, count in await redis.pubsub_numsub(*channels))

    await until(subscribed, "the observers to listen")
    yield observers
    await end(*listening)


@pytest.mark.parametrize("step", STEPS)
async def test_killed(
    step: str,
    victims: Victims,
    prepared_environment: dict[str, str],
    settings: Settings,
    *,
    valkey: Stack,
    redis: Redis,
    story: Story,
    observers: list[Observer],
    tmp_path: Path,
) -> None:
    own = settings.model_copy(update={"redis_url": valkey.environment()["DOSKA_REDIS_URL"]})
    environment = {**prepared_environment, "DOSKA_REDIS_URL": own.redis_url}
    work = {"name": NAME, "group": f"{NAME}-{new_id()}"}
    await stand_at_end(own, manifest(NAME).model_copy(update={"name": work["group"]}))
    deadly, changed = STEPS[step]

    async with victims.one(deadly, tmp_path / "armed", "tests.victims:consume", environment, **work) as victim:
        await story.go_on()
        await until(lambda: story.shown(redis), "everything to be shown")
        epochs = {room: await redis.hget(keys.state(room), "e") for room in story.rooms}
        before = {room: await window(redis, room) for room in story.rooms}
        victim.arm()
        await victim.killed(story.go_on)
    after = {room: await window(redis, room) for room in story.rooms}
    await story.go_on()
    async with at_work(partial(consume, own, **work)):
        await until(lambda: story.shown(redis), "everything to be shown")
        await until(
            lambda: all(len(heard(each)) >= len(story.told[each.room]) for each in observers), "everything to be heard"
        )

    assert sum(after[room] != before[room] for room in story.rooms) in changed
    for room, observer in zip(story.rooms, observers, strict=True):
        events = await window(redis, room)
        assert [event["id"] for event in events] == story.told[room]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert events[: len(after[room])] == after[room]
        assert await redis.hget(keys.state(room), "e") == epochs[room]
        assert heard(observer) == events
    for room in story.rooms[:2]:
        pointer = {"pointer": {"x": story.rounds, "y": 0}}
        assert await present(redis, room) == {"stays": pointer, f"comes {story.rounds}": pointer}
