"""One wrong thing at a time: everything that a schema and a good example of it suggest to an attacker.

Pure, and the same for the same seed. A mutation is not always a wrong document: an optional property may be missing. Who
uses it asks what its subject says, and that it says it well.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from schemas.walk import Schema, resolved
from tests.hostile.values import CANARY, IDS, NAMES, NUMBERS, OTHERS, TEXTS, TIMES, nested

Path = tuple[str | int, ...]
# Of the members of a long list, these stand for all.
SAMPLED_ITEMS: Final = 2
# Nobody is asked to build a list or a text larger than this to pass a limit by one.
LARGEST: Final = 5_000
DEPTHS: Final = (40, 300, 900)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A document with one thing changed: what, and where."""

    why: str
    path: Path
    data: Any

    def __str__(self) -> str:
        return f"{self.why} at /{'/'.join(map(str, self.path))}"


def mutations(schema: Schema, example: Any, seed: int, most: int | None = None) -> list[Mutation]:
    """Mutations of an example of a schema that is whole in itself; at most so many of them, picked by the seed."""
    chance = random.Random(seed)
    every = list(_every(schema, example, chance))
    if most is not None and len(every) > most:
        every = chance.sample(every, most)
    return every


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place in a document with what stands there, outer ones first."""
    yield path, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:SAMPLED_ITEMS]):
            yield from places(inner, (*path, index))


def _every(schema: Schema, example: Any, chance: random.Random) -> Iterator[Mutation]:
    for path, value in places(example):
        says = said_at(schema, path)
        for why, new in _values(value, says, chance):
            yield Mutation(why, path, _with(example, path, new))
        if isinstance(value, dict):
            for name in value:
                yield Mutation("a member is missing", (*path, name), _without(example, (*path, name)))
            for name in chance.sample(NAMES, 4):
                yield Mutation("one member more", (*path, name), _with(example, path, {**value, name: CANARY}))
    for depth in DEPTHS:
        yield Mutation(f"{depth} levels more", (), _deeper(example, depth))


def _values(value: Any, says: Mapping[str, Any], chance: random.Random) -> Iterator[tuple[str, Any]]:
    """What may stand in the place of a value, with what the schema says of the place."""
    yield "another type", chance.choice([other for other in OTHERS if type(other) is not type(value)])
    yield "a text", chance.choice(TEXTS)
    yield "a number", chance.choice(NUMBERS)
    match value:
        case str():
            yield from _texts(value, says, chance)
        case bool():
            yield "a truth as a number", int(value)
        case int() | float():
            yield from _numbers(value, says, chance)
        case list():
            yield from _lists(value, says, chance)


def _texts(value: str, says: Mapping[str, Any], chance: random.Random) -> Iterator[tuple[str, Any]]:
    for text in chance.sample(TEXTS, 4):
        yield "a hostile text", text
    yield "an odd end", value + chance.choice(("\n", "\0", " ", "\u202e", "\ud800"))
    yield "no id of ours", chance.choice(IDS)
    if value.endswith("Z"):
        yield "no time", chance.choice(TIMES)
    longest = says.get("maxLength")
    if isinstance(longest, int) and longest <= LARGEST:
        yield "too long", (CANARY * (longest // len(CANARY) + 1))[: longest + 1]


def _numbers(value: float, says: Mapping[str, Any], chance: random.Random) -> Iterator[tuple[str, Any]]:
    for number in chance.sample(NUMBERS, 3):
        yield "a hostile number", number
    yield "a number as text", str(value)
    for limit, step in (("minimum", -1), ("maximum", 1)):
        if limit in says:
            yield f"past its {limit}", says[limit] + step


def _lists(value: list[Any], says: Mapping[str, Any], chance: random.Random) -> Iterator[tuple[str, Any]]:
    most = says.get("maxItems")
    if isinstance(most, int) and value and most <= LARGEST:
        yield "too many", [value[0]] * (most + 1)
    yield "the same twice", [*value, *value[:1]]
    yield "an odd one among them", [*value, chance.choice(OTHERS)]


def said_at(root: Schema, path: Path) -> Mapping[str, Any]:
    """All that a schema says of a place, its alternatives laid over each other; the widest of its limits."""
    found: dict[str, Any] = {}
    for each in _applying(root, [root], path):
        for keyword in ("maxLength", "maxItems", "maximum"):
            if keyword in each:
                found[keyword] = max(each[keyword], found.get(keyword, each[keyword]))
        if "minimum" in each:
            found["minimum"] = min(each["minimum"], found.get("minimum", each["minimum"]))
    return found


def _applying(root: Schema, schemas: Sequence[Any], path: Path) -> list[Schema]:
    """The schemas that speak of a place, seen from those that speak of the whole."""
    here = [each for schema in schemas for each in _laid_out(root, schema)]
    if not path:
        return here
    step, rest = path[0], path[1:]
    inner: list[Any] = []
    for each in here:
        if isinstance(step, str):
            inner.append(each.get("properties", {}).get(step, each.get("additionalProperties")))
        else:
            first = each.get("prefixItems", ())
            inner.append(first[step] if step < len(first) else each.get("items"))
    return _applying(root, inner, rest)


def _laid_out(root: Schema, schema: Any) -> Iterator[Schema]:
    if not isinstance(schema, Mapping):
        return
    whole = resolved(root, schema)
    yield whole
    for keyword in ("allOf", "anyOf"):
        for each in whole.get(keyword, ()):
            yield from _laid_out(root, each)
    for keyword in ("then", "else"):
        yield from _laid_out(root, whole.get(keyword))


def _with(data: Any, path: Path, new: Any) -> Any:
    """The document with something else at a place; nothing but the way there is copied."""
    if not path:
        return new
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = _with(data[path[0]], path[1:], new)
    return copy


def _without(data: Any, path: Path) -> Any:
    inner = dict(data) if isinstance(data, dict) else list(data)
    if len(path) == 1:
        del inner[path[0]]
    else:
        inner[path[0]] = _without(data[path[0]], path[1:])
    return inner


def _deeper(data: Any, depth: int) -> Any:
    return {**data, "deep": nested(depth)} if isinstance(data, dict) else nested(depth)
