"""The store's domain as a sender of e-mail."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.deliveries import configuration_set
from components.blocks.policy_document import Statement, from_source, policy_document
from components.blocks.ready import once_ready
from components.dns import Dns
from settings.senders import SesSender

_TTL_SECONDS = 3600
# Regions with a DKIM domain of their own; all others have `dkim.amazonses.com`
# (https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_dkim_domains).
_OWN_DKIM_DOMAIN = (
    "af-south-1",
    "ap-northeast-3",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "il-central-1",
    "me-central-1",
    "us-gov-east-1",
)
_DKIM_TOKENS = 3


class Mail(StoreComponent):
    """Identity of the domain in SES, which its DKIM records verify, with MAIL FROM, SPF and DMARC, and its deliveries.

    Messages leave over TLS only. Addresses that bounce or complain are on the suppression list of the account.
    Sending is billed by message (https://aws.amazon.com/ses/pricing/).
    """

    TYPE = "webstore:identity:Mail"
    OUTPUTS = ("identity_arn", "configuration_set")
    identity_arn: pulumi.Output[str]
    """Known once SES has verified the domain and Cognito, if it shall, may send in its name: it refuses any other
    sender."""
    configuration_set: pulumi.Output[str]

    def __init__(self, name: str, *, settings: SesSender, dns: Dns, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._settings, self._dns = settings, dns
        domain = self._domain = dns.host_names["store"]
        deliveries = configuration_set(
            name,
            consequence="nobody can sign up",
            todo="look for robots that sign up with invented addresses in the web ACL's log.",
            opts=self._inside,
        )
        identity = aws.sesv2.EmailIdentity(
            name,
            email_identity=domain,
            configuration_set_name=deliveries.configuration_set_name,
            opts=self._inside,
        )
        verified = aws.ses.DomainIdentityVerification(
            name,
            domain=identity.email_identity,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=self._dkim_records(identity),
                # As long as the certificates wait for the delegation of a new zone.
                custom_timeouts=pulumi.CustomTimeouts(create="75m"),
            ),
        )
        self._dmarc_record()
        settled: list[pulumi.CustomResource] = [self._mail_from(identity.email_identity)]
        if settings.account_messages == "ses":
            settled.append(self._cognito_sends(identity))
        self.identity_arn = once_ready(verified.arn, *settled)
        self.configuration_set = deliveries.configuration_set_name
        self._publish()

    def _dkim_records(self, identity: aws.sesv2.EmailIdentity) -> list[pulumi.Resource]:
        region = self.foundation.region
        dkim = f"dkim.{region}.amazonses.com" if region in _OWN_DKIM_DOMAIN else "dkim.amazonses.com"
        records: list[pulumi.Resource] = []
        for position in range(_DKIM_TOKENS):
            token = identity.dkim_signing_attributes.apply(
                lambda attributes, position=position: _token(attributes, position)
            )
            records.append(
                self._record(
                    f"dkim-{position + 1}",
                    "CNAME",
                    pulumi.Output.concat(token, f"._domainkey.{self._domain}"),
                    pulumi.Output.concat(token, f".{dkim}"),
                )
            )
        return records

    def _dmarc_record(self) -> None:
        dmarc = self._settings.dmarc
        if dmarc is not None:
            report = f"; rua=mailto:{dmarc.report_to}" if dmarc.report_to else ""
            self._record("dmarc", "TXT", f"_dmarc.{self._domain}", f"v=DMARC1; p={dmarc.policy}{report}")

    def _mail_from(self, identity: pulumi.Input[str]) -> aws.sesv2.EmailIdentityMailFromAttributes:
        """https://docs.aws.amazon.com/ses/latest/dg/mail-from.html"""
        host = f"{self._settings.mail_from_label}.{self._domain}"
        records = [
            self._record("mail-from-mx", "MX", host, f"10 feedback-smtp.{self.foundation.region}.amazonses.com"),
            self._record("mail-from-spf", "TXT", host, "v=spf1 include:amazonses.com -all"),
        ]
        return aws.sesv2.EmailIdentityMailFromAttributes(
            self._name,
            email_identity=identity,
            mail_from_domain=host,
            # Until SES has found the records, messages leave in its own name instead of not at all.
            behavior_on_mx_failure="USE_DEFAULT_VALUE",
            opts=pulumi.ResourceOptions(parent=self, depends_on=records),
        )

    def _cognito_sends(self, identity: aws.sesv2.EmailIdentity) -> aws.sesv2.EmailIdentityPolicy:
        """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html#user-pool-email-developer

        Any user pool of the account: the store's own pool is made after the identity.
        """
        account_id = self.foundation.account_id
        return aws.sesv2.EmailIdentityPolicy(
            self._name,
            email_identity=identity.email_identity,
            policy_name="cognito",
            policy=policy_document(
                Statement(
                    sid="CognitoSends",
                    actions=["ses:SendEmail", "ses:SendRawEmail"],
                    services=["email.cognito-idp.amazonaws.com"],
                    resources=[self.foundation.arn("ses", f"identity/{self._domain}")],
                    conditions=from_source(account_id=account_id, arn=self.foundation.arn("cognito-idp", "userpool/*")),
                )
            ),
            opts=self._inside,
        )

    def _record(
        self, label: str, record_type: str, name: pulumi.Input[str], value: pulumi.Input[str]
    ) -> aws.route53.Record:
        return aws.route53.Record(
            f"{self._name}-{label}",
            zone_id=self._dns.zone_id,
            name=name,
            type=record_type,
            ttl=_TTL_SECONDS,
            records=[value],
            opts=self._inside,
        )


def _token(attributes: aws.sesv2.outputs.EmailIdentityDkimSigningAttributes, position: int) -> str:
    """
    Raises:
        pulumi.RunError: the identity has no such token.
    """
    tokens = attributes.tokens or []
    if position >= len(tokens):
        raise pulumi.RunError(
            f"the identity must have {_DKIM_TOKENS} DKIM tokens, and has {len(tokens)}: it signs with a key of somebody"
            " else's; give `identity.email.identity_arn` to use it as it is"
        )
    return tokens[position]
