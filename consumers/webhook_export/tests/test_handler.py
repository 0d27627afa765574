"""Which webhooks get a fact, and what they get of it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

from consumers.webhook_export.handler import (
    Subscription,
    Told,
    body,
    deliveries,
    delivery_id,
    redeliveries,
    shown,
    told,
)
from schemas.envelope import Envelope
from schemas.ids import is_id, new_id
from schemas.registry import MessageType, registry
from schemas.webhooks.patterns import offered

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)
PLACE, BOARD, HOOK = (f"01980c5e-000{number}-7a10-8f2e-3c4d5e6f7081" for number in (4, 5, 6))
OFFERED = [mt for mt in registry().types() if offered(mt)]


def envelope(mt: MessageType, time: datetime = NOON, **more: Any) -> Envelope:
    id_ = new_id()
    told_at = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Envelope(
        id=id_,
        type=mt.name,
        source="board_decider",
        time=told_at,
        subject=BOARD,
        dataschema=mt.dataschema,
        correlationid=id_,
        **more,
    )


def fact(name: str, time: datetime = NOON, **data: Any) -> Told:
    mt = registry().get(name)
    made = told(envelope(mt, time), mt, {**mt.examples[0], **data})
    assert made is not None
    return made


def hook(*types: str, **more: Any) -> Subscription:
    held = {
        "subscription_id": HOOK,
        "workspace_id": PLACE,
        "types": types,
        "boards": frozenset(),
        "created_at": LONG_AGO,
    }
    return Subscription(**{**held, **more})


def sent(facts: list[Told], *hooks: Subscription, oldest: datetime = LONG_AGO) -> list[tuple[str, str]]:
    found = deliveries(facts, {BOARD: PLACE}, hooks, oldest)
    return [(each.subscription_id, each.told.type) for each in found]


def test_a_body_is_a_cloud_event_with_the_data_of_the_fact() -> None:
    mt = registry().get("boards.board_renamed")
    head = envelope(mt, actor="01980c5e-0001-7a10-8f2e-3c4d5e6f7081", session=new_id(), via=new_id())

    made = orjson.loads(body(head, mt, {"board_id": BOARD, "title": "Ретро", "revision": 2}))

    assert made == {
        "specversion": "1.0",
        "id": head.id,
        "type": "boards.board_renamed",
        "source": "/board_decider",
        "subject": BOARD,
        "time": "2026-05-04T12:00:00.000Z",
        "dataschema": "/api/schemas/boards.board_renamed?version=1",
        "datacontenttype": "application/json",
        "actor": "01980c5e-0001-7a10-8f2e-3c4d5e6f7081",
        "data": {"board_id": BOARD, "title": "Ретро", "revision": 2},
    }


def test_the_sdk_of_cloud_events_reads_a_body() -> None:
    mt = registry().get("boards.board_renamed")
    made = body(envelope(mt), mt, {"board_id": BOARD, "title": "Plan", "revision": 2})

    read = from_structured_event(HTTPMessage({"content-type": "application/cloudevents+json"}, made.encode()))

    assert read.get_type() == "boards.board_renamed"
    assert read.get_data() == {"board_id": BOARD, "title": "Plan", "revision": 2}


@pytest.mark.parametrize("mt", OFFERED, ids=lambda mt: mt.dataschema)
def test_nothing_personal_and_nothing_sealed_leaves_the_house(mt: MessageType) -> None:
    assert not set(shown(mt)) & (set(mt.pii) | set(mt.sealed))
    for example in mt.examples:
        assert not re.search(r"\w@\w+[.]", body(envelope(mt), mt, example)), "an address of somebody"


@pytest.mark.parametrize("name", ["comments.thread_started", "comments.comment_added", "comments.comment_edited"])
def test_the_words_of_a_comment_leave_and_whoever_wrote_them_is_a_number(name: str) -> None:
    mt, guest, link, sitting = registry().get(name), new_id(), new_id(), new_id()
    data = {**mt.examples[0], "text": "Здесь нужна стрелка"} | (
        {"author_id": guest} if "author_id" in mt.examples[0] else {}
    )

    made = body(envelope(mt, actor=guest, via=link, session=sitting), mt, data)

    assert orjson.loads(made)["data"] == data
    assert orjson.loads(made)["actor"] == guest
    assert link not in made, "the link of a guest opens the board"
    assert sitting not in made


def test_the_end_of_an_account_is_told_to_a_webhook_by_its_number_alone() -> None:
    forgotten = registry().get("comments.person_forgotten")

    assert set(shown(forgotten)) == {"board_id", "user_id", "revision"}
    assert not any(offered(mt) for mt in registry().types() if mt.domain == "identity")


def test_a_mark_deep_inside_or_behind_a_reference_keeps_the_whole_field_in_the_house() -> None:
    import dataclasses

    mt = registry().get("boards.board_renamed")
    person = {"type": "object", "properties": {"name": {"type": "string", "x-pii": True}}}
    more = {"who": {"type": "array", "items": {"$ref": "#/$defs/person"}}, "open": {"$ref": "#/$defs/loop"}}
    defs = {"person": person, "loop": {"type": "array", "items": {"$ref": "#/$defs/loop"}}}
    marked = {**mt.schema, "properties": {**mt.schema["properties"], **more}, "$defs": {**mt.schema["$defs"], **defs}}

    assert set(shown(dataclasses.replace(mt, schema=marked))) == {*mt.schema["properties"], "open"}


def test_a_field_of_a_newer_release_stays_in_the_house() -> None:
    mt = registry().get("boards.board_renamed")

    made = orjson.loads(body(envelope(mt), mt, {"board_id": BOARD, "title": "Plan", "revision": 2, "email": "a@b.c"}))

    assert "email" not in made["data"]


def test_a_fact_goes_to_the_workspace_that_it_belongs_to_and_to_no_other() -> None:
    elsewhere = hook("*", subscription_id=new_id(), workspace_id=new_id())

    assert sent([fact("boards.board_renamed", board_id=BOARD)], hook("*"), elsewhere) == [
        (HOOK, "boards.board_renamed")
    ]
    assert sent([fact("boards.board_renamed", board_id=new_id())], hook("*"), elsewhere) == []
    assert sent([fact("workspaces.member_joined", workspace_id=PLACE)], hook("*"), elsewhere) == [
        (HOOK, "workspaces.member_joined")
    ]


def test_a_board_counts_where_it_was_made_whatever_a_fact_of_it_says() -> None:
    lying = fact("boards.board_created", board_id=BOARD, workspace_id=new_id())

    assert sent([lying], hook("*")) == [(HOOK, "boards.board_created")]


def test_only_what_is_subscribed_to_and_only_boards_that_are_named() -> None:
    facts = [
        fact("boards.board_renamed", board_id=BOARD),
        fact("boards.board_archived", board_id=BOARD),
        fact("workspaces.member_joined", workspace_id=PLACE),
    ]

    assert [name for _, name in sent(facts, hook("boards.board_renamed"))] == ["boards.board_renamed"]
    assert [name for _, name in sent(facts, hook("boards.*"))] == ["boards.board_renamed", "boards.board_archived"]
    assert [name for _, name in sent(facts, hook("*", boards=frozenset({BOARD})))] == [
        "boards.board_renamed",
        "boards.board_archived",
    ]
    assert sent(facts, hook("*", boards=frozenset({new_id()}))) == []


def test_what_happened_before_a_webhook_was_made_or_too_long_ago_is_not_sent() -> None:
    facts = [fact("boards.board_renamed", NOON - timedelta(seconds=1), board_id=BOARD)]

    assert sent(facts, hook("*", created_at=NOON)) == []
    assert sent(facts, hook("*"), oldest=NOON) == []
    assert len(sent(facts, hook("*", created_at=NOON - timedelta(seconds=1)))) == 1


def test_a_test_goes_to_its_webhook_alone_once_and_under_the_id_that_was_answered() -> None:
    asked = fact("webhooks.test_requested", workspace_id=PLACE, subscription_id=HOOK, delivery_id=PLACE)
    other = hook("*", subscription_id=new_id())

    [found] = deliveries([asked], {}, [hook("boards.*", boards=frozenset({BOARD})), other], LONG_AGO)

    assert (found.subscription_id, found.delivery_id, found.once) == (HOOK, PLACE, True)


def test_a_redelivery_is_none_of_its_own() -> None:
    asked = fact("webhooks.redelivery_requested", workspace_id=PLACE, subscription_id=HOOK, delivery_id=BOARD)

    assert sent([asked], hook("*")) == []
    assert redeliveries([asked]) == [(BOARD, HOOK)]


def test_facts_about_people_are_none_of_a_webhooks_business() -> None:
    for mt in registry().of_topic("identity.facts"):
        for example in mt.examples:
            assert told(envelope(mt), mt, example) is None


def test_a_delivery_has_the_same_id_however_often_its_fact_is_read() -> None:
    one = delivery_id(HOOK, BOARD)

    assert one == delivery_id(HOOK, BOARD)
    assert one != delivery_id(PLACE, BOARD)
    assert is_id(one)
