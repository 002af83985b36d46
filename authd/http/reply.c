/* What handlers put into the reply.  Must not send: exchange.c does when the task is over. */
#include <string.h>
#include "base/buf.h"
#include "http/core.h"
#include "log/log.h"

#define HEADERS_MAX (sizeof(((struct reply *)0)->headers) / sizeof(struct header))

const char *reply_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } all[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].status == status) {
            return all[i].reason;
        }
    }
    return "Status";
}

void reply_clear(struct req *r)
{
    memset(&r->reply, 0, sizeof(r->reply));
}

static bool is_clean(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static _Noreturn void refuse_header(struct req *r, struct str name)
{
    (void)fail(ERR_INTERNAL, "http: header %.*s can't be sent", STR_FMT(name));
    log_failure(LOG_ERROR, INTERNAL_ERROR, ERR_INTERNAL, LOG_STR("header", name));
    task_end(r->task, ERR_INTERNAL);
}

void reply_header_constant(struct req *r, struct str name, struct str value)
{
    struct reply *reply = &r->reply;
    if (reply->n_headers == HEADERS_MAX) {
        refuse_header(r, name);
    }
    reply->headers[reply->n_headers++] = (struct header){name, value};
}

void reply_header_put(struct req *r, struct str name, struct str value)
{
    if (!is_clean(value)) {
        refuse_header(r, name);
    }
    reply_header_constant(r, name, value);
}

void reply_header(struct req *r, const char *name, struct str value)
{
    reply_header_put(r, str_dup(r->arena, str_from(name)), str_dup(r->arena, value));
}

void reply_text(struct req *r, int status, const char *type, struct str body)
{
    r->reply.status = status;
    r->reply.content_type = str_from(type);
    r->reply.body = str_dup(r->arena, body);
}

void reply_json_text(struct req *r, int status, struct str text)
{
    r->reply.status = status;
    r->reply.content_type = STR("application/json");
    r->reply.body = text;
}

void reply_json(struct req *r, int status, const json_t *value)
{
    reply_json_text(r, status, json_text(r->arena, value));
}

void reply_html(struct req *r, int status, struct str html)
{
    reply_text(r, status, "text/html; charset=utf-8", html);
}

/* spec: RFC 9700 §4.12 a redirect after a POST MUST NOT be 307; 303 always makes it a GET */
void reply_redirect(struct req *r, struct str location)
{
    reply_empty(r, 303);
    reply_header(r, "Location", location);
}

void reply_empty(struct req *r, int status)
{
    r->reply.status = status;
    r->reply.content_type = STR_NONE;
    r->reply.body = STR_NONE;
}

/* spec: RFC 6265bis §4.1.3.2 the prefix __Host- needs Secure, Path=/ and no Domain */
void reply_cookie(struct req *r, const char *name, struct str value, int64_t max_age_s)
{
    struct buf b = buf_in(r->arena);
    if (r->secure) {
        buf_addz(&b, "__Host-");
    }
    buf_addz(&b, name);
    buf_byte(&b, '=');
    buf_add(&b, value);
    buf_addz(&b, "; Path=/; HttpOnly; SameSite=Lax");
    if (r->secure) {
        buf_addz(&b, "; Secure");
    }
    if (max_age_s != 0) {
        buf_fmt(&b, "; Max-Age=%lld", (long long)(max_age_s < 0 ? 0 : max_age_s));
    }
    reply_header(r, "Set-Cookie", buf_str(&b));
}

void reply_form_action(struct req *r, struct str source)
{
    for (size_t i = 0; i < source.n; i++) {
        unsigned char c = (unsigned char)source.p[i];
        if (c <= ' ' || c >= 0x7f || c == ';' || c == ',' || c == '\'') {
            return; /* not an origin: the page is stricter than it could be */
        }
    }
    struct buf b = buf_in(r->arena);
    buf_add(&b, r->reply.form_action);
    buf_byte(&b, ' ');
    buf_add(&b, source);
    r->reply.form_action = buf_str(&b);
}
