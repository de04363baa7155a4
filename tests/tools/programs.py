"""Runs the programs for tests that are one process long: passphrase, keyring, faults, and what an error must look like.

BUILD and PASSPHRASE come from the environment; the folder of the scenario is argument 1 of the script.
"""
import json, os, re, shutil, signal, subprocess, sys

W = sys.argv[1]
FAULT = os.environ["BUILD"] + "/tests/tools/fault.so"
PASSPHRASE = os.environ["PASSPHRASE"]
sys.stdout.reconfigure(line_buffering=True)
failures = 0


class Wrong(Exception):
    pass


class Result:
    def __init__(self, code, out, err, fired):
        self.code, self.out, self.err, self.fired = code, out, err, fired
        self.killed = code == -signal.SIGKILL

    def __str__(self):
        return "exit %d, said %r, %r, at %s" % (self.code, self.out[-300:], self.err[-600:], self.fired)


LOG = W + "/fault.log"


def faulty(under, fault, at):
    """The environment in which the at-th call goes wrong."""
    if fault is None:
        return dict(os.environ)
    if os.path.exists(LOG):
        os.unlink(LOG)
    return dict(os.environ, LD_PRELOAD=FAULT, FAULT_UNDER=under, FAULT_CALLS=fault[1], FAULT_AT=str(at), FAULT_DOES=fault[0],
                FAULT_LOG=LOG, FAULT_LASTS="1" if len(fault) > 2 else "0")


def what_fired(fault):
    if fault is None or not os.path.exists(LOG):
        return None
    with open(LOG) as log:
        return log.read().strip()


def run(program, home, *args, under=None, fault=None, at=0, stdin=None):
    """One program on one home; the fault is on files below `under`."""
    environment = faulty(under or home, fault, at)
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode() + b"\n")
    os.close(writing)
    unlocked = [] if home in keyring else ["--passphrase-fd", str(reading)]
    try:
        done = subprocess.run([program, "--home", home] + unlocked + list(args), env=environment, pass_fds=[reading],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100)
    finally:
        os.close(reading)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode(), what_fired(fault))


def sijil(home, *args, **more):
    return run("sijil", home, *args, **more)


def hq(*args, **more):
    return run("sijil-hq", W + "/hq", *args, **more)


def must(result, code=0):
    if result.code != code:
        raise Wrong("without a fault: " + str(result))
    return result


keyring = set()


def unlock(program, home):
    """Saves an Argon2id a run where the kernel keeps keys."""
    if run(program, home, "unlock", "--for", "2h").code == 0:
        keyring.add(home)


def sentence(result):
    """Every error says in words what happened and what to do, and has the exit code of a refusal."""
    first = result.err.splitlines()[0] if result.err else ""
    if result.code < 0:
        raise Wrong("it crashed")
    if result.code != 1:
        raise Wrong("a failing disk is exit 1")
    if not re.match(r"^sijil(d|-hq)?: .*\w+ \w+.* \w+", first):
        raise Wrong("no sentence")
    if re.search(r"assert|errno|SQL|I/O error|disk I/O|unknown error|\bbug\b|not an error", result.err, re.I):
        raise Wrong("no words for a field worker")
    if "\n  next: " not in result.err:
        raise Wrong("it does not say what to do next")


def verdict_of(home, *args):
    """What headquarters' register holds; 6: of the relay's log not all, which a carried file cannot bring."""
    result = run("sijil-hq", home, "verify", "--json", *args)
    return json.loads(must(result, 6 if result.code == 6 else 0).out)


def tell(right, text):
    global failures
    print(("ok " if right else "not ok ") + text)
    failures += not right


def copy(home, to):
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(home, to)
    (keyring.add if home in keyring else keyring.discard)(to)


class Relay:
    """A relay that serves, perhaps on a disk with a fault; url is None when it could not start."""

    def __init__(self, fault=None, at=0):
        reading, writing = os.pipe()
        self.fault, self.home, self.log = fault, W + "/relay", open(W + "/relay.err", "w+b")
        self.process = subprocess.Popen(
            ["sijild", "--home", self.home, "serve", "--listen", "127.0.0.1:0", "--ready-fd", str(writing)],
            env=faulty(self.home, fault, at), pass_fds=[writing], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log)
        os.close(writing)
        with os.fdopen(reading) as ready:
            port = ready.readline().strip()
        self.url = "https://127.0.0.1:" + port if port else None

    def end(self):
        """How it ended; one that still runs is told to."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Wrong("it does not stop")
        self.log.seek(0)
        said = self.log.read().decode()
        self.log.close()
        return Result(code, "", said, what_fired(self.fault))
