"""Mail by a real server, and every record of every topic after all that can be done to an account: no secret, no person."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiosmtpd.controller import Controller

from compose.embedded.stack import Stack
from tests.edge.client import Api, connected, register
from tests.edge.test_identity_live import operate
from tests.product import Product, free_port
from tests.stack import prepare
from topics.bus.catalog import catalog

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

WAIT_SECONDS = 30.0
PRESENCE_SECONDS = 600


@dataclass
class Mailbox:
    """What a mail server has taken; it refuses for a while when told so."""

    mails: list[Mail] = field(default_factory=list)
    busy: int = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.busy:
            self.busy -= 1
            return "451 later"
        self.mails.append(message_from_bytes(envelope.content))
        return "250 taken"

    async def to(self, email: str, number: int = 1) -> Mail:
        """The so manieth mail to an address."""
        for _ in range(int(WAIT_SECONDS / 0.05)):
            found = [mail for mail in self.mails if mail["To"] == email]
            if len(found) >= number:
                return found[number - 1]
            await asyncio.sleep(0.05)
        raise AssertionError(f"no mail number {number} to {email}")


def token_of(mail: Mail, path: str) -> str:
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    [token] = re.findall(rf"https://board\.example/{path}#(\S+)", payload.decode())
    return str(token)


@pytest.fixture(scope="module")
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture(scope="module")
async def posted(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> AsyncIterator[Product]:
    """The product on parts of its own with a mail server, so that every record on them is of these tests."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), ready_timeout=WAIT_SECONDS)
    controller.start()
    parts = Stack(tmp_path_factory.mktemp("parts"), ports="free", parts=("kafka", "postgres", "valkey", "seaweedfs"))
    await parts.start()
    product = Product({}, tmp_path_factory.mktemp("logs"))
    try:
        prepared = await prepare(parts.environment(), tmp_path_factory.mktemp("data"))
        product.environment = {
            **prepared,
            "DOSKA_SMTP_URL": f"smtp://127.0.0.1:{controller.port}",
            "DOSKA_PUBLIC_URL": "https://board.example",
        }
        await product.start_consumers()
        product.base_url = (await product.edge()).base_url
        yield product
    finally:
        await product.stop()
        await parts.stop()
        controller.stop()


@pytest.fixture
def door(posted: Product, api: Api) -> Api:
    return Api(posted.base_url, api.http)


async def everything(product: Product) -> dict[str, list[tuple[bytes, bytes | None, bytes]]]:
    """Every record of every topic: key, value, headers."""
    reader = AIOKafkaConsumer(bootstrap_servers=product.environment["DOSKA_KAFKA_BOOTSTRAP"], enable_auto_commit=False)
    await reader.start()
    found: dict[str, list[tuple[bytes, bytes | None, bytes]]] = {}
    try:
        topics = {topic for topic in await reader.topics() if not topic.startswith("__")}
        places = []
        for topic in sorted(topics):
            await reader._client.add_topic(topic)
            places += [TopicPartition(topic, number) for number in reader.partitions_for_topic(topic) or ()]
        reader.assign(places)
        await reader.seek_to_beginning(*places)
        ends = await reader.end_offsets(places)
        while any([await reader.position(place) < end for place, end in ends.items()]):
            for place, records in (await reader.getmany(timeout_ms=500)).items():
                found.setdefault(place.topic, []).extend(
                    (
                        record.key or b"",
                        record.value,
                        b"\n".join(name.encode() + b"=" + content for name, content in record.headers),
                    )
                    for record in records
                )
    finally:
        await reader.stop()
    return found


async def test_a_link_by_mail_sets_a_new_password(door: Api, mailbox: Mailbox) -> None:
    person = await register(door)
    await mailbox.to(person.email)  # the token of the registration
    mailbox.busy = 2

    known = await door.post("/api/auth/forgot", {"email": person.email.upper()})
    unknown = await door.post("/api/auth/forgot", {"email": "nobody@example.org"})
    mail = await mailbox.to(person.email, 2)
    used = await door.post("/api/auth/reset", {"token": token_of(mail, "reset"), "password": "another horse battery"})

    assert (known.status, known.body) == (unknown.status, unknown.body) == (202, b"")
    assert used.status == 204
    assert mailbox.busy == 0, "the server said later, and it was tried again"
    login = await door.post("/api/auth/login", {"email": person.email, "password": "another horse battery"})
    assert login.status == 200
    assert not [mail for mail in mailbox.mails if mail["To"] == "nobody@example.org"]


