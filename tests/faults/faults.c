/* A disk and a clock that do what they should not: preloaded into the server, told what to do through a shared file.
 *
 * FAULTS_CONTROL   the file: `struct control`, which the test writes and this maps.
 * FAULTS_FOLDER    whose files are meant, those of folders in it aside.
 * FAULTS_DISK      a folder with what would be on the disk if the power failed now. A write is not in it before a sync of its
 *                  file has succeeded; until then, NAME.dirty has its place. After a sync that failed, what was written stands in
 *                  the file, is never written to the disk by a later sync, and nobody is told: that is what Linux does.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct control {
    int32_t write_error;  /* what writes fail with; 0: they succeed */
    int32_t sync_error;   /* what syncs fail with */
    int32_t short_writes; /* 1: a write takes half of what it is given */
    int32_t clock_seconds; /* how much later the clock shows */
    int32_t failed;       /* how many calls failed so far */
};

/* A place in a file that the disk does not have yet; length -1: the file ends at the offset. */
struct dirty {
    int64_t offset, length;
};

static struct control nothing;
static volatile struct control *control = &nothing;
static char folder[4096], disk[4096];
static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_unlink)(const char *);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    const char *named = getenv("FAULTS_CONTROL");
    int file = named ? open(named, O_RDWR) : -1;
    if (file >= 0) {
        void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (mapped != MAP_FAILED)
            control = mapped;
        close(file);
    }
    if (getenv("FAULTS_FOLDER") && realpath(getenv("FAULTS_FOLDER"), folder) == NULL)
        snprintf(folder, sizeof folder, "%s", getenv("FAULTS_FOLDER"));
    if (getenv("FAULTS_DISK"))
        snprintf(disk, sizeof disk, "%s", getenv("FAULTS_DISK"));
}

/* The name of a path right below the folder; NULL for all others. */
static const char *name_of(const char *path) {
    size_t length = strlen(folder);
    if (length == 0 || strncmp(path, folder, length) != 0 || path[length] != '/')
        return NULL;
    const char *name = path + length + 1;
    return *name && !strchr(name, '/') ? name : NULL;
}

/* The same of an open file. */
static const char *name_of_file(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, 4095);
    if (length <= 0)
        return NULL;
    path[length] = 0;
    return name_of(path);
}

static int fails(int32_t error) {
    if (error == 0)
        return 0;
    __sync_fetch_and_add(&control->failed, 1);
    errno = error;
    return 1;
}

static int open_on_disk(const char *name, const char *suffix, int flags) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%s%s", disk, name, suffix);
    return open(path, flags, 0600);
}

static void note_dirty(const char *name, int64_t offset, int64_t length) {
    if (!*disk)
        return;
    struct dirty dirty = {offset, length};
    int list = open_on_disk(name, ".dirty", O_WRONLY | O_APPEND | O_CREAT);
    if (list < 0 || real_write(list, &dirty, sizeof dirty) != sizeof dirty)
        abort();
    close(list);
}

/* Brings what is dirty to the disk; or forgets that it is. */
static void settle(int file, const char *name, int is_lost) {
    if (!*disk)
        return;
    pthread_mutex_lock(&disk_lock);
    int list = open_on_disk(name, ".dirty", O_RDWR | O_CREAT);
    int image = open_on_disk(name, "", O_WRONLY | O_CREAT);
    char again[64];
    snprintf(again, sizeof again, "/proc/self/fd/%d", file);
    int from = open(again, O_RDONLY);
    if (list < 0 || image < 0 || from < 0)
        abort();
    struct dirty dirty;
    static char bytes[1 << 16];
    while (!is_lost && read(list, &dirty, sizeof dirty) == sizeof dirty) {
        if (dirty.length < 0 && real_ftruncate(image, dirty.offset) != 0)
            abort();
        for (int64_t done = 0; done < dirty.length;) {
            size_t wanted = dirty.length - done < (int64_t)sizeof bytes ? (size_t)(dirty.length - done) : sizeof bytes;
            ssize_t got = pread(from, bytes, wanted, dirty.offset + done);
            if (got <= 0)
                break;
            if (real_pwrite(image, bytes, (size_t)got, dirty.offset + done) != got)
                abort();
            done += got;
        }
    }
    if (real_ftruncate(list, 0) != 0)
        abort();
    close(from);
    close(image);
    close(list);
    pthread_mutex_unlock(&disk_lock);
}

static size_t taken(size_t count) {
    return control->short_writes && count > 1 ? count / 2 : count;
}

ssize_t write(int file, const void *bytes, size_t count) {
    char path[4096];
    const char *name = name_of_file(file, path);
    if (!name)
        return real_write(file, bytes, count);
    if (fails(control->write_error))
        return -1;
    note_dirty(name, lseek(file, 0, SEEK_CUR), (int64_t)taken(count));
    return real_write(file, bytes, taken(count));
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t offset) {
    char path[4096];
    const char *name = name_of_file(file, path);
    if (!name)
        return real_pwrite(file, bytes, count, offset);
    if (fails(control->write_error))
        return -1;
    note_dirty(name, offset, (int64_t)taken(count));
    return real_pwrite(file, bytes, taken(count), offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    return pwrite64(file, bytes, count, offset);
}

int ftruncate64(int file, off_t length) {
    char path[4096];
    const char *name = name_of_file(file, path);
    if (!name)
        return real_ftruncate(file, length);
    if (fails(control->write_error))
        return -1;
    note_dirty(name, length, -1);
    return real_ftruncate(file, length);
}

int ftruncate(int file, off_t length) {
    return ftruncate64(file, length);
}

int fsync(int file) {
    char path[4096];
    const char *name = name_of_file(file, path);
    if (!name)
        return real_fsync(file);
    if (fails(control->sync_error)) {
        settle(file, name, 1);
        errno = control->sync_error;
        return -1;
    }
    settle(file, name, 0);
    return 0;
}

int fdatasync(int file) {
    return fsync(file);
}

int unlink(const char *path) {
    const char *name = name_of(path);
    int done = real_unlink(path);
    if (name && *disk && done == 0) {
        char gone[8192];
        snprintf(gone, sizeof gone, "%s/%s", disk, name);
        real_unlink(gone);
        snprintf(gone, sizeof gone, "%s/%s.dirty", disk, name);
        real_unlink(gone);
    }
    return done;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int done = real_clock_gettime(clock, time);
    if (done == 0 && clock == CLOCK_REALTIME)
        time->tv_sec += control->clock_seconds;
    return done;
}
