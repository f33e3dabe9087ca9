#include "deploy/provider/provider.h"

#include <unistd.h>

#include "deploy/provider/grpc_server.h"
#include "deploy/provider/planned.h"
#include "deploy/provider/protobuf.h"

namespace slipway::deploy {
namespace {

constexpr std::string_view kService = "/tfplugin5.Provider/";
constexpr std::string_view kSchemaPath = "/tfplugin5.Provider/GetSchema";
constexpr std::string_view kHealth = "/grpc.health.v1.Health/Check";
constexpr std::string_view kSource = "hashicorp/aws";
constexpr std::uint64_t kError = 1;  // Diagnostic.Severity

// DynamicValue: MessagePack; null where there is none.
Result<Value> dynamic_value(std::string_view message) {
    if (message.empty()) return Value();
    SLIPWAY_TRY(const auto reader, MessageReader::read(message));
    if (reader.bytes(1).empty()) return Value();
    return read_value(reader.bytes(1));
}

std::string dynamic_message(const Value& value) {
    MessageWriter message;
    message.bytes(1, write_value(value));
    return message.text();
}

std::string diagnostic(std::string_view summary) {
    MessageWriter message;
    message.number(1, kError).bytes(2, summary);
    return message.text();
}

using Blocks = std::map<std::string, SchemaBlock, std::less<>>;

Result<const SchemaBlock*> block_of(const Blocks& blocks, std::string_view type) {
    const auto found = blocks.find(type);
    if (found == blocks.end()) return fail(ErrorCode::invalid, "There is no {} in this schema.", type);
    return &found->second;
}

Result<std::string> prepare_config(const ProviderSchema&, const MessageReader& request) {
    MessageWriter response;
    response.bytes(1, request.bytes(1));
    return response.text();
}

Result<std::string> upgrade_state(const ProviderSchema& schema, const MessageReader& request) {
    SLIPWAY_TRY(const auto* const block, block_of(schema.resources, request.bytes(1)));
    SLIPWAY_TRY(const auto raw, MessageReader::read(request.bytes(3)));
    SLIPWAY_TRY(const auto state, parse_json(raw.bytes(1)));
    MessageWriter response;
    response.message(1, dynamic_message(state.is_object() ? upgraded_state(*block, state.get_object()) : Value()));
    return response.text();
}

Result<std::string> read_resource(const ProviderSchema&, const MessageReader& request) {
    MessageWriter response;
    response.bytes(1, request.bytes(2)).bytes(3, request.bytes(3));
    return response.text();
}

Result<std::string> plan_change(const ProviderSchema& schema, const MessageReader& request) {
    SLIPWAY_TRY(const auto* const block, block_of(schema.resources, request.bytes(1)));
    SLIPWAY_TRY(const auto prior, dynamic_value(request.bytes(2)));
    SLIPWAY_TRY(auto proposed, dynamic_value(request.bytes(3)));
    SLIPWAY_TRY(const auto config, dynamic_value(request.bytes(4)));
    MessageWriter response;
    response.message(1, dynamic_message(planned_state(*block, config, std::move(proposed), prior.is_null())));
    response.bytes(3, request.bytes(5));
    return response.text();
}

Result<std::string> apply_change(const ProviderSchema& schema, const MessageReader& request) {
    SLIPWAY_TRY(const auto* const block, block_of(schema.resources, request.bytes(1)));
    SLIPWAY_TRY(auto planned, dynamic_value(request.bytes(3)));
    MessageWriter response;
    response.message(1, dynamic_message(applied_state(*block, std::move(planned), "invented")));
    response.bytes(2, request.bytes(5));
    return response.text();
}

Result<std::string> read_data(const ProviderSchema& schema, const MessageReader& request) {
    SLIPWAY_TRY(const auto* const block, block_of(schema.data_sources, request.bytes(1)));
    SLIPWAY_TRY(const auto config, dynamic_value(request.bytes(2)));
    MessageWriter response;
    response.message(1, dynamic_message(data_of(*block, config, "invented")));
    return response.text();
}

Result<std::string> import_state(const ProviderSchema&, const MessageReader&) {
    MessageWriter response;
    response.message(2, diagnostic("Nothing can be imported without the real provider and an account."));
    return response.text();
}

Result<std::string> nothing(const ProviderSchema&, const MessageReader&) { return std::string(); }

Result<std::string> whole_schema(const ProviderSchema& schema, const MessageReader&) { return to_protobuf(schema); }

using Method = Result<std::string> (*)(const ProviderSchema&, const MessageReader&);
constexpr std::pair<std::string_view, Method> kMethods[] = {
    {"GetSchema", whole_schema},
    {"PrepareProviderConfig", prepare_config},
    {"ValidateResourceTypeConfig", nothing},
    {"ValidateDataSourceConfig", nothing},
    {"UpgradeResourceState", upgrade_state},
    {"Configure", nothing},
    {"ReadResource", read_resource},
    {"PlanResourceChange", plan_change},
    {"ApplyResourceChange", apply_change},
    {"ImportResourceState", import_state},
    {"ReadDataSource", read_data},
    {"GetFunctions", nothing},
    {"Stop", nothing},
};

}  // namespace

Result<std::string> answer_call(const ProviderSchema& schema, std::string_view path, std::string_view message) {
    if (path == kHealth) return std::string("\x08\x01", 2);  // SERVING
    if (path.starts_with(kService))
        for (const auto& [name, method] : kMethods)
            if (path.substr(kService.size()) == name) {
                SLIPWAY_TRY(const auto request, MessageReader::read(message));
                return method(schema, request);
            }
    return fail(ErrorCode::not_found, "There is no method {}.", path);
}

Result<std::unique_ptr<SchemaProvider>> SchemaProvider::start(const std::filesystem::path& folder) {
    SLIPWAY_TRY(auto schema, ProviderSchema::built_in());
    std::unique_ptr<SchemaProvider> provider(new SchemaProvider());
    provider->schema_ = std::make_unique<const ProviderSchema>(std::move(schema));
    const auto socket = folder / "aws.sock";
    // Asked for by each command of Terraform, and several megabytes.
    auto answer = [raw = provider->schema_.get(), whole = to_protobuf(*provider->schema_)](
                      std::string_view path, std::string_view message) -> Result<std::string> {
        if (path == kSchemaPath) return whole;
        return answer_call(*raw, path, message);
    };
    SLIPWAY_TRY(provider->server_, GrpcServer::start(socket, std::move(answer)));
    const json::object address{{"Network", "unix"}, {"String", socket.string()}};
    const json::object one{
        {"Protocol", "grpc"}, {"ProtocolVersion", 5}, {"Pid", ::getpid()}, {"Test", true}, {"Addr", address}};
    provider->environment_ = "TF_REATTACH_PROVIDERS=" + write_json(json::object{{kSource, one}});
    return provider;
}

SchemaProvider::SchemaProvider() = default;
SchemaProvider::~SchemaProvider() = default;
const std::string& SchemaProvider::version() const { return schema_->version; }

}  // namespace slipway::deploy
