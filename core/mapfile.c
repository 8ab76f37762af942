#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mapfile.h"

enum { HEADER_SIZE = 32, LAYOUT = 1, MAP_BYTES_MAX = 256 << 20, PLACE_BYTES_MAX = 64 << 10 };

static const char magic[8] = "COVETMAP";

static covet_status io_error(covet_error *err, const char *what, const char *path)
{
    return covet__fail(err, COVET_EIO, "map file: %s %s: %s", what, path, strerror(errno));
}

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "map file: out of memory");
}

static covet_status take(covet__str *str, char **ret, covet_error *err)
{
    char *text = covet__str_take(str);
    if (text == NULL)
        return no_memory(err);
    *ret = text;
    return COVET_OK;
}

covet_status covet__mapfile_dir(char **ret_dir, covet_error *err)
{
    const char *own = getenv("COVET_MAP_DIR");
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    covet__str path = {0};
    if (own != NULL && own[0] != '\0')
        covet__str_add(&path, own);
    else if (cache != NULL && cache[0] == '/')
        covet__str_printf(&path, "%s/covet", cache);
    else if (home != NULL && home[0] == '/')
        covet__str_printf(&path, "%s/.cache/covet", home);
    else
        return covet__fail(err, COVET_EMAP, "map file: no folder: neither COVET_MAP_DIR nor HOME");
    return take(&path, ret_dir, err);
}

char *covet__mapfile_place(const covet__dsn *dsn)
{
    covet__str place = {0};
    for (size_t i = 0; i < covet__dsn_hosts(dsn); i++) {
        if (i > 0)
            covet__str_char(&place, ',');
        covet__dsn_describe(dsn, i, &place);
    }
    return covet__str_take(&place);
}

/* ---- writing ------------------------------------------------------------------------------ */

static covet_status make_dirs(const char *dir, covet_error *err)
{
    COVET_AUTO_FREE char *path = covet__strdup(dir);
    if (path == NULL)
        return no_memory(err);
    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return io_error(err, "cannot make", path);
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return io_error(err, "cannot make", path);
    return COVET_OK;
}

