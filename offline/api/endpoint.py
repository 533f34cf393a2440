"""Serves the APIs on a port of 127.0.0.1. An operation that is not simulated is refused by name, never answered."""

import json
import re
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import botocore.session
from botocore.model import ServiceModel

from offline.api import personalize, security_tokens
from offline.api.call import Call
from offline.api.refusal import ApiError
from offline.aws.cloud import Cloud
from offline.aws.faults import CancelledError, FaultError, Faults
from providers.shapes import problems

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
_SCOPE: Final = re.compile(r"Credential=([^/]+)/\d+/([\w-]+)/([\w-]+)/aws4_request")
_ACCOUNT: Final = "123456789012"
_SIMULATED: Final[Mapping[str, Mapping[str, Callable[[Cloud, Call], Any]]]] = {"personalize": personalize.OPERATIONS}
_TOKENS: Final = "sts"


class Endpoint:
    """Answers until the process ends."""

    def __init__(self, home: Path) -> None:
        """Opens the port.

        Args:
            home: Folder of the simulated cloud.
        """
        self.account = _ACCOUNT
        """Account of credentials that belong to no role."""
        self.cloud = Cloud(home)
        self.faults = Faults(home, self.cloud)
        self._models: dict[str, ServiceModel] = {}
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, text = answer(self.headers, body.decode())
                content = text.encode()
                self.send_response_only(status)  # the other one writes to the plugin's log, which the engine shows
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that lead boto3 here, whatever else this machine has set up for AWS."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.server_port}",
            "AWS_ACCESS_KEY_ID": "AKIAOFFLINE",
            "AWS_SECRET_ACCESS_KEY": "offline",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _answer(self, headers: Any, body: str) -> tuple[int, str, str]:
        scope = _SCOPE.search(headers.get("Authorization") or "")
        key, region, service = scope.groups() if scope else ("", "", "")
        account = security_tokens.account_of(key) or self.account
        if service == _TOKENS:
            return security_tokens.answer(dict(parse_qsl(body)), account)
        try:
            operation = (headers.get("X-Amz-Target") or "").rpartition(".")[2]
            call = Call(operation, account, region, json.loads(body or "{}"))
            return 200, "application/x-amz-json-1.1", json.dumps(self._done(service, call))
        except ApiError as problem:
            told = {"__type": problem.code, "message": str(problem)}
            return 400, "application/x-amz-json-1.1", json.dumps(told)
        except CancelledError as problem:
            return 500, "application/x-amz-json-1.1", json.dumps({"__type": "InternalFailure", "message": str(problem)})

    def _done(self, service: str, call: Call) -> Any:
        known = _SIMULATED.get(service, {}).get(call.operation)
        if known is None:
            raise ApiError(
                "UnknownOperationException",
                f"offline AWS does not simulate {service or 'a request without signature'}:{call.operation}. "
                f"offline/api has {', '.join(_SIMULATED)}, {_TOKENS}",
            )
        self._judge(service, call)
        token, operation = f"api:{service}/{call.operation}", _operation(call.operation)
        try:
            self.faults.before(token, operation)
        except FaultError as problem:
            code, _, message = str(problem).partition(": ")
            raise ApiError(code or "InternalFailure", message) from None
        with self.cloud.transaction():
            personalize.pass_time(self.cloud)
        with self.cloud.transaction():
            answer = known(self.cloud, call)
        self.faults.after(token, operation)
        return answer

    def _judge(self, service: str, call: Call) -> None:
        if service not in self._models:
            self._models[service] = botocore.session.get_session().get_service_model(service)
        shape = self._models[service].operation_model(call.operation).input_shape
        found = [f"{path} {why}" for path, why in problems(shape, call.request)] if shape else []
        if found:
            raise ApiError("ValidationException", "; ".join(found))


def _operation(name: str) -> str:
    """The kind of fault that an operation of the API can have."""
    verbs = {"Create": "create", "Tag": "update", "Untag": "update", "Update": "update", "Delete": "delete"}
    return next((kind for verb, kind in verbs.items() if name.startswith(verb)), "read")
