/* What a handler sees of HTTP: a complete request it owns a copy of, and the reply it builds.
 * Nothing here points into the HTTP library; the connection may be gone when the handler ends. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H
#include "base/json.h"
#include "base/url.h"
#include "task/task.h"

enum http_method { HTTP_GET = 1, HTTP_POST = 2, HTTP_HEAD = 4, HTTP_OPTIONS = 8 };

struct header {
    struct str name;
    struct str value;
};

struct reply {
    int status; /* 0 until set */
    struct header headers[24];
    size_t n_headers;
    struct str body;
    struct str content_type;
    struct str form_action; /* origins added to the CSP by reply_form_action */
};

struct req {
    struct task *task;
    struct arena *arena; /* task->arena */
    enum http_method method;
    struct str path;  /* percent coding untouched, without query */
    struct str query; /* raw, STR_NONE when absent */
    struct str tail;  /* what a route that ends in "/" did not name: "/login/" + tail */
    struct header *headers;
    size_t n_headers;
    struct str body;
    struct str content_type; /* lower case, without parameters */
    struct str address; /* of the client, text; from the trusted proxy's header if so configured */
    struct str host;
    bool secure;   /* came over TLS, or over a trusted proxy that says so */
    size_t others; /* requests of other kinds of work in progress here when it was let in */
    const struct route *route;
    void *app; /* the process's own state: struct web * */
    struct reply reply;
};

/* Kinds of work: each has its own part of what a process can do at a time (http/admission.h). */
enum work {
    WORK_OTHER, /* of a server that does one thing only: no part of its own */
    WORK_VITAL, /* health; what portals need to verify without us */
    WORK_TOKEN, /* of people who are logged in already: tokens, introspection, userinfo */
    WORK_PAGE,  /* pages and authorization requests */
    WORK_LOGIN, /* what makes a verifier hash: POST only; GET of such a route is WORK_PAGE */
    WORK_PUSH,  /* pushed authorization requests */
    WORK_COUNT
};

/* A row of the process's route table. */
struct route {
    const char *path; /* exact, or a prefix when it ends in "/" (except "/" itself) */
    unsigned methods; /* or of enum http_method; HEAD is served where GET is */
    enum err (*handler)(struct req *r);
    size_t body_max;
    int64_t deadline_ms;
    bool cors; /* answers CORS preflights and may be read from any origin (discovery, jwks, token,
                  userinfo) */
    bool json; /* failures of the route itself (413, 405, 503, 500) are told as JSON, else as a page
                */
    enum work work;
};

struct str req_header(const struct req *r, const char *name); /* STR_NONE when absent */
/* Repeated in the header list?  (authorization, host, content-type must not be) */
bool req_header_repeated(const struct req *r, const char *name);
struct str req_cookie(const struct req *r, const char *name);
/* Query parameters and form body.  ERR_INPUT for malformed coding or more than PARAMS_MAX; body
 * parameters only when the content type is application/x-www-form-urlencoded (else ERR_INPUT when a
 * body is there). */
CHECKED enum err req_query(struct req *r, struct params *out);
CHECKED enum err req_form(struct req *r, struct params *out);
/* Bearer or DPoP credentials: scheme and token of the Authorization header. */
bool req_authorization(const struct req *r, struct str *scheme, struct str *credentials);

/* Replies.  Security headers are added by http/security.c to every reply. */
/* A value with control characters ends the task: the answer is 500. */
void reply_header(struct req *r, const char *name, struct str value);
void reply_json(struct req *r, int status, const json_t *value);  /* no-store */
void reply_json_text(struct req *r, int status, struct str text); /* in the request's arena */
void reply_text(struct req *r, int status, const char *type, struct str body);
void reply_html(struct req *r, int status, struct str html); /* no-store, strict CSP */
void reply_redirect(struct req *r, struct str location);     /* 303, no-store */
void reply_empty(struct req *r, int status);
/* Set-Cookie with HttpOnly and SameSite=Lax, Path=/; over TLS the name gets the prefix __Host- and
 * Secure.  max_age_s 0: session cookie; < 0: delete. */
void reply_cookie(struct req *r, const char *name, struct str value, int64_t max_age_s);
/* Adds `source` (an origin) to the form-action of this page's CSP, for redirects after a POST. */
void reply_form_action(struct req *r, struct str source);

#endif
