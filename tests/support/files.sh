# shellcheck shell=bash
# The files of the tree that git has or would take, or all of a tree without git. Sourced.

: "${top:?}"

# Their names from $top, each ended by NUL.
list_tree() (
	cd "$top" || exit
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . \( -path ./build -o -path ./.git -o -name __pycache__ \) -prune -o ! -type d -printf '%P\0'
	fi | while IFS= read -r -d '' name; do
		if [ -e "$name" ] || [ -L "$name" ]; then
			printf '%s\0' "$name"
		fi
	done
)

# The shell scripts among them, one name a line.
list_scripts() (
	cd "$top" || exit
	list_tree | xargs -0 grep -lIE -m 1 '^#!/bin/(ba|da)?sh|^# shellcheck shell=' | sort
)
