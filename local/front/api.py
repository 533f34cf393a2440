"""API Gateway as deployed: routes, keys, authorizers, validators, limits and integrations of the REST API."""

import hmac
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from jsonschema import Draft4Validator

from local.errors import LocalError
from local.front.api_integrations import Integration, Integrations, Request
from local.front.api_routes import Matched, Route, Routes
from local.front.balancer import Balancer
from local.front.gateway_responses import GatewayResponses, Refused
from local.front.messages import MAX_BODY, Answer, Call
from local.front.ports import Functions, SecurityGroups
from local.front.throttle import Bucket, keys_of
from local.front.web_acl import WebAcl, web_acl_of
from local.gate_signatures import Message, SignatureError, verify
from local.journal import Journal
from local.judge import Judge
from local.principals import Principals
from local.state import Deployed, Resource

_API: Final = "aws:apigateway/restApi:RestApi"
_STAGE: Final = "aws:apigateway/stage:Stage"
_MAPPING: Final = "aws:apigateway/basePathMapping:BasePathMapping"
_SERVICE: Final = "execute-api"
_INVOKE: Final = "execute-api:Invoke"
_ALL_METHODS: Final = "*/*"
_KINDS: Final = {
    "MissingAuthenticationToken": "MISSING_AUTHENTICATION_TOKEN",
    "InvalidSignatureException": "INVALID_SIGNATURE",
    "IncompleteSignature": "INVALID_SIGNATURE",
    "XAmzContentSHA256Mismatch": "INVALID_SIGNATURE",
}


class Tokens(Protocol):
    """The user pool, as an authorizer needs it."""

    @property
    def arn(self) -> str: ...

    def claims(self, token: str) -> Mapping[str, Any] | None:
        """Claims of a token that the pool issued and that is valid now."""
        ...


@dataclass(frozen=True)
class _Method:
    route: Route
    integration: Integration
    model: Draft4Validator | None
    required: Mapping[str, list[str]]
    """Names of parameters that a request must have, by `querystring` and `header`."""
    bucket: Bucket | None


