"""supervisord understands what we write, whatever stands in a value."""

import shlex
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from trueshelf_cli.backing.program import BackingError, Program
from trueshelf_cli.layout import Layout
from trueshelf_cli.supervision import render, write_config

VALUES = {"PLAIN": "a", "PERCENT": "100%20", "COMMA": "a,b=c", "SPACE": "two words", "QUOTE": "it's", "HASH": "a;b#c"}


def read_back(path: Path):
    options = ServerOptions()
    options.realize(["-c", str(path)], doc="")
    return {group.name: group.process_configs[0] for group in options.process_group_configs}


def test_supervisord_reads_back_what_was_meant(tmp_path: Path):
    layout = Layout(tmp_path / "with a space")
    layout.make()
    argv = ("/bin/echo", "a b", "100%", "x;y", "-cp", "/lib/*")
    write_config(layout, render(layout, [Program("p", argv, tmp_path, VALUES, stop_signal="INT", stop_seconds=7)]))
    config = read_back(layout.config)["p"]
    assert dict(config.environment) == VALUES
    assert tuple(shlex.split(config.command)) == argv
    assert (config.stopsignal.name, config.stopwaitsecs) == ("SIGINT", 7)
    assert config.autostart is False
    assert config.startretries >= 1000, "a service that cannot start yet is tried for ever"


def test_the_configuration_holds_passwords_and_is_private(tmp_path: Path):
    layout = Layout(tmp_path)
    layout.make()
    assert write_config(layout, "a") is True
    assert write_config(layout, "a") is False, "unchanged: supervisord needs no reload"
    assert layout.config.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("value", ["x\ny", 'x"y', "x #y", "x ;y"])
def test_a_value_that_cannot_be_written_is_refused(tmp_path: Path, value: str):
    with pytest.raises(BackingError, match="supervisord cannot take that"):
        render(Layout(tmp_path), [Program("p", ("/bin/true",), Path("/"), {"A": value})])


def test_a_checkout_path_with_a_percent_sign_is_refused():
    with pytest.raises(BackingError, match="move the checkout"):
        render(Layout(Path("/srv/100%")), [])
