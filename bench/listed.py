"""Listing and comparing as fast as the LISTs in flight allow: how long, how many, how much memory."""

LATENCY_MS = 40


def listed(bench, home, scale):
    """Cases of (objects, lists in flight); both sides hold the same."""
    results = []
    for objects, in_flight in ((1_000_000, 64), (10_000_000, 64), (10_000_000, 128)):
        objects //= scale
        content = {"count": objects, "layout": "dates", "min_size": 1000, "max_size": 100000}
        ideal = 2 * -(-objects // 1000)
        with bench.Server(*bench.bucket("source", **content), *bench.bucket("target", **content),
                          "--latency", f"ListObjectsV2={LATENCY_MS}") as server:
            command = bench.s3ferry_sync(server, "--list-concurrency", str(in_flight))
            result = bench.measure(command, home, server)
            counters = server.counters()
            bench.expect(counters, CopyObject=0)
            lists = counters["operations"]["ListObjectsV2"]
        result.update(case=f"list {objects:,} / {objects:,}, {in_flight} in flight",
                      tool="s3ferry", objects=objects, in_flight=in_flight, lists=lists,
                      lists_above_ideal=lists / ideal - 1,
                      ideal_wall_s=ideal * LATENCY_MS / 1000 / in_flight)
        results.append(result)
    return results


# By (objects, lists in flight): seconds, LISTs above the ideal, CPU seconds, MiB.
BARS = {(1_000_000, 64): (None, 0.15, None, 48), (10_000_000, 64): (15, 0.05, 4, 48),
        (10_000_000, 128): (8, 0.05, 4, None)}


def verdicts_on(result):
    bars = BARS.get((result["objects"], result["in_flight"]))
    if bars is None:
        return []
    found = (result["wall_s"], result["lists_above_ideal"], result["cpu_s"], result["rss_mib"])
    texts = ("{:.2f} s (bar: at most {})", "{:.4f} of all LISTs above the ideal (bar: at most {})",
             "{:.2f} CPU s (bar: at most {})", "peak RSS {:.1f} MiB (bar: at most {})")
    return [(f"{result['case']}: " + text.format(value, bar), value <= bar)
            for value, bar, text in zip(found, bars, texts) if bar is not None]
