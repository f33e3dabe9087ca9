// The terms of several texts as numbers, the same for the same term: for who counts them and needs no string for each.
// Internal to this room.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "store/index/word_forms.h"

namespace slipway::store {

// For the thread that makes it.
class TermNumbers {
 public:
    explicit TermNumbers(std::string_view language)
        : forms_(WordForms::of_this_thread(language)), whose_(forms_.next_whose()) {
        known_.reserve(kExpected);
    }

    // Appends the number of each term that analyse() would find, in order.
    void append(std::string_view text, std::vector<std::uint32_t>& numbers);
    // By number; 0 is the first that was found.
    const std::deque<std::string>& terms() const { return terms_; }

 private:
    static constexpr std::size_t kExpected = 1000;  // different terms of a document of some pages
    class Sink;
    std::uint32_t number_of(std::string_view term);
    std::uint32_t number_of_form(std::uint32_t form);

    WordForms& forms_;
    std::uint64_t whose_;  // what is noted at the forms: the number + 1
    boost::unordered_flat_map<std::string_view, std::uint32_t, std::hash<std::string_view>> known_;  // of terms_
    std::deque<std::string> terms_;
};

}  // namespace slipway::store
