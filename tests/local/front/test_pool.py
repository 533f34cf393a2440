"""The user pool of the run, as the dev stack deployed it."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from local.errors import LocalError
from local.front import pool_accounts
from local.front.messages import Answer, Call
from local.front.pool import Pool
from local.front.pool_accounts import missing_in, password_rules
from local.front.pool_tokens import new_key
from local.front.pool_triggers import TriggerError, Triggers
from local.journal import Journal
from local.state import Deployed
from tests.local.front.parts import Functions

BASE = "http://127.0.0.1:8081"
STORE = "http://127.0.0.1:8090"
CALLBACK = f"{STORE}/auth/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
EMAIL, PASSWORD = "Ada@example.com", "Tea for 2!"
TRIGGER = "arn:aws:lambda:eu-west-1:111111111111:function:app-sign-up"
Change = Callable[[Callable[[dict[str, Any]], object]], Deployed]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little."""
    monkeypatch.setattr(pool_accounts, "_SCRYPT", {"n": 2, "r": 1, "p": 1})


@dataclass
class Browser:
    """Keeps cookies and follows the forms of the pool's pages."""

    pool: Pool
    cookies: dict[str, str] = field(default_factory=dict)
    page: Answer = field(default_factory=lambda: Answer(status=200))

    def get(self, target: str) -> Answer:
        return self._send("GET", target, b"")

    def submit(self, button: str = "", **values: str) -> Answer:
        """Send the page's form with these values, to the address of a button that has one."""
        text = self.page.body.decode()
        action = (button or re.findall(r'<form method="post" action="([^"]+)"', text)[0]).replace("&amp;", "&")
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text))
        return self._send("POST", action, urlencode({**hidden, **values}).encode())

    def _send(self, method: str, target: str, body: bytes) -> Answer:
        path, _, query = target.partition("?")
        headers = (
            ("host", "127.0.0.1:8081"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())),
        )
        call = Call(method=method, target=path, query=query, headers=headers, body=body)
        self.page = asyncio.run(self.pool.answer(call))
        for name, value in self.page.headers:
            if name == "set-cookie":
                cookie, _, kept = value.partition(";")[0].partition("=")
                self.cookies[cookie] = kept
        location = self.page.header("location") or ""
        return self.get(location) if location.startswith("/") else self.page


@dataclass
class Domain:
    deployed: Deployed
    journal: Journal
    key: RSAKey
    functions: Functions = field(default_factory=lambda: Functions({"response": {}}))
    now: float = 1_800_000_000.0

    def pool(self) -> Pool:
        return Pool(
            self.deployed,
            base=BASE,
            origins={STORE: "https://dev.store.example.com"},
            key=self.key,
            functions=self.functions,
            journal=self.journal,
            hosts=("127.0.0.1:8081",),
            now=lambda: self.now,
        )


@pytest.fixture(scope="session")
def key() -> RSAKey:
    """A signing key: a new one takes a while."""
    return new_key()


@pytest.fixture
def domain(dev: Deployed, journal: Journal, key: RSAKey) -> Domain:
    return Domain(dev, journal, key)


@pytest.fixture
def browser(domain: Domain) -> Browser:
    return Browser(domain.pool())


