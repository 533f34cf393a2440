"""The Api box: every route as its service declares it, and no other way in."""

import json

import pulumi
import pulumi_aws as aws
import pytest

from components.api import Api
from components.api.logs import LOG_FORMAT
from settings.endpoints import endpoints
from tests.foundation import key_arn
from tests.mocks import Recorder
from tests.unit.api_box import (
    BALANCER,
    CATALOGUE,
    EXECUTION,
    GROUP,
    INTEGRATION,
    LIMITS,
    METHOD,
    ORDERS,
    POOL,
    STAGE,
    STORE,
    by_key,
    made,
    tier,
)


@pytest.fixture(scope="module")
def plain() -> Recorder:
    """The API of two services, with nothing chosen."""
    return made()


def test_each_method_asks_for_what_its_route_declares(plain) -> None:
    expected = {
        endpoint.key: ("NONE", None, True)
        if endpoint.auth == "public"
        else ("AWS_IAM", None, False)
        if endpoint.auth == "iam"
        else ("COGNITO_USER_POOLS", [f"store/{endpoint.auth}"], True)
        for endpoint in endpoints(tier(STORE).services)
    }
    assert {
        key: (method["authorization"], method.get("authorizationScopes"), method["apiKeyRequired"])
        for key, method in by_key(plain, METHOD).items()
    } == expected
    assert len(expected) == 6
    assert by_key(plain, INTEGRATION).keys() == expected.keys()


def test_nothing_is_public_that_no_route_calls_so(plain) -> None:
    public = [key for key, method in by_key(plain, METHOD).items() if method["authorization"] == "NONE"]
    assert public == ["GET /catalogue/products"]
    recorder = made({"orders": ORDERS})
    assert not [m for m in recorder.of(METHOD) if m.inputs["authorization"] == "NONE"]


def test_tokens_are_those_of_the_store_s_user_pool(plain) -> None:
    authorizer = plain.inputs("apigateway/authorizer:Authorizer")
    assert authorizer["type"] == "COGNITO_USER_POOLS"
    assert authorizer["providerArns"] == [POOL]
    for key, method in by_key(plain, METHOD).items():
        asks = method["authorization"] == "COGNITO_USER_POOLS"
        assert (method.get("authorizerId") == "api-customers") == asks, key
    signed = {**ORDERS, "routes": ORDERS["routes"][2:]}
    assert not made({"orders": signed}).of("apigateway/authorizer:Authorizer")


def test_services_on_fargate_are_reached_through_the_link_over_tls(plain) -> None:
    integration = by_key(plain, INTEGRATION)["PUT /orders/{order_id}/status"]
    assert (integration["type"], integration["integrationHttpMethod"]) == ("HTTP_PROXY", "PUT")
    assert (integration["connectionType"], integration["connectionId"]) == ("VPC_LINK", "api")
    assert integration["integrationTarget"] == BALANCER
    assert integration["uri"] == "https://shop.example.com/api/orders/{order_id}/status"
    assert "tlsConfig" not in integration, "the certificate is verified"
    assert integration["requestParameters"] == {
        "integration.request.path.order_id": "method.request.path.order_id",
        "integration.request.header.x-api-key": "''",
        "integration.request.header.X-Store-Caller": "context.identity.userArn",
    }


def test_no_request_of_a_customer_passes_for_one_of_a_machine(plain) -> None:
    for key, integration in by_key(plain, INTEGRATION).items():
        if integration["type"] == "HTTP_PROXY":
            caller = integration["requestParameters"]["integration.request.header.X-Store-Caller"]
            signed = by_key(plain, METHOD)[key]["authorization"] == "AWS_IAM"
            assert caller == ("context.identity.userArn" if signed else "''")
    link = plain.inputs("apigatewayv2/vpcLink:VpcLink")
    assert link["subnetIds"] == ["subnet-app-a", "subnet-app-b"]
    assert link["securityGroupIds"] == ["sg-api-link"]


def test_the_link_reaches_the_load_balancer_and_nothing_else(plain) -> None:
    (way_out,) = [
        rule.inputs for rule in plain.of(":SecurityGroupEgressRule") if rule.inputs["securityGroupId"] == "sg-api-link"
    ]
    assert (way_out["referencedSecurityGroupId"], way_out["fromPort"], way_out["toPort"]) == ("sg-balancer", 443, 443)
    assert not [r for r in plain.of(":SecurityGroupIngressRule") if r.inputs["securityGroupId"] == "sg-api-link"]


