#!/bin/bash
# bash, zsh and fish complete commands, options, fields and codes by the scripts that the programs print.
. "$(dirname "$0")/lib.sh"

# --- what is offered ---

offered() { # WORD...: the words, on one line
	sijil completion words -- "$@" | cut -d' ' -f1 | tr '\n' ' '
}
check_same "a beginning" "bundle " "$(offered bu)"
check_same "the second word of a command" "export import " "$(offered bundle '')"
check_same "an option of the command" "--format " "$(offered list --fo)"
check_same "  and of all" "--home " "$(offered list --ho)"
check_same "  none of another" "" "$(offered show --fo)"
check_same "the values of an option" "table csv json " "$(offered list --format '')"
check_same "  in the same word" "--format=csv " "$(offered list --format=c)"
check_same "a file's name is the shell's" "" "$(offered bundle import '')"
check_same "  also behind an option" "" "$(offered add --from '')"
check_same "an option's value is no command" "list " "$(offered --home add --project show lis)"
check_same "a field" "kind= " "$(offered add kin)"
check_same "  and its codes" "kind=arrival " "$(offered add kind=ar)"
check_same "  none where there are none" "" "$(offered add note=)"
check_same "words after -- are no options" "" "$(offered bundle import -- --ho)"
check_same "help of a command" "withhold " "$(offered help withh)"
check_same "nothing for what is no command" "" "$(offered frobnicate '')"
check_exit 2 "another shell is refused" sijil completion tcsh
check_has "  by name" "'tcsh'" "$ERR"

# Each command is offered by its words, each option behind its command.
for program in sijil sijild sijil-hq; do
	missing=
	while read -r command; do
		first=${command%% *}
		"$program" completion words -- "${first%?}" | grep -q "^$first " || missing="$missing '$command'"
		[ "$first" = "$command" ] || "$program" completion words -- "$first" "${command#* }" | grep -q "^${command#* } " || missing="$missing '$command'"
		for option in $("$program" help $command | grep -o -- '^ .*  --[a-z][a-z-]*' | grep -o -- '--.*'); do
			"$program" completion words -- $command "$option" | grep -q "^$option " || missing="$missing '$command $option'"
		done
	done < <(sed -n 's/^\.It Cm \([a-z]\+\( [a-z]\+\)\?\).*/\1/p' "$ROOT/app/man/$program.1" | grep -v '^help')
	check_same "$program offers all that its manual names" "" "$missing"
done

# --- bash ---

cat > "$W/try.bash" <<'END'
source <(sijil completion bash)
source <(sijil-hq completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
$(complete -p "$1" | sed 's/.*-F \([^ ]*\) .*/\1/')
printf '%s ' "${COMPREPLY[@]}"
END
check_same "bash: a command" "bundle " "$(bash "$W/try.bash" sijil bu)"
check_same "  a code, in words as bash splits them" "arrival " "$(bash "$W/try.bash" sijil add kind = ar)"
check_same "  headquarters'" "device " "$(bash "$W/try.bash" sijil-hq dev)"

# --- fish ---

check_same "fish: a command" "bundle" "$(fish -c 'sijil completion fish | source; complete -C "sijil bu"' | cut -f1)"
check_same "  a code" "kind=arrival" "$(fish -c 'sijil completion fish | source; complete -C "sijil add kind=ar"' | cut -f1)"
: > "$W/carried.sijil"
check_same "  a file's name" "$W/carried.sijil" "$(fish -c "sijil completion fish | source; complete -C 'sijil bundle import $W/carr'" | cut -f1)"

# --- zsh, whose completion needs a terminal ---

export TMUX_TMPDIR=$TMPDIR
on_screen() { tmux -L zsh "$@"; }
on_screen_has() { on_screen capture-pane -p | grep -qF -- "$1"; }
shows() { # WORD: waits until the screen shows it
	wait_for 20 on_screen_has "$1" || { on_screen capture-pane -p; return 1; }
}
type_keys() { on_screen send-keys "$@"; }
cat > "$HOME/.zshrc" <<'END'
PS1='ready> '
autoload -U compinit
compinit -u -d "$HOME/zcompdump"
source <(sijil completion zsh)
END
start tmux tmux -L zsh -D -f /dev/null
wait_for 20 on_screen -N new-session -d -x 80 -y 24 "ZDOTDIR=$HOME zsh -d"
check "zsh starts" shows 'ready>'
type_keys 'sijil bun' Tab
check "  completes a command" shows 'sijil bundle'
type_keys 'ex' Tab
check "  its second word" shows 'sijil bundle export'
type_keys C-u 'sijil add kind=ar' Tab
check "  a code" shows 'kind=arrival'
type_keys C-u 'sijil list --fo' Tab 'c' Tab
check "  an option and its value" shows '--format csv'
stop tmux

# --- installed ---

# As through sudo, where nothing is built.
check "an installation" env SUDO_USER=somebody make -s -C "$ROOT" KIND="${BUILD##*/}" install DESTDIR="$W/root" PREFIX=/usr
for file in bash-completion/completions/sijil zsh/site-functions/_sijil-hq fish/vendor_completions.d/sijild.fish; do
	check "installed: $file" test -s "$W/root/usr/share/$file"
done
done_here
