"""Message types by name, topic and kind, and what a schema says beside its data."""

import pytest

from schemas.problems import UnknownType
from schemas.registry import Allow, Route, registry
from schemas.rooms import live_view, rooms_of


def test_a_type_knows_its_way() -> None:
    mt = registry().get("boards.create_link")

    assert (mt.topic, mt.key, mt.kind, mt.domain) == ("boards.actions", "/board_id", "action", "boards")
    assert mt.allow == Allow("board.link", "board:{board_id}")
    assert mt.route == Route("POST", "/api/boards/{board_id}/links")
    assert dict(mt.sealed) == {"password": "argon2id"}
    assert dict(mt.edge_fields) == {"link_id": "new_id"}
    assert mt.pii == {"password"}
    assert mt.sendable


@pytest.mark.parametrize(
    "dataschema",
    ["boards.draw/2", "boards.nothing/1", "boards.draw", "boards.draw/x", "/1", "boards.draw/99999", "boards.draw/¹"],
)
def test_an_unknown_type_or_version_is_named(dataschema: str) -> None:
    with pytest.raises(UnknownType):
        registry().of_dataschema(dataschema)


def test_what_travels_within_another_record_stands_on_no_topic() -> None:
    assert [mt.name for mt in registry().of_topic("boards.ops")] == ["boards.ops_record"]
    assert registry().get("boards.draw").within == "boards.ops_record"


def test_internal_actions_are_not_for_clients() -> None:
    sendable = {mt.name for mt in registry().types() if mt.sendable}

    assert "boards.draw" in sendable
    assert "identity.update_profile" in sendable
    assert not sendable & {"identity.register_user", "boards.reveal_board", "boards.open_link", "boards.ops_record"}


def test_a_name_and_version_is_known_once() -> None:
    types = registry().types()

    assert len({mt.dataschema for mt in types}) == len(types)
    assert [mt.name for mt in types] == sorted(mt.name for mt in types)


def test_facts_name_people_by_id_only() -> None:
    assert [mt.name for mt in registry().of_kind("fact") if mt.pii] == []


def test_the_rooms_of_a_fact() -> None:
    mt = registry().get("boards.role_granted")

    assert rooms_of(mt, {"board_id": "b", "user_id": "u", "role": "editor", "revision": 1}) == [
        "board_owners:b",
        "user:u",
    ]
    assert rooms_of(registry().get("boards.link_opened"), {"board_id": "b", "link_id": "l", "user_id": "u"}) == []


def test_only_live_fields_go_to_a_room() -> None:
    drawing = {"board_id": "b", "elements": [1], "secret": 2}

    assert live_view(registry().get("boards.draw"), drawing) == {"elements": [1]}
    assert live_view(registry().get("boards.link_opened"), {"board_id": "b"}) == {}


def test_nothing_sealed_or_personal_is_live() -> None:
    assert [mt.name for mt in registry().types() if mt.live & (mt.pii | set(mt.sealed))] == []
