"""Resources, methods and integrations of the API."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pulumi
import pulumi_aws as aws

from api.catalogue import Model, models
from components.api.responses import REFUSALS, make_refusals
from components.base import StoreComponent
from components.blocks.security_group import SecurityGroup
from components.identity import Identity
from functions.common.names import CALLER_HEADER
from settings.app_tier.microservice import Microservice
from settings.endpoints import ROOT, Endpoint, label_of, places

# API Gateway's default maximum; CloudFront waits a second longer
# (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html).
_TIMEOUT_MS = 29_000
_AUTHORIZATION = {"public": "NONE", "iam": "AWS_IAM", "nobody": "AWS_IAM"}


class ServiceFunction(Protocol):
    """A service on Lambda."""

    @property
    def function_name(self) -> pulumi.Output[str]: ...
    @property
    def invoke_arn(self) -> pulumi.Output[str]: ...


class Services(Protocol):
    """The application tier, as the API needs it."""

    @property
    def load_balancer_arn(self) -> pulumi.Output[str] | None:
        """Internal load balancer that routes `/api/<service>` to the services on Fargate."""
        ...

    @property
    def load_balancer_group(self) -> SecurityGroup | None: ...
    @property
    def functions(self) -> Mapping[str, ServiceFunction]: ...
    @property
    def entries(self) -> Mapping[str, Microservice]:
        """The services' settings by name."""
        ...


