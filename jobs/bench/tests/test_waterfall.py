"""The way of an op, read from marks."""

import os
from pathlib import Path
from typing import get_args

from jobs.bench.waterfall import Marks, recording, waterfall
from topics.runtime.steps import VARIABLE, Step, Steps


def test_marks_of_several_processes_come_together_and_the_first_of_a_step_counts(tmp_path: Path) -> None:
    (tmp_path / "1.steps").write_text("a b read 10\na b checked 30\n")
    (tmp_path / "2.steps").write_text("a b checked 40\nc read 5\n")

    assert Marks(tmp_path).read() == {"a b": {"read": 10, "checked": 30}, "c": {"read": 5}}


def test_a_line_tells_how_long_a_step_took_after_the_one_before_it() -> None:
    at = dict(zip(get_args(Step), range(0, 9_000_000, 1_000_000), strict=True))

    told = waterfall({"whole": at, "half": {"read": 1}}).splitlines()

    assert told[0].startswith("1 of 2 ops")
    names = [line.split()[0] for line in told[1:]]
    assert names == ["checked", "handed", "fetched", "decoded", "heard", "written", "all", "(placed)", "(scripted)"]
    shown = {line.split()[0]: line.replace("all of it", "all").split()[1:4] for line in told[1:]}
    assert shown["checked"] == ["1.00"] * 3
    # Two steps lie beside the way.
    assert shown["fetched"] == ["2.00"] * 3
    assert shown["all"] == ["8.00"] * 3


def test_without_an_op_that_came_through_there_is_nothing_to_tell() -> None:
    assert waterfall({"a": {"read": 1}}) == "No op came through all steps."


def test_what_is_started_while_recording_writes_its_marks() -> None:
    with recording() as marks:
        steps = Steps(os.environ[VARIABLE])
        steps.mark("read", ["one", None, "two"], 7)
        steps.flush()

        assert marks.read() == {"one": {"read": 7}, "two": {"read": 7}}
    assert VARIABLE not in os.environ
    assert not Steps(None).on
