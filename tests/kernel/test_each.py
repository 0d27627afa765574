"""What only the `each` engine has to fear: the library that reads for it."""

from typing import Any

import pytest

from tests.kernel.engines import ENGINES
from tests.kernel.harness import Stage, until
from topics.bus import each

pytestmark = pytest.mark.integration


async def test_an_error_inside_faststream_passes_no_record_over(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, parse, failures = ENGINES["each"], each._raw, []

    async def fail_once(record: Any) -> Any:
        if not failures:
            failures.append(record.offset)
            raise LookupError("a bug before the handler")
        return await parse(record)

    monkeypatch.setattr(each, "_raw", fail_once)
    manifest = await stage.manifest(engine)
    async with stage.running(engine, manifest) as consumer:
        placed = await stage.say("one", "two")

        await until(lambda: stage.passed(manifest.name, placed[1]))

    assert failures == [placed[0].offset]
    assert consumer.handled == ["one", "two"]
