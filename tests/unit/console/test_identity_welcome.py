"""What `up` and `demo` say last: the pages, the practice logins, the first administrator's link."""

import json
from pathlib import Path
from typing import Any

from trueshelf_cli.commands.welcome import welcome
from trueshelf_cli.layout import Layout


def stack(root: Path, **more: Any) -> Layout:
    layout = Layout(root)
    layout.make()
    written = {"services": {"console": {"url": "http://127.0.0.1:4711"}}, "drill": False, **more}
    layout.stack_file.write_text(json.dumps(written))
    return layout


def test_the_pages_are_where_their_cookies_work(tmp_path: Path):
    assert welcome(stack(tmp_path)) == ["the pages: [bold]http://localhost:4711[/]"]
    assert welcome(stack(tmp_path, services={})) == []


def test_a_practice_stack_names_its_logins_and_where_the_password_lies_but_not_the_password(tmp_path: Path):
    layout = stack(tmp_path, drill=True)
    (layout.secrets / "practice.password").write_text("hidden-in-its-file")
    text = "\n".join(welcome(layout))
    assert "vera (senior reviewer)" in text
    assert "marat (admin, operator)" in text
    assert str(layout.secrets / "practice.password") in text
    assert "hidden-in-its-file" not in text


def test_the_first_administrators_link_is_shown_until_somebody_used_it(tmp_path: Path):
    layout = stack(tmp_path)
    file = layout.secrets / "first-administrator.link"
    file.write_text("http://localhost:4711/link?key=once\n")
    assert any("/link?key=once" in line for line in welcome(layout))
    file.unlink()
    assert not any("/link" in line for line in welcome(layout))
