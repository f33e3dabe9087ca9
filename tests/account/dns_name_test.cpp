// Names of domains: as DNS has them, or refused.
#include <gtest/gtest.h>

#include "account/domains.h"

namespace slipway::account {
namespace {

TEST(DnsName, LettersBeyondAsciiBecomePunycode) {
    // The examples of RFC 3492, section 7.1, and of IANA's test domains.
    EXPECT_EQ(dns_name("Bücher.Example").value_or(""), "xn--bcher-kva.example");
    EXPECT_EQ(dns_name("他们为什么不说中文.example").value_or(""), "xn--ihqwcrb4cv8a8dqg056pqjye.example");
    EXPECT_EQ(dns_name("3年B組金八先生.example").value_or(""), "xn--3b-ww4c5e180e575a65lsy2b.example");
    EXPECT_EQ(dns_name("例え.テスト").value_or(""), "xn--r8jz45g.xn--zckzah");
    EXPECT_EQ(dns_name("пример.испытание").value_or(""), "xn--e1afmkfd.xn--80akhbyknj4f");
    EXPECT_EQ(dns_name(" WWW.Example.ORG. ").value_or(""), "www.example.org");
}

TEST(DnsName, WhatIsNoNameOfADomainIsRefused) {
    for (const auto* text : {"", "org", "a..org", "-a.org", "a-.org", "127.0.0.1", "[::1]", "a.org:80", "a_b.org",
                             "a/b.org", "a b.org", "*.org", "a.org/..", "a\xff.org", "http://a.org"})
        EXPECT_FALSE(dns_name(text)) << text;
    EXPECT_FALSE(dns_name(std::string(64, 'a') + ".org"));
    std::string longest;
    for (int i = 0; i < 60; ++i) longest += "abcd.";
    EXPECT_FALSE(dns_name(longest + "org"));
}

}  // namespace
}  // namespace slipway::account
