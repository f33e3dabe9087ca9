#include "serve/wait_for_stores.h"

#include <gtest/gtest.h>

namespace slipway::serve {
namespace {

// Fails so often, then is there.
StoreProbe late(std::string name, int failures, int& asked,
                Error error = {ErrorCode::unavailable, "Nobody answers.", {}}) {
    auto ask = [failures, &asked, error = std::move(error)]() -> Task<std::string> {
        if (++asked <= failures) co_return std::unexpected(error);
        co_return "Engine 1";
    };
    return {std::move(name), "engine://127.0.0.1:1/app", ask};
}

TEST(WaitForStores, AsksAllUntilEachIsThere) {
    int first = 0, second = 0;
    EXPECT_TRUE(wait_for_stores({late("index", 2, first), late("objects", 1, second)}));
    EXPECT_EQ(first, 3);
    EXPECT_EQ(second, 2);
    EXPECT_TRUE(wait_for_stores({}));
}

TEST(WaitForStores, SaysWhichIsMissingAndWhyAndWhatToDo) {
    int first = 0, second = 0;
    const auto waited = wait_for_stores({late("index", 0, first), late("objects", 1000, second)}, Milliseconds(300));
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().code, ErrorCode::unavailable);
    EXPECT_EQ(waited.error().message,
              "The store `objects` at engine://127.0.0.1:1/app cannot be used. Nobody answers. Start it, or correct "
              "`stores.objects` of the manifest.");
    EXPECT_EQ(first, 1);
    EXPECT_GT(second, 1);
}

TEST(WaitForStores, WhatWaitingDoesNotMendIsSaidAtOnce) {
    int asked = 0, refused = 0, other = 0;
    EXPECT_EQ(wait_for_stores({late("index", 1000, asked, {ErrorCode::upstream, "It is another.", {}}),
                               late("objects", 1000, other)})
                  .error()
                  .code,
              ErrorCode::upstream);
    EXPECT_EQ(asked, 1);
    const auto denied = Error{ErrorCode::unavailable, "Access denied.", {}}.with("status", 403);
    EXPECT_FALSE(wait_for_stores({late("objects", 1000, refused, denied)}));
    EXPECT_EQ(refused, 1);
}

TEST(StoreProbe, UrlsAreShownWithoutSecrets) {
    EXPECT_EQ(shown_url("qdrant+http://127.0.0.1:6333/app?api_key=secret"), "qdrant+http://127.0.0.1:6333/app");
    EXPECT_EQ(shown_url("postgresql://app:p%40ss@db.example.org/app?sslmode=require"),
              "postgresql://db.example.org/app");
    EXPECT_EQ(shown_url("opensearch+https://ada:p@ss/w?rd@host:9200"), "opensearch+https://host:9200");
    EXPECT_EQ(shown_url("sqlite:database.sqlite"), "");
}

TEST(StoreProbe, AllAreAskedAtOnceAndEachHasItsTime) {
    auto never = []() -> Task<std::string> {
        co_await sleep_for(Milliseconds(3'600'000));
        co_return "Engine 1";
    };
    int asked = 0;
    const std::vector<StoreProbe> probes{{"index", "", never}, {"cache", "", never}, late("objects", 0, asked)};
    const auto all = run_to_end(ask_stores(probes));
    ASSERT_EQ(all.size(), 3U);
    EXPECT_FALSE(all[0].error.empty());
    EXPECT_FALSE(all[1].error.empty());
    EXPECT_EQ(all[2].engine, "Engine 1");
    EXPECT_TRUE(all[2].error.empty());
}

}  // namespace
}  // namespace slipway::serve
