/* Strict JSON reading on jansson: one way in for all foreign JSON.
 *
 * Refuses duplicate names, trailing text, invalid UTF-8, NUL, numbers beyond int64, more than
 * JSON_DEPTH_MAX levels and more than the given number of bytes.  Never recurses beyond the depth.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include <jansson.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define JSON_DEPTH_MAX 16
#define JSON_SIZE_MAX (256 * 1024) /* of what others send */

/* A new reference on success; the caller gives it back with json_decref.  max: bytes, JSON_SIZE_MAX
 * unless there is a reason.  ERR_INPUT, ERR_LIMIT. */
CHECKED enum err json_read(struct str text, size_t max, json_t **out);
/* The same, owned by the arena. */
CHECKED enum err json_read_in(struct arena *a, struct str text, json_t **out);
/* Hands a reference to the arena and returns the same value, for values built there. */
json_t *json_own(struct arena *a, json_t *value);
/* Compact text in the arena; keys in insertion order.  Out of memory ends as the arena's does. */
struct str json_text(struct arena *a, const json_t *value);
/* Member as text: STR_NONE when absent or not a string. */
struct str json_member(const json_t *object, const char *name);
/* Member as whole number; false when absent or not an integer. */
bool json_member_i64(const json_t *object, const char *name, int64_t *out);
json_t *json_str(struct str s); /* new string value */
/* A text, quoted and escaped; it must be UTF-8. */
void json_put_text(struct buf *b, struct str s);

/* An object as text, member by member, where nobody needs the values: no json_t in between.
 * Texts are valid UTF-8, and no name comes twice. */
struct json_members {
    struct buf text;
};
struct json_members json_members_begin(struct arena *a);
void json_members_text(struct json_members *m, const char *name, struct str value);
void json_members_number(struct json_members *m, const char *name, int64_t value);
/* A value that is JSON text already. */
void json_members_json(struct json_members *m, const char *name, struct str json);
struct str json_members_end(struct json_members *m);
#endif
