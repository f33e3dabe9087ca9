// libpq, PostgreSQL's client library, found when the first postgresql:// URL is opened. It is not linked, so that who
// keeps the embedded stores needs neither it nor the Kerberos and LDAP libraries below it, and does not pay for loading
// them.
//
//     SLIPWAY_TRY(const Libpq* const pq, libpq());
//     pq->PQstatus(connection);
#pragma once

#include <postgresql/libpq-fe.h>

#include "base/error.h"

// clang-format off
#define SLIPWAY_LIBPQ_FUNCTIONS(X) \
    X(PQconnectStartParams) X(PQconnectPoll) X(PQstatus) X(PQsocket) X(PQfinish) X(PQerrorMessage) \
    X(PQsetnonblocking) X(PQenterPipelineMode) X(PQexitPipelineMode) X(PQpipelineSync) X(PQsendQuery) \
    X(PQsendQueryParams) X(PQsendPrepare) X(PQsendQueryPrepared) X(PQflush) X(PQconsumeInput) X(PQisBusy) \
    X(PQgetResult) X(PQclear) X(PQresultStatus) X(PQresultErrorField) X(PQresultErrorMessage) X(PQnfields) \
    X(PQntuples) X(PQfname) X(PQftype) X(PQgetisnull) X(PQgetvalue) X(PQgetlength) X(PQcmdTuples) X(PQcmdStatus) \
    X(PQgetCancel) X(PQcancel) X(PQfreeCancel) X(PQparameterStatus) X(PQbackendPID) X(PQtransactionStatus) \
    X(PQconninfoParse) X(PQconninfoFree) X(PQfreemem) X(PQlibVersion) X(PQsetNoticeReceiver) \
    X(PQencryptPasswordConn)
// clang-format on

namespace slipway::store::postgres {

struct Libpq {
#define SLIPWAY_LIBPQ_MEMBER(name) decltype(&::name) name = nullptr;  // NOLINT(bugprone-macro-parentheses)
    SLIPWAY_LIBPQ_FUNCTIONS(SLIPWAY_LIBPQ_MEMBER)
#undef SLIPWAY_LIBPQ_MEMBER
};

// Loaded once, for the life of the program. Thread safe. `unavailable` says what to install.
Result<const Libpq*> libpq();

}  // namespace slipway::store::postgres
