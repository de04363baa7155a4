#!/bin/bash
# Whoever interrupts a passphrase prompt gets a terminal back that echoes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

if ! "$PYTHON" -c 'import pty; pty.openpty()' 2>/dev/null; then
	skip "an interrupted prompt" "this system has no pseudo-terminals"
	done_here
	exit
fi

cat > "$W/interrupt.py" <<'PY'
# interrupt.py SIGNAL PROGRAM...: prints what the signal did to the program and to its terminal.
import os, pty, signal, sys, termios, time
number, program = int(sys.argv[1]), sys.argv[2:]
leader, terminal = pty.openpty()
child = os.fork()
if child == 0:
    os.setsid()
    os.close(leader)
    import fcntl
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for n in range(3):
        os.dup2(terminal, n)
    os.execvp(program[0], program)
said = b""
while b": " not in said:
    said += os.read(leader, 4096)
until = time.monotonic() + 10
while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < until:
    time.sleep(0.01)
asked_silently = not termios.tcgetattr(terminal)[3] & termios.ECHO
if number == signal.SIGINT:
    os.write(leader, b"\x03")
else:
    os.kill(child, number)
status = os.waitpid(child, 0)[1]
echo = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
print("silent" if asked_silently else "loud", "echo" if echo else "no echo",
      "by signal %d" % os.WTERMSIG(status) if os.WIFSIGNALED(status) else "exit %d" % os.WEXITSTATUS(status))
PY

make_project
join nasib
interrupted() { timeout 30 "$PYTHON" "$W/interrupt.py" "$1" sijil --home "$W/nasib" list; }
check_same "Ctrl-C ends the program and the terminal echoes again" "silent echo by signal 2" "$(interrupted 2)"
check_same "so does being terminated" "silent echo by signal 15" "$(interrupted 15)"
check_same "so does a hangup" "silent echo by signal 1" "$(interrupted 1)"
done_here