def query(**changes: str | None) -> str:
    given = {
        "response_type": "code",
        "client_id": "identity-clients-web",
        "redirect_uri": CALLBACK,
        "state": "s&1",
        "nonce": "n1",
        "scope": "openid email store/carts.read",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return urlencode({name: value for name, value in given.items() if value is not None})


def back(answer: Answer) -> dict[str, str]:
    """Parameters with which the browser comes back to the store."""
    location = answer.header("location") or ""
    assert location.startswith(f"{CALLBACK}?"), (answer.status, answer.body.decode())
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def signed_up(browser: Browser, email: str = EMAIL) -> Answer:
    browser.get(f"/signup?{query()}")
    browser.submit(username=email, password=PASSWORD)
    return browser.submit(code=browser.pool.codes()[0]["code"])


def post(pool: Pool, path: str, authorization: str | None = None, **form: str) -> tuple[int, dict[str, Any]]:
    headers = (("host", "127.0.0.1:8081"), ("content-type", "application/x-www-form-urlencoded"))
    more = (("authorization", authorization),) if authorization else ()
    call = Call(method="POST", target=path, headers=(*headers, *more), body=urlencode(form).encode())
    answer = asyncio.run(pool.answer(call))
    return answer.status, json.loads(answer.body or b"{}")


def redeem(pool: Pool, code: str, **changes: str) -> tuple[int, dict[str, Any]]:
    form = {"grant_type": "authorization_code", "client_id": "identity-clients-web", "code": code}
    return post(pool, "/oauth2/token", **{**form, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **changes})


def refresh(pool: Pool, token: str) -> tuple[int, dict[str, Any]]:
    form = {"grant_type": "refresh_token", "client_id": "identity-clients-web", "refresh_token": token}
    return post(pool, "/oauth2/token", **form)


def verified(pool: Pool, token: str) -> dict[str, Any]:
    """Claims of a token, checked as a service does: with the keys that the issuer publishes."""
    found = Browser(pool).get(f"/{pool.issuer.rpartition('/')[2]}/.well-known/jwks.json")
    return jwt.decode(token, KeySet.import_key_set(json.loads(found.body)), algorithms=["RS256"]).claims


def test_sign_up_with_a_code_leads_back_signed_in_with_the_tokens_of_the_client(
    browser: Browser, domain: Domain
) -> None:
    code = back(signed_up(browser))
    assert code["state"] == "s&1"
    status, tokens = redeem(browser.pool, code["code"])
    assert (status, tokens["expires_in"], tokens["token_type"]) == (200, 900, "Bearer")
    access, identity = verified(browser.pool, tokens["access_token"]), verified(browser.pool, tokens["id_token"])
    assert access["iss"] == identity["iss"] == f"{BASE}/eu-west-1_identity"
    assert (access["token_use"], identity["token_use"]) == ("access", "id")
    assert access["scope"].split() == ["email", "openid", "store/carts.read"]
    assert access["client_id"] == identity["aud"] == "identity-clients-web"
    assert access["exp"] - access["iat"] == 900
    assert (identity["email"], identity["email_verified"], identity["nonce"]) == (EMAIL, True, "n1")
    assert access["sub"] == identity["sub"] == access["username"]
    assert "email" not in access
    assert browser.pool.claims(tokens["access_token"]) == access
    assert not domain.journal.path.read_text().count(EMAIL)


def test_the_function_gets_the_true_event_once(browser: Browser, domain: Domain) -> None:
    signed_up(browser)
    ((function, event),) = domain.functions.events
    assert function == TRIGGER
    assert event["triggerSource"] == "PostConfirmation_ConfirmSignUp"
    assert event["userName"] == event["request"]["userAttributes"]["sub"]
    assert event["request"]["userAttributes"] == {
        "sub": event["userName"],
        "email": EMAIL,
        "email_verified": "true",
        "cognito:user_status": "CONFIRMED",
    }
    assert event["callerContext"]["clientId"] == "identity-clients-web"
    assert (event["version"], event["region"], event["userPoolId"]) == ("1", "eu-west-1", "eu-west-1_identity")
    assert event["response"] == {}


def test_what_the_function_fails_with_is_told_and_the_account_stays_confirmed(browser: Browser, domain: Domain) -> None:
    domain.functions.error = {"errorType": "ValueError", "errorMessage": "no table"}
    answer = signed_up(browser)
    assert answer.status == 400
    assert "PostConfirmation failed with error no table." in answer.body.decode()
    assert "code" in back(browser.submit(username=EMAIL, password=PASSWORD))


def test_a_function_that_does_not_answer_is_called_three_times(domain: Domain) -> None:
    class Silent:
        calls = 0

        async def invoke(self, function: str, event: Any) -> tuple[Any, Any]:
            Silent.calls += 1
            await asyncio.Event().wait()
            raise AssertionError((function, event))

    async def run() -> str:
        (pool,) = domain.deployed.of_type("aws:cognito/userPool:UserPool")
        triggers = Triggers(domain.deployed, pool, Silent(), domain.journal, seconds=0)
        account = pool_accounts.Account("s", EMAIL, "", "")
        try:
            await triggers.confirmed(account, "web", "PostConfirmation_ConfirmSignUp", {})
        except TriggerError as problem:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            return str(problem)
        return ""

    assert asyncio.run(run()) == "PostConfirmation invocation failed due to configured timeout."
    assert Silent.calls == 3


def test_a_pool_that_may_not_invoke_its_function_says_so(changed: Change, journal: Journal, key: RSAKey) -> None:
    def withdraw(entry: dict[str, Any]) -> None:
        if entry["type"] == "aws:lambda/permission:Permission":
            entry["outputs"]["sourceArn"] = "arn:aws:cognito-idp:eu-west-1:111111111111:userpool/other"

    domain = Domain(changed(withdraw), journal, key)
    assert "AccessDeniedException" in signed_up(Browser(domain.pool())).body.decode()
    assert not domain.functions.events


@pytest.mark.parametrize("name", ["preSignUp", "preTokenGeneration"])
def test_another_trigger_is_said_at_the_start(changed: Change, journal: Journal, key: RSAKey, name: str) -> None:
    def add(entry: dict[str, Any]) -> None:
        if entry["type"] == "aws:cognito/userPool:UserPool":
            entry["outputs"]["lambdaConfig"][name] = TRIGGER

    with pytest.raises(LocalError, match=name):
        Domain(changed(add), journal, key).pool()


def test_sign_in_and_a_second_visit_without_a_password(browser: Browser) -> None:
    signed_up(browser)
    other = Browser(browser.pool)
    other.get(f"/oauth2/authorize?{query()}")
    assert "<h1>Sign in</h1>" in other.page.body.decode()
    assert "code" in back(other.submit(username=EMAIL.lower(), password=PASSWORD))
    assert "code" in back(other.get(f"/oauth2/authorize?{query()}"))
    assert back(Browser(browser.pool).get(f"/oauth2/authorize?{query(prompt='none')}"))["error"] == "login_required"


def test_a_wrong_password_and_an_unknown_address_look_the_same(browser: Browser) -> None:
    signed_up(browser)
    texts = set()
    for email, password in ((EMAIL, "wrong"), ("nobody@example.com", PASSWORD), ("", "")):
        other = Browser(browser.pool)
        other.get(f"/login?{query()}")
        answer = other.submit(username=email, password=password)
        assert answer.status == 400
        texts.add(re.findall(r"<p>(.*)</p>", answer.body.decode())[0])
    assert texts == {"Incorrect username or password."}


def test_guessing_locks_the_address_for_longer_each_time(browser: Browser, domain: Domain) -> None:
    signed_up(browser)
    other = Browser(browser.pool)
    other.get(f"/login?{query()}")
    for _ in range(5):
        other.submit(username=EMAIL, password="wrong")
    assert "Password attempts exceeded" in other.submit(username=EMAIL, password=PASSWORD).body.decode()
    domain.now += 2
    other.submit(username=EMAIL, password="wrong")
    domain.now += 1.5
    assert "Password attempts exceeded" in other.submit(username=EMAIL, password=PASSWORD).body.decode()
    domain.now += 1
    assert "code" in back(other.submit(username=EMAIL, password=PASSWORD))


def test_an_unconfirmed_account_is_asked_for_its_code_at_sign_in(browser: Browser) -> None:
    browser.get(f"/signup?{query()}")
    browser.submit(username=EMAIL, password=PASSWORD)
    first = browser.pool.codes()[0]["code"]
    other = Browser(browser.pool)
    other.get(f"/login?{query()}")
    other.submit(username=EMAIL, password=PASSWORD)
    second = browser.pool.codes()[0]["code"]
    assert len(browser.pool.codes()) == 1
    if first != second:
        assert other.submit(code=first).status == 400
    assert "code" in back(other.submit(code=second))


def test_a_code_in_another_browser_confirms_but_signs_nobody_in(browser: Browser) -> None:
    browser.get(f"/signup?{query()}")
    browser.submit(username=EMAIL, password=PASSWORD)
    other = Browser(browser.pool)
    other.get(f"/confirmUser?{query()}")
    answer = other.submit(username=EMAIL, code=browser.pool.codes()[0]["code"])
    assert "Your account is confirmed. Sign in." in answer.body.decode()


def test_five_wrong_codes_void_a_code_and_a_day_does_too(browser: Browser, domain: Domain) -> None:
    for spoil in (True, False):
        browser.get(f"/signup?{query()}")
        browser.submit(username=f"{spoil}@example.com", password=PASSWORD)
        code = browser.pool.codes()[0]["code"]
        wrong = "000000" if code != "000000" else "111111"
        if spoil:
            for _ in range(5):
                browser.submit(code=wrong)
        else:
            domain.now += 86401
        assert browser.submit(code=code).status == 400


def test_a_new_code_can_be_asked_for(browser: Browser) -> None:
    browser.get(f"/signup?{query()}")
    browser.submit(username=EMAIL, password=PASSWORD)
    (address,) = re.findall(r'formaction="([^"]+)"', browser.page.body.decode())
    browser.page = Answer(
        status=200, body=re.sub(rb'action="/confirmUser[^"]+"', f'action="{address}"'.encode(), browser.page.body)
    )
    browser.submit(code="")
    assert "code" in back(browser.submit(code=browser.pool.codes()[0]["code"]))


def test_a_forgotten_password_ends_all_sessions(browser: Browser, domain: Domain) -> None:
    _, tokens = redeem(browser.pool, back(signed_up(browser))["code"])
    other = Browser(browser.pool)
    other.get(f"/forgotPassword?{query()}")
    other.submit(username=EMAIL)
    code = next(sent["code"] for sent in browser.pool.codes() if sent["purpose"] == "password")
    assert other.submit(code=code, password="short").status == 400
    assert "Your password is changed" in other.submit(code=code, password="Coffee for 3!").body.decode()
    assert other.submit(username=EMAIL, password=PASSWORD).status == 400
    assert "code" in back(other.submit(username=EMAIL, password="Coffee for 3!"))
    again = {
        "grant_type": "refresh_token",
        "client_id": "identity-clients-web",
        "refresh_token": tokens["refresh_token"],
    }
    assert post(browser.pool, "/oauth2/token", **again) == (400, {"error": "invalid_grant"})
    assert "<h1>Sign in</h1>" in browser.get(f"/oauth2/authorize?{query()}").body.decode()
    assert domain.functions.events[-1][1]["triggerSource"] == "PostConfirmation_ConfirmForgotPassword"


def test_a_code_for_a_password_is_sent_to_nobody_unknown(browser: Browser) -> None:
    browser.get(f"/forgotPassword?{query()}")
    known = browser.submit(username="nobody@example.com")
    assert "If there is an account" in known.body.decode()
    assert browser.pool.codes() == []


def test_an_address_has_one_account(browser: Browser) -> None:
    signed_up(browser)
    browser.get(f"/signup?{query()}")
    assert "already exists" in browser.submit(username=EMAIL.upper(), password=PASSWORD).body.decode()


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("no address", PASSWORD, "Enter an email address"),
        (EMAIL, "t3apot!", "The password needs at least 8 characters."),
    ],
)
def test_a_sign_up_says_what_is_wrong(browser: Browser, email: str, password: str, said: str) -> None:
    browser.get(f"/signup?{query()}")
    page = browser.submit(username=email, password=password).body.decode()
    assert said in page
    assert "<title>Error: Create an account</title>" in page
    assert password not in page


