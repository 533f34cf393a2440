"""Spans as subsegments of AWS X-Ray, for the daemon that Lambda runs beside a traced function.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import json
import re
import socket
from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode

from functions.common.log import cause, logger

ADDRESS = "AWS_XRAY_DAEMON_ADDRESS"
"""Variable that Lambda sets, `host:port`."""
# https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
_HEADER = '{"format": "json", "version": 1}\n'
_NAME = re.compile(r"[^\w\s.:/%&#=+\\\-@]")
_NAME_MAX = 200
_SERVER_ERROR = 500
_CLIENT_ERROR = 400


class Subsegments(SpanExporter):
    """Sends each span in a datagram of its own; without waiting, and without an answer."""

    def __init__(self, address: str) -> None:
        """
        Args:
            address: Of the daemon, `host:port`.
        """
        host, _, port = address.rpartition(":")
        self._address = host, int(port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            try:
                self._socket.sendto((_HEADER + json.dumps(document(span))).encode(), self._address)
            except OSError as error:
                logger.warning("span not sent", extra={"cause": cause(error)})
                return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._socket.close()


def document(span: ReadableSpan) -> dict[str, Any]:
    """The subsegment of a span that has ended. It has no values of paths, queries or messages: they may be personal."""
    context, attributes = span.get_span_context(), span.attributes or {}
    assert context is not None
    trace_id = f"{context.trace_id:032x}"
    found: dict[str, Any] = {
        "type": "subsegment",
        "id": f"{context.span_id:016x}",
        "trace_id": f"1-{trace_id[:8]}-{trace_id[8:]}",
        "name": _NAME.sub("", span.name)[:_NAME_MAX] or "span",
        "start_time": (span.start_time or 0) / 1e9,
        "end_time": (span.end_time or 0) / 1e9,
    }
    if span.parent is not None:
        found["parent_id"] = f"{span.parent.span_id:016x}"
    if attributes.get("rpc.system") == "aws-api":
        found |= {"namespace": "aws", "aws": {"operation": attributes.get("rpc.method")}}
    elif span.kind is SpanKind.CLIENT:
        found["namespace"] = "remote"
    status = attributes.get("http.status_code", attributes.get("http.response.status_code"))
    if isinstance(status, int):
        found["http"] = {"response": {"status": status}}
        found["fault"], found["error"] = status >= _SERVER_ERROR, _CLIENT_ERROR <= status < _SERVER_ERROR
    elif span.status.status_code is StatusCode.ERROR:
        found["fault"] = True
    return found
