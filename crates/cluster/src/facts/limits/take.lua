-- KEYS: one sorted set an exit. An entry is `kind:id:tokens` (g granted, s spent, r returned) with
-- the last moment at which a token of it may be used as its score; it counts for a window longer.
-- The entry `life` has the moment at which the key expires.
-- ARGV: the id of this grant, then for each key: limit, window, tokens, spent, hold, id, returned.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local grant = ARGV[1]

local function score(moment) return string.format('%.3f', moment) end

-- What an entry says: kind, id, tokens.
local function read(entry) return string.match(entry, '^(%a):(%x+):(%d+)$') end

-- The entries that count now, in the order in which they end, and how many do not.
local function counting(key, window, hold)
    local all, found, over, life = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'), {}, 0, 0
    for i = 1, #all, 2 do
        local moment = tonumber(all[i + 1])
        local kind, id, tokens = read(all[i])
        if all[i] == 'life' then
            life = moment
        -- An entry of the future is of a clock that was set back.
        elseif kind and moment > now - window and moment <= now + hold + window then
            tokens = kind == 'r' and -tonumber(tokens) or tonumber(tokens)
            found[#found + 1] = {kind = kind, id = id, tokens = tokens, moment = moment}
        else
            over = over + 1
        end
    end
    return found, over, life
end

-- When there may be a token, in milliseconds.
local function retry(entries, free, window, limit)
    if limit < 1 then return -1 end
    for i, entry in ipairs(entries) do
        free = free + entry.tokens
        local following = entries[i + 1]
        if free >= 1 and (not following or following.moment > entry.moment) then
            return math.ceil(entry.moment + window - now)
        end
    end
    return math.ceil(window)
end

local function take(key, limit, window, tokens, spent, hold, id, returned)
    local entries, over, life = counting(key, window, hold)
    local free, adding, owned, back = limit - spent, {}, nil, false
    for _, entry in ipairs(entries) do
        free = free - entry.tokens
        if entry.id == id and entry.kind == 'g' then owned = entry end
        if entry.id == id and entry.kind == 'r' then back = true end
    end
    if owned and not back and returned > 0 then
        returned = math.min(returned, owned.tokens)
        free = free + returned
        owned.tokens = owned.tokens - returned
        adding = {score(owned.moment), 'r:' .. id .. ':' .. returned}
    end
    if spent > 0 then
        adding[#adding + 1] = score(now)
        adding[#adding + 1] = 's:' .. grant .. ':' .. spent
    end
    local granted = math.max(0, math.min(tokens, free))
    if granted > 0 then
        adding[#adding + 1] = score(now + hold)
        adding[#adding + 1] = 'g:' .. grant .. ':' .. granted
    end
    if #adding > 0 then
        local needed = now + hold + window
        if life < needed then
            adding[#adding + 1] = score(needed + hold + window)
            adding[#adding + 1] = 'life'
        end
        redis.call('ZADD', key, unpack(adding))
        if life < needed then redis.call('PEXPIRE', key, math.ceil(2 * (hold + window))) end
    end
    if over >= 16 then
        redis.call('ZREMRANGEBYSCORE', key, '-inf', score(now - window))
        redis.call('ZREMRANGEBYSCORE', key, '(' .. score(now + 2 * (hold + window)), '+inf')
    end
    return {granted, granted > 0 and -1 or retry(entries, free, window, limit)}
end

local answers = {}
for i, key in ipairs(KEYS) do
    local at, want = 7 * i - 5, {}
    for j = 0, 6 do want[j + 1] = j == 5 and ARGV[at + j] or tonumber(ARGV[at + j]) end
    answers[i] = take(key, unpack(want))
end
return answers
