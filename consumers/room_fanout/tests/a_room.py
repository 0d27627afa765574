"""One room: what is put into it, and what Valkey holds of it."""

from redis.asyncio import Redis

from consumers.room_fanout.entry import Entry
from consumers.room_fanout.store import RoomStore, Window
from topics.rooms import keys

ROOM = "board:01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
WINDOW = Window(keep_events=3, keep_ms=300_000)
NOW = 1_800_000_000_000


def op(offset: int, n: int = 1, generation: str = "g1", partition: int = 4, size: int = 0) -> Entry:
    bodies = tuple(f'"id":"{offset}.{k}","pad":"{"x" * size}"}}'.encode() for k in range(n))
    mark = f"{generation}:{partition}:{offset + 1}"
    return Entry("boards.ops", partition, generation, offset, mark, "", bodies)


def fact(offset: int, fact_id: str) -> Entry:
    return Entry("boards.facts", 0, "g9", offset, "", fact_id, (f'"fact":"{fact_id}"}}'.encode(),))


async def numbered(redis: Redis) -> list[tuple[int, int]]:
    """First and last seq of each entry of the window."""
    entries = await redis.xrange(keys.window(ROOM))
    return [(int(fields[b"f"]), int(entry_id.split(b"-")[0])) for entry_id, fields in entries]


async def seqs(redis: Redis) -> list[int]:
    return [seq for first, last in await numbered(redis) for seq in range(first, last + 1)]


async def bodies(redis: Redis) -> list[str]:
    return [fields[b"d"].decode() for _, fields in await redis.xrange(keys.window(ROOM))]


async def append_each(store: RoomStore, now_ms: int, *entries: Entry) -> None:
    """Each in a call of its own."""
    for entry in entries:
        await store.append({ROOM: [entry]}, now_ms)


async def state(redis: Redis) -> dict[str, str]:
    return {k.decode(): v.decode() for k, v in (await redis.hgetall(keys.state(ROOM))).items()}
