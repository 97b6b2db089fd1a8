"""A source of prices that answers like Yahoo's chart endpoint, and badly where it is told to."""

import http.server
import json
import threading
import time
import urllib.parse

DAYS = 5
DAY_SECONDS = 86_400


class Source:
    """Prices of any symbol, on a free port of the loopback.

    `behave("DOWN", [500])` answers 500 for good; `behave("BUSY", [429, 200])` answers 429 once and then as it should.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._answers = {}  # symbol -> statuses still to be given; the last one stays
        self.asked = {}  # symbol -> when, in seconds
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_GET(self):
                path = urllib.parse.urlsplit(self.path)
                symbol = urllib.parse.unquote(path.path.rsplit("/", 1)[-1])
                query = dict(urllib.parse.parse_qsl(path.query))
                status = source._status(symbol)
                body = json.dumps(_chart(symbol, query) if status == 200 else _error(status)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if status == 429:
                    self.send_header("Retry-After", "1")
                self.end_headers()
                self.wfile.write(body)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def behave(self, symbol, statuses):
        with self._lock:
            self._answers[symbol] = list(statuses)

    def _status(self, symbol):
        with self._lock:
            self.asked.setdefault(symbol, []).append(time.monotonic())
            left = self._answers.get(symbol, [200])
            return left.pop(0) if len(left) > 1 else left[0]


def _chart(symbol, query):
    """The endpoint's shape with made-up prices of the last days."""
    now = int(time.time())
    times = [now - now % DAY_SECONDS - DAY_SECONDS * day for day in range(DAYS, 0, -1)]
    prices = [100.0 + day for day in range(DAYS)]
    quote = dict.fromkeys(("open", "high", "low", "close"), prices) | {"volume": [1_000] * DAYS}
    meta = {
        "currency": "USD", "symbol": symbol, "exchangeName": "NMS", "gmtoffset": -18_000, "timezone": "EST",
        "dataGranularity": query.get("interval", "1d"), "range": query.get("range", "1mo")}
    indicators = {"quote": [quote], "adjclose": [{"adjclose": prices}]}
    return {"chart": {"result": [{"meta": meta, "timestamp": times, "indicators": indicators}], "error": None}}


def _error(status):
    """What the endpoint says about a symbol that it does not have; nothing that means anything otherwise."""
    known = {404: {"code": "Not Found", "description": "No data found, symbol may be delisted"}}
    return {"chart": {"result": None, "error": known.get(status)}}
