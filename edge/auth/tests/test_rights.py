"""Rights that are cached for ever and never wrong for long: every fact, every race, every end."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any

import pytest

from edge.auth import watches
from edge.auth.callers import Caller
from edge.auth.freshness import Freshness
from edge.auth.rights import Rights
from edge.auth.sessions import Sessions
from edge.auth.standing import BoardAccess, BoardState, Right, Standing
from edge.auth.watches import UNPROVEN, Change, Watch
from edge.errors import ApiError

LIMIT_SECONDS = 5.0
ADA = Caller("ada", "s-ada", "Ada", "#000", guest=False, link_id=None, board_id=None, expires_at=0)
GUEST = Caller("guest", None, "Guest", "#000", guest=True, link_id="l1", board_id="b", expires_at=0)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not holds():  # noqa: ASYNC110 - a test watches from outside
            await asyncio.sleep(0.005)


class Shelf:
    """Standings in memory, with the hands of a test on every read."""

    def __init__(self) -> None:
        self.board = BoardState("b", "w", archived=False, trashed=False, hidden=False)
        self.rights: dict[str, tuple[Right, ...]] = {}
        self.reads: list[frozenset[str]] = []
        self.away = False
        self.gate: asyncio.Event | None = None

    async def read(self, board_id: str, subjects: Collection[str]) -> dict[str, Standing]:
        self.reads.append(frozenset(subjects))
        found = {
            subject: Standing(self.board, self.rights[subject], 0.0) for subject in subjects if subject in self.rights
        }
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            raise ApiError("unavailable", "PostgreSQL is away.")
        return found if board_id == "b" else {}


class Always:
    """A log that is always read to its end."""

    def __init__(self) -> None:
        self.holds = True

    def fresh(self, within_seconds: float) -> bool:
        return self.holds


class Bench:
    """Rights on a shelf, with a clock to turn."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.proof = Always()
        self.now = 1000.0
        self.rights = Rights(self.shelf, Sessions(900), Freshness(), now=lambda: self.now)
        self.told: list[Change] = []

    def learn(self, kind: str, **data: Any) -> None:
        self.rights.learn([{"type": kind, "data": {"board_id": "b", **data}}])

    async def code(self, permission: str = "board.draw", caller: Caller = ADA) -> str:
        try:
            await self.rights.board_access(caller, "b", permission)
        except ApiError as error:
            return error.code
        return "allowed"

    async def until_told(self, count: int) -> list[Change]:
        await until(lambda: len(self.told) >= count)
        return self.told


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    running = [
        asyncio.create_task(made.rights.run()),
        asyncio.create_task(made.rights.freshness.run(made.proof)),
    ]
    await made.rights.ensure_fresh()
    yield made
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def role_of(change: Change) -> str | None:
    assert isinstance(change, BoardAccess) or change is None
    return None if change is None else change.role


async def test_a_role_is_read_once_and_then_known(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("editor", None),)

    assert bench.rights.known_access(ADA, "b", "board.draw") is None
    assert [await bench.code() for _ in range(3)] == ["allowed"] * 3

    assert len(bench.shelf.reads) == 1
    assert bench.rights.known_access(ADA, "b", "board.draw") is not None


async def test_all_who_come_by_a_link_at_once_are_one_read_and_none_of_before(bench: Bench) -> None:
    bench.shelf.rights["link:l1"] = (Right("editor", None),)
    bench.shelf.gate = asyncio.Event()
    first = [asyncio.create_task(bench.code(caller=GUEST)) for _ in range(100)]
    await until(lambda: bench.shelf.reads)
    await asyncio.sleep(0)
    bench.shelf.rights.clear()
    late = asyncio.create_task(bench.code(caller=dataclasses.replace(GUEST, link_id="l2")))
    bench.shelf.gate.set()

    assert [await each for each in first] == ["allowed"] * 100
    assert await late == "not_found"
    assert len(bench.shelf.reads) == 2


async def test_having_no_role_is_never_remembered(bench: Bench) -> None:
    assert await bench.code() == "not_found"

    bench.shelf.rights["user:ada"] = (Right("editor", None),)

    assert await bench.code() == "allowed"


async def test_a_refusal_is_never_given_on_a_cached_role(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("viewer", None),)
    assert await bench.code("board.view") == "allowed"

    bench.shelf.rights["user:ada"] = (Right("editor", None),)

    assert bench.rights.known_access(ADA, "b", "board.draw") is None
    assert await bench.code("board.draw") == "allowed"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("boards.role_granted", {"user_id": "ada", "role": "viewer"}),
        ("boards.role_revoked", {"user_id": "ada"}),
        ("boards.link_opened", {"user_id": "ada", "link_id": "l1"}),
        ("boards.link_revoked", {"link_id": "l1"}),
        ("boards.board_archived", {}),
        ("boards.board_trashed", {}),
        ("boards.board_restored", {"from": "trash"}),
        ("boards.board_revealed", {}),
        ("workspaces.member_joined", {"workspace_id": "w", "user_id": "ada", "role": "admin"}),
        ("workspaces.workspace_deleted", {"workspace_id": "w"}),
    ],
)
async def test_each_fact_about_rights_makes_them_read_again(bench: Bench, kind: str, data: dict[str, Any]) -> None:
    bench.shelf.rights["user:ada"] = (Right("editor", None),)
    await bench.code()

    bench.learn(kind, **data)

    assert bench.rights.known_access(ADA, "b", "board.draw") is None
    await bench.code()
    assert len(bench.shelf.reads) == 2