def test_functions_admit_the_api_for_one_method_and_path_each(plain) -> None:
    integration = by_key(plain, INTEGRATION)["PATCH /catalogue/products/{sku}"]
    assert (integration["type"], integration["integrationHttpMethod"]) == ("AWS_PROXY", "POST")
    assert integration["uri"] == "arn:aws:apigateway:eu-west-1:lambda:path/catalogue/invocations"
    assert "connectionId" not in integration
    permissions = [permission.inputs for permission in plain.of("lambda/permission:Permission")]
    assert {permission["sourceArn"] for permission in permissions} == {
        f"{EXECUTION}/api/GET/catalogue/products",
        f"{EXECUTION}/api/PUT/catalogue/products/*",
        f"{EXECUTION}/api/PATCH/catalogue/products/*",
    }
    for permission in permissions:
        assert (permission["principal"], permission["function"]) == ("apigateway.amazonaws.com", "app-catalogue")


def test_what_no_service_needs_is_not_made() -> None:
    functions = made({"catalogue": CATALOGUE})
    assert not functions.of("apigatewayv2/vpcLink:VpcLink")
    assert functions.names("ec2/securityGroup:SecurityGroup") == {"balancer", "endpoints"}, "those of other boxes"
    assert not made({"orders": ORDERS}).of("lambda/permission:Permission")


def test_bodies_are_held_to_their_model_whatever_the_request_calls_them(plain) -> None:
    methods = by_key(plain, METHOD)
    assert methods["POST /orders"]["requestModels"] == {"$default": "OrderRequest"}
    assert "requestModels" not in methods["GET /orders/{order_id}"]
    validator = plain.inputs("apigateway/requestValidator:RequestValidator")
    assert (validator["validateRequestBody"], validator["validateRequestParameters"]) == (True, True)
    assert {method["requestValidatorId"] for method in methods.values()} == {"api"}
    models = {model.inputs["name"]: model.inputs for model in plain.of("apigateway/model:Model")}
    assert models.keys() == {"OrderRequest", "OrderStatusChange", "ProductChange"}, "those that routes use"
    assert json.loads(models["OrderRequest"]["schema"])["additionalProperties"] is False


def test_forms_have_no_model_and_pass_with_their_fields() -> None:
    routes = [
        {"path": "/{id}", "methods": ["POST"], "auth": "public", "form": True},
        {"path": "/.well-known/keys.json", "auth": "public"},
    ]
    methods = by_key(made({"orders": {**ORDERS, "routes": routes}}), METHOD)
    assert methods.keys() >= {"POST /orders/{id}", "GET /orders/.well-known/keys.json"}
    assert "requestModels" not in methods["POST /orders/{id}"]
    assert methods["POST /orders/{id}"]["apiKeyRequired"] is True


def test_parameters_are_declared_as_required_or_optional(plain) -> None:
    methods = by_key(plain, METHOD)
    assert methods["GET /catalogue/products"]["requestParameters"] == {
        "method.request.querystring.page": False,
        "method.request.querystring.category": True,
    }
    assert methods["PUT /catalogue/products/{sku}"]["requestParameters"] == {"method.request.path.sku": True}


def test_the_api_s_own_host_is_the_only_way_in(plain) -> None:
    api = plain.inputs("apigateway/restApi:RestApi")
    assert api["disableExecuteApiEndpoint"] is True
    assert api["endpointConfiguration"] == {"types": "REGIONAL", "ipAddressType": "dualstack"}
    assert "policy" not in api
    assert not plain.of("apigateway/restApiPolicy:RestApiPolicy")
    domain = plain.inputs("apigateway/domainName:DomainName")
    assert domain["domainName"] == "api.shop.example.com"
    assert (
        domain["regionalCertificateArn"]
        == plain.inputs("acm/certificateValidation:CertificateValidation")["certificateArn"]
    )
    mapping = plain.inputs("apigateway/basePathMapping:BasePathMapping")
    assert (mapping["basePath"], mapping["stageName"], mapping["restApi"]) == ("api", "api", "api")
    records = {r.inputs["type"]: r.inputs for r in plain.of("route53/record:Record") if "-validation-" not in r.name}
    assert records.keys() == {"A", "AAAA"}
    for found in records.values():
        assert found["name"] == "api.shop.example.com"
        assert found["aliases"][0]["name"] == "d-api-host.execute-api.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("policy", "mode"), [("SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09", "STRICT"), ("TLS_1_2", None)]
)
def test_api_and_domain_speak_the_same_tls(policy: str, mode: str | None) -> None:
    """Callers of the domain speak by the policy of the API, which AWS would leave at TLS 1.0."""
    recorder = made(tls_policy=policy)
    for type_ in ("apigateway/restApi:RestApi", "apigateway/domainName:DomainName"):
        inputs = recorder.inputs(type_)
        assert (inputs["securityPolicy"], inputs.get("endpointAccessMode")) == (policy, mode)


