#include "store/secrets/environment.h"

namespace slipway::store {
namespace {

constexpr std::size_t kNameBytesMax = 256;

bool is_variable_name(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= kNameBytesMax && letter(name.front()) && std::ranges::all_of(name, allowed);
}

class EnvironmentSecrets final : public Secrets {
 public:
    explicit EnvironmentSecrets(Environment environment) : environment_(std::move(environment)) {}

    Task<std::optional<std::string>> get(std::string name) override {
        if (!is_variable_name(name))
            co_return fail(ErrorCode::invalid,
                           "The name of a secret in the environment consists of letters, digits and _.");
        co_return environment_.get(name);
    }

 private:
    const Environment environment_;
};

}  // namespace

std::unique_ptr<Secrets> environment_secrets(Environment environment) {
    return std::make_unique<EnvironmentSecrets>(std::move(environment));
}

}  // namespace slipway::store
