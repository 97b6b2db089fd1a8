#!/usr/bin/env python3
"""Measures the Lambda binary: start, first answer, warm decisions, memory, size. JSON lines, then a table of what was asked.

    make bootstrap-zip
    "$(Scripts/install-infrastructure)/python3" Benchmarks/Lambda/measure.py .build/lambda/bootstrap

Two hosts run it: an emulator of Lambda's Runtime API of our own, which sees when the first `/next` comes, and AWS's Runtime
Interface Emulator, out of the wheel of aws-sam-cli. What the orchestrator decides goes to a local AWS; for a decision the
binary's own CPU is counted, not the time that the local AWS takes.
"""

import argparse
import contextlib
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infrastructure"))

from config import schema  # noqa: E402
from tools.local_aws import LocalAWS, clients  # noqa: E402

STARTS = 10
WARM = 200
RIE_WHEEL = "aws-sam-cli==1.170.0"
NAMES = "dev-customer-ingestion"
# What issue 5 asks for.
ASKED = {
    "zip_mb": 12.0,
    "start_to_next_ms": 15.0,
    "first_answer_ms": 25.0,
    "own_cpu_per_decision_ms": 1.0,
    "memory_mib": 32.0,
}


class RuntimeAPI:
    """Lambda's Runtime API for one process: hands out what is put, keeps what is answered."""

    def __init__(self) -> None:
        self.first_next = threading.Event()
        self.first_next_at = 0.0
        self.work: Queue[bytes] = Queue()
        self.answers: Queue[tuple[int, bytes]] = Queue()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:  # noqa: N802
                if not outer.first_next.is_set():
                    outer.first_next_at = time.perf_counter()
                    outer.first_next.set()
                body = outer.work.get()
                self._reply(200, body, {
                    "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                    "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 60_000),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
                })

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._reply(202, b"{}", {})
                outer.answers.put((200 if self.path.endswith("/response") else 500, body))

            def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # A function that is killed leaves its connection.

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.host = f"127.0.0.1:{self._server.server_port}"

    def invoke(self, body: dict) -> dict:
        self.work.put(json.dumps(body).encode())
        status, answer = self.answers.get(timeout=60)
        if status != 200:
            raise RuntimeError(f"the function failed: {answer.decode()}")
        return json.loads(answer)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def environment(aws: LocalAWS, folder: Path, **more: str) -> dict[str, str]:
    config = schema.read("dev").document
    (folder / "config.json").write_text(json.dumps(config))
    return aws.variables | {"LAMBDA_TASK_ROOT": str(folder), "_HANDLER": "orchestrator", "PATH": os.environ["PATH"]} | more


@contextlib.contextmanager
def function(binary: Path, variables: dict[str, str]) -> Iterator[tuple[RuntimeAPI, subprocess.Popen, float]]:
    """The binary under our own emulator, and how long it took from its start to its first `/next`, in milliseconds."""
    api = RuntimeAPI()
    start = time.perf_counter()
    process = subprocess.Popen(
        [binary], env=variables | {"AWS_LAMBDA_RUNTIME_API": api.host}, stdout=subprocess.DEVNULL
    )
    try:
        if not api.first_next.wait(30):
            raise RuntimeError("the function asked for nothing within 30 s")
        yield api, process, (api.first_next_at - start) * 1000
    finally:
        process.kill()
        process.wait()
        api.close()


def cpu_ms(pid: int) -> tuple[float, float]:
    """CPU so far, in milliseconds: of all threads, and of the network library's event loops among them."""
    total = network = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        used = int((task / "schedstat").read_text().split()[0])
        total += used
        if (task / "comm").read_text().startswith("NIO-ELT"):
            network += used
    return total / 1e6, network / 1e6


def memory_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM")


def prepare(aws: LocalAWS) -> None:
    """What the orchestrator stands on: the table, the queues, the bucket."""
    client = clients(aws.endpoint)
    client("dynamodb").create_table(
        TableName=f"{NAMES}-control",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "place", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("id", "place", "day", "at")],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-day", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        }],
        BillingMode="PAY_PER_REQUEST",
    )
    for queue in (f"{NAMES}-queue", f"{NAMES}-dlq", f"{NAMES}-trigger-dlq"):
        client("sqs").create_queue(QueueName=queue)


def body(number: int) -> dict:
    """A request that is dispatched, each under a key of its own."""
    return {"symbols": ["AAPL", "MSFT"], "force_symbols": True, "correlation_id": f"bench-{number}-{uuid.uuid4()}"}