@given(st.text(max_size=300))
@settings(max_examples=25, deadline=None)
def test_the_policy_of_the_state_is_kept(password: str) -> None:
    policy = {
        "minimumLength": 12,
        "requireLowercase": True,
        "requireUppercase": True,
        "requireNumbers": True,
        "requireSymbols": True,
    }
    missing = missing_in(password, policy)
    assert set(missing) <= set(password_rules(policy))
    assert ("a digit" in missing) == (not re.search("[0-9]", password))
    assert (password_rules(policy)[0] in missing) == (not 12 <= len(password) <= 256)
    assert missing_in("Aa1 bbbbbbbb", policy) == []
    assert missing_in(" Aa1bbbbbbbbb ", {"minimumLength": 1, "requireSymbols": True}) == [
        "a special character or a space"
    ]


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


def test_a_form_of_another_site_is_refused(browser: Browser) -> None:
    browser.get(f"/login?{query()}")
    browser.cookies.pop("cognito-csrf")
    assert browser.submit(username=EMAIL, password=PASSWORD).status == 403


MACHINE = "identity-clients-machine-order-management"


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


def test_accounts_begin_anew_with_the_run(browser: Browser, domain: Domain) -> None:
    signed_up(browser)
    other = Browser(domain.pool())
    other.get(f"/login?{query()}")
    assert other.submit(username=EMAIL, password=PASSWORD).status == 400


