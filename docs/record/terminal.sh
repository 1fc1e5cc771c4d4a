#!/usr/bin/env bash
# Records what the terminal shows, into docs/terminal.md. Needs tmux; run it from the repository:
#   cargo build --release && docs/record/terminal.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export PATH="$root/target/release:$PATH"
work=$(mktemp -d)
session="faastlane-$$"
trap 'tmux kill-session -t "$session" 2>/dev/null; rm -rf "$work"' EXIT
cp -r docs/record/project docs/record/broken "$work"

# Shows the screen after a command has run for so many seconds, without what differs between runs.
screen() {
    local seconds=$1 folder=$2 command=$3
    tmux new-session -d -x 104 -y 26 -s "$session" "cd '$work/$folder' && PS1='$ ' exec bash --norc"
    tmux send-keys -t "$session" "clear; $command" Enter
    sleep "$seconds"
    printf '```console\n$ %s\n' "$command"
    tmux capture-pane -t "$session" -p | sed -E \
        -e '/^\$( |$)/d' -e "s#$work/$folder/##g" -e 's#: /\S+/(python\S*)( \()#: …/\1\2#' | sed -e '/./,$!d' |
        awk '{ lines[NR] = $0; if ($0 != "") last = NR } END { for (i = 1; i <= last; i++) print lines[i] }'
    printf '```\n'
    tmux kill-session -t "$session"
}

{
    echo '# What the terminal shows'
    echo
    echo 'Recorded by `docs/record/terminal.sh`.'
    printf '\n## While it runs\n\n'
    screen 3 project 'faastlane run .'
    printf '\n## At the end\n\n'
    screen 7 project 'faastlane run .'
    printf '\n## Without a terminal\n\n'
    screen 7 project 'faastlane run . 2>&1 | cat'
    printf '\n## Where the time went\n\n'
    screen 7 project 'faastlane run . -q --trace'
    printf '\n## What is wrong\n\n'
    screen 1 broken 'faastlane validate .'
} > "$work/terminal.md"
cp "$work/terminal.md" docs/terminal.md
