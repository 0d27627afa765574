"""The story, told once for the consumers that this run asks about."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from compose.embedded.stack import PARTS, Stack
from consumers.discovery import names
from tests.conformance.story import Seen, told
from tests.product import Product
from tests.stack import prepare, settings_from
from topics.runtime.settings import Settings


@pytest.fixture(scope="session")
async def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Seen]:
    """What was seen of each consumer, on parts of their own, where nobody else writes."""
    asked = {item.callspec.params["consumer"] for item in request.session.items if _asks(item)}
    with pytest.MonkeyPatch.context() as environment:
        for part in PARTS.values():
            # The story poisons topics until everybody stops: never those of parts that are somebody else's.
            environment.delenv(part().variable, raising=False)
        parts = Stack(tmp_path_factory.mktemp("parts"), ports="free")
        await parts.start()
        try:
            product = Product({}, tmp_path_factory.mktemp("logs"))
            product.environment = await prepare(parts.environment(), tmp_path_factory.mktemp("data"))
            seen = await told(asked, settings_from(product.environment, Settings), product)
        finally:
            await parts.stop()
    return seen


@pytest.fixture(params=names())
def consumer(request: pytest.FixtureRequest) -> str:
    """Each consumer there is, by name."""
    return str(request.param)


@pytest.fixture
def seen(story: Mapping[str, Seen], consumer: str) -> Seen:
    """What was seen of the consumer."""
    return story[consumer]


def _asks(item: pytest.Item) -> bool:
    # Others may call a fixture of theirs a story, too.
    return item.path.parent == Path(__file__).parent and "story" in getattr(item, "fixturenames", ())
