"""The house's own checks, which no compiler makes. Prints `file:line: finding`; exit 1 if any.

house_checks.py [--compiled compile_commands.json]
house_checks.py --only-compiled compile_commands.json FILE...    prints the FILEs that are compiled
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

import cpp_text

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINES = 600

# What a folder may include, beside itself. The build enforces it too (cmake/layers.cmake); this says
# it without a build and catches what include folders cannot see (`../`).
BASE = {"base"}
HTTP = BASE | {"runtime", "http"}
S3 = HTTP | {"aws", "s3"}
ENGINE = S3 | {"listing", "diff", "journal"}
LAYERS = {
    "src/base": BASE,
    "src/runtime": BASE | {"runtime"},
    "src/http": HTTP,
    "src/aws": HTTP | {"aws"},
    "src/s3": S3,
    "src/listing": S3 | {"listing"},
    "src/diff": BASE | {"diff"},
    "src/journal": BASE | {"runtime", "journal"},
    "src/transfer": ENGINE | {"transfer"},
    "src/proof": ENGINE | {"transfer", "proof"},
    "src/report": ENGINE | {"transfer", "proof", "report"},
    "src/migration": ENGINE | {"transfer", "proof", "report", "migration"},
    "src/cli": ENGINE | {"transfer", "proof", "report", "migration", "cli"},
    "sim": HTTP | {"aws", "sim"},
}
FOLDERS = {path.split("/")[-1] for path in LAYERS}

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
OPEN_END = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}~/])/(home|root|work)/")
# Access keys that are not recognisably made up, private keys, session tokens.
ACCESS_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b")
MADE_UP = re.compile(r"EXAMPLE|TEST|FAKE|SIM|DEMO|SRC|DST|THIRD|000|QWERTY|SOURCE|TARGET|MARKER")
PRIVATE_KEY = re.compile(r"-----BEGIN (EC |RSA |)PRIVATE KEY-----")
# What is taken out of a text (redact…) is named there by its value.
SPOKEN_SECRET = re.compile(
    r"\b(log_\w+|fmt::format|fmt::print|fail|printf)\s*\((?![^;]*\bredact)[^;]*\.reveal\(\)")
SOCKET_HEADERS = re.compile(r"^\s*#\s*include\s*<(boost/(asio/(ip|ssl)|beast)|openssl/)")


def tracked(*patterns):
    out = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in out.split("\0") if name and (ROOT / name).exists()})


def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Findings:
    def __init__(self):
        self.count = 0

    def add(self, name, line, text):
        self.count += 1
        print(f"{name}:{line}: {text}")


def check_length(name, text, found):
    lines = text.count("\n")
    if lines > MAX_LINES:
        found.add(name, MAX_LINES, f"{lines} lines, the limit is {MAX_LINES}: split it")


def check_layers(name, text, found):
    folder = next((f for f in LAYERS if name.startswith(f + "/")), None)
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        path = match.group(1)
        if path.startswith("/") or ".." in path.split("/"):
            found.add(name, number, "an include names folder/file.h, never a path around the layers")
        if folder is None:
            continue
        target = path.split("/")[0]
        allowed = LAYERS[folder] | ({"sim"} if name.endswith("_test.cc") else set())
        if target in FOLDERS and target not in allowed:
            found.add(name, number, f"{folder} may not include {path}: that layer is above it")
        if target == "sim" and name.startswith("src/") and not name.endswith("_test.cc"):
            found.add(name, number, "src never includes sim")


def check_sockets_stay_low(name, text, found):
    if not name.endswith(".h") or not name.startswith("src/"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if SOCKET_HEADERS.match(line):
            found.add(name, number, "sockets, TLS and OpenSSL stay inside .cc files")


def check_coroutine_lambdas(name, text, found):
    for offset in cpp_text.capturing_coroutine_lambdas(text):
        found.add(name, line_of(text, offset),
                  "a lambda that captures must not be a coroutine: its captures die before it resumes")


def check_secrets(name, text, found):
    for match in ACCESS_KEY.finditer(text):
        if not MADE_UP.search(match.group(0)):
            found.add(name, line_of(text, match.start()), "looks like a live access key")
    for match in PRIVATE_KEY.finditer(text):
        found.add(name, line_of(text, match.start()), "a private key in the repository")
    if name.endswith((".h", ".cc")):
        for match in SPOKEN_SECRET.finditer(text):
            found.add(name, line_of(text, match.start()), "a revealed secret goes into a text")


def check_open_ends(name, text, found):
    for match in OPEN_END.finditer(text):
        found.add(name, line_of(text, match.start()), f"left open: {match.group(0)}")


def check_machine_paths(name, text, found):
    for match in MACHINE_PATH.finditer(text):
        found.add(name, line_of(text, match.start()), "a path of one machine in a document")


def check_folder_readmes(names, found):
    folders = {os.path.dirname(n) for n in names if n.endswith(".cc")}
    for folder in sorted(folders):
        places = [folder] if folder.startswith("src/") else [folder, os.path.dirname(folder)]
        if folder != "cmake" and not any((ROOT / p / "README.md").exists() for p in places if p):
            found.add(f"{folder}/README.md", 1, "missing: what belongs here, what not, where to enter")


def compiled_files(path):
    entries = json.loads(pathlib.Path(path).read_text())
    files = (os.path.realpath(os.path.join(e["directory"], e["file"])) for e in entries)
    return {os.path.relpath(f, ROOT) for f in files}


def check_tests_are_built(names, compiled, found):
    for name in names:
        if name.endswith("_test.cc") and name not in compiled:
            found.add(name, 1, "no program builds this test")


def run_checks(compiled):
    found = Findings()
    sources = tracked("*.cc", "*.h")
    for name in sources:
        text = read(name)
        check_length(name, text, found)
        check_layers(name, text, found)
        check_sockets_stay_low(name, text, found)
        check_coroutine_lambdas(name, text, found)
        check_secrets(name, text, found)
        check_open_ends(name, text, found)
    scripts = tracked("dev", "dev.d/*", "*.sh", "*.cmake", "*CMakeLists.txt", "*.md", "*.json")
    for name in scripts:
        if name == "dev.d/house_checks.py":
            continue  # it names what it looks for
        text = read(name)
        check_secrets(name, text, found)
        if name.endswith(".md"):
            check_machine_paths(name, text, found)
        else:
            check_open_ends(name, text, found)
    check_folder_readmes(sources, found)
    if compiled is not None:
        check_tests_are_built(sources, compiled_files(compiled), found)
    return found.count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiled")
    parser.add_argument("--only-compiled")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    if options.only_compiled:
        known = compiled_files(options.only_compiled)
        print("".join(f"{f}\n" for f in options.files if f in known), end="")
        return 0
    return 1 if run_checks(options.compiled) else 0


if __name__ == "__main__":
    sys.exit(main())
