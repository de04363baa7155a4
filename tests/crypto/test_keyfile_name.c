#include "crypto/keyfile.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/file.h"

static char folder[] = "/tmp/sijil-test-keyfile-name-XXXXXX";
static uint8_t name[KEYFILE_NAME_BYTES];

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static void stop(void)
{
	(void)unlink("key");
	cr_assert_eq(chdir("/"), 0);
	(void)rmdir(folder);
}

TestSuite(keyfile_name, .init = start, .fini = stop);

Test(keyfile_name, is_read_from_a_file_that_is_damaged_everywhere_else)
{
	uint8_t damaged[48] = {0};
	memcpy(damaged + 32, "0123456789abcdef", sizeof name);
	cr_assert_eq(file_write("key", (struct span){damaged, sizeof damaged}, true, NULL), STATUS_OK);
	cr_assert(keyfile_name_read(name, "key"));
	cr_assert_arr_eq(name, "0123456789abcdef", sizeof name);
}

Test(keyfile_name, is_that_of_a_sound_file)
{
	struct keyfile *made = NULL;
	struct secret *passphrase = NULL;
	cr_assert_eq(secret_new_copy(&passphrase, span_from_text("lusab-babad-gutih-tugad"), NULL), STATUS_OK);
	cr_assert_eq(keyfile_new(&made, passphrase, stretch_costs_minimum(), NULL), STATUS_OK);
	cr_assert_eq(keyfile_save(made, "key", true, NULL), STATUS_OK);
	cr_assert(keyfile_name_read(name, "key"));
	cr_assert_arr_eq(name, keyfile_name(made).data, sizeof name);
	keyfile_free(made);
	secret_free(passphrase);
}

Test(keyfile_name, is_not_waited_for_and_left_alone_where_there_is_none)
{
	cr_assert_not(keyfile_name_read(name, "key"));
	cr_assert_eq(file_write("key", span_from_text("too short for a name, by far"), true, NULL), STATUS_OK);
	cr_assert_not(keyfile_name_read(name, "key"));
	cr_assert_eq(unlink("key"), 0);
	cr_assert_eq(mkfifo("key", 0600), 0);
	cr_assert_not(keyfile_name_read(name, "key"));
	for (size_t i = 0; i < sizeof name; i++)
		cr_assert_eq(name[i], 0);
}
