"""`TriggerIngestion`, `TestSymbols` and `TriggerNonce`: a deployment that starts an ingestion (§3).

A deployment with the parameters it had starts nothing; one that turns the trigger on, or changes the symbols or the
nonce while it is on, starts one run.
"""

from pathlib import Path

from aws_cdk import CfnCondition, CfnCustomResource, CfnParameter, Duration, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IDependable

from pipelines.customer_data import deploy_trigger_code
from pipelines.customer_data.constructs.functions import own_log_group, own_role
from pipelines.customer_data.names import Names

INLINE_BYTES_MAX = 4_096
# The newest that Lambda has; CDK 2.275 has no name for it in all its releases.
RUNTIME = lambda_.Runtime("python3.14", lambda_.RuntimeFamily.PYTHON, supports_inline_code=True)


class DeployTrigger(Construct):
    def __init__(
        self, scope: Construct, name: str, names: Names, orchestrator: lambda_.Function, after: list[IDependable]
    ) -> None:
        super().__init__(scope, name)
        trigger, symbols, nonce = _parameters(Stack.of(self))
        code = Path(deploy_trigger_code.__file__).read_text()
        assert len(code.encode()) <= INLINE_BYTES_MAX
        log_group = own_log_group(self, "Logs", names.deploy_trigger)
        invoke = iam.PolicyStatement(
            sid="Invoke", actions=["lambda:InvokeFunction"], resources=[orchestrator.function_arn]
        )
        function = lambda_.Function(
            self,
            "Function",
            function_name=names.deploy_trigger,
            description="Starts an ingestion when a deployment asks for one",
            runtime=RUNTIME,
            handler="index.handler",
            code=lambda_.Code.from_inline(code),
            timeout=Duration.seconds(60),
            role=own_role(self, "Role", log_group, [invoke]),
            log_group=log_group,
        )
        resource = CfnCustomResource(self, "Run", service_token=function.function_arn)
        resource.add_property_override("FunctionName", names.orchestrator)
        resource.add_property_override("Symbols", symbols.value_as_string)
        resource.add_property_override("Nonce", nonce.value_as_string)
        resource.cfn_options.condition = CfnCondition(
            self, "IsAsked", expression=Fn.condition_equals(trigger.value_as_string, "true")
        )
        # The run finds everything in its place.
        resource.node.add_dependency(*after)


def _parameters(stack: Stack) -> tuple[CfnParameter, CfnParameter, CfnParameter]:
    trigger = CfnParameter(
        stack,
        "TriggerIngestion",
        type="String",
        default="false",
        allowed_values=["true", "false"],
        description="Whether this deployment starts an ingestion",
    )
    symbols = CfnParameter(
        stack,
        "TestSymbols",
        type="String",
        default="",
        allowed_pattern=r"[A-Za-z0-9.^=, -]{0,2200}",
        description="Symbols of that ingestion with commas between them; none for what the environment ingests",
    )
    nonce = CfnParameter(
        stack,
        "TriggerNonce",
        type="String",
        default="",
        description="Another value than the last one starts another ingestion",
    )
    return trigger, symbols, nonce
