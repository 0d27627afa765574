"""What an answer says of each record, also when who answers is not the one that is meant."""

from typing import Any

import pytest

from consumers.mixpanel_export.exporter import WORDS, Row, refused
from topics.errors import Reject
from topics.exports.answers import Answer

ROWS = [Row(7, "event a", b"{}"), Row(9, "event b", b"{}")]


def test_a_record_is_refused_by_its_index_and_in_few_words() -> None:
    failed = [{"index": 1, "field": "properties.time", "message": "x" * 10_000}]

    found = refused(ROWS, Answer(400, {"failed_records": failed}))

    [(number, why)] = found.items()
    assert number == 9
    assert isinstance(why, Reject)
    assert [each.path for each in why.errors] == ["/properties/time"]
    assert len(str(why)) < 2 * WORDS


@pytest.mark.parametrize(
    "failed",
    [None, 5, "no", {}, {"index": 0}, [5], [None], [[]], [{}], [{"index": "0"}], [{"index": 2}], [{"index": -1}]],
)
def test_what_names_no_record_refuses_none(failed: Any) -> None:
    assert refused(ROWS, Answer(400, {"failed_records": failed})) == {}
