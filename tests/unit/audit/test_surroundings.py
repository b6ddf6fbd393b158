"""Where `trueshelf audit` finds the log: options, then the environment, then what `trueshelf up` wrote."""

import json
from pathlib import Path

import pytest

from support.audit_logs import Key
from trueshelf_audit.adapters.keys import BadKeyFile
from trueshelf_audit.adapters.local import NotFound, Surroundings, Wish
from trueshelf_cli.keyring import open_keyring
from trueshelf_cli.layout import Layout


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "AUDIT_PG_DSN",
        "AUDIT_ORIGIN",
        "AUDIT_REVIEW_PUBLIC_KEYS_FILE",
        "AUDIT_CHECKPOINT_KEY_FILE",
        "S3_ENDPOINT",
    ):
        monkeypatch.delenv(f"TRUESHELF_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_anything_it_says_what_to_give(nowhere: Path):
    around = Surroundings(Wish())
    with pytest.raises(NotFound, match="--dsn"):
        around.dsn()
    with pytest.raises(NotFound, match="--review-keys"):
        around.keys()
    assert around.copies() == []
    with pytest.raises(BadKeyFile, match="cannot be read"):
        Surroundings(Wish(review_keys=nowhere / "none.json")).keys()


def test_the_local_stack_is_found_as_up_writes_it(nowhere: Path):
    """The files are those of the stack's own keyring; a change of their shape fails here."""
    layout = Layout(nowhere)
    keyring = open_keyring(layout)
    published = {"checkpoints": str(keyring.audit_jwks), "decisions": str(keyring.review_jwks)}
    layout.stack_file.write_text(json.dumps({"root": str(nowhere), "public_keys": published}))
    servers = {"pg_admin_dsn": "postgresql://admin:x@127.0.0.1:5/trueshelf?a=b", "s3_env": {}}
    (layout.run / "servers.json").write_text(json.dumps(servers))
    around = Surroundings(Wish())
    password = keyring.passwords["audit"]
    assert around.dsn() == f"postgresql://trueshelf_audit:{password}@127.0.0.1:5/trueshelf?a=b"
    keys = around.keys()
    assert keys.log.name == "trueshelf/audit"
    assert len(keys.review) == 1


def test_options_go_first(nowhere: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRUESHELF_AUDIT_PG_DSN", "postgresql://environment/x")
    assert Surroundings(Wish()).dsn() == "postgresql://environment/x"
    assert Surroundings(Wish(dsn="postgresql://option/x")).dsn() == "postgresql://option/x"
    key = Key("log")
    key.write(nowhere / "log.jwk", nowhere / "log.pub")
    for text in (str(nowhere / "log.pub"), str(key.signer.key)):
        trusted = Surroundings(Wish(key=text, origin="trueshelf/test")).log_key()
        assert trusted is not None
        assert trusted.public == key.public
    (nowhere / "kept").mkdir()
    (nowhere / "kept" / "1").write_text("a note")
    assert Surroundings(Wish(copies=nowhere / "kept")).copies() == ["a note"]
