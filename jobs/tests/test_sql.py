"""`doska sql`: it reads what everybody may read, and nothing else."""

import pytest

from jobs.sql import answer
from topics.errors import Misconfigured
from topics.runtime.settings import Settings


async def test_rows_come_under_the_names_of_their_columns(settings: Settings) -> None:
    assert await answer(settings, "select 1 as one, null as nothing, 'x' as text") == ["one\tnothing\ttext", "1\t\tx"]
    assert (await answer(settings, "select board_id from board_store.elements_v1 limit 0")) == ["board_id"]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("create table mine (a int)", "permission denied|only reads"),
        ("delete from board_store.elements", "permission denied|only reads"),
        ("select email from workspace_decider.invites_v1", "permission denied"),
        ("select", None),
        ("selekt 1", "syntax error"),
    ],
)
async def test_what_is_not_open_is_refused_in_words(settings: Settings, query: str, complaint: str | None) -> None:
    if complaint is None:
        assert await answer(settings, query) == [""] * 2
        return
    with pytest.raises(Misconfigured, match=complaint):
        await answer(settings, query)
