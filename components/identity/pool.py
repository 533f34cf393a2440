"""The user pool."""

from dataclasses import dataclass, fields
from email.utils import formataddr

import pulumi
import pulumi_aws as aws

from settings.identity import CustomAttribute, IdentitySettings


@dataclass(frozen=True, kw_only=True)
class Triggers:
    """ARNs of the functions that Cognito invokes; each has 5 seconds, and Cognito tries three times
    (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html)."""

    pre_sign_up: pulumi.Input[str] | None = None
    post_confirmation: pulumi.Input[str] | None = None
    pre_authentication: pulumi.Input[str] | None = None
    post_authentication: pulumi.Input[str] | None = None
    pre_token_generation: pulumi.Input[str] | None = None
    """Gets events of version 2, which can also change access tokens; not with tier `LITE`."""
    custom_message: pulumi.Input[str] | None = None
    user_migration: pulumi.Input[str] | None = None

    @property
    def given(self) -> dict[str, pulumi.Input[str]]:
        """Name to ARN of the triggers in use."""
        every = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: arn for name, arn in every.items() if arn is not None}


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Sender of messages through SES."""

    identity_arn: pulumi.Input[str]
    """Known once the identity is verified."""
    configuration_set: pulumi.Input[str] | None
    name: str
    address: str
    reply_to: str

    @property
    def mailbox(self) -> str:
        """Name and address as in a header, quoted or encoded where the name needs it."""
        return formataddr((self.name, self.address))


def pool_args(
    settings: IdentitySettings, *, sender: Sender | None, relying_party: str, triggers: Triggers | None, protect: bool
) -> aws.cognito.UserPoolArgs:
    """
    Args:
        sender: In SES; None sends by Cognito itself.
        relying_party: Host name of the sign-in pages, to which passkeys belong.
        protect: AWS refuses to delete the pool.
    """
    accounts, password = settings.accounts, settings.password
    named_by_email = accounts.sign_in_with == "email"
    return aws.cognito.UserPoolArgs(
        user_pool_tier=settings.tier,
        deletion_protection="ACTIVE" if protect else "INACTIVE",
        username_attributes=["email"] if named_by_email else None,
        alias_attributes=None if named_by_email else ["email", "preferred_username"],
        username_configuration=aws.cognito.UserPoolUsernameConfigurationArgs(case_sensitive=False),
        schemas=[
            *(_required(name) for name in sorted(accounts.required_attributes)),
            *(_custom(name, attribute) for name, attribute in sorted(settings.custom_attributes.items())),
        ],
        auto_verified_attributes=["email"],
        # The old address stays valid until the new one is verified.
        user_attribute_update_settings=aws.cognito.UserPoolUserAttributeUpdateSettingsArgs(
            attributes_require_verification_before_updates=["email"]
        ),
        account_recovery_setting=aws.cognito.UserPoolAccountRecoverySettingArgs(
            recovery_mechanisms=[
                # The email address cannot be both the second factor and the recovery.
                aws.cognito.UserPoolAccountRecoverySettingRecoveryMechanismArgs(
                    name="admin_only" if settings.email_mfa else "verified_email", priority=1
                )
            ]
        ),
        admin_create_user_config=aws.cognito.UserPoolAdminCreateUserConfigArgs(
            allow_admin_create_user_only=not settings.self_sign_up
        ),
        verification_message_template=aws.cognito.UserPoolVerificationMessageTemplateArgs(
            default_email_option="CONFIRM_WITH_CODE"
        ),
        password_policy=aws.cognito.UserPoolPasswordPolicyArgs(
            minimum_length=password.min_length,
            require_lowercase="lowercase" in password.must_hold,
            require_uppercase="uppercase" in password.must_hold,
            require_numbers="numbers" in password.must_hold,
            require_symbols="symbols" in password.must_hold,
            password_history_size=password.history or None,
            temporary_password_validity_days=password.temporary_days,
        ),
        mfa_configuration={"none": "OFF", "optional": "OPTIONAL", "required": "ON"}[settings.mfa],
        software_token_mfa_configuration=None
        if settings.mfa == "none"
        else aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs(enabled=True),
        email_mfa_configuration=aws.cognito.UserPoolEmailMfaConfigurationArgs(
            subject="Your sign-in code", message="Your sign-in code is {####}."
        )
        if settings.email_mfa
        else None,
        web_authn_configuration=aws.cognito.UserPoolWebAuthnConfigurationArgs(
            relying_party_id=relying_party, user_verification="required"
        )
        if settings.passkeys
        else None,
        sign_in_policy=None
        if settings.tier == "LITE"
        else aws.cognito.UserPoolSignInPolicyArgs(
            allowed_first_auth_factors=["PASSWORD", *(["WEB_AUTHN"] if settings.passkeys else [])]
        ),
        user_pool_add_ons=_add_ons(settings),
        email_configuration=_email(sender),
        lambda_config=None if triggers is None else lambda_config(triggers),
    )


def lambda_config(triggers: Triggers) -> aws.cognito.UserPoolLambdaConfigArgs:
    """Value of the pool's `lambda_config`."""
    tokens = triggers.pre_token_generation
    return aws.cognito.UserPoolLambdaConfigArgs(
        pre_sign_up=triggers.pre_sign_up,
        post_confirmation=triggers.post_confirmation,
        pre_authentication=triggers.pre_authentication,
        post_authentication=triggers.post_authentication,
        # AWS requires the same function in the older field.
        pre_token_generation=tokens,
        pre_token_generation_config=None
        if tokens is None
        else aws.cognito.UserPoolLambdaConfigPreTokenGenerationConfigArgs(lambda_arn=tokens, lambda_version="V2_0"),
        custom_message=triggers.custom_message,
        user_migration=triggers.user_migration,
    )


