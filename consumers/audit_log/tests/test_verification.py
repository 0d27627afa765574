"""What a walk along a chain finds."""

import dataclasses
from collections.abc import AsyncIterator, Sequence

import pytest

from consumers.audit_log.handler import Head, Row, chained
from consumers.audit_log.tests.facts import joined
from consumers.audit_log.verification import Fault, walk

CHAIN = "01980c5e-0004-7a10-8f2e-3c4d5e6f7081"


def a_chain(length: int = 6) -> list[Row]:
    return chained(CHAIN, Head(), [joined(CHAIN, n) for n in range(length)])


def head_of(rows: Sequence[Row]) -> Head:
    return Head(rows[-1].seq, rows[-1].hash)


async def walked(rows: Sequence[Row], end: Head | None, kept: Head | None = None) -> Head | Fault:
    async def rows_from(seq: int) -> AsyncIterator[Row]:
        for row in sorted(rows, key=lambda row: row.seq):
            if row.seq >= seq:
                yield row

    return await walk(CHAIN, rows_from, end, kept)


def at(found: Head | Fault) -> tuple[str, int]:
    assert isinstance(found, Fault), found
    return found.kind, found.seq


async def test_a_chain_as_it_was_written_is_good() -> None:
    rows = a_chain()

    assert await walked(rows, head_of(rows)) == head_of(rows)
    assert await walked([], Head()) == Head()
    assert await walked([], None) == Head()


async def test_a_changed_entry_is_named() -> None:
    rows = a_chain()
    changed = dataclasses.replace(rows[2], entry=dataclasses.replace(rows[2].entry, actor="somebody else"))

    assert at(await walked([*rows[:2], changed, *rows[3:]], head_of(rows))) == ("changed", 3)


async def test_an_entry_changed_together_with_its_hash_breaks_the_next_one() -> None:
    rows = a_chain()
    [forged] = chained(CHAIN, head_of(rows[:2]), [dataclasses.replace(rows[2].entry, actor="somebody else")])

    assert at(await walked([*rows[:2], forged, *rows[3:]], head_of(rows))) == ("changed", 4)


async def test_a_removed_entry_is_named() -> None:
    rows = a_chain()

    assert at(await walked([*rows[:2], *rows[3:]], head_of(rows))) == ("removed", 3)
    assert at(await walked(rows[1:], head_of(rows))) == ("removed", 1)


async def test_an_entry_removed_with_the_rest_renumbered_is_found() -> None:
    rows = a_chain()
    rest = [dataclasses.replace(row, seq=row.seq - 1) for row in rows[3:]]

    assert at(await walked([*rows[:2], *rest], head_of(rows))) == ("changed", 3)


@pytest.mark.parametrize("with_hashes", [True, False])
async def test_two_entries_that_changed_places_are_named(with_hashes: bool) -> None:
    rows = a_chain()
    two, four = rows[1], rows[3]
    if with_hashes:
        swapped = [dataclasses.replace(four, seq=2), dataclasses.replace(two, seq=4)]
    else:
        swapped = [dataclasses.replace(two, entry=four.entry), dataclasses.replace(four, entry=two.entry)]

    found = await walked([rows[0], swapped[0], rows[2], swapped[1], *rows[4:]], head_of(rows))

    assert at(found) == ("reordered", 2)
    assert isinstance(found, Fault)
    assert two.entry.fact_id in found.detail


async def test_a_tail_that_was_cut_off_shows_against_the_head() -> None:
    rows = a_chain()

    assert at(await walked(rows[:4], head_of(rows))) == ("truncated", 5)
    assert at(await walked([], head_of(rows))) == ("truncated", 1)


async def test_a_tail_cut_off_with_its_head_shows_against_a_head_noted_earlier() -> None:
    rows = a_chain()

    assert await walked(rows[:4], head_of(rows[:4])) == head_of(rows[:4])
    assert at(await walked(rows[:4], head_of(rows[:4]), head_of(rows))) == ("truncated", 5)
    assert at(await walked([], None, head_of(rows))) == ("truncated", 1)
    assert await walked(rows, head_of(rows), head_of(rows[:4])) == head_of(rows)


async def test_a_chain_written_anew_shows_against_a_head_noted_earlier() -> None:
    rows, anew = a_chain(), a_chain(8)

    assert await walked(anew, head_of(anew)) == head_of(anew)
    assert at(await walked(anew, head_of(anew), head_of(rows))) == ("foreign", 6)


async def test_a_head_that_is_gone_or_of_another_hash_is_named() -> None:
    rows = a_chain()

    assert at(await walked(rows, None)) == ("headless", 6)
    assert at(await walked(rows, Head(6, bytes(32)))) == ("headless", 6)
    assert at(await walked(rows, head_of(rows[:5]))) == ("headless", 6)
