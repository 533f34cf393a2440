"""The report files of a run: complete, valid, whole at any moment, and without secrets."""

import dataclasses
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

from pulumi.runtime import proto

from offline.workspace import Workspace
from policies.library import sarif
from policies.library.judge import Judge
from policies.library.pack import VERSION, Servicer, selection
from policies.library.report import VARIABLE, Reporter
from policies.library.resources import STACK_TYPE, Resource
from policies.library.rules import REGISTRY
from policies.library.waivers import Waiver
from tests.policies.formats import SARIF, junit_violations, violations
from tests.policies.support import TODAY, UNKNOWN, res
from tests.policies.test_pack import message, struct

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROTATION = "kms-key-rotation"
URN = "urn:pulumi:prod::shop::aws:kms/key:Key::"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter22"}
WAIVER = Waiver(ROTATION, "*::imported", ("prod",), "imported material", "platform", TODAY, TODAY + timedelta(days=9))
KEYS = {"open": {}, "imported": {}, "later": {"enableKeyRotation": UNKNOWN}, "good": {"enableKeyRotation": True}}


def key(name):
    return res("kms/key:Key", name, KEYS[name], urn=URN + name)


def judged(*names, rules=(ROTATION,), **options):
    judge = Judge({name: REGISTRY[name] for name in rules}, waivers=[WAIVER], today=lambda: TODAY, **options)
    for name in names:
        judge.resource(key(name))
    return judge


def written(folder, stem="prod"):
    """Both reports of a stack, each held against its schema."""
    log = json.loads((folder / f"{stem}.sarif").read_text())
    assert list(violations(log, SARIF)) == []
    tests = ElementTree.parse(folder / f"{stem}.junit.xml").getroot()
    assert list(junit_violations(tests)) == []
    (run,) = log["runs"]
    return run, tests


def finished(folder, judge, pack="web-store", **options):
    reporter = Reporter(judge, pack, VERSION, folder, now=lambda: NOW, **options)
    reporter.finish(f"{URN}open")
    return reporter


def outcomes(tests):
    return {
        case.get("name"): (case[0].tag, case[0].get("type")) if len(case) else ("passed", None)
        for case in tests.iter("testcase")
    }


def test_a_report_lists_what_was_found_waived_and_deferred(tmp_path):
    finished(tmp_path, judged(*KEYS))
    run, tests = written(tmp_path)
    results = {result["properties"]["urn"].removeprefix(URN): result for result in run["results"]}
    assert {name: (result["kind"], result["level"]) for name, result in results.items()} == {
        "open": ("fail", "error"),
        "imported": ("fail", "error"),
        "later": ("open", "none"),
    }
    assert run["properties"]["counts"] == {"mandatory": 1, "advisory": 0, "waived": 1, "deferred": 1, "broken": 0}
    assert [name for name, result in results.items() if "suppressions" in result] == ["imported"]
    assert outcomes(tests) == {
        "aws:kms/key:Key open": ("failure", "mandatory"),
        "aws:kms/key:Key imported": ("skipped", "waived"),
        "aws:kms/key:Key later": ("skipped", "deferred"),
        "1 resource passes": ("passed", None),
    }


def test_a_result_names_rule_resource_and_property(tmp_path):
    finished(tmp_path, judged("open"))
    run, _ = written(tmp_path)
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == ROTATION
    places = {entry["kind"]: entry["fullyQualifiedName"] for entry in result["locations"][0]["logicalLocations"]}
    assert places == {"resource": f"{URN}open", "property": f"{URN}open#enableKeyRotation"}
    assert result["properties"]["pythonPaths"] == ["enable_key_rotation"]
    assert REGISTRY[ROTATION].fix in result["message"]["text"]


def test_a_suppression_says_why_by_whom_and_until_when(tmp_path):
    finished(tmp_path, judged("imported"))
    (result,) = written(tmp_path)[0]["results"]
    (suppression,) = result["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"] == "imported material"
    assert suppression["properties"] == {"owner": "platform", "granted": "2026-06-01", "expires": "2026-06-10"}


