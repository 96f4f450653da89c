# Sourced by ./run --demo: an administrator, a token, and what starts the demo once the control plane is ready.

secret() { head -c 32 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | head -c "$1"; }

demo_program="$here/src/ControlPlane.Demo/bin/Release/net10.0/ControlPlane.Demo"
demo_token_file="$data/demo.token"
if [ -n "${Bootstrap__ApiToken:-}" ]; then
  (umask 077 && printf '%s' "$Bootstrap__ApiToken" >"$demo_token_file")
elif [ ! -s "$demo_token_file" ]; then
  (umask 077 && printf 'demo%s' "$(secret 40)" >"$demo_token_file")
  export Bootstrap__AdminEmail="${Bootstrap__AdminEmail:-admin@example.com}"
  if [ -z "${Bootstrap__AdminPassword:-}" ]; then
    Bootstrap__AdminPassword="$(secret 20)-1a"
    echo "Sign in as $Bootstrap__AdminEmail with the password $Bootstrap__AdminPassword (shown this once)"
  fi
  export Bootstrap__AdminPassword
fi
Bootstrap__ApiToken=$(cat "$demo_token_file")
export Bootstrap__ApiToken

start_demo() {
  (
    trap 'kill "$child" 2>/dev/null; exit 0' TERM
    trap '' INT HUP
    for attempt in 1 2 3; do # what an earlier attempt made is left as it is
      "$demo_program" load --server "$url" --token-file "$demo_token_file" & child=$!
      wait "$child" && break
      [ "$attempt" -lt 3 ] || { echo "The demo could not be loaded (see above)." >&2; exit 1; }
      sleep 5
    done
    "$demo_program" traffic --gateway "$gateway" --rate "${DEMO_RATE:-20}" & child=$!
    wait "$child"
  ) 9>&- &
  traffic=$!
}
