#!/bin/bash
# Each program is linked with its own libraries and no others: what a field device
# must load at every start stays small, and only the helper speaks HTTPS as a client.
set -u
export LC_ALL=C
build=${SIJIL_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build/release}
failures=0

# only PROGRAM LIBRARY...
only() {
	local program=$1 needed library extra=
	shift
	if [ ! -x "$build/$program" ]; then
		echo "not ok $program is built"
		failures=$((failures + 1))
		return
	fi
	needed=$(readelf -d "$build/$program" | sed -n 's/.*(NEEDED).*\[lib\([^]]*\)\.so[.0-9]*\]/\1/p')
	for library in $needed; do
		case " c $* " in
		*" $library "*) ;;
		*) extra="$extra $library" ;;
		esac
	done
	if [ -n "$needed" ] && [ -z "$extra" ]; then
		echo "ok $program is linked with" $needed
	else
		echo "not ok $program is linked with its own libraries only; it also needs:$extra"
		failures=$((failures + 1))
	fi
}

only bin/sijil sqlite3 sodium utf8proc edit qrencode
only bin/sijil-hq sqlite3 sodium utf8proc edit qrencode
only bin/sijild sqlite3 sodium utf8proc microhttpd gnutls
only libexec/sijil/sijil-https sodium curl
[ "$failures" -eq 0 ]
