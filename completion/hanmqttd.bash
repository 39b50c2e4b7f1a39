# shellcheck shell=bash
# Completion of hanmqttd for bash. The options come from the program itself.

_hanmqttd() {
	local program=$1 word=$2 previous=$3

	COMPREPLY=()
	if [ "$word" = = ]; then
		word=''
	elif [ "$previous" = = ]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $previous in
	--config)
		compopt -o filenames 2>/dev/null || true
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	--forget) ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "$("$program" --help 2>/dev/null |
			sed -nE 's/^ +(--[a-z-]+).*/\1/p')" -- "$word")
		;;
	esac
}

complete -F _hanmqttd hanmqttd
