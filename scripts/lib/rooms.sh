#!/usr/bin/env bash
# Looks at every #include of a room's headers: the arrows of CMakeLists.txt, also where nothing has to be linked.
set -euo pipefail
cd "$(dirname "$0")/../.."

declare -A knows=(
  [system]=""
  [vault]="system"
  [net]="system vault/secret"
  [media]="system"
  [streams]="system net media"
  [sites]="system net media streams vault/secret vault/secret_file vault/key_agreement"
  [delivery]="system net vault/secret"
  [capture]="system vault net media streams sites delivery"
  [channel]="system vault capture"
  [command]="system vault net media streams sites delivery capture channel installer"
)
wrong=0
for room in "${!knows[@]}"; do
  while IFS=: read -r file included; do
    allowed=0
    for other in $room ${knows[$room]}; do
      [[ $included == "$other/"* || $included == "$other.h" ]] && allowed=1
    done
    [[ $room == net && $included == vault/secret* ]] && allowed=1
    ((allowed)) && continue
    echo "$file includes $included, which $room may not know"
    wrong=1
  done < <(grep -roE '^#include "[a-z_/]+\.h"' "host/$room" --include='*.h' --include='*.cpp' |
    sed -E 's/^([^:]+):#include "([^"]+)"/\1:\2/' | grep -E ':(system|vault|net|media|streams|sites|delivery|capture|channel|command|installer)/')
done
# What belongs to one operating system has its own files (STYLE: no #ifdef elsewhere).
if grep -rnE '^\s*#\s*if.*(_WIN32|__APPLE__|__linux__)' host --include='*.h' --include='*.cpp' | grep -v '^host/system/'; then
  echo "a condition on the operating system outside host/system"
  wrong=1
fi
((wrong == 0)) && echo "every include goes downward"
exit $wrong
