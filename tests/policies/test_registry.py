"""What every rule says about itself, and the files generated from it."""

import copy
import json
import re
from pathlib import Path

import pulumi_aws
import pytest
import yaml

from policies import docs, profiles
from policies.library import waivers
from policies.library.cloudformation import FORMS
from policies.library.resources import STACK_TYPE
from policies.library.rules import PACKS, PROFILES, REGISTRY
from tests.policies.cases import CASES
from tests.policies.support import TODAY

RULES = list(REGISTRY.values())
NAMES = Path(__file__).with_name("rule_names.txt")
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


def test_the_names_of_rules_are_kept_for_waivers_and_profiles_hold_on_to_them():
    assert sorted(REGISTRY) == NAMES.read_text().split()


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


def test_the_files_for_the_engine_are_current():
    for profile, content in profiles.build(_source()).items():
        assert json.loads((profiles.TARGET / f"{profile}.json").read_text()) == content


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
        ({"settings": {"ec2-vpc-tier-zones": {"zones": "2"}}}, "zones of ec2-vpc-tier-zones is '2', expected integer"),
        ({"settings": {"ec2-vpc-tier-zones": {"zones": True}}}, "expected integer"),
        ({"settings": {"ec2-vpc-tier-zones": {"zones": 0}}}, "at least 1"),
        ({"settings": {"pack-stack-profile": {"profile": "qa"}}}, "expected one of"),
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


def test_the_page_of_the_rules_is_current():
    for path, text in docs.pages().items():
        assert path.read_text() == text, f"{path.name}: run python -m policies.docs"


_SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", (docs.PAGE).read_text(encoding="utf-8"), re.M | re.S))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_page_says_everything_about_a_rule(rule):
    text = _SECTIONS[rule.name]
    for part in (rule.title, rule.why, rule.fix, rule.control, rule.url, *rule.references, *rule.settings):
        assert part in text
    for label in ("Fix", "Judges", "Reads", "Severity", "Limits", "References"):
        assert f"- **{label}**" in text
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) == (2 if rule.name in CASES and CASES[rule.name].bad else 0)
    for profile, content in profiles.build(_source()).items():
        assert f"{profile} {content[rule.name]['enforcementLevel']}" in text


def test_the_waivers_on_the_page_are_in_order(tmp_path):
    entries = [block for text in _SECTIONS.values() for block in re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)]
    path = tmp_path / "waivers.yaml"
    path.write_text("waivers:\n" + "".join(entries))
    found = waivers.load(path)
    assert {waiver.rule for waiver in found} == set(REGISTRY)
    assert waivers.defects(found, REGISTRY, TODAY) == []


def test_no_profile_is_weaker_than_the_one_before_it():
    order = ("disabled", "advisory", "mandatory")
    built = profiles.build(_source())
    for name in REGISTRY:
        levels = [order.index(built[profile][name]["enforcementLevel"]) for profile in PROFILES]
        assert levels == sorted(levels), name


def test_every_control_of_the_catalogue_is_decided():
    decided = docs.controls()
    assert {rule.control for rule in RULES} - set(decided) == {"REG-01"}
    for control, entry in decided.items():
        assert "rule" in entry or entry["decision"] in ("later", "merged", "dropped"), control
        assert "rule" in entry or (entry["about"] and entry["reason"]), control
