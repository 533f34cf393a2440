"""API Gateway, REST APIs: endpoints."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING
from policies.rules.helpers.rest_apis import REST_API


@rule(
    "apigateway-rest-api-one-endpoint",
    control="WAF-19",
    pack="waf",
    title="REST APIs with a custom domain have their default endpoint disabled",
    why="the default endpoint bypasses the domain's TLS policy, mutual TLS, CloudFront and its web ACL",
    fix="set disable_execute_api_endpoint to true",
    severity="medium",
    dev="advisory",
    kinds=(REST_API,),
    paths=("disableExecuteApiEndpoint", "apigateway/basePathMapping · restApi"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html",
)
def one_endpoint(subject: Subject) -> Iterator[Problem]:
    if subject.flag("disableExecuteApiEndpoint") not in (False, MISSING):
        return
    if subject.stack.pointing_at(subject.resource, "apigateway/basePathMapping", "restApi", sure=True):
        yield subject.problem("disableExecuteApiEndpoint", "must be true: the API has a custom domain")
