#!/usr/bin/env bash
#
# A whole round of the REST interface with nothing but curl: two accounts, a room, an invitation,
# messages that are sent and sent again, history, receipts, unread, and what refusals look like.
#
#   examples/quickstart.sh http://127.0.0.1:8080
#
# Needs bash, curl, and jq or python3 to read JSON. Each step is printed. It stops at the first
# answer that is not what docs/protocol.md says, with what was expected and what came, and leaves
# with 1. It only ever adds two accounts and a room with names of their own.
set -euo pipefail

url=${1:?"usage: $0 URL, such as http://127.0.0.1:8080"}
url=${url%/}

# --- a little machinery ---------------------------------------------------------------------------

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n%s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
fail() {
    printf '\nNOT AS DOCUMENTED: %s\n' "$1" >&2
    shift
    printf '   %s\n' "$@" >&2
    exit 1
}

# The last answer, for who wants to know what went wrong; tokens are nobody's business.
shown() { sed -E 's/"(access_token|refresh_token)" *: *"[^"]*"/"\1":"…"/g' "$work/body"; }

# json PATH: the value at a path such as .messages[0].text of the last answer; nothing if there is none.
if command -v jq >"$work/jq"; then
    json() { jq --raw-output "$1 | if . == null then empty else . end" "$work/body"; }
else
    json() {
        python3 - "$1" "$work/body" <<'PYTHON'
import json, re, sys
value = json.load(open(sys.argv[2]))
for name, index in re.findall(r"\.?(\w+)|\[(\d+)\]", sys.argv[1]):
    if index:
        value = value[int(index)] if value and int(index) < len(value) else None
    else:
        value = (value or {}).get(name)
if value is not None:
    print(json.dumps(value) if isinstance(value, (bool, dict, list)) else value)
PYTHON
    }
fi

# as NAME: the following calls are NAME's. Tokens go to curl by a file: arguments can be seen by
# everybody on the machine.
token=""
as() { token=$1; }

