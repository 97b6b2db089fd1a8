"""The inline code of the deploy-time trigger, with a client that is none (§3)."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pipelines.customer_data import deploy_trigger_code as code
from pipelines.customer_data.constructs.deploy_trigger import INLINE_BYTES_MAX


class Client:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[dict] = []

    def invoke(self, **call: object) -> dict:
        self.calls.append(call)
        if self.error:
            raise self.error
        return {"StatusCode": 202}


def _event(kind: str, symbols: str = "") -> dict:
    return {
        "RequestType": kind,
        "RequestId": "r-1",
        "StackId": "s",
        "LogicalResourceId": "Run",
        "ResourceProperties": {"FunctionName": "dev-customer-data-orchestrator", "Symbols": symbols, "Nonce": ""},
    }


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_deployment_invokes_and_does_not_wait(kind: str) -> None:
    client = Client()
    assert code.start(_event(kind, "AAPL, MSFT"), client) == "invoked: 202"
    (call,) = client.calls
    assert call["FunctionName"] == "dev-customer-data-orchestrator"
    assert call["InvocationType"] == "Event"
    assert json.loads(call["Payload"]) == {
        "trigger_type": "manual",
        "correlation_id": "deploy-r-1",
        "symbols": ["AAPL", "MSFT"],
    }


@pytest.mark.parametrize("symbols", ["", " ", ",", " , "])
def test_without_symbols_the_environment_decides(symbols: str) -> None:
    client = Client()
    code.start(_event("Create", symbols), client)
    assert "symbols" not in json.loads(client.calls[0]["Payload"])


def test_an_error_is_said_and_fails_nothing() -> None:
    said = code.start(_event("Create"), Client(RuntimeError("AccessDenied")))
    assert said == "not invoked: AccessDenied"
    assert code.answer(_event("Create"), said)["Status"] == "SUCCESS"


def test_deletion_is_answered_and_invokes_nothing() -> None:
    client = Client()
    said = code.start(_event("Delete"), client)
    assert client.calls == []
    assert code.answer(_event("Delete") | {"PhysicalResourceId": "p"}, said)["PhysicalResourceId"] == "p"


def test_an_answer_is_small_enough_for_cloudformation() -> None:
    said = code.start(_event("Create"), Client(RuntimeError("x" * 10_000)))
    assert len(json.dumps(code.answer(_event("Create"), said))) < 4_096


def test_the_handler_puts_its_answer_to_the_address_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    client, bodies = Client(), []

    class Answers(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setattr(code.boto3, "client", lambda service: client)
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        code.handler(_event("Create") | {"ResponseURL": f"http://127.0.0.1:{server.server_port}/x"}, None)
        thread.join(timeout=120)
    assert len(client.calls) == 1
    assert [(body["Status"], body["RequestId"]) for body in bodies] == [("SUCCESS", "r-1")]


def test_the_code_fits_inline() -> None:
    assert len(Path(code.__file__).read_bytes()) <= INLINE_BYTES_MAX
