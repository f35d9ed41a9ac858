"""Listing and comparing as fast as the LISTs in flight allow: how long, how many, how much memory."""

import os
import re
import subprocess

LATENCY_MS = 40
LAYOUTS = ("flat", "padded", "dates", "hash-prefixes", "uuids", "one-directory", "long-prefixes",
           "korean")
MOST_ABOVE_IDEAL = 0.10


def listed(bench, home, scale):
    """Cases of (objects, lists in flight); both sides hold the same."""
    results = []
    for objects, in_flight in ((1_000_000, 64), (10_000_000, 64), (10_000_000, 128)):
        objects //= scale
        content = {"count": objects, "layout": "dates", "min_size": 1000, "max_size": 100000}
        ideal = 2 * pages(objects)
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


def pages(objects):
    return max(1, -(-objects // 1000))


def walked(bench, layout, source, target, in_flight, seed):
    """The engine's ranges over keys by formula, under virtual time."""
    command = [os.path.join(bench.BUILD, "bench", "listing_walks"), layout, str(source), str(target),
               str(in_flight), str(seed)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r" (\d+) LISTs, .*; ([\d.]+) s of S3 time", said)
    return {"lists": int(found[1]), "s3_s": float(found[2])}


def synced(bench, layout, source, target, in_flight, home):
    """The program itself against s3sim: a dry run, so that what differs is not copied."""
    buckets = []
    for name, count in (("source", source), ("target", target)):
        content = {"count": count, "layout": layout, "max_size": 1000} if count else {}
        buckets += bench.bucket(name, **content)
    with bench.Server(*buckets, "--latency", f"ListObjectsV2={LATENCY_MS}") as server:
        command = bench.s3ferry_sync(server, "--dryrun", "--list-concurrency", str(in_flight))
        result = bench.measure(command, home, server)
        lists = server.counters()["operations"]["ListObjectsV2"]
    return {"lists": lists, "s3_s": result["wall_s"], "rss_mib": result["rss_mib"]}


def over_layouts(bench, home, scale, seed=1, in_flight=64):
    """How many LISTs each layout of keys costs; prints as it goes."""
    million = 1_000_000 // scale
    sizes = [(2 * million, target * million) for target in (2, 0, 1, 3)]
    results = []
    for tool in ("listing_walks", "s3ferry"):
        for source, target in sizes + ([(10 * million,) * 2] if tool == "listing_walks" else []):
            for layout in LAYOUTS:
                run = (walked(bench, layout, source, target, in_flight, seed)
                       if tool == "listing_walks"
                       else synced(bench, layout, source, target, in_flight, home))
                ideal = pages(source) + pages(target)
                run.update(case=f"{layout} {source:,} / {target:,}", tool=tool,
                           above_ideal=run["lists"] / ideal - 1)
                run["times_ideal"] = run["s3_s"] * in_flight * 1000 / ideal / LATENCY_MS
                results.append(run)
                memory = f"; {run['rss_mib']:.1f} MiB" if "rss_mib" in run else ""
                print(f"{run['case']:<42}{tool:<15}{run['lists']:>8,} LISTs, "
                      f"{100 * run['above_ideal']:5.2f} % above the ideal; {run['s3_s']:6.2f} s, "
                      f"{run['times_ideal']:.2f} times the ideal{memory}", flush=True)
    return results


def layout_verdicts(results):
    worst = max(results, key=lambda run: run["above_ideal"])
    return [(f"{worst['case']}, {worst['tool']}: {worst['above_ideal']:.4f} of all LISTs above the"
             f" ideal, the most of {len(results)} (bar: at most {MOST_ABOVE_IDEAL})",
             worst["above_ideal"] <= MOST_ABOVE_IDEAL)]


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
