"""Pages of docs/policies, and the names that they promise to keep."""

import json
import re

import pytest
import yaml

from docs import generate, policy_pages
from policies import profiles
from policies.library import waivers
from policies.library.rules import REGISTRY
from tests.policies.cases import CASES
from tests.policies.support import TODAY

RULES = list(REGISTRY.values())
PAGES = policy_pages.pages()
_LEVELS = profiles.build(yaml.safe_load(profiles.SOURCE.read_text()))
_HEADING = re.compile(r"^#+ (.+)$", re.M)


def _section(rule):
    page = PAGES[policy_pages.FOLDER / f"{policy_pages.service_of(rule)}.md"]
    return re.search(rf"^## {rule.name}\n(.*?)(?=^## |\Z)", page, re.M | re.S)[1]


def test_the_pages_are_current_and_no_other_file_is_among_them():
    for path, text in PAGES.items():
        assert path.read_text() == text, f"{path.name}: run make docs"
    assert generate.surplus_pages(PAGES) == []


def test_a_page_that_nothing_generates_any_more_is_surplus(tmp_path):
    current, gone = tmp_path / "kms.md", tmp_path / "gone.md"
    current.write_text("")
    gone.write_text("")
    assert generate.surplus_pages({current: ""}, [tmp_path]) == [gone]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_page_of_a_service_says_everything_about_its_rules(rule):
    text = _section(rule)
    limits = [rule.limits] if rule.limits else []
    for part in (rule.title, rule.why, rule.fix, rule.control, rule.url, *rule.references, *rule.settings, *limits):
        assert part in text
    for label in ("Fix", "Judges", "Reads", "Severity", "References"):
        assert f"- **{label}**" in text
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) == (2 if rule.name in CASES and CASES[rule.name].bad else 0)
    for profile, content in _LEVELS.items():
        assert f"{profile} {content[rule.name]['enforcementLevel']}" in text


def _anchors(page):
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in _HEADING.findall(page)}


def test_every_link_leads_to_a_page_and_a_heading():
    for path, text in PAGES.items():
        for target in re.findall(r"\]\(([^)]+)\)", text) if path.suffix == ".md" else ():
            page, _, heading = target.partition("#")
            place = (path.parent / page).resolve() if page else path
            assert place.exists(), f"{path.name}: {target}"
            anchors = {
                re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
                for title in _HEADING.findall(PAGES.get(place, ""))
            }
            assert not heading or heading in anchors, f"{path.name}: {target}"


def test_the_index_has_every_rule_by_service_and_by_pack():
    text = PAGES[policy_pages.INDEX]
    for rule in RULES:
        assert text.count(f"({policy_pages.service_of(rule)}.md#{rule.name})") >= 2, rule.name


def test_the_waiver_on_the_index_is_in_order(tmp_path):
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGES[policy_pages.INDEX], re.M | re.S)
    path = tmp_path / "waivers.yaml"
    path.write_text(block)
    (found,) = waivers.load(path)
    assert waivers.defects([found], REGISTRY, TODAY) == []


def test_every_control_of_the_catalogue_is_decided():
    decided = policy_pages.controls()
    assert {rule.control for rule in RULES} - set(decided) == {"REG-01"}
    for control, entry in decided.items():
        assert "rule" in entry or entry["decision"] in ("later", "merged", "dropped"), control
        assert "rule" in entry or (entry["about"] and entry["reason"]), control


@pytest.mark.parametrize("entry", ["WAF-24: {about: a, decision: later, reason: b}", "WAF-01: {about: a}"])
def test_a_number_left_out_or_decided_twice_is_an_error(entry, tmp_path, monkeypatch):
    path = tmp_path / "controls.yaml"
    path.write_text(policy_pages.CONTROLS.read_text() + entry + "\n")
    monkeypatch.setattr(policy_pages, "CONTROLS", path)
    with pytest.raises(ValueError, match=r"each of WAF-01 to WAF-2[24] must have a rule or a decision, and not both"):
        policy_pages.controls()


def _released(version="0.4.0", **changes):
    now = policy_pages.released()
    return {
        "version": version,
        "rules": {name: held for name, held in {**now["rules"], **changes}.items() if held is not None},
    }


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """What was released, in a file of the test's own."""

    def keep(content):
        path = tmp_path / "rules.json"
        path.write_text(json.dumps(content))
        monkeypatch.setattr(policy_pages, "RELEASED", path)

    return keep


def test_names_of_rules_and_settings_are_kept_for_waivers_and_profiles_hold_on_to_them(kept):
    kept(_released())
    gone = _released("0.4.1", **{"kms-key-rotation": None, "kms-key-deletion-guarded": []})
    found = policy_pages.broken(gone)
    assert [text.partition(" was released in 0.4.0: keep it, or raise VERSION")[0] for text in found] == [
        "rule kms-key-rotation",
        "setting days of kms-key-deletion-guarded",
    ]


@pytest.mark.parametrize(("before", "now"), [("0.4.0", "0.5.0"), ("1.4.0", "2.0.0")])
def test_a_version_that_may_break_lets_names_go(before, now, kept):
    kept(_released(before))
    assert policy_pages.broken(_released(now, **{"kms-key-rotation": None})) == []


def test_one_that_may_not_does_not(kept):
    kept(_released("1.4.0"))
    assert policy_pages.broken(_released("1.5.0", **{"kms-key-rotation": None}))


def test_a_new_rule_breaks_nothing(kept):
    kept(_released(**{"kms-key-rotation": None}))
    assert policy_pages.broken() == []
