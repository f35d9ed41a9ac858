"""The demo's S3 as s3sim's JSON document, and what a day changes in it (see day.py)."""
import json

SOURCE, TARGET = "111111111111", "222222222222"
ODD_KEYS = [
    "invoice 2024 (final).pdf", "a+b=c&d.txt", "100%.txt", "per%20cent", "/leading/slash",
    "double//slash", "trailing/slash/", "./dot", "../dot-dot", "..", "tab\there", "line\nfeed",
    "return\rhere", "bell\x07", "quote\"'<>&amp;", "back\\slash", "question?mark#hash",
    "café", "café", "한국어/사진 001.jpg", "emoji-🚢", "UPPER", "upper", "k" * 1024,
]
CLASSES = ["STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "INTELLIGENT_TIERING"]


def account(ident, key_id, secret):
    return {"id": ident, "users": [{"name": "admin", "keys": [
        {"access_key_id": key_id, "secret": secret}]}]}


def ordinary(i):
    made = {"key": f"photos/2026/{i % 12 + 1:02}/IMG_{i:05}.jpg", "size": 1000 + i * 37 % 90000,
            "mtime": "2026-11-01T00:00:00Z", "headers": {"content-type": "image/jpeg"}}
    if i % 3 == 0:
        made["metadata"] = {"camera": f"body {i % 5}"}
    if i % 5 == 0:
        made["tags"] = {"department": "marketing", "cost center": f"{i % 9}+/="}
    if i % 7 == 0:
        made["storage_class"] = CLASSES[i // 7 % len(CLASSES)]
    return made


def awkward(i, key):
    return {"key": key, "content": f"awkward object {i}\n", "mtime": "2026-11-01T00:00:00Z",
            "metadata": {"number": str(i)}, "tags": {"awkward": "yes"}}


def baseline():
    mib = 1 << 20
    objects = [ordinary(i) for i in range(3000)]
    objects += [awkward(i, key) for i, key in enumerate(ODD_KEYS)]
    objects += [{"key": f"folders/{i:02}/", "content": "", "mtime": "2026-11-01T00:00:00Z"}
                for i in range(25)]
    # Uploaded in parts: the ETag is no digest of the bytes, and a copy's differs.
    objects += [{"key": f"videos/clip-{i}.mp4", "size": 12 * mib, "parts": [5 * mib, 5 * mib, 2 * mib],
                 "mtime": "2026-11-01T00:00:00Z"} for i in range(3)]
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{TARGET}:root"},
         "Action": ["s3:ListBucket", "s3:GetObject", "s3:GetObjectTagging"],
         "Resource": ["arn:aws:s3:::asis-photos", "arn:aws:s3:::asis-photos/*"]}]}
    return {
        "accounts": [account(SOURCE, "AKIAFAKESOURCEDEMO00", "fake-demo-source-secret"),
                     account(TARGET, "AKIAFAKETARGETDEMO00", "fake-demo-target-secret")],
        "buckets": [
            {"name": "asis-photos", "owner": SOURCE, "side": "source", "policy": policy,
             "objects": objects},
            {"name": "tobe-photos", "owner": TARGET, "side": "target"},
        ],
    }


def changes():
    """What happens at the source in a day: (method, key, body)."""
    new = [f"photos/2026/11/NEW_{i:04} {'é' if i % 2 else '+'}.jpg" for i in range(150)]
    changed = [ordinary(i)["key"] for i in range(0, 3000, 75)] + ["per%20cent"]
    deleted = [ordinary(i)["key"] for i in range(10, 3000, 120)] + ["double//slash", "tab\there"]
    return ([("PUT", key, b"a new object") for key in new] +
            [("PUT", key, b"changed since the baseline") for key in changed] +
            [("DELETE", key, b"") for key in deleted])


if __name__ == "__main__":
    print(json.dumps(baseline()))
