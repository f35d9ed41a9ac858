"""The build enforces the layer order: with the flags of each layer's own compile, a header of its own
and of lower layers is found, one of a layer above is not.

layers_test.py BUILD_DIR
"""
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Ranks of the layers; equal ranks do not see each other. Written down here a second time on purpose.
RANKS = {
    "base": 0, "runtime": 1, "http": 2, "aws": 3, "s3": 4, "listing": 5, "journal": 5,
    "transfer": 6, "proof": 7, "report": 8, "migration": 9, "cli": 10,
}
ONLY_BASE = {"diff"}
ONLY_RUNTIME = {"journal"}  # and base: what a run remembers knows nothing of S3


def may_include(layer, other):
    if layer == other or other == "base":
        return True
    if layer in ONLY_BASE or other == "sim":
        return False
    if layer in ONLY_RUNTIME:
        return other == "runtime"
    if other in ONLY_BASE:
        return RANKS[layer] >= RANKS["transfer"]
    return RANKS[other] < RANKS[layer]


def folder(layer):
    return ROOT / ("sim" if layer == "sim" else f"src/{layer}")


def compile_flags(build):
    """Layer -> (directory, flags of one of its library sources)."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        name = source.name
        if name == "main.cc" or name.endswith(("_test.cc", "_bench.cc", "_fuzz.cc")):
            continue
        if source.parent.parent != ROOT / "src" or name.startswith("sigv4"):
            continue
        words = shlex.split(entry["command"])
        compiler = next(i for i, w in enumerate(words) if "clang++" in w or "g++" in w)
        flags.setdefault(source.parent.name, (entry["directory"], words[compiler:]))
    return flags


def without_output(words):
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-c", "-MF", "-MT"):
            skip = True
        elif word != "-MD":
            kept.append(word)
    return kept


def finds(directory, words, header, probe):
    probe.write_text(f'#if __has_include("{header}")\nfound\n#else\nabsent\n#endif\n')
    run = subprocess.run([*without_output(words), "-E", "-P", "-o", "-", str(probe)],
                         cwd=directory, capture_output=True, text=True)
    answer = run.stdout.strip()
    if run.returncode or answer not in ("found", "absent"):
        raise SystemExit(f"{header}: the preprocessor failed:\n{run.stdout}{run.stderr}")
    return answer == "found"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    flags = compile_flags(build)
    headers = {}
    for layer in [*RANKS, *ONLY_BASE, "sim"]:
        found = sorted(folder(layer).glob("*.h"))
        if found:
            headers[layer] = f"{layer}/{found[0].name}"
    failures = checked = 0
    with tempfile.TemporaryDirectory() as scratch:
        probe = pathlib.Path(scratch) / "probe.cc"
        for layer, (directory, words) in sorted(flags.items()):
            for other, header in headers.items():
                checked += 1
                if finds(directory, words, header, probe) != may_include(layer, other):
                    failures += 1
                    print(f"{layer} {'cannot' if may_include(layer, other) else 'can'} include {header}")
    print(f"{checked} includes tried, {failures} wrong")
    return 1 if failures or checked < 9 else 0


if __name__ == "__main__":
    sys.exit(main())
