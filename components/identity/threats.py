"""Threat protection: actions, messages and alarms for stolen passwords and account take-overs."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.identity.pool import Sender
from components.metric import Metric
from settings.identity import IdentitySettings

_Actions = aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsArgs
_Notify = aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationArgs

_FACTS = "Time: {login-time}. Device: {device-name}. Place: {city}, {country}. Address: {ip-address}."
_NOT_YOU = "If it was not you, please change your password."


@dataclass(frozen=True)
class _Message:
    subject: str
    text: str

    @property
    def parts(self) -> dict[str, str]:
        return {"subject": self.subject, "text_body": self.text, "html_body": f"<p>{self.text}</p>"}


_NO_ACTION = _Message(
    "New sign-in to your account",
    f"Hello {{username}}, somebody signed in to your account in an unusual way. {_FACTS} {_NOT_YOU}",
)
_MFA = _Message(
    "Unusual sign-in to your account",
    f"Hello {{username}}, we asked for a second factor, because a sign-in looked unusual. {_FACTS} {_NOT_YOU}",
)
_BLOCK = _Message(
    "We stopped a sign-in to your account",
    f"Hello {{username}}, we stopped a sign-in that did not look like you. {_FACTS} If it was you, please try again"
    " from a device and place that you have used before.",
)


class ThreatProtection(StoreComponent):
    """Alarms on stolen passwords and account take-overs; with `threat_protection: enforced` also actions: blocks stolen
    passwords and high risks, requires a second factor for medium risks, and notifies the customer if SES is the sender.
    """

    TYPE = "webstore:identity:ThreatProtection"

    def __init__(
        self,
        name: str,
        *,
        settings: IdentitySettings,
        sender: Sender | None,
        user_pool_id: pulumi.Output[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            sender: In SES; without it no customer is notified.
        """
        super().__init__(name, opts)
        if settings.threat_protection == "enforced":
            aws.cognito.RiskConfiguration(
                name,
                user_pool_id=user_pool_id,
                account_takeover_risk_configuration=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationArgs(
                    actions=_takeover_actions(notify=sender is not None),
                    notify_configuration=None if sender is None else _notify(sender),
                ),
                compromised_credentials_risk_configuration={
                    "actions": {"event_action": "BLOCK"},
                    "event_filters": ["PASSWORD_CHANGE", "SIGN_IN", "SIGN_UP"],
                },
                opts=self._inside,
            )
        for label, metric, meaning in (
            ("stolen-passwords", "CompromisedCredentialRisk", "Sign-ins with passwords that are known to be stolen"),
            ("take-overs", "AccountTakeoverRisk", "Sign-ins that look like account take-overs"),
        ):
            alarm(
                f"{name}-{label}",
                metric=Metric(
                    # https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-viewing-advanced-security-metrics.html
                    namespace="AWS/Cognito",
                    name=metric,
                    dimensions={"UserPoolId": user_pool_id, "Operation": "SignIn", "RiskLevel": "high"},
                    statistic="Sum",
                    period_seconds=300,
                ),
                threshold=settings.risky_sign_ins_per_5_minutes,
                periods=Periods(breaching=2, evaluated=3),
                meaning=f"{meaning} exceed {settings.risky_sign_ins_per_5_minutes} in five minutes: probably an attack"
                " with a list of accounts.",
                todo="find the addresses in the log of the user pool's events, then lower the limit of"
                " `identity.web_acl.rate_limits`.",
                opts=self._inside,
            )
        self._publish()


def _takeover_actions(*, notify: bool) -> _Actions:
    return _Actions(
        low_action=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsLowActionArgs(
            event_action="NO_ACTION", notify=notify
        ),
        # A customer without a second factor signs in, and gets a message.
        medium_action=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsMediumActionArgs(
            event_action="MFA_IF_CONFIGURED", notify=notify
        ),
        high_action=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsHighActionArgs(
            event_action="BLOCK", notify=notify
        ),
    )


def _notify(sender: Sender) -> _Notify:
    return aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationArgs(
        source_arn=sender.identity_arn,
        from_=sender.mailbox,
        reply_to=sender.reply_to,
        block_email=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationBlockEmailArgs(
            **_BLOCK.parts
        ),
        mfa_email=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationMfaEmailArgs(
            **_MFA.parts
        ),
        no_action_email=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationNoActionEmailArgs(
            **_NO_ACTION.parts
        ),
    )
