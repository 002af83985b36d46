/* The members a registration may hold: one table, name by name, with the rule each value must
 * follow and the sentence an administrator reads when it does not. */
#ifndef REGISTRATION_MEMBER_H
#define REGISTRATION_MEMBER_H
#include "base/json.h"
#include "config/config.h"

bool member_known(const char *name);
/* ERR_INPUT with a reason that names the member and the cure, for unknown members and for values of
 * the wrong shape.  Judges each member alone; what members mean together is client_validate.c's. */
CHECKED enum err member_check(const struct config *config, const char *name, const json_t *value);
/* An URL the service may send people or requests to: https, or http on loopback when the
 * configuration allows it; no fragment, no user information, no wildcard.  what: name of the
 * member, for the reason. */
CHECKED enum err member_url_check(const struct config *config, const char *what, struct str url,
                                  bool native);
#endif
