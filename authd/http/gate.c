/* Strict reading of HTTP/1.1 framing: request line, header lines, body length.  spec: RFC 9112, RFC
 * 9110. Must not allocate, log or know about connections: it is fuzzed as it stands. */
#include "http/gate.h"
#include <string.h>

static enum gate_step refuse(struct gate *g, int status, const char *why)
{
    g->place = GATE_SHUT;
    g->status = status;
    g->why = why;
    return GATE_REFUSED;
}

static void request_begin(struct gate *g)
{
    size_t header_max = g->header_max;
    memset(g, 0, sizeof(*g));
    g->header_max = header_max;
    g->place = GATE_AT_START;
}

void gate_init(struct gate *g, size_t header_max)
{
    g->header_max = header_max;
    request_begin(g);
}

bool gate_in_head(const struct gate *g)
{
    return g->place > GATE_AT_START && g->place <= GATE_IN_HEAD_END;
}

bool gate_in_body(const struct gate *g)
{
    return g->place == GATE_AT_BODY || g->place == GATE_IN_BODY;
}

/* spec: RFC 9110 §5.6.2 token */
static bool is_token(unsigned char c)
{
    switch (c) {
    case '!':
    case '#':
    case '$':
    case '%':
    case '&':
    case '\'':
    case '*':
    case '+':
    case '-':
    case '.':
    case '^':
    case '_':
    case '`':
    case '|':
    case '~':
        return true;
    default:
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
}

/* spec: RFC 3986 §3.3, §3.4 path and query; of the rest only what browsers leave uncoded in queries
 */
static bool is_target(unsigned char c)
{
    switch (c) {
    case '"':
    case '#':
    case '<':
    case '>':
    case '\\':
    case '^':
    case '`':
        return false;
    default:
        return c > ' ' && c < 0x7f;
    }
}

static bool is_value(unsigned char c)
{
    return (c >= ' ' && c != 0x7f) || c == '\t';
}

static bool method_is(const struct gate *g, const char *name)
{
    return g->method_n == strlen(name) && memcmp(g->method, name, g->method_n) == 0;
}

static enum gate_step in_method(struct gate *g, unsigned char c)
{
    static const char *const known[] = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"};
    if (c != ' ') {
        if (!is_token(c)) {
            return refuse(g, 400, "the request line does not begin with a method");
        }
        if (g->method_n == sizeof(g->method)) {
            return refuse(g, 501, "unknown method");
        }
        g->method[g->method_n++] = (char)c;
        g->place = GATE_IN_METHOD;
        return GATE_MORE;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (method_is(g, known[i])) {
            g->place = GATE_IN_TARGET;
            return GATE_MORE;
        }
    }
    return refuse(g, g->method_n == 0 ? 400 : 501, "unknown method");
}

/* spec: RFC 9112 §3.2.1 origin-form; absolute-form is refused: there is no proxy here */
static enum gate_step in_target(struct gate *g, unsigned char c)
{
    if (c == ' ' && g->target_n > 0) {
        g->place = GATE_IN_VERSION;
        return GATE_MORE;
    }
    if (!is_target(c)) {
        return refuse(g, 400, "the target holds a byte that must be percent coded");
    }
    if (g->target_n == 0 && c != '/') {
        return refuse(g, 400, "the target must begin with a slash");
    }
    if (g->target_n == 1 && c == '/') {
        return refuse(g, 400, "the target must not begin with two slashes");
    }
    g->target_n++;
    g->in_query = g->in_query || c == '?';
    if (!g->in_query && g->path_n < sizeof(g->path)) {
        g->path[g->path_n++] = (char)c;
    }
    return GATE_MORE;
}

static enum gate_step in_version(struct gate *g, unsigned char c)
{
    static const char prefix[] = "HTTP/1.";
    if (g->version_n < sizeof(prefix) - 1) {
        if (c != (unsigned char)prefix[g->version_n]) {
            return refuse(g, g->version_n >= 5 ? 505 : 400, "only HTTP/1.1 is spoken here");
        }
    } else if (g->version_n == sizeof(prefix) - 1) {
        if (c != '0' && c != '1') {
            return refuse(g, 505, "only HTTP/1.1 is spoken here");
        }
        g->minor = (unsigned)(c - '0');
    } else {
        if (c != '\r') {
            return refuse(g, 400, "the request line does not end in CR LF");
        }
        g->place = GATE_IN_LINE_END;
    }
    g->version_n++;
    return GATE_MORE;
}

/* spec: RFC 9112 §2.2 a bare CR MUST be refused or replaced; a lone LF may be taken, and is refused
 * here */
static enum gate_step in_line_end(struct gate *g, unsigned char c)
{
    if (c != '\n') {
        return refuse(g, 400, "CR without LF");
    }
    g->place = GATE_AT_LINE;
    return GATE_MORE;
}

static enum gate_step in_name(struct gate *g, unsigned char c)
{
    if (c == ':') {
        g->place = GATE_IN_VALUE;
        return GATE_MORE;
    }
    if (!is_token(c)) {
        /* spec: RFC 9112 §5.1 no white space between name and colon: MUST be refused with 400 */
        return refuse(g, 400, "a header name holds a byte that does not belong there");
    }
    if (g->name_n < sizeof(g->name)) {
        g->name[g->name_n] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    g->name_n++;
    return GATE_MORE;
}

static enum gate_step at_line(struct gate *g, unsigned char c)
{
    if (c == '\r') {
        g->place = GATE_IN_HEAD_END;
        return GATE_MORE;
    }
    if (c == ' ' || c == '\t') {
        /* spec: RFC 9112 §5.2 obs-fold MUST be refused or replaced */
        return refuse(g, 400, "folded header line");
    }
    if (++g->n_headers > GATE_HEADERS_MAX) {
        return refuse(g, 431, "too many headers");
    }
    g->name_n = 0;
    g->value_n = 0;
    if (c == ':') {
        return refuse(g, 400, "a header without a name");
    }
    g->place = GATE_IN_NAME;
    return in_name(g, c);
}

static bool name_is(const struct gate *g, const char *name)
{
    return g->name_n == strlen(name) && memcmp(g->name, name, g->name_n) == 0;
}

static enum gate_step judge_length(struct gate *g, struct str value)
{
    /* spec: RFC 9112 §6.3 several or malformed Content-Length: MUST be treated as unrecoverable */
    if (++g->n_length > 1) {
        return refuse(g, 400, "two Content-Length headers");
    }
    if (!str_u64(value, &g->content_length)) {
        return refuse(g, 400, "Content-Length is not a plain number");
    }
    return GATE_MORE;
}

static enum gate_step judge_host(struct gate *g, struct str value)
{
    /* spec: RFC 9112 §3.2 more than one Host, or an invalid one: MUST be answered with 400 */
    if (++g->n_host > 1) {
        return refuse(g, 400, "two Host headers");
    }
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
        if (!fine) {
            return refuse(g, 400, "the Host header is not a host");
        }
    }
    return value.n == 0 ? refuse(g, 400, "the Host header is empty") : GATE_MORE;
}

static enum gate_step judge_header(struct gate *g)
{
    struct str value = str_trim(str_of(g->value, g->value_n));
    if (name_is(g, "transfer-encoding")) {
        /* spec: RFC 9112 §6.3 a server may refuse a request without Content-Length with 411 */
        return refuse(g, 411, "Transfer-Encoding is not taken; send Content-Length");
    }
    if (name_is(g, "host")) {
        return judge_host(g, value);
    }
    if (name_is(g, "content-length")) {
        return judge_length(g, value);
    }
    if (name_is(g, "expect") && !str_ieq(value, STR("100-continue"))) {
        return refuse(g, 417, "unknown expectation");
    }
    if (name_is(g, "content-type") && ++g->n_type > 1) {
        return refuse(g, 400, "two Content-Type headers");
    }
    if (name_is(g, "authorization") && ++g->n_authorization > 1) {
        return refuse(g, 400, "two Authorization headers");
    }
    return GATE_MORE;
}

static bool is_judged(const struct gate *g)
{
    return name_is(g, "host") || name_is(g, "content-length") || name_is(g, "expect");
}

static enum gate_step in_value(struct gate *g, unsigned char c)
{
    if (c == '\r') {
        g->place = GATE_IN_VALUE_END;
        return GATE_MORE;
    }
    if (!is_value(c)) {
        /* spec: RFC 9110 §5.5 CR, LF and NUL in a value MUST be refused or replaced */
        return refuse(g, 400, "a header value holds a control character");
    }
    if (g->value_n < sizeof(g->value)) {
        g->value[g->value_n++] = (char)c;
    } else if (is_judged(g)) {
        return refuse(g, 400, "a header value is too long for its name");
    }
    return GATE_MORE;
}

static enum gate_step in_value_end(struct gate *g, unsigned char c)
{
    if (c != '\n') {
        return refuse(g, 400, "CR without LF");
    }
    g->place = GATE_AT_LINE;
    return judge_header(g);
}

static enum gate_step in_head_end(struct gate *g, unsigned char c)
{
    if (c != '\n') {
        return refuse(g, 400, "CR without LF");
    }
    /* spec: RFC 9112 §3.2 no Host in HTTP/1.1: MUST be answered with 400; so is HTTP/1.0 here */
    if (g->n_host == 0) {
        return refuse(g, 400, "no Host header");
    }
    bool may_have_body = method_is(g, "POST") || method_is(g, "PUT") || method_is(g, "PATCH");
    if (g->content_length > 0 && !may_have_body) {
        return refuse(g, 400, "this method takes no body");
    }
    g->body_left = g->content_length;
    g->place = GATE_AT_BODY;
    return GATE_HEAD;
}

static enum gate_step head_byte(struct gate *g, unsigned char c)
{
    if (++g->head_bytes > g->header_max) {
        return g->place <= GATE_IN_TARGET ? refuse(g, 414, "the target is too long")
                                          : refuse(g, 431, "the headers are too large");
    }
    switch (g->place) {
    case GATE_AT_START:
    case GATE_IN_METHOD:
        return in_method(g, c);
    case GATE_IN_TARGET:
        return in_target(g, c);
    case GATE_IN_VERSION:
        return in_version(g, c);
    case GATE_IN_LINE_END:
        return in_line_end(g, c);
    case GATE_AT_LINE:
        return at_line(g, c);
    case GATE_IN_NAME:
        return in_name(g, c);
    case GATE_IN_VALUE:
        return in_value(g, c);
    case GATE_IN_VALUE_END:
        return in_value_end(g, c);
    default:
        return in_head_end(g, c);
    }
}

static enum gate_step body_bytes(struct gate *g, struct str *input)
{
    size_t n = g->body_left < input->n ? (size_t)g->body_left : input->n;
    input->p += n;
    input->n -= n;
    g->body_left -= n;
    if (g->body_left > 0) {
        g->place = GATE_IN_BODY;
        return GATE_MORE;
    }
    request_begin(g);
    return GATE_DONE;
}

/* Values and queries are most of a head: what needs no judgement of these is taken at once. */
static void take_run(struct gate *g, struct str *input)
{
    const unsigned char *p = (const unsigned char *)input->p;
    size_t n = 0, most = g->header_max - g->head_bytes;
    most = input->n < most ? input->n : most;
    if (g->place == GATE_IN_VALUE) {
        size_t room = sizeof(g->value) - g->value_n;
        most = is_judged(g) && room < most ? room : most;
        while (n < most && is_value(p[n])) {
            n++;
        }
        size_t kept = n < room ? n : room;
        memcpy(g->value + g->value_n, p, kept);
        g->value_n += kept;
    } else {
        while (n < most && is_target(p[n])) {
            n++;
        }
        g->target_n += n;
    }
    g->head_bytes += n;
    input->p += n;
    input->n -= n;
}

enum gate_step gate_next(struct gate *g, struct str *input)
{
    if (g->place == GATE_SHUT) {
        return GATE_REFUSED;
    }
    if (gate_in_body(g)) {
        return body_bytes(g, input);
    }
    while (input->n > 0) {
        unsigned char c = (unsigned char)*input->p;
        input->p++;
        input->n--;
        enum gate_step step = head_byte(g, c);
        if (step != GATE_MORE) {
            return step;
        }
        if (g->place == GATE_IN_VALUE || (g->place == GATE_IN_TARGET && g->in_query)) {
            take_run(g, input);
        }
    }
    return GATE_MORE;
}
