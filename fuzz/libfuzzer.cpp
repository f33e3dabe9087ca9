// The entry of libFuzzer (llvm.org/docs/LibFuzzer.html) for the one target that this program is linked with.
#include <cstddef>
#include <cstdint>

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    slipway::fuzz::targets().begin()->second({reinterpret_cast<const char*>(data), size});
    return 0;
}
