"""The table of permissions as a page for people: every permission, who holds it, and what asks for it."""

from collections.abc import Iterable, Sequence

from schemas.permissions import BOARD_ROLES, PERMISSIONS, WORKSPACE_ROLES, Role
from schemas.registry import MessageType

HEAD = """<!-- Made by `doska schemas generate` from permissions.yaml and the schemas; do not edit. -->
# Who may do what

The edge and the deciders read this one table. A role that is missing on a thing altogether is `not_found`, in the same
words as a thing that does not exist; too low a role is `forbidden`, before any `conflict`. `GET /api/explain` says of a
person, a permission and a thing how it comes out and why.
"""
BOARDS = """
## On a board

A role comes from a grant, from a link (for a guest, or for an account that opened it) or from being an admin of the
board's workspace, who counts as owner; the highest counts. Membership alone gives nothing. One may always take one's own
role away, but the last owner of a board with other people on it stays. Guests copy nothing and have no lists.
"""
WORKSPACES = """
## In a workspace

The role admin is given and taken back, by an invite too, only by an admin. One may always leave, but the last admin of a
workspace with other members stays; a personal workspace keeps its person.
"""


def page(types: Sequence[MessageType]) -> str:
    """The whole page."""
    asked: dict[str, list[str]] = {}
    for mt in types:
        if mt.sendable and mt.allow is not None:
            asked.setdefault(mt.allow.permission, []).append(f"`{mt.name}`")
    board = _table("board", BOARD_ROLES, asked)
    return "".join((HEAD, BOARDS, *board, WORKSPACES, *_table("workspace", WORKSPACE_ROLES, asked)))


def _table(kind: str, roles: Iterable[Role], asked: dict[str, list[str]]) -> Iterable[str]:
    names = list(roles)
    yield f"\n| permission | {' | '.join(names)} | asked by |\n|---|{':-:|' * len(names)}---|\n"
    for permission, held in PERMISSIONS.items():
        if permission.startswith(f"{kind}."):
            marks = " | ".join("yes" if role in held else "" for role in names)
            yield f"| `{permission}` | {marks} | {', '.join(asked.get(permission, ['reads']))} |\n"
