"""When the deciders are silent: what is known is said, and nothing is done twice."""

import secrets

import pytest

from edge.http.tests.waiting import until
from tests.edge.client import Answer, Person
from tests.product import Product

pytestmark = pytest.mark.integration


async def test_without_an_answer_the_outcome_is_unknown_and_the_same_key_finds_it(
    product: Product, ada: Person
) -> None:
    mark = secrets.token_hex(6)
    once = {"Idempotency-Key": mark}
    body = {"title": mark}
    assert product.consumers is not None
    await product.consumers.stop()
    try:
        silent = await ada.api.post("/api/boards", body, headers=once)
        read = await ada.api.get(f"/api/boards?q={mark}")
    finally:
        await product.start_consumers()

    last: list[Answer] = []

    async def made() -> bool:
        last.append(await ada.api.post("/api/boards", body, headers=once))
        return last[-1].status == 201

    await until(made, 90)
    boards = (await ada.api.get(f"/api/boards?q={mark}")).body["items"]

    assert (silent.status, silent.code) == (504, "outcome_unknown")
    assert silent.headers["Retry-After"]
    assert silent.headers["Idempotency-Key"] == mark
    assert read.body["items"] == []
    assert {answer.code for answer in last[:-1]} <= {"outcome_unknown", "conflict"}
    assert [board["board_id"] for board in boards] == [last[-1].body["board_id"]]
