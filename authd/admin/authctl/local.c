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

static const struct {
    const char *words;
    enum err (*run)(struct arena *a, const struct request *r, json_t **result);
} locals[] = {
    {"migrate", local_migrate},
    {"doctor", local_doctor},
    {"completion", local_completion},
};

enum err local_run(struct arena *a, const struct request *r, json_t **result)
{
    for (size_t i = 0; i < sizeof locals / sizeof locals[0]; i++) {
        if (!strcmp(locals[i].words, r->command->words)) {
            return locals[i].run(a, r, result);
        }
    }
    return fail(ERR_INTERNAL, "%s is not built in", r->command->words);
}