def test_an_account_that_is_removed_has_no_tokens(browser: Browser) -> None:
    _, tokens = redeem(browser.pool, back(signed_up(browser))["code"])
    browser.pool.remove(verified(browser.pool, tokens["access_token"])["sub"])
    form = {
        "grant_type": "refresh_token",
        "client_id": "identity-clients-web",
        "refresh_token": tokens["refresh_token"],
    }
    assert post(browser.pool, "/oauth2/token", **form)[0] == 400
    assert browser.pool.account(EMAIL) is None


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


def test_another_host_is_refused(browser: Browser) -> None:
    call = Call(target="/login", query=query(), headers=(("host", "attacker.example"),))
    assert asyncio.run(browser.pool.answer(call)).status == 403


@given(
    st.sampled_from(["GET", "POST", "PUT"]),
    st.sampled_from(["/login", "/signup", "/confirmUser", "/forgotPassword", "/confirmForgotPassword", "/resendcode"])
    | st.sampled_from(["/logout", "/oauth2/token", "/oauth2/authorize", "/oauth2/userInfo", "/oauth2/revoke", "/x"]),
    st.dictionaries(
        st.sampled_from(["client_id", "redirect_uri", "scope", "state", "logout_uri"]), st.text(max_size=20)
    ),
    st.binary(max_size=60),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_is_an_error_of_the_server(
    browser: Browser, method: str, path: str, parameters: dict[str, str], body: bytes
) -> None:
    headers = (
        *(
            ("host", "127.0.0.1:8081"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("authorization", "Basic x"),
        ),
        ("cookie", body.decode("latin-1")),
    )
    for sent in (query(**parameters), urlencode(parameters), body.decode("latin-1")):
        call = Call(method=method, target=path, query=sent, headers=headers, body=body)
        assert asyncio.run(browser.pool.answer(call)).status < 500


def test_pages_are_labelled_and_allow_no_script(browser: Browser) -> None:
    for path in ("/login", "/signup", "/confirmUser", "/forgotPassword"):
        page = browser.get(f"{path}?{query()}")
        text = page.body.decode()
        assert '<html lang="en">' in text
        assert text.count("<h1>") == 1
        assert "<script" not in text
        ids = re.findall(r'<input id="([^"]+)"', text)
        assert ids == re.findall(r'<label for="([^"]+)"', text)
        described = " ".join(re.findall(r'aria-describedby="([^"]+)"', text)).split()
        assert all(f'id="{name}"' in text for name in described)
        policy = page.header("content-security-policy") or ""
        assert policy.startswith("default-src 'none'; style-src 'self'; ")
        assert f"form-action 'self' {STORE};" in policy
    assert browser.get("/pages.css").header("content-type") == "text/css; charset=utf-8"
