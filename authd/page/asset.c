/* Style and pictures.  Their URLs carry the version of their content, so browsers may keep them for
 * ever. */
#include <string.h>

#include "page/embedded.h"
#include "page/page.h"

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (dot != NULL && strcmp(dot, ".css") == 0) {
        return "text/css; charset=utf-8";
    }
    return dot != NULL && strcmp(dot, ".svg") == 0 ? "image/svg+xml" : NULL;
}

enum err page_asset(struct req *r)
{
    struct str name = r->path.n > 0 ? str_of(r->path.p + 1, r->path.n - 1) : r->path;
    for (const struct embedded *e = EMBEDDED; e->name != NULL; e++) {
        if (type_of(e->name) == NULL || !str_eqz(name, e->name)) {
            continue;
        }
        struct str etag = str_fmt(r->arena, "\"%s\"", e->version);
        bool versioned = str_eqz(r->query, e->version);
        reply_header(r, "ETag", etag);
        reply_header(r, "Cache-Control",
                     versioned ? STR("public, max-age=31536000, immutable")
                               : STR("public, max-age=300"));
        /* spec: RFC 9110 §13.1.2 If-None-Match that matches: 304 */
        if (str_eq(req_header(r, "if-none-match"), etag)) {
            reply_empty(r, 304);
        } else {
            reply_text(r, 200, type_of(e->name), str_of(e->bytes, e->n));
        }
        return OK;
    }
    return page_error(r, 404, page_language(r, STR_NONE), "not_found", STR_NONE);
}
