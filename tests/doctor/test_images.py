"""Images in ECR and in a registry of our own on 127.0.0.1."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from doctor.program import PROJECT, Program
from tests.doctor.cloud import ACCOUNT, DENIED, Cloud, Refused, findings, made, program

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
