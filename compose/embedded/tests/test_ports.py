import json
import socket
from pathlib import Path

import pytest

from compose.embedded import ports
from compose.embedded.errors import PortInUse


def test_free_ports_are_different_and_nobody_listens_on_them() -> None:
    found = ports.free(["one", "two", "three"])

    assert len(set(found.values())) == 3
    assert all(ports.is_free(port) for port in found.values())


def test_a_port_that_somebody_listens_on_is_not_taken() -> None:
    taken = ports.free(["taken"])["taken"]

    with socket.create_server(("127.0.0.1", taken)):
        assert ports.free(["one"], start=taken - 1)["one"] != taken


def test_fixed_ports_stay_and_new_names_get_new_ones(tmp_path: Path) -> None:
    remembered = tmp_path / "ports.json"
    first = ports.fixed(["one", "two"], remembered)

    again = ports.fixed(["two", "three", "one"], remembered)

    assert {name: again[name] for name in first} == first
    assert len(set(again.values())) == 3


def test_a_remembered_port_is_kept_even_while_somebody_else_listens_there(tmp_path: Path) -> None:
    remembered = tmp_path / "ports.json"
    port = ports.free(["one"])["one"]
    remembered.write_text(json.dumps({"one": port}))

    with socket.create_server(("127.0.0.1", port)):
        assert ports.fixed(["one"], remembered) == {"one": port}


def test_two_places_begin_at_different_ports(tmp_path: Path) -> None:
    places = [tmp_path / str(number) for number in range(8)]
    for place in places:
        place.mkdir()

    assert len({ports.fixed(["one"], place / "ports.json")["one"] for place in places}) > 4


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    found = ports.free([str(number) for number in range(50)], start=ports.HIGHEST - 10)

    assert all(ports.LOWEST <= port <= ports.HIGHEST for port in found.values())


def test_a_claim_names_the_part_the_port_and_what_to_do() -> None:
    port = ports.free(["one"])["one"]

    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortInUse) as caught:
        ports.claim("edge", {"edge": port}, "stop it, or set DOSKA_PORT to another port.")

    assert str(caught.value) == (
        f"Port {port} on 127.0.0.1, which edge needs, is in use by another program: "
        "stop it, or set DOSKA_PORT to another port."
    )
