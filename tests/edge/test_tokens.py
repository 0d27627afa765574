"""Access tokens that are not ours or not good: refused with 401, on sockets with 4401, before anything enters the log."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from schemas.keyring import Keyring
from tests.edge.client import Api, Person, connected, register
from tests.product import Product

pytestmark = pytest.mark.integration

Claims = dict[str, Any]
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def keyring(product: Product) -> Keyring:
    return Keyring.load(Path(product.environment["DOSKA_DATA_DIR"]) / "keyring.json")


@pytest.fixture(scope="module")
async def victim(api: Api) -> Person:
    return await register(api, "Victim")


def claims(person: Person, **changes: Any) -> Claims:
    now = time.time()
    good = {
        "iss": "doska",
        "sub": person.user_id,
        "sid": person.session_id,
        "iat": now,
        "exp": now + 600,
        "name": "Victim",
        "color": "#1971c2",
        "locale": "en",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def ours(keyring: Keyring, said: Claims, **headers: Any) -> str:
    return jwt.encode(said, keyring.derive("access-token"), "HS256", headers={"kid": keyring.current, **headers})


def unsigned(keyring: Keyring, person: Person, alg: str = "none") -> str:
    return f"{part({'alg': alg, 'typ': 'JWT', 'kid': keyring.current})}.{part(claims(person))}."


def by_public_key(keyring: Keyring, person: Person) -> str:
    """What a verifier takes that reads the algorithm from the token: an HMAC under a key that everybody knows."""
    head = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': keyring.current})}.{part(claims(person))}"
    mac = base64.urlsafe_b64encode(hmac.digest(PUBLIC, head.encode(), hashlib.sha256)).rstrip(b"=").decode()
    return f"{head}.{mac}"


def by_hand(keyring: Keyring, person: Person, algorithm: str, digest: Callable[[], Any]) -> str:
    """What the library itself warns of: a longer digest under our key of 32 bytes."""
    head = f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': keyring.current})}.{part(claims(person))}"
    mac = hmac.digest(keyring.derive("access-token"), head.encode(), digest)
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


Make = Callable[[Keyring, Person], str]
BAD: dict[str, Make] = {
    "alg none": unsigned,
    "alg None": lambda keyring, person: unsigned(keyring, person, "None"),
    "no algorithm": lambda keyring, person: f"{part({'kid': keyring.current})}.{part(claims(person))}.",
    "RS256 by another": lambda keyring, person: jwt.encode(
        claims(person), RSA, "RS256", headers={"kid": keyring.current}
    ),
    "HS256 by a public key": by_public_key,
    "HS512 by our own key": lambda keyring, person: by_hand(keyring, person, "HS512", hashlib.sha512),
    "our key of another purpose": lambda keyring, person: jwt.encode(
        claims(person), keyring.derive("refresh-token"), "HS256", headers={"kid": keyring.current}
    ),
    "the key itself, not derived": lambda keyring, person: jwt.encode(
        claims(person), keyring._keys[keyring.current], "HS256", headers={"kid": keyring.current}
    ),
    "wrong audience": lambda keyring, person: ours(keyring, claims(person, aud="another service")),
    "wrong issuer": lambda keyring, person: ours(keyring, claims(person, iss="https://evil.example")),
    "no issuer": lambda keyring, person: ours(keyring, claims(person, iss=None)),
    "expired": lambda keyring, person: ours(keyring, claims(person, exp=time.time() - 1)),
    "without an end": lambda keyring, person: ours(keyring, claims(person, exp=None)),
    "an end that is no time": lambda keyring, person: ours(keyring, claims(person) | {"exp": "tomorrow"}),
    "not yet valid": lambda keyring, person: ours(keyring, claims(person, nbf=time.time() + 600)),
    "unknown kid": lambda keyring, person: ours(keyring, claims(person), kid="k999"),
    "a kid that is a path": lambda keyring, person: ours(keyring, claims(person), kid="../../../dev/null"),
    "no kid": lambda keyring, person: jwt.encode(claims(person), keyring.derive("access-token"), "HS256"),
    "nobody": lambda keyring, person: ours(keyring, claims(person, sub=None)),
    "somebody without an id": lambda keyring, person: ours(keyring, claims(person, sub="admin")),
    "no session and no link": lambda keyring, person: ours(keyring, claims(person, sid=None)),
    "a signature that was changed": lambda keyring, person: ours(keyring, claims(person))[:-4] + "AAAA",
    "huge": lambda keyring, person: ours(keyring, claims(person, name="x" * 4000)),
    "a refresh token": lambda _keyring, person: person.refresh_token,
    "three dots": lambda _keyring, _person: "a.b.c",
    "words": lambda _keyring, _person: "let me in",
}


class Written:
    """What comes on the topics that clients write to, from now on."""

    def __init__(self, reader: AIOKafkaConsumer) -> None:
        self._reader = reader
        self._begins: dict[TopicPartition, int] = {}

    async def begin(self) -> None:
        places = []
        for topic in ("boards.actions", "boards.ops", "identity.actions", "presence.moves"):
            await self._reader._client.add_topic(topic)
            places += [TopicPartition(topic, number) for number in self._reader.partitions_for_topic(topic) or ()]
        assert len(places) > 4
        self._reader.assign(places)
        self._begins = await self._reader.end_offsets(places)
        for place, begin in self._begins.items():
            self._reader.seek(place, begin)

    async def of(self, *words: str) -> list[tuple[str, str]]:
        """Records that hold one of the words, by topic: others' background work writes there too."""
        found = []
        ends = await self._reader.end_offsets(list(self._begins))
        while any([await self._reader.position(place) < end for place, end in ends.items()]):
            for place, records in (await self._reader.getmany(timeout_ms=500)).items():
                for record in records:
                    said = b" ".join((record.key or b"", record.value or b"", *(each for _, each in record.headers)))
                    found += [(place.topic, word) for word in words if word.encode() in said]
        return found


