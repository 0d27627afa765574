"""One call to a real server that behaves badly, and to addresses that may not be called."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest

from consumers.webhook_export.caller import Caller, calling
from consumers.webhook_export.guard import Forbidden, connector, name_threads
from consumers.webhook_export.queue import Claim, Secret
from consumers.webhook_export.settings import DeliverySettings
from consumers.webhook_export.tests.receiver import for_ever, in_drops, never, receiving, rude, status
from schemas.ids import new_id
from schemas.keyring import Keyring
from schemas.webhooks.addresses import Rules
from schemas.webhooks.signing import secret, signature

RING = Keyring("k1", {"k1": b"1" * 32})
HOOK = "01980c5e-0021-7a10-8f2e-3c4d5e6f7081"
HERE = Rules(http=True, private=(ip_network("127.0.0.0/8"),))
STRICT = Rules(http=True)
BODY = '{"title": "Ретро"}'.encode()


def claim(url: str, *versions: int) -> Claim:
    secrets = tuple(Secret(version, "k1") for version in versions or (1,))
    return Claim(new_id(), new_id(), HOOK, url, secrets, BODY, 1, once=False)


@asynccontextmanager
async def caller(rules: Rules, seconds: float = 10.0) -> AsyncIterator[Caller]:
    async with calling(RING, rules, DeliverySettings(seconds=seconds)) as made:
        yield made


async def test_a_delivery_arrives_as_it_was_written_and_signed_with_every_secret_that_is_valid() -> None:
    async with receiving() as receiver, caller(HERE) as call:
        sent = claim(receiver.url + "/hook?token=1", 2, 1)
        attempt = await call.call(sent, 1_700_000_000)

    [got] = receiver.got
    assert (attempt.good, attempt.status, attempt.error) == (True, 204, None)
    assert got.body == BODY
    assert got.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert got.delivery_id == sent.delivery_id
    assert got.headers["webhook-signature"].split() == [
        signature(secret(RING, HOOK, version, "k1"), sent.delivery_id, 1_700_000_000, BODY) for version in (2, 1)
    ]
    assert "cookie" not in got.headers


@pytest.mark.parametrize("code", [400, 404, 429, 500, 503])
async def test_an_answer_that_is_not_good_says_its_status(code: int) -> None:
    async with receiving() as receiver, caller(HERE) as call:
        receiver.answers["/"] = [status(code, **{"Retry-After": "7"})]
        attempt = await call.call(claim(receiver.url + "/"), 1)

    assert (attempt.good, attempt.status, attempt.retry_after) == (False, code, "7")
    assert attempt.error == "status"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(code: int) -> None:
    async with receiving() as receiver, caller(HERE) as call:
        receiver.answers["/"] = [status(code, Location=receiver.url + "/elsewhere")]
        attempt = await call.call(claim(receiver.url + "/"), 1)

    assert (attempt.good, attempt.status) == (False, code)
    assert [got.path for got in receiver.got] == ["/"]


async def test_an_endpoint_that_does_not_answer_is_left_after_its_time() -> None:
    async with receiving() as receiver, caller(HERE, seconds=0.3) as call:
        receiver.answers["/"] = [never]
        async with asyncio.timeout(30):
            attempt = await call.call(claim(receiver.url + "/"), 1)

    assert (attempt.status, attempt.error) == (None, "no_answer")


async def test_an_answer_without_an_end_is_not_read_to_its_end() -> None:
    async with receiving() as receiver, caller(HERE) as call:
        receiver.answers["/"] = [for_ever]
        async with asyncio.timeout(30):
            attempt = await call.call(claim(receiver.url + "/"), 1)

    assert (attempt.good, attempt.status) == (True, 200)


async def test_an_answer_in_drops_has_no_more_time_than_others() -> None:
    async with receiving() as receiver, caller(HERE, seconds=0.5) as call:
        receiver.answers["/"] = [in_drops]
        async with asyncio.timeout(30):
            attempt = await call.call(claim(receiver.url + "/"), 1)

    assert not attempt.good


async def test_a_connection_that_is_cut_and_a_server_that_is_not_there_are_attempts() -> None:
    async with receiving() as receiver, caller(HERE) as call:
        receiver.answers["/"] = [rude]
        cut = await call.call(claim(receiver.url + "/"), 1)
    with socket.socket() as nobody:
        # Taken, so that nobody else listens there meanwhile.
        nobody.bind(("127.0.0.1", 0))
        async with caller(HERE) as call:
            gone = await call.call(claim(f"http://127.0.0.1:{nobody.getsockname()[1]}/"), 1)

    assert (cut.status, gone.status) == (None, None)
    assert gone.error == "unreachable"


async def test_a_name_that_does_not_resolve_is_an_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(_host: str, _port: int, **_: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # Where there is no name server a look-up may take longer than an attempt.
    monkeypatch.setattr("consumers.webhook_export.guard.socket.getaddrinfo", look_up)
    async with caller(STRICT) as call:
        attempt = await call.call(claim("http://nothing.invalid/"), 1)

    assert (attempt.status, attempt.error) == (None, "unknown_host")


async def test_a_key_that_is_gone_is_said() -> None:
    async with receiving() as receiver, caller(HERE) as call:
        sent = Claim(new_id(), new_id(), HOOK, receiver.url, (Secret(1, "k9"),), BODY, 1, once=False)
        attempt = await call.call(sent, 1)

    assert attempt.error == "no_key"
    assert not receiver.got


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0.0.0.0", "localhost"])
async def test_a_server_of_the_house_is_not_called_however_it_is_written(host: str) -> None:
    async with receiving() as receiver, caller(STRICT) as call:
        port = receiver.url.rpartition(":")[2]
        attempt = await call.call(claim(f"http://{host}:{port}/"), 1)

    assert attempt.error == "forbidden_address"
    assert not receiver.got


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
async def test_the_door_itself_is_shut_also_for_numbers_that_no_resolver_sees(host: str) -> None:
    threads = name_threads(1)
    async with receiving() as receiver, aiohttp.ClientSession(connector=connector(STRICT, threads)) as session:
        port = receiver.url.rpartition(":")[2]
        with pytest.raises(aiohttp.ClientConnectorError) as refused:
            await session.post(f"http://{host}:{port}/")
    threads.shutdown()

    assert isinstance(refused.value.__cause__, Forbidden)
    assert not receiver.got


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let a name server answer so, one answer after the other; returns who was asked about."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr("consumers.webhook_export.guard.socket.getaddrinfo", look_up)
    return asked


async def test_a_name_of_the_world_that_leads_into_the_house_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver, caller(STRICT) as call:
        resolving(monkeypatch, ["127.0.0.1"])
        attempt = await call.call(claim(f"http://evil.example:{receiver.url.rpartition(':')[2]}/"), 1)

    assert attempt.error == "forbidden_address"
    assert not receiver.got


def connecting(monkeypatch: pytest.MonkeyPatch, port: int) -> list[str]:
    """Note which addresses are called at a port, and let nobody out of this machine."""
    opened: list[str] = []
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect

    async def noting(sock: socket.socket, address: Any) -> None:
        if address[1] == port:
            opened.append(address[0])
        if not address[0].startswith("127."):
            raise ConnectionRefusedError("no test leaves this machine")
        await connect(sock, address)

    monkeypatch.setattr(loop, "sock_connect", noting)
    return opened


async def test_a_name_is_looked_up_once_so_another_answer_afterwards_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with receiving() as receiver, caller(STRICT) as call:
        port = int(receiver.url.rpartition(":")[2])
        asked, opened = resolving(monkeypatch, ["198.41.0.4"], ["127.0.0.1"]), connecting(monkeypatch, port)
        attempt = await call.call(claim(f"http://rebind.example:{port}/"), 1)

    assert not attempt.good
    assert (asked, opened) == (["rebind.example"], ["198.41.0.4"])
    assert not receiver.got, "the second answer of the name server was never asked for"


async def test_of_several_addresses_only_those_of_the_world_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver, caller(STRICT) as call:
        resolving(monkeypatch, ["127.0.0.1", "10.0.0.1", "169.254.169.254", "198.41.0.4"])
        port = int(receiver.url.rpartition(":")[2])
        opened = connecting(monkeypatch, port)
        await call.call(claim(f"http://mixed.example:{port}/"), 1)

    assert opened == ["198.41.0.4"]
    assert not receiver.got


async def test_one_slow_name_server_holds_up_no_other_call(monkeypatch: pytest.MonkeyPatch) -> None:
    held = asyncio.Event()
    loop = asyncio.get_running_loop()
    real = socket.getaddrinfo

    def look_up(host: str, port: int, **more: Any) -> Any:
        if host == "slow.example":
            asyncio.run_coroutine_threadsafe(held.wait(), loop).result(30)
        return real("127.0.0.1", port, **more)

    async with receiving() as receiver, caller(HERE) as call:
        monkeypatch.setattr("consumers.webhook_export.guard.socket.getaddrinfo", look_up)
        port = receiver.url.rpartition(":")[2]
        slow = [asyncio.create_task(call.call(claim(f"http://slow.example:{port}/slow"), 1)) for _ in range(20)]
        async with asyncio.timeout(30):
            quick = await call.call(claim(f"http://quick.example:{port}/quick"), 1)
        paths = [got.path for got in receiver.got]
        held.set()
        await asyncio.gather(*slow)

    assert quick.good
    assert paths == ["/quick"]


async def test_name_servers_that_hold_attempts_which_are_over_hold_up_no_other_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end, asked = threading.Event(), asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()
    real = socket.getaddrinfo

    def look_up(host: str, port: int, **more: Any) -> Any:
        if host.endswith(".slow.example"):
            loop.call_soon_threadsafe(asked.release)
            end.wait(60)
        return real("127.0.0.1", port, **more)

    settings = DeliverySettings(overall=4)
    async with receiving() as receiver, calling(RING, HERE, settings) as call:
        monkeypatch.setattr("consumers.webhook_export.guard.socket.getaddrinfo", look_up)
        port = receiver.url.rpartition(":")[2]
        slow = [
            asyncio.create_task(call.call(claim(f"http://{number}.slow.example:{port}/"), 1))
            for number in range(settings.overall)
        ]
        async with asyncio.timeout(30):
            for _ in slow:
                await asked.acquire()
        for each in slow:
            each.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        quick = await call.call(claim(f"http://quick.example:{port}/"), 1)
        end.set()

    assert quick.good
