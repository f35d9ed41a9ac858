"""What a kill costs: a run is killed (SIGKILL) somewhere, the same command goes on with it.

The cost of one kill is the wall time of both tries together less that of a run that was left alone:
starting, reading the journal, and listing again what was not finished. Wall times wander on a shared
machine, so the median of several kills counts.
"""

import os
import random
import signal
import statistics
import subprocess
import time


def kill_once(command, environment, cores, after_s):
    """Starts it, kills it after so long; the seconds it had, None where it ended before."""
    started = time.monotonic()
    child = subprocess.Popen(["taskset", "-c", cores, *command], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        child.wait(timeout=after_s)
        return None
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait()
        return time.monotonic() - started


def resumed(run, objects, home, kills):
    """`run`: the module of the benches. One result."""
    every = 50
    content = {"count": objects, "min_size": 1000, "max_size": 100000}
    environment = {"PATH": os.environ["PATH"], "HOME": home, **run.CREDENTIALS}

    def server():
        return run.Server(*run.bucket("source", **content),
                          *run.bucket("target", **content, missing_every=every),
                          "--latency", "CopyObject=30")

    def command(at, name):
        return run.s3ferry_sync(at, "--state", os.path.join(home, name), "--concurrency", "256")

    with server() as at:
        calm = run.measure(command(at, "calm"), home, at)
        copies, pages = (at.counters()["operations"][name] for name in ("CopyObject", "ListObjectsV2"))
    costs, listed_again, copied_again = [], [], []
    for n in range(kills):
        with server() as at:
            name = f"killed-{n}"
            had = kill_once(command(at, name), environment, run.CLIENT_CORE,
                            calm["wall_s"] * random.uniform(0.2, 0.8))
            if had is None:
                continue
            rest = run.measure(command(at, name), home, at)
            costs.append(had + rest["wall_s"] - calm["wall_s"])
            operations = at.counters()["operations"]
            listed_again.append(operations["ListObjectsV2"] - pages)
            copied_again.append(operations["CopyObject"] - copies)
    if not costs:
        raise SystemExit("bench: no run could be killed in time")
    result = dict(calm)
    result.update(case=f"kill and resume {objects:,}", tool="s3ferry", objects=objects, kills=len(costs),
                  resume_s=statistics.median(costs), resume_worst_s=max(costs),
                  pages_again=statistics.median(listed_again), copies_again=max(copied_again))
    return [result]
