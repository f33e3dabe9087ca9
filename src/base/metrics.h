// Counters, gauges and histograms of this process, told in the text format of Prometheus 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). One registry per process, as there is one log.
//
// Names follow its guide: slipway_…, base units (seconds, bytes), _total for counters. A label has few values that the
// program knows beforehand (a route's pattern, never a path): of one name there are at most kSeriesMax series, and what
// comes further is counted in one whose labels are all "other".
//
// Thread safe. A reference stays valid for the life of the process; hot code keeps it. Looking a series up takes a
// lock, two maps and the text of its labels; adding to it takes one atomic.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::metrics {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

inline constexpr std::size_t kSeriesMax = 1'000;

class Counter {
 public:
    void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
    std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
    void set(double value) { value_.store(value, std::memory_order_relaxed); }
    void add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
    double value() const { return value_.load(std::memory_order_relaxed); }

 private:
    std::atomic<double> value_{0};
};

// Of durations: the bounds suit what takes from a tenth of a millisecond to minutes.
class Histogram {
 public:
    static constexpr std::array<double, 16> kBounds{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                    0.1,    0.25,   0.5,   1,      2.5,   5,    10,    60};

    void observe(double seconds);
    // Of those not above bound i, and of all at the end; each counts what the one before counts.
    std::array<std::uint64_t, kBounds.size() + 1> cumulative() const;
    double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
    std::atomic<double> sum_{0};
};

// The series of that name with these labels, made when it is asked for first. Always the same kind and help for a name.
Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {});

// All series, names in alphabetical order.
std::string exposition();

// Adds one for as long as it lives: what is under way.
class UnderWay {
 public:
    explicit UnderWay(Gauge& gauge) : gauge_(gauge) { gauge_.add(1); }
    ~UnderWay() { gauge_.add(-1); }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

 private:
    Gauge& gauge_;
};

// Observes the seconds that it lived.
class Timed {
 public:
    explicit Timed(Histogram& histogram) : histogram_(histogram) {}
    ~Timed() { histogram_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count()); }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

 private:
    Histogram& histogram_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace slipway::metrics
