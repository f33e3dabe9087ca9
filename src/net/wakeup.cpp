#include "net/wakeup.h"

#include <boost/asio/post.hpp>

namespace slipway::net {

void Wakeup::wake() {
    auto resume = std::exchange(resume_, nullptr);
    if (resume) resume();
}

void Wakeup::wake_later() {
    auto resume = std::exchange(resume_, nullptr);
    if (resume) asio::post(executor_, std::move(resume));
}

}  // namespace slipway::net
