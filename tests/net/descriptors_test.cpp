#include "net/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace slipway::net {
namespace {

// In a child of its own, as a hard limit cannot be raised again.
void expect_room(rlim_t soft, rlim_t hard, std::size_t wanted, std::size_t room, rlim_t soft_then) {
    const auto run = [&] {
        const rlimit limit{soft, hard};
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::_exit(3);
        if (make_room_for_connections(wanted) != room) ::_exit(1);
        rlimit after{};
        ::getrlimit(RLIMIT_NOFILE, &after);
        ::_exit(after.rlim_cur == soft_then ? 0 : 2);
    };
    EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "") << soft << " " << hard << " " << wanted;
}

TEST(Descriptors, TheLimitIsRaisedAndSomeAreKept) {
    expect_room(600, 1000, 100, 100, 600);
    expect_room(600, 1000, 500, 500, 756);
    expect_room(600, 1000, 20'000, 744, 1000);
    expect_room(300, 300, 20'000, 150, 300);
}

}  // namespace
}  // namespace slipway::net
