"""Which processes the stack runs, each with the environment that it needs and no other's secrets."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trueshelf_cli.backing.ports import LOOPBACK, free_port, is_free
from trueshelf_cli.backing.program import Program
from trueshelf_cli.keyring import Keyring
from trueshelf_cli.layout import SERVICES, Layout
from trueshelf_cli.roles import role_names, with_login
from trueshelf_cli.servers import Servers
from trueshelf_contracts.refs import Service

PASSED_ON = ("LOG_LEVEL", "OTLP_ENDPOINT", "CHILDREN", "SCRATCH_DIR", "DELIVERY_ATTEMPTS", "PG_POOL", "CRASH_AT")
"""Shared settings that a person may set in the environment of `up`; everything else is the stack's own."""

IMAGE_PORT = "console-images"
MARK = "TRUESHELF_STACK_ROOT"
"""In the environment of every process of a stack: this is how `down` finds what belongs to it."""


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    """One process of a service: the whole of it (`run`), or a further worker (`work`)."""

    name: str
    service: Service
    verb: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def plan_ports(
    names: Iterable[str], given: Mapping[str, int], before: Mapping[str, int], running: bool
) -> dict[str, int]:
    """Choose a port per name: the given one, else the one of last time if it is still free, else a free one.

    `running`: our own processes hold last time's ports, so they count as free. Raises ValueError naming a given port
    that somebody else uses.
    """
    names = list(names)
    chosen: dict[str, int] = {}
    for name in names:
        port = given.get(name)
        if port is not None:
            if not (running and before.get(name) == port) and not is_free(port):
                raise ValueError(
                    f"port {port} for {name} is in use: give another one (--port {name}=N) or end what uses it"
                )
            chosen[name] = port
    for name in names:
        if name in chosen:
            continue
        port = before.get(name)
        taken = set(chosen.values())
        if port is None or port in taken or not (running or is_free(port)):
            port = free_port(taken | set(before.values()))
        chosen[name] = port
    return chosen


def service_processes(
    services: Iterable[Service], workers: Mapping[Service, int], ports: Mapping[str, int]
) -> list[ServiceProcess]:
    """Return one process per service and the asked-for further workers."""
    processes = []
    for service in services:
        processes.append(ServiceProcess(service, service, "run", ports[service]))
        for number in range(1, workers.get(service, 0) + 1):
            name = worker_name(service, number)
            processes.append(ServiceProcess(name, service, "work", ports[name]))
    return processes


def worker_name(service: Service, number: int) -> str:
    return f"{service}-work-{number}"


def service_program(
    process: ServiceProcess,
    layout: Layout,
    keyring: Keyring,
    servers: Servers,
    environ: Mapping[str, str],
    *,
    ports: Mapping[str, int],
    drill: bool,
    module: str | None = None,
) -> Program:
    """Return how to run `process`."""
    _, role = role_names(process.service)
    env = {
        "TRUESHELF_SCRATCH_DIR": str(layout.scratch),
        "TRUESHELF_KAFKA_MEMBER": process.name,  # a restarted process takes over from its killed self at once
        **_passed_on(process.service, environ),
        "TRUESHELF_PG_DSN": with_login(servers.pg_admin_dsn, role, keyring.passwords[process.service]),
        **servers.kafka_env,
        **servers.s3_env,
        "TRUESHELF_HTTP_HOST": LOOPBACK,
        "TRUESHELF_HTTP_PORT": str(process.port),
        "TRUESHELF_JWKS_FILE": str(keyring.jwks),
        "TRUESHELF_DRILL": "true" if drill else "false",
        **own_keys(process.service, keyring),
        **(console_addresses(ports) if process.service == "console" else {}),
    }
    return Program(
        name=process.name,
        argv=(sys.executable, "-m", module or f"trueshelf_{process.service}", process.verb),
        directory=layout.root,
        env=env,
        stop_seconds=30,  # the runtime's graceful time-out is 20 s
    )


def console_addresses(ports: Mapping[str, int]) -> dict[str, str]:
    """Return what the console needs to know of the others, and the port of the images' own origin.

    Browsers are led to `localhost`: the images' origin, 127.0.0.1, is then another site, and never sees a cookie.
    """
    six = (service for service in SERVICES if service != "console" and service in ports)
    return {
        **{f"TRUESHELF_CONSOLE_{service.upper()}_URL": f"http://{LOOPBACK}:{ports[service]}" for service in six},
        "TRUESHELF_CONSOLE_PUBLIC_URL": f"http://localhost:{ports['console']}",
        "TRUESHELF_CONSOLE_IMAGE_PORT": str(ports[IMAGE_PORT]),
    }


def own_keys(service: Service, keyring: Keyring) -> dict[str, str]:
    """Return the variables that name keys, for the one service that may have each."""
    match service:
        case "review":
            return {"TRUESHELF_REVIEW_SIGNING_KEY_FILE": str(keyring.review_key)}
        case "audit":
            return {
                "TRUESHELF_AUDIT_CHECKPOINT_KEY_FILE": str(keyring.audit_key),
                "TRUESHELF_AUDIT_REVIEW_PUBLIC_KEYS_FILE": str(keyring.review_jwks),
            }
        case "export":
            return {"TRUESHELF_EXPORT_REVIEW_PUBLIC_KEYS_FILE": str(keyring.review_jwks)}
        case "console":
            return {
                "TRUESHELF_CONSOLE_TOKEN_KEY_FILE": str(keyring.token_key),
                "TRUESHELF_CONSOLE_IMAGE_KEY_FILE": str(keyring.image_key),
                "TRUESHELF_CONSOLE_FIRST_LINK_FILE": str(keyring.first_link),
                "TRUESHELF_CONSOLE_PRACTICE_PASSWORD_FILE": str(keyring.practice_password),
            }
        case _:
            return {}


def base_environment(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what supervisord starts with: what programs in general need, nothing of the user's secrets."""
    kept = (
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "JAVA_HOME",
        "USER",
        "LOGNAME",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    )
    return {
        **{name: environ[name] for name in kept if name in environ},
        MARK: str(root),
        "TRUESHELF_ROOT": str(root),
        "PYTHONUNBUFFERED": "1",
        # One thread per native pool: the processes are the parallelism.
        **{name: environ.get(name, "1") for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY")},
        # glibc makes eight arenas per core by default and gives little of them back.
        "MALLOC_ARENA_MAX": environ.get("MALLOC_ARENA_MAX", "2"),
    }


def _passed_on(service: Service, environ: Mapping[str, str]) -> dict[str, str]:
    own = f"TRUESHELF_{service.upper()}_"
    passed = {f"TRUESHELF_{name}": environ[f"TRUESHELF_{name}"] for name in PASSED_ON if f"TRUESHELF_{name}" in environ}
    passed |= {name: value for name, value in environ.items() if name.startswith(own) and not name.endswith("_URL")}
    crash = passed.pop(f"{own}CRASH_AT", None)
    if crash is not None:
        passed["TRUESHELF_CRASH_AT"] = crash
    return passed
