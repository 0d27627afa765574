"""The `decide` engine on real Kafka and PostgreSQL: one decision, one effect, one set of facts, an answer."""

import asyncio

import pytest

from schemas.ids import fact_id, new_id
from tests.kernel.deciding import REPLIES, Desk, desk, envelope_of, manifest_of, raw, rename
from tests.kernel.harness import LIMIT_SECONDS, until
from topics.bus.dead_letters import reason_of
from topics.bus.decide_retention import purge
from topics.bus.publish import partition_for
from topics.errors import Halt

__all__ = ["desk"]
pytestmark = pytest.mark.integration


async def test_an_action_becomes_a_fact_an_effect_and_an_answer_where_the_edge_waits(desk: Desk) -> None:
    async with desk.running():
        sent = await desk.rename("Plane", actor=new_id(), via=new_id())
        answer = await desk.answer(sent)

    [(envelope, data)] = desk.log.facts(sent.subject)
    assert data == {"board_id": sent.subject, "title": "Plane", "revision": 1}
    assert answer == {
        "action_id": sent.id,
        "status": "accepted",
        "facts": [{"type": "boards.board_renamed", "data": data}],
    }
    assert envelope.id == fact_id(sent.id, 0)
    assert (envelope.causationid, envelope.correlationid) == (sent.id, sent.correlationid)
    assert (envelope.actor, envelope.via, envelope.time) == (sent.actor, sent.via, sent.time)
    [place] = [record for record in desk.log.records if record.topic == "platform.replies"]
    assert place.partition == REPLIES
    assert await desk.connection.fetchval("select title from boards where board_id = $1", sent.subject) == "Plane"


async def test_the_answer_stands_in_the_log_after_all_facts(desk: Desk) -> None:
    async with desk.running():
        sent = [await desk.rename(f"title {number}") for number in range(5)]
        answers = [await desk.log.until(lambda log, sent=each: log.answers(sent.id)) for each in sent]

        await desk.log.settled()

    assert len(answers) == 5
    for each in sent:
        [fact] = [r for r in desk.log.records if r.topic == "boards.facts" and r.key == each.subject.encode()]
        [answer] = [r for r in desk.log.records if r.topic == "platform.replies" and r.key == each.id.encode()]
        assert fact.timestamp <= answer.timestamp


async def test_the_same_action_again_gets_its_answer_again_and_nothing_else(desk: Desk) -> None:
    async with desk.running():
        sent = await desk.rename("Plane")
        await desk.answer(sent)
        await desk.send(sent, {"board_id": sent.subject, "title": "Plane"})
        first, second = await desk.log.until(lambda log: (found := log.answers(sent.id)) and len(found) == 2 and found)

    assert first == second
    assert len(desk.log.facts(sent.subject)) == 1
    assert await desk.connection.fetchval("select runs from boards where board_id = $1", sent.subject) == 1


async def test_the_same_action_twice_in_one_transaction_is_decided_once(desk: Desk) -> None:
    board_id = new_id()
    sent = await desk.rename("Plane", board_id)
    await desk.send(sent, {"board_id": board_id, "title": "Plane"})

    async with desk.running():
        await desk.log.until(lambda log: len(log.answers(sent.id)) == 2)

    assert len(desk.log.facts(board_id)) == 1


async def test_actions_of_one_key_are_decided_in_their_order(desk: Desk) -> None:
    board_id = new_id()
    sent = [await desk.rename(f"title {number}", board_id) for number in range(250)]

    async with desk.running():
        await desk.answer(sent[-1])
        await desk.log.settled()

    assert [data["revision"] for _, data in desk.log.facts(board_id)] == list(range(1, 251))
    assert [data["title"] for _, data in desk.log.facts(board_id)] == [f"title {number}" for number in range(250)]


async def test_a_refusal_is_an_answer_and_no_dead_letter(desk: Desk) -> None:
    async with desk.running():
        answer = await desk.answer(await desk.rename("no way"))
        await desk.log.settled()

    assert (answer["status"], answer["code"], answer["detail"], answer["facts"]) == ("rejected", "forbidden", "No.", [])
    assert desk.log.dead(desk.name) == []


async def test_what_must_be_unique_is_a_conflict_for_the_second_and_undoes_only_him(desk: Desk) -> None:
    sent = [await desk.rename("only one") for _ in range(2)]

    async with desk.running():
        answers = [await desk.answer(each) for each in sent]

    assert sorted(answer["status"] for answer in answers) == ["accepted", "rejected"]
    assert [answer["code"] for answer in answers if answer["status"] == "rejected"] == ["conflict"]
    assert await desk.connection.fetchval("select count(*) from boards where title = 'only one'") == 1


async def test_an_action_that_nobody_waits_for_is_decided_without_an_answer(desk: Desk) -> None:
    async with desk.running():
        silent = await desk.rename("silent", replyto=None)
        nowhere = await desk.rename("nowhere", replyto="platform.replies/9999")
        wrong = await desk.rename("wrong", replyto="boards.facts/1")
        await desk.log.until(lambda log: all(log.facts(each.subject) for each in (silent, nowhere, wrong)))
        await desk.answer(await desk.rename("last"))

    assert [desk.log.answers(each.id) for each in (silent, nowhere, wrong)] == [[], [], []]


