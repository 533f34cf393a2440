"""The guards every pack carries: profile of the stack, register of waivers, faults in rules."""

import dataclasses
import json
from datetime import date, timedelta

import pytest

from policies.library import waivers
from policies.library.judge import PROFILE_RULE, REGISTER_RULE, Judge, in_configuration, in_profiles
from policies.library.resources import STACK_TYPE, Resource
from policies.library.rules import REGISTRY, Problem
from policies.library.waivers import LONGEST_DAYS, RegisterError, Waiver
from tests.policies.support import TODAY, UNKNOWN, judge, policy, res

STACK = Resource.of(STACK_TYPE, "web-store-prod")
PROFILES_FILE = "policies/profiles.yaml (`make docs` writes policies/config)"
KEY = res("kms/key:Key", "orders", protect=True)


def waiver(**changes):
    values = {
        "rule": "kms-key-rotation",
        "urn": "*::orders",
        "environments": ("prod",),
        "reason": "imported key material, replaced in June",
        "owner": "platform",
        "granted": TODAY - timedelta(days=10),
        "expires": TODAY + timedelta(days=10),
    }
    return Waiver(**{**values, **changes})


def register_problems(program, entries):
    found = judge([STACK, *program], waivers=entries)
    return [finding.message for finding in found if finding.rule.name == REGISTER_RULE]


@pytest.mark.parametrize(
    ("stack", "loaded", "wrong"),
    [
        ("prod", "dev", True),
        ("prod-eu", "staging", True),
        ("staging", "dev", True),
        ("prod", "prod", False),
        ("staging", "prod", False),
        ("dev", "prod", False),
        ("anna", "dev", False),
    ],
)
def test_a_stack_under_a_weaker_profile_than_its_name_says_is_found(stack, loaded, wrong):
    found = judge([STACK], PROFILE_RULE, config={"profile": loaded}, stack_name=stack)
    assert bool(found) is wrong
    assert all(finding.urn == STACK.urn and finding.level == "mandatory" for finding in found)


def test_the_name_of_a_stack_is_read_from_its_urns_without_one_from_the_engine():
    exported = Resource.of(STACK_TYPE, "s", urn="urn:pulumi:prod::web-store::pulumi:pulumi:Stack::web-store-prod")
    assert len(judge([exported], PROFILE_RULE, config={"profile": "dev"})) == 1


def test_the_profile_that_the_stack_configuration_states_counts_before_the_name():
    config = {"web-store:environment": json.dumps({"profile": "prod"})}
    assert judge([STACK], PROFILE_RULE, config={"profile": "dev"}, stack_name="shop", stack_config=config)
    config = {"web-store:environment": json.dumps({"profile": "dev"})}
    assert not judge([STACK], PROFILE_RULE, config={"profile": "dev"}, stack_name="prod-like", stack_config=config)