class Api:
    """Answers requests to the API's stage.

    Not done here: compression of responses, caching (which no method setting turns on), access logs.
    """

    def __init__(
        self,
        deployed: Deployed,
        *,
        balancer: Callable[[str], Balancer],
        functions: Functions,
        tokens: Tokens,
        principals: Principals,
        judge: Judge,
        groups: SecurityGroups,
        journal: Journal,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Raises:
            LocalError: the API has a part that is not known here.
        """
        self._deployed, self._tokens, self._principals = deployed, tokens, principals
        self._judge, self._journal, self._clock = judge, journal, clock
        (self._rest_api,) = deployed.of_type(_API)
        self._stage = _stage(deployed, self._rest_api)
        (mapping,) = [one for one in deployed.of_type(_MAPPING) if one.outputs["restApi"] == self._rest_api.id]
        self._base = f"/{mapping.outputs['basePath']}"
        self._domain = mapping.outputs["domainName"]
        self._responses = GatewayResponses.of(deployed, self._rest_api.id)
        acl = web_acl_of(deployed, self._stage.arn)
        self.web_acl = WebAcl(deployed, acl, journal=journal, clock=clock) if acl else None
        self._authorizers = {one.id: one.outputs for one in deployed.of_type("aws:apigateway/authorizer:Authorizer")}
        self._keys = keys_of(deployed, self._rest_api.id, self._stage.outputs["stageName"], clock)
        self._routes = Routes(deployed, self._rest_api)
        integrations = Integrations(
            deployed=deployed,
            balancer=balancer,
            functions=functions,
            groups=groups,
            journal=journal,
            execution_arn=self._rest_api.outputs["executionArn"],
            stage=self._stage.outputs["stageName"],
        )
        self._methods = {route.key: self._method(route, integrations) for route in self._routes.all}

    async def answer(self, call: Call) -> Answer:
        """The answer of the stage's method, or a gateway response."""
        context = self._context(call)
        try:
            answer = await self._answer(call, context)
        except Refused as refused:
            self._journal.event("api.refused", refusal=refused.kind, method=call.method, route=context["resourcePath"])
            answer = self._responses.answer(refused, context)
        added = (("x-amzn-requestid", context["requestId"]), ("x-amz-apigw-id", context["extendedRequestId"]))
        return replace(answer, headers=(*answer.headers, *added))

    async def _answer(self, call: Call, context: dict[str, str]) -> Answer:
        if len(call.body) > MAX_BODY:
            raise Refused("REQUEST_TOO_LARGE", "Request Too Long")
        if self.web_acl is not None and self.web_acl.refusal(call) is not None:
            raise Refused("WAF_FILTERED", "Forbidden")
        if call.target != self._base and not call.target.startswith(f"{self._base}/"):
            raise Refused("ACCESS_DENIED", "Forbidden")  # no mapping of the domain
        below = replace(call, target=call.target.removeprefix(self._base) or "/")
        matched = self._routes.find(call.method, below.target)
        if matched is None:
            raise Refused("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
        method = self._methods[matched.route.key]
        context["resourcePath"] = matched.route.path
        claims = self._authorized(call, matched, context)
        self._admit(call, method)
        _validate(below, method)
        request = Request(call=below, matched=matched, context=context, claims=claims)
        return await method.integration(request)

    def _context(self, call: Call) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "accountId": self._deployed.account_id,
            "apiId": self._rest_api.id,
            "domainName": self._domain,
            "extendedRequestId": uuid.uuid4().hex[:16],
            "httpMethod": call.method,
            "identity.sourceIp": call.client,
            "path": call.target,
            "requestId": str(uuid.uuid4()),
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": str(int(now.timestamp() * 1000)),
            "resourcePath": "",
            "stage": self._stage.outputs["stageName"],
        }

    def _authorized(self, call: Call, matched: Matched, context: dict[str, str]) -> Mapping[str, Any]:
        """Claims of the caller's token; empty without an authorizer of tokens."""
        given = matched.route.given
        match given["authorization"]:
            case "NONE":
                return {}
            case "AWS_IAM":
                self._signed(call, matched, context)
                return {}
        authorizer = self._authorizers[given["authorizerId"]]
        header = authorizer["identitySource"].removeprefix("method.request.header.").lower()
        token = (call.header(header) or "").removeprefix("Bearer ").strip()
        claims = self._tokens.claims(token) if token and self._tokens.arn in authorizer["providerArns"] else None
        scopes = set(given.get("authorizationScopes") or ())
        # Methods with scopes take access tokens, others ID tokens
        # (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html).
        if claims is None or claims["token_use"] != ("access" if scopes else "id"):
            raise Refused("UNAUTHORIZED", "Unauthorized")
        if scopes and not scopes & set(str(claims.get("scope", "")).split()):
            raise Refused("ACCESS_DENIED", "User is not authorized to access this resource")
        context |= {f"authorizer.claims.{name}": str(value) for name, value in claims.items()}
        return claims

    def _signed(self, call: Call, matched: Matched, context: dict[str, str]) -> None:
        message = Message(method=call.method, path=call.target, query=call.query, headers=_joined(call), body=call.body)
        try:
            scope = verify(message, self._principals)
        except SignatureError as problem:
            raise Refused(_KINDS.get(problem.code, "ACCESS_DENIED"), str(problem)) from None
        if (scope.service, scope.region) != (_SERVICE, self._deployed.region):
            raise Refused("INVALID_SIGNATURE", f"Credential should be scoped to {self._deployed.region}/{_SERVICE}")
        role = scope.credentials.role
        context["identity.userArn"] = role
        below = call.target.removeprefix(self._base).removeprefix("/")
        resource = f"{self._stage.outputs['executionArn']}/{matched.route.method}/{below}"
        if not self._judge(role, _INVOKE, resource, {}).allowed:
            raise Refused("ACCESS_DENIED", f"User: {role} is not authorized to perform: {_INVOKE}")

    def _admit(self, call: Call, method: _Method) -> None:
        """API key, its usage plan's limits, and the method's."""
        if method.route.given.get("apiKeyRequired"):
            sent = call.header("x-api-key") or ""
            plan = next((plan for key, plan in self._keys if hmac.compare_digest(key.encode(), sent.encode())), None)
            if plan is None:
                raise Refused("INVALID_API_KEY", "Forbidden")
            plan.admit()
        if method.bucket is not None and not method.bucket.take():
            raise Refused("THROTTLED", "Too Many Requests")

    def _method(self, route: Route, integrations: Integrations) -> _Method:
        given = route.given
        if given["authorization"] not in ("NONE", "AWS_IAM", "COGNITO_USER_POOLS"):
            raise LocalError(
                f"{route.method} {route.path} of the API must be authorized by NONE, AWS_IAM or COGNITO_USER_POOLS;"
                f" found {given['authorization']}"
            )
        validators = self._deployed.of_type("aws:apigateway/requestValidator:RequestValidator")
        validator = next((one.outputs for one in validators if one.id == given.get("requestValidatorId")), {})
        required: dict[str, list[str]] = {"querystring": [], "header": []}
        for name, needed in (given.get("requestParameters") or {}).items():
            _, _, place, parameter = name.split(".", 3)
            if needed and place in required and validator.get("validateRequestParameters"):
                required[place].append(parameter)
        models = given.get("requestModels") or {}
        checked = models if validator.get("validateRequestBody") else {}
        return _Method(route, integrations.of(route), self._model(route, checked), required, self._limit(route))

    def _model(self, route: Route, models: Mapping[str, str]) -> Draft4Validator | None:
        if not models:
            return None
        if set(models) != {"$default"}:
            raise LocalError(
                f"{route.method} {route.path} of the API must have one model, for $default; has {[*models]}"
            )
        (model,) = [
            one
            for one in self._deployed.of_type("aws:apigateway/model:Model")
            if one.outputs["restApi"] == self._rest_api.id and one.outputs["name"] == models["$default"]
        ]
        schema = json.loads(model.outputs["schema"])
        Draft4Validator.check_schema(schema)
        return Draft4Validator(schema)

    def _limit(self, route: Route) -> Bucket | None:
        """Limits of the method, or of all; each method has a bucket of its own."""
        found = {
            one.outputs["methodPath"]: one.outputs["settings"]
            for one in self._deployed.of_type("aws:apigateway/methodSettings:MethodSettings")
            if one.outputs["restApi"] == self._rest_api.id
        }
        settings = found.get(route.key) or found.get(_ALL_METHODS) or {}
        rate, burst = settings.get("throttlingRateLimit", -1), settings.get("throttlingBurstLimit", -1)
        return Bucket(float(rate), float(burst), self._clock) if rate >= 0 and burst >= 0 else None


def _stage(deployed: Deployed, rest_api: Resource) -> Resource:
    (stage,) = [one for one in deployed.of_type(_STAGE) if one.outputs["restApi"] == rest_api.id]
    return stage


def _joined(call: Call) -> dict[str, str]:
    return {name: call.header(name) or "" for name, _ in call.headers}


def _validate(call: Call, method: _Method) -> None:
    query = {name for name, value in call.parameters if value}
    missing = [name for name in method.required["querystring"] if name not in query]
    missing += [name for name in method.required["header"] if not call.header(name.lower())]
    if missing:
        raise Refused("BAD_REQUEST_PARAMETERS", f"Missing required request parameters: [{', '.join(missing)}]")
    if method.model is None:
        return
    try:
        fits = method.model.is_valid(json.loads(call.body, parse_constant=_no_number))
    except (ValueError, RecursionError):
        fits = False
    if not fits:
        raise Refused("BAD_REQUEST_BODY", "Invalid request body")


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")