def own(binary: Path, aws: LocalAWS, folder: Path) -> dict:
    """Under our own emulator."""
    variables = environment(aws, folder, BELLCRANK_LIMITS_MANUAL_PER_HOUR="10000")
    starts, firsts = [], []
    for _ in range(STARTS):
        with function(binary, variables) as (api, _, to_next):
            start = time.perf_counter()
            api.invoke({"bellcrank": "nothing", "domain": "m-arket"})  # Refused: what the binary does by itself.
            starts.append(to_next)
            firsts.append(to_next + (time.perf_counter() - start) * 1000)
    with function(binary, variables) as (api, process, _):
        for number in range(20):
            api.invoke(body(number))
        dispatched = decisions(api, process.pid, "dispatched", body)
        dry = decisions(api, process.pid, "dry_run", lambda number: body(number) | {"dry_run": True})
        memory = memory_mib(process.pid)
    return {
        "host": "own emulator",
        "start_to_next_ms": statistics.median(starts),
        "start_to_next_ms_worst": max(starts),
        "first_refusal_ms": statistics.median(firsts),
        **{f"{name}_per_decision_ms": value for name, value in dispatched.items()},
        **{f"{name}_per_dry_run_ms": value for name, value in dry.items()},
        "memory_mib": memory,
    }


def decisions(api: RuntimeAPI, pid: int, wanted: str, make: Callable[[int], dict]) -> dict[str, float]:
    """Warm decisions of a kind: CPU and time of one, in milliseconds. A dispatched one makes four calls of AWS, a dry run
    two; each invocation two of the Runtime API."""
    before, start = cpu_ms(pid), time.perf_counter()
    for number in range(WARM):
        answer = api.invoke(make(number))
        if answer["decision"] != wanted:
            raise RuntimeError(f"not {wanted}: {answer}")
    wall = (time.perf_counter() - start) * 1000 / WARM
    total, network = ((now - then) / WARM for now, then in zip(cpu_ms(pid), before, strict=True))
    return {"cpu": total, "network_cpu": network, "own_cpu": total - network, "wall": wall}


def emulator(cache: Path) -> Path:
    """AWS's Runtime Interface Emulator, fetched once."""
    target = cache / "aws-lambda-rie"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        print(f"==> Fetching {RIE_WHEEL} for its Runtime Interface Emulator", file=sys.stderr)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", RIE_WHEEL, "--dest", cache], check=True
        )
        (wheel,) = cache.glob("aws_sam_cli-*.whl")
        with zipfile.ZipFile(wheel) as archive, target.open("wb") as out:
            shutil.copyfileobj(archive.open("samcli/local/rapid/aws-lambda-rie-x86_64"), out)
        target.chmod(0o755)
    return target


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def amazons(binary: Path, aws: LocalAWS, folder: Path, rie: Path) -> dict:
    """Under AWS's emulator: from its first invocation to the answer, the start of the binary included; then warm ones."""
    firsts, warm = [], []
    for _ in range(STARTS):
        port, api = free_port(), free_port()
        variables = environment(
            aws, folder, BELLCRANK_LIMITS_MANUAL_PER_HOUR="10000", AWS_LAMBDA_FUNCTION_TIMEOUT="30"
        )
        process = subprocess.Popen(
            [rie, "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
             "--runtime-api-address", f"127.0.0.1:{api}", binary, "orchestrator"],
            env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            connection = connect(port)
            refused = {"domain": "m-arket"}
            firsts.append(call(connection, refused))
            warm += [call(connection, refused) for _ in range(20)]
        finally:
            process.kill()
            process.wait()
    return {
        "host": "aws-lambda-rie",
        "first_answer_ms": statistics.median(firsts),
        "first_answer_ms_worst": max(firsts),
        "warm_answer_ms": statistics.median(warm),
    }


def connect(port: int) -> http.client.HTTPConnection:
    deadline = time.monotonic() + 10
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def call(connection: http.client.HTTPConnection, payload: dict) -> float:
    start = time.perf_counter()
    connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(payload))
    answer = json.loads(connection.getresponse().read())
    took = (time.perf_counter() - start) * 1000
    if answer.get("statusCode") != 400:
        raise RuntimeError(f"not the expected refusal: {answer}")
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("--cache", type=Path, default=ROOT / ".build/infrastructure/rie")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    figures: dict[str, float] = {"unzipped_mb": binary.stat().st_size / 1e6}
    archive = binary.with_suffix(".zip")
    if archive.exists():
        figures["zip_mb"] = archive.stat().st_size / 1e6
    with LocalAWS() as aws, tempfile.TemporaryDirectory() as folder:
        prepare(aws)
        for measured in (
            own(binary, aws, Path(folder)), amazons(binary, aws, Path(folder), emulator(arguments.cache))
        ):
            print(json.dumps({k: round(v, 2) if isinstance(v, float) else v for k, v in measured.items()}))
            figures |= {k: v for k, v in measured.items() if isinstance(v, float)}
    print(json.dumps({k: round(v, 2) for k, v in figures.items() if k.endswith("_mb")}))
    print(f"\n{'figure':28}{'measured':>10}{'asked':>10}")
    for name, asked in ASKED.items():
        if name in figures:
            print(f"{name:28}{figures[name]:10.2f}{asked:10.2f}{'' if figures[name] <= asked else '  MISSED'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