def test_a_waiver_in_use_is_no_finding():
    assert register_problems([KEY], [waiver()]) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rule": "kms-key-rotates"}, "must name a rule that exists"),
        ({"expires": TODAY - timedelta(days=1)}, "expired"),
        ({"expires": TODAY + timedelta(days=LONGEST_DAYS["medium"])}, "must last 180 days at most"),
        ({"granted": TODAY + timedelta(days=11)}, "must be granted before it expires"),
        ({"urn": "*::renamed"}, "no finding needs it any more"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_invalid_waiver_is_a_finding_that_names_it(changes, says):
    found = register_problems([KEY], [waiver(**changes)])
    assert len(found) == 1
    assert says in found[0]
    assert changes.get("rule", "kms-key-rotation") in found[0]


@pytest.mark.parametrize(
    "glob", ["*::aws:kms/key:Key::orders", "*aws:kms/key:Key::orders", "*webstore:index:Store$*::orders", "*::orders"]
)
def test_a_waiver_may_leave_out_the_components_around_a_resource(glob):
    urn = "urn:pulumi:prod::web-store::webstore:index:Store$webstore:orders:Handoff$aws:kms/key:Key::orders"
    assert waiver(urn=glob).covers("kms-key-rotation", urn, "prod")
    assert not waiver(urn=glob).covers("kms-key-rotation", urn.replace("::orders", "::orders-2"), "prod")


def test_a_waiver_for_another_environment_is_not_reported_as_unused():
    assert register_problems([KEY], [waiver(environments=("dev",))]) == []


@pytest.mark.parametrize(("glob", "told"), [("urn:pulumi:*::shop::*::renamed", False), ("urn:*::project::*::x", True)])
def test_a_waiver_for_another_project_is_no_finding(glob, told):
    expired = TODAY - timedelta(days=1)
    assert bool(register_problems([KEY], [waiver(urn=glob)])) is told
    assert bool(register_problems([KEY], [waiver(urn=glob, expires=expired)])) is told


def test_a_waiver_of_a_corrected_resource_is_reported_as_unused():
    mended = res("kms/key:Key", "orders", {"enableKeyRotation": True})
    assert "no finding needs it any more" in register_problems([mended], [waiver()])[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("waivers: {}", "holding a list"),
        ("- rule: x", "must be a mapping"),
        ("waivers: [{rule: x}]", "waiver 1: must have exactly the keys"),
        (": [", r"waivers.yaml, line 1: cannot be read"),
        ("waivers:\n  - {rule: a, rule: b}", r"waivers.yaml, line 2: cannot be read: `rule` is given twice"),
        ("waivers: []\nwaivers: []", r"line 2: cannot be read: `waivers` is given twice"),
        (b"waivers: [{rule: \xff}]", r"waivers.yaml.* must be UTF-8"),
        ("waivers: " + "[" * 900 + "]" * 900, "nested at most"),
        ("waivers: &a [*a]", "must be plain YAML"),
        ("waivers: [!!bool maybe]", "must be plain YAML"),
        ("waivers: !!python/object:os.system []", "must be plain YAML"),
        ("", "must be a mapping"),
        (None, r"waivers.yaml: cannot be read: No such file"),
    ],
)
def test_a_register_that_cannot_be_read_is_an_error_with_its_place(tmp_path, text, says):
    path = tmp_path / "waivers.yaml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RegisterError, match=says):
        waivers.load(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("reason: ''", "reason must be a text"),
        ("environments: [production]", "environments must list some of dev, staging, prod"),
        ("environments: [[dev]]", "environments must list some of dev, staging, prod"),
        ("environments: [{a: 1}]", "environments must list some of dev, staging, prod"),
        ("environments: []", "environments must list some of dev, staging, prod"),
        ("expires: soon", "expires must be a date like 2026-01-31; found 'soon'"),
        ("expires: 2026-11-31", "waiver 1: expires must be a date of the calendar; found 2026-11-31: day is out"),
        ("granted: 0000-01-01", "granted must be a date of the calendar"),
        ("expires: 2026-12-01T10:00:00Z", "expires must be a date like 2026-01-31; found '2026-12-01T10:00:00Z'"),
        (f"expires: {'9' * 5000}", "must be plain YAML"),
        ("expires: 20261201", "expires must be a date like 2026-01-31; found 20261201"),
    ],
)
def test_an_entry_of_the_register_must_be_complete(tmp_path, change, says):
    entry = {
        "rule": "kms-key-rotation",
        "urn": "'*'",
        "environments": "[prod]",
        "reason": "r",
        "owner": "o",
        "granted": "2026-01-01",
        "expires": "2026-02-01",
    }
    key, value = change.split(": ", 1)
    entry[key] = value
    path = tmp_path / "waivers.yaml"
    path.write_text("waivers:\n  - " + "\n    ".join(f"{k}: {v}" for k, v in entry.items()) + "\n")
    with pytest.raises(RegisterError, match=says):
        waivers.load(path)


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_date_may_be_quoted(tmp_path, quote):
    path = tmp_path / "waivers.yaml"
    dates = [f"    {key}: {quote}{day}{quote}" for key, day in (("granted", "2026-01-01"), ("expires", "2026-02-01"))]
    entry = ["  - rule: kms-key-rotation", "    urn: '*'", "    environments: [prod]", "    reason: r", "    owner: o"]
    path.write_text("\n".join(("waivers:", *entry, *dates)))
    assert [(one.granted, one.expires) for one in waivers.load(path)] == [(date(2026, 1, 1), date(2026, 2, 1))]


def test_the_register_of_the_project_can_be_read_and_is_valid():
    entries = waivers.load()
    assert waivers.defects(entries, REGISTRY, TODAY) == []


