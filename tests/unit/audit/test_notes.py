"""Checkpoints follow C2SP's signed-note and tlog-checkpoint byte for byte."""

import base64
import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.audit_logs import ORIGIN, Key
from trueshelf_audit.adapters.keys import check_ed25519
from trueshelf_audit.domain.checkpoint import BadNote, Checkpoint, NoteKey, open_note, sign_note

KEY = Key("log")
SIGNER = KEY.signer
CHECKPOINT = Checkpoint(ORIGIN, 42, hashlib.sha256(b"root").digest())
NOTE = sign_note(CHECKPOINT, SIGNER.key, SIGNER.sign)


def test_a_note_reads_as_the_specification_says():
    lines = NOTE.split("\n")
    assert lines[:3] == [ORIGIN, "42", base64.b64encode(CHECKPOINT.root).decode()]
    assert lines[3] == ""
    assert lines[4].startswith(f"— {ORIGIN} ")
    signature = base64.b64decode(lines[4].rsplit(" ", 1)[1])
    assert signature[:4] == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + KEY.public).digest()[:4]
    assert len(signature) == 4 + 64
    assert lines[5:] == [""]


def test_it_opens_with_its_key_only():
    assert open_note(NOTE, SIGNER.key, check_ed25519) == CHECKPOINT
    with pytest.raises(BadNote, match="no signature by the expected key"):
        open_note(NOTE, Key("other").signer.key, check_ed25519)


def test_a_second_signature_of_somebody_else_is_no_harm():
    """A witness cosigns by adding a line."""
    witness = base64.b64encode(b"\x01\x02\x03\x04" + bytes(72)).decode()
    assert open_note(f"{NOTE}— witness.example {witness}\n", SIGNER.key, check_ed25519) == CHECKPOINT


def test_the_key_has_a_text_form():
    assert NoteKey.parse(str(SIGNER.key)) == SIGNER.key
    name, key_id, data = str(SIGNER.key).split("+", 2)
    assert (name, len(key_id)) == (ORIGIN, 8)
    for text in (f"{name}+00000000+{data}", f"{name}+{key_id}", "", f"{name}+{key_id}+!!!", f"a b+{key_id}+{data}"):
        with pytest.raises(BadNote):
            NoteKey.parse(text)


@given(st.integers(0, len(NOTE) - 1), st.characters())
@example(0, "\ud800")
def test_a_note_with_another_character_is_refused(place: int, character: str):
    changed = NOTE[:place] + character + NOTE[place + 1 :]
    if changed == NOTE:
        return
    try:
        opened = open_note(changed, SIGNER.key, check_ed25519)
    except BadNote:
        return
    # base64's last character has spare bits: the same bytes may be written in more than one way.
    assert opened == CHECKPOINT


@given(st.text(max_size=200))
def test_any_text_is_refused_in_order(text: str):
    with pytest.raises(BadNote):
        open_note(text, SIGNER.key, check_ed25519)


@pytest.mark.parametrize("size", ["042", "-1", "4 2", "", "1e3"])
def test_a_size_has_one_way_to_be_written(size: str):
    body = f"{ORIGIN}\n{size}\n{base64.b64encode(bytes(32)).decode()}\n"
    signature = base64.b64encode(SIGNER.key.key_id + SIGNER.sign(body.encode())).decode()
    with pytest.raises(BadNote):
        open_note(f"{body}\n— {ORIGIN} {signature}\n", SIGNER.key, check_ed25519)
