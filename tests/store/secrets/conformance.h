// What every adapter of the secrets port has to do, as named checks that report failures as values.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "store/check.h"
#include "store/secrets/secrets.h"

namespace slipway::test {

// An adapter over exactly these secrets.
using SecretsMaker = std::function<std::unique_ptr<store::Secrets>(std::map<std::string, std::string, std::less<>>)>;

struct SecretsCheck {
    std::string_view name;
    Task<void> (*run)(const SecretsMaker&);
};

std::span<const SecretsCheck> secrets_checks();

// nullopt when the adapter passes; otherwise what went wrong.
std::optional<std::string> failure_of(const SecretsCheck& check, const SecretsMaker& maker);

}  // namespace slipway::test
