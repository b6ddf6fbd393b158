"""Which ports a stack takes."""

import socket

import pytest

from trueshelf_cli.backing.ports import free_port, is_free
from trueshelf_cli.processes import plan_ports


@pytest.fixture
def taken():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_last_times_port_is_kept_while_it_is_free():
    before = {"qa": free_port()}
    assert plan_ports(["qa"], {}, before, running=False) == before


def test_a_port_that_somebody_took_is_replaced(taken: int):
    assert not is_free(taken)
    chosen = plan_ports(["qa"], {}, {"qa": taken}, running=False)
    assert chosen["qa"] != taken


def test_our_own_running_process_keeps_its_port(taken: int):
    assert plan_ports(["qa"], {}, {"qa": taken}, running=True) == {"qa": taken}


def test_a_given_port_in_use_is_an_error_that_names_it(taken: int):
    with pytest.raises(ValueError, match=f"port {taken} for qa is in use"):
        plan_ports(["qa"], {"qa": taken}, {}, running=False)


def test_every_name_gets_a_port_of_its_own():
    names = [f"n{number}" for number in range(30)]
    chosen = plan_ports(names, {"n7": free_port()}, {"n1": 0}, running=False)
    assert len(set(chosen.values())) == len(names)
