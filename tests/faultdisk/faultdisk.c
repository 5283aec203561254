/*
 * Stands between a program and its files below one directory (LD_PRELOAD). Two uses, together or apart:
 *
 *   FAULTDISK_LOG      every change of those files is appended to this file, in the order in which it happened; a
 *                      sync is noted and not carried out, for the log is the disk.
 *   FAULTDISK_CONTROL  while this file has lines `ERRNO OPS PART`, the calls named by the letters of OPS fail with
 *                      ERRNO on paths that contain PART, `$` being the path's end. Each failure adds a byte to the
 *                      file with `.hits` behind it.
 *
 * FAULTDISK_DIR is the directory, absolute. Letters: w write, t truncate, s sync, c create, o open for writing,
 * r rename, u remove. Children of the program are left alone. Linux with 64 bits; memory maps are not seen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum operation { START = 1, CREATE, MKDIR, WRITE, TRUNCATE, RENAME, UNLINK, RMDIR, SYNC, SYNC_FAILED };

/* Followed by the path, the second path, and, for WRITE, the bytes. The order of bytes is the machine's. */
struct record {
    uint32_t operation;
    uint32_t path_len;
    uint32_t to_len;
    uint32_t data_len;
    uint64_t inode;
    uint64_t offset; /* of WRITE; the length of TRUNCATE */
};

#define FDS 65536
#define SHORTEST 512

static char directory[4096], control[4096], hits[4104];
static size_t directory_len;
static int log_fd = -1;
static unsigned char watched[FDS];
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

static uint64_t inode_of(int fd) {
    struct stat stat;
    return fstat(fd, &stat) == 0 ? stat.st_ino : 0;
}

static int is_below(const char *path) {
    return directory_len > 0 && strncmp(path, directory, directory_len) == 0
        && (path[directory_len] == '/' || path[directory_len] == 0);
}

static int is_watched(int fd) {
    return fd >= 0 && fd < FDS && __atomic_load_n(&watched[fd], __ATOMIC_ACQUIRE);
}

static void watch(int fd, int yes) {
    if (fd >= 0 && fd < FDS) {
        __atomic_store_n(&watched[fd], yes, __ATOMIC_RELEASE);
    }
}

/* The calls that change something happen one at a time while they are noted. */
static void begin(void) {
    if (log_fd >= 0) {
        pthread_mutex_lock(&order);
    }
}

static void end(void) {
    if (log_fd >= 0) {
        int kept = errno;
        pthread_mutex_unlock(&order);
        errno = kept;
    }
}

static const char *relative(const char *path) {
    return path[directory_len] == '/' ? path + directory_len + 1 : "";
}

static void note(enum operation operation, const char *path, const char *to, uint64_t inode, uint64_t offset,
                 const void *data, size_t data_len) {
    if (log_fd < 0) {
        return;
    }
    path = path ? relative(path) : "";
    to = to ? relative(to) : "";
    struct record record = {operation, strlen(path), strlen(to), data_len, inode, offset};
    struct iovec parts[] = {{&record, sizeof record}, {(void *)path, record.path_len}, {(void *)to, record.to_len},
                            {(void *)data, data_len}};
    size_t whole = sizeof record + record.path_len + record.to_len + data_len;
    int kept = errno;
    if (syscall(SYS_writev, log_fd, parts, 4) != (long)whole) {
        abort(); /* a log with a gap would prove nothing */
    }
    errno = kept;
}

static void count_hit(void) {
    int fd = syscall(SYS_openat, AT_FDCWD, hits, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) {
        syscall(SYS_write, fd, "x", 1);
        syscall(SYS_close, fd);
    }
}

/* The error that the control file wants for this, or 0. */
static int fault(char letter, const char *path) {
    char text[1024], part[256], letters[32], whole[4100];
    int wanted, taken;
    snprintf(whole, sizeof whole, "%s$", path);
    if (control[0] == 0) {
        return 0;
    }
    int fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    long length = syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    text[length > 0 ? length : 0] = 0;
    for (char *line = text; sscanf(line, "%d %31s %255s%n", &wanted, letters, part, &taken) == 3; line += taken) {
        if (strchr(letters, letter) && strstr(whole, part)) {
            count_hit();
            return wanted;
        }
    }
    return 0;
}

static int fault_on(char letter, int fd) {
    char link[64], path[4096];
    if (control[0] == 0) {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    return fault(letter, path);
}

static int failed(int error) {
    errno = error;
    return -1;
}

__attribute__((constructor)) static void prepare(void) {
    const char *dir = getenv("FAULTDISK_DIR"), *log = getenv("FAULTDISK_LOG"), *orders = getenv("FAULTDISK_CONTROL");
    unsetenv("LD_PRELOAD");
    if (!dir) {
        return;
    }
    if (orders) {
        snprintf(control, sizeof control, "%s", orders);
        snprintf(hits, sizeof hits, "%s.hits", orders);
    }
    if (log) {
        log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    }
    snprintf(directory, sizeof directory, "%s", dir);
    directory_len = strlen(directory);
    struct stat root;
    if (stat(directory, &root) == 0) {
        note(START, NULL, NULL, root.st_ino, 0, NULL, 0);
    }
}

static int open_below(const char *path, int flags, mode_t mode) {
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    begin();
    int is_there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
    int creates = (flags & O_CREAT) && !is_there;
    int error = creates ? fault('c', path) : writes ? fault('o', path) : 0;
    int fd = error ? failed(error) : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0) {
        watch(fd, 1);
        if (creates) {
            note(CREATE, path, NULL, inode_of(fd), 0, NULL, 0);
        } else if (flags & O_TRUNC) {
            note(TRUNCATE, NULL, NULL, inode_of(fd), 0, NULL, 0);
        }
    }
    end();
    return fd;
}

