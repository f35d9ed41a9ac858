#!/usr/bin/env bash
# run.sh BUILD_DIR: the demo. Starts s3sim on a free port of this machine and stops it by its pid.
set -Eeuo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
build=$(cd "$1" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/s3ferry-demo.XXXXXX")
sim_pid=
finish() {
  if [[ -n $sim_pid ]]; then
    kill "$sim_pid" 2>/dev/null || true
    wait "$sim_pid" 2>/dev/null || true
  fi
  rm -rf -- "$scratch"
}
trap finish EXIT
export PYTHONDONTWRITEBYTECODE=1

step() { printf '\n== %s\n' "$*"; }
shown() {
  printf '$ s3ferry'
  printf ' %q' "$@"
  printf '\n'
}

step "Two accounts on a simulated S3; the source holds a few thousand objects, many of them awkward"
python3 "$here/world.py" >"$scratch/world.json"
"$build/s3sim" --config "$scratch/world.json" </dev/null >"$scratch/s3sim.out" 2>"$scratch/s3sim.err" &
sim_pid=$!
for _ in $(seq 200); do
  url=$(sed -n 's/^s3sim: \(http:[^ ]*\).*/\1/p' "$scratch/s3sim.out")
  [[ -z $url ]] || break
  kill -0 "$sim_pid" 2>/dev/null || { cat "$scratch/s3sim.err" >&2; exit 1; }
  sleep 0.05
done
[[ -n $url ]] || { echo "s3sim did not start" >&2; exit 1; }
echo "s3sim serves $url"

# Profiles as the aws CLI knows them, in files of the demo's own. Nothing of the shell's own settings
# counts: no AWS_ variable, no proxy, no state of earlier runs.
unset "${!AWS_@}" HTTP_PROXY http_proxy HTTPS_PROXY https_proxy ALL_PROXY all_proxy
export XDG_STATE_HOME=$scratch/state
export AWS_SHARED_CREDENTIALS_FILE=$scratch/credentials AWS_CONFIG_FILE=$scratch/config
export AWS_EC2_METADATA_DISABLED=true
cat >"$AWS_SHARED_CREDENTIALS_FILE" <<'INI'
[asis]
aws_access_key_id = AKIAFAKESOURCEDEMO00
aws_secret_access_key = fake-demo-source-secret
[tobe]
aws_access_key_id = AKIAFAKETARGETDEMO00
aws_secret_access_key = fake-demo-target-secret
INI
printf '[profile asis]\nregion = us-east-1\n[profile tobe]\nregion = us-east-1\n' >"$AWS_CONFIG_FILE"

logs=$PWD/build/demo-logs
rm -rf -- "$logs"
task=(sync s3://asis-photos s3://tobe-photos --source-profile asis --target-profile tobe
  --endpoint-url "$url" --task photos --log-dir "$logs" --timezone Asia/Seoul)

# ferry ARGS: runs s3ferry, shows the first and the last lines of what it said.
ferry() {
  shown "$@"
  local code=0
  "$build/s3ferry" "$@" </dev/null >"$scratch/said" 2>&1 || code=$?
  if (($(wc -l <"$scratch/said") > 24)); then
    head -n 6 "$scratch/said"
    printf '  … %s lines …\n' "$(($(wc -l <"$scratch/said") - 20))"
    tail -n 14 "$scratch/said"
  else
    cat "$scratch/said"
  fi
  if ((code != 0)); then
    echo "s3ferry ended with $code" >&2
    exit 1
  fi
}

step "Baseline: everything is copied by the server, then both sides are listed afresh and compared"
ferry "${task[@]}"

step "A day passes at the source"
python3 "$here/day.py" "$url"
python3 - "$url" <<'PY'
import sys, urllib.request
urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/_s3sim/reset", method="POST")).read()
PY

step "The daily sync, with --delete"
ferry "${task[@]}" --delete

step "The proof once more, on its own: only reads, on both sides"
ferry verify s3://asis-photos s3://tobe-photos --source-profile asis --target-profile tobe \
  --endpoint-url "$url" --delete

step "What the server counted during the daily sync and the proof"
python3 - "$url" <<'PY'
import json, sys, urllib.request
counters = json.load(urllib.request.urlopen(sys.argv[1] + "/_s3sim/counters"))
for side in ("source", "target"):
    print(f"  {side}: " + ", ".join(f"{n} {v}" for n, v in sorted(counters["sides"][side].items())))
print(f"  requests that could change the source: {counters['source_writes']}")
sys.exit(1 if counters["source_writes"] else 0)
PY

step "The dated log"
for log in "$logs"/*.txt; do
  grep -E '^(start|data integrity check|job|runtime)' "$log" | sed 's/^/  /'
  printf 'full log: %s\n' "$log"
done
