"""What an invite's token names: a workspace or a board, and the invite."""

from dataclasses import dataclass
from typing import Final, Literal

To = Literal["workspace", "board"]
ACTIONS: Final[dict[To, str]] = {"workspace": "workspaces.accept_invite", "board": "boards.accept_invitation"}


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invite to one workspace or one board."""

    to: To
    resource_id: str
    invite_id: str

    @property
    def field(self) -> str:
        """Under what name actions hold the resource."""
        return f"{self.to}_id"

    @property
    def action(self) -> str:
        """The action that accepts it."""
        return ACTIONS[self.to]
