"""Prints `N passed, N failed, N skipped` for one test run, from what its programs wrote.

count_tests.py RESULTS_DIR [--vectors FILE]

RESULTS_DIR holds ctest's JUnit file (ctest.xml) and one GoogleTest JSON file for each GoogleTest
program (NAME.json). Exit 1 if anything failed or nothing ran.
"""
import argparse
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

VECTORS_LINE = re.compile(r"^vectors: (\d+) passed, (\d+) failed, (\d+) skipped$", re.M)


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def gtest_counts(path):
    """(passed, failed, skipped) of a GoogleTest program, or None if it left no whole result."""
    try:
        document = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError):
        return None
    passed = failed = skipped = 0
    for suite in document.get("testsuites", []):
        for case in suite.get("testsuite", []):
            if case.get("failures"):
                failed += 1
            elif case.get("result") == "SKIPPED" or "skipped" in case:
                skipped += 1
            elif case.get("status") == "RUN":
                passed += 1
            else:
                skipped += 1  # disabled
    return passed, failed, skipped


def count_programs(results, counts):
    junit = results / "ctest.xml"
    if not junit.exists():
        print("count_tests: ctest left no result")
        counts.add(0, 1, 0)
        return
    for case in xml.parse(junit).getroot().iter("testcase"):
        name, status = case.get("name", ""), case.get("status", "")
        inner = gtest_counts(results / f"{name}.json")
        if inner is not None:
            counts.add(*inner)
            # A program that fails although its tests passed (a leak, a crash at the end) is a failure.
            if status == "fail" and inner[1] == 0:
                print(f"count_tests: {name} failed outside its tests")
                counts.add(0, 1, 0)
        elif status == "run":
            counts.add(1, 0, 0)
        elif status == "fail":
            counts.add(0, 1, 0)
        else:
            counts.add(0, 0, 1)


def count_vectors(path, counts):
    if not path.exists():
        counts.add(0, 0, 1)
        return
    match = VECTORS_LINE.search(path.read_text(encoding="utf-8", errors="replace"))
    if match is None:
        print("count_tests: the vectors ended without their closing line")
        counts.add(0, 1, 0)
    else:
        counts.add(*(int(n) for n in match.groups()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--vectors", type=pathlib.Path)
    options = parser.parse_args()
    counts = Counts()
    count_programs(options.results, counts)
    if options.vectors is not None:
        count_vectors(options.vectors, counts)
    if counts.passed + counts.failed == 0:
        print("count_tests: no test ran")
    print(f"{counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped")
    return 1 if counts.failed or not counts.passed else 0


if __name__ == "__main__":
    sys.exit(main())
