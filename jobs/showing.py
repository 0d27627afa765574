"""A dead letter in full, for a person: where it stood, why it died, what stands at the failing paths, the record."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from topics.bus.letters import Letter, Settlement

CUT: Final = "…"
LONGEST: Final = 200
NOTHING: Final = object()


def shown(letter: Letter, settled: Settlement | None) -> Iterator[str]:
    """Its lines."""
    yield f"letter   {letter.name}"
    yield f"died     {letter.died:%Y-%m-%dT%H:%M:%S.%fZ}"
    yield f"record   {letter.topic}/{letter.partition}@{letter.offset}, of generation {letter.topic_generation or 'unknown'}"
    yield f"type     {letter.type or 'unreadable'}"
    yield f"id       {letter.record_id or 'none'}"
    yield f"reason   {letter.code}: {letter.reason}"
    if letter.note is not None:
        yield f"to do    {letter.note}"
    if settled is not None:
        yield f"settled  {settled.kind} {settled.time} by {settled.operator}"
    data = _data(letter.value)
    for each in letter.errors:
        yield f"at {each.path or 'the whole'}: {each.message}; there stands {_at(data, each.path)}"
    yield ""
    yield f"key      {letter.key.decode('utf-8', 'backslashreplace')}"
    for name, value in letter.headers:
        yield f"header   {name}: {value.decode('utf-8', 'backslashreplace')}"
    yield "value"
    if letter.truncated:
        yield "  too large to keep: read it where it stood, for as long as it stands there"
    elif letter.value is None:
        yield "  none (a tombstone)"
    elif data is NOTHING:
        yield f"  {letter.value.decode('utf-8', 'backslashreplace')}"
    else:
        yield from (f"  {line}" for line in orjson.dumps(data, option=orjson.OPT_INDENT_2).decode().splitlines())


def _data(value: bytes | None) -> Any:
    try:
        return NOTHING if value is None else orjson.loads(value)
    except orjson.JSONDecodeError:
        return NOTHING


def _at(data: Any, path: str) -> str:
    """What a JSON pointer leads to, in a line."""
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(data, dict) and name in data:
            data = data[name]
        elif isinstance(data, list) and name.isdecimal() and len(name) < 10 and int(name) < len(data):
            data = data[int(name)]
        else:
            return "nothing"
    if data is NOTHING:
        return "no JSON"
    text = orjson.dumps(data).decode()
    return text if len(text) <= LONGEST else text[:LONGEST] + CUT
