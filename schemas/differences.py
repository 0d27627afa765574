"""What one changed keyword of a schema means: its kind, in plain words, and who must be upgraded first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

First: TypeAlias = Literal["readers", "writers", "nobody"]
MISSING: Final[Any] = object()

# A larger value of these admits less / admits more.
FLOORS = frozenset({"minimum", "minLength", "minItems"})
CEILINGS = frozenset({"maximum", "maxLength", "maxItems", "maxProperties"})
EXACT = frozenset({"pattern", "format", "const"})
_WAYS = {
    "x-kind": "the kind of message changes",
    "x-topic": "the topic changes",
    "x-key": "the key changes: records that were in order no longer are",
    "x-within": "the record it travels in changes",
    "x-sealed": "a secret stands in the log in another form",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: its kind, where in the schema, what it means, whether it breaks anybody, who goes first."""

    kind: str
    path: str
    message: str
    breaking: bool
    upgrade_first: First = "nobody"

    def __str__(self) -> str:
        return f"{self.kind} at {self.path or 'the whole'}: {self.message}"


Findings: TypeAlias = Iterator[Finding]


def tightened(at: str, words: str) -> Finding:
    """Something admitted before is refused now."""
    message = f"{words}: records and senders of the old release may be refused"
    return Finding("tightened", at, message, breaking=True, upgrade_first="writers")


def loosened(at: str, words: str) -> Finding:
    """Something refused before is admitted now."""
    message = f"{words}: readers of the old release may refuse new records"
    return Finding("loosened", at, message, breaking=True, upgrade_first="readers")


def unclassified(at: str) -> Finding:
    """A change that this check does not understand, so it counts as a break."""
    return Finding("cannot classify", at, "this check does not know what the change means", breaking=True)


def added(name: str, at: str) -> Finding:
    """A property there was not."""
    return Finding("property added", at, f"{name} may be absent, and old readers pass it over", breaking=False)


def removed(name: str, at: str) -> Finding:
    """A property there is no more."""
    message = f"{name} is gone: who sends it is refused, and who reads it gets nothing"
    return Finding("property removed", at, message, breaking=True, upgrade_first="readers")


def became_required(name: str, at: str) -> Finding:
    """A property that old records may lack."""
    message = f"records of the old release may have no {name}"
    return Finding("property became required", at, message, breaking=True, upgrade_first="writers")


def became_optional(name: str, at: str) -> Finding:
    """A property that old readers count on."""
    message = f"readers of the old release count on {name}"
    return Finding("property became optional", at, message, breaking=True, upgrade_first="readers")


def keyword(name: str, before: Any, after: Any, at: str) -> Findings:
    """What the change of a keyword that holds no schema means."""
    if name in ("type", "enum"):
        yield from _choices(name, before, after, at)
    elif name in FLOORS | CEILINGS:
        yield _limit(name, before, after, at)
    elif name in EXACT:
        yield _exact(name, before, after, at)
    elif name in _WAYS:
        yield Finding("way changed", at, _WAYS[name], breaking=True, upgrade_first="readers")
    elif name in _MARKS:
        yield _mark(name, before, after, at)
    else:
        yield unclassified(at)


def openness(before: Any, after: Any, at: str) -> Finding:
    """What a change of additionalProperties and the like means."""
    if after is False:
        return tightened(at, "unknown properties are no longer admitted")
    if before is False:
        return loosened(at, "unknown properties are admitted")
    return unclassified(at)


def _choices(name: str, before: Any, after: Any, at: str) -> Findings:
    if before is MISSING:
        yield tightened(at, f"{name} was not restricted before")
        return
    if after is MISSING:
        yield loosened(at, f"{name} is no longer restricted")
        return
    was, is_ = ([side] if isinstance(side, str) else list(side) for side in (before, after))
    gone, come = [one for one in was if one not in is_], [one for one in is_ if one not in was]
    if name == "type":  # every integer is a number
        gone = [one for one in gone if not (one == "integer" and "number" in is_)]
        come = [one for one in come if not (one == "integer" and "number" in was)]
    if gone:
        yield tightened(at, f"no longer admitted: {_listed(gone)}")
    if come:
        yield loosened(at, f"newly admitted: {_listed(come)}")


def _limit(name: str, before: Any, after: Any, at: str) -> Finding:
    words = f"{name} was {_limited(before)}, is {_limited(after)}"
    if before is MISSING or after is MISSING:
        return tightened(at, words) if before is MISSING else loosened(at, words)
    return tightened(at, words) if (after > before) == (name in FLOORS) else loosened(at, words)


def _exact(name: str, before: Any, after: Any, at: str) -> Finding:
    if before is MISSING:
        return tightened(at, f"a {name} is demanded now")
    if after is MISSING:
        return loosened(at, f"no {name} is demanded any more")
    message = f"nobody can tell whether the new {name} admits what the old one did"
    return Finding(f"{name} changed", at, message, breaking=True)


# A mark beside the data: what its loss means, what its coming means, and which of the two breaks somebody.
_MARKS: Mapping[str, tuple[str, str, frozenset[str]]] = {
    "x-live": ("rooms no longer see it", "rooms see it", frozenset({"loss"})),
    "x-internal": ("clients may send it", "clients may no longer send it", frozenset({"coming"})),
    "x-route": ("the route is gone", "there is a route", frozenset({"loss", "change"})),
    "x-edge": ("clients must say it now", "clients that say it are refused", frozenset({"loss", "coming", "change"})),
    "x-allow": ("rights are no longer asked for", "rights are asked for", frozenset()),
    "x-pii": ("no longer personal", "personal now", frozenset()),
    "x-rooms": ("rooms are no longer told", "rooms are told", frozenset({"loss"})),
}


def _mark(name: str, before: Any, after: Any, at: str) -> Finding:
    loss, coming, breaks = _MARKS[name]
    if name == "x-rooms" and before is not MISSING and after is not MISSING:
        gone = [room for room in before if room not in after]
        return Finding("rooms changed", at, f"no longer told: {_listed(gone)}", breaking=bool(gone))
    if before is MISSING:
        return Finding("mark added", at, coming, breaking="coming" in breaks)
    if after is MISSING:
        return Finding("mark removed", at, loss, breaking="loss" in breaks)
    return Finding("mark changed", at, f"was {before}, is {after}", breaking="change" in breaks)


def _listed(values: list[Any]) -> str:
    return ", ".join("null" if value is None else str(value) for value in values) or "nobody"


def _limited(limit: Any) -> str:
    return "none" if limit is MISSING else str(limit)
