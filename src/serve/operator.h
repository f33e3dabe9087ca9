// What the operator of an application can do to it: the commands of the CLI. They run in the process that holds the
// data folder; a CLI command reaches a running server through its private socket (operator_route.h), or runs them
// itself when none runs.
//
// Every command takes a JSON object and gives a JSON object; long ones tell events on the way.
// clang-format off
//     status          {}                                      → {application, version, stores, documents, …}
//     check           {}                                      → {documents, passages, findings: [sentence]}
//     ingest          {paths: [absolute], namespace}          → {added, updated, …}; {type: "progress", files_done, …}
//     sync            {}                                      → the same, for knowledge.documents
//     search          {question, namespaces, limit}           → as GET /api/search
//     ask             {question, history: [{role, content}]}  → {answer, sources, …}; {type: "sources" or "token", …}
//     reindex         {}                                      → {chunks}; {type: "progress", done, all}
//     backup          {path}                                  → {path, bytes, files}
//     users.list      {}                                      → {users}
//     users.create    {email, username, password, role}       → the user, as the following
//     users.password  {name, password}
//     users.role      {name, role}
//     users.active    {name, active}
//     users.import    {lines: [JSON], first_line}             → {imported, present, faults: [{line, message}]}
//     tokens.list     {}                                      → {keys}
//     tokens.create   {name, kind, role, user, scopes, …}     → the key with `key`, told this once
//     tokens.revoke   {id}                                    → {}
//     keys.list       {}                                      → {keys: [{id, algorithm, signs, …}]}
//     keys.rotate     {}                                      → the new key
//     keys.retire     {id}                                    → {retired}
//     jobs.list       {state, limit, cursor}                  → {jobs, next}
//     jobs.show       {id}                                    → the job
//     jobs.start      {name, arguments, delay_ms, …}          → the job
//     jobs.retry      {id}                                    → {retried}; without an id all that were given up
//     jobs.counts     {}                                      → {ready, delayed, leased, dead}
// clang-format on
#pragma once

#include <string>
#include <vector>

#include "knowledge/folder.h"
#include "serve/application.h"
#include "serve/progress.h"

namespace slipway::serve {

class Operator {
 public:
    explicit Operator(Application& application);

    // `not_found` for an unknown command.
    Task<json::object> run(std::string command, json::object arguments, OperatorEvents events);

    // Brings knowledge.documents up to date; one at a time.
    Task<json::object> sync(OperatorEvents events);

 private:
    Task<json::object> status();
    Task<json::object> check_stores();
    Task<json::object> ingest(json::object arguments, OperatorEvents events);
    Task<json::object> ingest_paths(std::vector<std::filesystem::path> paths, std::string name_space,
                                    bool own_documents, OperatorEvents events);
    Task<knowledge::FolderReport> ingest_each(std::vector<std::filesystem::path> paths, std::string name_space,
                                              bool own_documents, Progress& progress);
    Task<json::object> search(json::object arguments);
    Task<json::object> ask(json::object arguments, OperatorEvents events);
    Task<json::object> reindex(OperatorEvents events);
    Task<json::object> users(std::string command, json::object arguments);
    Task<json::object> import_users(json::object arguments);
    Task<json::object> tokens(std::string command, json::object arguments);
    Task<json::object> keys(std::string command, json::object arguments);
    Task<json::object> jobs(std::string command, json::object arguments);

    Application& application_;
    KeyedLock one_at_a_time_;
};

}  // namespace slipway::serve
