"""The dev stack on a local AWS: synthesised, deployed, and each function's calls recorded on their way."""

import copy
import json
import pathlib
import shutil
import subprocess
import sys

from chain.recorder import Recorder
from harness.processes import REPOSITORY

INFRASTRUCTURE = REPOSITORY / "infrastructure"
sys.path.insert(0, str(INFRASTRUCTURE))

from tools import synth
from tools.deploy import deploy
from tools.local_aws import LocalAWS

ORCHESTRATOR = "dev-customer-data-orchestrator"
WORKER = "dev-customer-data-worker"
NOTIFIER = "dev-customer-raw-notifier"
DEPLOY_TRIGGER = "dev-customer-deploy-trigger"
# A function reaches each service at its own recorder, so that callers are told apart.
SERVICES = ("DYNAMODB", "SQS", "S3", "SSM", "EVENTBRIDGE")
# A bucket of somebody else that sends raw notifications.
OTHER_BUCKET = "other-bucket"


class Cloud:
    """Between `__enter__` and `__exit__` a local AWS runs with the stack deployed, and enforces its roles.

    Args:
        variables: of all functions, beside those that lead to the recorders.
    """

    def __init__(self, bootstrap, folder, variables):
        self.bootstrap = bootstrap
        self.assembly = pathlib.Path(folder) / "assembly"
        self.variables = variables
        self.aws = LocalAWS(more={"AUTH": "true"})
        self.recorders = {}
        self.template = None  # As it was synthesised.

    @property
    def endpoint(self):
        return self.aws.endpoint

    def synthesise(self):
        bare = self.assembly.parent / "bootstrap"
        if shutil.which("strip"):  # A debug build is five times as large with its symbols.
            subprocess.run(["strip", "-o", bare, self.bootstrap], check=True)
            self.bootstrap = bare
        synth.synth("dev", self.assembly, {
            "enforce_ssl": "false", "bootstrap": str(self.bootstrap),
            "function_environment": json.dumps(self.variables), "notifier_buckets": json.dumps([OTHER_BUCKET])})

    def __enter__(self):
        self.aws.__enter__()
        try:
            for function in (ORCHESTRATOR, WORKER, NOTIFIER, DEPLOY_TRIGGER):
                self.recorders[function] = Recorder(function, self.endpoint)
            self._adapt()
            self.deploy()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        self.aws.stop()
        for recorder in self.recorders.values():
            recorder.stop()

    def deploy(self, **parameters):
        """Whether there was anything to change."""
        return deploy(self.aws.client, self.assembly, parameters)

    def _adapt(self):
        """What is changed in the template, for the local AWS is not AWS.

        Functions are led to their recorders. Who may `sqs:SendMessage` may send batches; the local AWS, which checks
        every call against the roles, has an action of its own for them.
        """
        path = self.assembly / f"{synth.STACK}.template.json"
        self.template = json.loads(path.read_text())
        template = copy.deepcopy(self.template)
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::Lambda::Function":
                endpoint = self.recorders[properties["FunctionName"]].endpoint
                variables = properties.setdefault("Environment", {}).setdefault("Variables", {})
                variables["AWS_ENDPOINT_URL"] = endpoint
                variables |= {f"AWS_ENDPOINT_URL_{service}": endpoint for service in SERVICES}
            for policy in properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
                for statement in policy["PolicyDocument"]["Statement"]:
                    actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                    more = ["sqs:SendMessageBatch"] if "sqs:SendMessage" in actions else []
                    statement["Action"] = [*actions, *more]
        path.write_text(json.dumps(template))