@pytest.fixture
async def written(product: Product) -> AsyncIterator[Written]:
    reader = AIOKafkaConsumer(bootstrap_servers=product.environment["DOSKA_KAFKA_BOOTSTRAP"], enable_auto_commit=False)
    await reader.start()
    try:
        written = Written(reader)
        await written.begin()
        yield written
    finally:
        await reader.stop()


async def test_a_token_that_is_made_right_is_taken(api: Api, keyring: Keyring, victim: Person) -> None:
    made = ours(keyring, claims(victim))

    assert (await api.as_token(made).get("/api/me")).status == 200


async def test_no_bad_token_gets_anywhere(api: Api, keyring: Keyring, victim: Person, written: Written) -> None:
    board_id = await victim.board("Hers")
    assert {topic for topic, _ in await written.of(victim.user_id, board_id)} == {"boards.actions"}

    for name, make in BAD.items():
        token = make(keyring, victim)
        door = api.as_token(token)
        write = await door.post("/api/boards", {"title": "Stolen in the night"})
        change = await door.call("PATCH", "/api/me", {"name": "Somebody else"})
        read = await door.get(f"/api/boards/{board_id}")

        for answer in (write, change, read):
            assert (answer.status, answer.code) == (401, "unauthenticated"), name
            # What was wrong is nobody's business, and the token is in no answer.
            assert token not in str(answer.body), name
        async with connected(api) as socket:
            await socket.send(kind="hello", token=token, client="test/1.0")
            assert await socket.closed() == 4401, name

    assert await written.of(victim.user_id, victim.session_id, board_id, "Stolen in the night", "Somebody else") == []


async def test_a_token_larger_than_any_header_is_refused_before_it_is_read(api: Api) -> None:
    answer = await api.as_token("x" * 100_000).post("/api/boards", {"title": "Mine"})

    assert answer.status in (400, 401, 431)
    async with connected(api) as socket:
        await socket.send(kind="hello", token="x" * 500_000, client="test/1.0")
        assert await socket.closed() == 4401
