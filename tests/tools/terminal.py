#!/usr/bin/python3
"""Runs a program at a terminal of its own and types for somebody.

    terminal.py [--pause FILE] PROGRAM... < SCRIPT

A line of SCRIPT is what the program must have shown, a TAB, and what is then typed (Enter follows). Everything that the
terminal shows is printed. With --pause, when the script is over the program's id is written to FILE and it waits at its
prompt until it is ended. Exits as the program does; 125 when it never showed what it must.
"""

import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time

LONGEST_S = 60


class Terminal:
    def __init__(self, program):
        self.leader, terminal = pty.openpty()
        self.shown = b""
        self.at = 0
        self.child = os.fork()
        if self.child == 0:
            os.setsid()
            os.close(self.leader)
            fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
            for n in range(3):
                os.dup2(terminal, n)
            os.execvp(program[0], program)
        os.close(terminal)

    def read(self, seconds):
        """False at the end."""
        if not select.select([self.leader], [], [], seconds)[0]:
            return True
        try:
            some = os.read(self.leader, 65536)
        except OSError:
            return False
        self.shown += some
        sys.stdout.buffer.write(some)
        sys.stdout.flush()
        return some != b""

    def wait_for(self, text):
        until = time.monotonic() + LONGEST_S
        while text not in self.shown[self.at:]:
            if time.monotonic() > until or not self.read(1):
                return False
        self.at = self.shown.index(text, self.at) + len(text)
        return True

    def wait_for_silence(self):
        """What is typed before the echo is off is thrown away with it."""
        until = time.monotonic() + LONGEST_S
        while termios.tcgetattr(self.leader)[3] & termios.ECHO and time.monotonic() < until:
            time.sleep(0.01)

    def end(self, limit):
        until = time.monotonic() + limit
        while self.read(1):
            if time.monotonic() > until:
                os.kill(self.child, signal.SIGKILL)
        status = os.waitpid(self.child, 0)[1]
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def main():
    words = sys.argv[1:]
    pause = words[1] if words[0] == "--pause" else None
    terminal = Terminal(words[2:] if pause else words)
    for line in sys.stdin.buffer.read().splitlines():
        shown, tab, typed = line.partition(b"\t")
        if not terminal.wait_for(shown):
            print(f"\nnever shown: {shown.decode()}")
            terminal.end(0)
            return 125
        if b"assphrase" in shown:
            terminal.wait_for_silence()
        if tab:
            os.write(terminal.leader, typed + b"\n")
    if pause:
        with open(pause + ".new", "w", encoding="ascii") as file:
            file.write(f"{terminal.child}\n")
        os.rename(pause + ".new", pause)
    return terminal.end(10 * LONGEST_S if pause else LONGEST_S)


if __name__ == "__main__":
    sys.exit(main())
