"""The processes under test: `bellcrank serve` on a data directory, and the local source of prices beside it."""

import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from harness.checks import PATIENCE_SECONDS

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# What the source bears is no matter here: runs shall end soon. Two tests lower the other limits again.
GENEROUS = {
    "sources.yahoo_finance.requests_per_minute": 60_000,
    "limits.manual_per_hour": 10_000,
    "limits.events_per_minute": 10_000,
}


# Below the ports that systems give to outgoing connections: one of those could take a port while nobody listens on it.
PORTS = range(10_000, 32_000)


def free_port():
    """A port of the loopback interface that nobody listens on, and that no outgoing connection takes before we do."""
    for port in random.sample(PORTS, 1_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"of a thousand ports among {PORTS} none is free")


def clean_environment():
    """The surroundings without our variables and without anybody's AWS configuration, with credentials that are none."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BELLCRANK_", "AWS_"))}
    return kept | {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def adopt_environment():
    """Makes `clean_environment` the one of this process, so that boto3 finds the same."""
    clean = clean_environment()
    os.environ.clear()
    os.environ.update(clean)


class Process:
    """A child that writes into a file, is waited for until it answers, and is never left behind."""

    def __init__(self, command, port, log):
        self.command = [str(part) for part in command]
        self.port = port
        self.log = pathlib.Path(log)
        self.endpoint = f"http://127.0.0.1:{port}"
        self.child = None

    def spawn(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_environment())

    def start(self):
        """Starts the child and returns after how many seconds it answered first."""
        began = time.monotonic()
        self.spawn()
        self.await_answer()
        return time.monotonic() - began

    def await_answer(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise RuntimeError(f"{self.command[1]} ended with {self.child.returncode}\n{self.tail()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS):
                    return
            except OSError:
                time.sleep(0.005)
        raise RuntimeError(f"{self.command[1]} does not answer on port {self.port}\n{self.tail()}")

    def kill9(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self):
        """Asks the child to stop and returns how many seconds that took and how it ended."""
        began = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        self.child.wait(PATIENCE_SECONDS)
        return time.monotonic() - began, self.child.returncode

    def tail(self, lines=20):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.child is not None and self.child.poll() is None:
            self.kill9()


class Replay(Process):
    """The bundled daily prices in the shape of the real source's answers."""

    def __init__(self, binary, folder):
        port = free_port()
        super().__init__([binary, "source", "replay", "--port", port], port, folder / "replay.log")


class Server(Process):
    """`bellcrank serve` for dev; started again it has the same port, data and settings."""

    def __init__(self, binary, folder, source, settings=None, data=None):
        port = free_port()
        self.data = data or folder / "data"
        settings = {"sources.yahoo_finance.base_url": source.endpoint} | (settings or {})
        command = [
            binary, "serve", "--env", "dev", "--config", REPOSITORY / "Config" / "dev.yaml", "--data", self.data,
            "--port", port]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        super().__init__(command, port, folder / "serve.log")

    def verify(self):
        """What an audit of the ledger finds wrong, step by step to its end."""
        faults, place = [], ""
        while place is not None:
            step = self.admin(f"verify?place={urllib.parse.quote(place)}")[1]
            faults += step["faults"]
            place = step.get("next")
        return faults

    def admin(self, path):
        """The answer of one of our own paths, with its status."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_bellcrank/{path}", timeout=PATIENCE_SECONDS) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)
