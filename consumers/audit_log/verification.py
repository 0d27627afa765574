"""Walks a chain and says where it was touched first."""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal

from consumers.audit_log.handler import Head, Row, digest

Kind = Literal["changed", "removed", "reordered", "truncated", "headless", "foreign"]
# The rows of one chain from a place on, in order.
RowsFrom = Callable[[int], AsyncIterable[Row]]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place of a chain that is not as it was written."""

    chain: str
    seq: int
    kind: Kind
    detail: str


async def walk(chain: str, rows_from: RowsFrom, end: Head | None, kept: Head | None = None) -> Head | Fault:
    """Check every row of a chain against the one before, and its end against what is known of it.

    Args:
        chain: the chain's name.
        rows_from: its rows from a place on.
        end: where its head says that it ends; None when it has none.
        kept: a head that somebody noted earlier, elsewhere: the chain must still contain it. It finds what is
            consistent in itself: a tail cut off together with its head, a chain written anew.

    Returns:
        Where the chain ends, or what is wrong first.
    """
    head = Head()
    length = 0 if end is None else end.length
    if kept is not None and length < kept.length:
        return _short(chain, length, kept.length, "a head noted earlier")
    async for row in rows_from(1):
        expected = head.length + 1
        if row.seq != expected:
            return Fault(
                chain, expected, "removed", f"entry {expected} is missing: after {head.length} comes {row.seq}"
            )
        if digest(head.hash, chain, row.seq, row.entry) != row.hash:
            return await _moved_or_changed(chain, head, row, rows_from)
        head = Head(row.seq, row.hash)
        if kept is not None and kept.length == head.length and kept.hash != head.hash:
            detail = f"entry {head.length} is not the one of the head noted earlier: the chain was written anew"
            return Fault(chain, head.length, "foreign", detail)
    return _ended(chain, head, end)


def _ended(chain: str, head: Head, end: Head | None) -> Head | Fault:
    """Where the chain ends, when that is where its head says."""
    if end is None and head.length == 0:
        return head
    if end is None:
        return Fault(chain, head.length, "headless", "the chain has entries and no head")
    if head.length < end.length:
        return _short(chain, head.length, end.length, "its head")
    if head != end:
        return Fault(chain, head.length, "headless", f"its head is of {end.length} entries and another hash")
    return head


async def _moved_or_changed(chain: str, before: Head, row: Row, rows_from: RowsFrom) -> Fault:
    """Whether an entry of further on belongs here; if none does, what stands here was changed."""
    async for other in _after(rows_from, row.seq):
        if digest(before.hash, chain, row.seq, other.entry) in (other.hash, row.hash):
            detail = f"what stands as entry {other.seq} ({other.entry.fact_id}) belongs here: the order was changed"
            return Fault(chain, row.seq, "reordered", detail)
    detail = (
        f"entry {row.seq} ({row.entry.fact_id}) does not follow from entry {before.length}: its content was changed, or "
        "an entry before it was removed and the rest renumbered"
    )
    return Fault(chain, row.seq, "changed", detail)


async def _after(rows_from: RowsFrom, seq: int) -> AsyncIterator[Row]:
    async for row in rows_from(seq + 1):
        yield row


def _short(chain: str, length: int, wanted: int, who: str) -> Fault:
    detail = f"the chain ends at entry {length}, and {who} says that it has {wanted}: its tail was cut off"
    return Fault(chain, length + 1, "truncated", detail)
