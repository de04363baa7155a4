#!/bin/bash
# What hostile clients do to the relay's web server, and that an honest one is served meanwhile.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

cat > "$W/attack.py" <<'PY'
import os, socket, ssl, sys, time
what, port = sys.argv[1], int(sys.argv[2])
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
PUSH = b"POST /1/push HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

def plain(source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))

def tls(source="127.0.0.1"):
    return context.wrap_socket(plain(source))

def get(connection):
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    return connection.recv(100)[:12].decode()

if what == "endless":
    # A body without end, of bytes that are no object: how many MiB until the relay hangs up.
    connection, sent = tls(), 0
    connection.sendall(PUSH)
    try:
        while sent < 256 << 20:
            connection.sendall(b"10000\r\n" + b"\x9f" * 65536 + b"\r\n")
            sent += 65536
    except OSError:
        pass
    print("hung up" if sent < 64 << 20 else "taken %d MiB" % (sent >> 20))
elif what == "idle":
    # One address opens all the connections it can; another asks for a page.
    held = []
    for _ in range(1200):
        try:
            held.append(plain())
        except OSError:
            break
    time.sleep(1)
    try:
        print(get(tls("127.0.0.2")))
    except OSError as error:
        print("starved:", error)
elif what == "hold":
    # Keeps a connection open that has been served, one in its handshake and one of garbage; says so on standard output.
    held = [tls(), plain(), plain()]
    get(held[0])
    held[2].sendall(os.urandom(500))
    print("held", flush=True)
    time.sleep(60)
PY
attack() { "$PYTHON" "$W/attack.py" "$1" "${URL##*:}"; }

ulimit -n 4096
make_project
join nasib
add_reports nasib 2
serve
server=$PID
check_same "a body without end is not read without end" "hung up" "$(attack endless)"
check_same "one address cannot take every connection" "HTTP/1.1 404" "$(attack idle)"
check "an honest device is served" device nasib sync --relay "$URL"
check_same "  wholly" "2 2 0" "$(status_of nasib)"
check "the server is still small" test "$(awk '/VmRSS/ { print $2 }' /proc/$server/status)" -lt 65536

start hold "$PYTHON" "$W/attack.py" hold "${URL##*:}"
wait_for 10 grep -q held "$W/hold.log"
before=$(date +%s%N)
stop relay
check "the relay stops at once though idle connections are open" test $((($(date +%s%N) - before) / 1000000)) -lt 4000
check_same "  cleanly" 0 "$STATUS"
done_here
