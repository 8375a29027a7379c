-- What every load shares: threads know their number from 0, and each run ends with one line of JSON for the driver.
local count = 0

function setup(thread)
  thread:set("number", count)
  count = count + 1
end

-- Times are in microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"median":%.0f,"p99":%.0f,' ..
    '"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end

-- The lines of a file that belong to this thread.
function lines_of_thread(file, threads)
  local mine, index = {}, 0
  for line in io.lines(file) do
    if index % threads == (number or 0) then mine[#mine + 1] = line end
    index = index + 1
  end
  return mine
end
