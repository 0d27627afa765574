"""Makes an account with all that belongs to it: the person first, then his personal workspace."""

from typing import Any, Final

import structlog

from edge.actions.asking import Asker
from edge.actions.dispatch import Actions
from edge.actions.outcome import Outcome
from edge.errors import ApiError
from schemas.ids import new_id, personal_workspace_id
from schemas.registry import registry

Json = dict[str, Any]
REGISTER: Final = "identity.register_user"
OPEN_PERSONAL: Final = "workspaces.open_personal"

log = structlog.get_logger(__name__)


async def register(actions: Actions, data: Json, asker: Asker) -> Outcome:
    """Register the person of `data` (that of `identity.register_user`, the password in clear).

    Raises `ApiError`, and then there is no account.
    """
    action_id = new_id()
    sealed = await actions.sealed(registry().get(REGISTER), data, action_id)
    outcome = await actions.ask(REGISTER, sealed, asker, action_id=action_id)
    await open_personal(actions, asker)
    return outcome


async def open_personal(actions: Actions, asker: Asker) -> None:
    """Open the personal workspace of whoever has just got an account, or see that it is open.

    It comes anyway: when it cannot be waited for here, workspace_decider opens the same one as it reads of the account.
    """
    user_id = asker.user_id
    opening = {"workspace_id": personal_workspace_id(user_id), "user_id": user_id}
    try:
        await actions.ask(OPEN_PERSONAL, opening, asker)
    except ApiError as error:
        if error.code not in ("unavailable", "outcome_unknown"):
            raise
        log.warning("a personal workspace is not open yet", user_id=user_id, reason=error.detail)
