/* Audit entries of requests: the address goes in sealed, so that reading the audit does not tell
 * where people are. */
#include "sso/keys_cache.h"

struct audit sso_audit(struct req *r, enum audit_event e)
{
    struct audit entry = audit_of(r->task, e);
    entry.address_sealed = sso_address_sealed(r);
    return entry;
}

struct str sso_address_sealed(struct req *r)
{
    return keys_cache_seal(r->arena, app_of(r), r->address);
}
