"""The board or workspace that a path names, where the caller may do this with it."""

from aiohttp import web

from edge.actions.authority import authorise_workspace
from edge.auth.standing import BoardAccess
from edge.errors import ApiError, not_found
from edge.http.requests import CALLER
from edge.keys import POOL, RIGHTS
from schemas.ids import is_id


async def allowed_board(request: web.Request, permission: str) -> str:
    """The id of the board. Raises `ApiError`: `not_found`, `forbidden`, `conflict` or `unavailable`."""
    board_id, _ = await _board(request, permission)
    return board_id


async def allowed_board_in_use(request: web.Request, permission: str) -> str:
    """The same of a board outside of the trash: in it, its owner may see that it is there, and nothing more."""
    board_id, access = await _board(request, permission)
    if access.trashed:
        raise ApiError("conflict", "The board is in the trash: restore it first.")
    return board_id


async def allowed_workspace(request: web.Request, permission: str) -> str:
    """The id of the workspace. Raises `ApiError`: `not_found` or `forbidden`."""
    workspace_id = request.match_info["workspace_id"]
    if not is_id(workspace_id):
        raise not_found()
    await authorise_workspace(request.app[POOL], request[CALLER], permission, workspace_id)
    return workspace_id


async def _board(request: web.Request, permission: str) -> tuple[str, BoardAccess]:
    board_id = request.match_info["board_id"]
    if not is_id(board_id):
        raise not_found()
    return board_id, await request.app[RIGHTS].board_access(request[CALLER], board_id, permission)