class Routes(StoreComponent):
    """One resource for each path segment, one method with its integration for each endpoint; models, the authorizer of
    customers' tokens, and gateway responses.

    Logical names do not contain the names of path parameters, so that a renamed parameter updates its resource in
    place: API Gateway allows one parameter per segment, so a replacement could not exist beside the first.
    """

    TYPE = "webstore:api:Routes"
    OUTPUTS = ("digest",)
    digest: pulumi.Output[str]
    """Hash of everything that a deployment copies."""

    def __init__(
        self,
        name: str,
        *,
        endpoints: Sequence[Endpoint],
        api: aws.apigateway.RestApi,
        identity: Identity,
        services: Services,
        link_id: pulumi.Output[str] | None,
        host_name: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            link_id: VPC link to the load balancer, with services on Fargate.
            host_name: Name in the load balancer's certificate.
        """
        super().__init__(name, opts)
        self._endpoints, self._api, self._identity, self._services = endpoints, api, identity, services
        self._link_id, self._host_name = link_id, host_name
        # Methods, integrations and responses have no id but their path, so a replacement cannot exist beside the first.
        # Callers do not notice: a stage serves the snapshot of its deployment.
        self._once = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        self.made: list[pulumi.Resource] = []
        """Parts that must exist before the deployment."""
        self._shapes: list[Any] = [
            ROOT,
            {kind: (refusal.status, refusal.template, refusal.headers) for kind, refusal in REFUSALS.items()},
        ]
        targets: list[pulumi.Input[str]] = [self._identity.user_pool_arn]
        if self._link_id is not None and self._services.load_balancer_arn is not None:
            targets += [self._link_id, self._services.load_balancer_arn]

        resources = self._resources()
        self._models = self._make_models()
        self._validator = aws.apigateway.RequestValidator(
            name,
            rest_api=self._api.id,
            validate_request_body=True,
            validate_request_parameters=True,
            opts=self._inside,
        )
        self._authorizer = self._make_authorizer()
        for endpoint in self._endpoints:
            method = self._method(endpoint, resources[endpoint.shape])
            if endpoint.route is None:
                self._close(endpoint, method)
            elif endpoint.tasks:
                self._to_tasks(endpoint, method)
            else:
                function = self._services.functions[endpoint.service]
                self._to_function(endpoint, method, function)
                targets.append(function.invoke_arn)
        self.made += make_refusals(name, self._api.id, self._once)
        shapes = json.dumps(self._shapes, sort_keys=True)
        self.digest = pulumi.Output.all(*targets).apply(lambda known: _sha([shapes, *sorted(known)]))
        self._publish()

    def _resources(self) -> dict[tuple[str, ...], pulumi.Output[str]]:
        """Ids by path."""
        ids: dict[tuple[str, ...], pulumi.Output[str]] = {(): self._api.root_resource_id}
        for shape, part in places(self._endpoints).items():
            ids[shape] = aws.apigateway.Resource(
                f"{self._name}-{label_of(shape)}",
                rest_api=self._api.id,
                parent_id=ids[shape[:-1]],
                path_part=part,
                opts=self._inside,
            ).id
        return ids

    def _make_models(self) -> dict[str, aws.apigateway.Model]:
        used = sorted({endpoint.route.body for endpoint in self._endpoints if endpoint.route and endpoint.route.body})
        self._shapes.append([models()[name].text for name in used])
        return {name: self._model(models()[name]) for name in used}

    def _model(self, model: Model) -> aws.apigateway.Model:
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", model.name).lower()
        return aws.apigateway.Model(
            f"{self._name}-{words}",
            rest_api=self._api.id,
            name=model.name,
            content_type="application/json",
            description=model.meaning,
            schema=model.text,
            opts=self._once,
        )

    def _make_authorizer(self) -> aws.apigateway.Authorizer | None:
        """Accepts access tokens of the user pool with the scope of the method."""
        if all(endpoint.auth in _AUTHORIZATION for endpoint in self._endpoints):
            return None
        return aws.apigateway.Authorizer(
            f"{self._name}-customers",
            name="customers",
            rest_api=self._api.id,
            type="COGNITO_USER_POOLS",
            provider_arns=[self._identity.user_pool_arn],
            identity_source="method.request.header.Authorization",
            opts=self._inside,
        )

    def _method(self, endpoint: Endpoint, resource_id: pulumi.Output[str]) -> aws.apigateway.Method:
        route, auth = endpoint.route, endpoint.auth
        scoped = auth not in _AUTHORIZATION
        shape: dict[str, Any] = {
            "http_method": endpoint.method,
            "authorization": "COGNITO_USER_POOLS" if scoped else _AUTHORIZATION[auth],
            "authorization_scopes": [self._identity.scopes[auth]] if scoped else None,
            # Machines call the API's own host; all other requests come through CloudFront.
            "api_key_required": _AUTHORIZATION.get(auth) != "AWS_IAM",
            "request_parameters": {
                **{f"method.request.path.{value}": True for value in endpoint.values},
                **{
                    f"method.request.querystring.{name}": need == "required"
                    for name, need in (route.query.items() if route else ())
                },
            }
            or None,
        }
        body = route.body if route else None
        self._shapes.append([endpoint.path, body, shape])
        method = aws.apigateway.Method(
            self._label(endpoint),
            rest_api=self._api.id,
            resource_id=resource_id,
            authorizer_id=self._authorizer.id if scoped and self._authorizer else None,
            # For every content type: API Gateway does not validate a body without a model of its type
            # (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html).
            request_models={"$default": self._models[body].name} if body else None,
            request_validator_id=self._validator.id,
            opts=self._once,
            **shape,
        )
        self.made.append(method)
        return method

    def _to_tasks(self, endpoint: Endpoint, method: aws.apigateway.Method) -> None:
        """Through the VPC link to the load balancer, over TLS; API Gateway checks its certificate against the URI."""
        balancer = self._services.load_balancer_arn
        if self._link_id is None or balancer is None:
            raise pulumi.RunError(
                f"{endpoint.key} must have an internal load balancer, since service {endpoint.service} runs on Fargate:"
                " give the API the application tier that holds the service"
            )
        self._integrate(
            endpoint,
            method,
            {
                "type": "HTTP_PROXY",
                "integration_http_method": endpoint.method,
                "connection_type": "VPC_LINK",
                "uri": f"https://{self._host_name}/{ROOT}{endpoint.path}",
                "request_parameters": {
                    **{
                        f"integration.request.path.{value}": f"method.request.path.{value}" for value in endpoint.values
                    },
                    # Services must not receive CloudFront's key.
                    "integration.request.header.x-api-key": "''",
                    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
                    f"integration.request.header.{CALLER_HEADER}": (
                        "context.identity.userArn" if _AUTHORIZATION.get(endpoint.auth) == "AWS_IAM" else "''"
                    ),
                },
                "timeout_milliseconds": _TIMEOUT_MS,
            },
            connection_id=self._link_id,
            integration_target=balancer,
        )

    def _to_function(self, endpoint: Endpoint, method: aws.apigateway.Method, function: ServiceFunction) -> None:
        self.made.append(
            aws.lambda_.Permission(
                self._label(endpoint),
                action="lambda:InvokeFunction",
                function=function.function_name,
                principal="apigateway.amazonaws.com",
                source_arn=pulumi.Output.concat(self._api.execution_arn, f"/{ROOT}/{endpoint.pattern}"),
                opts=self._inside,
            )
        )
        self._integrate(
            endpoint,
            method,
            {"type": "AWS_PROXY", "integration_http_method": "POST", "timeout_milliseconds": _TIMEOUT_MS},
            uri=function.invoke_arn,
        )

    def _close(self, endpoint: Endpoint, method: aws.apigateway.Method) -> None:
        """A retired route: no role is granted the method, and the integration is a mock."""
        template = {"application/json": json.dumps({"statusCode": 410})}
        self._integrate(endpoint, method, {"type": "MOCK", "request_templates": template})

    def _integrate(
        self, endpoint: Endpoint, method: aws.apigateway.Method, shape: dict[str, Any], **targets: Any
    ) -> None:
        self._shapes.append([endpoint.key, shape])
        self.made.append(
            aws.apigateway.Integration(
                self._label(endpoint),
                rest_api=self._api.id,
                resource_id=method.resource_id,
                http_method=method.http_method,
                opts=self._once,
                **shape,
                **targets,
            )
        )

    def _label(self, endpoint: Endpoint) -> str:
        return f"{self._name}-{endpoint.label}"


def _sha(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