def test_every_rule_comes_with_its_metadata(tmp_path):
    finished(tmp_path, Judge(REGISTRY))
    run, _ = written(tmp_path)
    rules = {entry["id"]: entry for entry in run["tool"]["driver"]["rules"]}
    assert set(rules) == set(REGISTRY)
    severities = {"critical": (9.0, 10.0), "high": (7.0, 8.9), "medium": (4.0, 6.9), "low": (0.1, 3.9)}
    for name, entry in rules.items():
        rule = REGISTRY[name]
        low, high = severities[rule.severity]
        assert low <= float(entry["properties"]["security-severity"]) <= high
        assert entry["helpUri"] == rule.url
        assert rule.fix in entry["help"]["text"]
        assert set(rule.tags) < set(entry["properties"]["tags"])
        assert len(entry["properties"]["tags"]) <= 20, "GitHub reads 20 tags of a rule"
        assert len(entry["relationships"]) == len(rule.references)
    held = {(taxonomy["name"], taxon["id"]) for taxonomy in run["taxonomies"] for taxon in taxonomy["taxa"]}
    assert ("AWS Foundational Security Best Practices", "CloudFront.6") in held
    for entry in rules.values():
        for relation in entry["relationships"]:
            target = relation["target"]
            assert (target["toolComponent"]["name"], target["id"]) in held
            assert run["taxonomies"][target["toolComponent"]["index"]]["name"] == target["toolComponent"]["name"]


def test_no_framework_of_a_rule_is_left_without_a_name():
    assert {reference.partition(":")[0] for rule in REGISTRY.values() for reference in rule.references} <= set(
        sarif._FRAMEWORKS
    )


def test_levels_of_the_profile_are_those_of_the_report(tmp_path):
    judge = judged()
    judge.configure({ROTATION: "advisory"}, {})
    judge.resource(key("open"))
    finished(tmp_path, judge)
    run, tests = written(tmp_path)
    assert run["results"][0]["level"] == "warning"
    assert outcomes(tests) == {"aws:kms/key:Key open": ("skipped", "advisory")}


def test_a_rule_that_fails_is_an_error_of_the_tool(tmp_path):
    def faulty(_subject):
        raise ValueError("hunter22")

    rule = dataclasses.replace(REGISTRY[ROTATION], judge=faulty)
    judge = Judge({rule.name: rule})
    judge.resource(key("open"))
    finished(tmp_path, judge)
    run, tests = written(tmp_path)
    assert run["results"] == []
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert (note["level"], note["associatedRule"]["id"]) == ("error", ROTATION)
    assert outcomes(tests) == {"aws:kms/key:Key open": ("error", "broken")}
    assert "hunter22" not in (tmp_path / "prod.sarif").read_text() + (tmp_path / "prod.junit.xml").read_text()


def test_findings_on_the_same_line_have_fingerprints_of_their_own(tmp_path):
    judge = judged("open")
    judge.resource(res("kms/key:Key", "other", urn=f"{URN}other"))
    finished(tmp_path, judge)
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in written(tmp_path)[0]["results"]]
    assert len(set(prints)) == 2


def test_texts_that_xml_cannot_hold_are_replaced(tmp_path):
    judge = judged()
    judge.resource(res("kms/key:Key", "bell\x07<&", urn=f"{URN}bell\x07<&"))
    finished(tmp_path, judge)
    assert list(outcomes(written(tmp_path)[1])) == ["aws:kms/key:Key bell\N{REPLACEMENT CHARACTER}<&"]


def server(folder, *packs, name="web-store", judge=None):
    judge = judge or Judge(selection(*packs or ("encryption",)))
    return Servicer(name, "Store", "Rules.", judge, Reporter(judge, name, VERSION, folder, now=lambda: NOW))


def ask(servicer, resource, raw=None):
    request = {"type": resource.type, "urn": resource.urn, "name": resource.name, "properties": struct(raw or {})}
    return servicer.Analyze(proto.AnalyzeRequest(**request), None)


def begin(servicer, *, dry_run):
    servicer.ConfigureStack(proto.AnalyzerStackConfigureRequest(stack="prod", project="shop", dry_run=dry_run), None)


def test_a_run_that_ends_early_leaves_a_report_that_says_so(tmp_path):
    servicer = server(tmp_path)
    begin(servicer, dry_run=True)
    ask(servicer, key("open"))
    run, tests = written(tmp_path)
    assert run["properties"]["operation"] == "preview"
    assert run["invocations"][0]["executionSuccessful"] is False
    assert outcomes(tests)["the run reaches its end"] == ("error", "incomplete")
    assert outcomes(tests)["aws:kms/key:Key open"] == ("failure", "mandatory")


