#!/usr/bin/env python3
"""Compares two result files of ./dev bench or ./dev bench peers: each figure that both have, before,
after, and what it grew by. A case that only one of them has is named."""

import argparse
import json
import sys

# The figure, and whether more of it is worse.
FIGURES = {"cpu_s": True, "wall_s": True, "rss_mib": True, "server_cpu_s": True, "requests": True,
           "copy_cpu_us": True, "keys_per_cpu_s": False, "relay_mib_per_cpu_s": False,
           "resume_s": True}


def by_case(path):
    with open(path, encoding="utf-8") as file:
        return {(r["case"], r["tool"]): r for r in json.load(file)["results"]}


def differences(before, after):
    """(case, tool, figure, before, after, growth, worse by) of what both have."""
    for key in before:
        if key not in after:
            continue
        for figure, more_is_worse in FIGURES.items():
            old, new = before[key].get(figure), after[key].get(figure)
            if old is None or new is None or old <= 0 or new <= 0:
                continue
            yield (*key, figure, old, new, new / old - 1,
                   (new / old if more_is_worse else old / new) - 1)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="./dev bench --compare", description=__doc__)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--fail-above", type=float, metavar="PERCENT",
                        help="exit with 1 where a figure is worse by more than this")
    asked = parser.parse_args(arguments)
    before, after = by_case(asked.before), by_case(asked.after)
    worst = 0.0
    print(f"{'case':<44}{'tool':<9}{'figure':<21}{'before':>12}{'after':>12}{'change':>10}")
    for case, tool, figure, old, new, growth, worse in differences(before, after):
        worst = max(worst, worse)
        print(f"{case:<44}{tool:<9}{figure:<21}{old:>12,.2f}{new:>12,.2f}{growth * 100:>+9.1f}%")
    for key in sorted(before.keys() ^ after.keys()):
        print(f"only {'before' if key in before else 'after'}: {key[0]}, {key[1]}")
    if asked.fail_above is not None and worst * 100 > asked.fail_above:
        print(f"worse by {worst * 100:.1f} % at most; {asked.fail_above:g} % were allowed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
