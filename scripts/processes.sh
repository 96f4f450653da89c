# Sourced by ./run: processes by their records DIR/run/<name>.json with pid and start time. A pid alone may be another process by now.

now() { date +%s%3N; }

seconds_since() { local ms=$(($(now) - $1)); printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100)); }

start_time_of() { # clock ticks since boot: field 22 of /proc/PID/stat; the name in field 2 may hold spaces
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  set -- $stat
  [ "$1" != Z ] && echo "${20}"
}

write_record() { # file, pid, port
  printf '{"pid":%d,"startTime":%s,"port":%d}\n' "$2" "$(start_time_of "$2" || echo 0)" "$3" >"$1"
}

recorded_pid() { # file → the pid, when the process that was recorded still runs
  local pid recorded
  pid=$(sed -n 's/.*"pid" *: *\([0-9][0-9]*\).*/\1/p' "$1" 2>/dev/null | head -1)
  recorded=$(sed -n 's/.*"startTime" *: *"\{0,1\}\([0-9][0-9]*\).*/\1/p' "$1" 2>/dev/null | head -1)
  [ -n "$pid" ] && [ -n "$recorded" ] && [ "$(start_time_of "$pid")" = "$recorded" ] && echo "$pid"
}

end_pids() { # asks them to end, waits up to 15 s, then ends them
  local pid i alive="$*"
  for pid in $alive; do kill -TERM "$pid" 2>/dev/null; done
  for ((i = 0; i < 150; i++)); do
    alive=$(for pid in $alive; do start_time_of "$pid" >/dev/null && echo "$pid"; done)
    [ -n "$alive" ] || return 0
    sleep 0.1
  done
  for pid in $alive; do kill -KILL "$pid" 2>/dev/null; done
}

end_recorded() { # file
  local pid
  pid=$(recorded_pid "$1") && end_pids "$pid"
  rm -f "$1"
}

end_all_recorded() { # folder
  local file pids=""
  for file in "$1"/*.json; do
    [ -f "$file" ] && pids="$pids $(recorded_pid "$file")"
  done
  end_pids $pids
  rm -f "$1"/*.json
}
