// SPDX-License-Identifier: Apache-2.0
#include "common/bus/key_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/must.h"
#include "common/bus/settings.h"

enum { KEY_BYTES = 32 };

struct key_settings {
    char public_key[SETTING_TEXT_BYTES];
    char secret_key[SETTING_TEXT_BYTES];
};

static const struct setting key_table[] = {
    {"public-key", SETTING_TEXT, offsetof(struct key_settings, public_key), 0, 0, NULL, "The public key, Z85."},
    {"secret-key", SETTING_TEXT, offsetof(struct key_settings, secret_key), 0, 0, NULL, "The secret key, Z85."},
};

bool key_is_valid(struct text text)
{
    char copy[KEY_TEXT_BYTES];
    uint8_t bytes[KEY_BYTES];
    if (text.len != KEY_TEXT_BYTES - 1)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    bool is_valid = strlen(copy) == text.len && zmq_z85_decode(bytes, copy) != NULL;
    explicit_bzero(bytes, sizeof bytes);
    explicit_bzero(copy, sizeof copy);
    return is_valid;
}

void key_pair_make(struct key_pair *out_pair)
{
    do
        must(zmq_curve_keypair(out_pair->public_key, out_pair->secret_key) == 0); // fails only without CURVE in libzmq
    while (out_pair->public_key[0] == '-');
}

void key_pair_wipe(struct key_pair *pair)
{
    explicit_bzero(pair, sizeof *pair);
}

/** NULL when only its owner, this program's user, may have access to the file; otherwise what is wrong. */
static const char *access_problem(const char *path)
{
    struct stat found;
    if (stat(path, &found) != 0)
        return errno == ENOENT ? "there is no such file; pk key generate makes one" : strerrordesc_np(errno);
    if (!S_ISREG(found.st_mode))
        return "is not a file; it holds a key pair as pk key generate makes it";
    if (found.st_uid != geteuid())
        return "belongs to another user than the one who needs it; give it to that user with chown";
    if (found.st_mode & (S_IRWXG | S_IRWXO))
        return "others than its owner have access to it, so the key may be known to them; make a new one, or set its "
               "mode to 0600";
    return NULL;
}

/** NULL when the texts are a pair. */
static const char *pair_problem(const struct key_settings *settings)
{
    char expected[KEY_TEXT_BYTES];
    if (!key_is_valid(text_of(settings->public_key)) || !key_is_valid(text_of(settings->secret_key)))
        return "has no public-key and secret-key of 40 characters in a section curve; pk key generate makes one";
    must(zmq_curve_public(expected, settings->secret_key) == 0);
    if (strcmp(expected, settings->public_key) != 0)
        return "its public-key is not that of its secret-key; pk key generate makes a new pair";
    return NULL;
}

enum fault key_pair_load(const char *path, struct key_pair *out_pair, char *out_problem, size_t size)
{
    struct key_settings settings = {0};
    const char *problem = access_problem(path);
    bool is_read = false;
    if (!problem)
        is_read = settings_load(path, "curve", key_table, sizeof key_table / sizeof *key_table, &settings, out_problem,
                                size) == FAULT_NONE;
    if (is_read)
        problem = pair_problem(&settings);
    if (problem)
        snprintf(out_problem, size, "%s: %s", path, problem);
    if (is_read && !problem) {
        memcpy(out_pair->public_key, settings.public_key, KEY_TEXT_BYTES);
        memcpy(out_pair->secret_key, settings.secret_key, KEY_TEXT_BYTES);
    }
    explicit_bzero(&settings, sizeof settings);
    return is_read && !problem ? FAULT_NONE : FAULT_CONFIG;
}

enum fault key_pair_save(const char *path, const struct key_pair *pair, char *out_problem, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == EEXIST) {
        snprintf(out_problem, size, "%s: there is a file already; a key is never written over", path);
        return FAULT_IN_USE;
    }
    int len = fd < 0 ? -1
                     : dprintf(fd,
                               "# A CURVE key pair. Whoever has the secret key is who it stands for: keep the file to "
                               "yourself.\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
                               pair->public_key, pair->secret_key);
    bool is_written = len > 0 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (is_written)
        return FAULT_NONE;
    if (fd >= 0)
        unlink(path);
    snprintf(out_problem, size, "%s: cannot be written: %s", path, strerrordesc_np(error));
    return FAULT_IO;
}
