"""Images in ECR and in a registry of our own on 127.0.0.1."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from doctor.checks.images import images
from doctor.policy import actions
from doctor.program import PROJECT, UNREAD, Program, program_of
from tests.doctor.cloud import ACCOUNT, DENIED, Cloud, Refused, findings, made, program
from tests.stack_files import stack_file

_ECR = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"


def _index(*architectures: str) -> dict[str, Any]:
    return {"manifests": [{"platform": {"architecture": name, "os": "linux"}} for name in (*architectures, "unknown")]}


class _Registry(BaseHTTPRequestHandler):
    """`both` has both processors, `intel` one, `single` no list; a token is asked for as public registries do."""

    manifests: ClassVar = {"both": _index("arm64", "amd64"), "intel": _index("amd64"), "single": {"config": {}}}

    def do_GET(self) -> None:
        if self.path.startswith("/token"):
            self._send(200, {"token": "anybody"})
        elif self.headers.get("Authorization") != "Bearer anybody":
            realm = f'Bearer realm="http://{self.headers["Host"]}/token",service="here",scope="repository:x:pull"'
            self._send(401, {}, {"WWW-Authenticate": realm})
        elif (name := self.path.split("/")[-3]) in self.manifests and self.path.endswith("/1.0"):
            self._send(200, self.manifests[name])
        else:
            self._send(404, {})

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for key, value in {**(headers or {}), "Content-Length": str(len(text))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


def _running(image: str, architecture: str = "ARM64", *more: Any) -> Program:
    containers = json.dumps([{"image": image}])
    platform = {"cpuArchitecture": architecture}
    task = made("ecs/taskDefinition:TaskDefinition", containerDefinitions=containers, runtimePlatform=platform)
    return program(task, *more)


@pytest.mark.parametrize(("name", "status"), [("store/both:1.0", "MISSING"), ("store/single:1.0", "OK")])
def test_lambda_takes_no_list_of_manifests(registry: str, name: str, status: str) -> None:
    function = made("lambda/function:Function", imageUri=f"{registry}/{name}", architectures=["arm64"])
    (found,) = findings("images", program(function), Cloud())
    assert found.status.name == status
    assert ("--provenance=false" in str(found.mend)) is (status == "MISSING")


@pytest.mark.parametrize(
    ("name", "architecture", "status", "word"),
    [
        ("store/both:1.0", "ARM64", "OK", "amd64, arm64"),
        ("store/both:1.0", "X86_64", "OK", "amd64, arm64"),
        ("store/intel:1.0", "ARM64", "MISSING", "its tasks run on arm64"),
        ("store/single:1.0", "ARM64", "OK", "one processor"),
        ("store/both:2.0", "ARM64", "MISSING", "has no 2.0"),
        ("store/nobody:1.0", "ARM64", "MISSING", "has no 1.0"),
    ],
)
def test_a_public_image_must_exist_for_the_processor(
    registry: str, name: str, architecture: str, status: str, word: str
) -> None:
    (found,) = findings("images", _running(f"{registry}/{name}", architecture), Cloud())
    assert found.status.name == status
    assert word in found.found


def test_a_registry_that_nobody_reaches_is_told() -> None:
    (found,) = findings("images", _running("127.0.0.1:1/store/x:1.0"), Cloud())
    assert (found.status.name, found.found) == ("UNSEEN", "no connection to 127.0.0.1:1")


def _manifest(*architectures: str) -> dict[str, Any]:
    return {"images": [{"imageManifest": json.dumps(_index(*architectures))}]}


@pytest.mark.parametrize(
    ("answer", "status", "word"),
    [
        (_manifest("arm64"), "OK", "arm64"),
        (_manifest("amd64"), "MISSING", "its tasks run on arm64"),
        ({"images": [], "failures": [{"failureCode": "ImageNotFound"}]}, "MISSING", "no 1.0.0"),
        (Refused("RepositoryNotFoundException"), "MISSING", "no such repository"),
        (DENIED, "UNSEEN", "not allowed"),
    ],
)
def test_an_image_in_ecr(answer: Any, status: str, word: str) -> None:
    cloud = Cloud({("ecr", "BatchGetImage"): answer})
    (found,) = findings("images", _running(f"{_ECR}/store/customers:1.0.0"), cloud)
    assert found.status.name == status
    assert word in found.found


@pytest.mark.parametrize(
    ("docker", "code", "status"),
    [("/bin/docker", 0, "OK"), ("/bin/docker", 1, "MISSING"), (None, 0, "MISSING")],
)
def test_the_store_s_own_code_needs_docker_with_buildx(
    docker: str | None, code: int, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        asked.append(command)
        return SimpleNamespace(returncode=code)

    monkeypatch.setattr("doctor.checks.images.shutil.which", lambda _: docker)
    monkeypatch.setattr("doctor.checks.images.subprocess.run", run)
    (found,) = findings("images", _running(f"{_ECR}/store/services@sha256:{'a' * 64}"), Cloud())
    assert found.status.name == status
    assert asked == ([["/bin/docker", "buildx", "version"]] if docker else [])


def test_a_repository_of_the_program_is_filled_during_the_first_update() -> None:
    cloud = Cloud({("ecr", "BatchGetImage"): Refused("RepositoryNotFoundException")})
    repository = made("ecr/repository:Repository", "store/customers")
    (found,) = findings("images", _running(f"{_ECR}/store/customers:1.0.0", "ARM64", repository), cloud)
    assert found.status.name == "LATER"
    first, sign_in, push = found.mend.splitlines()
    assert first.startswith("pulumi up -s dev --target ")
    page = (PROJECT / "docs" / "images.md").read_text()
    assert first.replace("-s dev", "-s prod") in page, "the page has the same update"
    assert sign_in.endswith(f"docker login -u AWS --password-stdin {_ECR}")
    assert "--platform linux/arm64 --push" in push


@pytest.mark.parametrize(("tag", "status"), [("1.0", "OK"), ("2.0", "MISSING")])
def test_behind_a_pull_through_cache_the_public_image_counts(registry: str, tag: str, status: str) -> None:
    cloud = Cloud({("ecr", "BatchGetImage"): Refused("RepositoryNotFoundException")})
    rule = made(
        "ecr/pullThroughCacheRule:PullThroughCacheRule", ecrRepositoryPrefix="public", upstreamRegistryUrl=registry
    )
    (found,) = findings("images", _running(f"{_ECR}/public/store/both:{tag}", "ARM64", rule), cloud)
    assert (found.subject, found.status.name) == (f"{_ECR}/public/store/both:{tag}", status)


def test_images_of_another_account_are_not_looked_for_with_wrong_credentials() -> None:
    other = {"Account": "999999999999", "Arn": "arn:aws:iam::999999999999:user/x", "UserId": "AIDAEXAMPLE"}
    cloud = Cloud({("sts", "GetCallerIdentity"): other})
    (found,) = findings("images", _running(f"{_ECR}/store/customers:1.0.0"), cloud)
    assert (found.status.name, found.found) == ("UNSEEN", "the credentials are of account 999999999999")


PROVEN = f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/store/services@sha256:{'a' * 64}"


def _reading(image: str, **images: Any) -> Program:
    """dev that takes the store's own code from elsewhere."""
    running = _running(image)
    return program(*running.resources, change=lambda config: config.update({"web-store:images": images}))


