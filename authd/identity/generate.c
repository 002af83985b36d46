/* The generator of test people.  Deterministic: the same seed gives the same people on every
 * machine, so it has its own small generator (SplitMix64) and must never be used for anything
 * secret. */
#include "identity/generate.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "identity/generate_tables.h"

#define FIRST_BIRTH_YEAR 1930
#define YOUNGEST_AGE 14
#define SERIALS 1000000u /* six digits of a personal number */
#define STRATA 20u /* of a wide generator: years of birth modulo this, a million people each */

static uint64_t next(struct generator *g)
{
    uint64_t z = (g->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned below(struct generator *g, unsigned bound)
{
    return (unsigned)(((next(g) >> 32) * bound) >> 32);
}

static const char *draw(struct generator *g, const struct weighted *table)
{
    unsigned sum = 0;
    for (const struct weighted *w = table; w->text != NULL; w++) {
        sum += w->weight;
    }
    unsigned at = below(g, sum);
    const struct weighted *w = table;
    for (; at >= w->weight; w++) {
        at -= w->weight;
    }
    return w->text;
}

static const struct place *draw_place(struct generator *g)
{
    unsigned sum = 0;
    for (const struct place *p = PLACES; p->code != 0; p++) {
        sum += p->weight;
    }
    unsigned at = below(g, sum);
    const struct place *p = PLACES;
    for (; at >= p->weight; p++) {
        at -= p->weight;
    }
    return p;
}

static struct birthdate draw_birthdate(struct generator *g)
{
    struct birthdate today = birthdate_of_time(g->now_s);
    struct birthdate b;
    do {
        /* The younger are more: the lesser of two draws counts back from the youngest. */
        unsigned span = (unsigned)(today.year - YOUNGEST_AGE - FIRST_BIRTH_YEAR + 1);
        unsigned x = below(g, span), y = below(g, span);
        b.year = today.year - YOUNGEST_AGE - (int)(x < y ? x : y);
        b.month = 1 + (int)below(g, 12);
        b.day = 1 + (int)below(g, (unsigned)days_in_month(b.year, b.month));
    } while (birthdate_age(&b, g->now_s) < YOUNGEST_AGE ||
             (g->wide && (unsigned)b.year % STRATA != g->made / SERIALS));
    /* Of the old, some know only year or month. */
    if (b.year < 1965 && below(g, 8) == 0) {
        b.day = 0;
        b.month = below(g, 2) == 0 ? 0 : b.month;
    }
    return b;
}

/* The basic letter of a Vietnamese one, for the local part of a mail address. */
static void add_plain(struct buf *b, const char *vietnamese)
{
    static const struct {
        const char *marked; /* decomposed by hand: what stands for one letter */
        char plain;
    } map[] = {
        {"aàáảãạăằắẳẵặâầấẩẫậAÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ", 'a'},
        {"eèéẻẽẹêềếểễệEÈÉẺẼẸÊỀẾỂỄỆ", 'e'},
        {"iìíỉĩịIÌÍỈĨỊ", 'i'},
        {"oòóỏõọôồốổỗộơờớởỡợOÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢ", 'o'},
        {"uùúủũụưừứửữựUÙÚỦŨỤƯỪỨỬỮỰ", 'u'},
        {"yỳýỷỹỵYỲÝỶỸỴ", 'y'},
        {"đĐ", 'd'},
    };
    for (const char *p = vietnamese; *p != '\0';) {
        size_t n = (*p & 0x80) == 0 ? 1 : (*p & 0xe0) == 0xc0 ? 2 : 3;
        char letter[4] = {0};
        memcpy(letter, p, n);
        char plain = n == 1 ? letter[0] : 'x';
        for (size_t i = 0; n > 1 && i < sizeof(map) / sizeof(map[0]); i++) {
            if (strstr(map[i].marked, letter) != NULL) {
                plain = map[i].plain;
            }
        }
        if (plain >= 'A' && plain <= 'Z') {
            plain = (char)(plain - 'A' + 'a');
        }
        if (plain != ' ') {
            buf_byte(b, plain);
        }
        p += n;
    }
}

static void set(json_t *object, const char *name, struct str value)
{
    json_object_set_new(object, name, json_str(value));
}

static json_t *make_address(struct arena *a, struct generator *g, const struct place *place)
{
    const char *locality = place->localities[below(g, 3)];
    const char *street = draw(g, STREETS);
    unsigned house = 1 + below(g, 299);
    json_t *address = json_object();
    set(address, "formatted",
        str_fmt(a, "%u %s, %s, %s, Việt Nam", house, street, locality, place->name));
    set(address, "street_address", str_fmt(a, "%u %s", house, street));
    set(address, "locality", str_from(locality));
    set(address, "region", str_from(place->name));
    set(address, "country", STR("VN"));
    return address;
}

struct generator generator_start(uint64_t seed, int64_t now_s)
{
    /* The seed also moves the serials, so that two seeds rarely give the same number. */
    return (struct generator){
        .state = seed, .serial = (uint32_t)(seed * 7919u % SERIALS), .now_s = now_s};
}

void generator_widen(struct generator *g)
{
    g->wide = true;
}

/* Beside the serial: "" for the first million. */
static struct str stratum(struct arena *a, const struct generator *g)
{
    return g->made < SERIALS ? STR("") : str_fmt(a, "%u.", g->made / SERIALS);
}

void generator_person(struct arena *a, struct generator *g, struct generated *out)
{
    enum sex sex = below(g, 2) == 0 ? SEX_MALE : SEX_FEMALE;
    const char *family = draw(g, FAMILY_NAMES);
    const char *middle = draw(g, sex == SEX_MALE ? MIDDLE_MALE : MIDDLE_FEMALE);
    const char *given = draw(g, sex == SEX_MALE ? GIVEN_MALE : GIVEN_FEMALE);
    struct birthdate born = draw_birthdate(g);
    const struct place *home = draw_place(g);

    struct generated r = {.account_level = below(g, 10) < 7 ? 2 : 1, .state = "active"};
    unsigned fate = below(g, 100);
    if (fate >= 97) {
        r.state = "locked";
    } else if (fate >= 94) {
        r.state = "issued";
    }
    /* A step coprime to a million visits every serial once. */
    g->serial = (g->serial + 387421u) % SERIALS;
    personal_number_make(home->code, sex, born.year, g->serial, &r.number);

    r.attributes = json_own(a, json_object());
    set(r.attributes, "name", str_fmt(a, "%s %s %s", family, middle, given));
    set(r.attributes, "family_name", str_from(family));
    set(r.attributes, "middle_name", str_from(middle));
    set(r.attributes, "given_name", str_from(given));
    set(r.attributes, "birthdate", birthdate_text(a, &born));
    set(r.attributes, "gender", sex == SEX_MALE ? STR("male") : STR("female"));
    set(r.attributes, "personal_number", personal_number_text(a, &r.number));
    set(r.attributes, "province", str_fmt(a, "%03d", home->code));
    if (below(g, 10) < 7) {
        struct buf email = buf_in(a);
        add_plain(&email, given);
        buf_byte(&email, '.');
        add_plain(&email, family);
        buf_fmt(&email, "%.*s%06u@example.vn", STR_FMT(stratum(a, g)), g->serial);
        set(r.attributes, "email", buf_str(&email));
        json_object_set_new(r.attributes, "email_verified", json_boolean(below(g, 10) < 6));
    }
    /* +84 1 has been no telephone range since 2018; the last six digits are the serial. */
    set(r.attributes, "phone_number",
        str_fmt(a, "+841%02u%06u", g->made / SERIALS % 100, g->serial));
    json_object_set_new(r.attributes, "phone_number_verified", json_true());
    const struct place *lives = below(g, 4) == 0 ? draw_place(g) : home;
    json_object_set_new(r.attributes, "address", make_address(a, g, lives));
    set(r.attributes, "locale", STR("vi-VN"));
    set(r.attributes, "zoneinfo", STR("Asia/Ho_Chi_Minh"));
    json_object_set_new(r.attributes, "updated_at", json_integer((json_int_t)g->now_s));
    g->made++;
    *out = r;
}