static bool write_all(int fd, const void *bytes, size_t length)
{
    for (const char *at = bytes; length > 0;) {
        const ssize_t done = write(fd, at, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        length -= (size_t)done;
    }
    return true;
}

static void put32(unsigned char *at, uint32_t x)
{
    x = htole32(x);
    memcpy(at, &x, sizeof x);
}

static void put64(unsigned char *at, uint64_t x)
{
    x = htole64(x);
    memcpy(at, &x, sizeof x);
}

static uint32_t get32(const unsigned char *at)
{
    uint32_t x;
    memcpy(&x, at, sizeof x);
    return le32toh(x);
}

static uint64_t get64(const unsigned char *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return le64toh(x);
}

static covet_status write_file(const char *path, const covet__str *file, covet_error *err)
{
    COVET_AUTO_FREE char *temporary = NULL;
    covet__str name = {0};
    covet__str_printf(&name, "%s.%ld.tmp", path, (long)getpid());
    COVET_TRY(take(&name, &temporary, err));
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return io_error(err, "cannot open", temporary);
    const bool written = write_all(fd, file->text, file->length) && fsync(fd) == 0;
    const int written_errno = errno;
    const bool closed = close(fd) == 0;
    if (written && closed && rename(temporary, path) == 0)
        return COVET_OK;
    if (!written)
        errno = written_errno;
    const covet_status status = io_error(err, "cannot write", path);
    unlink(temporary);
    return status;
}

/* The cluster's files of incarnations before this one. */
static void remove_older(const char *dir, const char *cluster_id, uint64_t incarnation)
{
    DIR *folder = opendir(dir);
    if (folder == NULL)
        return;
    const size_t prefix = strlen(cluster_id);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        uint64_t theirs;
        int end = 0;
        if (strncmp(entry->d_name, cluster_id, prefix) == 0 &&
            sscanf(entry->d_name + prefix, ".%" SCNu64 ".map%n", &theirs, &end) == 1 && end > 0 &&
            entry->d_name[prefix + (size_t)end] == '\0' && theirs < incarnation)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
}

covet_status covet__mapfile_write(const char *dir, const char *place, const char *cluster_id,
                                  uint64_t incarnation, const void *bytes, size_t length,
                                  covet_error *err)
{
    COVET_TRY(make_dirs(dir, err));
    unsigned char header[HEADER_SIZE] = {0};
    const size_t place_length = strlen(place);
    covet__str body = {0};
    covet__str_bytes(&body, header, sizeof header);
    covet__str_bytes(&body, place, place_length);
    covet__str_bytes(&body, bytes, length);
    covet__str name = {0};
    covet__str_printf(&name, "%s/%s.%" PRIu64 ".map", dir, cluster_id, incarnation);
    covet_status status = no_memory(err);
    if (covet__str_ok(&body) && covet__str_ok(&name)) {
        memcpy(header, magic, sizeof magic);
        put32(header + 8, LAYOUT);
        put32(header + 12, (uint32_t)place_length);
        put64(header + 16, length);
        put64(header + 24, covet__hash64(body.text + HEADER_SIZE, place_length + length));
        memcpy(body.text, header, sizeof header);
        status = write_file(name.text, &body, err);
    }
    if (status == COVET_OK)
        remove_older(dir, cluster_id, incarnation);
    covet__str_free(&body);
    covet__str_free(&name);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------ */

typedef struct mapfile {
    char *path;
    unsigned char *bytes;
    size_t length;
    struct timespec written;
} mapfile;

static void release(mapfile *file)
{
    covet__free(file->path);
    covet__free(file->bytes);
    *file = (mapfile){0};
}

static bool read_all(int fd, unsigned char *bytes, size_t length)
{
    for (size_t got = 0; got < length;) {
        const ssize_t n = read(fd, bytes + got, length - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

static covet_status load(mapfile *file, covet_error *err)
{
    const int fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return io_error(err, "cannot open", file->path);
    struct stat st;
    covet_status status = COVET_OK;
    if (fstat(fd, &st) != 0)
        status = io_error(err, "cannot read", file->path);
    else if (!S_ISREG(st.st_mode) || st.st_size < HEADER_SIZE ||
             st.st_size > MAP_BYTES_MAX + PLACE_BYTES_MAX)
        status = covet__fail(err, COVET_EMAP, "map file: %s is truncated or no map", file->path);
    else if ((file->bytes = covet__alloc((size_t)st.st_size)) == NULL)
        status = no_memory(err);
    else if (!read_all(fd, file->bytes, (size_t)st.st_size))
        status = io_error(err, "cannot read", file->path);
    else {
        file->length = (size_t)st.st_size;
        file->written = st.st_mtim;
    }
    close(fd);
    return status;
}

static covet_status check(const mapfile *file, covet_error *err)
{
    const unsigned char *header = file->bytes;
    if (memcmp(header, magic, sizeof magic) != 0)
        return covet__fail(err, COVET_EMAP, "map file: %s is no map", file->path);
    if (get32(header + 8) != LAYOUT)
        return covet__fail(err, COVET_EMAP, "map file: %s has layout %u, this library reads %d",
                           file->path, get32(header + 8), LAYOUT);
    const uint64_t place = get32(header + 12), map = get64(header + 16);
    if (place > PLACE_BYTES_MAX || map > MAP_BYTES_MAX || HEADER_SIZE + place + map != file->length)
        return covet__fail(err, COVET_EMAP, "map file: %s is truncated", file->path);
    if (covet__hash64(header + HEADER_SIZE, file->length - HEADER_SIZE) != get64(header + 24))
        return covet__fail(err, COVET_EMAP, "map file: %s is damaged: its checksum differs",
                           file->path);
    return COVET_OK;
}

/* Whether one of the file's places is one of the DSN's. */
static bool is_of(const mapfile *file, const char *wanted)
{
    const char *theirs = (const char *)file->bytes + HEADER_SIZE;
    size_t left = get32(file->bytes + 12);
    while (left > 0) {
        const char *comma = memchr(theirs, ',', left);
        const size_t length = comma != NULL ? (size_t)(comma - theirs) : left;
        for (const char *w = wanted; *w != '\0'; w += strcspn(w, ",") + (w[strcspn(w, ",")] != 0))
            if (strcspn(w, ",") == length && memcmp(w, theirs, length) == 0)
                return true;
        theirs += length + (comma != NULL);
        left -= length + (comma != NULL);
    }
    return false;
}

static bool is_newer(const mapfile *a, const mapfile *b)
{
    return a->written.tv_sec != b->written.tv_sec ? a->written.tv_sec > b->written.tv_sec
                                                  : a->written.tv_nsec > b->written.tv_nsec;
}

static bool has_name(const char *name)
{
    const size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".map") == 0;
}

/* Keeps in *best the newest good file for `wanted`; *damage the first complaint. */
static covet_status consider(const char *dir, const char *name, const char *wanted, mapfile *best,
                             covet_error *damage)
{
    mapfile file = {0};
    covet__str path = {0};
    covet__str_printf(&path, "%s/%s", dir, name);
    COVET_TRY(take(&path, &file.path, damage));
    covet_error err;
    covet_status status = load(&file, &err);
    if (status == COVET_OK)
        status = check(&file, &err);
    if (status == COVET_ENOMEM) {
        release(&file);
        return status;
    }
    if (status != COVET_OK) {
        if (damage->status == COVET_OK)
            *damage = err;
    } else if (is_of(&file, wanted) && (best->bytes == NULL || is_newer(&file, best))) {
        release(best);
        *best = file;
        return COVET_OK;
    }
    release(&file);
    return COVET_OK;
}

covet_status covet__mapfile_read(const char *dir, const covet__dsn *dsn, const covet__map **ret_map,
                                 covet_error *err)
{
    COVET_AUTO_FREE char *wanted = covet__mapfile_place(dsn);
    if (wanted == NULL)
        return no_memory(err);
    DIR *folder = opendir(dir);
    if (folder == NULL)
        return covet__fail(err, COVET_ENOTFOUND, "map file: none in %s", dir);
    mapfile best = {0};
    covet_error damage = {0};
    covet_status status = COVET_OK;
    for (struct dirent *entry; status == COVET_OK && (entry = readdir(folder)) != NULL;)
        if (has_name(entry->d_name))
            status = consider(dir, entry->d_name, wanted, &best, &damage);
    closedir(folder);
    if (status == COVET_OK && best.bytes != NULL) {
        const size_t at = HEADER_SIZE + get32(best.bytes + 12);
        status = covet__map_unpack(best.bytes + at, best.length - at, ret_map, err);
        if (status != COVET_OK)
            covet__prefix(err, "map file: %s", best.path);
    } else if (status != COVET_OK) {
        no_memory(err);
    } else if (damage.status != COVET_OK) {
        status = damage.status == COVET_EIO ? COVET_EMAP : damage.status;
        if (err != NULL) {
            *err = damage;
            err->status = status;
        }
    } else {
        status = covet__fail(err, COVET_ENOTFOUND, "map file: none for %s in %s", wanted, dir);
    }
    release(&best);
    return status;
}
