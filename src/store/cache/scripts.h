// The scripts of the Redis cache: what has to happen at once. Part of redis.cpp.
#pragma once

#include "store/redis/command.h"

namespace slipway::store::cache_scripts {

// Keys: stamp, value. Arguments: a fresh stamp, the value, its time in ms, the stamp's time in ms, 1 to keep a value
// that counts. Answers whether it was set.
inline const redis::Script& put() {
    static const redis::Script script(R"lua(
local stamp = redis.call('GET', KEYS[1])
if stamp then
  if ARGV[5] == '1' then
    local value = redis.call('GET', KEYS[2])
    if value and string.sub(value, 1, #stamp) == stamp then return 0 end
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
else
  stamp = ARGV[1]
  redis.call('SET', KEYS[1], stamp, 'PX', ARGV[4])
end
redis.call('SET', KEYS[2], stamp .. ARGV[2], 'PX', ARGV[3])
return 1
)lua");
    return script;
}

// Key: the counter. Arguments: amount, time in ms.
inline const redis::Script& count() {
    static const redis::Script script(R"lua(
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return total
)lua");
    return script;
}

// Key: the limit, which holds the time in microseconds at which it is empty again (GCRA). Arguments: burst, period in
// microseconds. Answers whether it is admitted, else in how many milliseconds it would be, how many more would be, and
// the milliseconds until the whole burst would.
inline const redis::Script& admit() {
    static const redis::Script script(R"lua(
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local burst, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local each = period / burst
local empty_at = tonumber(redis.call('GET', KEYS[1]) or now)
if empty_at < now then empty_at = now end
local after = empty_at + each
local full = math.max(1, math.ceil((empty_at - now) / 1000))
if after - now > period + 0.5 then return {0, math.max(1, math.ceil((after - now - period) / 1000)), 0, full} end
full = math.max(1, math.ceil((after - now) / 1000))
redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', full)
return {1, 0, math.floor((period - (after - now)) / each + 0.001), full}
)lua");
    return script;
}

}  // namespace slipway::store::cache_scripts
