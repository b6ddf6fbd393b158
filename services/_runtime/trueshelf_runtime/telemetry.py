"""What the operator sees: JSON logs, metrics from one catalogue, traces."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from opentelemetry import trace
from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


def _counter(name: str, sentence: str, *labels: str) -> Counter:
    return Counter(f"trueshelf_{name}", sentence, labels)


def _gauge(name: str, sentence: str, *labels: str) -> Gauge:
    return Gauge(f"trueshelf_{name}", sentence, labels)


def _histogram(name: str, sentence: str, *labels: str) -> Histogram:
    return Histogram(f"trueshelf_{name}", sentence, labels, buckets=_SECONDS)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every metric that a service shows, each with a sentence for the operator."""

    records: Counter = field(
        default_factory=lambda: _counter(
            "records_total",
            "Records taken from the bus, by how they ended; 'dead' wants `trueshelf dlq list`.",
            "group",
            "outcome",
        )
    )
    handler_seconds: Histogram = field(
        default_factory=lambda: _histogram(
            "handler_seconds",
            "Time of one handler's transaction; above a second it holds its partition up.",
            "group",
            "type",
        )
    )
    retries: Counter = field(
        default_factory=lambda: _counter(
            "retries_total", "Records tried again; a steady stream means a fault that does not go away.", "group"
        )
    )
    outage_waits: Counter = field(
        default_factory=lambda: _counter(
            "outage_waits_total",
            "Waits because PostgreSQL, Kafka or S3 was away; no attempt is counted for them.",
            "what",
        )
    )
    breaker_open: Gauge = field(
        default_factory=lambda: _gauge(
            "breaker_open",
            "1 when a consumer stopped because too many records were dead-lettered: the code is wrong, not the data.",
            "group",
        )
    )
    published: Counter = field(
        default_factory=lambda: _counter("published_total", "Records that the relay has published.", "topic")
    )
    outbox_rows: Gauge = field(
        default_factory=lambda: _gauge("outbox_rows", "Events that wait for the relay; should be near zero.")
    )
    outbox_age: Gauge = field(
        default_factory=lambda: _gauge(
            "outbox_age_seconds", "Age of the oldest event that waits for the relay; above 30 s look at Kafka."
        )
    )
    loop_lag: Gauge = field(
        default_factory=lambda: _gauge(
            "loop_lag_seconds", "How late the event loop runs; above a second something blocks it."
        )
    )
    jobs: Counter = field(
        default_factory=lambda: _counter(
            "jobs_total",
            "Jobs by how a run ended; 'exhausted' has a row in job_failure that says why.",
            "name",
            "outcome",
        )
    )
    job_seconds: Histogram = field(
        default_factory=lambda: _histogram("job_seconds", "Time of one run of a job.", "name")
    )
    job_backlog: Gauge = field(
        default_factory=lambda: _gauge(
            "job_backlog", "Jobs that are due and wait; the scaler adds workers by it.", "name"
        )
    )
    job_oldest: Gauge = field(
        default_factory=lambda: _gauge("job_oldest_seconds", "Age of the oldest job that is due and waits.", "name")
    )
    child_calls: Counter = field(
        default_factory=lambda: _counter(
            "child_calls_total",
            "Calls of child processes by how they ended; 'died' and 'timeout' point at hostile or huge images.",
            "entry",
            "outcome",
        )
    )
    child_seconds: Histogram = field(
        default_factory=lambda: _histogram("child_seconds", "Time of one call of a child process.", "entry")
    )
    storage_seconds: Histogram = field(
        default_factory=lambda: _histogram(
            "storage_seconds", "Time of one request to object storage, waiting for a free thread included.", "verb"
        )
    )
    storage_failures: Counter = field(
        default_factory=lambda: _counter(
            "storage_failures_total", "Failed requests to object storage; 'damaged' needs a restore.", "verb", "kind"
        )
    )
    requests: Counter = field(
        default_factory=lambda: _counter("http_requests_total", "HTTP requests by route and status.", "route", "status")
    )
    request_seconds: Histogram = field(
        default_factory=lambda: _histogram("http_request_seconds", "Time to answer an HTTP request.", "route")
    )
    build: Gauge = field(
        default_factory=lambda: _gauge("build_info", "1, beside the service's name and version.", "service", "version")
    )
    refusals: Counter = field(
        default_factory=lambda: _counter(
            "token_refusals_total", "Requests without a valid token or right; a burst may be somebody trying.", "code"
        )
    )


METRICS = Catalogue()


def _with_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _rename_message(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    event["message"] = event.pop("event", "")
    return event


_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
"""Frames as data, without their variables: those hold passwords, tokens and people's words."""


def configure_logging(service: str, level: str = "INFO") -> None:
    """Write every log line of this process, the libraries' too, as one JSON object to stderr.

    What `structlog.contextvars.bind_contextvars` holds (correlation id, job, route) stands in each line.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_trace,
        _TRACEBACKS if level == "DEBUG" else structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _rename_message,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "urllib3", "uvicorn.access", "asyncio", "httpx"):
        logging.getLogger(noisy).setLevel("WARNING")
    structlog.contextvars.bind_contextvars(service=service)


def configure_tracing(service: str, otlp_endpoint: str | None) -> None:
    """Make spans, so that trace ids stand in logs and events; send them only where an endpoint is given."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - 10 MB that only a service process needs
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"trueshelf-{service}"}))
    if otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{otlp_endpoint.rstrip('/')}/v1/traces")))
        from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor  # noqa: PLC0415

        AsyncPGInstrumentor().instrument()  # type: ignore[no-untyped-call]
    trace.set_tracer_provider(provider)
