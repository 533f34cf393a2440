"""Configurations of managed rule groups."""

import pulumi_aws as aws

from settings.web_acl import AccountCreation, AccountTakeover, AntiDdos, BotControl, BotControlOfPrograms, RuleGroup

_Config = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementManagedRuleGroupConfigArgsDict


def group_config(group: RuleGroup, *, responses: bool) -> _Config | None:
    """
    Args:
        responses: Inspect the origin's responses, which WAF supports for CloudFront only
            (https://docs.aws.amazon.com/waf/latest/developerguide/waf-atp-control-example-response-inspection.html).
    """
    match group:
        case AntiDdos():
            return _anti_ddos(group)
        case BotControl() | BotControlOfPrograms():
            return _bot_control(group)
        case AccountTakeover():
            return _account_takeover(group, responses=responses)
        case AccountCreation():
            return _account_creation(group, responses=responses)
        case _:
            return None


def _anti_ddos(settings: AntiDdos) -> _Config:
    return {
        "aws_managed_rules_anti_ddos_rule_set": {
            "sensitivity_to_block": settings.sensitivity,
            "client_side_action_config": {
                "challenge": {
                    "usage_of_action": "ENABLED",
                    "exempt_uri_regular_expressions": [{"regex_string": path} for path in settings.never_challenge],
                }
            },
        }
    }


def _bot_control(settings: BotControl | BotControlOfPrograms) -> _Config:
    return {
        "aws_managed_rules_bot_control_rule_set": {
            "inspection_level": settings.level,
            "enable_machine_learning": True if settings.level == "TARGETED" else None,
        }
    }


def _account_takeover(settings: AccountTakeover, *, responses: bool) -> _Config:
    return {
        "aws_managed_rules_atp_rule_set": {
            "login_path": settings.login_path,
            "request_inspection": {
                "payload_type": settings.payload,
                "username_field": {"identifier": settings.username_field},
                "password_field": {"identifier": settings.password_field},
            },
            "response_inspection": {"status_code": {"success_codes": [200, 302], "failure_codes": [401, 403]}}
            if responses
            else None,
        }
    }


def _account_creation(settings: AccountCreation, *, responses: bool) -> _Config:
    return {
        "aws_managed_rules_acfp_rule_set": {
            "registration_page_path": settings.registration_page_path,
            "creation_path": settings.creation_path,
            "request_inspection": {
                "payload_type": settings.payload,
                "username_field": {"identifier": settings.username_field},
                "password_field": {"identifier": settings.password_field},
                "email_field": None if settings.email_field is None else {"identifier": settings.email_field},
            },
            "response_inspection": {"status_code": {"success_codes": [200, 201, 302], "failure_codes": [400, 409]}}
            if responses
            else None,
        }
    }
