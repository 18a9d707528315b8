// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/store/internal.h"

// flock tells another process; the list tells this one, where a file system that emulates flock would not. LMDB checks
// neither.
static pthread_mutex_t taken_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct store_lock *taken;

static pthread_once_t process_once = PTHREAD_ONCE_INIT;
static _Atomic int process;

static void before_fork(void)
{
    pthread_mutex_lock(&taken_mutex);
}

static void after_fork_in_parent(void)
{
    pthread_mutex_unlock(&taken_mutex);
}

static void after_fork_in_child(void)
{
    atomic_store(&process, (int)getpid());
    pthread_mutex_unlock(&taken_mutex);
}

static void watch_forks(void)
{
    atomic_store(&process, (int)getpid());
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

int store_process(void)
{
    pthread_once(&process_once, watch_forks);
    return atomic_load_explicit(&process, memory_order_relaxed);
}

static bool is_taken_here(const struct stat *file)
{
    for (const struct store_lock *lock = taken; lock; lock = lock->next)
        if (lock->device == file->st_dev && lock->inode == file->st_ino)
            return true;
    return false;
}

static enum fault take(struct store_lock *lock, const char *path)
{
    struct stat file;
    if (stat(path, &file) == 0 && is_taken_here(&file))
        return FAULT_IN_USE; // without opening it: closing again would drop an emulated lock
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return store_fault_of(errno, path);
    enum fault fault = FAULT_NONE;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        fault = errno == EWOULDBLOCK ? FAULT_IN_USE : store_fault_of(errno, path);
    else if (fstat(fd, &file) != 0)
        fault = store_fault_of(errno, path);
    if (fault) {
        close(fd);
        return fault;
    }
    *lock = (struct store_lock){.fd = fd, .device = file.st_dev, .inode = file.st_ino, .next = taken};
    taken = lock;
    return FAULT_NONE;
}

enum fault store_lock_take(struct store_lock *lock, const char *directory)
{
    struct store_path path;
    enum fault fault = store_path_join(&path, directory, "store.lock");
    if (fault)
        return fault;
    pthread_once(&process_once, watch_forks);
    pthread_mutex_lock(&taken_mutex);
    fault = take(lock, path.text);
    pthread_mutex_unlock(&taken_mutex);
    return fault;
}

void store_lock_release(struct store_lock *lock)
{
    pthread_mutex_lock(&taken_mutex);
    for (struct store_lock **at = &taken; *at; at = &(*at)->next)
        if (*at == lock) {
            *at = lock->next;
            break;
        }
    close(lock->fd);
    pthread_mutex_unlock(&taken_mutex);
}
