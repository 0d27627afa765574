"""The access rules that a cluster has, and making them what they should be.

aiokafka's admin client has no calls for them, but its protocol has the requests, and its client sends any request: so no
other client library, no Java. One rule a request, as aiokafka builds them; any broker hands them to the controller.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import ClusterAuthorizationFailedError, SecurityDisabled, for_code
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest

from topics.bus.acl import AclChange, Rule, compare, guarded, rules
from topics.bus.catalog import catalog
from topics.bus.clients import kafka_options, saying_why
from topics.bus.cluster import repeated
from topics.bus.manifest import Manifest
from topics.errors import Misconfigured
from topics.runtime.settings import Settings

# Kafka's numbers; one that is not here is kept as its number, so that rules of an operator with it pass through whole.
KINDS: Final = {2: "topic", 3: "group", 4: "cluster", 5: "transactionalid", 6: "delegationtoken", 7: "user"}
PATTERNS: Final = {3: "literal", 4: "prefixed"}
PERMISSIONS: Final = {2: "deny", 3: "allow"}
OPERATIONS: Final = {
    2: "all",
    3: "read",
    4: "write",
    5: "create",
    6: "delete",
    7: "alter",
    8: "describe",
    9: "clusteraction",
    10: "describeconfigs",
    11: "alterconfigs",
    12: "idempotentwrite",
}
ANY: Final = 1
NOT_CHECKED: Final = "Kafka at {} checks nobody: whoever reaches it may write everything, also boards.ops past the edge; topics/README.md says how to close it"


class Acls:
    """The access rules of a cluster."""

    def __init__(self, settings: Settings, client: Any) -> None:
        self._settings = settings
        self._client = client

    async def existing(self) -> frozenset[Rule]:
        """Every rule there is. Raises Misconfigured when the cluster has no authorizer or does not let us look."""
        anything: Any = None
        answer = await self._send(DescribeAclsRequest(ANY, anything, ANY, anything, anything, ANY, ANY))
        self._check(answer.error_code, answer.error_message, "read")
        return frozenset(
            Rule(
                principal=principal,
                kind=KINDS.get(kind, str(kind)),
                name=name,
                operation=OPERATIONS.get(operation, str(operation)),
                permission=PERMISSIONS.get(permission, str(permission)),
                pattern=PATTERNS.get(pattern, str(pattern)),
                host=host,
            )
            for kind, name, pattern, found in answer.resources
            for principal, host, operation, permission in found
        )

    async def allow(self, rule: Rule) -> None:
        """Make a rule; it may be there already. Raises Misconfigured when the cluster refuses."""
        answer = await self._send(CreateAclsRequest(*_fields(rule)))
        for code, message in answer.creation_responses:
            self._check(code, message, "made")

    async def remove(self, rule: Rule) -> None:
        """Remove exactly this rule, if it is there. Raises Misconfigured when the cluster refuses."""
        answer = await self._send(DeleteAclsRequest(*_fields(rule)))
        for code, message, _ in answer.filter_responses:
            self._check(code, message, "removed")

    async def _send(self, request: Any) -> Any:
        return await repeated(lambda: self._client.send(self._client.get_random_node(), request))

    def _check(self, code: int, message: str | None, verb: str) -> None:
        if code == SecurityDisabled.errno:
            raise Misconfigured(NOT_CHECKED.format(self._settings.kafka_bootstrap))
        if code == ClusterAuthorizationFailedError.errno:
            who = self._settings.kafka_sasl_username
            raise Misconfigured(f"access rules cannot be {verb} by {who}: only doska-jobs or a super user may")
        if code:
            raise Misconfigured(f"access rules cannot be {verb}: {message or for_code(code).__name__}")


async def plan_acl(settings: Settings, manifests: Collection[Manifest]) -> list[AclChange]:
    """What `apply_acl` would do."""
    topics = catalog()
    async with opened(settings) as acls:
        return compare(rules(manifests, topics), await acls.existing(), guarded(topics))


async def apply_acl(settings: Settings, manifests: Collection[Manifest]) -> list[AclChange]:
    """Make the rules of our principals what they should be; gives what was done, and the problems that stay."""
    topics = catalog()
    async with opened(settings) as acls:
        changes = compare(rules(manifests, topics), await acls.existing(), guarded(topics))
        for change in changes:
            if change.kind == "allow":
                await acls.allow(change.rule)
            elif change.kind == "remove":
                await acls.remove(change.rule)
        return changes


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Acls]:
    """Connect to the cluster. Raises Unavailable when it is not there."""
    client = await repeated(partial(_connect, settings))
    try:
        yield Acls(settings, client)
    finally:
        await client.close()


async def _connect(settings: Settings) -> Any:
    client = AIOKafkaClient(**kafka_options(settings), client_id="acl", request_timeout_ms=10_000)
    try:
        async with saying_why(settings):
            await client.bootstrap()
    except BaseException:
        await client.close()
        raise
    return client


def _fields(rule: Rule) -> tuple[Any, ...]:
    return (
        _number(KINDS, rule.kind),
        rule.name,
        _number(PATTERNS, rule.pattern),
        rule.principal,
        rule.host,
        _number(OPERATIONS, rule.operation),
        _number(PERMISSIONS, rule.permission),
    )


def _number(names: Mapping[int, str], name: str) -> int:
    return next((number for number, each in names.items() if each == name), None) or int(name)
