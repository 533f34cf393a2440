"""Container images: that they exist, for the processor that the tasks or functions run on."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from doctor.account import Account, UnseenError
from doctor.program import PROJECT, UNREAD, Program
from doctor.result import Check, Finding, Step, later, missing, ok, unseen
from settings.images import OWN_REPOSITORY, source_image

_TIMEOUT_SECONDS = 10
_PRIVATE = ".dkr.ecr."
# A list of manifests for several processors, or one of them, in Docker's and OCI's form.
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_PROCESSORS = {"ARM64": "arm64", "X86_64": "amd64"}


@dataclass(frozen=True)
class Image:
    name: str
    architecture: str
    """As ECS has it: ARM64 or X86_64."""
    of_function: bool = False
    """Lambda takes no list of manifests (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html)."""

    @property
    def build(self) -> str:
        """Command that builds and pushes it; with attestations it would be a list of manifests."""
        single = "--provenance=false --sbom=false " if self.of_function else ""
        return f"docker buildx build --platform linux/{_PROCESSORS[self.architecture]} {single}--push -t {self.name} ."

    @property
    def registry(self) -> str:
        return self.name.partition("/")[0]

    @property
    def repository(self) -> str:
        return self.name.partition("/")[2].partition("@")[0].partition(":")[0]

    @property
    def reference(self) -> str:
        """Digest, else tag, else `latest`."""
        _, _, digest = self.name.partition("@")
        return digest or self.name.partition("/")[2].partition(":")[2] or "latest"


def images(program: Program) -> list[Image]:
    """Images of all containers and functions, each with its processor."""
    found: set[tuple[str, str, bool]] = set()
    for task in program.of("ecs/taskDefinition:TaskDefinition"):
        architecture = str((task.inputs.get("runtimePlatform") or {}).get("cpuArchitecture") or "X86_64")
        for container in json.loads(task.inputs["containerDefinitions"]):
            found.add((container["image"], architecture, False))
    for function in program.of("lambda/function:Function"):
        if function.inputs.get("imageUri"):
            (architecture,) = function.inputs["architectures"]
            found.add((str(function.inputs["imageUri"]), architecture.upper(), True))
    return [Image(*facts) for facts in sorted(found)]


def _run(program: Program, account: Account) -> Iterator[Finding]:
    for image in images(program):
        try:
            used = program.settings.used_images
            if image.repository == OWN_REPOSITORY and image.architecture in used.built:
                yield _built(image)
            elif image.reference == UNREAD:
                yield _published(image.architecture, program, account)
            elif image.repository == OWN_REPOSITORY and image.architecture in used.proven:
                yield _proven(image, account)
            elif _PRIVATE in image.registry:
                yield _in_ecr(image, program, account)
            else:
                yield _judged(image, _processors(_from_registry(image)))
        except UnseenError as reason:
            yield unseen(image.name, str(reason))


def _built(image: Image) -> Finding:
    """Of the store's own code: only Docker can be missing."""
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "buildx", "version"], capture_output=True, check=False).returncode == 0:
        return ok(image.name, "the update builds it from the folder `services`, and pushes it")
    return missing(
        image.name,
        "the update builds it from the folder `services`, and this machine has no Docker with buildx",
        "# install Docker with buildx (https://docs.docker.com/engine/install/), or deploy from a machine that has it",
    )


def _published(processor: str, program: Program, account: Account) -> Finding:
    """Of the store's own code, as the stack that `images.from` names publishes it now."""
    stack, source = program.settings.images.from_ or "", source_image(processor)
    subject, update = f"{source} of stack {stack}", f"pulumi up -s {stack}"
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        return unseen(subject, "there is no Pulumi CLI to read the stack's outputs")
    command = [pulumi, "stack", "output", "images_source_uris", "--json", "--stack", stack]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        return unseen(subject, f"the stack's outputs cannot be read: {reason}", update)
    uri = json.loads(done.stdout).get(source)
    if uri is None:
        return missing(subject, "the stack publishes no such image", update)
    return _proven(Image(uri, processor), account)


def _proven(image: Image, account: Account) -> Finding:
    """Of the store's own code, built by another environment: the look is the pull that tasks need, with own rights."""
    account.demand_right_account()
    answer = _manifest(image, account)
    if answer and answer["images"]:
        return _judged(image, _processors(json.loads(answer["images"][0]["imageManifest"])))
    return missing(
        image.name,
        "ECR has no such image: it has expired, or was never pushed",
        "# update the stack that builds it, and take its new image (docs/promotion.md)",
    )


def _in_ecr(image: Image, program: Program, account: Account) -> Finding:
    account.demand_right_account()
    region = image.registry.split(".")[3]
    answer = _manifest(image, account)
    if answer and answer["images"]:
        return _judged(image, _processors(json.loads(answer["images"][0]["imageManifest"])))
    upstream = _upstream(image, program)
    if upstream:
        found = _judged(upstream, _processors(_from_registry(upstream)))
        return Finding(found.status, image.name, f"pulled through from {upstream.name}: {found.found}", found.mend)
    commands = (
        f"aws ecr get-login-password --region {region} | docker login -u AWS --password-stdin {image.registry}\n"
        f"{image.build}"
    )
    if answer is None and program.made(image.repository):
        words = "the update makes the repository, and its service starts once the image is in it (docs/images.md)"
        return later(image.name, words, f"{_only_repositories(program.stack)}\n{commands}")
    if answer is None:
        create = f"aws ecr create-repository --region {region} --repository-name {image.repository}\n"
        return missing(image.name, "there is no such repository", create + commands)
    return missing(image.name, f"the repository has no {image.reference}", commands)


