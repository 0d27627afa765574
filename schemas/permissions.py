"""Who may do what: one table of permission and role, the same for the edge and for every decider."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias, cast, get_args

import yaml

BoardRole: TypeAlias = Literal["owner", "editor", "commenter", "viewer"]
WorkspaceRole: TypeAlias = Literal["admin", "manager", "agent", "user"]
Role: TypeAlias = BoardRole | WorkspaceRole

BOARD_ROLES: tuple[BoardRole, ...] = get_args(BoardRole)
WORKSPACE_ROLES: tuple[WorkspaceRole, ...] = get_args(WorkspaceRole)
RANK: Mapping[BoardRole, int] = MappingProxyType({role: rank for rank, role in enumerate(reversed(BOARD_ROLES))})


def parse(text: str) -> Mapping[str, frozenset[Role]]:
    """The table of a permissions file. Raises ValueError at what it does not understand."""
    table: dict[str, frozenset[Role]] = {}
    for permission, roles in yaml.safe_load(text).items():
        kind, _, _verb = str(permission).partition(".")
        known = {"board": BOARD_ROLES, "workspace": WORKSPACE_ROLES}.get(kind)
        if known is None:
            raise ValueError(f"{permission}: a permission is board.<verb> or workspace.<verb>")
        if not isinstance(roles, list) or not roles or not set(roles) <= set(known):
            raise ValueError(f"{permission}: the roles are a list of {', '.join(known)}")
        table[permission] = frozenset(cast("list[Role]", roles))
    return MappingProxyType(table)


PERMISSIONS: Mapping[str, frozenset[Role]] = parse((Path(__file__).parent / "permissions.yaml").read_text("utf-8"))


def allows(permission: str, role: str | None) -> bool:
    """Whether the role holds the permission; no role holds none. Raises KeyError for an unknown permission."""
    return role in PERMISSIONS[permission]


def highest(roles: Iterable[str | None]) -> BoardRole | None:
    """The strongest of several board roles, None when there is none; what is no board role counts for nothing."""
    given = set(roles)
    return next((role for role in BOARD_ROLES if role in given), None)
