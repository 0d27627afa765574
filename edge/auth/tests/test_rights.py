"""Rights that are cached for ever and never wrong for long: every fact, every race, every end."""

import asyncio
import dataclasses
from typing import Any

import pytest

from edge.auth.callers import Caller
from edge.auth.standing import BoardState, Right
from edge.auth.tests.bench import ADA, GUEST, LIMIT_SECONDS, Bench, until
from edge.errors import ApiError


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
