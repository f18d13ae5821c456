/* Preloaded into a process (LD_PRELOAD), kills it at the Nth of its writes to files and sockets.
 *
 * KILL_AT_WRITE_ORDERS names a file. Until it exists nothing is counted; once it does, its first word is N, and the
 * process dies instead of doing its Nth call from then on of those wrapped below. With a second word `torn`, half of
 * the bytes of that call are written before. Descriptors 0 to 2 and what is neither a file nor a socket (pipes and
 * eventfds that wake threads) do not count, for no other process ever sees them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long remaining; /* Writes until the end; meaningful once armed. */
static atomic_bool armed;
static atomic_flag reading = ATOMIC_FLAG_INIT;
static bool torn;

static bool is_armed(void) {
  if (atomic_load(&armed)) return true;
  const char *path = getenv("KILL_AT_WRITE_ORDERS");
  if (path == NULL) return false;
  char text[64];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return false;
  text[size] = '\0';
  if (!atomic_flag_test_and_set(&reading)) {
    torn = strstr(text, "torn") != NULL;
    atomic_store(&remaining, strtol(text, NULL, 10));
    atomic_store(&armed, true);
  }
  while (!atomic_load(&armed)) {
  }
  return true;
}

static bool counts(int fd) {
  struct stat status;
  if (fd >= 0 && fd <= 2) return false;
  if (fd >= 0 && (fstat(fd, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISSOCK(status.st_mode)))) return false;
  return true;
}

/* Whether this call is the last one. */
static bool is_last(int fd) { return is_armed() && counts(fd) && atomic_fetch_sub(&remaining, 1) == 1; }

static _Noreturn void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

/* The function of that name in the libraries after this one. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A function's real address is looked up at its first call: another library's constructor may write before any
 * constructor of this one would have run. */
#define WRAP(result, name, parameters, arguments, fd, tear) \
  result name parameters {                                  \
    static _Atomic(__typeof__(&name)) real;                 \
    __typeof__(&name) call = atomic_load(&real);            \
    if (call == NULL) atomic_store(&real, call = REAL(name)); \
    if (is_last(fd)) {                                      \
      if (torn) { tear; }                                   \
      die();                                                \
    }                                                       \
    return call arguments;                                  \
  }

static struct iovec half_of_first(const struct iovec *vectors) {
  return (struct iovec){vectors->iov_base, vectors->iov_len / 2};
}

WRAP(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), fd, call(fd, data, size / 2))
WRAP(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), fd,
     call(fd, data, size / 2, at))
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at), fd,
     call(fd, data, size / 2, at))
WRAP(ssize_t, writev, (int fd, const struct iovec *vectors, int count), (fd, vectors, count), fd,
     struct iovec half = half_of_first(vectors);
     call(fd, &half, 1))
WRAP(ssize_t, pwritev, (int fd, const struct iovec *vectors, int count, off_t at), (fd, vectors, count, at), fd,
     struct iovec half = half_of_first(vectors);
     call(fd, &half, 1, at))
WRAP(ssize_t, pwritev64, (int fd, const struct iovec *vectors, int count, off64_t at), (fd, vectors, count, at), fd,
     struct iovec half = half_of_first(vectors);
     call(fd, &half, 1, at))
WRAP(ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags), fd,
     call(fd, data, size / 2, flags))
WRAP(ssize_t, sendto,
     (int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length),
     (fd, data, size, flags, to, length), fd, call(fd, data, size / 2, flags, to, length))
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), fd,
     struct msghdr part = *message; struct iovec half = half_of_first(message->msg_iov); part.msg_iov = &half;
     part.msg_iovlen = 1; call(fd, &part, flags))
WRAP(int, fsync, (int fd), (fd), fd, )
WRAP(int, fdatasync, (int fd), (fd), fd, )
WRAP(int, ftruncate, (int fd, off_t size), (fd, size), fd, )
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size), fd, )
WRAP(int, rename, (const char *from, const char *to), (from, to), -1, )
WRAP(int, unlink, (const char *path), (path), -1, )