async def test_facts_about_others_change_nothing(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("editor", None),)
    await bench.code()

    bench.learn("boards.role_granted", user_id="grace", role="viewer")
    bench.learn("boards.board_renamed", title="New")
    bench.learn("boards.board_archived", board_id="another")
    bench.learn("workspaces.workspace_deleted", workspace_id="another")

    assert bench.rights.known_access(ADA, "b", "board.draw") is not None


async def test_a_fact_that_arrives_during_a_read_makes_that_read_worthless(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("editor", None),)
    bench.shelf.gate = asyncio.Event()
    reading = asyncio.create_task(bench.code())
    await until(lambda: bool(bench.shelf.reads))

    bench.shelf.rights.clear()
    bench.learn("boards.role_revoked", user_id="ada")
    bench.shelf.gate.set()

    assert await reading == "not_found"
    assert len(bench.shelf.reads) == 2
    assert bench.rights.known_access(ADA, "b", "board.draw") is None


async def test_a_right_that_ends_is_gone_without_a_fact_or_a_read(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("editor", 1010.0), Right("viewer", None))
    assert await bench.code() == "allowed"
    bench.now = 1010.0

    bench.shelf.away = True

    assert bench.rights.known_access(ADA, "b", "board.draw") is None
    assert bench.rights.known_access(ADA, "b", "board.join") is not None


async def test_a_known_role_needs_no_postgres_and_an_unknown_one_is_unavailable(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("editor", None),)
    await bench.code()

    bench.shelf.away = True

    assert await bench.code() == "allowed"
    assert await bench.code(caller=GUEST) == "unavailable"


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


async def test_a_guest_is_alive_as_long_as_the_link_and_the_board(bench: Bench) -> None:
    bench.shelf.rights["link:l1"] = (Right("editor", 1010.0),)
    await bench.rights.ensure_alive(GUEST)
    await bench.rights.board_access(GUEST, "b", "board.draw")

    bench.shelf.board = BoardState("b", "w", archived=False, trashed=True, hidden=False)
    bench.learn("boards.board_trashed")
    with pytest.raises(ApiError) as trashed:
        await bench.rights.ensure_alive(GUEST)
    bench.shelf.board = BoardState("b", "w", archived=False, trashed=False, hidden=False)
    bench.learn("boards.board_restored", **{"from": "trash"})
    await bench.rights.ensure_alive(GUEST)
    bench.now = 1010.0
    with pytest.raises(ApiError) as expired:
        await bench.rights.ensure_alive(GUEST)

    assert (trashed.value.code, expired.value.code) == ("unauthenticated", "unauthenticated")


async def test_a_guest_has_rights_on_one_board_only(bench: Bench) -> None:
    bench.shelf.rights["link:l1"] = (Right("editor", None),)
    elsewhere = Caller("guest", None, "G", "#000", guest=True, link_id="l1", board_id="other", expires_at=0)

    assert await bench.code(caller=elsewhere) == "not_found"
    assert await bench.rights.role(elsewhere, "b") is None
    assert bench.rights.known_access(elsewhere, "b", "board.draw") is None


async def test_a_closed_session_is_not_alive(bench: Bench) -> None:
    await bench.rights.ensure_alive(ADA)

    bench.rights.learn([{"type": "identity.session_closed", "data": {"session_id": "s-ada", "user_id": "ada"}}])

    with pytest.raises(ApiError) as refused:
        await bench.rights.ensure_alive(ADA)
    assert refused.value.code == "unauthenticated"


async def test_on_a_trashed_board_only_the_owner_has_a_role(bench: Bench) -> None:
    bench.shelf.board = BoardState("b", "w", archived=False, trashed=True, hidden=False)
    bench.shelf.rights["user:ada"] = (Right("owner", None),)
    assert await bench.rights.role(ADA, "b") == "owner"

    bench.shelf.rights["user:ada"] = (Right("editor", None),)
    bench.learn("boards.role_granted", user_id="ada", role="editor")

    assert await bench.rights.role(ADA, "b") is None


async def test_without_proof_nothing_is_known_and_writes_wait_for_it(bench: Bench) -> None:
    bench.shelf.rights["user:ada"] = (Right("editor", None),)
    await bench.code()

    bench.proof.holds = False
    assert bench.rights.known_access(ADA, "b", "board.draw") is None
    with pytest.raises(ApiError) as refused:
        await bench.rights.ensure_fresh(0.05)
    waiting = asyncio.create_task(bench.rights.ensure_fresh(LIMIT_SECONDS))
    await asyncio.sleep(0)
    bench.proof.holds = True
    await waiting

    assert refused.value.code == "unavailable"
    assert bench.rights.known_access(ADA, "b", "board.draw") is not None


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
