"""Look after the schemas: check them, compare them with the last release, write the types made of them."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from consumers.discovery import manifests
from jobs import schema_registry
from jobs.revisions import registry_at
from schemas import generate as generated
from schemas import released
from schemas.problems import SchemasError
from schemas.registry import MessageType, Registry, load
from schemas.schema_files import FOLDER
from topics.bus.manifest import Manifest
from topics.errors import Misconfigured
from topics.runtime.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.command()
def check() -> None:
    """Check every schema file, the generated types, and that nothing breaks what was released."""
    registry = _registry()
    stale = generated.stale(registry)
    for path in stale:
        print(f"{_shown(path)} is not what the schemas say: run `doska schemas generate`")
    changes = list(released.changes(registry, released.snapshot()))
    broken = [change for change in changes if change.finding.breaking]
    told = manifests() if changes else {}
    for change in changes:
        print(_told(change, told))
    print(
        f"{len(registry.types())} message types, {len(changes)} changes since the release, {len(broken)} of them break"
    )
    if stale or broken:
        raise typer.Exit(1)


@app.command()
def diff(
    ref: Annotated[str, typer.Argument(help="A commit, branch or tag to compare with.")] = "main",
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when anything breaks.")] = False,
) -> None:
    """Say in plain words what differs from another commit, what of it breaks, and who must be upgraded first.

    `check` holds the schemas against the last release; this is for looking at a branch before it is merged.
    """
    registry = _registry()
    try:
        before = registry_at(ref, FOLDER)
    except SchemasError as error:
        print(f"the schemas at {ref} are none by the rules of today: {error}")
        raise typer.Exit(1) from error
    told, known = manifests(), {mt.dataschema for mt in before.types()}
    new = [mt for mt in registry.types() if mt.dataschema not in known]
    changes = list(released.changes(registry, before.types()))
    for mt in new:
        print(_new(mt, {each.name for each in before.types()}, told))
    for change in changes:
        print(_told(change, told))
    broken = sum(change.finding.breaking for change in changes)
    print(f"since {ref}: {len(new)} new message types, {len(changes)} changes, {broken} of them break")
    if broken and strict:
        raise typer.Exit(1)


@app.command("list")
def list_() -> None:
    """List every message type: kind, topic, and what a client needs to send it."""
    types = _registry().types()
    wide = max(len(mt.dataschema) for mt in types)
    for mt in types:
        place = f"within {mt.within}" if mt.within else mt.topic or "an object in S3"
        way = f"{mt.route.method} {mt.route.path}" if mt.route else ""
        print(f"{mt.dataschema:<{wide}}  {mt.kind:<8}  {place:<24}  {way}".rstrip())


@app.command()
def generate() -> None:
    """Write the Python and TypeScript types that are made of the schemas."""
    changed = generated.write(_registry())
    for path in changed:
        print(f"wrote {_shown(path)}")
    if not changed:
        print("nothing to write: the types are what the schemas say")


@app.command()
def release(
    *,
    force: Annotated[
        bool, typer.Option(help="Also when it breaks what was released (before anybody runs it).")
    ] = False,
) -> None:
    """Remember the schemas as released: from now on they may only change compatibly."""
    registry = _registry()
    broken = [change for change in released.changes(registry, released.snapshot()) if change.finding.breaking]
    for change in broken:
        print(_told(change, manifests()))
    if broken and not force:
        print(f"not released: {len(broken)} changes break records or readers of the last release")
        raise typer.Exit(1)
    for path in released.release(registry.types()):
        print(f"wrote {_shown(path)}")


@app.command()
def register() -> None:
    """Tell the schemas to the registry of DOSKA_SCHEMA_REGISTRY_URL; `doska topics apply` does it too where that is set."""
    url = Settings().schema_registry_url
    if url is None:
        raise Misconfigured("DOSKA_SCHEMA_REGISTRY_URL is not set: there is no registry to tell the schemas to")
    told = asyncio.run(schema_registry.register(url.get_secret_value(), _registry().types()))
    for each in told:
        if each.new:
            print(f"registered {each.subject} as {each.id}")
    print(f"{len(told)} schemas are in the registry, {sum(each.new for each in told)} of them new")


def _registry() -> Registry:
    try:
        return load(FOLDER)
    except SchemasError as error:
        print(error)
        raise typer.Exit(1) from error


def _new(mt: MessageType, before: Collection[str], consumers: Mapping[str, Manifest]) -> str:
    """A type that was not there: who would meet it unprepared."""
    place = f"within {mt.within}" if mt.within else mt.topic
    line = f"new   {mt.dataschema}  on {place}"
    readers = [name for name, manifest in consumers.items() if mt.topic in manifest.reads]
    if not readers or mt.within:
        return line
    why = "another version" if mt.name in before else "a type that the last release does not know"
    return f"{line}\n        {why}: upgrade {_named(readers)} before anybody writes it, else it becomes a dead letter there"


def _told(change: released.Change, consumers: Mapping[str, Manifest]) -> str:
    finding, mt = change.finding, change.type
    lines = [f"{'BREAKS' if finding.breaking else 'fine'}  {mt.dataschema}  {finding}"]
    if finding.breaking:
        next_version = f"{mt.name.replace('.', '/')}.v{mt.version + 1}.json"
        lines.append(f"        keep the old file and make schemas/{next_version}; {_first(change, mt, consumers)}")
    return "\n".join(lines)


def _first(change: released.Change, mt: MessageType, consumers: Mapping[str, Manifest]) -> str:
    """Who must run the new release before anybody writes the new version."""
    readers = _named(name for name, manifest in consumers.items() if mt.topic in manifest.reads)
    writers = _named(name for name, manifest in consumers.items() if mt.topic in manifest.writes)
    if change.finding.upgrade_first == "writers":
        return f"upgrade every writer of {mt.topic} first ({writers}, and the edge), then its readers ({readers})"
    return f"upgrade every reader of {mt.topic} first ({readers}), then its writers ({writers}, and the edge)"


def _named(names: Iterable[str]) -> str:
    found: Sequence[str] = sorted(names)
    return ", ".join(found) or "no consumer"


def _shown(path: Path) -> str:
    return path.relative_to(FOLDER.parent).as_posix()
