// Loaded into a program with LD_PRELOAD (slow_flush.py), this makes the disk as slow as is told: each fsync and fdatasync does its
// work and then sleeps until it has lasted SLOW_FLUSH_US microseconds. The file SLOW_FLUSH_COUNTS holds two numbers, of all threads
// and processes: how many flushes there were, and how many nanoseconds they lasted together.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int64_t wanted_ns;
static struct {
    _Atomic int64_t flushes, nanoseconds;
}* counts;

__attribute__((constructor)) static void open_counts(void) {
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char* const microseconds = getenv("SLOW_FLUSH_US");
    const char* const path = getenv("SLOW_FLUSH_COUNTS");
    wanted_ns = microseconds ? atoll(microseconds) * 1000 : 0;
    const int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void* const shared = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared != MAP_FAILED) counts = shared;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int flush(int (*real)(int), int file) {
    const int64_t began = now_ns(), end = began + wanted_ns;
    const int result = real(file), error = errno;
    const struct timespec until = {end / 1000000000, end % 1000000000};
    while (now_ns() < end && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
    if (counts) {
        atomic_fetch_add(&counts->flushes, 1);
        atomic_fetch_add(&counts->nanoseconds, now_ns() - began);
    }
    errno = error;
    return result;
}

int fsync(int file) { return flush(real_fsync, file); }
int fdatasync(int file) { return flush(real_fdatasync, file); }
