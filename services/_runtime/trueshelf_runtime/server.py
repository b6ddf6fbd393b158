"""uvicorn inside our own process and loop: it starts and stops with everything else."""

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from trueshelf_runtime.settings import RuntimeSettings

KEEP_ALIVE = 75
"""Seconds. Longer than our clients keep an idle connection (httpx: 5 s), so that none is closed just as a request goes
out; and longer than a person looks at one picture, so that the next request needs no new handshake."""


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: FastAPI, settings: RuntimeSettings, stop: asyncio.Event, *, port: int | None = None) -> None:
    """Serve `app` until `stop`; running requests get `graceful_timeout` to end. Raises OSError if the port is taken."""
    port = settings.http_port if port is None else port
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=int(settings.graceful_timeout),
            h11_max_incomplete_event_size=64 * 1024,
        )
    )

    async def end() -> None:
        await stop.wait()
        server.should_exit = True

    ender = asyncio.create_task(end())
    try:
        await server.serve()
    except SystemExit as error:  # uvicorn's way to say that it cannot bind
        raise OSError(f"cannot listen on {settings.http_host}:{port}; is the port taken?") from error
    finally:
        ender.cancel()
