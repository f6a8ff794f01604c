-- POSTs the lines of a file in turn and stops after a number of answers. For one thread of wrk.
-- wrk -t 1 … -s wrk.lua URL -- FILE ANSWERS

local ffi = require("ffi")
ffi.cdef("int getpid(void); int kill(int pid, int signal);")

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  answered, failed, at, quota = 0, 0, 0, tonumber(args[2])
  local headers = {["Content-Type"] = "application/json"}
  bodies = {}
  for line in io.lines(args[1]) do
    table.insert(bodies, wrk.format("POST", nil, headers, line))
  end
end

function request()
  at = at % #bodies + 1
  return bodies[at]
end

function response(status)
  answered = answered + 1
  if status ~= 200 then
    failed = failed + 1
  end
  if answered == quota then
    wrk.thread:stop()
    -- the main thread sleeps until the duration is over, or until it is interrupted
    ffi.C.kill(ffi.C.getpid(), 2)
  end
end

function done(summary, latency)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  for _, thread in ipairs(threads) do
    errors = errors + thread:get("failed")
  end
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p95": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, errors,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
