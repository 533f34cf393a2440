"""The user pool as deployed: its domain's pages and endpoints, and its issuer.

Pages are plainer than Cognito's, and there is no e-mail: `Pool.codes` has what would be sent.
"""

import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

from joserfc.jwk import RSAKey

from local.errors import AwsError
from local.front.messages import MAX_BODY, Answer, Call
from local.front.pool_accounts import Account, Accounts
from local.front.pool_clients import Clients
from local.front.pool_codes import Codes
from local.front.pool_oauth import OAuth, failed
from local.front.pool_pages import Page, render, style
from local.front.pool_parts import Authorization, Locks, OAuthError, PoolParts, RedirectError, Sessions, redirect
from local.front.pool_sign_in import SignInPages, own_form
from local.front.pool_tokens import Grants, Issuer
from local.front.pool_triggers import Triggers
from local.front.ports import Functions
from local.front.web_acl import WebAcl, web_acl_of
from local.journal import Journal
from local.state import Deployed

_POOL: Final = "aws:cognito/userPool:UserPool"

_Show = Callable[[Call, Authorization], Awaitable[Answer]]


class Pool:
    """Serves sign-in domain and issuer at one address."""

    def __init__(
        self,
        deployed: Deployed,
        *,
        base: str,
        origins: Mapping[str, str],
        key: RSAKey,
        functions: Functions,
        journal: Journal,
        hosts: Collection[str] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            base: Address of this server, `http://127.0.0.1:<port>`.
            origins: Address of the store on this machine to the deployed one.
            key: Signs tokens.
            hosts: Values of `Host`; others are refused.

        Raises:
            LocalError: the pool has a part that is not known here.
        """
        (self._pool,) = deployed.of_type(_POOL)
        given = self._pool.outputs
        self._hosts, self._base = {host.lower() for host in hosts}, base
        acl = web_acl_of(deployed, self._pool.arn)
        self.web_acl = WebAcl(deployed, acl, journal=journal) if acl else None
        self._parts = PoolParts(
            clients=Clients(deployed, self._pool.id, origins),
            accounts=Accounts(),
            issuer=Issuer(f"{base}/{self._pool.id}", key, now),
            grants=Grants(now),
            codes=Codes(now),
            triggers=Triggers(deployed, self._pool, functions, journal),
            policy=given["passwordPolicy"],
            self_sign_up=not (given.get("adminCreateUserConfig") or {}).get("allowAdminCreateUserOnly"),
            now=now,
            sessions=Sessions(now),
            locks=Locks(now),
        )
        self._groups = [
            group.outputs["name"]
            for group in deployed.of_type("aws:cognito/userGroup:UserGroup")
            if group.outputs["userPoolId"] == self._pool.id
        ]
        self._journal = journal
        pages, oauth = SignInPages(self._parts), OAuth(self._parts)
        self._pages: dict[str, _Show] = {
            "/login": pages.login,
            "/signup": pages.sign_up,
            "/confirmUser": pages.confirm,
            "/resendcode": pages.resend,
            "/forgotPassword": pages.forgot,
            "/confirmForgotPassword": pages.confirm_forgot,
        }
        self._only_posted = ("/resendcode", "/confirmForgotPassword")
        self._others: dict[tuple[str, str], Callable[[Call], Answer]] = {
            ("GET", "/oauth2/authorize"): self._authorize,
            ("POST", "/oauth2/token"): oauth.token,
            ("POST", "/oauth2/revoke"): oauth.revoke,
            ("GET", "/oauth2/userInfo"): oauth.user_info,
            ("POST", "/oauth2/userInfo"): oauth.user_info,
            ("GET", "/logout"): self._logout,
            ("GET", "/pages.css"): lambda _: style(),
            ("GET", f"/{self._pool.id}/.well-known/jwks.json"): lambda _: _json(self._parts.issuer.jwks),
            ("GET", f"/{self._pool.id}/.well-known/openid-configuration"): lambda _: _json(self._discovery()),
        }

    @property
    def arn(self) -> str:
        return self._pool.arn

    @property
    def issuer(self) -> str:
        return self._parts.issuer.url

    def claims(self, token: str) -> Mapping[str, Any] | None:
        """Claims of a token that the pool issued and that is valid now."""
        return self._parts.issuer.claims(token)

    def codes(self) -> list[dict[str, Any]]:
        """Codes that would have been sent, the latest first: `to`, `purpose`, `code`, `at`."""
        return self._parts.codes.shown()

    def account(self, email: str) -> Account | None:
        return self._parts.accounts.find(email)

    def add_to_group(self, email: str, group: str) -> None:
        """As AdminAddUserToGroup does: the next tokens of the account name the group.

        Raises:
            LookupError: there is no such account or group.
        """
        account = self._parts.accounts.find(email)
        if account is None or group not in self._groups:
            raise LookupError(f"account and group must exist; the pool's groups are {self._groups}")
        if group not in account.groups:
            account.groups.append(group)

    async def admin_delete_user(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Delete an account, with its sessions and refresh tokens; access tokens stay valid until they expire.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteUser.html

        Args:
            parameters: `UserPoolId`, and `Username`: the `sub` or, where accounts sign in with it, the address.

        Raises:
            AwsError: there is no such pool or account.
        """
        if parameters["UserPoolId"] != self._pool.id:
            raise AwsError("ResourceNotFoundException", f"User pool {parameters['UserPoolId']} does not exist.")
        accounts, name = self._parts.accounts, parameters["Username"]
        account = accounts.of_sub(name) or accounts.find(name)
        if account is None:
            raise AwsError("UserNotFoundException", "User does not exist.")
        accounts.remove(account)
        self._parts.grants.end(account.sub)
        self._parts.sessions.end_all(account.sub)
        return {}

    async def answer(self, call: Call) -> Answer:
        if len(call.body) > MAX_BODY:
            return Answer.text(413, "The request is too large.")
        if self._hosts and (call.header("host") or "").lower() not in self._hosts:
            return Answer.text(403, "This server does not serve the host of your request.")
        if self.web_acl is not None and self.web_acl.refusal(call) is not None:
            return Answer.text(403, "Request not allowed due to WAF block.")
        answer = await self._answer(call)
        self._journal.event("pool.answered", method=call.method, path=call.target, status=answer.status)
        return answer

    async def _answer(self, call: Call) -> Answer:
        method = "GET" if call.method == "HEAD" else call.method
        try:
            if call.target in self._pages and method in ("GET", "POST"):
                return await self._page(call)
            found = self._others.get((method, call.target))
            return Answer.text(404, "There is nothing at this address.") if found is None else found(call)
        except RedirectError as error:
            return error.request.redirect(error=str(error))
        except OAuthError as error:
            if call.target.startswith("/oauth2/") and call.target != "/oauth2/authorize":
                return failed(error)
            page = Page(title="Something went wrong", problems=(error.detail or str(error),))
            return render(page, status=error.status)

    async def _page(self, call: Call) -> Answer:
        request = self._parts.authorization(call)
        if call.method != "POST" and call.target in self._only_posted:
            return redirect(f"/login?{request.query}")
        if call.method == "POST" and not own_form(call):
            problem = "This form is too old, or cookies are off. Go back, load the page again and retry."
            return render(Page(title="Something went wrong", problems=(problem,)), status=403)
        return await self._pages[call.target](call, request)

    def _authorize(self, call: Call) -> Answer:
        """Back to the client at once in a browser that has signed in, else to the sign-in page."""
        request = self._parts.authorization(call)
        session = self._parts.sessions.find("session", call)
        account = None if session is None else self._parts.accounts.of_sub(session[0])
        if session is not None and account is not None and dict(call.parameters).get("prompt") != "login":
            return self._parts.signed_in(request, account, session[1])
        if dict(call.parameters).get("prompt") == "none":
            return request.redirect(error="login_required")
        return redirect(f"/login?{request.query}")

    def _logout(self, call: Call) -> Answer:
        """https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html"""
        given = dict(call.parameters)
        client = self._parts.clients.get(given.get("client_id", ""))
        if client is None:
            raise OAuthError("invalid_request", "The client does not exist.")
        if "logout_uri" not in given:
            target = f"/login?{self._parts.authorization(call).query}"
        elif self._parts.clients.allows_logout(client, given["logout_uri"]):
            target = given["logout_uri"]
        else:
            raise OAuthError("invalid_request", "The sign-out URL is none of the client's.")
        return redirect(target, self._parts.sessions.end("session", call))

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
            "authorization_endpoint": f"{self._base}/oauth2/authorize",
            "token_endpoint": f"{self._base}/oauth2/token",
            "revocation_endpoint": f"{self._base}/oauth2/revoke",
            "userinfo_endpoint": f"{self._base}/oauth2/userInfo",
            "end_session_endpoint": f"{self._base}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }


def _json(content: Mapping[str, Any]) -> Answer:
    return Answer.text(200, json.dumps(content), "application/json")
