#!/usr/bin/env python3
"""Measures the Lambda binary: start, first answer, warm decisions and memory. JSON lines, then a table.

    Scripts/build-bootstrap
    "$(Scripts/install-infrastructure)/python3" Benchmarks/Lambda/measure.py .build/lambda/bootstrap

Two hosts run it: an emulator of Lambda's Runtime API of our own, which sees when the first `/next` comes, and AWS's Runtime
Interface Emulator, out of the wheel of aws-sam-cli. What the orchestrator decides goes to a local AWS; only the binary's own
CPU is counted for a decision, the local AWS's time is not.
"""

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infrastructure"))

from tools.local_aws import LocalAWS

from config.schema import as_json  # noqa: E402
