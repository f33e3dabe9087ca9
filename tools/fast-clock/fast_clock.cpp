// A clock that runs as fast as a test says, for a program that is started with LD_PRELOAD=libfast-clock.so and
// FAST_CLOCK=FILE: an hour in which nothing happens is then half a minute. libfaketime does not bear AddressSanitizer.
//
// FILE has three whole numbers of 8 bytes, in the machine's order: how often it was written, the instant (ns) of
// CLOCK_MONOTONIC from which on the rate holds, how much the program's clock was ahead then (ns); and a fourth, the
// rate. CLOCK_MONOTONIC and CLOCK_REALTIME are read, and time limits of waits are meant, by that clock. A limit that is
// waited for when the rate changes follows it in kLook at the latest. Without FILE nothing is changed.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

namespace {

using Nanoseconds = std::int64_t;
constexpr Nanoseconds kSecond = 1'000'000'000, kMillisecond = 1'000'000, kLook = 20 * kMillisecond;
constexpr std::size_t kFilesMax = 4096;

struct Shared {
    std::atomic<std::int64_t> written, since, ahead, rate;
};
std::atomic<const Shared*> shared = nullptr;

Nanoseconds of(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }
timespec to_timespec(Nanoseconds time) { return {.tv_sec = time / kSecond, .tv_nsec = time % kSecond}; }

Nanoseconds really(clockid_t clock) {
    timespec time{};
    ::syscall(SYS_clock_gettime, clock, &time);
    return of(time);
}

struct Pace {
    Nanoseconds since = 0, ahead = 0;
    std::int64_t rate = 1;
};

// Written in one go with the count before and after it; read again when it changed meanwhile.
Pace pace() {
    const auto* const page = shared.load();
    if (page == nullptr) return {};
    for (;;) {
        const auto before = page->written.load();
        const Pace read{page->since.load(), page->ahead.load(), page->rate.load()};
        if (before % 2 == 0 && page->written.load() == before) return read;
    }
}

bool is_scaled(clockid_t clock) { return clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME; }

Nanoseconds told(clockid_t clock) {
    const auto now = pace();
    return really(clock) + now.ahead + (really(CLOCK_MONOTONIC) - now.since) * (now.rate - 1);
}

// How long is waited for a time that is so far off by the program's clock; at least a little.
Nanoseconds really_until(Nanoseconds far) { return far <= 0 ? 1 : far / pace().rate + 1; }

// Deadlines of timers by their file, by the program's CLOCK_MONOTONIC; 0: none.
std::array<std::atomic<Nanoseconds>, kFilesMax> deadlines;

void arm(int file, Nanoseconds deadline) {
    itimerspec wanted{};
    if (deadline != 0) wanted.it_value = to_timespec(really_until(deadline - told(CLOCK_MONOTONIC)));
    ::syscall(SYS_timerfd_settime, file, 0, &wanted, nullptr);
}

void follow() {
    for (auto seen = shared.load()->written.load();;) {
        auto pause = to_timespec(kLook);
        ::syscall(SYS_nanosleep, &pause, nullptr);
        const auto now = shared.load()->written.load();
        if (now == seen || now % 2 != 0) continue;
        seen = now;
        for (std::size_t file = 0; file < kFilesMax; ++file)
            if (const auto deadline = deadlines[file].load(); deadline != 0) arm(static_cast<int>(file), deadline);
    }
}

// No wait is longer than this, so that it follows the rate; a condition variable may wake for nothing.
Nanoseconds wait_part(Nanoseconds far) { return std::min(really_until(far), kLook); }

template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int wait_for_condition(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
    static auto* const real =
        next<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>("pthread_cond_clockwait");
    const auto limit = to_timespec(really(CLOCK_MONOTONIC) + wait_part(of(*until) - told(clock)));
    const int result = real(condition, mutex, CLOCK_MONOTONIC, &limit);
    return result == ETIMEDOUT && told(clock) < of(*until) ? 0 : result;
}

__attribute__((constructor)) void begin() {
    const char* const name = std::getenv("FAST_CLOCK");
    if (name == nullptr) return;
    const int file = ::open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    void* const page = ::mmap(nullptr, sizeof(Shared), PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    if (page == MAP_FAILED) return;
    shared = static_cast<const Shared*>(page);
    std::thread(follow).detach();
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
    if (shared.load() == nullptr || !is_scaled(clock))
        return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    *time = to_timespec(told(clock));
    return 0;
}

int timerfd_settime(int file, int flags, const itimerspec* wanted, itimerspec* before) noexcept {
    const bool is_known = file >= 0 && static_cast<std::size_t>(file) < kFilesMax;
    if (shared.load() == nullptr || !is_known || flags != 0 || of(wanted->it_interval) != 0) {
        if (is_known) deadlines[static_cast<std::size_t>(file)] = 0;
        return static_cast<int>(::syscall(SYS_timerfd_settime, file, flags, wanted, before));
    }
    const auto far = of(wanted->it_value);
    const auto deadline = far == 0 ? 0 : told(CLOCK_MONOTONIC) + far;
    deadlines[static_cast<std::size_t>(file)] = deadline;
    arm(file, deadline);
    return 0;
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
    if (shared.load() != nullptr) return wait_for_condition(condition, mutex, clock, until);
    return next<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>("pthread_cond_clockwait")(
        condition, mutex, clock, until);
}

int nanosleep(const timespec* time, timespec* left) {
    if (shared.load() == nullptr) return static_cast<int>(::syscall(SYS_nanosleep, time, left));
    for (const auto until = told(CLOCK_MONOTONIC) + of(*time); told(CLOCK_MONOTONIC) < until;) {
        auto part = to_timespec(wait_part(until - told(CLOCK_MONOTONIC)));
        ::syscall(SYS_nanosleep, &part, nullptr);
    }
    return 0;
}

}  // extern "C"
