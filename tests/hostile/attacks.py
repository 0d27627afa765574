"""What to say to a route, made of its row in `/openapi.json`: bodies, paths, queries and headers that nobody means well."""

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from schemas.forms import client_example
from schemas.registry import MessageType, registry
from tests.hostile.mutations import mutations
from tests.hostile.texts import texts
from tests.hostile.values import IDS, LONG, TEXTS, TIMES
from tests.hostile.wire import Said

Json = dict[str, Any]
JSON: Final = ("Content-Type", b"application/json")
PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
SEGMENTS: Final = (
    "%00", "%FF", "%ED%A0%80", "%2e%2e%2fetc", "%E2%80%AE", "x" * LONG, "__proto__", "%27%20or%201=1", "%25s", "-1", "null",
    "%C3%A9", "+", "*", "%0d%0aX:%20y", *(quote(each) for each in IDS),
)  # fmt: skip
VALUES: Final = (
    "", "%00", "%FF", "%ED%A0%80", "-1", "0", "1e9", "9" * 400, "%D9%A3", "NaN", "[]", "null", "true", "TRUE", "x" * LONG, "%25", "_",
    "2026-05-04T10:11:12Z", "9999-12-31T23:59:59.999999Z", *(quote(each) for each in (*IDS, *TIMES)),
)  # fmt: skip
BODIES: Final = 6
TEXTS_EACH: Final = 4
OTHERS: Final = 3
HEADERS: Final[tuple[tuple[str, bytes], ...]] = (
    ("Content-Type", b"text/html"),
    ("Content-Type", b"application/json; charset=utf-16"),
    ("Content-Type", b"application/json; charset=\xff"),
    ("Content-Type", b"application/json; charset"),
    ("Content-Type", b";;;"),
    ("Content-Type", b"application/x-www-form-urlencoded"),
    ("Content-Type", b"multipart/form-data"),
    ("Content-Type", b"x" * LONG),
    ("Content-Encoding", b"gzip"),
    ("Content-Encoding", b"deflate, br, \xff"),
    ("Transfer-Encoding", b"gzip, chunked"),
    ("Content-Length", b"-1"),
    ("Content-Length", b"99999999999999999999"),
    ("Authorization", b"Bearer"),
    ("Authorization", b"Bearer \xff\xfe"),
    ("Authorization", b"Bearer e30.e30.e30"),
    ("Authorization", b"Bearer " + b"." * LONG),
    ("Authorization", b"Bearer eyJhbGciOiJub25lIn0.e30."),
    ("Authorization", b"Basic YTpi"),
    ("Cookie", b"doska_refresh=\xff; doska_refresh=" + b"x" * 4000),
    ("Cookie", b'doska_refresh="; a=b\\"; =; ;;'),
    ("Cookie", b"doska_login=e30.e30; doska_pending=" + b"A" * LONG),
    ("Idempotency-Key", b"x" * 129),
    ("Idempotency-Key", b"\xff\xfe"),
    ("Idempotency-Key", b"\xed\xa0\x80"),
    ("Idempotency-Key", b"\x7f"),
    ("traceparent", b"00-00000000000000000000000000000000-0000000000000000-00"),
    ("traceparent", b"00-" + b"\xff" * 32 + b"-1-1"),
    ("traceparent", b"x" * LONG),
    ("Origin", b"https://evil.example"),
    ("Origin", b"http://[::1"),
    ("Origin", b"\xff"),
    ("Host", b"evil.example"),
    ("Host", b"[::1"),
    ("Host", b""),
    ("Accept-Language", b"\xff,;q=NaN," + b"a-" * 300),
    ("Accept-Encoding", b"gzip;q=\xff"),
    ("User-Agent", b"\xff\x80 \xed\xa0\x80" + b"u" * LONG),
    ("Range", b"bytes=-1,99-0"),
    ("If-None-Match", b'W/"' + b"\xff" * 300),
    ("If-None-Match", b'"unclosed'),
    ("X-Forwarded-For", b"\xff, 999.1.1.1, ::"),
    ("Forwarded", b'for="[::1'),
    ("Expect", b"the-unexpected"),
    ("Expect", b"100-continue"),
    ("Upgrade", b"websocket"),
    ("X-Long", b"y" * 20_000),
    ("X-NUL", b"a\0b"),
    ("X-Bare", b"a\rb"),
    (" X-Space", b"a"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One method of one path of the document."""

    path: str
    method: str
    operation: Json

    @property
    def names(self) -> list[str]:
        """What the path names."""
        return PARAMETER.findall(self.path)

    @property
    def queries(self) -> list[str]:
        """What may stand in the query."""
        return [one["name"] for one in self.operation["parameters"] if one["in"] == "query"]

    def at(self, named: Mapping[str, str]) -> str:
        """The path with ids in it; what has none is nobody's."""
        return PARAMETER.sub(lambda found: named.get(found[1], IDS[-1]), self.path)


def attacks(row: Row, named: Mapping[str, str], token: str, seed: int) -> Iterator[Said]:
    """What is said to one row, where `named` are real ids for what its path names."""
    chance = random.Random(f"{seed} {row.method} {row.path}")
    real = row.at(named)
    start = Said(row.method, real, (("Authorization", f"Bearer {token}".encode()), JSON))
    example, schema = example_of(row)
    example = None if example is None else living(example, named)
    good = replace(start, body=b"" if example is None else written(example))
    if example is not None:
        yield from _bodies(start, schema, example, chance)
    for name in row.names:
        for segment in chance.sample(SEGMENTS, OTHERS):
            yield replace(good, target=row.at({**named, name: segment}), about=f"another {name}")
    for name in row.queries:
        for value in chance.sample(VALUES, OTHERS):
            yield replace(good, target=f"{real}?{name}={value}", about=f"query {name}")
        yield replace(good, target=f"{real}?{name}=1&{name}=2", about=f"{name} twice")
    for name, value in chance.sample(HEADERS, OTHERS):
        kept = tuple(each for each in good.headers if each[0] != name)
        length = name not in ("Content-Length", "Transfer-Encoding")
        # Whoever announces pieces sends some, or the server waits for them with every right.
        body = good.body or b"0\r\n\r\n" if name == "Transfer-Encoding" else good.body
        yield replace(good, headers=(*kept, (name, value)), body=body, length=length, about=f"header {name}")


def _bodies(start: Said, schema: Json, example: Json, chance: random.Random) -> Iterator[Said]:
    for mutation in mutations(schema, example, chance.randrange(2**31), BODIES):
        yield replace(start, body=written(mutation.data), about=ascii(str(mutation))[:200])
    for why, raw in chance.sample(list(texts(example, chance.randrange(2**31))), TEXTS_EACH):
        yield replace(start, body=raw, about=why)


def actions(named: Mapping[str, str], token: str, seed: int) -> Iterator[Said]:
    """What is said to the door of all types."""
    chance = random.Random(seed)
    for mt in registry().types():
        if mt.sendable:
            example = living(client_example(mt, mt.examples[0]), named)
            start = Said("POST", f"/api/actions/{mt.name}", (("Authorization", f"Bearer {token}".encode()), JSON))
            for mutation in mutations({**mt.schema}, example, chance.randrange(2**31), OTHERS):
                yield replace(start, body=written(mutation.data), about=ascii(str(mutation))[:200])
    for name in ("__proto__", "boards.create_board%00", "boards.board_created", "", "x" * LONG, "%FF"):
        yield Said("POST", f"/api/actions/{name}", (("Authorization", f"Bearer {token}".encode()), JSON), b"{}")


def example_of(row: Row) -> tuple[Json | None, Json]:
    """A good body and its schema; None for a route that takes none."""
    mt = _routed(row)
    if mt is not None:
        example = client_example(mt, mt.examples[0])
        return {name: value for name, value in example.items() if name not in row.names}, {**mt.schema}
    if "requestBody" not in row.operation:
        return None, {}
    schema = row.operation["requestBody"]["content"]["application/json"]["schema"]
    made = sample(schema)
    return (made if isinstance(made, dict) else {}), schema


def living(example: Json, named: Mapping[str, str]) -> Json:
    """The example about things that there are: about others nobody reads further than their name."""
    return {name: named[name] if name in named and isinstance(value, str) else value for name, value in example.items()}


def _routed(row: Row) -> MessageType | None:
    return next(
        (mt for mt in registry().types() if mt.route and (mt.route.path, mt.route.method) == (row.path, row.method)),
        None,
    )


def sample(schema: Json) -> Any:
    """Something like what a schema wants; a pattern may still refuse it, and that is all right here."""
    for said in ("examples", "enum"):
        if said in schema:
            return schema[said][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: sample(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {}))]
    simple = {
        "integer": schema.get("minimum", 1),
        "number": schema.get("minimum", 1),
        "boolean": True,
        "string": "x" * max(8, schema.get("minLength", 1)),
    }
    return simple.get(kind, TEXTS[2]) if isinstance(kind, str) else TEXTS[2]


def written(data: Any) -> bytes:
    """The document in bytes, as a writer does it who thinks of nothing."""
    return json.dumps(data).encode()
