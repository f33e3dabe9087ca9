#include "serve/progress.h"

namespace slipway::serve {

void Progress::tell(json::object event, bool kept) {
    if (!events_ || gone_) return;
    if (!waiting_.empty() && !waiting_.back().kept) waiting_.pop_back();
    if (waiting_.size() >= kWaitingMax) return;
    waiting_.push_back({std::move(event), kept});
    wakeup_.wake_later();
}

asio::awaitable<void> Progress::send_all() {
    while (true) {
        while (!waiting_.empty()) {
            auto event = std::move(waiting_.front().event);
            waiting_.pop_front();
            const auto told = co_await events_(std::move(event));
            if (told) continue;
            gone_ = true;
            waiting_.clear();
        }
        if (closed_ || co_await cancelled()) co_return;
        co_await wakeup_.wait();
    }
}

}  // namespace slipway::serve
