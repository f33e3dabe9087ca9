// What an application's document says about its own deployment (apps/NAME/deploy/estimate.json): its cost table, on
// what each line rests, and what else it states. Beside this the plan and its price are held.
//
//     {"dev": {"total": 140, "zones": 2, "sizes": {"aws_db_instance": "db.t3.medium"},
//              "lines": [{"what": "RDS", "covers": ["database"], "usd": [15, 20], "size": "db.t3.micro"}]}}
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace slipway::deploy {

struct EstimateLine {
    std::string what;                 // the document's own words
    std::vector<std::string> covers;  // categories of price lines
    double least = 0, most = 0;       // dollars of a month
    // On what it rests; empty or 0: not said.
    std::string size;        // of the machine: "db.t3.micro"
    double count = 0;        // of nodes, tasks or secrets
    double builds = 0;       // that it takes for as many minutes
    bool free_year = false;  // by the free tier of the first twelve months, which accounts since 2025-07-15 do not have
};

struct Estimate {
    double least = 0, most = 0;  // the document's total; 0: none
    std::vector<EstimateLine> lines;
    std::size_t zones = 0;                     // availability zones that its text asks for
    std::map<std::string, std::string> sizes;  // type of resource → size that its text names
    bool tokens_in_queries = false;            // of its clients

    bool covers(std::string_view category) const;

    // Nothing when the file does not have the environment; "economy" takes that of "dev".
    static Result<std::optional<Estimate>> read(std::string_view json_text, std::string_view environment);
};

}  // namespace slipway::deploy
