"""Resources of types that CloudFormation has and pulumi_aws lacks, made by a stack of CloudFormation."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws


class CloudFormation:
    """A stack of CloudFormation with what a template says.

    Cloud Control makes single resources of such types with less, but changes them by a patch, which AWS applies to what
    it reads: what it never answers (`writeOnlyProperties`) cannot be changed, other changes lose it, and flags of a
    deletion do not arrive (https://github.com/hashicorp/terraform-provider-awscc/issues/1422). CloudFormation hands the
    whole definition to AWS each time. The environment's tags are those of the stack, and so of what is in it.
    """

    def __init__(
        self,
        name: str,
        resources: Mapping[str, Any],
        *,
        about: str,
        outputs: Mapping[str, tuple[str, str]] | None = None,
        parameters: Mapping[str, pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """
        Args:
            resources: Logical id to type and properties, as in a template; values may be outputs.
            about: Description of the template.
            outputs: Name to logical id and attribute.
            parameters: Values that are not known before the update, for `{"Ref": <name>}`: the rest of the template
                stays readable in a preview, for policies too.
        """
        self._name = name
        template = {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": about,
            **({"Parameters": {key: {"Type": "String"} for key in parameters}} if parameters else {}),
            "Resources": resources,
            **(
                {"Outputs": {key: {"Value": {"Fn::GetAtt": list(of)}} for key, of in outputs.items()}}
                if outputs
                else {}
            ),
        }
        self.resource = aws.cloudformation.Stack(
            name,
            template_body=pulumi.Output.json_dumps(template),
            parameters=parameters,
            on_failure="DELETE",
            opts=opts,
        )

    def output(self, key: str) -> pulumi.Output[str]:
        """
        Raises:
            pulumi.RunError: the CloudFormation stack has no such output.
        """
        return self.resource.outputs.apply(lambda outputs: self._read(outputs, key))

    def _read(self, outputs: Mapping[str, str], key: str) -> str:
        if key not in outputs:
            raise pulumi.RunError(
                f"the CloudFormation stack `{self._name}` must have the output {key}, and has only {sorted(outputs)}:"
                " its template was changed outside this program; update the stack, or delete it and deploy again"
            )
        return outputs[key]
