/* Point reads and inserts through libpq alone, blocking, one connection: what the PostgreSQL adapter adds to is this.

       libpq_loop URL read|insert alone|tenant ROWS PREFIX WARM_UP_S DURATION_S

   "alone" sends the statement by itself. "tenant" sends what the adapter sends, in one pipeline: workspace and time-outs for the
   transaction, then the statement; an insert between BEGIN and COMMIT. */
#include <libpq-fe.h>
#include <string.h>

#include "loop.h"

static const char kSettings[] =
    "SELECT set_config('slipway.workspace', $1, true), set_config('slipway.scope', $2, true), "
    "set_config('statement_timeout', $3, true), set_config('lock_timeout', $4, true), "
    "set_config('idle_in_transaction_session_timeout', $5, true)";
static const char* const kSettingValues[] = {"one", "workspace", "10000", "10000", "20000"};

static PGconn* connection;
static uint64_t rows;
static const char* prefix;
static int inserts, tenant;

static void check(PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_SYNC) stop(PQerrorMessage(connection));
    PQclear(result);
}

static void take_one(void) {
    check(PQgetResult(connection));
    if (PQgetResult(connection)) stop("answered out of order");
}

static void turn(uint64_t number) {
    char id[64], text[32];
    const char* const values[] = {id, "one", text, "A note of the bench", "1700000000000"};
    snprintf(id, sizeof id, inserts ? "%s-%llu" : "%snote-%llu", inserts ? prefix : "",
             (unsigned long long)(inserts ? number : chosen(number, rows)));
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    const int count = inserts ? 5 : 2;
    if (!tenant) {
        check(PQexecPrepared(connection, "statement", count, values, NULL, NULL, 1));
        return;
    }
    if (inserts) PQsendQueryParams(connection, "BEGIN ISOLATION LEVEL SERIALIZABLE", 0, NULL, NULL, NULL, NULL, 1);
    PQsendQueryPrepared(connection, "settings", 5, kSettingValues, NULL, NULL, 1);
    PQsendQueryPrepared(connection, "statement", count, values, NULL, NULL, 1);
    if (inserts) PQsendQueryParams(connection, "COMMIT", 0, NULL, NULL, NULL, NULL, 1);
    if (PQpipelineSync(connection) != 1) stop(PQerrorMessage(connection));
    for (int i = 0; i < (inserts ? 4 : 2); ++i) take_one();
    check(PQgetResult(connection));
}

int main(int count, char** arguments) {
    if (count != 8) stop("usage: libpq_loop URL read|insert alone|tenant ROWS PREFIX WARM_UP_S DURATION_S");
    connection = PQconnectdb(arguments[1]);
    if (PQstatus(connection) != CONNECTION_OK) stop(PQerrorMessage(connection));
    inserts = strcmp(arguments[2], "insert") == 0;
    tenant = strcmp(arguments[3], "tenant") == 0;
    rows = strtoull(arguments[4], NULL, 10);
    prefix = arguments[5];
    const char* const table = tenant ? "bench_note" : "plain_note";
    char sql[256];
    snprintf(sql, sizeof sql,
             inserts ? "insert into %s(id, workspace, number, title, created_at) values ($1, $2, $3, $4, $5)"
                     : "select number, title, created_at from %s where id = $1 and workspace = $2",
             table);
    check(PQprepare(connection, "statement", sql, 0, NULL));
    check(PQprepare(connection, "settings", kSettings, 0, NULL));
    if (tenant && PQenterPipelineMode(connection) != 1) stop("no pipeline");
    run_loop(turn, 1, atof(arguments[6]), atof(arguments[7]));
    PQfinish(connection);
    return 0;
}
