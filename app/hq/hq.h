/* The commands of headquarters' program, and what most of them begin with.
 */
#ifndef SIJIL_APP_HQ_HQ_H
#define SIJIL_APP_HQ_HQ_H

#include "app/cli.h"
#include "app/home.h"
#include "schema/casebook.h"

struct hq_session {
	struct home home;
	struct project *project;
	struct casebook *casebook;
};

MUST_CHECK enum status hq_open(struct hq_session *session, const struct cli *cli, struct error *err);
void hq_close(struct hq_session *session);

/* Writes a file a person asked for: REFUSED if it exists; "-" or NULL is standard output, unless that is a terminal
 * and the content no text. */
MUST_CHECK enum status hq_write(struct cli *cli, const char *path, struct span content, bool is_text, struct error *err);

/* Name, fingerprint, descriptor, policies, relay; as JSON when asked. */
MUST_CHECK enum status hq_print_project(const struct cli *cli, const struct project *project, struct error *err);

/* One word for a table: "good", "unlinked", "contested", "forged", "retracted". */
const char *hq_verdict_word(const struct casebook_entry *entry);
/* The verdict as sentences, each a line of its own, indented. */
void hq_print_verdict(const struct casebook_entry *entry);

enum status hq_init(struct cli *cli, struct error *err);
enum status hq_project_show(struct cli *cli, struct error *err);
enum status hq_project_policy(struct cli *cli, struct error *err);
enum status hq_fingerprint(struct cli *cli, struct error *err);
enum status hq_backup(struct cli *cli, struct error *err);
enum status hq_restore(struct cli *cli, struct error *err);
enum status hq_doctor(struct cli *cli, struct error *err);
enum status hq_rekey(struct cli *cli, struct error *err);
enum status hq_relay_add(struct cli *cli, struct error *err);
enum status hq_relay_list(struct cli *cli, struct error *err);
enum status hq_invite(struct cli *cli, struct error *err);
enum status hq_device_list(struct cli *cli, struct error *err);
enum status hq_device_show(struct cli *cli, struct error *err);
enum status hq_device_confirm(struct cli *cli, struct error *err);
enum status hq_device_revoke(struct cli *cli, struct error *err);
enum status hq_recover(struct cli *cli, struct error *err);
enum status hq_pull(struct cli *cli, struct error *err);
enum status hq_bundle_import(struct cli *cli, struct error *err);
enum status hq_bundle_export(struct cli *cli, struct error *err);
enum status hq_verify(struct cli *cli, struct error *err);
enum status hq_gaps(struct cli *cli, struct error *err);
enum status hq_list(struct cli *cli, struct error *err);
enum status hq_show(struct cli *cli, struct error *err);
enum status hq_export(struct cli *cli, struct error *err);
enum status hq_evidence(struct cli *cli, struct error *err);

#endif
