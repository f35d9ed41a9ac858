"""The cost of a copy: objects that are missing at the target, one CopyObject each, over plain HTTP and
TLS, with 64, 256 and 1,024 in flight. Certificates, conditions, answers and the journal are on."""

import os

LATENCY_MS = 30
CPU_BAR_US = {False: 20, True: 30}  # plain, TLS
WALL_BARS = {64: 0.15, 256: 0.15, 1024: 0.35}  # above latency × objects ÷ in flight


def one_run(bench, objects, home, in_flight, tls, more=()):
    ca_file = os.path.join(home, "bench-ca.pem")
    encrypted = ("--tls-port", "0", "--ca-file", ca_file) if tls else ()
    with bench.Server(*bench.bucket("source", count=objects, min_size=1000, max_size=100000),
                      *bench.bucket("target"), "--latency", f"CopyObject={LATENCY_MS}",
                      *encrypted) as server:
        options = ["--concurrency", str(in_flight), *more]
        if tls:
            options += ["--ca-bundle", ca_file]
        run = bench.measure(bench.s3ferry_sync(server, *options, tls=tls), home, server)
        bench.expect(server.counters(), CopyObject=objects)
        return run


def summed_up(bench, runs, objects, in_flight, tls, more=""):
    """The run with the least CPU, and the shortest wall time of all: others only ever add to both."""
    result = bench.best(runs)
    ideal = objects * LATENCY_MS / 1000 / in_flight
    result["wall_s"] = min(run["wall_s"] for run in runs)
    result.update(case=f"copy {objects:,}, {in_flight:,} in flight{', TLS' if tls else ''}{more}",
                  tool="s3ferry", objects=objects, in_flight=in_flight, tls=tls,
                  copy_cpu_us=result["cpu_s"] / objects * 1e6,
                  wall_above_ideal=result["wall_s"] / ideal - 1)
    return result


def copied(bench, objects, home, repeat, connections=(1024, 256, 64)):
    results = []
    for in_flight in connections:
        # The slow ones less often; plain and TLS in turn, so that what disturbs one disturbs both.
        plain, encrypted = [], []
        for _ in range(repeat if in_flight >= 256 else max(1, repeat - 1)):
            plain.append(one_run(bench, objects, home, in_flight, False))
            encrypted.append(one_run(bench, objects, home, in_flight, True))
        results.append(summed_up(bench, plain, objects, in_flight, False))
        results.append(summed_up(bench, encrypted, objects, in_flight, True))
    return results


def without_journal(bench, objects, home, repeat, in_flight):
    """What the journal adds: with it and without, in turn."""
    recorded, bare = [], []
    for _ in range(repeat):
        recorded.append(one_run(bench, objects, home, in_flight, False))
        bare.append(one_run(bench, objects, home, in_flight, False, ("--no-journal",)))
    result = summed_up(bench, bare, objects, in_flight, False, ", no journal")
    result["journal_ratio"] = bench.best(recorded)["cpu_s"] / result["cpu_s"]
    return result


def verdicts_on(result):
    """The bars of one case, each as (text, met)."""
    bar, case = CPU_BAR_US[result["tls"]], result["case"]
    verdicts = [(f"{case}: {result['copy_cpu_us']:.1f} µs CPU a copied object (bar: at most {bar})",
                 result["copy_cpu_us"] <= bar)]
    wall_bar = WALL_BARS.get(result["in_flight"])
    if wall_bar is not None:
        above = result["wall_above_ideal"]
        verdicts.append((f"{case}: {result['wall_s']:.2f} s, {100 * above:.1f} % above latency ×"
                         f" objects ÷ in flight (bar: at most {100 * wall_bar:.0f})",
                         above <= wall_bar))
    if "journal_ratio" in result:
        verdicts.append((f"{case}: with a journal {result['journal_ratio']:.3f} times its CPU"
                         " (bar: at most 1.10)", result["journal_ratio"] <= 1.10))
    return verdicts
