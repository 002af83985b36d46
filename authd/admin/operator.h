/* Who is at the other end of the control socket, and may they command? */
#ifndef ADMIN_OPERATOR_H
#define ADMIN_OPERATOR_H
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* Learns the names of the users that may command.  Before the sandbox closes. */
void operator_names_load(void);
/* Pure: may user `uid` command a daemon that runs as `own`? */
bool operator_is_allowed(uid_t uid, uid_t own);
/* The user at the other end by the kernel's word.  ERR_DENIED for anybody but root and the daemon's
 * user. */
CHECKED enum err operator_of_socket(int fd, uid_t *out);
/* Does the request bring what lies beside the socket?  Any process of authd's own user can connect,
 * our sandboxed ones too; only a whole one can read the file. */
CHECKED enum err operator_key_check(struct str key, struct str brought);
/* For the audit: the user's name (or "uid N"), and on whose behalf if they say so and it is another
 * name. */
struct str operator_text(struct arena *a, uid_t uid, struct str claimed);

#endif