def _required(name: str) -> aws.cognito.UserPoolSchemaArgs:
    # AWS's limits of standard attributes: without them every preview shows a change.
    return aws.cognito.UserPoolSchemaArgs(
        name=name,
        attribute_data_type="String",
        required=True,
        mutable=True,
        developer_only_attribute=False,
        string_attribute_constraints=aws.cognito.UserPoolSchemaStringAttributeConstraintsArgs(
            min_length="0", max_length="2048"
        ),
    )


def _custom(name: str, attribute: CustomAttribute) -> aws.cognito.UserPoolSchemaArgs:
    return aws.cognito.UserPoolSchemaArgs(
        name=name,
        attribute_data_type=attribute.type,
        required=False,
        mutable=True,
        developer_only_attribute=False,
        string_attribute_constraints=aws.cognito.UserPoolSchemaStringAttributeConstraintsArgs(
            min_length="0", max_length=str(attribute.max_length)
        )
        if attribute.type == "String"
        else None,
    )


def _add_ons(settings: IdentitySettings) -> aws.cognito.UserPoolUserPoolAddOnsArgs | None:
    if settings.tier != "PLUS":
        return None
    mode = {"none": "OFF", "audit": "AUDIT", "enforced": "ENFORCED"}[settings.threat_protection]
    flows = aws.cognito.UserPoolUserPoolAddOnsAdvancedSecurityAdditionalFlowsArgs(custom_auth_mode=mode)
    return aws.cognito.UserPoolUserPoolAddOnsArgs(
        advanced_security_mode=mode, advanced_security_additional_flows=None if mode == "OFF" else flows
    )


def _email(sender: Sender | None) -> aws.cognito.UserPoolEmailConfigurationArgs:
    if sender is None:
        return aws.cognito.UserPoolEmailConfigurationArgs(email_sending_account="COGNITO_DEFAULT")
    return aws.cognito.UserPoolEmailConfigurationArgs(
        email_sending_account="DEVELOPER",
        source_arn=sender.identity_arn,
        from_email_address=sender.mailbox,
        reply_to_email_address=sender.reply_to,
        configuration_set=sender.configuration_set,
    )
