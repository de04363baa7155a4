#!/bin/bash
# Passphrases at a terminal: not echoed, pasted as well as typed, the same in every form of their letters, measured when new; and one
# is made by whoever only presses Enter.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

if ! "$PYTHON" -c 'import pty; pty.openpty()' 2> /dev/null; then
	skip "typed passphrases" "this system has no pseudo-terminals"
	done_here
	exit
fi
# typing.py PROGRAM...: answers each prompt with the next line of standard input (\e and \n in it are what they mean; {made} is the
# passphrase that was shown). All that the terminal showed goes to standard output.
cat > "$W/typing.py" <<'PY'
import os, pty, re, sys, termios, time
answers = [line.rstrip("\n").replace("\\e", "\033").replace("\\n", "\n") for line in sys.stdin]
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown, at, made = b"", 0, b""
try:
    while True:
        if answers and re.search(rb": $", shown[at:]) and not termios.tcgetattr(terminal)[3] & termios.ECHO:
            found = re.search(rb"\r\n    ([a-z-]+)\r\n", shown)
            made = found.group(1) if found else made
            at = len(shown)
            os.write(terminal, answers.pop(0).encode().replace(b"{made}", made) + b"\n")
        if re.search(rb": $", shown[at:]) and termios.tcgetattr(terminal)[3] & termios.ECHO:
            time.sleep(0.01)
            continue
        shown += os.read(terminal, 4096)
except OSError:
    pass
sys.stdout.write(shown.replace(b"\r", b"").decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PY
# typed LINES COMMAND...: of the device nasib
typed() {
	local answers=$1
	shift
	printf '%s\n' "$answers" | timeout 60 "$PYTHON" "$W/typing.py" sijil --home "$W/nasib" "$@"
}

make_project
join nasib
check "a passphrase is typed" typed "$PASSPHRASE" status
check_lacks "  and not shown" "$PASSPHRASE" "$OUT"
check_exit 5 "another does not open" typed "no such passphrase" status
check "one is pasted, marked as a terminal marks it" typed "\\e[200~$PASSPHRASE\\e[201~" status
check "  with blanks as they are" typed "$PASSPHRASE"$'\n'"\\e[200~drei alte  Schiffe im Nebel am Kai\\e[201~"$'\n'"drei alte  Schiffe im Nebel am Kai" passphrase
check_has "  a new one is measured, in a sentence" "To guess it, whoever copies the disk needs about" "$OUT"
check_has "    with how long" "years, with a thousand computers" "$OUT"
check_lacks "    and not shown" "Nebel" "$OUT"
check_exit 5 "  so the old one is gone" device nasib status
THIS='drei alte  Schiffe im Nebel am Kai'

check_exit 1 "digits are refused" typed "$THIS"$'\n'1234567890123456 passphrase
check_has "  with the reason" "nothing counts his tries" "$OUT"
check_exit 1 "  and what is short" typed "$THIS"$'\n'"Nebel" passphrase
check_exit 1 "  and what everybody takes" typed "$THIS"$'\n'"password password" passphrase
check_has "    with the reason" "too easy to guess" "$OUT"
check_exit 1 "  and what holds an arrow key" typed "$THIS"$'\n'"korin dasip momuz\\e[D tefar nobil" passphrase
check_has "    which is named" "perhaps an arrow" "$OUT"
check_exit 1 "  and what was not typed twice alike" typed "$THIS"$'\n'"korin dasip momuz tefar"$'\n'"korin dasip momuz tefat" passphrase
check_has "    of which it says so" "the two passphrases differ" "$OUT"
check "  all that changed nothing" typed "$THIS" status

check "whoever presses Enter has one made" typed "$THIS"$'\n'$'\n'"{made}" passphrase
made=$(sed -n 's/^    \([a-z-]*\)$/\1/p' "$OUT")
check "  of 80 bits, to be pronounced" grep -qxE '([a-z]{5}-){4}[a-z]{5}' <<< "$made"
check "  and it opens" typed "$made" status
check_exit 1 "  whoever cannot repeat it gets none" typed "$made"$'\n'$'\n'"not what was shown" passphrase
check "    and keeps what he had" typed "$made" status

long=$(printf '%01100d' 7)
check_exit 1 "what is longer than a passphrase may be is no bare Enter" typed "$made"$'\n'"$long"$'\n'"{made}" passphrase
check_has "  but an error" "longer than 1024 bytes" "$OUT"
check_lacks "    that makes none" "shown only now" "$OUT"
check "    and changes nothing" typed "$made" status

# é composed, decomposed; Arabic letters, and the same as a shaped word processor writes them; full width letters
check "a passphrase in one form of its letters" typed "$made"$'\n'$'caf\u00e9 \u0645\u0637\u0631 \u062e\u0634\u0628 \u0646\u062d\u0627\u0633 harbour lantern\n'$'caf\u00e9 \u0645\u0637\u0631 \u062e\u0634\u0628 \u0646\u062d\u0627\u0633 harbour lantern' passphrase
check "  opens in another" typed $'cafe\u0301 \ufee3\ufec4\ufeae \ufea7\ufeb8\ufe90 \ufee7\ufea4\ufe8e\ufeb1 \uff48arbour lantern' status
check "  by the descriptor as well" sijil --home "$W/nasib" --passphrase-fd 3 status 3<<< $'cafe\u0301 \u0645\u0637\u0631 \u062e\u0634\u0628 \u0646\u062d\u0627\u0633 harbour lantern'
check_exit 5 "  and not without its accent" typed $'cafe \u0645\u0637\u0631 \u062e\u0634\u0628 \u0646\u062d\u0627\u0633 harbour lantern' status

# No passphrase was ever in argv, environment, or a file.
printf '%s\n' "$made" "Schiffe im Nebel" "harbour lantern" "$PASSPHRASE" > "$W/words"
check "none of them is in any file" scan "$W/nasib" "$W/hq" "$HOME" "$TMPDIR"
done_here
