"""Whose word on an address is believed."""

import ipaddress

import pytest

from edge.http.addresses import Origin, read

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1")]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "proto", "expected"),
    [
        ("203.0.113.7", [], [], ("203.0.113.7", "http")),
        ("203.0.113.7", ["1.2.3.4"], ["https"], ("203.0.113.7", "http")),
        ("10.0.0.1", ["1.2.3.4"], ["https"], ("1.2.3.4", "https")),
        ("10.0.0.1", ["6.6.6.6, 1.2.3.4"], [], ("1.2.3.4", "http")),
        ("10.0.0.1", ["6.6.6.6", "1.2.3.4, 10.0.0.2"], [], ("1.2.3.4", "http")),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], [], ("10.0.0.3", "http")),
        ("10.0.0.1", ["6.6.6.6, junk"], [], ("10.0.0.1", "http")),
        ("10.0.0.1", ["1.2.3.4:5555"], [], ("1.2.3.4", "http")),
        ("10.0.0.1", ["[2001:db8::1]:443"], [], ("2001:db8::1", "http")),
        ("10.0.0.1", ["2001:db8::1"], [], ("2001:db8::1", "http")),
        ("::1", ["1.2.3.4"], ["http, https"], ("1.2.3.4", "https")),
        ("::ffff:10.0.0.1", ["1.2.3.4"], ["HTTPS"], ("1.2.3.4", "https")),
        ("10.0.0.1", [], ["gopher"], ("10.0.0.1", "http")),
        ("", ["1.2.3.4"], ["https"], ("", "http")),
    ],
)
def test_only_believed_proxies_are_believed(
    peer: str, forwarded_for: list[str], proto: list[str], expected: tuple[str, str]
) -> None:
    found = read(peer, forwarded_for, proto, PROXIES, scheme="http", host="board.example", public_url="")

    client, scheme = expected
    assert found == Origin(client, f"{scheme}://board.example")


def test_the_public_address_is_the_configured_one() -> None:
    found = read("10.0.0.1", [], ["http"], PROXIES, scheme="http", host="x", public_url="https://board.example")

    assert found.base == "https://board.example"
