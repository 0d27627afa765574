"""Whether a changed schema still reads old records, and whether old readers still read new ones.

Within a version only such changes are allowed; anything else is the next version. What the check cannot
classify counts as a break: a change that nobody understood is worse than one refused.
"""

from collections.abc import Mapping
from typing import Any

from schemas import differences
from schemas.differences import MISSING, Finding, Findings
from schemas.problems import pointer
from schemas.walk import ALONE, IN_LISTS, Path, Schema, resolved

__all__ = ["Finding", "compare"]

_NOTES = frozenset({"$schema", "$id", "$comment", "$defs", "title", "description", "examples", "x-rejects"})
_CLOSING = ("additionalProperties", "unevaluatedProperties")


def compare(old: Schema, new: Schema) -> list[Finding]:
    """Every difference in meaning between two schemas of one version, each whole in itself."""
    return list(_Comparison(old, new).schemas(old, new, ()))


class _Comparison:
    """Remembers which pairs of definitions were compared: they are used in many places and may use themselves."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new
        self._compared: set[tuple[str, str]] = set()

    def schemas(self, old: Schema, new: Schema, path: Path) -> Findings:
        if "$ref" in old and "$ref" in new:
            refs = old["$ref"], new["$ref"]
            if refs in self._compared:
                old, new = ({word: value for word, value in side.items() if word != "$ref"} for side in (old, new))
            self._compared.add(refs)
        old, new = resolved(self._old, old), resolved(self._new, new)
        for word in dict.fromkeys([*old, *new]):
            if word not in _NOTES:
                yield from self._keyword(word, old, new, path)

    def _keyword(self, word: str, old: Schema, new: Schema, path: Path) -> Findings:
        before, after = old.get(word, MISSING), new.get(word, MISSING)
        if word == "properties":
            yield from self._properties(old, new, path)
        elif word == "required":
            yield from _required(old, new, path)
        elif word in IN_LISTS:
            yield from self._list(word, before, after, (*path, word))
        elif word in ALONE:
            yield from self._alone(word, before, after, (*path, word))
        elif before is MISSING or after is MISSING or before != after:
            yield from differences.keyword(word, before, after, pointer(*path, word))

    def _properties(self, old: Schema, new: Schema, path: Path) -> Findings:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in dict.fromkeys([*before, *after]):
            at = (*path, "properties", name)
            if name not in before:
                if name not in new.get("required", ()):
                    yield differences.added(name, pointer(*at))
            elif name not in after:
                yield differences.removed(name, pointer(*at))
            else:
                yield from self.schemas(before[name], after[name], at)

    def _alone(self, word: str, before: Any, after: Any, at: Path) -> Findings:
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            if word != "if":
                yield from self.schemas(before, after, at)
            elif not self._same(before, after):
                yield differences.unclassified(pointer(*at))
        elif before is not after:
            yield (differences.openness if word in _CLOSING else _unclear)(before, after, pointer(*at))

    def _list(self, word: str, before: Any, after: Any, at: Path) -> Findings:
        if before is MISSING or after is MISSING:
            yield differences.unclassified(pointer(*at))
        elif len(before) == len(after):
            for index, (was, is_) in enumerate(zip(before, after, strict=True)):
                yield from self.schemas(was, is_, (*at, index))
        else:
            gone = any(all(not self._same(was, is_) for is_ in after) for was in before)
            come = any(all(not self._same(was, is_) for was in before) for is_ in after)
            if word == "anyOf" and come and not gone:
                yield differences.loosened(pointer(*at), "a new alternative is admitted")
            elif word == "anyOf" and gone and not come:
                yield differences.tightened(pointer(*at), "an alternative is no longer admitted")
            else:
                yield differences.unclassified(pointer(*at))

    def _same(self, was: Schema, is_: Schema) -> bool:
        return not list(_Comparison(self._old, self._new).schemas(was, is_, ()))


def _required(old: Schema, new: Schema, path: Path) -> Findings:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        yield differences.became_required(name, pointer(*path, "properties", name))
    for name in sorted(before - after):
        if name in new.get("properties", {}):
            yield differences.became_optional(name, pointer(*path, "properties", name))


def _unclear(_before: Any, _after: Any, at: str) -> Finding:
    return differences.unclassified(at)
