/*
 * place.c
 *		Where this data directory is, to tell a copy from its original.
 *
 * A copy by snapshot, by cp, or by pg_basebackup that is started without a signal
 * file has the same system identifier and goes on on the same timeline: nothing
 * inside it says that it is one.  What differs is outside:
 *
 *	- the file global/pg_control, which PostgreSQL writes in place for as long as a
 *	  cluster lives: a copy of the file has another inode or another time of birth;
 *	- where blocks were copied (a volume's snapshot), the path or the host.
 *
 * A restart, and a directory that is moved (mv), keep enough of it.  When in doubt
 * take it for a copy: a needless epoch costs viewers a fresh start, but a missing
 * epoch lets one seq stand for two entries.  Another name of the host, as a new
 * container has, is such a doubt.  A volume that is rolled back in place cannot be
 * noticed: begin_epoch() is for that.
 */
#include "postgres.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hashfn.h"
#include "miscadmin.h"

#include "base/place.h"

#define CONTROL_FILE "global/pg_control"
#define HOST_BYTES	 256

typedef struct Place
{
	uint64 host; /* hashes: the table can be read by others */
	uint64 path;
	uint64 device;
	uint64 inode;
	uint64 born; /* ns; 0: the file system does not tell */
} Place;

static uint64 hash_of_host(void);
static uint64 hash_of_path(void);
static uint64 hash_of(const char *words);
static bool find_control_file(Place *place);
static uint64 time_of_birth(void);
static bool read_place(const char *words, Place *place);

char *
place_here(void)
{
	Place here = { .host = hash_of_host(), .path = hash_of_path() };

	if (!find_control_file(&here))
		return pstrdup("");
	return psprintf(UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT,
					here.host, here.path, here.device, here.inode, here.born);
}

const char *
place_difference(const char *before, const char *here)
{
	Place old, new;

	if (!read_place(before, &old) || !read_place(here, &new))
		return NULL;
	if (old.inode != new.inode || (old.born != new.born &&old.born != 0 && new.born != 0))
		return "The data directory is a copy: its control file is another one.";
	if (old.host != new.host)
		return "The host has another name: the data directory may be a copy.";

	/* One of them changes when it is moved, or when devices are numbered anew. */
	if (old.path != new.path && old.device != new.device)
		return "The data directory is another one, on another device: it may be a copy.";
	return NULL;
}

/* Without the domain, which may come and go. */
static uint64
hash_of_host(void)
{
	char name[HOST_BYTES] = "";

	if (gethostname(name, sizeof(name) - 1) != 0)
		name[0] = '\0';
	name[strcspn(name, ".")] = '\0';
	return hash_of(name);
}

static uint64
hash_of_path(void)
{
	char *path = realpath(DataDir, NULL);
	uint64 hash = hash_of(path == NULL ? DataDir : path);

	free(path);
	return hash;
}

static uint64
hash_of(const char *words)
{
	return hash_bytes_extended((const unsigned char *) words, strlen(words), 0);
}

static bool
find_control_file(Place *place)
{
	struct stat file;

	if (stat(CONTROL_FILE, &file) != 0)
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not stat file \"%s\": %m", CONTROL_FILE),
				 errdetail("commentary does not notice now if this is a copy of another cluster.")));
		return false;
	}
	place->device = file.st_dev;
	place->inode = file.st_ino;
	place->born = time_of_birth();
	return true;
}

static uint64
time_of_birth(void)
{
#ifdef STATX_BTIME
	struct statx file;

	if (statx(AT_FDCWD, CONTROL_FILE, 0, STATX_BTIME, &file) == 0 && (file.stx_mask & STATX_BTIME))
		return file.stx_btime.tv_sec * UINT64CONST(1000000000) + file.stx_btime.tv_nsec;
#endif
	return 0;
}

static bool
read_place(const char *words, Place *place)
{
	return sscanf(words, UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT " " UINT64_FORMAT,
				  &place->host, &place->path, &place->device, &place->inode, &place->born) == 5;
}
