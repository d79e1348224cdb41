-- For wrk: prints each figure on a line, in the format of fanout-load. If SENTENCES in the
-- environment names a file like data/commentary.tsv, each request is a POST of one of its lines.

local bodies = {}

local function quoted(text)
    return '"' .. text:gsub('[%c"\\]', ' ') .. '"'
end

local function body_of(line)
    local kind, actor, team, message = line:match('([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)')
    local pairs_of = { '"minute":' .. math.random(90), '"kind":' .. quoted(kind), '"message":' .. quoted(message) }
    if actor ~= '' then
        table.insert(pairs_of, '"actor":' .. quoted(actor))
        table.insert(pairs_of, '"team":' .. quoted(team))
    end
    return '{' .. table.concat(pairs_of, ',') .. '}'
end

local sentences = os.getenv('SENTENCES')
if sentences then
    for line in io.lines(sentences) do table.insert(bodies, body_of(line)) end
    wrk.method = 'POST'
    wrk.headers['Content-Type'] = 'application/json'
    request = function()
        return wrk.format(nil, '/matches/' .. math.random(20) .. '/commentary', nil, bodies[math.random(#bodies)])
    end
end

done = function(summary, latency)
    local errors = summary.errors
    local ok = summary.requests - errors.status
    print(string.format('ok %d\nfailed %d', ok, errors.status + errors.connect + errors.read + errors.write + errors.timeout))
    print(string.format('per_s %.1f', ok * 1e6 / summary.duration))
    print(string.format('p50_ms %.3f\np99_ms %.3f', latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