def _manifest(image: Image, account: Account) -> Mapping[str, Any] | None:
    """ECR's answer; None where it has no such repository."""
    owner, region = image.registry.split(".")[0], image.registry.split(".")[3]
    return account.find(
        "ecr",
        "batch_get_image",
        absent=("RepositoryNotFoundException",),
        region=region,
        registryId=owner,
        repositoryName=image.repository,
        imageIds=[{"imageDigest" if ":" in image.reference else "imageTag": image.reference}],
        acceptedMediaTypes=list(_MANIFESTS),
    )


def _only_repositories(stack: str) -> str:
    """The update that makes the repositories with their keys and nothing else."""
    boxes = ("::store", "webstore:encryption:Encryption**", "webstore:images:Images**")
    return " ".join((f"pulumi up -s {stack}", *(f"--target '**{box}'" for box in boxes)))


def _upstream(image: Image, program: Program) -> Image | None:
    """The public image behind a pull-through cache rule that the program makes."""
    for rule in program.of("ecr/pullThroughCacheRule:PullThroughCacheRule"):
        prefix = f"{rule.inputs['ecrRepositoryPrefix']}/"
        if image.repository.startswith(prefix):
            return Image(
                f"{rule.inputs['upstreamRegistryUrl']}/{image.name.partition('/')[2].removeprefix(prefix)}",
                image.architecture,
            )
    return None


def _judged(image: Image, processors: frozenset[str] | None) -> Finding:
    wanted = _PROCESSORS[image.architecture]
    if processors is None:
        return missing(
            image.name,
            f"the registry {image.registry} has no {image.reference}",
            "name a tag or digest that exists in the stack file",
        )
    if processors and image.of_function:
        return missing(
            image.name,
            f"is a list of manifests, for {', '.join(sorted(processors))}, which Lambda refuses",
            image.build,
        )
    if processors and wanted not in processors:
        return missing(
            image.name,
            f"is for {', '.join(sorted(processors))}; its tasks run on {wanted}",
            f"{image.build}   # or another `architecture`",
        )
    if not processors:
        return ok(image.name, "exists; for one processor, which its manifest does not name")
    return ok(image.name, f"exists, for {', '.join(sorted(processors))}")


def _processors(manifest: Mapping[str, Any] | None) -> frozenset[str] | None:
    """Processors that a manifest list has; empty for a single manifest, None without a manifest."""
    if manifest is None:
        return None
    platforms = (entry.get("platform", {}) for entry in manifest.get("manifests", []))
    return frozenset(str(platform.get("architecture")) for platform in platforms) - {"unknown", "None"}


def _from_registry(image: Image) -> Mapping[str, Any] | None:
    """Manifest from a registry's HTTP API, signed in as anybody; None where it has none.

    https://distribution.github.io/distribution/spec/api/
    """
    scheme = "http" if image.registry.startswith("127.0.0.1") else "https"
    url = f"{scheme}://{image.registry}/v2/{image.repository}/manifests/{image.reference}"
    try:
        return _get(url, token="")
    except urllib.error.HTTPError as error:
        if error.code in (401, 403) and error.headers.get("WWW-Authenticate"):
            return _with_token(url, error.headers["WWW-Authenticate"])
        if error.code == 404:
            return None
        raise UnseenError(f"{image.registry} answers {error.code}") from error
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise UnseenError(f"no connection to {image.registry}") from error


def _with_token(url: str, challenge: str) -> Mapping[str, Any] | None:
    fields = dict(part.strip().split("=", 1) for part in challenge.partition(" ")[2].split(","))
    asked = {key: value.strip('"') for key, value in fields.items()}
    query = "&".join(f"{key}={asked[key]}" for key in ("service", "scope") if key in asked)
    try:
        token = _get(f"{asked['realm']}?{query}", token="")
        return _get(url, token=str(token.get("token") or token.get("access_token")))
    except urllib.error.HTTPError as error:
        # Registries hide what is missing behind 401 and 403 from who may not list.
        if error.code in (401, 403, 404):
            return None
        raise UnseenError(f"{url.split('/')[2]} answers {error.code}") from error
    except (urllib.error.URLError, TimeoutError, KeyError, ValueError) as error:
        raise UnseenError(f"no token from {challenge.partition(' ')[2]}") from error


def _get(url: str, *, token: str) -> Mapping[str, Any]:
    headers = {"Accept": ", ".join((*_MANIFESTS, "application/json"))}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT_SECONDS) as answer:
        return json.load(answer)


CHECKS = (
    Check(
        name="images",
        step=Step.IMAGES,
        looks_at="Every image of a container: its manifest in ECR (`ecr batch-get-image`) or in a public registry "
        "(HTTP API), and that it has the processor of its tasks (`architecture`, ARM64 unless set). The store's own "
        "code is built by the update: Docker with buildx on this machine; or, with `images.from`, is what that stack "
        "publishes (`pulumi stack output`), which the account must be able to pull.",
        mends="`docker buildx build --platform linux/arm64 --push`; or another tag in the stack file.",
        run=_run,
        in_account=False,
    ),
)
