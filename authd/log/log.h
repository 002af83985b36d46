/* The log: one line per event, key=value or JSON, on standard error.
 *
 *   log_event(LOG_INFO, TOKEN_ISSUED, LOG_STR("client", id), LOG_INT("ms", 3));
 *
 * Event names live in log/events.h, which is an API for operators.  Values are quoted where needed;
 * control characters are escaped, so that no input can forge a line.  A secret or a personal datum
 * never gets here: only struct str and integers are accepted.  The current request's id is added to
 * every line written while its task runs (log_request_set is called by the task layer). */
#ifndef LOG_LOG_H
#define LOG_LOG_H
#include "base/err.h"
#include "base/str.h"
#include "log/events.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_KEY_VALUE, LOG_JSON };

struct log_field {
    const char *key;
    struct str text; /* absent text: the field is left out */
    int64_t number;
    bool is_number;
};
#define LOG_STR(k, s) ((struct log_field){(k), (s), 0, false})
#define LOG_Z(k, z) ((struct log_field){(k), str_from(z), 0, false})
#define LOG_INT(k, n) ((struct log_field){(k), STR_NONE, (int64_t)(n), true})

/* Process-wide, set at start and on reload.  process: "web", "signer", … and its number (-1: none).
 */
void log_configure(enum log_format format, enum log_level level, const char *process, int number);
/* From now on every event is counted in counts[event], also one below the level; NULL: nowhere.  The
 * array is shared with other processes (metrics/board.h). */
void log_count(_Atomic uint64_t *counts);
/* Request id of whatever runs now; STR_NONE for none.  The slice must outlive its use. */
void log_request_set(struct str request_id);

#define log_event(level, event, ...)                                                               \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__},                           \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
/* One line, one write(2).  Fields "reason" and "place" are added from err_reason() by log_failure.
 */
void log_write(enum log_level level, enum log_event_name event, const struct log_field *fields,
               size_t n);
/* As log_event with err=, reason= and place= of the last fail() of this thread. */
#define log_failure(level, event, kind, ...)                                                       \
    log_write_failure((level), (event), (kind), (const struct log_field[]){__VA_ARGS__},           \
                      sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
void log_write_failure(enum log_level level, enum log_event_name event, enum err kind,
                       const struct log_field *fields, size_t n);

#endif
