"""What a drill puts into a product, and what it finds there afterwards."""

import asyncio
import base64
import hashlib
import io
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from PIL import Image

from jobs.bench.stage import Stage
from jobs.chaos.editor import LOST, Editor
from jobs.chaos.history import History, key
from jobs.rectangle import element

Json = dict[str, Any]
# Noise, which no format makes small: about 120 kB.
SIDE: Final = 200
AT_ONCE: Final = 2
EDITORS: Final = 4
RATE: Final = 20.0
AGAIN_SECONDS: Final = 0.3
GONE: Final = frozenset({403, 404})


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not there any more: how much, and when the oldest of it was acknowledged (monotonic)."""

    elements: int
    files: int
    oldest: float | None


@dataclass(slots=True)
class Scene:
    """Boards with elements and pictures, and what people were told of them."""

    http: aiohttp.ClientSession
    door: str
    owner: str = ""
    history: History = field(default_factory=History)
    # By board and element, the newest that was acknowledged; by file its SHA-256. With the moment of the answer.
    elements: dict[tuple[str, str], tuple[Json, float]] = field(default_factory=dict)
    files: dict[str, tuple[str, float]] = field(default_factory=dict)

    async def populate(self, boards: int, elements: int) -> None:
        """Make an account and boards of so many elements and a picture each."""
        self.owner = await Stage(self.door).account()
        gate = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with gate:
                await self.add_board(elements)

        await asyncio.gather(*(one() for _ in range(boards)))

    async def add_board(self, elements: int) -> str:
        """One more board; what it holds is expected from now on."""
        shapes = [element(index=f"a0{number:06}V", x=number) for number in range(elements)]
        name, picture = secrets.token_hex(10), noise()
        shown = {**element(index="b00", type="image"), "fileId": name, "status": "saved", "scale": [1, 1]}
        content = base64.b64encode(picture).decode()
        file = {
            "type": "excalidraw",
            "version": 2,
            "elements": [*shapes, shown],
            "files": {name: {"id": name, "mimeType": "image/png", "dataURL": f"data:image/png;base64,{content}"}},
        }
        async with self.http.post(f"{self.door}/api/boards/import", json=file, headers=self._token()) as answer:
            told = await answer.json()
            if answer.status >= 300:
                raise ConnectionError(f"import: {answer.status} {told}")
        board: str = told["board_id"]
        now = time.monotonic()
        held = await self.read(board)
        for each in held.values():
            self.elements[board, each["id"]] = each, now
            if each.get("fileId"):
                self.files[each["fileId"]] = hashlib.sha256(picture).hexdigest(), now
        return board

    async def editors(self) -> list[Editor]:
        """People who may draw, on one board."""
        board = next(iter(self.elements))[0]
        tokens = await Stage(self.door).guests(self.owner, board, EDITORS)
        run = secrets.token_hex(4)
        return [
            Editor(self.http, [self.door], f"{run}-{number}", token, board, self.history, RATE)
            for number, token in enumerate(tokens)
        ]

    async def draw(self, editors: list[Editor], seconds: float) -> None:
        """Have them draw for a while; returns when each has been told of everything."""
        work = [asyncio.create_task(each.run()) for each in editors]
        await asyncio.sleep(seconds)
        for each in editors:
            each.stopping = True
        await asyncio.gather(*work)
        for identifier, (board, drawn) in self.history.acked.items():
            known = self.elements.get((board, drawn["id"]))
            if known is None or key(drawn) > key(known[0]):
                self.elements[board, drawn["id"]] = drawn, self.history.sent[identifier]

    async def missing(self, patience_seconds: float) -> Missing:
        """What is not there, once everything is or patience is at its end."""
        deadline = time.monotonic() + patience_seconds
        while True:
            found = await self._missing()
            if not (found.elements or found.files) or time.monotonic() > deadline:
                return found
            await asyncio.sleep(AGAIN_SECONDS)

    async def settle(self) -> None:
        """From now on what is there is expected: what was lost for good is not looked for a second time."""
        boards, now = await self.everything(), time.monotonic()
        self.elements = {(board, id_): (each, now) for board, held in boards.items() for id_, each in held.items()}
        self.files = {file: told for file, told in self.files.items() if await self._is_there(file, told[0])}

    async def everything(self) -> dict[str, Mapping[str, Json]]:
        """All boards as they are now."""
        return {board: await self.read(board) for board in {board for board, _ in self.elements}}

    async def read(self, board: str) -> Mapping[str, Json]:
        """A board's elements by id; none of a board that is not there. Raises ConnectionError while nobody answers."""
        async with self.http.get(f"{self.door}/api/boards/{board}/elements", headers=self._token()) as answer:
            if answer.status in GONE:
                return {}
            if answer.status != 200:
                raise ConnectionError(f"{board}: {answer.status}")
            return {each["id"]: each for each in (await answer.json())["elements"]}

    async def _missing(self) -> Missing:
        try:
            boards = await self.everything()
            files = [await self._is_there(file, told[0]) for file, told in self.files.items()]
        except LOST:
            return Missing(len(self.elements), len(self.files), min(at for _, at in self.elements.values()))
        lost = [
            at
            for (board, id_), (wanted, at) in self.elements.items()
            if id_ not in boards[board] or key(boards[board][id_]) < key(wanted)
        ]
        gone = [at for (_, at), there in zip(self.files.values(), files, strict=True) if not there]
        return Missing(len(lost), len(gone), min([*lost, *gone], default=None))

    async def _is_there(self, file: str, sha256: str) -> bool:
        async with self.http.get(f"{self.door}/api/files/{file}", headers=self._token()) as answer:
            return answer.status == 200 and hashlib.sha256(await answer.read()).hexdigest() == sha256

    def _token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.owner}"}


def noise() -> bytes:
    """A picture that nothing can compress."""
    target = io.BytesIO()
    Image.frombytes("RGB", (SIDE, SIDE), os.urandom(SIDE * SIDE * 3)).save(target, "PNG")
    return target.getvalue()
