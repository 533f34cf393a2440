"""Metadata of every rule, and the files generated from them."""

import copy
import re
from pathlib import Path

import pulumi_aws
import pytest
import yaml

from policies import profiles
from policies.library.cloudformation import FORMS
from policies.library.resources import STACK_TYPE
from policies.library.rules import PACKS, PROFILES, REGISTRY
from tests.policies.cases import CASES

RULES = list(REGISTRY.values())
_MODULES = Path(pulumi_aws.__file__).parent


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_metadata_is_complete(rule):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){2,}", rule.name)
    assert re.fullmatch(r"(WAF|ENC|TLS|HA|IAM|NET|LOG|BCK|TAG|SEC|REG)-\d\d", rule.control)
    for text in (rule.title, rule.why, rule.fix):
        assert len(text) > 10
        assert not text.endswith(".")
    assert rule.url.startswith("https://")
    assert rule.kinds
    assert rule.paths
    assert set(rule.levels) == set(PROFILES)
    assert rule.pack in PACKS
    assert all(re.fullmatch(r"[a-z-]+:[\w.-]+", reference) for reference in rule.references)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_prod_is_never_weaker_than_staging_nor_staging_than_dev(rule):
    order = ("disabled", "advisory", "mandatory")
    assert order.index(rule.levels["dev"]) <= order.index(rule.levels["staging"]) <= order.index(rule.levels["prod"])


def test_controls_are_given_once():
    assert len({rule.control for rule in RULES}) == len(RULES)


def _tokens(kind):
    module, member = kind.split("/")
    return f"aws:{module}/{member}:{member[0].upper()}{member[1:]}"


def test_every_kind_that_a_rule_names_is_a_type_of_pulumi_aws():
    kinds = {kind for rule in RULES for kind in rule.kinds if kind not in ("*", STACK_TYPE)}
    kinds |= {path.split(" · ")[0] for rule in RULES for path in rule.paths if " · " in path}
    kinds |= {form.kind for form in FORMS.values()} | {part.kind for form in FORMS.values() for part in form.parts}
    for kind in sorted(kinds - set(FORMS)):
        module, token = kind.split("/")[0], _tokens(kind)
        folder = _MODULES / ("lambda_" if module == "lambda" else module)
        assert any(f"'{token}'" in file.read_text() for file in folder.glob("*.py")), token


def test_every_type_in_the_cases_is_a_type_of_pulumi_aws():
    programs = [p for cases in CASES.values() for group in (cases.good, cases.bad) for p in group.values()]
    tokens = {r.type for program in programs for r in program if re.match(r"aws:\w+/", r.type)}
    for token in sorted(tokens):
        module = token.split(":")[1].split("/")[0]
        folder = _MODULES / ("lambda_" if module == "lambda" else module)
        assert any(f"'{token}'" in file.read_text() for file in folder.glob("*.py")), token


def _source():
    return yaml.safe_load(profiles.SOURCE.read_text())


def test_what_stack_files_declare_comes_to_what_a_profile_lists():
    rule, other = "apigateway-method-authorized", "ec2-vpc-tier-zones"
    source = {"staging": {"settings": {rule: {"public": ["GET /status"]}}}}
    declared = {"staging": {rule: {"public": ["api-get-reviews", "GET /status"]}}, "dev": {rule: {"public": ["a"]}}}
    built = profiles.build(source, declared=declared)
    public = {profile: content[rule]["public"] for profile, content in built.items()}
    assert public == {"dev": ["a"], "staging": ["GET /status", "api-get-reviews"], "prod": []}
    assert built["staging"][other] == profiles.build(source)["staging"][other]
    assert REGISTRY[rule].defaults == {"public": []}


def test_a_profile_names_itself_and_gives_every_rule_a_level():
    for profile, content in profiles.build(_source()).items():
        assert content["pack-stack-profile"]["profile"] == profile
        assert set(content) == set(REGISTRY)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"settings": {"kms-key-rotations": {}}}, "no rule kms-key-rotations; did you mean kms-key-rotation?"),
        ({"levels": {"kms-key-rotation": "mandatary"}}, "no level mandatary; did you mean mandatory?"),
        ({"settings": {"ec2-vpc-tier-zones": {"zone": 2}}}, "did you mean zones?"),
        (
            {"settings": {"ec2-vpc-tier-zones": {"zones": "2"}}},
            "zones of ec2-vpc-tier-zones must be of type integer; it is '2'",
        ),
        ({"settings": {"ec2-vpc-tier-zones": {"zones": True}}}, "must be of type integer"),
        ({"settings": {"ec2-vpc-tier-zones": {"zones": 0}}}, "at least 1"),
        ({"settings": {"pack-stack-profile": {"profile": "qa"}}}, "must be one of"),
    ],
)
def test_a_misspelt_profile_is_an_error_that_says_where(change, says):
    source = copy.deepcopy(_source())
    source["dev"] = change
    with pytest.raises(profiles.ProfileError, match=re.escape(says)):
        profiles.build(source)


def test_an_unknown_profile_is_an_error():
    with pytest.raises(profiles.ProfileError, match="no profile production"):
        profiles.build({"production": {}})


def test_no_profile_is_weaker_than_the_one_before_it():
    order = ("disabled", "advisory", "mandatory")
    built = profiles.build(_source())
    for name in REGISTRY:
        levels = [order.index(built[profile][name]["enforcementLevel"]) for profile in PROFILES]
        assert levels == sorted(levels), name