@pytest.mark.parametrize("profile", ["dev", "staging", "prod"])
def test_a_fault_in_a_rule_is_one_finding_of_the_rules_own_level_that_names_it(profile):
    def faulty(_subject):
        yield Problem("x", "found before the fault")
        raise ValueError("secret-value")

    rule = dataclasses.replace(REGISTRY["kms-key-rotation"], judge=faulty)
    court = Judge({rule.name: rule})
    court.configure({rule.name: rule.levels[profile]}, {})
    found = court.resource(KEY)
    assert [(finding.level, finding.broken) for finding in found] == [(rule.levels[profile], True)]
    assert "rule kms-key-rotation failed with ValueError" in found[0].message
    assert "secret-value" not in found[0].message


@pytest.mark.parametrize(
    ("settings", "place", "told"),
    [
        ({}, in_profiles, "Setting: days is 90 by default"),
        ({"days": 60}, in_profiles, f"Setting: days is 60, by staging.settings.RULE in {PROFILES_FILE}"),
        ({"days": 60}, in_configuration, "Setting: days is 60, by RULE in config/staging.json"),
    ],
    ids=["default", "store", "another project"],
)
def test_a_finding_names_the_setting_it_goes_by_and_its_file(settings, place, told):
    rule = REGISTRY["cloudwatch-log-group-retention"]
    court = Judge({rule.name: rule}, place=place)
    court.configure({}, {PROFILE_RULE: {"profile": "staging"}, **({rule.name: settings} if settings else {})})
    [found] = court.resource(Resource.of("aws:cloudwatch/logGroup:LogGroup", "log", {"retentionInDays": 1}))
    assert told.replace("RULE", rule.name) in found.message.splitlines()


def test_a_finding_of_a_rule_without_settings_names_none():
    [found] = judge([KEY], "kms-key-rotation")
    assert "Setting: " not in found.message


def test_a_waiver_accepts_a_fault_in_a_rule_until_it_expires():
    rule = dataclasses.replace(REGISTRY["kms-key-rotation"], judge=lambda _: 1 / 0)
    for entry, told in ((waiver(), 0), (waiver(expires=TODAY - timedelta(days=1)), 1)):
        found = Judge({rule.name: rule}, waivers=[entry], today=lambda: TODAY).resource(KEY)
        assert len(found) == told
        assert all("no longer counts" in finding.message for finding in found)


def test_a_fault_on_one_resource_does_not_hide_findings_on_others():
    inner = REGISTRY["kms-key-rotation"].judge

    def faulty(subject):
        if subject.resource.name == "orders":
            raise ValueError
        yield from inner(subject)

    rule = dataclasses.replace(REGISTRY["kms-key-rotation"], judge=faulty, stack_kinds=("kms/key",))
    found = Judge({rule.name: rule}).stack([KEY, res("kms/key:Key", "other")])
    assert [(finding.urn.rsplit("::", 1)[-1], finding.broken) for finding in found] == [
        ("orders", True),
        ("other", False),
    ]


def test_a_policy_that_may_be_a_permissions_boundary_is_counted_as_deferred():
    rule = "iam-policy-no-admin"
    admin = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    wide = res("iam/policy:Policy", "wide", {"policy": admin, "arn": "arn:aws:iam::1:policy/wide"})
    for boundary, deferred in (
        ("arn:aws:iam::1:policy/wide", {}),
        (UNKNOWN, {(rule, wide.urn): ("permissionsBoundary",)}),
    ):
        role = res("iam/role:Role", "bounded", {"permissionsBoundary": boundary})
        court = Judge({rule: REGISTRY[rule]})
        assert court.stack([wide, role]) == []
        assert court.record.deferred == deferred


def test_judgements_on_unknown_values_are_counted():
    court = Judge(REGISTRY)
    sentinel = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert court.resource(res("kms/key:Key", "later", {"enableKeyRotation": sentinel}, protect=True)) == []
    assert court.record.deferred == {
        ("kms-key-rotation", "urn:pulumi:test::project::aws:kms/key:Key::later"): ("enableKeyRotation",)
    }
    assert "1 judgements deferred" in court.summary()


def test_a_rule_that_is_disabled_does_not_run():
    court = Judge(REGISTRY)
    court.configure({"kms-key-rotation": "disabled"}, {})
    assert court.resource(KEY) == []


def test_the_level_of_the_profile_is_the_level_of_the_finding():
    court = Judge(REGISTRY)
    court.configure({"kms-key-rotation": "advisory"}, {})
    assert [finding.level for finding in court.resource(KEY)] == ["advisory"]
