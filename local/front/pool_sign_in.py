"""Pages by which customers sign up, sign in and recover their account."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from local.front.messages import Answer, Call
from local.front.pool_accounts import Account, is_email, matches, missing_in, password_rules
from local.front.pool_pages import CODE, EMAIL, PASSWORD, Field, Page, new_password, render
from local.front.pool_parts import Authorization, PoolParts, csrf_of, form_of, is_own_form
from local.front.pool_triggers import TriggerError

_WRONG: Final = "Incorrect username or password."
_LOCKED: Final = "Password attempts exceeded"
_MISMATCH: Final = "Invalid verification code provided, please try again."


@dataclass(frozen=True)
class SignInPages:
    """Answers browsers; each page carries the authorization request in its query string.

    Second factors and passkeys, which the pool may allow, have no page here.
    """

    parts: PoolParts

    async def login(self, call: Call, request: Authorization) -> Answer:
        form = form_of(call)
        if call.method != "POST":
            return self._login(call, request)
        email, password = form.get("username", ""), form.get("password", "")
        if self.parts.locks.is_locked(email):
            return self._login(call, request, email, (_LOCKED,))
        account = self.parts.accounts.find(email)
        if not await asyncio.to_thread(matches, account, password) or account is None:
            self.parts.locks.failed(email)
            return self._login(call, request, email, (_WRONG,))
        self.parts.locks.passed(email)
        if not account.confirmed:
            return self._pending(call, request, account)
        return self._done(request, account)

    async def sign_up(self, call: Call, request: Authorization) -> Answer:
        if not self.parts.self_sign_up:
            return self._login(call, request, problems=("SignUp is not permitted for this user pool",))
        if call.method != "POST":
            return self._sign_up(call, request)
        form = form_of(call)
        email, password = form.get("username", "").strip(), form.get("password", "")
        problems = [] if is_email(email) else ["Enter an email address, such as name@example.com."]
        problems += [f"The password needs {rule}." for rule in missing_in(password, self.parts.policy)]
        if not problems and self.parts.accounts.find(email) is not None:
            problems = ["An account with the given email already exists."]
        if problems:
            return self._sign_up(call, request, email, problems)
        account = await asyncio.to_thread(self.parts.accounts.add, email, password, {})
        return self._pending(call, request, account)

    async def confirm(self, call: Call, request: Authorization) -> Answer:
        form = form_of(call)
        if call.method != "POST":
            return self._confirm(call, request, "")
        email = form.get("username", "")
        account = self.parts.accounts.find(email)
        if account is None or account.confirmed or not self.parts.codes.take(email, "sign-up", form.get("code", "")):
            return self._confirm(call, request, email, problems=(_MISMATCH,))
        account.confirmed = True
        try:
            await self.parts.triggers.confirmed(account, request.client.id, "PostConfirmation_ConfirmSignUp", {})
        except TriggerError as problem:
            # The account stays confirmed, as in Cognito.
            return self._login(call, request, email, (str(problem),))
        pending = self.parts.sessions.find("pending", call)
        if pending is None or pending[0] != account.sub:
            return self._login(call, request, email, told=("Your account is confirmed. Sign in.",))
        return self._done(request, account)

    async def resend(self, call: Call, request: Authorization) -> Answer:
        """A new code, if somebody waits for one."""
        email = form_of(call).get("username", "")
        account = self.parts.accounts.find(email)
        if account is not None and not account.confirmed:
            self.parts.codes.send(account.email, "sign-up")
        return self._confirm(call, request, email)

    async def forgot(self, call: Call, request: Authorization) -> Answer:
        if call.method != "POST":
            page = Page(
                title="Forgot your password?",
                fields=(EMAIL,),
                button="Send code",
                told=("Enter your email address, and we send you a code to set a new password.",),
                links=(("Back to sign in", f"/login?{request.query}"),),
            )
            return _shown(call, request, "/forgotPassword", page)
        email = form_of(call).get("username", "")
        account = self.parts.accounts.find(email)
        if account is not None and account.confirmed:
            self.parts.codes.send(account.email, "password")
        return self._new_password(call, request, email)

    async def confirm_forgot(self, call: Call, request: Authorization) -> Answer:
        form = form_of(call)
        email, password = form.get("username", ""), form.get("password", "")
        problems = [f"The password needs {rule}." for rule in missing_in(password, self.parts.policy)]
        account = self.parts.accounts.find(email)
        if not problems and (account is None or not self.parts.codes.take(email, "password", form.get("code", ""))):
            problems = [_MISMATCH]
        if problems or account is None:
            return self._new_password(call, request, email, problems)
        await asyncio.to_thread(self.parts.accounts.set_password, account, password)
        self.parts.locks.passed(email)
        self.parts.grants.end(account.sub)
        self.parts.sessions.end_all(account.sub)
        source = "PostConfirmation_ConfirmForgotPassword"
        try:
            await self.parts.triggers.confirmed(account, request.client.id, source, {})
        except TriggerError as problem:
            return self._login(call, request, email, (str(problem),))
        return self._login(call, request, email, told=("Your password is changed. Sign in.",))

    def _pending(self, call: Call, request: Authorization, account: Account) -> Answer:
        """Ask for the code; this browser is then signed in without the password again."""
        self.parts.codes.send(account.email, "sign-up")
        answer = self._confirm(call, request, account.email)
        return replace(answer, headers=(*answer.headers, self.parts.sessions.begin("pending", account.sub)))

    def _done(self, request: Authorization, account: Account) -> Answer:
        answer = self.parts.signed_in(request, account, int(self.parts.now()))
        return replace(answer, headers=(*answer.headers, self.parts.sessions.begin("session", account.sub)))

    def _login(
        self,
        call: Call,
        request: Authorization,
        email: str = "",
        problems: Sequence[str] = (),
        told: Sequence[str] = (),
    ) -> Answer:
        links = [("Forgot your password?", f"/forgotPassword?{request.query}")]
        if self.parts.self_sign_up:
            links.append(("Create an account", f"/signup?{request.query}"))
        fields = (replace(EMAIL, value=email), PASSWORD)
        page = Page(title="Sign in", fields=fields, button="Sign in", links=links, problems=problems, told=told)
        return _shown(call, request, "/login", page)

    def _sign_up(self, call: Call, request: Authorization, email: str = "", problems: Sequence[str] = ()) -> Answer:
        page = Page(
            title="Create an account",
            fields=(replace(EMAIL, value=email), new_password(password_rules(self.parts.policy))),
            button="Create account",
            links=(("Sign in instead", f"/login?{request.query}"),),
            problems=problems,
        )
        return _shown(call, request, "/signup", page)

    def _confirm(self, call: Call, request: Authorization, email: str, problems: Sequence[str] = ()) -> Answer:
        address = Field(name="username", kind="hidden", value=email) if email else EMAIL
        page = Page(
            title="Confirm your account",
            fields=(address, CODE),
            button="Confirm account",
            other=("Send a new code", f"/resendcode?{request.query}"),
            links=(("Back to sign in", f"/login?{request.query}"),),
            told=("We sent a code to your email address.",),
            problems=problems,
        )
        return _shown(call, request, "/confirmUser", page)

    def _new_password(self, call: Call, request: Authorization, email: str, problems: Sequence[str] = ()) -> Answer:
        page = Page(
            title="Set a new password",
            fields=(
                Field(name="username", kind="hidden", value=email),
                CODE,
                new_password(password_rules(self.parts.policy)),
            ),
            button="Change password",
            told=("If there is an account for this address, we sent a code to it.",),
            problems=problems,
        )
        return _shown(call, request, "/confirmForgotPassword", page)


def own_form(call: Call) -> bool:
    """Whether a form comes from a page of the pool itself."""
    return is_own_form(call, form_of(call))


def _shown(call: Call, request: Authorization, path: str, page: Page) -> Answer:
    token, headers = csrf_of(call)
    answer = render(
        page,
        status=400 if page.problems else 200,
        action=f"{path}?{request.query}",
        csrf=token,
        redirect_uri=request.redirect_uri,
    )
    return replace(answer, headers=(*answer.headers, *headers))
