"""The OAuth endpoints of the user pool: clients, codes, tokens, machines."""

import asyncio
import base64
import json

import pytest

from local.errors import AwsError
from local.front.pool_tokens import new_key
from local.state import Deployed
from tests.local.front.pool_browser import (
    CALLBACK,
    EMAIL,
    MACHINE,
    PASSWORD,
    STORE,
    Browser,
    Domain,
    back,
    post,
    query,
    redeem,
    refresh,
    signed_up,
    verified,
)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unauthorized_client"),
        ({"scope": "openid store/catalogue.write"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_told_to_the_client(browser: Browser, changes: dict[str, str | None], error: str) -> None:
    answer = back(browser.get(f"/oauth2/authorize?{query(**changes)}"))
    assert answer == {"error": error, "state": "s&1"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"client_id": "identity-clients-machine-order-management"},
        {"redirect_uri": None},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{STORE}.attacker.example/auth/callback"},
        {"redirect_uri": "https://attacker.example/auth/callback"},
        {"redirect_uri": f"{STORE}/auth/../auth/callback"},
    ],
)
@pytest.mark.parametrize("path", ["/oauth2/authorize", "/login", "/signup"])
def test_nobody_is_sent_to_an_address_that_the_client_does_not_have(
    browser: Browser, path: str, changes: dict[str, str | None]
) -> None:
    answer = browser.get(f"{path}?{query(**changes)}")
    assert (answer.status, answer.header("location")) == (400, None)


@pytest.mark.parametrize("url", ["http://localhost:8080/auth/callback", "https://dev.store.example.com/auth/callback"])
def test_callbacks_of_the_state_hold_as_they_are(browser: Browser, url: str) -> None:
    assert browser.get(f"/oauth2/authorize?{query(redirect_uri=url)}").status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "https://dev.store.example.com/auth/callback"},
    ],
)
def test_a_code_is_void_after_one_wrong_use(browser: Browser, changes: dict[str, str]) -> None:
    code = back(signed_up(browser))["code"]
    assert redeem(browser.pool, code, **changes) == (400, {"error": "invalid_grant"})
    assert redeem(browser.pool, code) == redeem(browser.pool, "guess") == (400, {"error": "invalid_grant"})


def test_a_code_lives_five_minutes_and_once(browser: Browser, domain: Domain) -> None:
    first, second = back(signed_up(browser))["code"], back(browser.get(f"/oauth2/authorize?{query()}"))["code"]
    assert redeem(browser.pool, first)[0] == 200
    assert redeem(browser.pool, first)[0] == 400
    domain.now += 301
    assert redeem(browser.pool, second)[0] == 400


