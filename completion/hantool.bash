# shellcheck shell=bash
# Completion of hantool for bash. Commands, options and names come from the program itself.

# The first words of the lines that match, out of what hantool says.
_hantool_words() { # PROGRAM ARGUMENT EXPRESSION
	"$1" "$2" --help 2>/dev/null | sed -nE "s/$3/\\1/p"
}

_hantool_values() { # PROGRAM COMMAND OPTION
	case $3 in
	--list)
		echo auto
		"$1" lists 2>/dev/null | awk '$2 != "(simulated)" { print $1 }'
		;;
	--meter)
		"$1" lists 2>/dev/null | awk '$2 == "(simulated)" { print $1 }'
		;;
	--protocol)
		echo auto hdlc mbus p1
		[ "$2" = capture ] || echo dlms
		;;
	--format)
		echo 8N1 8E1 7E1
		;;
	--baud)
		echo 300 600 1200 2400 4800 9600 19200 38400 57600 115200
		;;
	--speed)
		echo 1 10 100
		;;
	esac
}

_hantool() {
	local program=$1 word=$2 previous=$3 command='' words='' index

	COMPREPLY=()
	# --list=NAME arrives as three words.
	if [ "$word" = = ]; then
		word=''
	elif [ "$previous" = = ]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	for ((index = 1; index < COMP_CWORD; index++)); do
		case ${COMP_WORDS[index]} in
		decode | explain | capture | replay | simulate | lists)
			command=${COMP_WORDS[index]}
			break
			;;
		esac
	done

	if [ -z "$command" ]; then
		words=$("$program" --help 2>/dev/null | sed -nE 's/^ *(Usage:)? *hantool ([a-z]+).*/\2/p')
		words="$words --help --version"
	elif [[ $previous == --* ]] && words=$(_hantool_values "$program" "$command" "$previous") &&
		[ -n "$words" ]; then
		:
	elif [[ $previous == --@(key|auth-key|start) ]]; then
		return
	elif [[ $word == -* ]]; then
		words="$(_hantool_words "$program" "$command" '^ +(--[a-z-]+).*') --help"
	elif [ "$command" != lists ]; then
		compopt -o filenames 2>/dev/null || true
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _hantool hantool
