"""Look after the schemas: check them, compare them with the last release, write the types made of them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from consumers.discovery import manifests
from schemas import generate as generated
from schemas import released
from schemas.files import FOLDER
from schemas.problems import SchemasError
from schemas.registry import MessageType, Registry, load
from topics.bus.manifest import Manifest

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


@app.command("list")
def list_() -> None:
    """List every message type: kind, topic, and what a client needs to send it."""
    types = _registry().types()
    wide = max(len(mt.dataschema) for mt in types)
    for mt in types:
        place = f"within {mt.within}" if mt.within else mt.topic
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


def _registry() -> Registry:
    try:
        return load(FOLDER)
    except SchemasError as error:
        print(error)
        raise typer.Exit(1) from error


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
