#!/bin/bash
# Names that SQLite could take for URIs, which may choose another VFS, are names of files and nothing else.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
needs hq invite Odd -o "$W/odd.invite"
printf '%s\n' C5999 C6116 'المدرسة مكتظة' > "$W/words"
cd "$W" || exit 1
odd='file:odd?vfs=unix&mode=rwc'
check "a register in a folder that looks like a URI" device "$odd" init --invite "$W/odd.invite" --unlock-cost minimum
reports 3 > "$W/reports.csv"
check "  takes reports" device "$odd" add --from "$W/reports.csv"
check "  in a folder of that very name" [ -f "$W/$odd/register.db" ]
check "  encrypted" scan "$W/$odd"
mkdir register && cd register || exit 1
needs device "$odd" backup -o "$W/first.backup"
check_exit 1 "a relative home that is a URI is refused" sijil --home 'file:x?vfs=unix' --passphrase-fd 3 restore "$W/first.backup" 3<<< "$PASSPHRASE"
rm -rf file:x*
check "a backup under such a name" device "$odd" backup -o 'file:plain?vfs=unix'
check "  is a file of that name" [ -f 'file:plain?vfs=unix' ]
check "  and nothing here is readable" scan "$W/register" "$W/first.backup"
check_same "  nor is there any other file" "file:plain?vfs=unix" "$(echo *)"
check_exit 1 "a project's name may not leave the folder" device nasib --project ../other status
check_has "  and is named" "'../other'" "$ERR"
done_here
