"""A day at the source: `day.py URL` writes and deletes there, signed as the source's own application."""
import datetime
import hashlib
import hmac
import http.client
import sys
import urllib.parse

import world

KEY_ID, SECRET = "AKIAFAKESOURCEDEMO00", "fake-demo-source-secret"
BUCKET, REGION = "asis-photos", "us-east-1"


def sign(method, host, path, body):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": now}
    names = ";".join(headers)
    canonical = "\n".join([method, path, "", *(f"{k}:{v}" for k, v in headers.items()), "",
                           names, digest])
    scope = f"{now[:8]}/{REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{scope}, "
                                f"SignedHeaders={names}, Signature={signature}")
    return headers


def main():
    host = urllib.parse.urlsplit(sys.argv[1]).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    done = {"PUT": 0, "DELETE": 0}
    for method, key, body in world.changes():
        path = f"/{BUCKET}/" + urllib.parse.quote(key, safe="/-._~")
        connection.request(method, path, body, sign(method, host, path, body))
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 204):
            sys.exit(f"{method} {key!r} answered {answer.status}")
        done[method] += 1
    print(f"{done['PUT']} objects written (new and changed), {done['DELETE']} deleted at the source")


if __name__ == "__main__":
    main()
