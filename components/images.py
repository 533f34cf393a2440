"""Images: the store's own code, repositories of the services' images, and the cache of public ones."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx
import pulumi_docker_build as docker_build

from components.base import StoreComponent
from components.blocks.function_image import FunctionImage
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, account_root, policy_document
from components.blocks.service_permissions import PULL, repository_arn
from components.blocks.sources import DOCKERFILE, source_hash
from components.blocks.task_images import TaskImages
from components.foundation import Foundation
from settings.images import (
    CACHE,
    OWN_CODE,
    OWN_REPOSITORY,
    PUBLIC_REGISTRY,
    ImagesSettings,
    UsedImages,
    registry_of,
    repository_of,
    source_image,
)

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html (ecrRepositoryPrefix)
_PREFIX_MAX = 30
_UNTAGGED_DAYS = 14
# What runs in the store's own image as a function.
_ENTRY_POINT = ("python", "-m", "awslambdaric")
_HANDLER = ("services.function.handler",)
_PLATFORMS = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}


class Images(StoreComponent):
    """Repositories under the key of the tasks' disks: tags never move, pushes are scanned, old images expire.

    The store's own code is built from the folder `services` by Docker on the deployer's machine, once for each
    processor, and pushed before the services start: one image for all of them. Its tag is the hash of its sources, so
    unchanged sources change nothing, and tasks name it by its digest. For processors for which another environment has
    proved it nothing is built and no repository is made: tasks run that environment's image, by the same digest.

    A pull-through cache rule fills repositories of public images at the first pull. They are made here and not by ECR,
    so that they have a key and go with the stack, and tasks need no permission to make any.
    """

    TYPE = "webstore:images:Images"
    OUTPUTS = ("registry", "repository_names", "source_uris")
    registry: str
    """Registry of the account in the home Region, to log in to and push to."""
    repository_names: Sequence[str]
    """Repositories to push to."""
    source_uris: Mapping[str, pulumi.Input[str]]
    """Source and processor (`services/ARM64`) to the image with its digest, built here or elsewhere."""
    proven_repository_arns: Sequence[str]
    """Repositories of other environments that tasks pull from."""

    def __init__(
        self,
        name: str,
        *,
        settings: ImagesSettings,
        used: UsedImages,
        proven: Mapping[str, str],
        foundation: Foundation,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            used: Images of all tasks and functions.
            proven: Those that another environment has built, by source and processor: URI with digest.
        """
        super().__init__(name, opts, foundation=foundation)
        self._settings = settings
        self.registry = f"{foundation.account_id}.dkr.ecr.{foundation.region}.amazonaws.com"
        self._prefix = in_stack(CACHE, limit=_PREFIX_MAX)
        self._sources: dict[str, list[pulumi.Resource]] = {}
        self._function_repositories = {repository_of(image) for image in used.functions if not registry_of(image)}
        self._make_own(used)
        self._make_cache(used.payment_only)
        self._proven = {processor: proven[source_image(processor)] for processor in sorted(used.proven)}
        self._runs: dict[str, pulumi.Input[str]] = {**self._build(used.built), **self._proven}
        self.repository_names = sorted({repository_of(image) for image in used.own})
        self.source_uris = {source_image(processor): self._runs[processor] for processor in sorted(self._runs)}
        self.proven_repository_arns = sorted({repository_arn(uri) for uri in self._proven.values()})
        self._publish()

    def of_task(self, image: str, architecture: str, collector: str | None) -> TaskImages:
        """Images of a task, with the registries that they are pulled from.

        Args:
            architecture: Processor of the task.
            collector: Image of the trace collector, if the task has one.
        """
        images = [image, *([collector] if collector else [])]
        cached = {self._cached(repository_of(used)) for used in images if self._is_cached(used)}
        service = self._runs[architecture] if image == OWN_CODE else self._reference(image)
        return TaskImages(
            service=service,
            repository=service if isinstance(service, str) else self._reference(image),
            collector=self._reference(collector) if collector else None,
            cached_repository_arns=[self.foundation.arn("ecr", f"repository/{name}") for name in sorted(cached)],
            sources=[source for used in images for source in self._sources.get(used, ())],
        )

    def of_function(self, image: str, architecture: str) -> FunctionImage:
        """Image of a function.

        Args:
            architecture: Processor of the function.
        """
        own = image == OWN_CODE
        return FunctionImage(
            uri=self._runs[architecture] if own else self._reference(image),
            entry_point=_ENTRY_POINT if own else None,
            command=_HANDLER if own else None,
            sources=self._sources.get(image, ()),
        )

    def _build(self, processors: Collection[str]) -> dict[str, pulumi.Output[str]]:
        """Image of the store's own code for each processor, with its digest."""
        if not processors:
            return {}
        builder = docker_build.Provider(f"{self._name}-builder", opts=self._inside)
        sources = source_hash()
        built: dict[str, pulumi.Output[str]] = {}
        for processor in sorted(processors):
            platform = _PLATFORMS[processor]
            label = platform.rpartition("/")[2]
            built[processor] = awsx.ecr.Image(
                f"{self._name}-services-{label}",
                repository_url=f"{self.registry}/{OWN_REPOSITORY}",
                context=".",
                dockerfile=DOCKERFILE,
                platform=platform,
                # Repositories refuse a tag that exists; the stack's name keeps others of the account apart.
                image_tag=f"{in_stack(label, limit=100)}-{sources}",
                opts=pulumi.ResourceOptions(
                    parent=self, providers=[builder], depends_on=self._sources.get(OWN_CODE) or None
                ),
            ).image_uri
        return built

    def _reference(self, image: str) -> str:
        if not registry_of(image):
            return f"{self.registry}/{image}"
        return f"{self.registry}/{self._cached(image)}" if self._is_cached(image) else image

    def _is_cached(self, image: str) -> bool:
        return self._settings.public_cache and registry_of(image) == PUBLIC_REGISTRY

    def _cached(self, image: str) -> str:
        return f"{self._prefix}/{image.removeprefix(f'{PUBLIC_REGISTRY}/')}"

    def _make_own(self, used: UsedImages) -> None:
        if self._settings.repositories == "given":
            return
        made: dict[str, list[pulumi.Resource]] = {}
        for repository in sorted({repository_of(image) for image in used.own}):
            payment = all(used.payment_only[image] for image in used.own if repository_of(image) == repository)
            one = self._repository(
                repository, self._kept(), payment=payment, read_elsewhere=bool(self._settings.readers)
            )
            admitted = list(self._admitted(repository))
            made[repository] = [one]
            if admitted:
                made[repository].append(
                    aws.ecr.RepositoryPolicy(
                        f"{self._name}-{repository}",
                        repository=one.name,
                        policy=policy_document(*admitted),
                        opts=self._inside,
                    )
                )
        self._sources |= {image: made[repository_of(image)] for image in used.own}

    def _admitted(self, repository: str) -> Iterator[Statement]:
        """Who pulls from a repository beside the account's tasks, which need no policy of it."""
        readers = self._settings.readers
        if readers:
            # ECR decrypts by grants of its own on the key, so readers need no rights there
            # (https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html).
            yield Statement(sid="ReadersPull", actions=PULL, principals=[account_root(account) for account in readers])
        accounts = [*([self.foundation.account_id] if repository in self._function_repositories else []), *readers]
        if accounts:
            # Lambda would add such a policy by itself, with every right of the deployer's; it reads other accounts'
            # repositories by it alone
            # (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions).
            functions = [f"arn:aws:lambda:{self.foundation.region}:{account}:function:*" for account in accounts]
            yield Statement(
                sid="FunctionsPull",
                actions=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                services=["lambda.amazonaws.com"],
                conditions={"ArnLike": {"aws:SourceArn": functions}},
            )

    def _make_cache(self, used: Mapping[str, bool]) -> None:
        cached = [image for image in used if self._is_cached(image)]
        if not cached:
            return
        rule = aws.ecr.PullThroughCacheRule(
            f"{self._name}-public",
            ecr_repository_prefix=self._prefix,
            upstream_registry_url=PUBLIC_REGISTRY,
            opts=self._inside,
        )
        made = {}
        for upstream in sorted({repository_of(image) for image in cached}):
            # What is cached comes again, so nothing is protected; but ECR deletes no repository with images.
            kept = pulumi.ResourceOptions(parent=self, retain_on_delete=self.foundation.environment.protect)
            made[upstream] = self._repository(self._cached(upstream), kept, payment=False)
        self._sources |= {image: [rule, made[repository_of(image)]] for image in cached}

    def _repository(
        self, repository: str, options: pulumi.ResourceOptions, *, payment: bool, read_elsewhere: bool = False
    ) -> aws.ecr.Repository:
        keys, label = self.foundation.keys, f"{self._name}-{repository}"
        options.ignore_changes = ["encryptionConfigurations"]  # another key would replace it, images and all
        made = aws.ecr.Repository(
            label,
            name=repository,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[
                {"encryption_type": "KMS", "kms_key": keys.payment_key_arn if payment else keys.customer_key_arn}
            ],
            force_delete=not self.foundation.environment.protect,
            opts=options,
        )
        aws.ecr.LifecyclePolicy(label, repository=made.name, policy=self._lifecycle(read_elsewhere), opts=self._inside)
        return made

    def _lifecycle(self, read_elsewhere: bool) -> str:
        """https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html"""
        oldest = (
            ("sinceImagePushed", self._settings.keep_days)
            if read_elsewhere
            else ("imageCountMoreThan", self._settings.keep_images)
        )
        rules = (
            ("Images without a tag", "untagged", "sinceImagePushed", _UNTAGGED_DAYS),
            ("The oldest images", "any", *oldest),
        )
        return json.dumps(
            {
                "rules": [
                    {
                        "rulePriority": priority,
                        "description": description,
                        "selection": {
                            "tagStatus": status,
                            "countType": count_type,
                            **({"countUnit": "days"} if count_type == "sinceImagePushed" else {}),
                            "countNumber": number,
                        },
                        "action": {"type": "expire"},
                    }
                    for priority, (description, status, count_type, number) in enumerate(rules, start=1)
                ]
            }
        )
