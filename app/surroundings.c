#include "app/surroundings.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	DEVICES_MAX = 16, /* layers of a disk that are looked through */
	DEVICE_BYTES = 64,
	LITTLE_ROOM_BYTES = 64 * 1024 * 1024,
};

__attribute__((format(printf, 2, 3))) static void add(struct surroundings *found, const char *format, ...)
{
	va_list args;
	if (found->findings_len == SURROUNDINGS_FINDINGS)
		return;
	va_start(args, format);
	(void)vsnprintf(found->findings[found->findings_len++], SURROUNDINGS_TEXT_BYTES, format, args);
	va_end(args);
}

/* ---- modes ---- */

static void look_at_mode(struct surroundings *found, const char *path, mode_t allowed)
{
	struct stat file;
	if (stat(path, &file) != 0)
		return;
	if ((file.st_mode & 0777 & ~allowed) != 0)
		add(found, "others may look into '%s' (mode %03o): chmod %03o '%s'", path, (unsigned)(file.st_mode & 0777),
		    (unsigned)(file.st_mode & allowed), path);
	if (file.st_uid != geteuid())
		add(found, "'%s' belongs to another user", path);
}

/* ---- the disk ---- */

/* The numbers are the kernel's (linux/magic.h and the file systems' own). */
const char *surroundings_disk(unsigned long type)
{
	static const char network[] = "a network disk: its locks and syncs cannot be relied on, and whoever runs it keeps copies";
	static const struct {
		unsigned long type;
		const char *words;
	} kinds[] = {
		{0x6969, network},     /* NFS */
		{0x517B, network},     /* SMB */
		{0xFF534D42, network}, /* CIFS */
		{0xFE534D42, network}, /* SMB 2 and 3 */
		{0x5346414F, network}, /* AFS */
		{0x73757245, network}, /* Coda */
		{0x00C36400, network}, /* Ceph */
		{0x01021997, network}, /* 9P */
		{0x65735546, "a FUSE file system, such as sshfs: its locks and syncs may not be relied on"},
		{0x4D44, "a FAT file system: it keeps no modes, and loses files more easily when power fails"},
		{0x2011BAB0, "an exFAT file system: it keeps no modes, and loses files more easily when power fails"},
		{0x01021994, "a disk in memory: it is gone when the power is"},
		{0x858458F6, "a disk in memory: it is gone when the power is"},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].type == type)
			return kinds[i].words;
	return NULL;
}

/* One line of a file of the kernel's, without its newline; "" if there is none. */
static void read_line(char *line, size_t size, const char *path)
{
	FILE *const file = fopen(path, "re");
	line[0] = '\0';
	if (file == NULL)
		return;
	if (fgets(line, (int)size, file) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	(void)fclose(file);
}

static void look_at_removable(struct surroundings *found, const char *folder, const char *root)
{
	struct stat file;
	char path[HOME_PATH_BYTES], line[8];
	if (stat(folder, &file) != 0)
		return;
	/* A partition's own folder lies in that of its disk. */
	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof path, "%s/sys/dev/block/%u:%u/%sremovable", root, major(file.st_dev),
		               minor(file.st_dev), i == 0 ? "" : "../");
		read_line(line, sizeof line, path);
		if (strcmp(line, "1") != 0)
			continue;
		add(found, "the register stands on a removable disk: keep a backup elsewhere");
		return;
	}
}

bool surroundings_room_is_little(const struct home *home, uint64_t *free_bytes)
{
	struct statfs disk;
	if (statfs(home->folder, &disk) != 0)
		return false;
	*free_bytes = (uint64_t)disk.f_bavail * (uint64_t)disk.f_bsize;
	return *free_bytes < LITTLE_ROOM_BYTES;
}

static void look_at_disk(struct surroundings *found, const struct home *home, const char *root)
{
	struct statfs disk;
	if (statfs(home->folder, &disk) != 0)
		return;
	if (surroundings_room_is_little(home, &found->free_bytes))
		add(found, "the disk has only %llu KiB left: make room", (unsigned long long)found->free_bytes / 1024);
	const char *const words = surroundings_disk((unsigned long)disk.f_type & 0xffffffffUL);
	if (words != NULL)
		add(found, "the register stands on %s; a folder on this device's own disk is better (--home DIR)", words);
	look_at_removable(found, home->folder, root);
}

