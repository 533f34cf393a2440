"""API Gateway, REST APIs: endpoints."""

from tests.policies.cases.helpers.rest_apis import api, of_api
from tests.policies.support import CULPRIT, Cases


def mapping(owner):
    return of_api("basePathMapping", "mapping", owner, domainName="api.example.com")


CASES = {
    "apigateway-rest-api-one-endpoint": Cases(
        good={
            "no domain": [api(CULPRIT)],
            "off": [api(CULPRIT, disableExecuteApiEndpoint=True), mapping(api(CULPRIT))],
        },
        bad={
            "on": [api(CULPRIT), mapping(api(CULPRIT))],
            "stated": [api(CULPRIT, disableExecuteApiEndpoint=False), mapping(api(CULPRIT))],
        },
    ),
}
