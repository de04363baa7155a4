#include "app/surroundings.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder with what the kernel would say. */
static char root[64];
static struct surroundings found;

static void start(void)
{
	(void)snprintf(root, sizeof root, "/tmp/surroundings-XXXXXX");
	cr_assert_not_null(mkdtemp(root));
}

static void end(void)
{
	char command[100];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", root);
	cr_assert_eq(system(command), 0);
}

TestSuite(surroundings, .init = start, .fini = end);

/* Writes a file below the root, and the folders above it. */
static void say(const char *path, const char *content)
{
	char name[256];
	(void)snprintf(name, sizeof name, "%s/%s", root, path);
	for (char *slash = strchr(name + strlen(root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(name, 0755);
		*slash = '/';
	}
	FILE *const file = fopen(name, "w");
	cr_assert_not_null(file);
	cr_assert_geq(fputs(content, file), 0);
	cr_assert_eq(fclose(file), 0);
}

static void say_swap(const char *areas)
{
	char content[512];
	(void)snprintf(content, sizeof content, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n%s", areas);
	say("proc/swaps", content);
}

static size_t look(void)
{
	found = (struct surroundings){0};
	surroundings_swap(&found, root);
	return found.findings_len;
}

Test(surroundings, no_swap_is_nothing_to_tell)
{
	cr_assert_eq(look(), 0);
	say_swap("");
	cr_assert_eq(look(), 0);
}

Test(surroundings, a_plain_swap_area_is_told_by_name)
{
	say_swap("/dev/sdx7                               partition\t2097148\t0\t-2\n");
	say("sys/class/block/sdx7/partition", "7\n");
	cr_assert_eq(look(), 1);
	cr_assert_not_null(strstr(found.findings[0], "unencrypted swap on '/dev/sdx7'"));
}

Test(surroundings, a_swap_file_on_a_disk_that_is_not_known_is_told)
{
	say_swap("/no/such/swapfile                       file\t\t2097148\t0\t-2\n");
	cr_assert_eq(look(), 1);
}

Test(surroundings, compressed_memory_and_dm_crypt_are_fine)
{
	say_swap("/dev/zram0 partition 4 0 100\n/dev/dm-3 partition 4 0 -2\n");
	say("sys/class/block/dm-3/dm/uuid", "CRYPT-PLAIN-swap\n");
	cr_assert_eq(look(), 0);
}

Test(surroundings, a_volume_is_as_safe_as_what_it_stands_on)
{
	say_swap("/dev/dm-5 partition 4 0 -2\n");
	say("sys/class/block/dm-5/dm/uuid", "LVM-abc\n");
	say("sys/class/block/dm-5/slaves/dm-4/x", "");
	say("sys/class/block/dm-4/dm/uuid", "CRYPT-LUKS2-abc\n");
	cr_assert_eq(look(), 0);
	say("sys/class/block/dm-5/slaves/sdx1/x", "");
	cr_assert_eq(look(), 1, "one of two below it is plain");
}

Test(surroundings, layers_without_end_are_not_taken_for_safe)
{
	say_swap("/dev/dm-8 partition 4 0 -2\n");
	say("sys/class/block/dm-8/slaves/dm-9/x", "");
	say("sys/class/block/dm-9/slaves/dm-8/x", "");
	cr_assert_eq(look(), 1);
}

Test(surroundings, network_and_memory_disks_are_told_and_others_are_not)
{
	cr_assert_not_null(strstr(surroundings_disk(0x6969), "network"));
	cr_assert_not_null(strstr(surroundings_disk(0xFE534D42), "network"));
	cr_assert_not_null(strstr(surroundings_disk(0x65735546), "sshfs"));
	cr_assert_not_null(strstr(surroundings_disk(0x01021994), "memory"));
	cr_assert_null(surroundings_disk(0xEF53), "ext4");
	cr_assert_null(surroundings_disk(0x9123683E), "btrfs");
	cr_assert_null(surroundings_disk(0x794c7630), "overlayfs");
}

static void make_home(struct home *home)
{
	(void)snprintf(home->folder, sizeof home->folder, "%s/home", root);
	(void)snprintf(home->key_path, sizeof home->key_path, "%s/home/register.key", root);
	(void)snprintf(home->database_path, sizeof home->database_path, "%s/home/register.db", root);
	say("home/register.key", "k");
	say("home/register.db", "d");
	cr_assert_eq(chmod(home->folder, 0700), 0);
	cr_assert_eq(chmod(home->key_path, 0600), 0);
	cr_assert_eq(chmod(home->database_path, 0600), 0);
}

static size_t count(const char *words)
{
	size_t n = 0;
	for (size_t i = 0; i < found.findings_len; i++)
		n += strstr(found.findings[i], words) != NULL;
	return n;
}

Test(surroundings, modes_that_let_others_in_are_told_with_what_to_type)
{
	static struct home home;
	make_home(&home);
	surroundings_look(&found, &home, root);
	cr_assert_eq(count("others may"), 0);
	cr_assert_gt(found.free_bytes, 0);
	cr_assert_eq(chmod(home.folder, 0755), 0);
	cr_assert_eq(chmod(home.database_path, 0640), 0);
	surroundings_look(&found, &home, root);
	cr_assert_eq(count("others may"), 2);
	cr_assert_eq(count("chmod 700"), 1);
	cr_assert_eq(count("chmod 600"), 1);
}

Test(surroundings, a_removable_disk_is_told)
{
	static struct home home;
	struct stat file;
	char path[100];
	make_home(&home);
	cr_assert_eq(stat(home.folder, &file), 0);
	(void)snprintf(path, sizeof path, "sys/dev/block/%u:%u/removable", (unsigned)(file.st_dev >> 8 & 0xfff),
	               (unsigned)((file.st_dev & 0xff) | (file.st_dev >> 12 & 0xfff00)));
	say(path, "0\n");
	surroundings_look(&found, &home, root);
	cr_assert_eq(count("removable"), 0);
	say(path, "1\n");
	surroundings_look(&found, &home, root);
	cr_assert_eq(count("removable"), 1);
}
