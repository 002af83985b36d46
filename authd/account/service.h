/* What services are called on the person's pages.  Each is looked up once a page, and of its
 * registration, which may be longer than the page, nothing else is kept. */
#ifndef ACCOUNT_SERVICE_H
#define ACCOUNT_SERVICE_H
#include "base/json.h"
#include "page/page.h"

struct services {
    struct req *r;
    enum language language;
    json_t *known;
};

/* Lives as long as the request. */
struct services services_in(struct req *r, enum language l);
/* "service", its name, and where registered "agency" and "purpose"; one that was taken off since
 * has its id for a name.  Owned by s; NULL without memory.  Waits where the registration is not at
 * hand. */
json_t *services_find(struct services *s, struct str id);

#endif
