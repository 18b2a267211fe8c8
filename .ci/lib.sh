# shellcheck shell=bash
# Shared by the stages, which source it: where things are, how a server is started and stopped,
# how tests are counted. Leaves nothing behind: `finish` ends the server and removes the scratch
# folder however a stage ends.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
scratch=$(mktemp -d)
tidings=${TIDINGS_BIN:-$root/target/release/tidings}
server_pid=

# Set by start_server.
SERVER_URL=

fail() {
  echo "$*" >&2
  exit 1
}

# A stage whose subject is missing fails: it never passes over it.
need_file() { # need_file PATH WHAT
  [[ -e $1 ]] || fail "There is no $1: $2."
}

need_server() { need_file "$tidings" 'the stage "release" builds it'; }

count_tests() { # count_tests PASSED FAILED
  [[ -z ${STAGE_COUNTS:-} ]] || echo "$1 $2" >>"$STAGE_COUNTS"
}

# Runs a command that prints `test result: … N passed; N failed` as cargo does, and counts.
cargo_tests() {
  local status=0 good bad
  cargo test --locked --no-fail-fast "$@" 2>&1 | tee "$scratch/tests" || status=$?
  read -r good bad < <(awk '/^test result:/ { g += $4; b += $6 } END { print g + 0, b + 0 }' "$scratch/tests")
  count_tests "$good" "$bad"
  return "$status"
}

# The release binary on a free port of its own and a folder of its own; returns once it accepts,
# with SERVER_URL set.
start_server() {
  need_server
  # The address of an earlier server must not be taken for this one's.
  SERVER_URL=
  : >"$scratch/address"
  "$tidings" serve --listen 127.0.0.1:0 --data "$scratch/data" \
    >"$scratch/address" 2>"$scratch/server.log" &
  server_pid=$!
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    SERVER_URL=$(grep -o 'http://[^[:space:]]*' "$scratch/address" | head -n 1) && break
    kill -0 "$server_pid" 2>/dev/null || fail "The server ended before it printed its address."
    sleep 0.1
  done
  [[ -n $SERVER_URL ]] || fail "The server printed no address within 30 s."
  SERVER_URL=${SERVER_URL%/}
  echo "The server listens on $SERVER_URL"
}

# Asks the server to end, and holds it to its promise: exit code 0, within 30 s.
stop_server() {
  local pid=$server_pid status=0 tries
  kill -TERM "$pid"
  for ((tries = 0; tries < 300; tries++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  ! kill -0 "$pid" 2>/dev/null || fail "The server did not end within 30 s of SIGTERM."
  wait "$pid" || status=$?
  server_pid=
  ((status == 0)) || fail "The server left with exit code $status after SIGTERM."
  echo "The server ended cleanly."
}

# A Python with the packages of .ci/python.txt; its path is printed.
python_with_packages() {
  local home=$root/target/ci/python
  if ! cmp -s .ci/python.txt "$home/installed.txt"; then
    python3 -m venv --clear "$home" >&2
    "$home/bin/python" -m pip install --quiet --requirement .ci/python.txt >&2
    cp .ci/python.txt "$home/installed.txt"
  fi
  echo "$home/bin/python"
}

finish() {
  local status=$?
  trap - EXIT
  if [[ -n $server_pid ]]; then
    kill -KILL "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
  fi
  if ((status != 0)) && [[ -s $scratch/server.log ]]; then
    echo "--- the end of the server's log ---"
    tail -n 40 "$scratch/server.log"
  fi
  rm -rf "$scratch"
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM
