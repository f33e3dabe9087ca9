// libFuzzer (llvm.org/docs/LibFuzzer.html) on the target that the variable SLIPWAY_FUZZ_TARGET names. One program holds
// all, so that they are linked once.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "target.h"

namespace {

slipway::fuzz::Target wanted() {
    const char* name = std::getenv("SLIPWAY_FUZZ_TARGET");
    const auto found = slipway::fuzz::targets().find(name == nullptr ? "" : name);
    if (found != slipway::fuzz::targets().end()) return found->second;
    std::fprintf(stderr, "SLIPWAY_FUZZ_TARGET names none of:");
    for (const auto& [each, target] : slipway::fuzz::targets()) std::fprintf(stderr, " %s", std::string(each).c_str());
    std::fprintf(stderr, "\n");
    std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto target = wanted();
    target({reinterpret_cast<const char*>(data), size});
    return 0;
}
