"""Apache Kafka 4 as one KRaft node, broker and controller in one process."""

import base64
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from trueshelf_cli.backing.jars import find_java
from trueshelf_cli.backing.ports import LOOPBACK, listening
from trueshelf_cli.backing.program import BackingError, Program, run_apart

# The voter is named statically: a dynamic quorum would keep the controller's first port in its log for ever.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
"""


@dataclass(frozen=True, slots=True)
class Kafka:
    """One node; all its state lies in `directory`. Both ports are on loopback."""

    directory: Path
    jars: Path
    port: int
    controller_port: int
    name: str = "kafka"

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def prepare(self) -> Program:
        data = self.directory / "data"
        self.directory.mkdir(parents=True, exist_ok=True)
        config = self._write_properties("server.properties", data)
        if not (data / "meta.properties").exists():
            self._format(data)
        heap = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
        return Program(
            name=self.name,
            argv=(find_java(), *heap, "-cp", f"{self.jars}/*", "kafka.Kafka", str(config)),
            directory=self.directory,
            stop_seconds=30,
        )

    def probe(self) -> None:
        if not listening(self.port):
            raise BackingError(f"nothing listens on {self.bootstrap}")
        run_apart(_describe(self.bootstrap))

    def _write_properties(self, name: str, data: Path) -> Path:
        path = self.directory / name
        text = PROPERTIES.format(host=LOOPBACK, port=self.port, controller_port=self.controller_port, data=data)
        path.write_text(text, encoding="utf-8")
        return path

    def _format(self, data: Path) -> None:
        """Format into a temporary directory and rename it: a half-formatted one would never start."""
        fresh = self.directory / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)
        config = self._write_properties("format.properties", fresh)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # Joined by "=": an id may begin with "-", which would be read as an option.
        tool = ("kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(config))
        done = subprocess.run(  # fixed arguments, no shell
            [find_java(), "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{self.jars}/*", *tool],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise BackingError(
                f"Kafka's storage in {fresh} could not be formatted: {(done.stderr or done.stdout)[-800:]}"
            )
        fresh.rename(data)


async def _describe(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    finally:
        await admin.close()
    if not cluster["brokers"]:
        raise BackingError("the broker is still fenced off by its controller")
