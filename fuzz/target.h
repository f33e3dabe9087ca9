// A fuzz target: what parses bytes from outside, fed with any bytes, and what must hold then.
//
//     SLIPWAY_FUZZ_TARGET(json) { … input is a std::string_view … }
//
// libfuzzer.cpp runs one of them under libFuzzer; replay.cpp runs each over its seeds as an ordinary test.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "base/log.h"

namespace slipway::fuzz {

// Above all levels: what a target provokes by the thousand is no news.
inline constexpr auto kSilent = static_cast<log::Level>(99);

using Target = void (*)(std::string_view input);

inline std::map<std::string_view, Target>& targets() {
    static std::map<std::string_view, Target> all;
    return all;
}

// Fails the run: the sanitizers' own way to say that something is wrong.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

// The input up to the first line end, and what follows it.
struct Parts {
    std::string_view first, rest;
};
inline Parts split_line(std::string_view input) {
    const auto end = input.find('\n');
    if (end == std::string_view::npos) return {input, {}};
    return {input.substr(0, end), input.substr(end + 1)};
}

}  // namespace slipway::fuzz

#define SLIPWAY_FUZZ_TARGET(name)                                                                       \
    namespace slipway::fuzz {                                                                           \
    static void run_##name(std::string_view input);                                                     \
    [[maybe_unused]] static const bool registered_##name = targets().emplace(#name, run_##name).second; \
    }                                                                                                   \
    void slipway::fuzz::run_##name([[maybe_unused]] std::string_view input)
