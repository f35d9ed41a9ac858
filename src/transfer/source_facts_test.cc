#include "transfer/source_facts.h"

#include <gtest/gtest.h>

namespace s3ferry {
namespace {

TEST(Rfc2047, WordsBecomeTheStoredBytes) {
  EXPECT_EQ(decode_rfc2047("=?UTF-8?B?7ZWc6riA?=").bytes, "한글");
  EXPECT_EQ(decode_rfc2047("=?utf-8?q?=ED=95=9C_=EA=B8=80?=").bytes, "한 글");
  EXPECT_EQ(decode_rfc2047("=?UTF-8?B?7ZWc?= =?UTF-8?B?6riA?=").bytes, "한글");
  EXPECT_EQ(decode_rfc2047("=?UTF-8?B?7ZWc?= \t=?UTF-8?Q?100%?=").bytes, "한100%");
  EXPECT_TRUE(decode_rfc2047("=?UTF-8?B?7ZWc6riA?=").lossless);
}

TEST(Rfc2047, EverythingElseStaysAsItIs) {
  for (const char* plain : {"", "plain", "attachment; filename=\"=?UTF-8?B?7ZWc?=\"", "=?", "한글",
                            "a=?UTF-8?B?7ZWc?="}) {
    EXPECT_EQ(decode_rfc2047(plain).bytes, plain);
    EXPECT_TRUE(decode_rfc2047(plain).lossless) << plain;
  }
}

TEST(Rfc2047, WhatCannotBeReadIsSaid) {
  for (const char* odd : {"=?ISO-2022-KR?B?GyQpQw==?=", "=?UTF-8?B?!!?=", "=?UTF-8?X?a?=",
                          "=?UTF-8?B?/w==?=", "=?UTF-8?B?7ZWc?= and =?UTF-8?B?6riA?="}) {
    EXPECT_EQ(decode_rfc2047(odd).bytes, odd);
    EXPECT_FALSE(decode_rfc2047(odd).lossless) << odd;
  }
}

}  // namespace
}  // namespace s3ferry
