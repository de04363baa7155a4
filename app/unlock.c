#include "app/unlock.h"

#include "app/home.h"
#include "app/print.h"
#include "crypto/keyring.h"

enum { UNLOCK_DEFAULT_S = 30 * 60, UNLOCK_MAX_S = 24 * 60 * 60 };

enum status unlock_for(struct cli *cli, struct error *err)
{
	struct home home = {0};
	long long seconds = UNLOCK_DEFAULT_S;
	const char *given = cli_value(cli, "for");
	if (given != NULL && cli_duration(&seconds, given, err) != STATUS_OK)
		return cli_wrong(cli);
	if (seconds > UNLOCK_MAX_S)
		return cli_usage(cli, err, "--for takes at most 24h, not '%s'", given);
	enum status status = home_open(&home, cli, err);
	if (status == STATUS_OK)
		status = keyring_put(keyfile_name(home.keyfile), home_data_key(&home), (uint32_t)seconds, err);
	if (status == STATUS_OK)
		print_out("unlocked for %lld minutes; %s lock ends it\n", (seconds + 59) / 60, cli->program->name);
	home_close(&home);
	return status;
}

enum status unlock_end(struct cli *cli, struct error *err)
{
	struct home home = {0};
	enum status status = home_locate(&home, cli, err);
	if (status == STATUS_OK)
		status = keyfile_load(&home.keyfile, home.key_path, err);
	if (status == STATUS_OK) {
		status = keyring_drop(keyfile_name(home.keyfile), err);
		if (status == STATUS_NOT_FOUND)
			status = STATUS_OK;
	}
	if (status == STATUS_OK)
		print_out("locked\n");
	home_close(&home);
	return status;
}
