// The domains under which a workspace is served ("www.example.org").
//
// Who claims one proves it by a TXT record, `_<prefix>.<domain>`, with the token that add() gave out; only then it
// decides the workspace of a request with that Host. A domain can be claimed by many and proven by one. Proven ones are
// looked up again (recheck()); one whose record is gone for longer than Domains::kGrace is not proven any more.
//
// A domain is kept as ASCII in lower case (IDNA: "bücher.example" as "xn--bcher-kva.example").
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "account/audit.h"
#include "account/workspaces.h"

namespace slipway::account {

inline constexpr std::size_t kDomainsMax = 20;  // of a workspace

// The texts of the TXT records of a name; none when there is no such name. `unavailable` when no resolver answers.
using TextRecords = std::function<Task<std::vector<std::string>>(std::string name)>;

struct DomainsOptions {
    std::string prefix = "slipway-verify";         // of the name that carries the record
    std::string token_prefix = "slipway-verify=";  // of what it says
    std::string target;                            // where a CNAME of the domain should lead; only told
    std::chrono::seconds recheck_after{std::chrono::hours(24)};
    TextRecords resolve;  // required
};

struct Domain {
    std::string id, domain;
    std::string record_name, record_value;  // the TXT record that proves it
    std::string target;                     // DomainsOptions::target
    bool verified = false;
    Instant created_at;
    std::optional<Instant> checked_at, verified_at;
};

// Thread safe.
class Domains {
 public:
    static constexpr std::chrono::hours kGrace{72};

    // What it is given outlives it.
    Domains(store::Database& database, const Audit& audit, DomainsOptions options)
        : database_(database), audit_(audit), options_(std::move(options)) {}

    // In the workspace of the principal, with the scope workspace:settings (get, list: workspace:read).
    // `invalid` for what is no domain name, `conflict` when the workspace has it already or may have no more.
    Task<Domain> add(Actor actor, std::string domain);
    Task<std::vector<Domain>> list(Actor actor) const;
    Task<Domain> get(Actor actor, std::string id_or_domain) const;
    // Looks for the record. `invalid` (details.reason "record_missing") when it is not there, `conflict` when another
    // workspace has proven it, `unavailable` when no resolver answers.
    Task<Domain> check(Actor actor, std::string id_or_domain);
    Task<void> remove(Actor actor, std::string id_or_domain);

    // The workspace that a Host (with or without a port) belongs to; nullopt: none. Asked at each request, so kept.
    Task<std::optional<WorkspaceId>> workspace_of(std::string host) const;
    // Looks up what was proven longest ago, at most so many; how many were looked at.
    Task<std::size_t> recheck(std::size_t at_once = 20);

    const DomainsOptions& options() const { return options_; }

 private:
    Domain domain_of(const store::Row& row) const;

    store::Database& database_;
    const Audit& audit_;
    DomainsOptions options_;
};

// The name as DNS has it, or `invalid`: letters of any script as punycode, 2 labels at least, no address, no port.
Result<std::string> dns_name(std::string_view domain);

}  // namespace slipway::account
