/* The words, by where people take them from, and a sorted table of them made at first use.  Must
 * not hold anybody else's list: each word stands here because it is obvious. */
#include "verifier/obvious_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* clang-format off */
static const char WORDS[] =
    /* passwords and log-ins */
    "password passwort passwd pass passcode parole contrasena motdepasse secret secrets "
    "secure security login logon signin welcome letmein access admin administrator root "
    "user guest test tester testing demo default changeme change master system server "
    "service account manager support office company computer internet network windows "
    "microsoft google gmail yahoo facebook youtube twitter instagram tiktok zalo iphone "
    "android samsung nokia apple linux ubuntu oracle cisco adobe database private public "
    "unknown nothing something whatever anything everything trustno trust hacker hello "
    "hallo bonjour please sorry thanks thank thankyou "
    /* love and family */
    "love iloveyou ilove loveyou loveme lovely lover mylove darling honey baby babygirl "
    "babyboy angel princess prince queen king sweet sweetie sweetheart forever always "
    "friend friends family mother father mommy daddy mama papa sister brother husband "
    "wife kiss heart beautiful pretty cute happy smile lucky freedom peace dream dreams "
    "hope faith jesus christ god blessed heaven grace "
    /* names */
    "michael jordan jennifer jessica ashley daniel thomas robert william james john david "
    "richard charles joseph andrew anthony matthew joshua nicole amanda michelle maria "
    "anna laura sarah elizabeth hannah charlie george oliver harry jack jacob martin "
    "peter paul simon alex alexander max maxwell lisa linda nancy barbara susan karen "
    "donna "
    /* animals, nature, colours */
    "dragon monkey tiger lion panther eagle falcon phoenix wolf bear horse dog doggy "
    "puppy cat kitty kitten bird chicken rabbit turtle dolphin shark spider snake "
    "butterfly buffalo elephant panda flower rose orchid lotus sunflower summer winter "
    "spring autumn sun sunshine moon star stars sky ocean river mountain forest island "
    "water fire earth snow rain rainbow thunder lightning storm red blue green yellow "
    "orange purple pink black white silver gold golden diamond crystal "
    /* sport, games, films */
    "football soccer baseball basketball hockey tennis golf volleyball running swimming "
    "liverpool chelsea arsenal barcelona realmadrid madrid manchester united juventus "
    "bayern messi ronaldo neymar ferrari porsche mercedes bmw toyota honda yamaha suzuki "
    "kawasaki batman superman spiderman starwars pokemon pikachu naruto minecraft roblox "
    "fortnite mario zelda matrix warrior ninja samurai pirate wizard knight hunter killer "
    "shadow ghost demon devil hell "
    /* things, food, money */
    "coffee cookie chocolate cheese banana cherry lemon pepper ginger sugar candy pizza "
    "burger money dollar bitcoin rich business market music guitar piano rock metal dance "
    "disco video camera phone mobile house home school student teacher doctor nurse "
    "police soldier army marine pilot captain super power energy magic mystic mystery "
    "best perfect number one two three four five six seven eight nine ten zero hundred "
    "thousand million first second third last new old big small "
    /* days and months */
    "monday tuesday wednesday thursday friday saturday sunday january february march "
    "april may june july august september october november december morning evening night "
    "today tomorrow yesterday weekend holiday birthday christmas newyear "
    /* keyboards */
    "qwerty qwertz azerty asdfgh zxcvbn qazwsx qweasd qweasdzxc wasd asdf zxcv qwer uiop "
    "hjkl zaq xsw cde vfr bgt nhy mju qaz wsx edc rfv tgb yhn ujm abcd abcdef aabbcc xyz "
    /* English places */
    "america england london paris berlin tokyo newyork texas california florida canada "
    "china japan korea thailand singapore russia australia germany france italy spain "
    "europe asia world "
    /* Vietnamese passwords */
    "matkhau matkhaumoi matma mkhau baomat dangnhap taikhoan quantri khongbiet khongnho "
    "khongco quenroi quenmatkhau bimat matkhaucuatoi mothaiba motnamba "
    /* Vietnamese love and family */
    "yeu yeuem yeuanh emyeuanh anhyeuem toiyeuem toiyeuban tinhyeu mai maimai mottinhyeu "
    "nguoiyeu vochong chong voyeu chongyeu conyeu conyeucuame baba mebe bome mecon concai "
    "giadinh giadinhtoi hanhphuc hanhphucmai nhonhau nhoem nhoanh nhoban bame ongba anhem "
    "chiem ban banbe banthan tinhban cuocsong cuocdoi matday vuive vuituoi dangyeu "
    "xinhdep xinhgai deptrai cogai chang congchua hoangtu thienthan "
    /* Vietnamese names */
    "nguyen tran pham hoang huynh phan dang bui ngo duong dinh truong doan lam trinh dao "
    "cao luong thai luu chu quach thi van duc minh tuan hung dung hai nam long quang "
    "thanh trung kien cuong hieu hoa huong lan linh ngoc phuong thao thuy trang tuyet yen "
    "hanh hang nga nhung oanh bich binh giang khanh khoa lien loan nhi nhu phuc quan "
    "quynh son tam tan thang tien toan tung uyen viet xuan anh bao chau cuc diep "
    /* Vietnamese places */
    "vietnam hanoi saigon tphcm hochiminh haiphong danang cantho hue dalat nhatrang "
    "vungtau bienhoa quangninh halong nghean hatinh thanhhoa bacninh bacgiang hungyen "
    "haiduong namdinh thaibinh ninhbinh phutho vinhphuc thainguyen langson caobang laocai "
    "yenbai sonla dienbien laichau hoabinh quangbinh quangtri quangnam quangngai binhdinh "
    "phuyen khanhhoa ninhthuan binhthuan kontum gialai daklak daknong lamdong binhphuoc "
    "tayninh binhduong dongnai longan tiengiang bentre travinh vinhlong dongthap angiang "
    "kiengiang haugiang soctrang baclieu camau sapa phuquoc mientay miennam mienbac "
    "mientrung "
    /* Vietnamese things */
    "bongda congphuong quanghai vodich vietnamvodich vovietnam cogang quyettam thanhcong "
    "maymanhtien nhieutien giauco giau phat tai loc phattai locphat maylai man mayman "
    "xinchao chao chaoban camon xinloi hoc sinh hocsinh sinhvien giaovien bacsi bodoi "
    "congan nongdan congty congviec lamviec daihoc lop nha xemay oto dienthoai maytinh "
    "mang mot bon sau bay chin muoi khong meo cho vit trau rong hoahong hoasen hoamai "
    "hoadao phohanoi caphe trada bunbo banhmi mua thu dong muaxuan muahe muathu muadong "
    "tet nammoi chucmung sinhnhat "
    /* this service */
    "vneid vnid eid dinhdanh dinhdanhdientu dientu danhtinh cancuoc cancuoccongdan cccd "
    "cmnd congdan chungminh dichvucong dichvu congdichvu chinhphu nhanuoc bocongan "
    "quocgia identity citizen government portal authd oidc ";
/* clang-format on */

#define COMMON_MAX 1200
static struct str table[COMMON_MAX];
static size_t count;

static int compare(const void *x, const void *y)
{
    const struct str *a = x, *b = y;
    int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
    return c != 0 ? c : (a->n > b->n) - (a->n < b->n);
}

/* Written once: the same whoever asks first. */
static void fill(void)
{
    struct str rest = str_of(WORDS, sizeof(WORDS) - 1), word;
    if (count > 0) {
        return;
    }
    while (str_word(&rest, &word)) {
        if (count == COMMON_MAX) {
            bug("common words: more than the table holds");
        }
        table[count++] = word;
    }
    qsort(table, count, sizeof(table[0]), compare);
}

bool obvious_word(struct str word)
{
    fill();
    return bsearch(&word, table, count, sizeof(table[0]), compare) != NULL;
}

size_t obvious_word_count(void)
{
    fill();
    return count;
}

struct str obvious_word_at(size_t n)
{
    fill();
    return n < count ? table[n] : STR_NONE;
}
