// functions: which routes are whose.
#include <gtest/gtest.h>

#include "app/manifest/application.h"

namespace slipway::app {
namespace {

TEST(ManifestFunctions, APatternIsWholeOrBeginsSo) {
    const FunctionSection function{"one", {"/api/auth/*", "/health", "/api/things/{id}"}};
    for (const auto* has : {"/api/auth/login", "/api/auth/sessions/{id}", "/health", "/api/things/{id}"})
        EXPECT_TRUE(function.has(has)) << has;
    for (const auto* lacks : {"/api/auth", "/healthy", "/health/more", "/api/things", "/api/things/{id}/more", "/"})
        EXPECT_FALSE(function.has(lacks)) << lacks;
}

TEST(ManifestFunctions, AStarStandsAtTheEndAlone) {
    EXPECT_EQ(problems_in("name: one\nfunctions: { two: { routes: [\"/api/*/x\"] } }\n"),
              "app.yaml:2:29: error: functions.two.routes: \"/api/*/x\" has a * that is not at its end. What stands "
              "behind it cannot be asked for: /api/x/* stands for all that begins so.\n");
}

}  // namespace
}  // namespace slipway::app
