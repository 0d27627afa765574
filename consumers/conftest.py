"""What the tests of deciders share."""

from collections.abc import AsyncIterator

import pytest

from consumers.tests.court import Court, sitting


@pytest.fixture(scope="session")
async def court(stack_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Court]:
    """The deciders of people, of workspaces and of boards."""
    async with sitting(stack_environment["DOSKA_POSTGRES_DSN"], tmp_path_factory.mktemp("court")) as court:
        yield court
