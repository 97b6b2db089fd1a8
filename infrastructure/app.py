#!/usr/bin/env python3
"""The CDK application: `cdk synth -c environment=dev`. README.md says how it is used."""

import importlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from config.schema import ENVIRONMENTS, ConfigError
from pipelines.customer_data.ingestion_stack import CustomerDataIngestionStack
from pipelines.customer_data.options import OptionError, Options


def build(app: cdk.App) -> CustomerDataIngestionStack:
    """The stack of the environment that the context names, checked by cdk-nag.

    It goes to the account and region of the context, else of the credentials, else of the environment's file.
    """
    environment = app.node.try_get_context("environment") or "dev"
    if environment not in ENVIRONMENTS:
        raise OptionError(f"environment must be one of {', '.join(ENVIRONMENTS)}, is {environment}")
    config = importlib.import_module(f"config.environments.{environment}").CONFIG
    place = {
        name: app.node.try_get_context(name) or os.environ.get(f"CDK_DEFAULT_{name.upper()}") or config.text(key)
        for name, key in (("account", "account_id"), ("region", "region"))
    }
    stack = CustomerDataIngestionStack(
        app, "CustomerDataIngestionStack", config.placed(place["account"], place["region"]), Options.of(app.node)
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return stack


def main() -> None:
    app = cdk.App()
    try:
        build(app)
    except (ConfigError, OptionError) as error:
        sys.exit(str(error))
    app.synth()


if __name__ == "__main__":
    main()
