/* Preloaded into a process (LD_PRELOAD), fills the disk of some of its files.
 *
 * While the file exists that FULL_DISK_SWITCH names, no regular file can grow that has FULL_DISK_FILES in its path:
 * whatever would make it longer fails with ENOSPC. What overwrites bytes that are there works, as it does on a disk
 * without a free block. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static bool is_full(int fd) {
  const char *path = getenv("FULL_DISK_SWITCH");
  const char *files = getenv("FULL_DISK_FILES");
  if (path == NULL || files == NULL || access(path, F_OK) != 0) return false;
  char link[64];
  char name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, name, sizeof name - 1);
  if (size <= 0) return false;
  name[size] = '\0';
  return strstr(name, files) != NULL;
}

/* Whether a write up to `end` finds no room; `at` is -1 for a write where the file stands. */
static bool has_no_room(int fd, off64_t at, off64_t size) {
  const int kept = errno;
  struct stat64 status;
  bool grows = false;
  if (fd > 2 && fstat64(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    const off64_t begin = at >= 0                                   ? at
                          : (fcntl(fd, F_GETFL) & O_APPEND) != 0 ? status.st_size
                                                                    : lseek64(fd, 0, SEEK_CUR);
    grows = begin + size > status.st_size && is_full(fd);
  }
  errno = kept;
  return grows;
}

static off64_t bytes_of(const struct iovec *vectors, int count) {
  off64_t bytes = 0;
  for (int i = 0; i < count; ++i) bytes += (off64_t)vectors[i].iov_len;
  return bytes;
}

/* The function of that name in the libraries after this one; looked up at its first call, since another library's
 * constructor may write before any constructor of this one would have run. */
#define WRAP(result, name, parameters, arguments, fd, at, size)               \
  result name parameters {                                                    \
    static _Atomic(__typeof__(&name)) real;                                   \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);      \
    if (has_no_room(fd, at, size)) {                                          \
      errno = ENOSPC;                                                         \
      return -1;                                                              \
    }                                                                         \
    return real arguments;                                                    \
  }

WRAP(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), fd, -1, (off64_t)size)
WRAP(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), fd, at, (off64_t)size)
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at), fd, at,
     (off64_t)size)
WRAP(ssize_t, writev, (int fd, const struct iovec *vectors, int count), (fd, vectors, count), fd, -1,
     bytes_of(vectors, count))
WRAP(ssize_t, pwritev, (int fd, const struct iovec *vectors, int count, off_t at), (fd, vectors, count, at), fd, at,
     bytes_of(vectors, count))
WRAP(ssize_t, pwritev64, (int fd, const struct iovec *vectors, int count, off64_t at), (fd, vectors, count, at), fd,
     at, bytes_of(vectors, count))
WRAP(int, ftruncate, (int fd, off_t size), (fd, size), fd, 0, size)
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size), fd, 0, size)
WRAP(int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size), fd, at, size)
WRAP(int, fallocate64, (int fd, int mode, off64_t at, off64_t size), (fd, mode, at, size), fd, at, size)

/* These two return the error itself. */
int posix_fallocate(int fd, off_t at, off_t size) { return fallocate(fd, 0, at, size) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off64_t at, off64_t size) { return fallocate64(fd, 0, at, size) == 0 ? 0 : errno; }
