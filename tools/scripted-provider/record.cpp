#include "record.h"

namespace slipway::scripted {

Result<std::unique_ptr<Recorder>> Recorder::open(const std::string& path) {
    auto recorder = std::make_unique<Recorder>();
    if (path.empty()) return recorder;
    recorder->file_.open(path, std::ios::app | std::ios::binary);
    if (!recorder->file_) return fail(ErrorCode::invalid, "The record {} cannot be written.", path);
    return recorder;
}

void Recorder::write(const json::object& line) {
    const std::lock_guard lock(mutex_);
    if (file_.is_open()) file_ << write_json(line) << '\n' << std::flush;
}

Entry::Entry(Recorder& recorder, const net::Request& request, json::value body) : recorder_(recorder) {
    line_["path"] = request.path;
    // Whether, not what: a record may be kept, a key must not be.
    line_["authorized"] = !request.headers.get("Authorization").empty();
    line_["body"] = std::move(body);
}

Entry::~Entry() {
    line_["rule"] = rule;
    line_["status"] = status;
    line_["chunks"] = chunks;
    line_["client_gone"] = !finished;
    recorder_.write(line_);
}

}  // namespace slipway::scripted
