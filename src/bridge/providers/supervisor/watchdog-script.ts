/**
 * What the watchdog runs: POSIX shell, because inside the desktop app no Node program can be started. Arguments: folder,
 * token, id of the bridge, system, seconds of grace. It reads words of the bridge on stdin until the bridge says `bye`
 * or is gone. On macOS nothing here may carry the whole marker in its arguments: its `ps` shows them and the environment
 * as one.
 */
export const WATCHDOG_SCRIPT = String.raw`
trap '' HUP INT TERM
folder=$1 token=$2 mark=CTRLNODE_BRIDGE=$3 system=$4 grace=$5

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

# All in one go, because one process for each to be looked at would take seconds on a busy machine. With several files
# tail says before each whose it is.
marked_linux() {
  tail -n +1 /dev/null /proc/[0-9]*/environ | tr '\0' '\n' | awk -v mark="$mark" '
    /^==> \/proc\/[0-9]+\/environ <==$/ { split($2, parts, "/"); pid = parts[3]; next }
    $0 == mark { print pid }'
}

table_linux() {
  cat /proc/[0-9]*/status | awk '
    function tell() { if (pid && state !~ /^[ZX]/) print pid, parent, session }
    /^Name:/ { tell(); pid = 0; session = 0 }
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

look_linux() {
  marked_linux
  table_linux
}

# The marked processes, all that descend from them and all that share a session with them: one pid per line.
look() {
  "look_$system" 2>/dev/null | awk -v own=$$ '
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
          if (session[pid] > 0 && session[pid] != own) sessions[session[pid]] = 1
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
