import aiohttp

from topics.runtime.health import Health
from topics.runtime.operations import operations_server
from topics.runtime.settings import Settings


async def test_the_operations_port_tells_metrics_life_and_readiness() -> None:
    health = Health()
    health.starting("board_store")
    async with (
        operations_server(Settings(operations_port=0), health) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
    ):
        async with http.get("/readyz") as answer:
            assert answer.status == 503
            assert await answer.json() == {"ready": False, "reasons": {"board_store": "starting"}}
        health.well("board_store")
        async with http.get("/readyz") as answer:
            assert answer.status == 200
        async with http.get("/healthz") as answer:
            assert answer.status == 200
            assert await answer.json() == {"live": True, "reasons": {}}
        async with http.get("/metrics") as answer:
            assert "doska_lag_seconds" in await answer.text()


async def test_without_a_port_nothing_is_served() -> None:
    async with operations_server(Settings(operations_port=None), Health()) as port:
        assert port is None
