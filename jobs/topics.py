"""Topics: what the catalog wants, what the cluster has, and making them the same."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from consumers.discovery import manifests
from jobs import schema_registry
from schemas.registry import registry
from topics.bus import acl_requests, admin
from topics.bus.acl import AclChange
from topics.bus.plan import Change
from topics.runtime.settings import Settings

app = typer.Typer(no_args_is_help=True)
acl = typer.Typer(no_args_is_help=True, help="Who may read and write which topic, where Kafka asks for passwords.")
app.add_typer(acl, name="acl")
Adopt = Annotated[
    list[str] | None,
    typer.Option("--adopt", help="Give this topic a generation although it holds records; nobody may stand in it."),
]


@app.command()
def plan(adopt: Adopt = None) -> None:
    """Show what `apply` would do. Exits with 1 when there is something that only a person can do."""
    _show(asyncio.run(admin.plan_topics(Settings(), manifests().values(), adopt or ())), "nothing to do")


@app.command()
def apply(adopt: Adopt = None) -> None:
    """Make the topics what they should be, and tell a schema registry of their records where one is set.

    Twice is harmless; nothing is ever deleted.
    """
    settings = Settings()
    _show(asyncio.run(admin.apply_topics(settings, manifests().values(), adopt or ())), "nothing to do")
    if settings.schema_registry_url is not None:
        told = asyncio.run(
            schema_registry.register(settings.schema_registry_url.get_secret_value(), registry().types())
        )
        print(f"{len(told)} schemas are in the registry, {sum(each.new for each in told)} of them new")


@app.command()
def describe() -> None:
    """List the topics with their size and generation."""
    print(f"{'topic':32} {'parts':>5} {'copies':>6} {'records':>10}  {'kept':8} generation")
    for each in asyncio.run(admin.describe_topics(Settings(), manifests().values())):
        kept = (
            "compact" if each.policy == "compact" else "for ever" if each.retention == "-1" else _days(each.retention)
        )
        print(
            f"{each.topic:32} {each.partitions:>5} {each.replication:>6} {each.records:>10}  {kept:8} "
            f"{each.generation or 'none: run doska topics apply'}"
        )


@acl.command("plan")
def plan_acl() -> None:
    """Show what `acl apply` would do. Exits with 1 when there is something that only a person can do."""
    _show_rules(asyncio.run(acl_requests.plan_acl(Settings(), manifests().values())))


@acl.command("apply")
def apply_acl() -> None:
    """Give the users doska-… the rights that manifests and catalog derive, and no others. Twice is harmless."""
    _show_rules(asyncio.run(acl_requests.apply_acl(Settings(), manifests().values())))


def _show_rules(changes: Sequence[AclChange]) -> None:
    for change in changes:
        print(f"{change.kind:8} {change.rule} ({change.detail})")
    if not changes:
        print("nothing to do")
    if any(change.kind == "problem" for change in changes):
        raise typer.Exit(1)


def _show(changes: Sequence[Change], nothing: str) -> None:
    for change in changes:
        print(f"{change.kind:10} {change.topic:32} {change.detail}")
    if not changes:
        print(nothing)
    if any(change.kind == "problem" for change in changes):
        raise typer.Exit(1)


def _days(milliseconds: str) -> str:
    seconds = int(milliseconds or 0) // 1000
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
