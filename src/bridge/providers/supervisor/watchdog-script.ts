/**
 * What the watchdog runs: POSIX shell, because inside the desktop app no Node program can be started. Arguments: folder,
 * token, id of the bridge, system, seconds of grace. It reads words of the bridge on stdin until the bridge says `bye`
 * or is gone. On macOS nothing here may carry the whole marker in its arguments: its `ps` shows them and the environment
 * as one.
 */
export const WATCHDOG_SCRIPT = String.raw`
trap '' HUP INT TERM
folder=$1 token=$2 mark=CTRLNODE_BRIDGE=$3 system=$4 grace=$5
# The session of the bridge may be that of a terminal.
ours=$(awk '/^NSsid:/ { print $2 }' "/proc/$PPID/status" 2>/dev/null)

while read -r word rest; do
  case $word in
    bye) exit 0 ;;
    keep) grace=$rest ;;
  esac
done
sleep "$grace"

# Of us and the next bridge exactly one gets this file: it deletes it, we rename it. Whoever comes second stands back.
# A folder that is gone, or that cannot be written to, has no next bridge.
armed=$folder/$token.armed acting=$folder/$token.acting
if ! mv -f "$armed" "$acting" 2>/dev/null; then
  if [ -d "$folder" ] && ! [ -e "$armed" ]; then exit 0; fi
fi

# The marked pids, and for every process its pid, parent and session. All files in one go, because one process for each
# process to be looked at would take seconds on a busy machine; tail says before each whose it is.
look_linux() {
  tail -n +1 /proc/[0-9]*/environ /proc/[0-9]*/status | tr '\0' '\n' | awk -v mark="$mark" '
    function tell() { if (pid && state !~ /^[ZX]/) print pid, parent, session; pid = 0 }
    /^==> \/proc\/[0-9]+\/environ <==$/ { tell(); kind = "environ"; split($2, parts, "/"); owner = parts[3]; next }
    /^==> \/proc\/[0-9]+\/status <==$/ { tell(); kind = "status"; session = 0; next }
    kind == "environ" { if ($0 == mark) print owner; next }
    /^State:/ { state = $2 }
    /^Pid:/ { pid = $2 }
    /^PPid:/ { parent = $2 }
    /^NSsid:/ { session = $2 }
    END { tell() }'
}

look_darwin() {
  ps -axEww -o pid=,ppid=,stat=,command= | while read -r pid parent state command; do
    case $state in Z*) continue ;; esac
    echo "$pid $parent 0"
    case " $command " in *" $mark "*) echo "$pid" ;; esac
  done
}

# The marked processes, all that descend from them and all that share a session with them, unless it was the bridge's:
# one pid per line.
look() {
  "look_$system" 2>/dev/null | awk -v own=$$ -v ours="$ours" '
    NF == 1 { marked[$1] = 1; next }
    $1 != own { order[++count] = $1; parent[$1] = $2; session[$1] = $3 }
    END {
      do {
        grown = 0
        for (i = 1; i <= count; i++) {
          pid = order[i]
          if (pid in found) continue
          if (!(pid in marked) && !(parent[pid] in found) && !(session[pid] in sessions)) continue
          found[pid] = 1
          if (session[pid] > 0 && session[pid] != own && session[pid] != ours) sessions[session[pid]] = 1
          grown = 1
        }
      } while (grown)
      for (i = 1; i <= count; i++) if (order[i] in found) print order[i]
    }'
}

# All are stopped before any is killed: a stopped process starts no other.
round=0
while found=$(look) && [ -n "$found" ] && [ $round -lt 100 ]; do
  round=$((round + 1)) looks=0 before=
  while [ "$found" != "$before" ] && [ $looks -lt 10 ]; do
    kill -STOP $found 2>/dev/null
    before=$found looks=$((looks + 1))
    found=$(look)
  done
  kill -KILL $before $found 2>/dev/null
  sleep 0.05 2>/dev/null || sleep 1
done
rm -f "$acting"
`;
