"""The user pool of the run, as the dev stack deployed it: accounts, and the pages of signing up and in."""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from local.errors import LocalError
from local.front import pool_accounts
from local.front.messages import Answer, Call
from local.front.pool_accounts import missing_in, password_rules
from local.front.pool_triggers import TriggerError, Triggers
from local.journal import Journal
from tests.local.front.pool_browser import (
    BASE,
    EMAIL,
    PASSWORD,
    STORE,
    TRIGGER,
    Browser,
    Change,
    Domain,
    back,
    post,
    query,
    redeem,
    signed_up,
    verified,
)


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


def test_a_form_of_another_site_is_refused(browser: Browser) -> None:
    browser.get(f"/login?{query()}")
    browser.cookies.pop("cognito-csrf")
    assert browser.submit(username=EMAIL, password=PASSWORD).status == 403


def test_accounts_begin_anew_with_the_run(browser: Browser, domain: Domain) -> None:
    signed_up(browser)
    other = Browser(domain.pool())
    other.get(f"/login?{query()}")
    assert other.submit(username=EMAIL, password=PASSWORD).status == 400


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
