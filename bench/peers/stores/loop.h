/* What the loops of the bare client libraries share: time, and the report that all sides of the benchmarks of stores
 * print. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t chosen(uint64_t turn, uint64_t count) { return turn * 7919 % count; }

static void stop(const char* what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static int by_size(const void* left, const void* right) {
    const float a = *(const float*)left, b = *(const float*)right;
    return (a > b) - (a < b);
}

/* Calls `turn` (which does `at_once` operations) until the time is over, and prints the report of what came after the
 * warm-up. */
static void run_loop(void (*turn)(uint64_t), uint64_t at_once, double warm_up, double duration) {
    size_t room = 1 << 16, count = 0;
    float* waits = malloc(room * sizeof *waits);
    uint64_t number = 0;
    const double start = seconds_of(CLOCK_MONOTONIC) + warm_up;
    for (; seconds_of(CLOCK_MONOTONIC) < start; number += at_once) turn(number);
    const double began = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    double now = began;
    for (; now - began < duration; number += at_once) {
        turn(number);
        const double after = seconds_of(CLOCK_MONOTONIC);
        if (count == room) waits = realloc(waits, (room *= 2) * sizeof *waits);
        if (!waits) stop("no memory");
        waits[count++] = (float)((after - now) * 1e6);
        now = after;
    }
    const double used = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    qsort(waits, count, sizeof *waits, by_size);
    printf("{\"operations\": %zu, \"seconds\": %.6f, \"cpu\": %.6f, \"p50 us\": %.1f, \"p99 us\": %.1f}\n",
           count * (size_t)at_once, now - began, used, (double)waits[count / 2], (double)waits[count * 99 / 100]);
}