async def test_junk_is_a_dead_letter_with_the_reason_and_stops_nobody(desk: Desk) -> None:
    board_id = new_id()
    key = board_id.encode()
    unknown = rename("x", board_id)
    good_headers = rename("x", board_id)

    await raw(desk.publisher, "boards.actions", key, b"not json", good_headers)
    await raw(desk.publisher, "boards.actions", key, b"{}", None)
    await raw(desk.publisher, "boards.actions", key, b'{"board_id":"%s","title":5}' % key, unknown)
    await raw(
        desk.publisher,
        "boards.actions",
        new_id().encode(),
        b'{"board_id":"%s","title":"x"}' % key,
        rename("x", board_id),
    )
    await raw(
        desk.publisher,
        "boards.actions",
        key,
        b'{"board_id":"%s","title":"x"}' % key,
        rename("x", board_id, actor="admin"),
    )
    last = await desk.rename("good", board_id)

    async with desk.running():
        assert (await desk.answer(last))["status"] == "accepted"
        refused = await desk.answer(unknown)
        malformed = await desk.answer(good_headers)
        await desk.log.until(lambda log: len(log.dead(desk.name)) == 5)

    assert (refused["code"], refused["errors"][0]["path"]) == ("schema_invalid", "/title")
    assert malformed["code"] == "malformed"
    reasons = [reason_of(record.headers) for record in desk.log.dead(desk.name)]
    assert {reason["consumer"] for reason in reasons} == {desk.name}
    assert sorted(reason["code"] for reason in reasons) == [
        "malformed",
        "malformed",
        "malformed",
        "schema_invalid",
        "schema_invalid",
    ]


async def test_a_bug_has_its_attempts_then_a_dead_letter_an_answer_and_no_effect(desk: Desk) -> None:
    before = await desk.rename("before")
    board_id = before.subject
    sent = await desk.rename("bug here", board_id)
    after = await desk.rename("after", board_id)

    async with desk.running():
        answer = await desk.answer(sent)
        assert (await desk.answer(after))["status"] == "accepted"
        [letter] = await desk.log.until(lambda log: log.dead(desk.name))

    assert (answer["status"], answer["code"]) == ("rejected", "internal")
    assert "RuntimeError" not in answer["detail"]
    assert "RuntimeError: a bug of this decider" in reason_of(letter.headers)["reason"]
    assert [data["title"] for _, data in desk.log.facts(board_id)] == ["before", "after"]


async def test_a_record_that_breaks_what_is_done_for_all_dies_alone(desk: Desk) -> None:
    board_id = new_id()
    before = await desk.rename("before", board_id)
    # The decider asks for a lock that cannot be taken: taking all of them fails, for the whole transaction.
    poison = await desk.rename("poison", board_id)
    after = await desk.rename("after", board_id)

    async with desk.running():
        assert (await desk.answer(after))["status"] == "accepted"
        assert (await desk.answer(poison))["code"] == "internal"
        await desk.log.until(lambda log: log.dead(desk.name))

    assert [data["title"] for _, data in desk.log.facts(board_id)] == ["before", "after"]
    assert len(desk.log.answers(before.id)) == 1


async def test_a_dead_letter_that_is_replayed_after_the_repair_is_decided(desk: Desk) -> None:
    sent = await desk.rename("bug here")
    async with desk.running():
        assert (await desk.answer(sent))["code"] == "internal"
        # The same action, as a repaired decider would see it.
        await desk.send(sent, {"board_id": sent.subject, "title": "repaired"})
        await desk.log.until(lambda log: log.facts(sent.subject))


async def test_what_is_not_ready_waits_in_its_place(desk: Desk) -> None:
    board_id = new_id()
    later = await desk.rename("later", board_id)
    after = await desk.rename("after", board_id)

    async with desk.running():
        key = partition_for(board_id.encode(), 3)
        elsewhere = next(each for each in iter(new_id, "") if partition_for(each.encode(), 3) == key)
        await desk.connection.execute("insert into ready values ($1)", board_id)
        await desk.answer(await desk.rename("elsewhere", elsewhere))
        await desk.answer(after)

    assert [data["title"] for _, data in desk.log.facts(board_id)] == ["later", "after"]
    assert len(desk.log.answers(later.id)) == 1


async def test_halt_keeps_what_was_before_it_and_stops(desk: Desk) -> None:
    before = await desk.rename("before")
    await desk.rename("halt now", before.subject)

    async with desk.running() as running:
        await desk.answer(before)
        with pytest.raises(Halt, match="a person has to look"):
            await asyncio.wait_for(asyncio.shield(running.task), LIMIT_SECONDS)

    assert len(desk.log.facts(before.subject)) == 1


