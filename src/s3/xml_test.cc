#include "s3/xml.h"

#include <gtest/gtest.h>

namespace s3ferry::s3 {
namespace {

ErrorKind kind_of_failure(std::string_view body) {
  auto document = XmlDocument::parse(body);
  return document ? ErrorKind::kInternal : document.error().kind();
}

TEST(Xml, ReadsTextsBlanksAndCdata) {
  auto document = XmlDocument::parse_as(
      "<?xml version=\"1.0\"?><s:T xmlns:s='u'><s:V> x </s:V><E/><C>a<![CDATA[<&]]>&amp;b"
      "<!-- c -->d</C></s:T>",
      "T");
  ASSERT_TRUE(document) << document.error().describe();
  EXPECT_EQ(xml_text(document->root(), "V"), " x ");
  EXPECT_EQ(xml_text(document->root(), "E"), "");
  EXPECT_EQ(xml_text(document->root(), "C"), "a<&&bd");
  EXPECT_EQ(xml_text(document->root(), "Missing"), "");
  EXPECT_EQ(document->root_name(), "T");
}

TEST(Xml, IsStrict) {
  EXPECT_EQ(kind_of_failure(""), ErrorKind::kTruncated);
  EXPECT_EQ(kind_of_failure("  \n "), ErrorKind::kTruncated);
  EXPECT_EQ(kind_of_failure("<a><b></b>"), ErrorKind::kTruncated);
  EXPECT_EQ(kind_of_failure("<a><b></a></b>"), ErrorKind::kProtocol);
  EXPECT_EQ(kind_of_failure("<a/><b/>"), ErrorKind::kProtocol);
  EXPECT_EQ(kind_of_failure("<?><b/>?><a/>"), ErrorKind::kProtocol);
  EXPECT_EQ(kind_of_failure("upstream connect error"), ErrorKind::kProtocol);
  EXPECT_EQ(kind_of_failure("<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/x'><a/>"),
            ErrorKind::kProtocol);
  EXPECT_EQ(kind_of_failure("<!DOCTYPE a [<!ENTITY e 'eeee'>]><a>&e;</a>"), ErrorKind::kProtocol);
  for (const std::string_view nul :
       {std::string_view("<?xml \0?><a/>", 14), std::string_view("<a><!-- \0 --></a>", 17),
        std::string_view("<a><![CDATA[\0]]></a>", 20), std::string_view("<a>\0</a>", 8)})
    EXPECT_EQ(kind_of_failure(nul), ErrorKind::kProtocol);
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += "<a>";
  EXPECT_EQ(kind_of_failure(deep), ErrorKind::kTooLarge);
  EXPECT_EQ(kind_of_failure("<a>" + std::string(9 << 20, 'x') + "</a>"), ErrorKind::kTooLarge);
  EXPECT_TRUE(XmlDocument::parse_as("<a/>", "b").error().is(ErrorKind::kProtocol));
}

TEST(Xml, RootNameOfAnything) {
  EXPECT_EQ(xml_root_name("<?xml version='1.0'?>\n<s3:Error a='b'>"), "Error");
  EXPECT_EQ(xml_root_name("nothing"), "");
  EXPECT_EQ(xml_root_name("<?xml version='1.0'?>" + std::string(5000, ' ') + "<Error/>"), "Error");
  EXPECT_EQ(xml_root_name(std::string(5000, 'x') + "<Error/>"), "");
  EXPECT_EQ(xml_root_name(""), "");
}

// What is written is read back as the same bytes.
TEST(Xml, WriterKeepsEveryKeyThatXmlCanCarry) {
  const std::string odd = "a&<>\"' \r\n\t\xC2\x85\xE2\x80\xA8 \xED\x95\x9C//../\x7F";
  ASSERT_TRUE(xml_can_carry(odd));
  const std::string body =
      std::move(XmlWriter("Delete").open("Object").element("Key", odd).close()).take();
  EXPECT_EQ(body.find('\r'), std::string::npos);
  EXPECT_EQ(body,
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;&lt;&gt;"
            "&quot;&apos; &#xD;&#xA;&#x9;&#x85;&#x2028; \xED\x95\x9C//../&#x7F;</Key></Object>"
            "</Delete>");
  auto document = XmlDocument::parse(body);
  ASSERT_TRUE(document);
  EXPECT_EQ(xml_text(xml_child(document->root(), "Object"), "Key"), odd);
}

TEST(Xml, WhatXmlCannotCarry) {
  EXPECT_TRUE(xml_can_carry("a\t\r\n\xEF\xBF\xBD"));
  for (const char* bad : {"\x01", "a\x1F", "\xEF\xBF\xBE", "\xEF\xBF\xBF", "\xFF", "\xED\xA0\x80"})
    EXPECT_FALSE(xml_can_carry(bad));
}

}  // namespace
}  // namespace s3ferry::s3