static int open_any(int dir, const char *path, int flags, va_list rest) {
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    if (is_below(path)) {
        return open_below(path, flags, mode);
    }
    return syscall(SYS_openat, dir, path, flags, mode);
}

#define OPEN(head, dir)                                                                                             \
    int head {                                                                                                      \
        va_list rest;                                                                                               \
        va_start(rest, flags);                                                                                      \
        int fd = open_any(dir, path, flags, rest);                                                                  \
        va_end(rest);                                                                                               \
        return fd;                                                                                                  \
    }
OPEN(open(const char *path, int flags, ...), AT_FDCWD)
OPEN(open64(const char *path, int flags, ...), AT_FDCWD)
OPEN(openat(int dir, const char *path, int flags, ...), dir)
OPEN(openat64(int dir, const char *path, int flags, ...), dir)

int close(int fd) {
    watch(fd, 0);
    return syscall(SYS_close, fd);
}

/* A full disk takes the first half of what is more than a sector: the file is left torn. */
static ssize_t write_at(int fd, const void *data, size_t count, off_t offset, int keeps_place) {
    begin();
    int error = fault_on('w', fd);
    if (error == ENOSPC && count > SHORTEST) {
        count = count < 2 * SHORTEST ? SHORTEST : count / 2 / SHORTEST * SHORTEST;
        error = 0;
    }
    if (!keeps_place) {
        struct stat stat;
        int appends = fcntl(fd, F_GETFL) & O_APPEND;
        offset = appends && fstat(fd, &stat) == 0 ? stat.st_size : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t done = error ? failed(error)
        : keeps_place    ? syscall(SYS_pwrite64, fd, data, count, offset)
                         : syscall(SYS_write, fd, data, count);
    if (done > 0) {
        note(WRITE, NULL, NULL, inode_of(fd), offset, data, done);
    }
    end();
    return done;
}

ssize_t write(int fd, const void *data, size_t count) {
    return is_watched(fd) ? write_at(fd, data, count, 0, 0) : syscall(SYS_write, fd, data, count);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off_t offset) {
    return is_watched(fd) ? write_at(fd, data, count, offset, 1) : syscall(SYS_pwrite64, fd, data, count, offset);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t offset) {
    return pwrite64(fd, data, count, offset);
}

/* For a file only the first part: a caller has to cope with that anyway. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    return is_watched(fd) && count > 0 ? write_at(fd, parts->iov_base, parts->iov_len, 0, 0)
                                       : syscall(SYS_writev, fd, parts, count);
}

int ftruncate64(int fd, off_t length) {
    if (!is_watched(fd)) {
        return syscall(SYS_ftruncate, fd, length);
    }
    begin();
    int error = fault_on('t', fd);
    int done = error ? failed(error) : (int)syscall(SYS_ftruncate, fd, length);
    if (done == 0) {
        note(TRUNCATE, NULL, NULL, inode_of(fd), length, NULL, 0);
    }
    end();
    return done;
}

int ftruncate(int fd, off_t length) {
    return ftruncate64(fd, length);
}

static int sync_one(int fd, long call) {
    if (!is_watched(fd)) {
        return syscall(call, fd);
    }
    begin();
    int error = fault_on('s', fd);
    note(error ? SYNC_FAILED : SYNC, NULL, NULL, inode_of(fd), 0, NULL, 0);
    int done = error ? failed(error) : log_fd >= 0 ? 0 : (int)syscall(call, fd);
    end();
    return done;
}

int fsync(int fd) {
    return sync_one(fd, SYS_fsync);
}

int fdatasync(int fd) {
    return sync_one(fd, SYS_fdatasync);
}

int rename(const char *from, const char *to) {
    if (!is_below(from) || !is_below(to)) {
        return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    }
    begin();
    int error = fault('r', to);
    int done = error ? failed(error) : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (done == 0) {
        note(RENAME, from, to, 0, 0, NULL, 0);
    }
    end();
    return done;
}

static int remove_one(const char *path, int flags) {
    if (!is_below(path)) {
        return syscall(SYS_unlinkat, AT_FDCWD, path, flags);
    }
    begin();
    int error = fault('u', path);
    int done = error ? failed(error) : (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags);
    if (done == 0) {
        note(flags ? RMDIR : UNLINK, path, NULL, 0, 0, NULL, 0);
    }
    end();
    return done;
}

int unlink(const char *path) {
    return remove_one(path, 0);
}

int rmdir(const char *path) {
    return remove_one(path, AT_REMOVEDIR);
}

int mkdir(const char *path, mode_t mode) {
    if (!is_below(path)) {
        return syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    }
    begin();
    int error = fault('c', path);
    int done = error ? failed(error) : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    struct stat made;
    if (done == 0 && stat(path, &made) == 0) {
        note(MKDIR, path, NULL, made.st_ino, 0, NULL, 0);
    }
    end();
    return done;
}
