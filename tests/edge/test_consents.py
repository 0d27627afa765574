"""What one consents to is asked for, shown to oneself, and taken back."""

import pytest

from tests.edge.client import Api, register

pytestmark = pytest.mark.integration


async def test_a_consent_is_given_shown_and_taken_back(api: Api) -> None:
    anna = await register(api)

    before = await anna.api.get("/api/me")
    given = await anna.api.call("PUT", "/api/me/consents/analytics", {})
    again = await anna.api.call("PUT", "/api/me/consents/analytics", {})
    shown = await anna.api.get("/api/me")
    withdrawn = await anna.api.call("DELETE", "/api/me/consents/analytics")
    unknown = await anna.api.call("PUT", "/api/me/consents/everything", {})

    assert "consents" not in before.body
    assert [each.status for each in (given, again, shown, withdrawn)] == [200] * 4
    assert given.body["consents"] == again.body["consents"] == shown.body["consents"] == ["analytics"]
    assert "consents" not in withdrawn.body
    assert unknown.status == 404, unknown
