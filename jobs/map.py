"""`doska map`: draws who writes and who reads which topic into the docs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from consumers.discovery import FOLDER, manifests
from topics.bus.catalog import catalog
from topics.graph.flow import Channel, flow
from topics.graph.mermaid import mermaid
from topics.graph.svg import svg

PAGE: Final = "MAP.md"
PICTURE: Final = "map.svg"


def command(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 when the docs are older.")] = False,
) -> None:
    """Draw the map of topics, their writers and readers into consumers/MAP.md and consumers/map.svg."""
    stale = [
        file
        for file, text in drawn(channels()).items()
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    for file in stale:
        print(
            f"{file.relative_to(FOLDER.parent)} {'is older than the consumers: run `doska map`' if check else 'drawn'}"
        )
    if check and stale:
        raise typer.Exit(1)
    if not check:
        write(FOLDER)
    if not stale:
        print("the map is what the manifests and the catalog say")


def channels() -> tuple[Channel, ...]:
    """What is so now."""
    return flow(manifests().values(), catalog())


def write(folder: Path) -> None:
    """Write page and picture."""
    for file, text in drawn(channels(), folder).items():
        file.write_text(text, encoding="utf-8")


def drawn(found: Sequence[Channel], folder: Path = FOLDER) -> dict[Path, str]:
    """The files of the map and what should be in them."""
    return {folder / PAGE: "\n".join(_page(found)) + "\n", folder / PICTURE: svg(found)}


def _page(found: Sequence[Channel]) -> Iterator[str]:
    yield "# Who writes and who reads what"
    yield ""
    yield "Derived from the manifests and the catalog by `doska map`; an installation shows its own, with consumers of its own,"
    yield "on `/docs`. Dead letters (`<consumer>.dlq`) and the kernel's own records are left out."
    yield ""
    yield f"![Writers on the left, topics in the middle, readers on the right]({PICTURE})"
    yield ""
    yield "| topic | carries | written by | read by |"
    yield "|---|---|---|---|"
    for each in found:
        yield f"| {each.topic} | {each.carries} | {', '.join(each.writers)} | {', '.join(each.readers)} |"
    yield ""
    yield "```mermaid"
    yield mermaid(found).rstrip()
    yield "```"
