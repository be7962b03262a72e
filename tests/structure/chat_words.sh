#!/usr/bin/env bash
# No chat concept in kernel/: neither in identifiers nor in strings, nor in comments, so that nobody
# need ask which it is. An error's message, a WebSocket message and a group commit are no chat.
#   chat_words.sh ROOT
set -euo pipefail
cd "$1"

words=(
  '[Cc]onversation|CONVERSATION'
  '[Rr]eaction|REACTION'
  '[Ee]moji|EMOJI'
  '[Mm]ention|MENTION'
  '(^|[^a-z])typing|Typing|TYPING'
  '[Cc]hat[ _-]?[Rr]oom|CHAT_?ROOM'
  '[Gg]roup[ _-]?[Cc]hat|GROUP_?CHAT'
  '[Dd]irect[ _-]?[Mm]essage|DIRECT_?MESSAGE'
  '[Mm]essage[ _-]?[Ii]ds?([^a-z]|$)|MESSAGE_?IDS?'
  '[Cc]hannel[ _-]?[Ii]ds?([^a-z]|$)|CHANNEL_?IDS?'
)
pattern=$(IFS='|'; echo "${words[*]}")

if grep -rnIE "$pattern" kernel; then
  echo "kernel/ knows no chat: say it without these words, or move it into a plugin." >&2
  exit 1
fi
if find kernel | grep -E "$pattern"; then
  echo "kernel/ knows no chat: nor do its file names." >&2
  exit 1
fi
