// pack-encoder MODEL_FOLDER OUT: packs model.safetensors and vocab.txt into the file that the program carries
// (model/encoder/packed.h). The build runs it; nobody else needs to.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "model/encoder/packed.h"

namespace {

slipway::Result<std::string> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return slipway::fail(slipway::ErrorCode::not_found, "{} cannot be read.", path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

slipway::Result<void> pack_folder(const std::string& folder, const std::string& out) {
    SLIPWAY_TRY(const auto weights, read(folder + "/model.safetensors"));
    SLIPWAY_TRY(const auto vocabulary, read(folder + "/vocab.txt"));
    constexpr std::uint32_t kHeads = 12, kLength = 256;  // as the model's own config.json and sentence_bert_config.json
    SLIPWAY_TRY(const auto packed, slipway::model::encoder::pack(weights, vocabulary, kHeads, kLength));
    std::ofstream file(out, std::ios::binary);
    file << packed;
    file.close();
    if (!file) return slipway::fail(slipway::ErrorCode::unavailable, "{} cannot be written.", out);
    return {};
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: pack-encoder MODEL_FOLDER OUT\n");
        return 2;
    }
    const auto packed = pack_folder(arguments[1], arguments[2]);
    if (packed) return 0;
    std::fprintf(stderr, "pack-encoder: %s\n", packed.error().message.c_str());
    return 1;
}
