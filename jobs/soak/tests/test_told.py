"""Samples, their tables and their drawing, of numbers that are made up."""

import asyncio
from xml.etree import ElementTree as ET

from jobs.soak import watching
from jobs.soak.graph import drawn, panels
from jobs.soak.samples import Held, Sample, read, written
from jobs.soak.session import living
from jobs.soak.table import rows, told

MIB = 1024 * 1024


def sample(number: int, *, leak: float = 0.0, files: int = 30, pid: int = 7) -> Sample:
    """The look of that number: an edge that may leak megabytes with each, and the one who plays."""
    return Sample(
        at=5.0 * number,
        held={
            "edge": Held(round(100 * MIB + leak * number * MIB), 5 * MIB, 0, files, 10, pid),
            "kafka": Held((200 + number) * MIB, 5 * MIB, 0, 250, 40, 9),
            "soak": Held((50 + 5 * number) * MIB, 5 * MIB, 0, 30, 10, 8),
        },
        times={"ack": {"p50": 2.0, "p99": 9.5, "count": 100}},
        counts={"a slow head: hung up": number},
        closed={"4450": number},
        sockets=20,
        lag={"board_store": number} if number % 6 == 0 else {},
        disk={"kafka": number * MIB} if number % 6 == 0 else {},
    )


def test_samples_are_read_as_they_were_written() -> None:
    samples = [sample(number) for number in range(3)]

    assert read([*map(written, samples), ""]) == samples


def test_a_leak_and_a_process_that_ended_are_told_and_who_plays_is_not_judged() -> None:
    steady = [sample(number) for number in range(100)]
    leaking = [sample(number, leak=1.0) for number in range(100)]
    crowded = [sample(number, files=30 + 3 * number) for number in range(100)]
    ended = [sample(number, pid=7 if number < 50 else 70) for number in range(100)]

    assert told(steady, None)[1]
    assert [row.name for row in rows(steady)] == ["edge", "kafka"]
    assert (
        "| kafka | 237.0 | 287.0 | 299.0 | 250 | 250 | bounded (fills its configured anon) |" in told(steady, None)[0]
    )
    for samples, words in (
        (leaking, "**grows: anon**"),
        (crowded, "**grows: files**"),
        (ended, "**ended and was started again, 1 times**"),
    ):
        text, good = told(samples, None)
        assert not good
        assert words in text


def test_the_drawing_is_svg_with_a_line_for_each_process_and_small_however_long_it_took() -> None:
    text = drawn(panels([sample(number) for number in range(5000)]), "a <test>")

    tree = ET.fromstring(text)
    words = [each.text for each in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a <test>", "memory, MiB", "edge", "kafka", "board_store"} <= set(words)
    assert len(text.encode()) < 100_000


def test_what_an_edge_says_of_sockets_is_read() -> None:
    metrics = (
        "# HELP doska_sockets Open sockets that have said hello\n# TYPE doska_sockets gauge\ndoska_sockets 12.0\n"
        'doska_sockets_closed_total{code="4450"} 3.0\ndoska_sockets_closed_total{code="1006"} 1e+02\n'
        'doska_sockets_closed_created{code="4450"} 1.7e+09\n'
    )

    assert watching.sockets(metrics) == (12, {"4450": 3, "1006": 100})
    assert watching.sockets("") == (0, {})


def test_this_process_holds_something() -> None:
    [ourselves] = watching.held({}).values()

    assert ourselves.anon > MIB
    assert ourselves.files >= ourselves.sockets


async def test_who_keeps_a_cancellation_to_himself_is_told_again() -> None:
    told = asyncio.Event()

    async def deaf_once() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(30), living([deaf_once()]):
        await asyncio.sleep(0)

    assert told.is_set()
