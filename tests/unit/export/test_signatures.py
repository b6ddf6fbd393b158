"""Export believes a decision only with review's signature (R-60, R-89): a writer on the bus cannot approve."""

import base64
import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trueshelf_contracts.event import Signature
from trueshelf_contracts.review import VariantApproved
from trueshelf_contracts.signing import signable
from trueshelf_contracts.topics import BY_OWNER
from trueshelf_export.adapters.signatures import DecisionSignatures
from trueshelf_export.handlers import Handlers
from trueshelf_runtime.clock import SettableClock
from trueshelf_runtime.errors import Invalid

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)


def approval() -> VariantApproved:
    (file,) = EXAMPLES.rglob("VariantApproved*full*.json")
    return VariantApproved.model_validate_json(file.read_bytes())


def signed(event: VariantApproved, key: Ed25519PrivateKey = KEY, key_id: str = "review-1") -> VariantApproved:
    value = base64.b64encode(key.sign(signable(event))).decode()
    return event.model_copy(update={"signature": Signature(key_id=key_id, value=value)})


@pytest.fixture
def signatures(tmp_path: Path) -> DecisionSignatures:
    public = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    path = tmp_path / "review.json"
    path.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "review-1", "x": x}]}))
    return DecisionSignatures.of(path)


def test_what_review_signed_is_believed(signatures: DecisionSignatures) -> None:
    event = signed(approval())
    signatures.check(event, event.signature)


@pytest.mark.parametrize("forged", ["unsigned", "other key", "unknown key", "changed"])
def test_nothing_else_is(signatures: DecisionSignatures, forged: str) -> None:
    event = {
        "unsigned": approval().model_copy(update={"signature": None}),
        "other key": signed(approval(), Ed25519PrivateKey.generate()),
        "unknown key": signed(approval(), key_id="review-9"),
        "changed": signed(approval()).model_copy(update={"sku": "ANOTHER-1"}),
    }[forged]
    with pytest.raises(Invalid, match=str(event.event_id)):
        signatures.check(event, event.signature)


def test_a_file_without_keys_is_told(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text('{"keys": []}')
    with pytest.raises(ValueError, match="GET /keys"):
        DecisionSignatures.of(path)


@pytest.mark.parametrize("name", ["VariantApproved", "SpotCheckPassed", "SkuFreed", "RenditionAccepted"])
async def test_nothing_that_lets_a_sku_leave_is_believed_unsigned(signatures: DecisionSignatures, name: str) -> None:
    """What only takes away (a hold, a withdrawal, a rejection) is believed from anybody; what gives is not."""
    handlers = Handlers(Mock(), SettableClock(), signatures)
    (file,) = EXAMPLES.rglob(f"{name}.full.json")
    event = BY_OWNER["review"].decode(file.read_bytes())
    (handler,) = (s.handlers[type(event)] for s in handlers.subscriptions() if type(event) in s.handlers)
    with pytest.raises(Invalid, match=str(event.event_id)):
        await handler(event, Mock())
