/* rooms: libeid jose base */
/* Provider metadata: every endpoint that is taken may be asked. */
#include <stdlib.h>
#include "libeid/exchange.h"
#include "libeid/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *url, bool required)
{
    if (url == NULL ? required : !url_may_be_asked(str_from(url))) {
        abort();
    }
}

static void judge(struct work *w, struct str text)
{
    struct provider *p = NULL;
    if (provider_parse(w, "https://id", text, &p) != EID_OK) {
        return;
    }
    check(p->authorization_endpoint, true);
    check(p->token_endpoint, true);
    check(p->jwks_uri, p->signed_jwks_uri == NULL);
    check(p->signed_jwks_uri, p->jwks_uri == NULL);
    check(p->userinfo_endpoint, false);
    check(p->end_session_endpoint, false);
    check(p->introspection_endpoint, false);
    check(p->revocation_endpoint, false);
    check(p->par_endpoint, false);
    p->shared.destroy(&p->shared);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct work w;
    if (work_begin(&w, NULL)) {
        if (setjmp(w.exhausted) == 0) {
            judge(&w, str_of(data, size));
        }
    }
    (void)work_end(&w);
    return 0;
}
