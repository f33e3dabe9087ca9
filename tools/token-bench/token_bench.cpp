// What the check of an access token costs, without the look at its session: reading it, its signature, its times.
//
//     token-bench [ROUNDS]      → CPU: {"HS256": {"nanoseconds": …}, "EdDSA": {…}, "read alone": {…}}; the best of
//     ROUNDS
#include <ctime>
#include <functional>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "account/jwt.h"
#include "base/crypto.h"
#include "base/ed25519.h"

namespace {

using namespace slipway;

constexpr int kTokensPerRound = 2'000;

json::object claims() {
    return {{"sub", new_id()},
            {"sid", new_id()},
            {"ws", new_id()},
            {"user_id", 1},
            {"username", "somebody@example.org"},
            {"is_admin", false},
            {"iss", "https://app.example.org"},
            {"aud", "application"},
            {"iat", 1},
            {"exp", 99'999'999'999}};
}

// CPU, not wall time: others may be at work on the machine.
std::int64_t cpu_nanoseconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

std::int64_t best_of(int rounds, const std::function<bool()>& check) {
    auto best = std::numeric_limits<std::int64_t>::max();
    for (int round = 0; round < rounds; ++round) {
        const auto begun = cpu_nanoseconds();
        for (int i = 0; i < kTokensPerRound; ++i)
            if (!check()) std::abort();
        best = std::min(best, cpu_nanoseconds() - begun);
    }
    return best / kTokensPerRound;
}

json::object cost_of(int rounds, const std::function<bool()>& check) {
    return {{"nanoseconds", best_of(rounds, check)}};
}

}  // namespace

int main(int count, char** arguments) {
    const int rounds = count > 1 ? std::stoi(arguments[1]) : 20;
    const std::string secret(32, 's');
    const auto pair = ed25519::make_key_pair();
    auto hmac =
        account::unsigned_token(to_base64url(R"({"alg":"HS256","typ":"JWT","kid":"0123456789abcdef"})"), claims());
    hmac += "." + to_base64url(hmac_sha256(secret, hmac));
    auto eddsa = account::unsigned_token(
        to_base64url(R"({"alg":"EdDSA","typ":"at+jwt","kid":"01890000-0000-7000-8000-000000000000"})"), claims());
    eddsa += "." + to_base64url(ed25519::sign(pair.secret, eddsa));
    const auto reads = [&] { return account::read_token(hmac, account::kOwnTokenBytesMax).has_value(); };
    const auto by_secret = [&] {
        const auto read = account::read_token(hmac, account::kOwnTokenBytesMax);
        return read && equal_constant_time(hmac_sha256(secret, read->signed_part), read->signature) &&
               account::check_times(read->claims);
    };
    const auto by_key = [&] {
        const auto read = account::read_token(eddsa, account::kOwnTokenBytesMax);
        return read && ed25519::verify(pair.public_key, read->signed_part, read->signature) &&
               account::check_times(read->claims);
    };
    const json::object costs{{"HS256", cost_of(rounds, by_secret)},
                             {"EdDSA", cost_of(rounds, by_key)},
                             {"read alone", cost_of(rounds, reads)}};
    fmt::print("{}\n", write_json(costs));
    return 0;
}
