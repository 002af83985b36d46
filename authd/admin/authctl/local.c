/* The commands that authctl does itself, without the daemon. */
#include "authctl/authctl.h"

#include <stdlib.h>
#include <string.h>

static enum err local_completion(struct arena *a, const struct request *r, json_t **result)
{
    char *text = NULL;
    size_t n = 0;
    struct str shell = json_member(r->arguments, "shell");
    if (!str_eq(shell, STR("bash"))) {
        return fail(ERR_INPUT, "completion: there is one for bash, not for %.*s", STR_FMT(shell));
    }
    FILE *to = open_memstream(&text, &n);
    if (!to) {
        return fail(ERR_NO_MEMORY, "completion");
    }
    complete_script(to);
    fclose(to);
    json_t *answer = json_own(a, json_object());
    json_object_set_new(answer, "text", json_stringn(text, n));
    free(text);
    *result = answer;
    return OK;
}

static bool writes_a_file(const struct request *r)
{
    return str_is(json_member(r->arguments, "output"));
}

static const struct {
    const char *words;
    enum err (*run)(struct arena *a, const struct request *r, json_t **result);
    bool (*when)(const struct request *r); /* NULL: always */
    bool asks;                             /* the daemon */
} locals[] = {
    {"migrate", local_migrate, NULL, false},
    {"doctor", local_doctor, NULL, false},
    {"completion", local_completion, NULL, false},
    {"erasures check", local_erasures_check, NULL, false},
    {"erasures replay", local_erasures_replay, NULL, true},
    {"identity import", local_import, NULL, true},
    {"identity generate", local_generate, writes_a_file, false},
};
#define N_LOCALS (sizeof locals / sizeof locals[0])

/* N_LOCALS: none */
static size_t find(const struct request *r)
{
    size_t i = 0;
    while (i < N_LOCALS && (strcmp(locals[i].words, r->command->words) != 0 ||
                            (locals[i].when && !locals[i].when(r)))) {
        i++;
    }
    return i;
}

bool local_is(const struct request *r)
{
    return r->command->local || find(r) < N_LOCALS;
}

enum err local_run(struct arena *a, const struct request *r, json_t **result, bool *reached)
{
    size_t i = find(r);
    *reached = true;
    if (i == N_LOCALS) {
        return fail(ERR_INTERNAL, "%s is not built in", r->command->words);
    }
    enum err e = locals[i].run(a, r, result);
    *reached = !(locals[i].asks && e == ERR_UNAVAILABLE);
    return e;
}
