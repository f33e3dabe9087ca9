#include "base/back_off.h"

#include <algorithm>
#include <random>

namespace slipway {

Milliseconds less_by_chance(Milliseconds most) {
    thread_local std::minstd_rand generator{std::random_device()()};
    std::uniform_int_distribution<Milliseconds::rep> chance(most.count() / 2, most.count());
    return Milliseconds(chance(generator));
}

Milliseconds back_off(unsigned failures, Milliseconds first, Milliseconds most) {
    constexpr unsigned kDoublingsMax = 20;
    const auto doublings = std::min(std::max(failures, 1U) - 1, kDoublingsMax);
    return less_by_chance(std::min<Milliseconds>(first * (1LL << doublings), most));
}

}  // namespace slipway
