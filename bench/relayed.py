"""The relay, measured: bytes from one s3sim through the client into another one.

What the source holds is a formula, what the target gets is hashed and thrown away, so that neither
needs memory for it. `bench` is run.py's module."""

import json
import os


def relay(bench, objects, size_mib, home, limit_mib=0):
    """All objects at once, one GET and one PUT each."""
    config = os.path.join(home, "relay.json")
    user = {"name": "admin", "keys": [{"access_key_id": bench.CREDENTIALS["AWS_ACCESS_KEY_ID"],
                                       "secret": bench.CREDENTIALS["AWS_SECRET_ACCESS_KEY"]}]}
    content = [{"key": f"object-{i:03}", "size": size_mib << 20, "seed": i + 1,
                "checksum": "none", "mtime": "2026-01-01T00:00:00Z"} for i in range(objects)]
    with open(config, "w", encoding="ascii") as file:
        json.dump({"accounts": [{"id": "111111111111", "name": "bench", "users": [user]}],
                   "buckets": [{"name": "source", "owner": "111111111111", "side": "source",
                                "objects": content}]}, file)
    flags = ["--relay", "--no-journal", "--concurrency", str(objects)]
    if limit_mib:
        flags += ["--max-bandwidth", f"{limit_mib}MiB"]
    with bench.Server("--config", config) as source, \
            bench.Server(*bench.bucket("target"), "--discard-bodies", "1") as target:
        command = bench.s3ferry_sync(source, "--target-endpoint-url", target.url, *flags)
        result = bench.measure(command, home, source)
        bench.expect(target.counters(), PutObject=objects)
        result["server_cpu_s"] += target.cpu_seconds()
    limit = f" at {limit_mib} MiB/s" if limit_mib else ""
    result.update(case=f"relay {objects} x {size_mib} MiB{limit}", tool="s3ferry", objects=objects)
    result["relay_mib_per_cpu_s"] = objects * size_mib / result["cpu_s"]
    result["relay_mib_per_s"] = objects * size_mib / result["wall_s"]
    result["limit_mib_per_s"] = limit_mib
    return result


def relayed(bench, size_mib, home, limit_mib):
    """Unlimited, and held to a rate: the wanted one, or what this machine surely reaches."""
    free = relay(bench, 32, size_mib, home)
    reached = int(free["relay_mib_per_s"] * 0.75)
    if reached < limit_mib:
        print(f"bench: {free['relay_mib_per_s']:.0f} MiB/s pass through this machine now: the limit"
              f" is measured at {reached} instead of {limit_mib} MiB/s", flush=True)
    limit = max(1, min(limit_mib, reached))
    return [free, relay(bench, 32, max(1, limit * 20 // 32), home, limit)]


def verdicts_on(result):
    """Of one relay: (text, met) each."""
    verdicts = [(f"{result['case']}: peak RSS {result['rss_mib']:.1f} MiB (bar: at most 256)",
                 result["rss_mib"] <= 256)]
    if result["limit_mib_per_s"]:
        error = result["relay_mib_per_s"] / result["limit_mib_per_s"] - 1
        verdicts.append((f"{result['case']}: {result['relay_mib_per_s']:.1f} MiB/s, off by"
                         f" {error * 100:+.1f} % (bar: at most 5)", abs(error) <= 0.05))
    return verdicts
