"""Writes boards into a folder."""

import hashlib
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from edge.actions.exporting import Threads, pieces, said
from edge.parts import Parts
from edge.queries.reading import rows
from edge.settings import EdgeSettings
from jobs.moving import folder as form
from jobs.moving.house import account, indoors

# What is in the trash stays there. A board is read in the name of one of its owners.
BOARDS: Final = """
select b.board_id::text, b.title, b.workspace_id::text, b.archived_at is not null as archived, b.template,
       coalesce((select g.user_id from board_decider.grants_v1 g
                  where g.board_id = b.board_id and g.role = 'owner' order by g.created_at, g.user_id limit 1),
                b.created_by)::text as owner
  from board_decider.boards_v1 b
 where not b.hidden and b.trashed_at is null and ($1::uuid is null or b.workspace_id = $1::uuid)
 order by b.created_at, b.board_id
"""
PEOPLE: Final = """
select user_id::text, name, email from identity_decider.users_v1 where user_id = any($1::uuid[]) and not erased
"""


async def leave(
    settings: EdgeSettings, folder: Path, workspace_id: str | None, tell: Callable[[str], None]
) -> list[form.Moved]:
    """Write every board, or those of a workspace. Raises DoskaError."""
    form.begin(folder)

    async def write(parts: Parts) -> list[form.Moved]:
        boards, authors = [], set[str]()
        for row in await rows(parts.pool, BOARDS, workspace_id):
            boards.append(await _written(parts, settings, folder, row, authors))
            tell(f"{boards[-1].file}  {row['title']}")
        found = await rows(parts.pool, PEOPLE, sorted(authors))
        people = {each["user_id"]: form.Person(each["name"], each["email"]) for each in found}
        form.write_index(folder, boards, people)
        return boards

    return await indoors(settings, write)


async def _written(
    parts: Parts, settings: EdgeSettings, folder: Path, row: dict[str, Any], authors: set[str]
) -> form.Moved:
    owner = account(row.pop("owner"), "")
    threads = _heard(said(parts.pool, row["board_id"]), authors)
    elements = (await parts.snapshots.read(row["board_id"])).elements
    file = pieces(
        elements,
        title=row["title"],
        source=settings.address,
        threads=threads,
        uploads=parts.uploads,
        caller=owner,
    )
    board = form.Moved(**row, sha256="")
    hashed = hashlib.sha256()
    with (folder / board.file).open("wb") as out:
        async with aclosing(file):
            async for piece in file:
                hashed.update(piece)
                out.write(piece)
    return form.Moved(**row, sha256=hashed.hexdigest())


async def _heard(threads: Threads, authors: set[str]) -> Threads:
    """The same threads; whose words are in them, and whom they mention, is added to `authors`."""
    async with aclosing(threads):
        async for some in threads:
            for comment in (comment for thread in some for comment in thread["comments"]):
                authors.update({comment["author_id"], *comment["mention"]} - {None})
            yield some