def test_the_finding_that_ends_an_update_is_in_its_report(tmp_path):
    servicer = server(tmp_path)
    begin(servicer, dry_run=False)
    for number in range(5):
        ask(servicer, res("kms/key:Key", f"k{number}", urn=f"{URN}k{number}"), {"enableKeyRotation": number < 4})
    run, _ = written(tmp_path)
    assert run["properties"]["operation"] == "update"
    assert [result["properties"]["urn"] for result in run["results"]] == [f"{URN}k4"]


def test_reports_on_the_way_take_a_small_share_of_the_time(tmp_path):
    servicer = server(tmp_path)
    begin(servicer, dry_run=True)
    ask(servicer, key("open"))
    first = (tmp_path / "prod.sarif").stat().st_ino
    for number in range(20):
        ask(servicer, res("kms/key:Key", f"k{number}", urn=f"{URN}k{number}"))
    assert (tmp_path / "prod.sarif").stat().st_ino == first
    servicer.AnalyzeStack(proto.AnalyzeStackRequest(resources=[message(key("open"))]), None)
    run, _ = written(tmp_path)
    assert run["invocations"][0]["executionSuccessful"] is True
    assert len(run["results"]) == 21


def test_a_run_without_the_engines_configuration_is_an_analysis_of_the_stack_in_the_urns(tmp_path):
    servicer = server(tmp_path)
    servicer.AnalyzeStack(proto.AnalyzeStackRequest(resources=[message(key("open"))]), None)
    run, _ = written(tmp_path)
    assert (run["properties"]["operation"], run["properties"]["stack"]) == ("analysis", "prod")
    assert run["automationDetails"]["id"] == "web-store/shop/prod/"


def test_packs_of_one_run_write_files_apart(tmp_path):
    for pack, name in (("waf", "web-store-waf"), ("encryption", "web-store-encryption")):
        servicer = server(tmp_path, pack, name=name)
        servicer.AnalyzeStack(proto.AnalyzeStackRequest(resources=[message(key("open"))]), None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "prod.encryption.junit.xml",
        "prod.encryption.sarif",
        "prod.waf.junit.xml",
        "prod.waf.sarif",
    ]
    assert written(tmp_path, "prod.waf")[0]["tool"]["driver"]["name"] == "web-store-waf"


def test_values_that_the_program_marks_as_secret_reach_neither_messages_nor_files(tmp_path):
    servicer = server(tmp_path, "waf", "guardrails")
    container = [{"name": "main", "environment": [{"name": "PASSWORD", "value": "hunter22"}]}]
    task = {"containerDefinitions": {**SECRET, "value": json.dumps(container)}}
    group = {"description": SECRET, "ingress": [{"cidrBlocks": [{**SECRET, "value": "0.0.0.0/0"}], "protocol": "-1"}]}
    answers = [
        ask(servicer, Resource.of(f"aws:{type_}", "culprit", urn=f"urn:pulumi:prod::shop::aws:{type_}::culprit"), raw)
        for type_, raw in (("ecs/taskDefinition:TaskDefinition", task), ("ec2/securityGroup:SecurityGroup", group))
    ]
    told = [entry.message for answer in answers for entry in answer.diagnostics]
    assert any("(hidden)" in text for text in told)
    files = (tmp_path / "prod.sarif").read_text() + (tmp_path / "prod.junit.xml").read_text()
    for secret in ("hunter22", "0.0.0.0/0"):
        assert not any(secret in text.partition("\nWhy:")[0] for text in told)
    assert "hunter22" not in files


def test_a_secret_of_another_resource_does_not_reach_a_message_about_a_relation():
    def tell(subject):
        yield subject.problem("name", f"is not {subject.stack.resources[0].props['name']}")

    rule = dataclasses.replace(REGISTRY[ROTATION], judge=tell, stack_kinds=("kms/key",))
    owner = Resource("urn:a", "aws:kms/key:Key", "a", dict, load_secrets=lambda: frozenset({"hunter22"}))
    owner.__dict__["props"] = {"name": "hunter22"}
    found = Judge({rule.name: rule}).stack([owner, key("open")])
    assert len(found) == 2
    assert not any("hunter22" in finding.message for finding in found)


def test_a_reader_never_meets_half_a_report(tmp_path):
    judge = judged(*KEYS)
    reporter = finished(tmp_path, judge)
    done = threading.Event()

    def write():
        for _ in range(30):
            reporter.finish(f"{URN}open")
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        json.loads((tmp_path / "prod.sarif").read_text())
        ElementTree.fromstring((tmp_path / "prod.junit.xml").read_text())
    writer.join()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prod.junit.xml", "prod.sarif"]