def test_the_edge_s_key_is_made_by_aws_and_stays_secret() -> None:
    keys: list[pulumi.Output[str] | None] = []
    recorder = made(edge_requests_per_day=1_000_000, check=lambda box: keys.append(box.edge_key))
    key = recorder.one("apigateway/apiKey:ApiKey", "api-edge-1")
    assert "value" not in key.inputs
    assert "value" in key.secret_outputs
    plan_key = recorder.one("apigateway/usagePlanKey:UsagePlanKey", "api-edge-1")
    assert "value" in plan_key.secret_outputs, "it repeats the key"
    plan = recorder.inputs("apigateway/usagePlan:UsagePlan", "api-edge")
    assert plan["apiStages"] == [{"apiId": "api", "stage": "api"}]
    assert plan["throttleSettings"] == {"rateLimit": 2000.0, "burstLimit": 4000}
    assert plan["quotaSettings"] == {"limit": 1_000_000, "period": "DAY"}
    (value,) = keys
    assert value is not None
    made_up = key.outputs["value"]
    for resource in recorder.resources:
        assert made_up not in json.dumps(resource.inputs, default=str), resource.name


def test_the_edge_s_key_is_secret_where_it_is_handed_on() -> None:
    def hand_on(box: Api) -> None:
        aws.ssm.Parameter("taker", type="String", value=box.edge_key)

    recorder = made(check=hand_on)
    taker = recorder.one("ssm/parameter:Parameter")
    assert taker.inputs["value"] == recorder.one("apigateway/apiKey:ApiKey", "api-edge-1").outputs["value"]
    assert "value" in taker.secret_inputs


def test_the_web_tier_s_key_is_in_a_secret_alone() -> None:
    recorder = made(web_throttle={"requests_per_second": 500.0, "burst": 1000})
    key = recorder.one("apigateway/apiKey:ApiKey", "api-web-1")
    assert recorder.one("apigateway/usagePlanKey:UsagePlanKey", "api-web-1").inputs["keyId"] == key.id
    plan = recorder.inputs("apigateway/usagePlan:UsagePlan", "api-web")
    assert plan["throttleSettings"] == {"rateLimit": 500.0, "burstLimit": 1000}
    assert "quotaSettings" not in plan
    version = recorder.one("secretsmanager/secretVersion:SecretVersion", "api-web")
    assert version.inputs["secretString"] == key.outputs["value"]
    assert "secretString" in version.secret_inputs
    assert recorder.inputs("secretsmanager/secret:Secret", "api-web")["kmsKeyId"] == key_arn("secrets")
    told = [one.type for one in recorder.resources if key.outputs["value"] in json.dumps(one.inputs, default=str)]
    assert told == [version.type]


def test_another_version_is_another_key_beside_the_first() -> None:
    recorder = made(edge_key_version=2, web_key_version=3)
    assert recorder.names("apigateway/apiKey:ApiKey") == {"api-edge-2", "api-web-3"}


def test_each_method_has_a_limit_and_no_bodies_in_its_log(plain) -> None:
    limits = {item.inputs["methodPath"]: item.inputs["settings"] for item in plain.of(LIMITS)}
    assert limits.keys() == {"*/*", "catalogue/products/GET"}
    assert (limits["*/*"]["throttlingRateLimit"], limits["*/*"]["throttlingBurstLimit"]) == (200.0, 400)
    own = limits["catalogue/products/GET"]
    assert (own["throttlingRateLimit"], own["throttlingBurstLimit"]) == (50.0, 100)
    for path, found in limits.items():
        assert (found["loggingLevel"], found["dataTraceEnabled"], found["metricsEnabled"]) == ("ERROR", False, True), (
            path
        )
    quiet = made(detailed_metrics=False)
    assert {item.inputs["settings"]["metricsEnabled"] for item in quiet.of(LIMITS)} == {False}


def test_requests_are_logged_without_what_they_carry(plain) -> None:
    stage = plain.inputs(STAGE)
    assert stage["accessLogSettings"] == {
        "destinationArn": "arn:aws:logs:eu-west-1:111111111111:log-group:api-logs-access",
        "format": LOG_FORMAT,
    }
    assert stage["xrayTracingEnabled"] is True
    assert "variables" not in stage
    assert len(LOG_FORMAT) < 3 * 1024
    values = " ".join(json.loads(LOG_FORMAT).values()).lower()
    for hidden in ("header", "query", "body", "authorization", "apikey ", "messagestring", "validationerror"):
        assert hidden not in values
    assert made(tracing=False).inputs(STAGE)["xrayTracingEnabled"] is False


