/* GET and SET through hiredis alone, blocking, one connection: what the Redis client adds to is this.

       hiredis_loop PORT get|set AT_ONCE KEYS BYTES WARM_UP_S DURATION_S

   AT_ONCE commands are sent together, and then as many answers read. */
#include <hiredis/hiredis.h>
#include <string.h>

#include "loop.h"

static redisContext* context;
static uint64_t keys, at_once;
static size_t bytes;
static int sets;
static char* value;

static void take_one(void) {
    redisReply* reply = NULL;
    if (redisGetReply(context, (void**)&reply) != REDIS_OK) stop(context->errstr);
    if (reply->type == REDIS_REPLY_ERROR || (!sets && (reply->type != REDIS_REPLY_STRING || reply->len != bytes)))
        stop("a value is not there, or another one");
    freeReplyObject(reply);
}

static void turn(uint64_t number) {
    for (uint64_t i = 0; i < at_once; ++i) {
        char key[64];
        const int size = snprintf(key, sizeof key, "bench:%llu", (unsigned long long)chosen(number + i, keys));
        const char* parts[] = {sets ? "SET" : "GET", key, value};
        const size_t sizes[] = {3, (size_t)size, bytes};
        redisAppendCommandArgv(context, sets ? 3 : 2, parts, sizes);
    }
    for (uint64_t i = 0; i < at_once; ++i) take_one();
}

int main(int count, char** arguments) {
    if (count != 8) stop("usage: hiredis_loop PORT get|set AT_ONCE KEYS BYTES WARM_UP_S DURATION_S");
    context = redisConnect("127.0.0.1", atoi(arguments[1]));
    if (!context || context->err) stop(context ? context->errstr : "no memory");
    sets = strcmp(arguments[2], "set") == 0;
    at_once = strtoull(arguments[3], NULL, 10);
    keys = strtoull(arguments[4], NULL, 10);
    bytes = strtoull(arguments[5], NULL, 10);
    value = malloc(bytes + 1);
    memset(value, 'v', bytes);
    run_loop(turn, at_once, atof(arguments[6]), atof(arguments[7]));
    redisFree(context);
    return 0;
}
