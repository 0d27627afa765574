"""A board of Ada, and what is decided of an action on it."""

from dataclasses import replace
from datetime import UTC, datetime

from consumers.board_decider.handler import decide
from consumers.board_decider.state import Board, Link, Standing, State, Version
from schemas import codec
from schemas.envelope import Envelope
from schemas.permissions import BoardRole
from schemas.registry import registry
from topics.decisions import Decision

BOARD_ID, COPY_ID = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081", "01980c5e-0005-7a10-8f2e-3c4d5e6f7082"
ADA, GRACE, EVE = (f"01980c5e-0001-7a10-8f2e-3c4d5e6f708{number}" for number in (1, 2, 3))
LINK_ID = "01980c5e-0006-7a10-8f2e-3c4d5e6f7081"
WORKSPACE = "01980c5e-0004-7a10-8f2e-3c4d5e6f7081"
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
BOARD = Board(BOARD_ID, WORKSPACE, "Plane", ADA, archived=False, trashed=False, hidden=False, revision=5)
LINK = Link(LINK_ID, "editor", expires_at=None, revoked=False)
SEALED = {"kid": "k1", "nonce": "AAECAwQFBgcICQoL", "ct": "c2VhbGVkIGluIHRoZSBleGFtcGxlLCBub3QgYSBzZWNyZXQ"}
VERSION_ID = "01980c5e-000a-7a10-8f2e-3c4d5e6f7081"
VERSION = Version(VERSION_ID, "Before", "saved", NOW)
POSITION = {"log": "a", "partition": 1, "offset": 9, "index": 0}


def state(role: BoardRole | None = "owner", **more: object) -> State:
    """A board of Ada, with Grace as its editor; the actor has `role` by a grant."""
    before = State(
        board=BOARD,
        standing=Standing(grant=role),
        grants={ADA: "owner", GRACE: "editor"},
        link=LINK,
        known=True,
        workspace_id=WORKSPACE,
        versions=(VERSION,),
    )
    return replace(before, **more)


def make(name: str, before: State, /, *, actor: str | None = ADA, via: str | None = None, **data: object) -> Decision:
    data = {"board_id": BOARD_ID, **data}
    mt = registry().get(f"boards.{name}")
    codec.validate(mt, data)
    envelope = Envelope(
        id="01980c5e-0008-7a10-8f2e-3c4d5e6f7081",
        type=mt.name,
        source="test",
        time=NOW.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=BOARD_ID,
        dataschema=mt.dataschema,
        correlationid="01980c5e-0008-7a10-8f2e-3c4d5e6f7081",
        actor=actor,
        via=via,
    )
    decision = decide(mt.name, data, envelope, before)
    for fact in decision.facts:
        codec.validate(registry().get(fact.type), dict(fact.data))
    return decision


def code(decision: Decision) -> str | None:
    return decision.refusal.code if decision.refusal is not None else None


def only(decision: Decision) -> tuple[str, dict[str, object]]:
    assert decision.refusal is None
    (fact,) = decision.facts
    assert fact.data["revision"] == 6
    assert fact.data["board_id"] == BOARD_ID
    return fact.type.partition(".")[2], {
        name: value for name, value in fact.data.items() if name not in ("revision", "board_id")
    }