async def test_too_many_dead_letters_stop_the_consumer(desk: Desk) -> None:
    board_id = new_id()
    sent = [await desk.rename(f"bug {number}", board_id) for number in range(7)]

    async with desk.running() as running:
        with pytest.raises(Halt, match="5 dead letters in a row"):
            await asyncio.wait_for(asyncio.shield(running.task), LIMIT_SECONDS)
    await desk.log.settled()

    assert len(desk.log.dead(desk.name)) == 5
    assert desk.log.answers(sent[5].id) == []


async def test_another_life_of_the_topic_halts(desk: Desk) -> None:
    await desk.connection.execute("update checkpoint set generation = 'another' where topic = 'boards.actions'")

    async with desk.running() as running:
        with pytest.raises(Halt, match="generation another"):
            await asyncio.wait_for(asyncio.shield(running.task), LIMIT_SECONDS)


async def test_a_fact_of_another_domain_may_ask_an_action_of_its_own_key(desk: Desk) -> None:
    user_id = new_id()
    sent = envelope_of("identity.user_erased", user_id, replyto=None, actor=user_id)
    async with desk.running():
        await desk.send(sent, {"user_id": user_id, "revision": 3})
        asked = await desk.log.until(
            lambda log: [each for each in log.of("boards.actions") if each[0].type == "boards.trash_board"]
        )

    [(envelope, data)] = asked
    assert data == {"board_id": user_id}
    assert (envelope.id, envelope.actor, envelope.causationid) == (fact_id(sent.id, 0, desk.name), user_id, sent.id)


async def test_a_lost_connection_in_the_middle_is_tried_again_in_place(desk: Desk) -> None:
    async with desk.running():
        for number in range(5):
            sent = [await desk.rename(f"title {number}") for _ in range(20)]
            await desk.connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
                f"doska_{desk.name}",
            )
            for each in sent:
                assert (await desk.answer(each))["status"] == "accepted"
        await desk.log.settled()

    assert await desk.connection.fetchval("select max(runs) from boards") == 1


async def test_a_database_restored_to_an_earlier_minute_gets_the_same_facts(desk: Desk) -> None:
    tables = ("boards", "inbox", "outbox", "checkpoint")
    async with desk.running():
        board_id = (first := await desk.rename("first")).subject
        await desk.answer(first)
        for table in tables:
            await desk.connection.execute(f"create table saved_{table} as table {table}")
        second = await desk.rename("second", board_id)
        await desk.answer(second)
        async with desk.connection.transaction():
            for table in tables:
                await desk.connection.execute(f"delete from {table}")
                await desk.connection.execute(f"insert into {table} overriding system value table saved_{table}")
        third = await desk.rename("third", board_id)
        await desk.answer(third)
        await desk.log.settled()

    told = [(envelope.id, data["title"], data["revision"]) for envelope, data in desk.log.facts(board_id)]
    assert set(told) == {
        (fact_id(first.id, 0), "first", 1),
        (fact_id(second.id, 0), "second", 2),
        (fact_id(third.id, 0), "third", 3),
    }
    assert await desk.connection.fetchval("select runs from boards where board_id = $1", board_id) == 3


async def test_a_stop_in_the_middle_loses_nothing(desk: Desk) -> None:
    sent = []
    for round_ in range(4):
        async with desk.running():
            sent += [await desk.rename(f"round {round_}") for _ in range(30)]
    async with desk.running():
        for each in sent:
            await desk.answer(each)
    await desk.log.settled()

    assert all(len(desk.log.facts(each.subject)) == 1 for each in sent)
    assert await desk.connection.fetchval("select count(*) from boards where runs = 1") == len(sent)


async def test_everything_published_is_marked(desk: Desk) -> None:
    async with desk.running():
        await desk.answer(await desk.rename("Plane"))

        await until(
            lambda: desk.connection.fetchval("select count(*) = 0 from outbox where published_at is null"),
            "everything to be marked",
        )


async def test_what_is_old_enough_is_forgotten(desk: Desk) -> None:
    actor = new_id()
    async with desk.running():
        old = await desk.rename("old", actor=actor, idempotencykey="old", fingerprint="f")
        fresh = await desk.rename("fresh", actor=actor, idempotencykey="fresh", fingerprint="f")
        await desk.answer(old)
        await desk.answer(fresh)
    await desk.connection.execute("update inbox set at = now() - interval '60 days' where action_id = $1", old.id)
    await desk.connection.execute("update idempotency set at = now() - interval '26 hours' where key = 'old'")
    await desk.connection.execute("update outbox set published_at = now() - interval '2 days'")
    await desk.connection.execute(
        "insert into outbox (source_topic, source_partition, topic, key, headers) values ('x', 0, 'x', '', '{}')"
    )

    await purge(desk.connection, manifest_of(desk.name))

    assert await desk.connection.fetchval("select array_agg(action_id::text) from inbox") == [fresh.id]
    assert await desk.connection.fetchval("select array_agg(key) from idempotency") == ["fresh"]
    left = await desk.connection.fetch("select published_at from outbox")
    assert [row["published_at"] for row in left] == [None], "what is not published is never forgotten"
