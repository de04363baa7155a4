/* withhold: a report that was not sent yet never is, and its content is dropped here too. */
#include "app/print.h"
#include "app/prompt.h"
#include "app/sijil/sijil.h"
#include "schema/vocabulary.h"

#include <stdio.h>
#include <string.h>

static enum status take_reason(uint8_t *reason, struct cli *cli, struct error *err)
{
	const char *given = cli_value(cli, "reason");
	*reason = vocabulary_code(&vocabulary_retraction, given != NULL ? given : "unsafe");
	if (*reason != 0)
		return STATUS_OK;
	(void)cli_usage(cli, err, "--reason knows no '%s'", given);
	error_hint(err, "mistake, duplicate, disproved, unsafe or other; unsafe is meant where none is given");
	return STATUS_BAD_INPUT;
}

/* There is no way back. */
static enum status make_sure(const struct cli *cli, const struct outbox_entry *entry, struct error *err)
{
	char question[160], answer[8];
	if (cli->passphrase_fd >= 0 || !prompt_can_ask())
		return STATUS_OK;
	(void)snprintf(question, sizeof question, "Drop the content of report %u for ever? Type yes: ", (unsigned)entry->number);
	const enum status status = prompt_line(question, answer, sizeof answer, err);
	if (status != STATUS_OK)
		return status;
	return strcmp(answer, "yes") == 0 ? STATUS_OK : error_set(err, STATUS_REFUSED, "nothing was changed");
}

static enum status say_done(const struct cli *cli, const struct outbox_entry *entry, struct error *err)
{
	char id[65];
	print_long_id(&entry->id, id);
	if (!cli->json) {
		print_out("withheld %.8s: its content is gone from this register and never leaves it. Headquarters will see that number %u\n"
		          "was withheld, and the reason. Backups made before still hold it.\n",
		          id, (unsigned)entry->number);
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "id", id);
	print_json_bool(json, "withheld", true);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

enum status sijil_withhold(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct outbox_entry entry;
	struct body retraction;
	body_init(&retraction, OBJECT_RETRACT);
	enum status status = take_reason(&retraction.reason, cli, err);
	if (status == STATUS_OK)
		status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = sijil_find(&session, cli->words[0], &entry, err);
	if (status == STATUS_OK)
		status = make_sure(cli, &entry, err);
	if (status == STATUS_OK) {
		const bool retracted = !hash_is_zero(&entry.retracted_by);
		retraction.parent = entry.id;
		sijil_clock(&session, &retraction.created_s, &retraction.clock);
		status = outbox_withhold(session.outbox, &entry.id, retracted ? NULL : &retraction, err);
	}
	if (status == STATUS_OK)
		status = say_done(cli, &entry, err);
	sijil_close(&session);
	return status;
}
