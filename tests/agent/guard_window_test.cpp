// A window that grows by pieces is, at each moment, what folding its whole text would give.
#include "agent/guard_window.h"

#include <random>

#include <gtest/gtest.h>

namespace slipway::agent {
namespace {

// Combining marks behind a space, a border inside punctuation, syllables that compose, bytes that are not UTF-8.
const std::string kText =
    "Breathe in; don\u2019t hurry. \u00dcberall ist Ruhe \u2014 \u597d\u7684\u3002\n\nCafe\u0301 \u0301x, e\u0301 "
    "\u1100\u1161\u11a8 \u00abKILL\u00bb 'tis -- \xff\xc3 (end)! \n'a' ";

TEST(GuardWindow, IsAsIfMadeFromTheWholeHoweverItIsCut) {
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        GuardWindow window;
        std::string whole;
        while (whole.size() < 4 * kText.size()) {
            const auto piece = (kText + kText).substr(whole.size() % kText.size(), 1 + random() % 9);
            window.append(piece);
            whole += piece;
            const GuardText expected(whole);
            ASSERT_EQ(window.text().words, expected.words) << whole;
            ASSERT_EQ(window.text().sentences, expected.sentences) << whole;
            ASSERT_LE(window.words_settled(), expected.words.size());
        }
    }
}

TEST(GuardWindow, WhatIsSentAndForgottenLeavesTheRestAsItWas) {
    std::mt19937 random(5);
    for (int round = 0; round < 100; ++round) {
        GuardWindow window;
        std::string whole, sent;
        for (int step = 0; step < 60; ++step) {
            const auto piece = (kText + kText).substr(whole.size() % kText.size(), 1 + random() % 20);
            window.append(piece);
            whole += piece;
            const auto held = std::string(window.held());
            ASSERT_EQ(sent + held, whole);
            const auto border = held.find_last_of(" \n", random() % 30);
            if (border == std::string::npos) continue;
            ASSERT_EQ(window.words_behind(border + 1), GuardText(held.substr(border + 1)).words.size()) << held;
            sent += window.release(border + 1);
            const auto before = window.text().words;
            const auto lost = window.forget_sent(25);
            ASSERT_LE(window.sent_bytes(), 25U + 3U);
            // The first word may have been cut.
            const auto behind = before.substr(std::min(before.size(), lost + 25));
            ASSERT_TRUE(window.text().words.ends_with(behind)) << before << '|' << window.text().words;
        }
    }
}

}  // namespace
}  // namespace slipway::agent
