#!/usr/bin/env python3
"""s3ferry beside what people have today, all in one run against s3sim: the aws CLI (once, it takes
minutes), rclone (median of 3) and s3ferry (median of 3), each on the same core, the server on
another. Every tool runs with the settings with which it is fastest here; s3ferry with its defaults,
journal included. What is not installed is left out and said.

The requests are the server's own count. CPU and ratios hold on a shared machine, wall times wander.
Prints a table and the ratios, writes JSON, and exits with 1 when a bar is missed.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.request

import run as bench

METRICS = ("cpu_s", "user_s", "system_s", "wall_s", "rss_mib", "server_cpu_s", "requests")
# How many times less s3ferry needs: {case: {peer: {metric: ratio}}}.
BARS = {
    "identical": {"aws": {"wall_s": 100, "cpu_s": 200}, "rclone": {"wall_s": 15, "cpu_s": 80}},
    "copy": {"aws": {"cpu_s": 100}, "rclone": {"cpu_s": 15}},
}
NAMES = {"wall_s": "wall", "cpu_s": "CPU"}


class Tool:
    """`command`: what to run against a server."""

    def __init__(self, name, runs, command, version):
        self.name, self.runs, self.command, self.version = name, runs, command, version


def first_line(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[0]


def rclone_sync(_):
    return ["rclone", "sync", "--size-only", "--checkers", "64", "--transfers", "256",
            "--fast-list", "--s3-no-check-bucket", "--s3-no-head", "R:source", "R:target"]


def write_rclone_config(home, url):
    folder = os.path.join(home, ".config", "rclone")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "rclone.conf"), "w", encoding="ascii") as file:
        file.write("[R]\ntype = s3\nprovider = Minio\nenv_auth = true\nregion = us-east-1\n"
                   f"list_version = 2\nforce_path_style = true\nendpoint = {url}\n")


def tools(arguments):
    """Those that are here, ours first; says which are not."""
    ours = os.path.join(bench.BUILD, "s3ferry")
    found = [Tool("s3ferry", arguments.repeat, bench.s3ferry_sync, first_line([ours, "version"]))]
    wanted = [("rclone", arguments.repeat, rclone_sync, not arguments.no_rclone),
              ("aws", 1, bench.aws_sync, not arguments.no_aws)]
    for name, runs, command, asked in wanted:
        if not asked:
            continue
        if shutil.which(name) is None:
            how = "apt-get install rclone" if name == "rclone" else "see aws.amazon.com/cli"
            print(f"bench: {name} is not installed ({how}): it is left out", flush=True)
            continue
        version = [name, "version"] if name == "rclone" else [name, "--version"]
        found.append(Tool(name, runs, command, first_line(version)))
    return found


def one_run(tool, server, home):
    server.reset()
    home = os.path.join(home, tool.name)  # what is set for one tool is nothing to another
    os.makedirs(home, exist_ok=True)
    write_rclone_config(home, server.url)
    result = bench.measure(tool.command(server), home, server)
    counters = server.counters()
    result["requests"] = sum(counters["operations"].values())
    result["operations"] = counters["operations"]
    return result


def summed_up(runs, case, kind, tool, objects):
    """The median of each figure by itself."""
    result = {name: statistics.median(run[name] for run in runs) for name in METRICS}
    result.update(case=case, kind=kind, tool=tool.name, objects=objects, runs=len(runs),
                  operations=runs[0]["operations"],
                  all_runs=[{name: run[name] for name in METRICS} for run in runs])
    return result


def identical(objects, latency_ms, all_tools, home):
    """Both sides hold the same: listing and comparing."""
    content = {"count": objects, "layout": "dates", "min_size": 1000, "max_size": 100000}
    case = f"identical {objects:,} / {objects:,}, {latency_ms} ms a list"
    with bench.Server(*bench.bucket("source", **content), *bench.bucket("target", **content),
                      "--latency", f"ListObjectsV2={latency_ms}") as server:
        for tool in all_tools:
            runs = []
            for _ in range(tool.runs):
                runs.append(one_run(tool, server, home))
                bench.expect(runs[-1]["operations"], CopyObject=0)
            yield summed_up(runs, case, "identical", tool, objects)


def add_target(server):
    """A bucket that takes ACLs: rclone 1.60 sends one with each copy."""
    target = {"name": "target", "side": "target", "owner": "111111111111",
              "ownership": "ObjectWriter"}
    request = urllib.request.Request(server.url + "/_s3sim/config", method="POST",
                                     data=json.dumps({"buckets": [target]}).encode())
    urllib.request.urlopen(request, timeout=60).read()


def missing(objects, latency_ms, all_tools, home):
    """Nothing is at the target: one CopyObject an object, a fresh server each time."""
    case = f"copy {objects:,}, {latency_ms} ms a copy"
    for tool in all_tools:
        runs = []
        for _ in range(tool.runs):
            with bench.Server(*bench.bucket("source", count=objects, min_size=1000, max_size=100000),
                              "--latency", f"CopyObject={latency_ms}") as server:
                add_target(server)
                runs.append(one_run(tool, server, home))
                bench.expect(runs[-1]["operations"], CopyObject=objects)
        yield summed_up(runs, case, "copy", tool, objects)


def with_ratios(results):
    """How many times s3ferry's figures a peer's are; the bars, each as (text, met)."""
    ours = {r["case"]: r for r in results if r["tool"] == "s3ferry"}
    verdicts = []
    for result in results:
        mine = ours[result["case"]]
        result["times"] = {name: result[name] / mine[name] for name in METRICS if mine[name] > 0}
        for metric, bar in BARS[result["kind"]].get(result["tool"], {}).items():
            times = result["times"][metric]
            verdicts.append((f"{result['case']}: {times:.0f} times {result['tool']} by"
                             f" {NAMES[metric]} (bar: at least {bar})", times >= bar))
    return verdicts


def print_line(result):
    print(f"{result['case']:<44}{result['tool']:<9}{result['cpu_s']:>9.2f}{result['wall_s']:>9.2f}"
          f"{result['rss_mib']:>9.1f}{result['requests']:>10,.0f}", flush=True)


def print_ratios(results):
    print(f"\n{'times what s3ferry needs':<44}{'tool':<9}{'CPU':>9}{'wall':>9}{'RSS':>9}"
          f"{'requests':>10}")
    for result in results:
        if result["tool"] == "s3ferry":
            continue
        times = result["times"]
        print(f"{result['case']:<44}{result['tool']:<9}{times['cpu_s']:>9.1f}{times['wall_s']:>9.1f}"
              f"{times['rss_mib']:>9.1f}{times['requests']:>10.2f}")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench peers", description=__doc__)
    parser.add_argument("--no-aws", action="store_true", help="leave the aws CLI out (minutes)")
    parser.add_argument("--no-rclone", action="store_true", help="leave rclone out")
    parser.add_argument("--identical", type=int, default=1_000_000, help="objects on each side")
    parser.add_argument("--copies", type=int, default=50_000, help="objects to copy")
    parser.add_argument("--repeat", type=int, default=3, help="runs of s3ferry and of rclone")
    parser.add_argument("--json", default=os.path.join(bench.BUILD, "peers.json"), help="result")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if os.cpu_count() < 2:
        raise SystemExit("bench: two cores are needed, one for the server and one for the client")
    all_tools = tools(arguments)
    load = os.getloadavg()[0]
    results = []
    with tempfile.TemporaryDirectory() as home:
        bench.write_aws_config(os.path.join(home, "aws"))
        print(f"{'case':<44}{'tool':<9}{'CPU s':>9}{'wall s':>9}{'RSS MiB':>9}{'requests':>10}",
              flush=True)
        for measured in (identical(arguments.identical, 40, all_tools, home),
                         missing(arguments.copies, 30, all_tools, home)):
            for result in measured:
                print_line(result)
                results.append(result)
    verdicts = with_ratios(results)
    print_ratios(results)
    full_size = (arguments.identical, arguments.copies) == (1_000_000, 50_000)
    if not full_size:  # smaller, it is mostly starting and connecting
        verdicts = []
    for text, met in verdicts:
        print(f"{'met   ' if met else 'MISSED'}  {text}")
    commands = {tool.name: " ".join(tool.command(type("At", (), {"url": "URL"})))
                for tool in all_tools}
    with open(arguments.json, "w", encoding="utf-8") as file:
        json.dump({"when": datetime.datetime.now(datetime.timezone.utc).isoformat(),
                   "machine": f"{platform.machine()}, {os.cpu_count()} cores", "load": load,
                   "versions": {tool.name: tool.version for tool in all_tools},
                   "commands": commands, "results": results,
                   "bars": [{"text": text, "met": met} for text, met in verdicts]}, file, indent=1)
    print(f"bench: written to {os.path.relpath(arguments.json)}")
    return 0 if all(met for _, met in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
