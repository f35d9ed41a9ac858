#include <pugixml.hpp>

#include "sim/access.h"
#include "sim/operations.h"
#include "sim/tagging.h"
#include "sim/write.h"

namespace s3ferry::sim {
namespace {

Outcome<pugi::xml_node> read_root(pugi::xml_document& document, const std::string& body,
                                  const char* name) {
  if (!document.load_buffer(body.data(), body.size()) || !document.child(name))
    return refuse("MalformedXML");
  return document.child(name);
}

constexpr std::string_view kOwnershipNames[] = {"BucketOwnerEnforced", "BucketOwnerPreferred",
                                                "ObjectWriter"};

Reply done(int status = 200) {
  Reply reply;
  reply.status = status;
  return reply;
}

}  // namespace

Outcome<Reply> delete_bucket(State& state, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:DeleteBucket", ""); !may)
    return refuse(std::move(may.error()));
  if (!call.bucket->store.empty())
    return refuse(service_error("BucketNotEmpty").with("BucketName", call.bucket_name));
  state.buckets.erase(call.bucket_name);
  return done(204);
}

Outcome<Reply> head_bucket(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:ListBucket", ""); !may)
    return refuse(std::move(may.error()).with_header("x-amz-bucket-region", call.bucket->region));
  Reply reply;
  reply.headers.add("x-amz-bucket-region", call.bucket->region);
  reply.headers.add("x-amz-access-point-alias", "false");
  return reply;
}

Outcome<Reply> get_bucket_location(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:GetBucketLocation", ""); !may)
    return refuse(std::move(may.error()));
  XmlWriter xml;
  const std::string& region = call.bucket->region;
  xml.out() += "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
  if (region == "us-east-1") {
    xml.out() += "/>";
  } else {
    xml.out() += ">" + region + "</LocationConstraint>";
  }
  return xml_reply(xml.take());
}

Outcome<Reply> bucket_policy(State& state, const Call& call) {
  Bucket& bucket = *call.bucket;
  // A policy's owner account can always read and mend it, whatever it denies; others never.
  const bool owner = call.principal.account == bucket.owner->id;
  const std::string_view action =
      call.operation == Operation::kGetBucketPolicy   ? "s3:GetBucketPolicy"
      : call.operation == Operation::kPutBucketPolicy ? "s3:PutBucketPolicy"
                                                      : "s3:DeleteBucketPolicy";
  if (!(owner && call.principal.is_root)) {
    if (auto may = require(call, bucket, action, ""); !may) return refuse(std::move(may.error()));
    if (!owner) return refuse("MethodNotAllowed");
  }
  if (call.operation == Operation::kGetBucketPolicy) {
    if (bucket.policy_text.empty())
      return refuse(service_error("NoSuchBucketPolicy").with("BucketName", bucket.name));
    Reply reply;
    reply.headers.add("Content-Type", "application/json");
    reply.body = bucket.policy_text;
    return reply;
  }
  if (call.operation == Operation::kDeleteBucketPolicy) {
    bucket.policy.reset();
    bucket.policy_text.clear();
    return done(204);
  }
  if (auto fine = check_digests(call, call.content()); !fine)
    return refuse(std::move(fine.error()));
  auto policy = parse_bucket_policy(state, call.body, bucket.name);
  if (!policy) return refuse("MalformedPolicy", policy.error().message());
  bucket.policy = std::move(*policy);
  bucket.policy_text = call.body;
  return done(204);
}

Outcome<Reply> bucket_versioning(State&, const Call& call) {
  Bucket& bucket = *call.bucket;
  const bool get = call.operation == Operation::kGetBucketVersioning;
  if (auto may =
          require(call, bucket, get ? "s3:GetBucketVersioning" : "s3:PutBucketVersioning", "");
      !may)
    return refuse(std::move(may.error()));
  if (get) {
    XmlWriter xml;
    xml.open_root("VersioningConfiguration");
    if (bucket.versioning != Versioning::kOff)
      xml.element("Status", bucket.versioning == Versioning::kEnabled ? "Enabled" : "Suspended");
    xml.close("VersioningConfiguration");
    return xml_reply(xml.take());
  }
  pugi::xml_document document;
  auto root = read_root(document, call.body, "VersioningConfiguration");
  if (!root) return refuse(std::move(root.error()));
  const std::string_view status = root->child_value("Status");
  if (status != "Enabled" && status != "Suspended") return refuse("MalformedXML");
  bucket.versioning = status == "Enabled" ? Versioning::kEnabled : Versioning::kSuspended;
  return done();
}

Outcome<Reply> bucket_tagging(State&, const Call& call) {
  Bucket& bucket = *call.bucket;
  const bool get = call.operation == Operation::kGetBucketTagging;
  if (auto may = require(call, bucket, get ? "s3:GetBucketTagging" : "s3:PutBucketTagging", "");
      !may)
    return refuse(std::move(may.error()));
  if (get) {
    if (bucket.tags.empty())
      return refuse(service_error("NoSuchTagSet").with("BucketName", bucket.name));
    return xml_reply(tag_document(bucket.tags));
  }
  if (call.operation == Operation::kDeleteBucketTagging) {
    bucket.tags.clear();
    return done(204);
  }
  auto tags = read_tag_document(call.body);
  if (!tags) return refuse(std::move(tags.error()));
  bucket.tags = std::move(*tags);
  return done(204);
}

Outcome<Reply> bucket_ownership(State&, const Call& call) {
  Bucket& bucket = *call.bucket;
  const bool get = call.operation == Operation::kGetBucketOwnershipControls;
  if (auto may =
          require(call, bucket,
                  get ? "s3:GetBucketOwnershipControls" : "s3:PutBucketOwnershipControls", "");
      !may)
    return refuse(std::move(may.error()));
  if (get) {
    XmlWriter xml;
    xml.open_root("OwnershipControls");
    xml.open("Rule");
    xml.element("ObjectOwnership", kOwnershipNames[static_cast<std::size_t>(bucket.ownership)]);
    xml.close("Rule");
    xml.close("OwnershipControls");
    return xml_reply(xml.take());
  }
  pugi::xml_document document;
  auto root = read_root(document, call.body, "OwnershipControls");
  if (!root) return refuse(std::move(root.error()));
  const std::string_view said = root->child("Rule").child_value("ObjectOwnership");
  for (std::size_t i = 0; i < std::size(kOwnershipNames); ++i) {
    if (kOwnershipNames[i] != said) continue;
    bucket.ownership = static_cast<Ownership>(i);
    return done();
  }
  return refuse("MalformedXML");
}

Outcome<Reply> bucket_encryption(State& state, const Call& call) {
  Bucket& bucket = *call.bucket;
  const bool get = call.operation == Operation::kGetBucketEncryption;
  if (auto may =
          require(call, bucket,
                  get ? "s3:GetEncryptionConfiguration" : "s3:PutEncryptionConfiguration", "");
      !may)
    return refuse(std::move(may.error()));
  if (get) {
    XmlWriter xml;
    xml.open_root("ServerSideEncryptionConfiguration");
    xml.open("Rule");
    xml.open("ApplyServerSideEncryptionByDefault");
    xml.element("SSEAlgorithm", bucket.encryption->algorithm);
    if (bucket.encryption->is_kms()) xml.element("KMSMasterKeyID", bucket.encryption->kms_key);
    xml.close("ApplyServerSideEncryptionByDefault");
    xml.element("BucketKeyEnabled", "false");
    xml.close("Rule");
    xml.close("ServerSideEncryptionConfiguration");
    return xml_reply(xml.take());
  }
  pugi::xml_document document;
  auto root = read_root(document, call.body, "ServerSideEncryptionConfiguration");
  if (!root) return refuse(std::move(root.error()));
  const pugi::xml_node rule = root->child("Rule").child("ApplyServerSideEncryptionByDefault");
  auto encryption = default_encryption(state, bucket, rule.child_value("SSEAlgorithm"),
                                       rule.child_value("KMSMasterKeyID"));
  if (!encryption) return refuse("MalformedXML");
  bucket.encryption = std::move(*encryption);
  return done();
}

// Sub-resources that nobody configures here, but for two: the answer that S3 gives then.
Outcome<Reply> bucket_configuration(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:GetBucketConfiguration", ""); !may)
    return refuse(std::move(may.error()));
  if (call.has_query("website") && call.bucket->website) {
    XmlWriter xml;
    xml.open_root("WebsiteConfiguration");
    xml.open("IndexDocument");
    xml.element("Suffix", "index.html");
    xml.close("IndexDocument");
    xml.close("WebsiteConfiguration");
    return xml_reply(xml.take());
  }
  if (call.has_query("object-lock") && call.bucket->object_lock) {
    XmlWriter xml;
    xml.open_root("ObjectLockConfiguration");
    xml.element("ObjectLockEnabled", "Enabled");
    xml.close("ObjectLockConfiguration");
    return xml_reply(xml.take());
  }
  static constexpr std::pair<std::string_view, std::string_view> kMissing[] = {
      {"lifecycle", "NoSuchLifecycleConfiguration"},
      {"cors", "NoSuchCORSConfiguration"},
      {"website", "NoSuchWebsiteConfiguration"},
      {"replication", "ReplicationConfigurationNotFoundError"},
      {"object-lock", "ObjectLockConfigurationNotFoundError"},
      {"publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"},
      {"policyStatus", "NoSuchBucketPolicy"}};
  for (const auto& [name, code] : kMissing)
    if (call.has_query(name))
      return refuse(service_error(code).with("BucketName", call.bucket->name));
  static constexpr std::pair<std::string_view, std::string_view> kEmpty[] = {
      {"logging", "BucketLoggingStatus"},
      {"notification", "NotificationConfiguration"},
      {"accelerate", "AccelerateConfiguration"}};
  XmlWriter xml;
  for (const auto& [name, root] : kEmpty) {
    if (!call.has_query(name)) continue;
    xml.open_root(root);
    xml.close(root);
    return xml_reply(xml.take());
  }
  if (call.has_query("requestPayment")) {
    xml.open_root("RequestPaymentConfiguration");
    xml.element("Payer", "BucketOwner");
    xml.close("RequestPaymentConfiguration");
    return xml_reply(xml.take());
  }
  return refuse("NoSuchConfiguration");
}

Outcome<Reply> get_acl(State&, const Call& call) {
  const Account* owner = call.bucket->owner;
  bool bucket_owner_too = false;
  if (call.operation == Operation::kGetObjectAcl) {
    auto object = readable_object(call, *call.bucket, call.key, "", "s3:GetObjectAcl");
    if (!object) return refuse(std::move(object.error()));
    owner = (*object)->owner;
    bucket_owner_too = (*object)->acl == "bucket-owner-full-control" && owner != call.bucket->owner;
  } else if (auto may = require(call, *call.bucket, "s3:GetBucketAcl", ""); !may) {
    return refuse(std::move(may.error()));
  }
  XmlWriter xml;
  xml.open_root("AccessControlPolicy");
  xml.open("Owner");
  xml.element("ID", owner->canonical_id);
  xml.close("Owner");
  xml.open("AccessControlList");
  const auto grant = [&xml](const Account& account) {
    xml.out() +=
        "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xsi:type=\"CanonicalUser\">";
    xml.element("ID", account.canonical_id);
    xml.out() += "</Grantee>";
    xml.element("Permission", "FULL_CONTROL");
    xml.close("Grant");
  };
  grant(*owner);
  if (bucket_owner_too) grant(*call.bucket->owner);
  xml.close("AccessControlList");
  xml.close("AccessControlPolicy");
  return xml_reply(xml.take());
}

}  // namespace s3ferry::sim
