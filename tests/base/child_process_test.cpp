#include "base/child_process.h"

#include <csignal>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace slipway {
namespace {

using End = ChildOutcome::End;

ChildOutcome shell(const std::string& script, std::string_view input = "", const ChildLimits& limits = {}) {
    auto outcome = run_child("/bin/sh", {"-c", script}, input, limits);
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
    return outcome.value_or(ChildOutcome{});
}

TEST(ChildProcess, GivesInputAndCollectsOutputErrorsAndExitCode) {
    const auto outcome = shell("cat; echo problem >&2; exit 3", "hello");
    EXPECT_EQ(outcome.end, End::exited);
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_EQ(outcome.output, "hello");
    EXPECT_EQ(outcome.errors, "problem\n");
}

TEST(ChildProcess, PassesMegabytesBothWays) {
    const std::string input(5'000'000, 'x');
    EXPECT_EQ(shell("cat", input).output, input);
}

TEST(ChildProcess, TheEnvironmentOfTheServerStaysHere) {
    ::setenv("SLIPWAY_TEST_SECRET", "swordfish", 1);
    const auto outcome = shell("env");
    ::unsetenv("SLIPWAY_TEST_SECRET");
    EXPECT_EQ(outcome.output.find("swordfish"), std::string::npos);
    EXPECT_NE(outcome.output.find("LC_ALL=C.UTF-8"), std::string::npos);
}

TEST(ChildProcess, GetsTheVariablesThatItIsGiven) {
    const auto outcome = run_child("/bin/sh", {"-c", "printf %s \"$GIVEN $LC_ALL\""}, "", {}, {"GIVEN=this one"});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->output, "this one C.UTF-8");
}

TEST(ChildProcess, OpenDescriptorsOfTheServerStayHere) {
    const int open_here = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
    ASSERT_GE(open_here, 3);
    const auto outcome = shell(fmt::format("test -e /proc/self/fd/{} && echo leaked", open_here));
    ::close(open_here);
    EXPECT_EQ(outcome.output, "");
}

TEST(ChildProcess, WallTimeEndsASleepingChildAndItsChildren) {
    const auto outcome = shell("echo begun; sleep 600 & sleep 600", "", {.wall_time = std::chrono::milliseconds(300)});
    EXPECT_EQ(outcome.end, End::timed_out);
    EXPECT_EQ(outcome.output, "begun\n");
}

TEST(ChildProcess, AChildThatClosesItsStreamsEndsAtTheDeadlineToo) {
    EXPECT_EQ(shell("exec >&- 2>&-; sleep 600", "", {.wall_time = std::chrono::milliseconds(300)}).end, End::timed_out);
}

TEST(ChildProcess, ProcessorTimeEndsALoop) {
    EXPECT_EQ(shell("while :; do :; done", "", {.cpu_time = std::chrono::seconds(1)}).end, End::timed_out);
}

TEST(ChildProcess, TooMuchOutputEndsIt) {
    const auto outcome =
        shell("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", "", {.output_bytes_max = 1000});
    EXPECT_EQ(outcome.end, End::output_exceeded);
    EXPECT_EQ(outcome.output.size(), 1000U);
}

TEST(ChildProcess, ErrorsAreKeptUpToTheirLimitAndReadToTheEnd) {
    const auto outcome =
        shell("i=0; while [ $i -lt 9000 ]; do echo xxxxxxxxxxxxxxxxxxxxxxxx >&2; i=$((i+1)); done; echo done", "",
              {.error_bytes_max = 100});
    EXPECT_EQ(outcome.errors.size(), 100U);
    EXPECT_EQ(outcome.output, "done\n");
}

TEST(ChildProcess, ItMayNotWriteFiles) {
    const auto outcome =
        shell("trap '' XFSZ; echo x > /tmp/slipway-child-test-$$ || echo refused; rm -f /tmp/slipway-child-test-$$");
    EXPECT_EQ(outcome.output, "refused\n");
}

TEST(ChildProcess, ASignalIsReported) {
    const auto outcome = shell("kill -SEGV $$");
    EXPECT_EQ(outcome.end, End::killed);
    EXPECT_EQ(outcome.signal, SIGSEGV);
}

TEST(ChildProcess, WhatCannotBeStartedIsUnavailable) {
    const auto missing = run_child("/no/such/program", {}, "");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(run_child("/dev/null", {}, ""));
}

TEST(ChildProcess, ProgramsAreFoundInThePath) {
    EXPECT_TRUE(find_program("sh"));
    EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
    EXPECT_FALSE(find_program("no-such-program-here"));
    EXPECT_FALSE(find_program("/dev/null"));
    EXPECT_FALSE(find_program(""));
}

}  // namespace
}  // namespace slipway
