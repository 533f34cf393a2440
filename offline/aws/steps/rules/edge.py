"""CloudFront, DNS and certificates."""

from collections.abc import Iterator

from offline.aws.steps.step import Step, step_rule
from offline.checks.block import Block

# Types that show a certificate: the inputs with its ARN, those with the names, and what AWS says.
_SHOWN = {
    "cloudfront/distribution": (
        ("viewerCertificate.acmCertificateArn",),
        "aliases",
        "InvalidViewerCertificate: The certificate that is attached to your distribution doesn't cover the name",
    ),
    "apigateway/domainName": (
        ("regionalCertificateArn", "certificateArn"),
        "domainName",
        "BadRequestException: The domain name to be created is not covered by the provided certificate",
    ),
    "cognito/userPoolDomain": (
        ("certificateArn",),
        "domain",
        "InvalidParameterException: The specified SSL certificate doesn't cover the domain",
    ),
}


@step_rule("cloudfront/vpcOrigin", on=("update",))
def origin_in_use(step: Step) -> Iterator[str]:
    """hashicorp/terraform-provider-aws#40905, aws/aws-cdk#35765

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html. The provider
    calls CloudFront for changed settings only, not for changed tags.
    """
    config = "vpcOriginEndpointConfig"
    if step.old.raw(config) == step.new.raw(config):
        return
    for user in step.around.users("cloudfront/distribution"):
        yield (
            "CannotUpdateEntityWhileInUse: The specified VPC origin is currently associated with one or more "
            "distributions. Please disassociate the VPC origin from all distributions before updating or deleting "
            f"({user.id}; property {config})"
        )


@step_rule("cloudfront/distribution", on=("create", "update"))
def alternate_names(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html"""
    for path, alias in step.new.texts("aliases"):
        for other in step.around.mentioning(alias, "cloudfront/distribution"):
            if other.stays and alias in {text for _, text in other.inputs.texts("aliases")}:
                yield (
                    "CNAMEAlreadyExists: One or more of the CNAMEs you provided are already associated with a "
                    f"different resource: {alias} with {other.id} (property {path})"
                )


@step_rule(*_SHOWN, on=("create", "update"))
def certificate_covers(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html"""
    arns, names, says = _SHOWN[step.kind]
    for path in arns:
        block, key = step.new.inside(path)
        certificate = step.around.anywhere(block.text(key), "acm/certificate")
        if certificate is None or not certificate.inputs.text("domainName"):
            continue
        listed = (certificate.inputs.texts(name) for name in ("domainName", "subjectAlternativeNames"))
        covered = {text for texts in listed for _, text in texts}
        for at, name in step.new.texts(names):
            if name not in covered and f"*.{name.partition('.')[2]}" not in covered:
                yield f"{says}: {name} (property {at}); {block.text(key)} is for {', '.join(sorted(covered))}"


@step_rule("route53/record", on=("create",))
def alone_at_its_name(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#CNAMEFormat"""
    name, kind = _full_name(step, step.new), step.new.text("type")
    for other in step.around.mentioning(step.new.text("zoneId"), "route53/record") if name and kind else ():
        same = other.stays and (other.outputs.text("fqdn") or "").rstrip(".") == name
        if same and "CNAME" in (kind, other.inputs.text("type")) and kind != other.inputs.text("type"):
            yield (
                f"InvalidChangeBatch: RRSet of type {kind} with DNS name {name}. is not permitted as it conflicts with "
                f"other records with the same DNS name in zone ({other.id})"
            )


def _full_name(step: Step, record: Block) -> str | None:
    zone = step.around.named(record.text("zoneId"), "route53/zone")
    suffix = zone and (zone.inputs.text("name") or "").rstrip(".")
    given = record.text("name")
    if given is None:  # not known yet
        return None
    name = given.rstrip(".")
    if not suffix:
        return name or None
    return name if name == suffix or name.endswith(f".{suffix}") else f"{name}.{suffix}".lstrip(".")


@step_rule("route53/record", on=("create", "update"))
def zone_is_gone(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html"""
    zone = step.new.text("zoneId")
    if zone and step.around.was_deleted(zone):
        yield f"NoSuchHostedZone: No hosted zone found with ID: {zone} (property zoneId)"
