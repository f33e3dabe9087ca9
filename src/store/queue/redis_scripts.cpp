#include "store/queue/redis_scripts.h"

namespace slipway::store::queue_scripts {
namespace {

// What all of them stand on. A state's name is what counts() calls it.
constexpr std::string_view kCommon = R"lua(
local base = KEYS[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local IDLE = 2592000000
local function message(id) return base .. 'm:' .. id end
local function stream(priority) return base .. 's:' .. priority end
local function owned(kind, workspace, name)
  return base .. kind .. ':' .. #workspace .. ':' .. workspace .. ':' .. name
end
local function count(workspace, state, amount)
  if not state or state == '' then return end
  redis.call('HINCRBY', base .. 'c', state, amount)
  redis.call('HINCRBY', base .. 'c:' .. workspace, state, amount)
end
local function set_state(id, state)
  local m = message(id)
  local old = redis.call('HMGET', m, 'w', 's')
  if old[2] == state then return end
  count(old[1], old[2], -1)
  count(old[1], state, 1)
  redis.call('HSET', m, 's', state)
end
local function to_stream(id)
  local m = message(id)
  local s = stream(redis.call('HGET', m, 'p'))
  if redis.call('EXISTS', s) == 0 then redis.call('XGROUP', 'CREATE', s, 'workers', '0', 'MKSTREAM') end
  redis.call('HSET', m, 'e', redis.call('XADD', s, '*', 'id', id))
  set_state(id, 'ready')
end
-- Nothing of its group is before it any more.
local function place(id)
  local due = tonumber(redis.call('HGET', message(id), 'n'))
  if due <= now then return to_stream(id) end
  redis.call('ZADD', base .. 'd', due, id)
  set_state(id, 'delayed')
end
local function wait_in_line(id, workspace, group)
  if group == '' then return place(id) end
  local line = owned('g', workspace, group)
  if redis.call('RPUSH', line, id) == 1 then return place(id) end
  set_state(id, 'ready')
end
-- Its place among those that wait, whatever that is; the next of its group takes it.
local function leave(id)
  local f = redis.call('HMGET', message(id), 'w', 'g', 'p', 'e')
  if f[4] and f[4] ~= '' then
    redis.call('XACK', stream(f[3]), 'workers', f[4])
    redis.call('XDEL', stream(f[3]), f[4])
    redis.call('HDEL', message(id), 'e')
  end
  redis.call('ZREM', base .. 'd', id)
  if f[2] == '' then return end
  local line = owned('g', f[1], f[2])
  local first = redis.call('LINDEX', line, 0)
  redis.call('LREM', line, 1, id)
  if first ~= id then return end
  local following = redis.call('LINDEX', line, 0)
  if following then place(following) end
end
-- The key counts on for the rest of its time.
local function let_key_go(id)
  local f = redis.call('HMGET', message(id), 'w', 'k', 'ku')
  if not f[2] or f[2] == '' then return end
  local key = owned('k', f[1], f[2])
  if redis.call('GET', key) ~= id then return end
  local left = tonumber(f[3]) - now
  if left > 0 then redis.call('PEXPIRE', key, left) else redis.call('DEL', key) end
end
local function forget(id)
  local f = redis.call('HMGET', message(id), 'w', 's')
  leave(id)
  let_key_go(id)
  count(f[1], f[2], -1)
  redis.call('SREM', base .. 'w:' .. f[1], id)
  redis.call('DEL', message(id))
end
local function die(id, reason)
  local m = message(id)
  local workspace = redis.call('HGET', m, 'w')
  leave(id)
  let_key_go(id)
  redis.call('HSET', m, 'why', reason, 'died', now, 'r', '', 'k', '')
  set_state(id, 'dead')
  redis.call('SREM', base .. 'w:' .. workspace, id)
  redis.call('ZADD', base .. 'x:' .. workspace, now, id)
end
local function held(id, workspace, receipt)
  local f = redis.call('HMGET', message(id), 'w', 'r', 's')
  return f[1] == workspace and f[2] == receipt and f[3] == 'leased' and receipt ~= ''
end
-- It can be leased again in so many milliseconds.
local function free_in(id, time)
  local f = redis.call('HMGET', message(id), 'p', 'e')
  redis.call('XCLAIM', stream(f[1]), 'workers', 'worker', 0, f[2], 'IDLE', IDLE - time, 'JUSTID')
end
)lua";

redis::Script make(std::string_view body) { return redis::Script(std::string(kCommon) + std::string(body)); }

}  // namespace

const redis::Script& enqueue() {
    static const auto script = make(R"lua(
local id, w, g, p, body, delay, most, key, key_time = unpack(ARGV)
if key ~= '' then
  local earlier = redis.call('GET', owned('k', w, key))
  if earlier then return {earlier, 1} end
  redis.call('SET', owned('k', w, key), id)
end
redis.call('HSET', message(id), 'w', w, 'g', g, 'p', p, 'b', body, 'a', 0, 'x', most, 't', now, 'n', now + delay,
  's', '', 'r', '', 'k', key, 'ku', now + key_time, 'why', '')
redis.call('SADD', base .. 'w:' .. w, id)
wait_in_line(id, w, g)
return {id, 0}
)lua");
    return script;
}

const redis::Script& lease() {
    static const auto script = make(R"lua(
local want, visibility, receipt = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. 'd', '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', base .. 'd', id)
  to_stream(id)
end
local found = {}
local function take(s, entry)
  local id = entry[2][2]
  local f = redis.call('HMGET', message(id), 'w', 'b', 'g', 'p', 'a', 'x', 't')
  if not f[1] then
    redis.call('XACK', s, 'workers', entry[1])
    redis.call('XDEL', s, entry[1])
    return
  end
  if tonumber(f[5]) >= tonumber(f[6]) then
    return die(id, 'It was leased as often as it may be and never finished.')
  end
  local attempts = redis.call('HINCRBY', message(id), 'a', 1)
  redis.call('HSET', message(id), 'r', receipt)
  set_state(id, 'leased')
  free_in(id, visibility)
  found[#found + 1] = {id, f[1], f[2], f[3], f[4], attempts, f[6], f[7], now + visibility}
end
for priority = 9, 0, -1 do
  local s = stream(priority)
  if #found < want and redis.call('EXISTS', s) == 1 then
    for _ = 1, 10 do
      local from = redis.call('HGET', base .. 'at', priority) or '0-0'
      local claimed = redis.call('XAUTOCLAIM', s, 'workers', 'worker', IDLE, from, 'COUNT', want - #found)
      redis.call('HSET', base .. 'at', priority, claimed[1])
      for _, entry in ipairs(claimed[2]) do take(s, entry) end
      if claimed[1] == '0-0' or #found >= want then break end
    end
    while #found < want do
      local fresh = redis.call('XREADGROUP', 'GROUP', 'workers', 'worker', 'COUNT', want - #found, 'STREAMS', s, '>')
      if not fresh then break end
      for _, entry in ipairs(fresh[1][2]) do take(s, entry) end
    end
  end
end
return found
)lua");
    return script;
}

const redis::Script& acknowledge() {
    static const auto script = make(R"lua(
if not held(ARGV[1], ARGV[2], ARGV[3]) then return 0 end
forget(ARGV[1])
return 1
)lua");
    return script;
}

const redis::Script& extend() {
    static const auto script = make(R"lua(
if not held(ARGV[1], ARGV[2], ARGV[3]) then return 0 end
free_in(ARGV[1], tonumber(ARGV[4]))
return 1
)lua");
    return script;
}

const redis::Script& retry() {
    static const auto script = make(R"lua(
local id, reason, delay = ARGV[1], ARGV[4], tonumber(ARGV[5])
if not held(id, ARGV[2], ARGV[3]) then return 0 end
local f = redis.call('HMGET', message(id), 'a', 'x')
if tonumber(f[1]) >= tonumber(f[2]) then
  die(id, reason)
  return 1
end
if delay < 0 then return {tonumber(f[1])} end
redis.call('HSET', message(id), 'why', reason, 'r', '')
set_state(id, delay > 0 and 'delayed' or 'ready')
free_in(id, delay)
return 1
)lua");
    return script;
}

const redis::Script& release() {
    static const auto script = make(R"lua(
if not held(ARGV[1], ARGV[2], ARGV[3]) then return 0 end
redis.call('HINCRBY', message(ARGV[1]), 'a', -1)
redis.call('HSET', message(ARGV[1]), 'r', '')
set_state(ARGV[1], 'ready')
free_in(ARGV[1], 0)
return 1
)lua");
    return script;
}

const redis::Script& bury() {
    static const auto script = make(R"lua(
if not held(ARGV[1], ARGV[2], ARGV[3]) then return 0 end
die(ARGV[1], ARGV[4])
return 1
)lua");
    return script;
}

const redis::Script& redrive() {
    static const auto script = make(R"lua(
local w, only, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local dead = base .. 'x:' .. w
local ids = {only}
if only == '' then ids = redis.call('ZRANGE', dead, 0, most - 1) end
local done = 0
for _, id in ipairs(ids) do
  if redis.call('ZREM', dead, id) == 1 then
    redis.call('HSET', message(id), 'a', 0, 'n', now, 'why', '')
    redis.call('HDEL', message(id), 'died')
    redis.call('SADD', base .. 'w:' .. w, id)
    wait_in_line(id, w, redis.call('HGET', message(id), 'g'))
    done = done + 1
  end
end
return done
)lua");
    return script;
}

const redis::Script& purge_waiting() {
    static const auto script = make(R"lua(
local found = redis.call('SSCAN', base .. 'w:' .. ARGV[1], ARGV[2], 'COUNT', 200)
local done = 0
for _, id in ipairs(found[2]) do
  local state = redis.call('HGET', message(id), 's')
  if state and state ~= 'leased' then
    forget(id)
    done = done + 1
  end
end
return {found[1], done}
)lua");
    return script;
}

const redis::Script& purge_dead() {
    static const auto script = make(R"lua(
local dead = base .. 'x:' .. ARGV[1]
local ids = redis.call('ZRANGE', dead, 0, tonumber(ARGV[2]) - 1)
for _, id in ipairs(ids) do
  redis.call('ZREM', dead, id)
  count(ARGV[1], 'dead', -1)
  redis.call('DEL', message(id))
end
return #ids
)lua");
    return script;
}

}  // namespace slipway::store::queue_scripts
