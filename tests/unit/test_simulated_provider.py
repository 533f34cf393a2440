"""The simulated payment provider as a service, and those who call it."""

import json

from tests.foundation import key_arn
from tests.unit.app_tier_box import ROUTE, TASK, actions, fargate, made, variables


def test_the_simulated_provider_and_its_callers_share_an_address_and_a_key() -> None:
    recorder = made(
        {
            "payments": fargate(boundary="payment", simulated_provider="call"),
            "payment-provider": fargate(simulated_provider="serve", routes=[ROUTE]),
        }
    )
    payments, provider = (variables(recorder, f"app-{name}") for name in ("payments", "payment-provider"))
    assert payments["STORE_PAYMENT_PROVIDER_URL"] == "https://shop.example.com/api/payment-provider"
    assert provider["STORE_STORE_URL"] == "https://shop.example.com"
    secret = recorder.inputs("secretsmanager/secret:Secret", "app-simulated-provider")
    assert secret["kmsKeyId"] == key_arn("secrets")
    version = recorder.inputs("secretsmanager/secretVersion:SecretVersion", "app-simulated-provider")
    assert len(version["secretString"]) > 32
    arn = version["secretId"]
    for name in ("payments", "payment-provider"):
        service, *_ = json.loads(recorder.inputs(TASK, f"app-{name}")["containerDefinitions"])
        (given,) = service["secrets"]
        assert given["name"] == "STORE_PAYMENT_PROVIDER_KEY"
        assert given["valueFrom"].startswith(arn)
        assert "secretsmanager:GetSecretValue" in actions(recorder, f"app-{name}-start")
        assert "secretsmanager:GetSecretValue" not in actions(recorder, f"app-{name}-task")
    bounds = recorder.one("iam/policy:Policy", "app-payment").statements()
    assert bounds["Secrets"]["Resource"] == arn


def test_a_store_with_a_provider_elsewhere_has_no_key_for_one() -> None:
    recorder = made({"payments": fargate(boundary="payment", third_parties=["payment"])})
    assert variables(recorder, "app-payments")["STORE_PAYMENT_PROVIDER_URL"] == "https://pay.example.com"
    assert recorder.of("secretsmanager/secret:Secret") == []
    assert "Secrets" not in recorder.one("iam/policy:Policy", "app-payment").statements()
