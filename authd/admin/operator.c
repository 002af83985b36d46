/* Peer credentials of the control socket.  The user id is the kernel's word; the name in the
 * request is a claim, kept beside it: root working for a person through sudo is worth knowing, but
 * proves nothing. */
#include "admin/operator.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ct.h"

#define CLAIM_MAX 64

static struct {
    char root[CLAIM_MAX];
    char own[CLAIM_MAX];
} names; /* written once, before the first connection */

static void name_of(uid_t uid, char out[CLAIM_MAX])
{
    const struct passwd *entry = getpwuid(uid);
    if (entry) {
        (void)snprintf(out, CLAIM_MAX, "%s", entry->pw_name);
    } else {
        (void)snprintf(out, CLAIM_MAX, "uid %lu", (unsigned long)uid);
    }
}

void operator_names_load(void)
{
    name_of(0, names.root);
    name_of(geteuid(), names.own);
}

bool operator_is_allowed(uid_t uid, uid_t own)
{
    return uid == 0 || uid == own;
}

enum err operator_of_socket(int fd, uid_t *out)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer) {
        return fail(ERR_DENIED, "control: the kernel does not say who is asking");
    }
    if (!operator_is_allowed(peer.uid, geteuid())) {
        return fail(ERR_DENIED,
                    "control: user id %lu may not command authd; be root or the daemon's user",
                    (unsigned long)peer.uid);
    }
    *out = peer.uid;
    return OK;
}

enum err operator_key_check(struct str key, struct str brought)
{
    if (!str_is(key) || brought.n != key.n || !ct_equal(key.p, brought.p, key.n)) {
        return fail(ERR_DENIED, "control: the request lacks what stands in the file of the "
                                "socket's name with .key; use this version's authctl");
    }
    return OK;
}

/* A name as it may stand in an audit entry. */
static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c <= ' ' || c >= 127) {
            return false;
        }
    }
    return name.n > 0 && name.n < CLAIM_MAX;
}

struct str operator_text(struct arena *a, uid_t uid, struct str claimed)
{
    const char *name = uid == 0 ? names.root : names.own;
    if (!is_plain(claimed) || str_eqz(claimed, name)) {
        return str_fmt(a, "%s", name);
    }
    return str_fmt(a, "%s for %.*s", name, STR_FMT(claimed));
}
