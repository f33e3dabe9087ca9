#include "store/secrets/environment.h"

#include "store/secrets/variable_name.h"

namespace slipway::store {
namespace {

class EnvironmentSecrets final : public Secrets {
 public:
    explicit EnvironmentSecrets(Environment environment) : environment_(std::move(environment)) {}

    Task<std::optional<std::string>> get(std::string name) override {
        SLIPWAY_CO_CHECK(check_variable_name(name));
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
