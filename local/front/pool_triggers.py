"""Functions that the user pool invokes."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from local.errors import LocalError
from local.front.lambda_permissions import may_invoke
from local.front.pool_accounts import Account
from local.front.ports import Functions
from local.journal import Journal
from local.state import Deployed, Resource

_PRINCIPAL: Final = "cognito-idp.amazonaws.com"
# https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
_SECONDS: Final = 20.0
"""5 in AWS; here the first answer waits for a process that starts, beside all others of the run."""
_ATTEMPTS: Final = 3
_KNOWN: Final = "postConfirmation"


class TriggerError(Exception):
    """What Cognito says when a trigger fails."""


class Triggers:
    """The post confirmation trigger.

    Without an answer in time Cognito calls again, three times in all; it calls a function that fails once.
    """

    def __init__(
        self, deployed: Deployed, pool: Resource, functions: Functions, journal: Journal, seconds: float = _SECONDS
    ) -> None:
        """
        Raises:
            LocalError: the pool has a trigger that is not known here.
        """
        given = {name: value for name, value in (pool.outputs.get("lambdaConfig") or {}).items() if value}
        if given.keys() - {_KNOWN}:
            raise LocalError(f"user pool {pool.name} must have no trigger but {_KNOWN}; it has {sorted(given)}")
        self._deployed, self._pool, self._functions, self._journal = deployed, pool, functions, journal
        self._function_arn: str | None = given.get(_KNOWN)
        self._seconds = seconds
        self._running: set[asyncio.Future[Any]] = set()

    async def confirmed(self, account: Account, client_id: str, source: str, metadata: Mapping[str, str]) -> None:
        """
        Args:
            source: `PostConfirmation_ConfirmSignUp` or `PostConfirmation_ConfirmForgotPassword`.
            metadata: Client metadata; the sign-in pages send none.

        Raises:
            TriggerError: the function fails, does not answer, or must not be invoked.
        """
        if self._function_arn is None:
            return
        permitted = may_invoke(self._deployed, _PRINCIPAL, self._function_arn, self._pool.arn)
        why = "a permission of the function" if permitted else "the function has no permission for the user pool"
        self._journal.call(_PRINCIPAL, "lambda:InvokeFunction", self._function_arn, permitted, why)
        if not permitted:
            raise TriggerError("AccessDeniedException: the user pool is not authorized to invoke its trigger")
        event = self._event(account, client_id, source, metadata)
        for _ in range(_ATTEMPTS):
            # The function goes on: Cognito only stops waiting for it.
            invocation = asyncio.ensure_future(self._functions.invoke(self._function_arn, event))
            self._running.add(invocation)
            invocation.add_done_callback(self._running.discard)
            await asyncio.wait((invocation,), timeout=self._seconds)
            if not invocation.done():
                continue
            payload, error = invocation.result()
            if error is not None:
                raise TriggerError(f"PostConfirmation failed with error {error.get('errorMessage', '')}.")
            if not isinstance(payload, dict) or not isinstance(payload.get("response"), dict):
                raise TriggerError("Unrecognizable lambda output")
            return
        raise TriggerError("PostConfirmation invocation failed due to configured timeout.")

    def _event(self, account: Account, client_id: str, source: str, metadata: Mapping[str, str]) -> dict[str, Any]:
        request: dict[str, Any] = {"userAttributes": account.user_attributes}
        if metadata:
            request["clientMetadata"] = dict(metadata)
        return {
            "version": "1",
            "region": self._deployed.region,
            "userPoolId": self._pool.id,
            "userName": account.sub,
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client_id},
            "triggerSource": source,
            "request": request,
            "response": {},
        }