def test_logs_are_encrypted_and_end() -> None:
    recorder = made(log_days=30)
    groups = {group.name: group.inputs for group in recorder.of(GROUP)}
    assert groups.keys() == {"api-logs-access", "api-logs-execution", "api"}
    assert groups["api-logs-execution"]["name"] == "API-Gateway-Execution-Logs_api/api"
    for name, group in groups.items():
        assert (group["kmsKeyId"], group["retentionInDays"]) == (key_arn("logs"), 30), name


def test_the_account_s_role_for_logs_is_set_by_one_stack(plain) -> None:
    account = plain.inputs("apigateway/account:Account")
    assert account["cloudwatchRoleArn"].endswith("api-logs-writer")
    (trust,) = plain.one("iam/role:Role", "api-logs-writer").statements("assumeRolePolicy").values()
    assert trust["Principal"] == {"Service": "apigateway.amazonaws.com"}
    given = made(logging_role="given")
    assert not given.of("apigateway/account:Account")
    assert not given.of("iam/role:Role")


def test_the_web_acl_stands_before_the_stage_and_counts_customers_apart(plain) -> None:
    association = plain.inputs("wafv2/webAclAssociation:WebAclAssociation")
    assert association["resourceArn"] == "arn:aws:apigateway:eu-west-1::/restapis/api/stages/api"
    rule = plain.inputs("wafv2/webAcl:WebAcl")["rules"][1]
    rate = rule["statement"]["rateBasedStatement"]
    # By the header alone, whoever calls the API's own host could use up a customer's limit.
    assert rate["aggregateKeyType"] == "CUSTOM_KEYS"
    address, header = rate["customKeys"]
    assert address == {"ip": {}}
    assert header["header"]["name"] == "x-store-client"
    counting = made(web_acl={"mode": "count"}).inputs("wafv2/webAcl:WebAcl")["rules"][1]
    assert "count" in counting["action"]


def test_a_role_is_let_in_to_the_machines_routes_of_one_service() -> None:
    def grant(box: Api) -> None:
        box.grant_invoke(aws.iam.Role("oms", assume_role_policy="{}"), "orders")

    policy = made(check=grant).one("iam/rolePolicy:RolePolicy", "api-orders-by-oms")
    assert policy.statements() == {
        "CallRoutes": {
            "Sid": "CallRoutes",
            "Effect": "Allow",
            "Action": "execute-api:Invoke",
            "Resource": f"{EXECUTION}/api/PUT/orders/*/status",
        }
    }
    with pytest.raises(pulumi.RunError, match="catalogue must have a route with `auth: iam`"):
        made(check=lambda box: box.grant_invoke(aws.iam.Role("oms", assume_role_policy="{}"), "catalogue"))


def test_refusals_tell_nothing_of_what_is_behind(plain) -> None:
    answers = {answer.inputs["responseType"]: answer.inputs for answer in plain.of("apigateway/response:Response")}
    assert answers.keys() >= {"DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "BAD_REQUEST_BODY", "THROTTLED"}
    for kind, answer in answers.items():
        body = json.loads(answer["responseTemplates"]["application/json"])
        assert body.keys() == {"error", "request_id"}, kind
        assert "$context" not in body["error"], kind
        assert answer["responseParameters"]["gatewayresponse.header.Cache-Control"] == "'no-store'"
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == "404"
    assert answers["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"


def test_errors_refusals_latency_and_throttles_raise_alarms(plain) -> None:
    alarms = {alarm.name: alarm.inputs for alarm in plain.of("cloudwatch/metricAlarm:MetricAlarm")}
    assert alarms.keys() == {"api-errors", "api-refusals", "api-latency", "api-logs-throttled", "api-host-expiry"}
    assert alarms["api-latency"]["extendedStatistic"] == "p95"
    assert alarms["api-latency"]["dimensions"] == {"ApiName": "api", "Stage": "api"}
    counted = plain.inputs("cloudwatch/logMetricFilter:LogMetricFilter")
    assert counted["pattern"] == '{ $.status = "429" }'
    assert counted["metricTransformation"]["name"] == alarms["api-logs-throttled"]["metricName"]
    assert counted["metricTransformation"]["namespace"] == "WebStore/test" == alarms["api-logs-throttled"]["namespace"]


def test_customers_and_machines_find_the_same_paths_at_their_addresses() -> None:
    seen: list[Api] = []
    made(check=seen.append)
    (box,) = seen
    assert (box.url, box.machine_url) == ("https://shop.example.com/api", "https://api.shop.example.com/api")
