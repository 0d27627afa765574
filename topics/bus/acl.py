"""Who may do what with which topic: Kafka's access rules, derived from the catalog and the manifests, never written down.

Every principal named `doska-…` is ours, and its rules are exactly these; those of all others are an operator's own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from topics.bus.catalog import Topic
from topics.bus.generations import TOPIC as GENERATIONS
from topics.bus.letters import FACTS as LETTERS_TOLD
from topics.bus.manifest import Manifest
from topics.errors import Misconfigured

OURS: Final = "User:doska-"
EDGE: Final = "edge"
JOBS: Final = "jobs"
# A process that runs consumers side by side (`doska run consumers --all`) is one user with the rights of each.
CONSUMERS: Final = "consumers"
RESERVED: Final = frozenset({EDGE, JOBS, CONSUMERS})
ALL: Final = "*"

Kind = Literal["topic", "group", "cluster"]


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One access rule, in Kafka's words in lower case. `prefixed`: `name` is how the resource's name begins."""

    principal: str
    kind: str
    name: str
    operation: str
    permission: str = "allow"
    pattern: str = "literal"
    host: str = "*"

    def covers(self, kind: Kind, name: str) -> bool:
        """Whether it speaks of that resource."""
        if self.kind != kind:
            return False
        return name.startswith(self.name) if self.pattern == "prefixed" else self.name in (name, ALL)

    def __str__(self) -> str:
        where = f"{self.kind} {self.name}{'…' if self.pattern == 'prefixed' else ''}"
        return f"{self.principal.removeprefix('User:')}: {self.permission} {self.operation} on {where} from {self.host}"


@dataclass(frozen=True, slots=True, order=True)
class AclChange:
    """One rule to make or to remove, or (`problem`) one that only its owner can remove."""

    kind: Literal["allow", "remove", "problem"]
    rule: Rule
    detail: str


def principal(name: str) -> str:
    """Kafka's principal of a consumer, of the edges (`edge`), of operators' verbs (`jobs`)."""
    return f"{OURS}{name}"


def rules(manifests: Collection[Manifest], topics: Mapping[str, Topic]) -> frozenset[Rule]:
    """Every rule there should be.

    Reading and writing imply describing, and whoever may write somewhere may have an idempotent producer.
    Raises Misconfigured when a manifest writes what only edges write, or has the name of another principal.
    """
    closed = guarded(topics)
    found = _edge(topics) | _jobs(manifests, topics)
    for each in manifests:
        if each.name in RESERVED:
            raise Misconfigured(f"consumers/{each.name}: {each.name} is the Kafka user of something else: rename it")
        if bad := sorted(closed.intersection(each.writes)):
            raise Misconfigured(f"consumers/{each.name}/consumer.yaml: writes: only an edge writes {', '.join(bad)}")
        found |= _consumer(principal(each.name), each) | _consumer(principal(CONSUMERS), each)
    return frozenset(found)


def guarded(topics: Mapping[str, Topic]) -> frozenset[str]:
    """The topics whose records nobody decides on again: the edge's check before them is the only one."""
    return frozenset(name for name, each in topics.items() if each.carries == "op")


def compare(wanted: Collection[Rule], existing: Collection[Rule], closed: Collection[str]) -> list[AclChange]:
    """What to do, new rules first: nobody of ours is without his for a moment."""
    changes = [AclChange("allow", each, "missing") for each in sorted(set(wanted) - set(existing))]
    for each in sorted(set(existing) - set(wanted)):
        if each.principal.startswith(OURS):
            changes.append(AclChange("remove", each, "no manifest asks for it"))
        elif opened := [topic for topic in sorted(closed) if _opens(each, topic)]:
            text = f"lets somebody write {', '.join(opened)} past the edge: remove it with kafka-acls"
            changes.append(AclChange("problem", each, text))
    return changes


def _opens(rule: Rule, topic: str) -> bool:
    return rule.permission == "allow" and rule.operation in ("write", "all") and rule.covers("topic", topic)


def _edge(topics: Mapping[str, Topic]) -> set[Rule]:
    who = principal(EDGE)
    reads = {name for name, each in topics.items() if each.carries in ("fact", "answer")} | {GENERATIONS}
    writes = {name for name, each in topics.items() if each.carries in ("action", "op", "presence")}
    return _all(who, "topic", reads, "read") | _all(who, "topic", writes, "write")


def _jobs(manifests: Collection[Manifest], topics: Mapping[str, Topic]) -> set[Rule]:
    """Provisioning, looking, replaying, and asking for what operators may ask. Who may alter the cluster may give himself more."""
    who = principal(JOBS)
    letters = {each.dead_letters for each in manifests} | {each.retries for each in manifests if each.retries}
    reads = {name for name, each in topics.items() if each.carries in ("fact", "answer")} | {GENERATIONS} | letters
    writes = {name for name, each in topics.items() if each.carries == "action"} | {GENERATIONS, LETTERS_TOLD}
    writes |= _put_back(manifests, topics)
    found = _all(who, "topic", reads, "read") | _all(who, "topic", writes, "write")
    found |= {Rule(who, "topic", ALL, each) for each in ("describe", "describeconfigs", "alter", "alterconfigs")}
    found |= {Rule(who, "cluster", "kafka-cluster", each) for each in ("create", "describe", "alter")}
    return found | {Rule(who, "group", ALL, "describe")}


def _put_back(manifests: Collection[Manifest], topics: Mapping[str, Topic]) -> set[str]:
    """Where `doska dlq replay` puts dead letters: on the retry topic of their consumer, else where they were read.

    So facts that somebody without a retry topic reads can be written by who may replay: their readers keep an order, in
    which only their own topic stands. An op, which nobody decides on again, goes back only by a super user.
    """
    found = {each.retries for each in manifests if each.retries}
    read = {topic for each in manifests if not each.retries for topic in each.reads}
    return found | {topic for topic in read if topics[topic].carries in ("action", "fact")}


def _consumer(who: str, manifest: Manifest) -> set[Rule]:
    retries = {manifest.retries} if manifest.retries is not None else set()
    reads = _all(who, "topic", {*manifest.reads, GENERATIONS, *retries}, "read")
    writes = _all(who, "topic", {*manifest.writes, manifest.dead_letters, *retries}, "write")
    # quixstreams looks at a topic's settings before it reads it.
    looks = _all(who, "topic", manifest.reads, "describeconfigs") if manifest.engine == "window" else set()
    return reads | writes | looks | _all(who, "group", {manifest.name, *retries}, "read")


def _all(who: str, kind: Kind, names: Collection[str], operation: str) -> set[Rule]:
    return {Rule(who, kind, name, operation) for name in names}