/* ---- swap ---- */

/* Devices still to be looked at: a device and all that it stands on. */
struct layers {
	size_t len, next;
	char names[DEVICES_MAX][DEVICE_BYTES];
};

static void add_layer(struct layers *layers, const char *name)
{
	if (layers->len < DEVICES_MAX && strlen(name) < DEVICE_BYTES)
		(void)snprintf(layers->names[layers->len++], DEVICE_BYTES, "%s", name);
}

static size_t add_slaves(struct layers *layers, const char *root, const char *name)
{
	char path[HOME_PATH_BYTES];
	const size_t before = layers->len;
	(void)snprintf(path, sizeof path, "%s/sys/class/block/%s/slaves", root, name);
	DIR *const slaves = opendir(path);
	if (slaves == NULL)
		return 0;
	for (const struct dirent *entry = readdir(slaves); entry != NULL; entry = readdir(slaves))
		if (entry->d_name[0] != '.')
			add_layer(layers, entry->d_name);
	(void)closedir(slaves);
	return layers->len - before;
}

/* Encrypted below (dm-crypt), by itself or by everything that it stands on; or memory. */
static bool is_safe_device(const char *root, const char *name)
{
	struct layers layers = {0};
	char path[HOME_PATH_BYTES], uuid[64];
	add_layer(&layers, name);
	for (; layers.next < layers.len; layers.next++) {
		const char *const layer = layers.names[layers.next];
		(void)snprintf(path, sizeof path, "%s/sys/class/block/%s/dm/uuid", root, layer);
		read_line(uuid, sizeof uuid, path);
		if (strncmp(uuid, "CRYPT-", 6) == 0 || strncmp(layer, "zram", 4) == 0)
			continue;
		if (add_slaves(&layers, root, layer) == 0)
			return false;
	}
	return layers.len > 0 && layers.len < DEVICES_MAX;
}

/* The kernel's name of the device that a file stands on, by its number: the last part of a link. */
static void device_of_file(char name[DEVICE_BYTES], const char *root, const char *file)
{
	char path[HOME_PATH_BYTES], target[HOME_PATH_BYTES];
	struct stat found;
	name[0] = '\0';
	if (stat(file, &found) != 0)
		return;
	const dev_t device = S_ISBLK(found.st_mode) ? found.st_rdev : found.st_dev;
	(void)snprintf(path, sizeof path, "%s/sys/dev/block/%u:%u", root, major(device), minor(device));
	const ssize_t len = readlink(path, target, sizeof target - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	const char *const slash = strrchr(target, '/');
	(void)snprintf(name, DEVICE_BYTES, "%.63s", slash != NULL ? slash + 1 : target);
}

void surroundings_swap(struct surroundings *found, const char *root)
{
	char path[HOME_PATH_BYTES], line[1024], name[DEVICE_BYTES];
	(void)snprintf(path, sizeof path, "%s/proc/swaps", root);
	FILE *const swaps = fopen(path, "re");
	if (swaps == NULL)
		return;
	for (bool is_heading = true; fgets(line, sizeof line, swaps) != NULL; is_heading = false) {
		line[strcspn(line, " \t\n")] = '\0';
		if (is_heading || line[0] == '\0')
			continue;
		device_of_file(name, root, line);
		if (name[0] == '\0' && strncmp(line, "/dev/", 5) == 0 && strchr(line + 5, '/') == NULL)
			(void)snprintf(name, sizeof name, "%.63s", line + 5);
		if (name[0] == '\0' || !is_safe_device(root, name))
			add(found, "unencrypted swap on '%s': what is open may be written there as it is; switch it off (swapoff) or "
			           "encrypt it", line);
	}
	(void)fclose(swaps);
}

void surroundings_look(struct surroundings *found, const struct home *home, const char *root)
{
	*found = (struct surroundings){0};
	look_at_mode(found, home->folder, 0700);
	look_at_mode(found, home->key_path, 0600);
	look_at_mode(found, home->database_path, 0600);
	look_at_disk(found, home, root);
	surroundings_swap(found, root);
}
