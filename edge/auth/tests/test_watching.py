"""Watchers of an access are told every change of it, once."""

from collections.abc import Collection

import pytest

from edge.auth import watches
from edge.auth.callers import Caller
from edge.auth.standing import BoardAccess, BoardState, Right, Standing
from edge.auth.tests.bench import ADA, GUEST, Bench, role_of, until
from edge.auth.watches import UNPROVEN, Change, Watch


async def test_a_watcher_is_told_what_its_access_becomes(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("viewer", None),)
    await bench.code("board.join")
    bench.rights.watch(ADA, "b", bench.told.append)

    bench.shelf.rights["user:ada"] = (Right("editor", None),)
    bench.learn("boards.role_granted", user_id="ada", role="editor")
    await bench.until_told(1)
    bench.shelf.board = BoardState("b", "w", archived=True, trashed=False, hidden=False)
    bench.learn("boards.board_archived")
    await bench.until_told(2)
    bench.shelf.rights.clear()
    bench.learn("boards.role_revoked", user_id="ada")
    await bench.until_told(3)

    assert [role_of(change) for change in bench.told] == ["editor", "editor", None]
    archived = bench.told[1]
    assert isinstance(archived, BoardAccess)
    assert archived.live_role == "viewer"


async def test_a_watcher_is_not_told_what_it_knows(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("viewer", None),)
    await bench.code("board.join")
    bench.rights.watch(ADA, "b", bench.told.append)

    bench.learn("boards.link_revoked", link_id="l9")
    await until(lambda: len(bench.shelf.reads) >= 2)
    bench.learn("boards.role_revoked", user_id="ada")
    bench.shelf.rights.clear()
    await bench.until_told(1)

    assert bench.told == [None]


async def test_a_watcher_of_an_unknown_access_is_told_what_it_is(bench: Bench) -> None:
    bench.rights.watch(ADA, "b", bench.told.append)

    assert await bench.until_told(1) == [None]


async def test_a_closed_watch_is_told_nothing_and_leaves_nothing(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("viewer", 1000.5),)
    await bench.code("board.join")
    closed, kept = (bench.rights.watch(ADA, "b", told.append) for told in ([], bench.told))

    closed.close()
    closed.close()
    bench.shelf.rights.clear()
    bench.learn("boards.role_revoked", user_id="ada")
    await bench.until_told(1)
    kept.close()

    assert bench.rights._watches._groups == {}


async def test_a_watch_that_is_closed_while_others_are_told_is_told_nothing(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("viewer", None),)
    await bench.code("board.join")
    watched: list[Watch] = []

    def close_all(change: Change) -> None:
        bench.told.append(change)
        for watch in watched:
            watch.close()

    watched += [bench.rights.watch(ADA, "b", close_all) for _ in range(5)]
    bench.shelf.rights.clear()
    bench.learn("boards.role_revoked", user_id="ada")
    await bench.until_told(1)

    assert bench.told == [None]
    assert bench.rights._watches._groups == {}


async def test_a_watcher_is_told_of_a_right_that_ends_by_a_timer(bench: Bench) -> None:
    bench.now = 1000.0
    bench.shelf.rights["link:l1"] = (Right("viewer", 1000.02),)
    await bench.code("board.join", GUEST)
    bench.rights.watch(GUEST, "b", bench.told.append)

    bench.now = 1000.03

    assert await bench.until_told(1) == [None]
    assert len(bench.shelf.reads) == 1


async def test_what_has_changed_and_cannot_be_read_is_told_as_unproven(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "REREAD_SECONDS", 0.1)
    bench.shelf.rights["user:ada"] = (Right("editor", None),)
    await bench.code()
    bench.rights.watch(ADA, "b", bench.told.append)

    bench.shelf.away = True
    bench.learn("boards.link_revoked", link_id="l1")

    assert await bench.until_told(1) == [UNPROVEN]
    assert await bench.code() == "unavailable"


async def test_one_read_serves_everybody_on_a_board(bench: Bench) -> None:
    people = [
        Caller(f"p{n}", "s", "P", "#000", guest=False, link_id=None, board_id=None, expires_at=0) for n in range(50)
    ]
    for person in people:
        bench.shelf.rights[f"user:{person.user_id}"] = (Right("viewer", None),)
        await bench.code("board.join", person)
        bench.rights.watch(person, "b", bench.told.append)
    before = len(bench.shelf.reads)

    bench.shelf.board = BoardState("b", "w", archived=False, trashed=True, hidden=False)
    bench.learn("boards.board_trashed")
    await bench.until_told(50)

    assert len(bench.shelf.reads) == before + 1


async def test_losing_and_finding_the_proof_is_told_once_each(bench: Bench) -> None:
    told: list[str] = []
    bench.rights.freshness.on_lost = lambda: told.append("lost")
    bench.rights.freshness.on_found = lambda: told.append("found")

    for holds, count in ((False, 1), (True, 2)):
        bench.proof.holds = holds
        await until(lambda count=count: len(told) >= count)

    assert told == ["lost", "found"]


async def test_boards_known_longest_are_forgotten_but_none_that_is_watched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.auth.rights.CACHED_STANDINGS", 3)

    async def read(board_id: str, subjects: Collection[str]) -> dict[str, Standing]:
        board = BoardState(board_id, "w", archived=False, trashed=False, hidden=False)
        return {subject: Standing(board, (Right("viewer", None),), 0.0) for subject in subjects}

    bench.shelf.read = read
    for number in range(6):
        await bench.rights.board_access(ADA, f"b{number}", "board.view")
        if number == 0:
            bench.rights.watch(ADA, "b0", bench.told.append)

    known = [number for number in range(6) if bench.rights.known_access(ADA, f"b{number}", "board.view")]
    assert known[0] == 0
    assert known[-1] == 5
    assert 1 not in known
    assert bench.rights._boards_of == {"w": {f"b{number}" for number in known}}
