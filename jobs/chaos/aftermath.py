"""What is there when it is quiet again: the boards by the API, ops and facts by the log itself."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from jobs.chaos.editor import LOST
from jobs.chaos.history import History, Json, Logged, Renamed, state
from topics.bus.message import Message
from topics.bus.ranges import open_log
from topics.runtime.settings import Settings

WAIT_SECONDS = 90.0
AGAIN_SECONDS = 0.3
READ = 1000
TOPICS = ("boards.ops", "boards.facts")


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Reads through `door` as `owner`, a token, and from the log of these settings what came after `since_ms`."""

    http: aiohttp.ClientSession
    door: str
    owner: str
    since_ms: int
    settings: Settings

    async def read(self, history: History, boards: Sequence[str]) -> None:
        """Fill in what the boards are now. Raises ConnectionError when nobody answers."""
        stored, titles = {}, {}
        for board_id in boards:
            elements = await self._get(f"/api/boards/{board_id}/elements")
            stored[board_id] = {each["id"]: state(each) for each in elements["elements"]}
            titles[board_id] = (await self._get(f"/api/boards/{board_id}"))["title"]
        history.stored, history.titles = stored, titles
        ops: list[Logged] = []
        facts: list[Renamed] = []
        async with open_log(self.settings, "chaos") as log:
            for piece in await log.since(TOPICS, self.since_ms):
                async for messages, _ in log.read(piece, READ):
                    ours = [each for each in messages if each.envelope.subject in boards]
                    ops += _ops(ours)
                    facts += _facts(ours)
        history.log, history.facts = ops, facts

    async def _get(self, path: str) -> Json:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                async with self.http.get(self.door + path, headers={"Authorization": f"Bearer {self.owner}"}) as answer:
                    if answer.status == 200:
                        content: Json = await answer.json()
                        return content
                    why = f"{path}: {answer.status}"
            except LOST as error:
                why = f"{path}: {error!r}"
            if time.monotonic() > deadline:
                raise ConnectionError(why)
            await asyncio.sleep(AGAIN_SECONDS)


def _ops(messages: Sequence[Message]) -> list[Logged]:
    return [
        Logged(message.envelope.subject, op["client_id"], list(map(state, op["data"]["elements"])))
        for message in messages
        if message.topic == "boards.ops"
        for op in message.data["ops"]
    ]


def _facts(messages: Sequence[Message]) -> list[Renamed]:
    return [
        Renamed(message.envelope.id, message.data["board_id"], message.data["title"], message.data["revision"])
        for message in messages
        if message.type.name == "boards.board_renamed"
    ]
