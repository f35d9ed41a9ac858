#!/usr/bin/env python3
"""Measures s3ferry against s3sim on this machine: the server on one core, the client on another.

CPU is user + system time of the client process, as the kernel counts it; it and ratios hold on a
shared machine, wall times wander. Every case checks by the server's own counters that the work was
done. Prints a table, writes JSON, and exits with 1 when a bar is missed. `peers` measures other tools
beside it, `--compare BEFORE AFTER` two result files.
"""

import argparse
import json
import mmap
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import copied as copies
import listed as lists
from relayed import relayed, verdicts_on
from resume import resumed

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "..", "build", "release")
SERVER_CORE, CLIENT_CORE = "0", "1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "S3SIMFAKEACCESSKEY",
    "AWS_SECRET_ACCESS_KEY": "s3sim-fake-secret-access-key",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
BARS = {"keys_per_cpu_s": 2e6, "rss_mib": 40.0, "rss_growth": 1.10, "resume_s": 3.0}


class Server:
    """s3sim on its core, until the with-block ends."""

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        command = ["taskset", "-c", SERVER_CORE, os.path.join(BUILD, "s3sim"), *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("s3sim: http://"):
            raise SystemExit(f"bench: s3sim did not start: {line!r}")
        self.url, self.tls_url = (*line.split()[1:], None)[:2]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def counters(self):
        with urllib.request.urlopen(self.url + "/_s3sim/counters", timeout=60) as answer:
            return json.load(answer)

    def reset(self):
        request = urllib.request.Request(self.url + "/_s3sim/reset", method="POST", data=b"")
        urllib.request.urlopen(request, timeout=60).read()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class PeakMemory(threading.Thread):
    """The highest VmHWM of a process, in MiB, looked at until it is gone.

    The kernel's ru_maxrss of a child cannot be below that of this interpreter before the exec."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.path, self.mib = f"/proc/{pid}/status", 0.0
        self.start()

    def run(self):
        try:
            while True:
                with open(self.path, encoding="ascii") as file:
                    lines = dict(line.split(":", 1) for line in file)
                if lines["Name"].strip() in ("s3ferry", "aws", "rclone", "python3", "python"):
                    self.mib = max(self.mib, int(lines["VmHWM"].split()[0]) / 1024)
                time.sleep(0.01)
        except (OSError, KeyError):  # gone
            return


def have_memory_at_hand(mib=384):
    """Touches that much in a process of its own. A virtual machine's host finds memory only when it is
    touched first, and takes it back when it is free for a while: some milliseconds of the guest's
    CPU a MiB, which would be told of whoever came first."""
    child = os.fork()
    if child == 0:
        with mmap.mmap(-1, mib << 20) as pages:
            for at in range(0, mib << 20, mmap.PAGESIZE):
                pages[at] = 1
        os._exit(0)
    os.waitpid(child, 0)


def measure(command, home, server):
    """Runs the client on its core: exit code, CPU seconds, wall seconds, peak RSS in MiB."""
    have_memory_at_hand()
    environment = {"PATH": os.environ["PATH"], "HOME": home, **CREDENTIALS}
    server_before, started = server.cpu_seconds(), time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            ["taskset", "-c", CLIENT_CORE, *command],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment)
        peak = PeakMemory(child.pid)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:  # asked to end: the child ends with us
            child.kill()
            raise
        peak.join()
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - started
        if child.returncode != 0:
            output.seek(0)
            tail = output.read()[-2000:].decode(errors="replace")
            raise SystemExit(f"bench: {' '.join(command)} ended with {child.returncode}:\n{tail}")
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    exact = usage.ru_maxrss / 1024 if usage.ru_maxrss > floor else peak.mib
    return {
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "user_s": usage.ru_utime,
        "system_s": usage.ru_stime,
        "wall_s": wall,
        "rss_mib": exact,
        "server_cpu_s": server.cpu_seconds() - server_before,
    }


def s3ferry_sync(server, *options, tls=False):
    return [os.path.join(BUILD, "s3ferry"), "sync", "s3://source", "s3://target",
            "--endpoint-url", server.tls_url if tls else server.url, "--check", "none",
            "--only-show-errors", *options]


def aws_sync(server):
    return ["aws", "--endpoint-url", server.url, "s3", "sync", "s3://source", "s3://target",
            "--only-show-errors"]


def write_aws_config(home):
    """Path style, and the settings with which the aws CLI is fastest here."""
    os.makedirs(os.path.join(home, ".aws"), exist_ok=True)
    with open(os.path.join(home, ".aws", "config"), "w", encoding="ascii") as file:
        file.write("[default]\ns3 =\n  addressing_style = path\n"
                   "  max_concurrent_requests = 64\n  max_queue_size = 10000\n")


def expect(counters, **wanted):
    seen = counters.get("operations", counters)
    for operation, count in wanted.items():
        if seen.get(operation, 0) != count:
            raise SystemExit(f"bench: expected {count} {operation}, the server counted {seen}")


def bucket(name, **members):
    side = "source" if name == "source" else "target"
    return ["--bucket", ",".join([f"name={name}", f"side={side}",
                                  *(f"{k.replace('_', '-')}={v}" for k, v in members.items())])]


def best(runs):
    """The run with the least CPU: what disturbs a measurement only ever adds."""
    return min(runs, key=lambda run: run["cpu_s"])


def identical(objects, home, repeat, with_aws, layout):
    """Both sides hold the same objects: listing and comparing, nothing to copy."""
    content = {"count": objects, "layout": layout, "min_size": 1000, "max_size": 100000}
    results = []
    with Server(*bucket("source", **content), *bucket("target", **content)) as server:
        runs = []
        for _ in range(repeat):
            server.reset()
            runs.append(measure(s3ferry_sync(server), home, server))
            expect(server.counters(), CopyObject=0)
        result = best(runs)
        result.update(case=f"identical {objects:,} / {objects:,}", tool="s3ferry", objects=objects)
        result["keys_per_cpu_s"] = 2 * objects / result["cpu_s"]
        result["pages_per_server_cpu_s"] = 2 * objects / 1000 / max(result["server_cpu_s"], 0.01)
        results.append(result)
        if with_aws:
            result = measure(aws_sync(server), home, server)
            result.update(case=f"identical {objects:,} / {objects:,}", tool="aws", objects=objects)
            result["keys_per_cpu_s"] = 2 * objects / result["cpu_s"]
            results.append(result)
    return results


def copied_by_aws(objects, home):
    with Server(*bucket("source", count=objects, min_size=1000, max_size=100000),
                *bucket("target"), "--latency", f"CopyObject={copies.LATENCY_MS}") as server:
        result = measure(aws_sync(server), home, server)
        expect(server.counters(), CopyObject=objects)
    result.update(case=f"copy {objects:,}", tool="aws", objects=objects,
                  copy_cpu_us=result["cpu_s"] / objects * 1e6)
    return result


def judge(results):
    """The bars, each with what was measured: (text, met)."""
    ours = [r for r in results if r["tool"] == "s3ferry"]
    verdicts = []
    for result in ours:
        if "copy_cpu_us" in result:
            verdicts += copies.verdicts_on(result)
        if "resume_s" in result:
            verdicts.append((f"{result['case']}: {result['resume_s']:.2f} s a kill, the median of"
                             f" {result['kills']} (worst {result['resume_worst_s']:.2f} s;"
                             f" {result['pages_again']:.0f} pages again; bar: at most 3)",
                             result["resume_s"] <= BARS["resume_s"]))
        if "keys_per_cpu_s" in result:
            verdicts.append((f"{result['case']}: {result['keys_per_cpu_s'] / 1e6:.2f} M keys listed"
                             f" and compared a CPU second (bar: at least 2)",
                             result["keys_per_cpu_s"] >= BARS["keys_per_cpu_s"]))
        if "relay_mib_per_cpu_s" in result:
            verdicts += verdicts_on(result)
        if "lists_above_ideal" in result:
            verdicts += lists.verdicts_on(result)
    same = sorted((r for r in ours if "keys_per_cpu_s" in r), key=lambda r: r["objects"])
    if same:
        large, small = same[-1], same[0]
        verdicts.append((f"{large['case']}: peak RSS {large['rss_mib']:.1f} MiB (bar: at most 40)",
                         large["rss_mib"] <= BARS["rss_mib"]))
        if large is not small:
            growth = large["rss_mib"] / small["rss_mib"]
            verdicts.append((f"peak RSS of the larger is {growth:.2f} times that of the smaller"
                             " (bar: at most 1.10)", growth <= BARS["rss_growth"]))
    return verdicts


def print_table(results):
    print(f"{'case':<34}{'tool':<9}{'CPU s':>8}{'user':>8}{'sys':>7}{'wall s':>9}{'RSS MiB':>9}"
          f"{'server CPU':>12}  rate")
    for r in results:
        rate = (f"{r['copy_cpu_us']:.1f} µs CPU a copy" if "copy_cpu_us" in r
                else f"{r['relay_mib_per_cpu_s']:.0f} MiB a CPU s, {r['relay_mib_per_s']:.0f} MiB/s"
                if "relay_mib_per_cpu_s" in r
                else f"{r['resume_s']:.2f} s a kill" if "resume_s" in r
                else f"{r['lists']:,} LISTs, {100 * r['lists_above_ideal']:.2f} % above ideal"
                if "lists_above_ideal" in r
                else f"{r['keys_per_cpu_s'] / 1e6:.2f} M keys a CPU s")
        print(f"{r['case']:<34}{r['tool']:<9}{r['cpu_s']:>8.2f}{r['user_s']:>8.2f}"
              f"{r['system_s']:>7.2f}{r['wall_s']:>9.2f}{r['rss_mib']:>9.1f}"
              f"{r['server_cpu_s']:>12.2f}  {rate}", flush=True)


def run_micro():
    for name in sorted(os.listdir(os.path.join(BUILD, "bench"))):
        if name.endswith("_bench"):
            subprocess.run(["taskset", "-c", CLIENT_CORE, os.path.join(BUILD, "bench", name),
                            "--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true"],
                           check=True)


def run_pace(rate, seeds=(20261123, 1)):
    program = os.path.join(BUILD, "bench", "copy_pace")
    codes = [subprocess.run([program, str(rate), str(seed)], check=False).returncode
             for seed in seeds]
    return max(map(abs, codes))


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true",
                        help="a tenth of everything, no aws, no bars: to see that it runs")
    parser.add_argument("--no-aws", action="store_true", help="leave `aws s3 sync` out")
    parser.add_argument("--aws-copies", action="store_true",
                        help="let aws copy too (about two minutes more)")
    parser.add_argument("--relay", action="store_true",
                        help="only the relay: 32 objects of 1 GiB at once, and a held rate")
    parser.add_argument("--copy", action="store_true",
                        help="only copying, over plain HTTP and TLS")
    parser.add_argument("--resume", action="store_true", help="only the cost of a kill")
    parser.add_argument("--list", action="store_true",
                        help="only listing, at 40 ms a LIST with 64 and 128 in flight")
    parser.add_argument("--layouts", action="store_true",
                        help="only how many LISTs each layout of keys costs, by formula and for real")
    parser.add_argument("--pace", action="store_true",
                        help="only copies against eight partitions of 3,500 a second, in virtual"
                             " time: minutes of CPU; with --quick 350")
    parser.add_argument("--micro", action="store_true", help="only the micro benches")
    parser.add_argument("--repeat", type=int, default=3, help="runs of a case; the best counts")
    parser.add_argument("--concurrency", type=int, help="copies in flight; default: 1,024, 256, 64")
    parser.add_argument("--layout", default="dates", help="of the keys: s3sim --help")
    parser.add_argument("--json", default=os.path.join(BUILD, "bench.json"), help="result file")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server ends with us
    if arguments.micro:
        run_micro()
        return 0
    if arguments.pace:
        return run_pace(350 if arguments.quick else 3500)
    if os.cpu_count() < 2:
        raise SystemExit("bench: two cores are needed, one for the server and one for the client")
    with_aws = not arguments.no_aws and not arguments.quick
    if with_aws and shutil.which("aws") is None:
        print("bench: there is no aws CLI here: it is left out")
        with_aws = False
    scale = 10 if arguments.quick else 1
    if arguments.resume:
        with tempfile.TemporaryDirectory() as home:
            results = resumed(sys.modules[__name__], 1_000_000 // scale, home, 7)
        print_table(results)
        print(judge(results)[0][0])
        return 0
    if arguments.layouts:
        with tempfile.TemporaryDirectory() as home:
            results = lists.over_layouts(sys.modules[__name__], home, scale)
        # A tenth of the keys is too few ranges' worth to hold a bar against.
        verdicts = [] if arguments.quick else lists.layout_verdicts(results)
        for text, met in verdicts:
            print(f"{'met   ' if met else 'MISSED'}  {text}")
        return 0 if all(met for _, met in verdicts) else 1
    in_flight = (arguments.concurrency,) if arguments.concurrency else (1024, 256, 64)
    if arguments.relay or arguments.list or arguments.copy:
        with tempfile.TemporaryDirectory() as home:
            results = (relayed(sys.modules[__name__], 1024 // scale, home, 200) if arguments.relay
                       else copies.copied(sys.modules[__name__], 50_000 // scale, home,
                                          arguments.repeat, in_flight) if arguments.copy
                       else lists.listed(sys.modules[__name__], home, scale))
        print_table(results)
        # A tenth of the copies is mostly starting and connecting.
        verdicts = [] if arguments.copy and arguments.quick else judge(results)
        for text, met in verdicts:
            print(f"{'met   ' if met else 'MISSED'}  {text}")
        return 0 if all(met for _, met in verdicts) else 1
    with tempfile.TemporaryDirectory() as home:
        write_aws_config(home)
        us = sys.modules[__name__]
        results = copies.copied(us, 50_000 // scale, home, arguments.repeat, in_flight)
        results.append(copies.without_journal(us, 50_000 // scale, home, arguments.repeat,
                                              in_flight[0]))
        if with_aws and arguments.aws_copies:
            results.append(copied_by_aws(50_000 // scale, home))
        results += identical(1_000_000 // scale, home, arguments.repeat, with_aws, arguments.layout)
        results += identical(10_000_000 // scale, home, 1, False, arguments.layout)
        results += resumed(us, 1_000_000 // scale, home, 5)
        results += relayed(us, 1024 // scale, home, 200)
    print_table(results)
    # A tenth of the work is mostly starting and connecting: nothing to hold a bar against.
    verdicts = [] if arguments.quick else judge(results)
    for text, met in verdicts:
        print(f"{'met   ' if met else 'MISSED'}  {text}")
    with open(arguments.json, "w", encoding="utf-8") as file:
        json.dump({"results": results,
                   "bars": [{"text": text, "met": met} for text, met in verdicts]}, file, indent=1)
    print(f"bench: written to {os.path.relpath(arguments.json)}")
    return 0 if all(met for _, met in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
