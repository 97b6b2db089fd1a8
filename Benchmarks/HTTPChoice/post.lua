-- POST 1 KiB; at the end, one JSON line.
wrk.method = "POST"
wrk.body = string.rep("x", 1024)
wrk.headers["Content-Type"] = "application/json"

function done(summary, latency)
  local seconds = summary.duration / 1e6
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"server":"%s","run":%s,"requests":%d,"requests_per_second":%.0f,"p50_ms":%.3f,"p99_ms":%.3f,"failed":%d}\n',
    os.getenv("SERVER"), os.getenv("RUN"), summary.requests, summary.requests / seconds,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