async def test_a_new_address_counts_when_its_token_comes_back(door: Api, mailbox: Mailbox) -> None:
    person, new = await register(door), f"{secrets.token_hex(6)}@example.net"

    asked = await person.api.post("/api/me/email", {"email": new, "password": person.password})
    before = (await person.api.get("/api/me")).body["email"]
    token = token_of(await mailbox.to(new), "confirm")
    confirmed = await door.post("/api/auth/confirm", {"token": token})
    again = await door.post("/api/auth/confirm", {"token": token})

    assert (asked.status, before) == (202, person.email)
    assert (confirmed.status, again.status) == (204, 410)
    assert (await person.api.get("/api/me")).body["email"] == new
    assert (await door.post("/api/auth/confirm", {"token": "x" * 153})).status == 410


async def test_after_an_account_no_record_of_any_topic_names_the_person(
    posted: Product, door: Api, mailbox: Mailbox
) -> None:
    person = await register(door, "Wilhelmina Featherstonehaugh")
    confirmation = token_of(await mailbox.to(person.email), "confirm")
    new, wrong, later = f"{secrets.token_hex(6)}@example.net", "not this horse", "another horse battery"
    refreshed = (await door.post("/api/auth/refresh", {"refresh_token": person.refresh_token})).body
    login = (await door.post("/api/auth/login", {"email": person.email, "password": person.password})).body
    await door.post("/api/auth/login", {"email": person.email, "password": wrong})
    await person.api.call("PATCH", "/api/me", {"name": "Wilhelmina Cholmondeley", "time_zone": "Europe/London"})
    await door.post("/api/auth/confirm", {"token": confirmation})
    await person.api.post("/api/me/email", {"email": new, "password": person.password})
    move = token_of(await mailbox.to(new), "confirm")
    await door.post("/api/auth/confirm", {"token": move})
    await person.api.post("/api/me/password", {"password": person.password, "new_password": later})
    await door.post("/api/auth/forgot", {"email": new})
    reset = token_of(await mailbox.to(new, 2), "reset")
    await door.post("/api/auth/reset", {"token": reset, "password": later + "!"})
    by_operator = (await operate(posted, "reset", new)).split("#")[-1].strip()
    await operate(posted, "ban", new)
    await operate(posted, "unban", new)
    last = (await door.post("/api/auth/login", {"email": new, "password": later + "!"})).body
    mine = door.as_token(last["access_token"])
    board_id = (await mine.post("/api/boards", {"title": "A board"})).body["board_id"]
    link = (await mine.post(f"/api/boards/{board_id}/links", {"role": "editor", "password": "open sesame"})).body
    async with connected(door, last["access_token"]) as socket:
        await socket.join(board_id)
        await socket.send(kind="move", room=f"board:{board_id}", data={"pointer": {"x": 1, "y": 2, "tool": "pointer"}})
        await socket.send(kind="ping", id="p")
        await socket.kind("pong")
    people = (await everything(posted))["identity.people"]
    gone = await mine.call("DELETE", "/api/me", {"password": later + "!"})
    assert gone.status == 204, gone

    log = await everything(posted)

    assert any(b"Wilhelmina" in (value or b"") for _, value, _ in people), "the one place for words of people"
    secret = [
        *(person.password, wrong, later, "open sesame", "$argon2"),
        *(one["access_token"] for one in (refreshed, login, last)),
        *(one["refresh_token"] for one in (refreshed, login, last)),
        *(person.token, person.refresh_token, confirmation, move, reset, by_operator, link["token"]),
        *(token.rpartition(".")[2] for token in (confirmation, move, reset, by_operator)),
    ]
    # Where words of people may stand: in the entry that a tombstone forgets, and for minutes beside their cursors.
    assert catalog()["presence.moves"].retention <= PRESENCE_SECONDS
    known = {"identity.people", "presence.moves"}
    personal = ["Wilhelmina", "Featherstonehaugh", "Cholmondeley", person.email, new, "127.0.0.1"]
    found = [
        (topic, word)
        for topic, records in log.items()
        for key, value, headers in records
        for word in (*secret, *(personal if topic not in known else ()))
        if word.encode().lower() in b"\n".join((key, value or b"", headers)).lower()
    ]
    assert found == []
    assert {"identity.actions", "identity.facts", "platform.replies", "boards.facts", "presence.moves"} <= set(log)
    mine_in_people = [value for key, value, _ in log["identity.people"] if key == person.user_id.encode()]
    assert len(mine_in_people) > 1
    assert mine_in_people[-1] is None, "a tombstone is the last word"
