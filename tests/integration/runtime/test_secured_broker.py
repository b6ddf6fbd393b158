"""A broker as companies run it: TLS with a certificate of their own authority, SASL with user and password."""

import asyncio
import ipaddress
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka.errors import KafkaError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from support.backing import CACHE, POMS
from support.bus import CONSUMER, Rig, act, rig_of, until
from support.services import ServiceDbFactory
from trueshelf_cli.backing import kafka as broker
from trueshelf_cli.backing.jars import ensure_jars
from trueshelf_cli.backing.ports import free_port
from trueshelf_cli.backing.process import LocalProcess
from trueshelf_runtime.health import kafka_answers
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.topics_admin import ensure_topics

pytestmark = pytest.mark.integration
USER, PASSWORD = "trueshelf", "correct horse"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate for 127.0.0.1: a PEM key store for the broker, the certificate for clients."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trueshelf test broker")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    store, ca = folder / "broker.pem", folder / "ca.pem"
    store.write_bytes(private + public)
    ca.write_bytes(public)
    return store, ca


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """A broker with a plain listener and one with SASL over TLS; yields both addresses and the authority's file."""
    folder = tmp_path_factory.mktemp("secured")
    store, ca = certificate(folder)
    plain = free_port()
    control = free_port({plain})
    safe = free_port({plain, control})
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    lines = {
        "listeners": f"PLAINTEXT://{{host}}:{{port}},SASL_SSL://{{host}}:{safe},CONTROLLER://{{host}}:{{controller_port}}",
        "advertised.listeners": f"PLAINTEXT://{{host}}:{{port}},SASL_SSL://{{host}}:{safe}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL",
        "sasl.enabled.mechanisms": "PLAIN",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(store),
        "listener.name.sasl_ssl.plain.sasl.jaas.config": f'{module} required user_{USER}="{PASSWORD}";',
    }
    properties = broker.PROPERTIES + "".join(f"{name}={value}\n" for name, value in lines.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(broker, "PROPERTIES", properties)  # a name that stands twice: the last one holds
        server = broker.Kafka(folder / "kafka", ensure_jars("kafka", POMS, CACHE), plain, control)
        process = LocalProcess(server, folder / "kafka.log")
        process.start()
        try:
            yield server.bootstrap, f"127.0.0.1:{safe}", ca
        finally:
            process.stop()


def settings_for(rig: Rig, address: str, ca: Path | None, password: str = PASSWORD) -> RuntimeSettings:
    change: dict[str, Any] = {
        "kafka_bootstrap": address,
        "kafka_security_protocol": "SASL_SSL",
        "kafka_sasl_mechanism": "PLAIN",
        "kafka_username": USER,
        "kafka_password": SecretStr(password),
        "kafka_ca_file": ca,
    }
    return rig.settings.model_copy(update=change)


@pytest_asyncio.fixture
async def rig(secured: tuple[str, str, Path], service_db: ServiceDbFactory) -> AsyncIterator[Rig]:
    plain, safe, ca = secured
    await ensure_topics({"bootstrap_servers": plain})
    async with rig_of(await service_db(CONSUMER), plain) as rig:
        yield replace(rig, settings=settings_for(rig, safe, ca))


async def test_facts_go_in_and_out_over_sasl_and_tls(rig: Rig):
    events = [act(rig.subject("sku"), number) for number in range(3)]
    assert await ensure_topics(rig.settings.kafka_options()) == []
    async with rig.consuming(), rig.relaying():
        await rig.send(*events)
        await until(lambda: _all_out(rig, 3), what="every answer, published")
    assert await rig.effects() == [event.target for event in events]


@pytest.mark.parametrize("wrong", ["password", "authority"])
async def test_who_is_not_let_in_waits_and_says_so(rig: Rig, secured: tuple[str, str, Path], wrong: str):
    _, safe, ca = secured
    password, authority = (secrets.token_hex(4), ca) if wrong == "password" else (PASSWORD, None)
    settings = settings_for(rig, safe, authority, password)
    with pytest.raises(KafkaError):
        async with asyncio.timeout(60):
            await kafka_answers(settings)


async def _all_out(rig: Rig, number: int) -> bool:
    return await rig.outbox(waiting=False) >= number
