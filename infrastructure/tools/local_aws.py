#!/usr/bin/env python3
"""A local AWS on a free port of the loopback, with everything it writes in one temporary folder.

    python3 infrastructure/tools/local_aws.py            # says how to reach it, stops with Ctrl-C
    python3 infrastructure/tools/local_aws.py --attached # stops when its standard input ends: with whoever started it

It executes functions as processes of this machine. What it does otherwise than AWS stands in README.md.
"""

import argparse
import contextlib
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config as ClientConfig

HOST = "127.0.0.1"
# Below the ports that systems give to outgoing connections.
PORTS = range(10_000, 32_000)
START_SECONDS_MAX = 180
ACCOUNT = "123456789012"  # Of Config/*.yaml.
REGION = "us-east-1"


class LocalAWS:
    """Runs between `__enter__` and `__exit__`.

    Args:
        more: variables of the process, and so of every function in it: `{"AUTH": "true", "USE_SSL": "1"}`.
    """

    def __init__(self, port: int | None = None, account: str = ACCOUNT, more: dict[str, str] | None = None) -> None:
        self.port = port or _free_port()
        self.account = account
        self.more = more or {}
        scheme = "https" if self.more.get("USE_SSL") == "1" else "http"
        self.endpoint = f"{scheme}://{HOST}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @property
    def folder(self) -> Path:
        assert self._folder is not None, "it is not running"
        return self._folder

    @property
    def log(self) -> Path:
        return self.folder / "ministack.log"

    @property
    def variables(self) -> dict[str, str]:
        """What a client of it needs in its environment."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            # Nothing of the user's own accounts is looked at.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **self._trust,
        }

    @property
    def _trust(self) -> dict[str, str]:
        return {name: str(self.ca) for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE")} if self.ca else {}

    @property
    def ca(self) -> Path | None:
        """What a client must trust, over https."""
        return self.folder / "tmp/ministack-tls/server.crt" if self.endpoint.startswith("https:") else None

    @functools.cached_property
    def client(self) -> Any:
        """Makes a client: `aws.client("sqs")`."""
        return clients(self.endpoint, self.ca)

    def __enter__(self) -> "LocalAWS":
        self._folder = Path(tempfile.mkdtemp(prefix="bellcrank-aws-"))
        for name in ("tmp", "state", "s3", "home"):
            (self.folder / name).mkdir()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the process and the functions it runs, and deletes its folder."""
        if self._process is not None:
            _end_group(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        """Named one by one, for the functions inherit all of it."""
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "STATE_DIR": str(self.folder / "state"),
            "S3_DATA_DIR": str(self.folder / "s3"),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_ACCOUNT_ID": self.account,
            "IOT_MTLS_ENABLED": "0",
            "AWS_ENDPOINT_URL": self.endpoint,
            **self._trust,
            **self.more,
        }

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the local AWS ended with {self._process.returncode}:\n{self._last_words()}")
            if _answers(self.port):
                return
            time.sleep(0.1)
        raise RuntimeError(f"the local AWS did not start in {START_SECONDS_MAX} s:\n{self._last_words()}")

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def clients(endpoint: str, ca: Path | None = None) -> Any:
    """Makes clients of an endpoint, with credentials that mean nothing: `clients(endpoint)("sqs")`."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    config = ClientConfig(
        retries={"total_max_attempts": 2, "mode": "standard"}, read_timeout=90, ignore_configured_endpoint_urls=True
    )
    verify = str(ca) if ca else None
    return functools.cache(lambda service: session.client(service, endpoint_url=endpoint, config=config, verify=verify))


def _answers(port: int) -> bool:
    """Whether somebody takes connections; over https no certificate is looked at."""
    try:
        with socket.create_connection((HOST, port), timeout=2):
            pass
        with urllib.request.urlopen(f"http://{HOST}:{port}/_ministack/health", timeout=20) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError) as error:
        # A server of https drops what speaks http to it.
        return isinstance(error, ConnectionResetError) or "RemoteDisconnected" in type(error).__name__


def _free_port() -> int:
    """One that nobody listens on, and that no outgoing connection takes before the server does."""
    for port in random.sample(PORTS, 1_000):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"of a thousand ports among {PORTS} none is free")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """The process leads a group of its own, in which its functions are."""
    for number, seconds in ((signal.SIGTERM, 1), (signal.SIGKILL, 60)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
    process.wait(timeout=60)


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs a local AWS until Ctrl-C.")
    parser.add_argument("--port", type=int, help="a free one if left out")
    parser.add_argument("--attached", action="store_true", help="stop when standard input ends")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with LocalAWS(arguments.port) as aws:
        for name, value in aws.variables.items():
            print(f"export {name}={value}")
        print(f"# log: {aws.log}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            if arguments.attached:
                sys.stdin.read()
            else:
                signal.pause()


if __name__ == "__main__":
    main()
