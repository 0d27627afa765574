"""Whatever reads a header, a parameter, a token or an address: it reads it or refuses it, and nothing else comes of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.actions import idempotency, ordering
from edge.archive import asked
from edge.auth.callers import Caller
from edge.auth.oidc import pending
from edge.auth.tokens import Tokens
from edge.errors import ApiError
from edge.http import addresses, elements
from edge.queries import pages
from edge.rooms.cursor import Cursor, CursorInvalid, Cursors
from edge.ws import deflate
from schemas import ids, mail_tokens
from schemas.boards import links
from schemas.keyring import Keyring
from schemas.webhooks import addresses as webhook_addresses
from tests.hostile.values import IDS, TEXTS, TIMES
from topics.bus.message import Position
from topics.exports import answers
from topics.runtime import tracing

NOW: Final = datetime(2026, 5, 4, tzinfo=UTC)
Reader = Callable[[str], Any]


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Keys of a house."""
    return Keyring.create(tmp_path_factory.mktemp("keys") / "keyring.json")


def forwarded(text: str) -> object:
    """Who called, behind a proxy that is believed and passes on what it was told."""
    networks = [addresses.ipaddress.ip_network("127.0.0.0/8")]
    return addresses.read("127.0.0.1", [text], [text], networks, scheme="http", host=text, public_url="")


def readers(keyring: Keyring) -> dict[str, Reader]:
    """Each by name."""
    cursors, tokens = Cursors(keyring), Tokens(keyring, 900)
    return {
        "limit": pages.read_limit,
        "cursor of a list": lambda text: pages.read_cursor("boards", text),
        "time": asked.time,
        "cursor": lambda text: cursors.decode("board:x", text),
        "position": lambda text: cursors.decode_position("x", text),
        "access token": lambda text: tokens.verify_access(text, 0.0),
        "refresh token": tokens.parse_refresh,
        "token of a link": tokens.parse_link,
        "token of an invitation": tokens.parse_invite,
        "token in a mail": lambda text: mail_tokens.read(keyring, "reset", text),
        "cookie of a sign-in": lambda text: pending.read_pending(keyring, "name", text, 0.0),
        "where to go on": pending.own_path,
        "key": idempotency.checked,
        "trace": tracing.child,
        "id of a trace": tracing.trace_id,
        "id": ids.is_id,
        "extensions": lambda text: deflate.accept([text]),
        "encodings": elements.accepts_gzip,
        "tag": lambda text: elements._is_good(text, "content"),
        "forwarded": forwarded,
        "link": links.dangerous,
        "embed": links.embed_host,
        "address of a webhook": lambda text: webhook_addresses.refusal(text, webhook_addresses.Rules()),
        "order": ordering.is_key,
        "wait": lambda text: answers.retry_after(text, NOW),
    }


def good_ones(keyring: Keyring) -> list[str]:
    """Texts that the readers take, to be changed a little."""
    cursors, tokens = Cursors(keyring), Tokens(keyring, 900)
    caller = Caller(ids.new_id(), ids.new_id(), "Ada", "#fff", guest=False, link_id=None, board_id=None, expires_at=9e9)
    return [
        cursors.encode(Cursor("board:x", "e", 7, None)),
        cursors.encode_position("x", Position("g", 1, 2, 3)),
        tokens.mint_access(caller, 0.0),
        tokens.refresh_token(ids.new_id(), ids.new_id(), 1),
        tokens.link_token(ids.new_id(), ids.new_id()),
        mail_tokens.mint(keyring, "reset", ids.new_id(), ids.new_id()),
        pending.write(keyring, "name", pending.begun("https://x/", "/", 0.0)),
        pages.write_cursor("boards", pages.FIRST),
        tracing.new_traceparent(),
        "content-1795242592",
        "permessage-deflate; client_max_window_bits=15",
        "gzip;q=0.5, br",
        "https://hooks.example.org:8443/a?b=c#d",
        "Sat, 21 Nov 2026 12:01:00 GMT",
        "a0V",
        *IDS,
        *TIMES,
    ]


@st.composite
def hostile(draw: st.DrawFn, good: list[str]) -> str:
    """A text: junk, or a good one with some of it changed, cut or doubled."""
    junk = st.one_of(st.sampled_from(TEXTS), st.text(max_size=40), st.from_regex(r"[0-9+.eE-]{1,12}", fullmatch=True))
    if draw(st.booleans()):
        return draw(junk)
    text = draw(st.sampled_from(good))
    at, cut = draw(st.integers(0, len(text))), draw(st.integers(0, 6))
    put = draw(st.one_of(st.just(""), st.just("9" * 5000), st.just(text), junk))
    return text[:at] + put + text[at + cut :]


def test_each_reader_reads_or_refuses(keyring: Keyring) -> None:
    good, each = good_ones(keyring), readers(keyring)

    @settings(max_examples=1500, deadline=None, database=None, derandomize=True)
    @given(hostile(good), st.sampled_from(sorted(each)))
    def read(text: str, name: str) -> None:
        try:
            each[name](text)
        except (ApiError, CursorInvalid) as refused:
            assert str(refused) != ""  # noqa: PT017 - either outcome is right

    read()


@pytest.mark.parametrize(
    "name", readers.__annotations__ and ["token in a mail", "cookie of a sign-in", "token of a link"]
)
def test_a_signature_that_is_no_ascii_is_only_wrong(keyring: Keyring, name: str) -> None:
    for good in good_ones(keyring):
        for at in range(0, len(good), 7):
            assert not readers(keyring)[name](good[:at] + "é" + good[at + 1 :])
