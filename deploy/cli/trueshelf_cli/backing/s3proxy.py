"""S3Proxy over a local directory: S3 with signatures checked, without Docker."""

import http.client
from dataclasses import dataclass
from pathlib import Path

from trueshelf_cli.backing.jars import find_java
from trueshelf_cli.backing.ports import LOOPBACK
from trueshelf_cli.backing.program import BackingError, Program


@dataclass(frozen=True, slots=True)
class S3Proxy:
    """One server on loopback with one pair of keys; objects lie as files below `directory`."""

    directory: Path
    jars: Path
    port: int
    access_key: str
    secret_key: str
    name: str = "s3"

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self) -> Program:
        data = self.directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        config = self.directory / "s3proxy.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"s3proxy.endpoint={self.endpoint}\n"
            "s3proxy.authorization=aws-v2-or-v4\n"
            f"s3proxy.identity={self.access_key}\n"
            f"s3proxy.credential={self.secret_key}\n"
            "jclouds.provider=filesystem\n"
            f"jclouds.filesystem.basedir={data}\n",
            encoding="utf-8",
        )
        found = sorted(self.jars.glob("s3proxy-*.jar"))
        if not found:
            raise BackingError(f"no S3Proxy jar in {self.jars}: run `make setup`")
        heap = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
        return Program(
            name=self.name,
            argv=(find_java(), *heap, "-jar", str(found[-1]), "--properties", str(config)),
            directory=self.directory,
        )

    def probe(self) -> None:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=3)
        try:
            connection.request("GET", "/")
            status = connection.getresponse().status
        finally:
            connection.close()
        if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            raise BackingError(f"S3Proxy answers {status}")
