// A provider for Terraform that knows the schema of AWS's and nothing else: `terraform validate`, `plan` and `test`
// work without the real one, an account or a network. It speaks Terraform's plugin protocol, version 5
// (docs/plugin-protocol/tfplugin5 of its repository); Terraform is told of it by TF_REATTACH_PROVIDERS.
//
// It finds what a schema tells: unknown resources, arguments and blocks, what is required, wrong types. It does not
// know which texts an argument takes, defaults, or what forces a replacement. Values that AWS would give are unknown in
// a plan, and invented by an apply.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"

namespace slipway::deploy {

class GrpcServer;
struct ProviderSchema;

class SchemaProvider {
 public:
    // Serves from a socket in `folder`, until it is destroyed. Errors: of ProviderSchema::built_in(), `unavailable`.
    static Result<std::unique_ptr<SchemaProvider>> start(const std::filesystem::path& folder);
    ~SchemaProvider();

    // "TF_REATTACH_PROVIDERS=…", for the environment of Terraform.
    const std::string& environment() const { return environment_; }
    const std::string& version() const;

 private:
    SchemaProvider();
    std::unique_ptr<const ProviderSchema> schema_;
    std::unique_ptr<GrpcServer> server_;
    std::string environment_;
};

// One call of the protocol; for tests and fuzzing. `not_found`: it has no such method.
Result<std::string> answer_call(const ProviderSchema& schema, std::string_view path, std::string_view message);

}  // namespace slipway::deploy
