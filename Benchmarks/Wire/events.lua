-- PutEvents with about 1 KB an event: SIZE events a request, a source that a rule wants or not.
local size = tonumber(os.getenv("SIZE") or "1")
local source = os.getenv("SOURCE") or "bench.source"
local padding = string.rep("lorem ipsum dolor sit amet ", 32)
local entry = string.format(
  '{"Source":"%s","DetailType":"Bench","Detail":"{\\"symbols\\":[\\"AAPL\\"],\\"text\\":\\"%s\\"}"}', source, padding)
local entries = {}
for i = 1, size do entries[i] = entry end
wrk.method = "POST"
wrk.body = '{"Entries":[' .. table.concat(entries, ",") .. "]}"
wrk.headers["Content-Type"] = "application/x-amz-json-1.1"
wrk.headers["X-Amz-Target"] = "AWSEvents.PutEvents"
done = function(summary, latency)
  io.write(string.format('RESULT {"requests":%d,"seconds":%.3f,"errors":%d,"p50_ms":%.2f,"p99_ms":%.2f}\n',
    summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
