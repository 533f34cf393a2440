"""Traces by OpenTelemetry, by the variables that `tracing` in the settings makes the program set; else nothing."""

import os

from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

from services.common.xray import ADDRESS, Subsegments


def trace_requests(app: FastAPI) -> None:
    """Trace the app's requests and the calls to AWS and to other services. Health checks are no requests."""
    if os.environ.get("OTEL_SDK_DISABLED") != "false":
        return
    provider = TracerProvider()
    daemon = os.environ.get(ADDRESS)
    # On Lambda nothing runs after the answer, and there is no collector.
    processor = SimpleSpanProcessor(Subsegments(daemon)) if daemon else BatchSpanProcessor(OTLPSpanExporter())
    provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)
    BotocoreInstrumentor().instrument()
    HTTPXClientInstrumentor().instrument()
    FastAPIInstrumentor.instrument_app(app, excluded_urls="/health/.*")