def test_refresh_tokens_rotate_with_the_clients_grace(browser: Browser, domain: Domain) -> None:
    _, tokens = redeem(browser.pool, back(signed_up(browser))["code"])
    status, second = refresh(browser.pool, tokens["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != tokens["refresh_token"]
    assert verified(browser.pool, second["access_token"])["scope"] == "email openid store/carts.read"
    domain.now += 29
    assert refresh(browser.pool, tokens["refresh_token"])[0] == 200, "the first answer may have been lost"
    domain.now += 2
    assert refresh(browser.pool, tokens["refresh_token"]) == (400, {"error": "invalid_grant"})
    third = refresh(browser.pool, second["refresh_token"])[1]
    assert post(browser.pool, "/oauth2/revoke", client_id="identity-clients-web", token=third["refresh_token"]) == (
        200,
        {},
    )
    assert refresh(browser.pool, third["refresh_token"])[0] == 400
    assert refresh(browser.pool, second["refresh_token"])[0] == 400, "all of the sign-in are void"


def test_a_refresh_token_ends_with_the_first_ones_validity(browser: Browser, domain: Domain) -> None:
    _, tokens = redeem(browser.pool, back(signed_up(browser))["code"])
    domain.now += 30 * 86400 - 10
    _, second = refresh(browser.pool, tokens["refresh_token"])
    domain.now += 11
    assert refresh(browser.pool, second["refresh_token"])[0] == 400


def test_sign_out_leads_to_the_clients_pages_only(browser: Browser) -> None:
    signed_up(browser)
    client = "client_id=identity-clients-web"
    assert browser.get(f"/logout?{client}&logout_uri=https://attacker.example/").status == 400
    assert "code" in back(browser.get(f"/oauth2/authorize?{query()}")), "a wrong request ends nothing"
    answer = browser.get(f"/logout?{client}&logout_uri={STORE}/")
    assert answer.header("location") == f"{STORE}/"
    assert "<h1>Sign in</h1>" in browser.get(f"/oauth2/authorize?{query()}").body.decode()


@pytest.mark.parametrize("basic", [True, False])
def test_a_machine_gets_a_token_with_its_scopes(browser: Browser, dev: Deployed, basic: bool) -> None:
    (client,) = [one for one in dev.of_type("aws:cognito/userPoolClient:UserPoolClient") if one.id == MACHINE]
    secret = client.outputs["clientSecret"]
    encoded = base64.b64encode(f"{MACHINE}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": "store/orders.read"}
    if basic:
        status, tokens = post(browser.pool, "/oauth2/token", f"Basic {encoded}", **form)
    else:
        status, tokens = post(browser.pool, "/oauth2/token", **form, client_id=MACHINE, client_secret=secret)
    assert (status, tokens["expires_in"], "refresh_token" in tokens) == (200, 3600, False)
    claims = verified(browser.pool, tokens["access_token"])
    assert (claims["sub"], claims["client_id"], claims["scope"]) == (MACHINE, MACHINE, "store/orders.read")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": MACHINE}, "invalid_client"),
        ({"client_id": MACHINE, "client_secret": "guess"}, "invalid_client"),
        ({"client_id": "identity-clients-web"}, "unauthorized_client"),
        ({"client_id": "identity-clients-web", "client_secret": "x"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
    ],
)
def test_a_machine_without_its_secret_gets_nothing(browser: Browser, form: dict[str, str], error: str) -> None:
    assert post(browser.pool, "/oauth2/token", grant_type="client_credentials", **form) == (400, {"error": error})


def test_what_the_token_endpoint_does_not_know_is_an_error(browser: Browser) -> None:
    web = {"client_id": "identity-clients-web"}
    assert post(browser.pool, "/oauth2/token", **web) == (400, {"error": "unsupported_grant_type"})
    assert post(browser.pool, "/oauth2/token", "Basic %", **web) == (400, {"error": "invalid_client"})
    assert post(browser.pool, "/oauth2/revoke", **web) == (400, {"error": "invalid_request"})
    assert post(browser.pool, "/oauth2/userInfo") == (401, {"error": "invalid_token"})


def test_groups_user_info_and_discovery(browser: Browser) -> None:
    signed_up(browser)
    browser.pool.add_to_group(EMAIL, "support")
    with pytest.raises(LookupError):
        browser.pool.add_to_group(EMAIL, "owners")
    _, tokens = redeem(browser.pool, back(browser.get(f"/oauth2/authorize?{query()}"))["code"])
    assert verified(browser.pool, tokens["access_token"])["cognito:groups"] == ["support"]
    _, found = post(browser.pool, "/oauth2/userInfo", f"Bearer {tokens['access_token']}")
    assert found["email"] == EMAIL
    document = json.loads(browser.get("/eu-west-1_identity/.well-known/openid-configuration").body)
    assert (document["issuer"], document["code_challenge_methods_supported"]) == (browser.pool.issuer, ["S256"])


POOL = "eu-west-1_identity"


def delete(browser: Browser, name: str, pool: str = POOL) -> None:
    asyncio.run(browser.pool.admin_delete_user({"UserPoolId": pool, "Username": name}))


def test_an_account_that_is_deleted_has_no_tokens_and_no_session(browser: Browser) -> None:
    _, tokens = redeem(browser.pool, back(signed_up(browser))["code"])
    delete(browser, verified(browser.pool, tokens["access_token"])["sub"])
    form = {
        "grant_type": "refresh_token",
        "client_id": "identity-clients-web",
        "refresh_token": tokens["refresh_token"],
    }
    assert post(browser.pool, "/oauth2/token", **form)[0] == 400
    assert browser.pool.account(EMAIL) is None
    browser.get(f"/oauth2/authorize?{query()}")
    assert "Incorrect username or password." in browser.submit(username=EMAIL, password=PASSWORD).body.decode()


def test_an_account_is_deleted_by_its_address_too_and_once(browser: Browser) -> None:
    signed_up(browser)
    delete(browser, EMAIL.upper())
    with pytest.raises(AwsError, match="UserNotFoundException: User does not exist"):
        delete(browser, EMAIL)


def test_another_pool_has_no_accounts_here(browser: Browser) -> None:
    signed_up(browser)
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        delete(browser, EMAIL, "eu-west-1_other")
    assert browser.pool.account(EMAIL) is not None


def test_a_token_that_is_old_altered_or_anothers_is_none(browser: Browser, domain: Domain) -> None:
    _, tokens = redeem(browser.pool, back(signed_up(browser))["code"])
    token = tokens["access_token"]
    other = Domain(domain.deployed, domain.journal, new_key()).pool()
    assert other.claims(token) is None
    assert browser.pool.claims(f"{token[:-4]}AAAA") is None
    assert browser.pool.claims("") is None
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert browser.pool.claims(f"{head}.{token.split('.')[1]}.") is None
    domain.now += 901
    assert browser.pool.claims(token) is None
