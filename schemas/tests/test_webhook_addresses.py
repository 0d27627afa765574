"""Which addresses a webhook may have: a list of what people have tried on other servers."""

from ipaddress import ip_address, ip_network

import pytest

from schemas.webhooks.addresses import Rules, host_of, is_public, may_call, normal, refusal

STRICT = Rules(ports=frozenset({443, 8443}))
INTO_THE_HOUSE = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.255.255.254/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://anything.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://kafka/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[0:0:0:0:0:ffff:10.0.0.1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[100::1]/",
    "https:\\\\127.0.0.1\\@hooks.example.org/",
    "https:///127.0.0.1/",
    "https://127.0.0.1#@hooks.example.org/",
    "https://127.0.0.1?@hooks.example.org/",
]
NO_ADDRESS = [
    "",
    "hooks.example.org",
    "ftp://hooks.example.org/",
    "file:///etc/passwd",
    "gopher://hooks.example.org/",
    "javascript:alert(1)",
    "https://",
    "https://[::1",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org/" + "a" * 1000,
    "https://１２７.0.0.1/",
    "https://ⓛocalhost/",
]


@pytest.mark.parametrize("url", INTO_THE_HOUSE)
def test_nothing_leads_into_the_house(url: str) -> None:
    assert refusal(url, STRICT) == "leads into a private network"


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_address_is_refused(url: str) -> None:
    assert "must be an address" in str(refusal(url, STRICT))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hooks.example.org/", "https"),
        ("https://ada:secret@hooks.example.org/", "user name"),
        ("https://ada@hooks.example.org/", "user name"),
        ("https://:secret@hooks.example.org/", "user name"),
        ("https://hooks.example.org@evil.example/", "user name"),
        ("https://hooks.example.org:22/", "port 22"),
        ("https://hooks.example.org:6379/", "port 6379"),
        ("https://hooks.example.org:80/", "port 80"),
    ],
)
def test_other_refusals_say_why(url: str, words: str) -> None:
    assert words in str(refusal(url, STRICT))


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.org/doska?token=1",
        "https://hooks.example.org:8443/",
        "HTTPS://HOOKS.EXAMPLE.ORG:443/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://localhost.example.org/",
    ],
)
def test_the_world_may_be_called(url: str) -> None:
    assert refusal(url, STRICT) is None


def test_a_network_of_ones_own_is_called_when_it_is_listed_and_no_other() -> None:
    ours = Rules(http=True, private=(ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")))

    assert refusal("http://10.1.2.3:9000/", ours) is None
    assert refusal("http://[::ffff:10.1.2.3]/", ours) is None
    assert refusal("http://[fd00:1::5]/", ours) is None
    assert refusal("http://receiver/", ours) is None, "what it resolves to decides"
    for url in ("http://10.2.0.1/", "http://127.0.0.1/", "http://169.254.169.254/", "http://[fd00:2::5]/"):
        assert refusal(url, ours) == "leads into a private network"


@pytest.mark.parametrize("text", ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::", "::8.8.8.8"])
def test_another_form_of_a_public_address_is_not_called_either(text: str) -> None:
    assert not may_call(ip_address(text), Rules())


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:800::200e"])
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ip_address(text))


def test_the_host_of_an_address_shows_no_path() -> None:
    assert host_of("https://Hooks.example.org:8443/T0/secret?x=1") == "https://hooks.example.org:8443"
    assert host_of("https:\\\\good.example\\@evil.example") == "https://good.example"
    assert host_of("nonsense") is None


def test_an_address_is_written_so_that_every_parser_reads_the_same_host() -> None:
    assert normal("https:\\\\good.example\\@evil.example") == "https://good.example/@evil.example"
