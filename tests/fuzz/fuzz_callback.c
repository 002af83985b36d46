/* rooms: libeid jose base */
/* What a browser brings back: only the answer with our state and issuer yields a code; and no text
 * is a sealed transaction but one of ours. */
#include <stdlib.h>
#include "libeid/callback.h"
#include "libeid/own_key.h"
#include "libeid/transaction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct work *w, struct str text)
{
    char issuer[] = "https://id";
    char client[] = "c";
    char redirect[] = "https://portal/cb";
    struct own_key present; /* both generations are tried */
    struct eid_client c = {.issuer = issuer, .client_id = client, .redirect_uri = redirect};
    c.sealing[0].dpop = c.sealing[1].dpop = &present;
    struct callback cb;
    struct str code = STR_NONE;
    if (callback_parse(w, text, &cb) == EID_OK &&
        callback_judge(w, &c, &cb, STR("s-1"), true, &code) == EID_OK &&
        (!str_is(code) || !str_eqz(cb.state, "s-1") || !str_eqz(cb.iss, "https://id") ||
         cb.error.p != NULL)) {
        abort();
    }
    struct transaction t;
    if (transaction_open(w, &c, text, &t) == EID_OK) {
        abort();
    }
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