@pytest.mark.parametrize(
    ("code", "said", "status", "word"),
    [
        (0, json.dumps({"services/ARM64": PROVEN}), "OK", "exists, for arm64"),
        (0, "{}", "MISSING", "the stack publishes no such image"),
        (255, "error: no stack named 'staging' found", "UNSEEN", "no stack named 'staging' found"),
    ],
)
def test_what_another_stack_publishes_is_looked_for_with_the_rights_of_this_account(
    code: int, said: str, status: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        asked.append(" ".join(command))
        return SimpleNamespace(returncode=code, stdout=said, stderr=said)

    def image(parameters: dict[str, Any]) -> dict[str, Any]:
        assert (parameters["registryId"], parameters["repositoryName"]) == ("222222222222", "store/services")
        return {"images": [{"imageManifest": json.dumps(_index("arm64"))}]}

    monkeypatch.setattr("doctor.checks.images.shutil.which", lambda _: "/bin/pulumi")
    monkeypatch.setattr("doctor.checks.images.subprocess.run", run)
    unread = _reading(f"{_ECR}/store/services@{UNREAD}", **{"from": "staging"})
    (found,) = findings("images", unread, Cloud({("ecr", "BatchGetImage"): image}))
    assert found.status.name == status
    assert word in found.found
    assert asked == ["/bin/pulumi stack output images_source_uris --json --stack staging"]


def test_without_the_pulumi_cli_another_stack_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doctor.checks.images.shutil.which", lambda _: None)
    unread = _reading(f"{_ECR}/store/services@{UNREAD}", **{"from": "staging"})
    (found,) = findings("images", unread, Cloud())
    assert (found.status.name, found.found) == ("UNSEEN", "there is no Pulumi CLI to read the stack's outputs")


@pytest.mark.parametrize(
    ("answer", "status", "word"),
    [
        ({"images": []}, "MISSING", "it has expired"),
        (Refused("RepositoryNotFoundException"), "MISSING", "it has expired"),
        (DENIED, "UNSEEN", "ecr:BatchGetImage"),
    ],
)
def test_a_pinned_image_that_is_gone_is_not_pushed_again(answer: Any, status: str, word: str) -> None:
    pinned = _reading(PROVEN, pinned={"services/ARM64": PROVEN})
    (found,) = findings("images", pinned, Cloud({("ecr", "BatchGetImage"): answer}))
    assert found.status.name == status
    assert word in found.found
    assert "docker" not in found.mend


def test_the_program_of_a_stack_that_reads_another_one_runs_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    config = stack_file("dev")
    config["web-store:images"] = {"from": "staging"}
    monkeypatch.setattr("doctor.program._configuration", lambda _: (config, []))
    found = program_of("dev")
    used = {image.name for image in images(found) if image.repository == "store/services"}
    assert used == {f"{_ECR}/store/services@{UNREAD}"}
    assert not [action for action in actions(found) if action == "ecr:PutImage"], "its deployer pushes nothing"
