"""The act of people whose actions are decided: boards made and renamed, by requests and by sockets."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from jobs.bench.load.pacing import pace
from jobs.bench.load.socket import Socket
from jobs.bench.load.times import Times
from jobs.bench.load.web import Web

SETTLE_SECONDS = 15.0
OPENED_AT_ONCE = 20
PAGE = 200
Json = dict[str, Any]


@dataclass(slots=True)
class Account:
    """One person, with one connection for requests and one socket."""

    token: str
    web: Web
    socket: Socket
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked: dict[str, int] = field(default_factory=dict)
    boards: list[str] = field(default_factory=list)
    made: int = 0
    renames: int = 0


class Act:
    """Accounts that make and rename boards in turn."""

    def __init__(self, _name: str) -> None:
        self._accounts: list[Account] = []
        self._times = {"rest": Times(), "socket": Times()}
        self._window = (0, 0)
        self._refused: list[str] = []
        self._late = Times()
        self._answered = 0

    async def open(self, url: str, tokens: Sequence[str]) -> Json:
        """Connect everybody."""
        gate = asyncio.Semaphore(OPENED_AT_ONCE)

        async def enter(token: str) -> Account:
            async with gate:
                socket = await Socket.connect(url, token)
            account = Account(token, Web(url, token), socket)
            account.socket.on_text = partial(self._hear, account)
            return account

        self._accounts = await asyncio.gather(*map(enter, tokens))
        return {}

    async def decide(
        self, begin_ns: int, warmup: float, seconds: float, *, rest_rate: float, socket_rate: float
    ) -> Json:
        """So many actions a second of all together, each way; what was answered, and whether each board is there once."""
        from_ns = begin_ns + round(warmup * 1e9)
        end_ns = from_ns + round(seconds * 1e9)
        self._window = from_ns, end_ns
        count = len(self._accounts)
        async with asyncio.TaskGroup() as group:
            rest = [partial(self._begin, group, account) for account in self._accounts]
            sockets = [partial(self._send, account) for account in self._accounts]
            sent = await asyncio.gather(
                pace(rest, rest_rate / count, begin_ns, end_ns, self._late),
                pace(sockets, socket_rate / count, begin_ns, end_ns, self._late),
            )
        deadline = time.monotonic() + SETTLE_SECONDS
        # An event would have to be set by whichever answer is the last.
        while any(each.asked for each in self._accounts) and time.monotonic() < deadline:  # noqa: ASYNC110 - no event in the measured path
            await asyncio.sleep(0.02)
        unanswered = sum(len(each.asked) for each in self._accounts)
        gate = asyncio.Semaphore(OPENED_AT_ONCE)
        wrong = sum(await asyncio.gather(*(self._miscounted(account, gate) for account in self._accounts)))
        return {
            "sent": sum(sent),
            "answered": self._answered,
            "rest": self._times["rest"].written(),
            "socket": self._times["socket"].written(),
            "late": self._late.written(),
            "refused": self._refused[:5],
            "faults": {"refused": len(self._refused), "unacknowledged": unanswered, "lost": wrong},
        }

    async def close(self) -> Json:
        """Hang up."""
        for account in self._accounts:
            account.web.close()
            account.socket.close()
        await asyncio.sleep(0)
        return {}

    def _begin(self, group: asyncio.TaskGroup, account: Account) -> None:
        group.create_task(self._request(account, time.monotonic_ns()))

    async def _request(self, account: Account, due_ns: int) -> None:
        async with account.turn:
            if account.boards and account.renames < account.made:
                account.renames += 1
                method, path = "PATCH", f"/api/boards/{account.boards[-1]}"
            else:
                method, path = "POST", "/api/boards"
            answer = await account.web.request(method, path, {"title": f"Bench {due_ns}"})
            self._time("rest", due_ns)
            if answer.status not in (200, 201):
                self._refused.append(f"{method} {answer.status}: {answer.raw[:200].decode(errors='replace')}")
                return
            self._answered += 1
            if method == "POST":
                account.made += 1
                account.boards.append(answer.json()["board_id"])

    def _send(self, account: Account) -> None:
        sent = time.monotonic_ns()
        identifier = f"a{sent}"
        account.asked[identifier] = sent
        data = {"title": f"Bench {sent}"}
        frame = {"kind": "send", "id": identifier, "type": "boards.create_board", "data": data}
        account.socket.write(orjson.dumps(frame))

    def _hear(self, account: Account, payload: bytes, _compressed: bool, _now: int) -> None:
        frame = orjson.loads(payload)
        sent = account.asked.pop(frame.get("id") or "", None)
        if sent is None:
            return
        self._time("socket", sent)
        if frame["kind"] == "answer":
            self._answered += 1
            account.made += 1
        else:
            self._refused.append(str(frame)[:200])

    def _time(self, way: str, since_ns: int) -> None:
        if self._window[0] <= since_ns < self._window[1]:
            self._times[way].add((time.monotonic_ns() - since_ns) // 1000)

    async def _miscounted(self, account: Account, gate: asyncio.Semaphore) -> int:
        """How many boards there are too few or too many of."""
        found, cursor = 0, ""
        async with gate:
            while True:
                page = await account.web.call("GET", f"/api/boards?limit={PAGE}{cursor}")
                found += len(page["items"])
                if page["next"] is None:
                    return abs(found - account.made)
                cursor = f"&cursor={page['next']}"
