-- A dry run of the orchestrator: every gate, nothing consumed but its row in the ledger.
wrk.method = "POST"
wrk.body = '{"symbols":["AAPL"],"period":"1d","dry_run":true}'
done = function(summary, latency)
  io.write(string.format('RESULT {"requests":%d,"seconds":%.3f,"errors":%d,"p50_ms":%.2f,"p99_ms":%.2f}\n',
    summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