# call STATUS METHOD PATH [BODY] [curl's own options]: asks, shows, and insists on the status.
call() {
    local expected=$1 method=$2 path=$3 body=${4:-}
    shift $(($# < 4 ? $# : 4))
    local options=(--silent --show-error --max-time 30 --request "$method"
        --output "$work/body" --dump-header "$work/headers" --write-out '%{http_code}')
    : >"$work/config"
    if [[ -n $token ]]; then
        printf 'header = "Authorization: Bearer %s"\n' "$token" >"$work/config"
    fi
    if [[ -n $body ]]; then
        options+=(--header 'Content-Type: application/json' --data-binary @-)
    fi
    : >"$work/body"
    status=$(curl "${options[@]}" --config "$work/config" "$@" "$url$path" <<<"$body") ||
        fail "$method $path" "there is no answer: does the server run at $url?"
    note "$method $path -> $status"
    if [[ $status != "$expected" ]]; then
        fail "the status of $method $path" "expected: $expected" "got:      $status" "$(shown)"
    fi
}

# expect WHAT EXPECTED ACTUAL
expect() {
    if [[ $2 != "$3" ]]; then
        fail "$1" "expected: ${2:-(nothing)}" "got:      ${3:-(nothing)}" "$(shown)"
    fi
    note "$1: ${3:-(nothing)}"
}

expect_some() {
    if [[ -z $2 ]]; then
        fail "$1" "expected: a value" "got:      (nothing)" "$(shown)"
    fi
}

# header NAME: its value in the last answer.
header() { sed -n "s/\r$//; s/^$1: //Ip" "$work/headers"; }

# A new UUID (version 4), to name a message or a request by.
uuid() {
    local hex
    hex=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s-%s-4%s-a%s-%s\n' "${hex:0:8}" "${hex:8:4}" "${hex:13:3}" "${hex:17:3}" "${hex:20:12}"
}

# --- the round ------------------------------------------------------------------------------------

run=$(uuid)
run=${run:0:8}

step "1. Two people make accounts"
call 201 POST /v1/accounts \
    "{\"username\": \"ana-$run\", \"password\": \"$(uuid)\", \"display_name\": \"Ana\", \"device_name\": \"quickstart\"}"
expect "the account's name" "ana-$run" "$(json .user.username)"
expect "the name that is shown" "Ana" "$(json .user.display_name)"
ana=$(json .user.id)
ana_token=$(json .access_token)
expect_some "an access token" "$ana_token"
expect_some "a refresh token" "$(json .refresh_token)"
refresh_token=$(json .refresh_token)

call 201 POST /v1/accounts "{\"username\": \"bob-$run\", \"password\": \"$(uuid)\", \"display_name\": \"Bob\"}"
bob=$(json .user.id)
bob_token=$(json .access_token)

call 409 POST /v1/accounts "{\"username\": \"ana-$run\", \"password\": \"$(uuid)\"}"
expect "why a name is not given twice" username_taken "$(json .code)"

step "2. Ana makes a room; asked twice with one key, it is one room"
as "$ana_token"
key=$(uuid)
call 201 POST /v1/rooms '{"kind": "group", "name": "Tea"}' --header "Idempotency-Key: $key"
room=$(json .id)
expect "the room's name" "Tea" "$(json .name)"
expect "Ana's role" owner "$(json .membership.role)"
call 201 POST /v1/rooms '{"kind": "group", "name": "Tea"}' --header "Idempotency-Key: $key"
expect "the room of the repeated request" "$room" "$(json .id)"
expect "Idempotent-Replayed" true "$(header Idempotent-Replayed)"

step "3. To Bob, who is no member, the room does not exist"
as "$bob_token"
call 404 GET "/v1/rooms/$room"
expect "the code" not_found "$(json .code)"
expect "the outcome" not_done "$(json .outcome)"
expect "the media type" application/problem+json "$(header Content-Type | cut -d';' -f1)"
expect "the request's id" "$(header X-Request-Id)" "$(json .request_id)"

step "4. Ana invites; Bob looks, and accepts"
as "$ana_token"
call 201 POST "/v1/rooms/$room/invitations" '{"expires_in_s": 3600, "uses_max": 1}'
code=$(json .code)
expect_some "the invitation's code" "$code"
note "the link to hand on: $(json .url)"
as "$bob_token"
call 200 GET "/v1/invitations/$code"
expect "the room that Bob is invited to" "Tea" "$(json .room.name)"
expect "who invites" "$ana" "$(json .invited_by.id)"
expect "whether Bob is in it" false "$(json .joined)"
call 200 POST "/v1/invitations/$code/accept"
expect "the room that Bob is in" "$room" "$(json .id)"
expect "its members" 2 "$(json .members)"
expect "Bob's role" member "$(json .membership.role)"

step "5. Ana sends a message; in doubt she sends it again, and it is still one"
as "$ana_token"
client_id=$(uuid)
message="{\"client_id\": \"$client_id\", \"text\": \"Tea is *ready*, Bob\", \"mentions\": [\"$bob\"]}"
call 201 POST "/v1/rooms/$room/messages" "$message"
seq=$(json .seq)
expect "whether it was there already" false "$(json .duplicate)"
call 200 POST "/v1/rooms/$room/messages" "$message"
expect "whether it was there already" true "$(json .duplicate)"
expect "its place, the same" "$seq" "$(json .seq)"
expect "its client id" "$client_id" "$(json .client_id)"

step "6. Bob has one unread message, which mentions him"
as "$bob_token"
call 200 GET "/v1/rooms/$room/unread"
expect "messages" 1 "$(json .messages)"
expect "mentions" 1 "$(json .mentions)"
expect "the very message" "$seq" "$(json .seqs[0])"
call 200 GET /v1/unread
expect "the room in the list of all" "$room" "$(json .rooms[0].room)"

step "7. Bob reads the history"
call 200 GET "/v1/rooms/$room/messages?limit=50"
expect "the text, as it was written" "Tea is *ready*, Bob" "$(json .messages[0].text)"
expect "who said it" "$ana" "$(json .messages[0].sender)"
expect "its place" "$seq" "$(json .messages[0].seq)"
expect "a second message" "" "$(json .messages[1].seq)"
expect "whether there is more before" false "$(json .has_before)"
expect "whether there is more after" false "$(json .has_after)"
tag=$(header ETag)
expect_some "an ETag" "$tag"
call 304 GET "/v1/rooms/$room/messages?limit=50" '' --header "If-None-Match: $tag"

step "8. Bob has read it, and Ana sees that"
call 200 PUT "/v1/rooms/$room/receipts/me" "{\"read\": $seq}"
expect "read up to" "$seq" "$(json .read)"
expect "so also delivered up to" "$seq" "$(json .delivered)"
expect "unread" 0 "$(json .unread.messages)"
call 200 PUT "/v1/rooms/$room/receipts/me" '{"read": 1}'
expect "a watermark only rises" "$seq" "$(json .read)"
as "$ana_token"
call 200 GET "/v1/rooms/$room/receipts"
first=$(json .receipts[0].user)
index=$([[ $first == "$bob" ]] && echo 0 || echo 1)
expect "of whom the receipt is" "$bob" "$(json ".receipts[$index].user")"
expect "how far Bob has read" "$seq" "$(json ".receipts[$index].read")"

step "9. Bob answers"
as "$bob_token"
call 201 POST "/v1/rooms/$room/messages" \
    "{\"client_id\": \"$(uuid)\", \"text\": \"On my way\", \"reply_to\": $seq}"
answer=$(json .seq)
expect "its place, the next one" $((seq + 1)) "$answer"
as "$ana_token"
call 200 GET "/v1/rooms/$room/messages?after=$seq"
expect "the answer" "On my way" "$(json .messages[0].text)"
expect "to which message" "$seq" "$(json .messages[0].reply_to)"
call 200 GET "/v1/rooms/$room/messages/$answer"
expect "the message by its name" "On my way" "$(json .text)"
call 200 GET "/v1/rooms"
expect "unread in Ana's list of rooms" 1 "$(json .rooms[0].unread.messages)"
expect "the last message there" "On my way" "$(json .rooms[0].last_message.text)"
expect_some "the cursor to open the socket with" "$(json .cursor)"

step "10. What is wrong is refused by name"
call 400 POST "/v1/rooms/$room/messages" "{\"client_id\": \"$(uuid)\", \"text\": \"   \"}"
expect "the code" invalid_request "$(json .code)"
expect "the wrong field" text "$(json .errors[0].field)"
call 400 POST "/v1/rooms/$room/messages" "{\"client_id\": \"$(uuid)\", \"text\": 7}"
expect "the wrong field" text "$(json .errors[0].field)"
call 404 GET "/v1/rooms/$(uuid)"
expect "the code" not_found "$(json .code)"

step "11. A fresh pair of tokens, and good-bye"
as ""
call 200 POST /v1/sessions/refresh "{\"refresh_token\": \"$refresh_token\"}"
expect "whose they are" "$ana" "$(json .user.id)"
as "$(json .access_token)"
call 200 GET /v1/me
expect "who Ana is" "$ana" "$(json .id)"
call 204 DELETE /v1/sessions/current
call 401 GET /v1/me
expect "the code" session_revoked "$(json .code)"

printf '\nEverything is as documented.\n'
