/* `authctl doctor` for people: findings, errors first, then what was looked at. */
#include "authctl/authctl.h"

static void view_areas(FILE *to, struct arena *a, const struct screen *s, const json_t *areas,
                       const char *state, const char *title)
{
    struct str line = STR_NONE;
    size_t i;
    json_t *one;
    json_array_foreach(areas, i, one)
    {
        if (str_eqz(json_member(one, "state"), state)) {
            line = str_fmt(a, "%.*s%s%.*s", STR_FMT(line), str_is(line) ? ", " : "",
                           STR_FMT(print_cell(a, json_object_get(one, "area"))));
        }
    }
    if (str_is(line)) {
        fprintf(to, "%-13s", title);
        screen_value(to, s, line, 13);
    }
}

void view_doctor(FILE *to, struct arena *a, const struct screen *s, const json_t *found)
{
    const json_t *findings = json_object_get(found, "findings");
    const json_t *areas = json_object_get(found, "areas");
    view_warnings(to, a, s, findings);
    if (json_array_size(findings)) {
        fputc('\n', to);
    }
    view_areas(to, a, s, areas, "ok", "in order:");
    view_areas(to, a, s, areas, "not checked", "not checked:");
    bool healthy = json_is_true(json_object_get(found, "healthy"));
    screen_put(to, s, healthy ? TONE_GOOD : TONE_BAD,
               healthy ? STR("authd is well") : STR("something is to be done"));
    fputc('\n', to);
}
