"""The ingestion of customer data on AWS: what starts it, decides, works, keeps, and watches."""

from aws_cdk import Annotations, CfnOutput, Environment, Stack
from constructs import Construct

from config.schema import Config
from pipelines.customer_data import code_asset
from pipelines.customer_data.constructs.deploy_trigger import DeployTrigger
from pipelines.customer_data.constructs.functions import Functions
from pipelines.customer_data.constructs.monitoring import Monitoring
from pipelines.customer_data.constructs.queues import Queues
from pipelines.customer_data.constructs.storage import Storage
from pipelines.customer_data.constructs.triggers import Triggers
from pipelines.customer_data.names import Names
from pipelines.customer_data.options import Options


class CustomerDataIngestionStack(Stack):
    """One stack for one environment, for parameters of a deployment go to every stack that is deployed."""

    def __init__(self, scope: Construct, name: str, config: Config, options: Options) -> None:
        """
        Args:
            config: with the account and the region that the stack goes to.
        """
        names = Names(config.environment, config.text("account_id"))
        is_production = config.environment == "prod"
        super().__init__(
            scope,
            name,
            stack_name=names.stack,
            description=f"Triggers and ingestion of customer data, {config.environment}",
            env=Environment(account=names.account, region=config.text("region")),
            termination_protection=is_production,
        )
        self._check_bootstrap(options)
        code = code_asset.make(config, options)
        storage = Storage(
            self,
            "Storage",
            names,
            config.texts("ingestion.symbols"),
            is_production=is_production,
            enforce_ssl=options.enforce_ssl,
        )
        queues = Queues(
            self,
            "Queues",
            names,
            worker_timeout_seconds=config.number("chunks.worker_timeout_seconds"),
            enforce_ssl=options.enforce_ssl,
        )
        functions = Functions(self, "Functions", names, config, options, code, storage, queues)
        Triggers(self, "Triggers", names, config, options, functions.orchestrator, queues)
        Monitoring(self, "Monitoring", names, config, options, functions)
        DeployTrigger(self, "DeployTrigger", names, functions.orchestrator, after=[storage, queues, functions])
        for function in functions.all:
            role = function.role
            assert role is not None
            CfnOutput(self, f"{function.node.id}RoleArn", value=role.role_arn, description="To simulate its policy")

    def _check_bootstrap(self, options: Options) -> None:
        if code_asset.is_built(options):
            machine = code_asset.machine(options)
            if machine not in (None, options.architecture):
                said = f"{options.bootstrap} is built for {machine} and the functions for {options.architecture}"
                Annotations.of(self).add_error(f"{said}: choose with -c architecture=")
            return
        said = f"{options.bootstrap} is not there: run make bootstrap-zip"
        if options.allow_placeholder:
            Annotations.of(self).add_warning_v2("bellcrank:placeholder", f"{said}. A placeholder stands in for it.")
        else:
            Annotations.of(self).add_error(f"{said}, or only look with -c allow_placeholder=true.")