def test_the_same_run_gives_the_same_bytes(tmp_path):
    files = []
    for folder, names in ((tmp_path / "a", KEYS), (tmp_path / "b", reversed(KEYS))):
        finished(folder, judged(*names))
        files.append([path.read_bytes() for path in sorted(folder.iterdir())])
    assert files[0] == files[1]


def test_a_folder_that_cannot_be_written_is_reported_once_and_fails_nothing(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    servicer = server(tmp_path / "file")
    assert ask(servicer, key("open")).diagnostics
    servicer.AnalyzeStack(proto.AnalyzeStackRequest(resources=[message(key("open"))]), None)
    assert capsys.readouterr().err.count(f"no report: the folder in {VARIABLE} must be writable") == 1


def test_only_an_absolute_folder_is_written(tmp_path, monkeypatch, capsys):
    """The engine starts a pack in the pack's own folder, where nobody looks for a report."""
    monkeypatch.chdir(tmp_path)
    judge = judged("open")
    for folder in ("", "reports"):
        monkeypatch.setenv(VARIABLE, folder)
        Reporter.of_environment(judge, "web-store", VERSION).finish(f"{URN}open")
        assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err.count("must be an absolute path") == 1
    monkeypatch.setenv(VARIABLE, str(tmp_path / "reports"))
    Reporter.of_environment(judge, "web-store", VERSION).finish(f"{URN}open")
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {"prod.sarif", "prod.junit.xml"}


def test_the_commands_put_reports_beside_the_state(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    workspace = Workspace(project=Path(__file__).resolve().parents[2], home=tmp_path)
    assert workspace.environment()[VARIABLE] == str(tmp_path / "reports")
    monkeypatch.setenv(VARIABLE, "/elsewhere")
    assert workspace.environment()[VARIABLE] == "/elsewhere"


def test_the_log_of_a_run_names_what_was_waived_and_deferred():
    told = judged(*KEYS).summary()
    assert "1 findings waived, 1 judgements deferred" in told
    assert "waived until 2026-06-10: kms-key-rotation on imported: imported material" in told
    assert "deferred: kms-key-rotation on later" in told


def test_a_stack_without_a_resource_of_its_own_is_reported_as_the_stack(tmp_path):
    judge = Judge(selection("waf"), waivers=[WAIVER, dataclasses.replace(WAIVER, rule="none")], known_rules=REGISTRY)
    judge.stack([key("good")])
    finished(tmp_path, judge)
    run, tests = written(tmp_path)
    assert run["results"][0]["locations"][0]["logicalLocations"][0]["name"] == "stack"
    assert "the stack" in outcomes(tests)


def test_a_stack_resource_is_named(tmp_path):
    judge = Judge(selection("waf"), waivers=[dataclasses.replace(WAIVER, rule="none")], known_rules=REGISTRY)
    root = Resource.of(STACK_TYPE, "shop-prod", urn="urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod")
    judge.stack([root])
    finished(tmp_path, judge)
    assert "pulumi:pulumi:Stack shop-prod" in outcomes(written(tmp_path)[1])


def bucket(name):
    return res("s3/bucket:Bucket", name, urn=f"urn:pulumi:prod::shop::aws:s3/bucket:Bucket::{name}")


def test_a_resource_that_a_program_only_reads_is_not_judged(tmp_path):
    servicer = server(tmp_path, "guardrails")
    begin(servicer, dry_run=True)
    # The engine asks about a resource that is read with the stack only.
    ask(servicer, bucket("made"), {"region": "eu-west-1"})
    request = proto.AnalyzeStackRequest(resources=[message(bucket("made")), message(bucket("read"))])
    about = {entry.urn.rpartition("::")[2] for entry in servicer.AnalyzeStack(request, None).diagnostics}
    assert "made" in about
    assert "read" not in about


def test_a_resource_that_a_program_only_reads_is_not_judged_in_its_state_either(tmp_path):
    servicer = server(tmp_path, "guardrails")
    servicer.ConfigureStack(proto.AnalyzerStackConfigureRequest(), None)
    assert ask(servicer, bucket("made"), {"region": "eu-west-1"}).diagnostics
    # The state of a resource that is read has no inputs.
    assert not ask(servicer, bucket("read")).diagnostics
    request = proto.AnalyzeStackRequest(resources=[message(bucket("made")), message(bucket("read"))])
    about = {entry.urn.rpartition("::")[2] for entry in servicer.AnalyzeStack(request, None).diagnostics}
    assert "made" in about
    assert "read" not in about
