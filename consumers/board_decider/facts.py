"""Facts about the one board that an action is about."""

from consumers.board_decider.access import no_board
from consumers.board_decider.state import State
from topics.decisions import Decision, Fact, numbered


def told(state: State, *facts: Fact) -> Decision:
    """Yes, with these facts about the state's board, numbered after its last one."""
    if state.board is None:
        raise no_board()
    return Decision(facts=numbered(state.board.revision, facts), workspace=state.board.workspace_id)
