/* From a URL somebody registered to one request at a guarded address: names are resolved once, and
 * only what the guard has seen is connected to. */
#include "courier/courier.h"

#include "courier/guard.h"

#define HTTPS_PORT "443"
#define HTTP_PORT "80"

enum err courier_reach(struct task *t, struct courier *c, struct str text,
                       struct transfer_request *request, struct transfer_answer *out)
{
    struct url url;
    struct str addresses;
    bool loopback_allowed = c->process->config->courier_allow_loopback;
    TRY(url_parse(text, &url));
    TRY(guard_url(&url, loopback_allowed));
    TRY(resolver_find(t, c->resolver, &url, loopback_allowed, &addresses));
    bool https = str_eqz(url.scheme, "https");
    struct str port = url.port.p ? url.port : https ? STR(HTTPS_PORT) : STR(HTTP_PORT);
    struct str host = url.host;
    if (host.n > 2 && host.p[0] == '[') {
        host = str_of(host.p + 1, host.n - 2);
    }
    request->url = text;
    request->pinned =
        str_fmt(t->arena, "%.*s:%.*s:%.*s", STR_FMT(host), STR_FMT(port), STR_FMT(addresses));
    request->loopback_allowed = loopback_allowed;
    return transfer_run(t, c->transfers, request, out);
}
