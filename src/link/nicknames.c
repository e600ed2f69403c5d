#include "link/nicknames.h"

#include <string.h>

#include "link/table.h"

/* One group a line; a name may stand in several. Gathered from common knowledge of English, Spanish, Slavic,
 * Arabic, West African, French, German, Italian and Turkish usage. */
static const char *const given[] = {
	/* clang-format off */
	"abdul abdel abd abdu abdou abdallah abdullah abdulla",
	"abraham abe ibrahim avraham avram brahim",
	"adam adan adamu",
	"agnes agnieszka aga nes",
	"albert alberto al bert berto alberta",
	"aleksandr alexander aleksander alexandre alejandro alessandro alex sasha sacha sanya shura sandro ale iskandar oleksandr aliaksandr",
	"aleksandra alexandra alejandra sandra sasha alex ale oleksandra",
	"alexei aleksei alexey oleksii oleksiy alyosha lyosha",
	"alfonso alphonse poncho foncho",
	"alfredo alfred fred fredo alf",
	"alice alicia alison ally ali",
	"ana anna anne ann annie anita anya hanna hannah nan nancy anny ania anka",
	"anastasia anastasiya nastya nastia stasia asya",
	"andrew andy drew andrei andrey andre andres andriy andrii andrzej anders andreas",
	"angela angie angelica angelina angel",
	"anthony antony tony antonio anton antoine toni tonio antoni",
	"arturo arthur art artur",
	"barbara barb babs varvara varya basia",
	"beatriz beatrice bea trixie betty",
	"benjamin ben benny benji benja",
	"bernard bernardo bernie",
	"bogdan bohdan bogdana",
	"carlos charles charlie chuck chas carl karl karol charly carlitos",
	"caroline carolina carol carrie lina",
	"catherine katherine kate katie kathy cathy kathleen catalina katarina ekaterina yekaterina kateryna katya katia kitty katarzyna kasia caterina",
	"cecilia cecily cecile ceci",
	"charlotte carlota lottie charlie lotte",
	"christine christina cristina chris tina krystyna kristina chrissy christy",
	"christopher chris kit cristobal cristopher kris topher",
	"claudia claudine clau",
	"concepcion concha conchita",
	"consuelo chelo",
	"daniel dan danny dani danilo danylo danila",
	"david dave davy davyd dawid daud dawud",
	"deborah debra deb debbie",
	"denis dennis denys denny",
	"diego santiago jacob yakov",
	"dmitri dmitry dimitri dmytro dima mitya",
	"dolores lola loli",
	"dorothy dot dottie dolly dorothea",
	"edward ed eddie ted teddy ned eduardo edu lalo edouard edik eduard",
	"eleanor ellie nora leonor nell elinor eleonora",
	"elena helen helena elaine lena olena alyona alena ellen nell yelena ilona",
	"elizabeth liz lizzie beth betty betsy eliza elisabeth elisa isabel isabella isabelle bess libby elsie lisa yelizaveta elizaveta liza elzbieta ela",
	"emily emma em emmy emilia emilie emiliya",
	"emmanuel manuel manny manolo manu emanuel immanuel",
	"enrique henry hank harry henri enrico heinrich quique hal kike",
	"esther ester hester essie",
	"eugene gene evgeny evgeni yevgeny yevhen zhenya yevgeniy eugenio",
	"evgenia eugenia zhenya yevheniia yevgeniya",
	"fatima fatoumata fatou fatma fatimah fati fatme fatemeh",
	"felipe philip phil pip philippe filip filipe pippo phillip",
	"fernando ferdinand nando fer fernand",
	"francisco francis frank paco pancho frankie francesco francois franz kiko frantisek franco curro",
	"frances francisca fran fanny francesca francoise paca paquita franny",
	"frederick fred freddy freddie federico fritz frederic friedrich rick",
	"gabriel gabe gaby gavril havryil",
	"gabriela gabrielle gaby gabi",
	"galina galya halyna halina",
	"geoffrey geoff jeffrey jeff",
	"george jorge georgi giorgio yuri yuriy georges jerzy heorhii georgios jordi jurek",
	"gerald gerry jerry gerardo gerard gerhard",
	"grace graciela gracia gracie",
	"gregory greg gregorio grigory hryhorii grisha goyo grzegorz",
	"guadalupe lupe lupita",
	"guillermo william will bill billy willy memo wilhelm liam guillaume guglielmo wm willie vilem",
	"gustavo gus gustav tavo",
	"hassan hasan hassane",
	"hussein husain hossein husayn hussain",
	"ignacio nacho ignatius ignacy inigo ihnat",
	"igor ihor gosha",
	"irina iryna irene ira irena",
	"isaac isaak ike ishaq itzhak",
	"ivan john juan jean johann johannes giovanni jan jack johnny jon yahya hans ian sean shaun vanya joao janos juanito jhon ioan ivo",
	"jacqueline jackie jacqui",
	"james jim jimmy jamie jaime jacob diego jas jake iago giacomo jaco jacques yakub yaqub jakub",
	"jane juana jeanne joan joanna janet jenny giovanna janina joana",
	"jennifer jen jenny jenn",
	"jesus chuy chus chucho",
	"joseph jose joe joey pepe pepito josef giuseppe yusuf yousef youssef iosif osip jo beppe jozef josip yosef",
	"josephine josefina josefa pepa pepita josie fina jo",
	"joshua josh josue",
	"juliet julia julie giulia yulia yuliya juliana julieta yuliia",
	"julian julio jules giulio yulian",
	"katrina trina katarina",
	"khadija khadijah kadija khadidja hadija",
	"kenneth ken kenny",
	"konstantin kostya kostas constantin costa constantine",
	"larisa lara larysa",
	"lawrence larry laurence lorenzo laurent lars laurie",
	"leonard len lenny leonardo leo leon leonid lyonya",
	"lewis louis luis lou lewie ludwig luigi lucho louie luiz",
	"louise luisa lulu luise lou",
	"lucas luke luca lukas luka",
	"lucy lucia lucie luz",
	"ludmila lyudmila liudmyla lyuda lyudmyla mila",
	"lyubov liubov lyuba luba",
	"magdalena madeleine madalena magda lena magdalene malena",
	"margaret maggie meg peggy marge margarita marguerite greta rita madge margo margot molly daisy margarida malgorzata gosia",
	"mark marcus marc marcos marco marek marko",
	"maria mary marie mariya maryam mariam marya masha mariia marija miriam molly polly mia mara mitzi may mariana maruja",
	"martin martyn martino marty martins",
	"martha marta marti mattie",
	"matthew matt mateo matthias mathieu matvei matias mattia mateusz matvii",
	"maurice mauricio moe maurizio",
	"maximilian max maxim maksym maksim maximo maxime",
	"michael mike mick mickey mikhail misha miguel michel mykhailo mikael michal michele mihai mikel mischa mikey mykhaylo",
	"mercedes merche meche",
	"mohammed mohamed muhammad muhamad mohammad mo mamadou mehmet mamadu mohamad muhammed mahomed mohd md",
	"natalia nataliya natasha natalie nataly nat natascha nataliia",
	"nicholas nick nicky nicolas nikolai nikolay mykola nico kolya klaus niccolo nikolaos miklos mikolaj",
	"nicole nicola nicki nikki",
	"olga olha olya olia",
	"oscar oskar",
	"pamela pam",
	"patricia pat patty trish paty patsy tricia patrizia",
	"patrick pat paddy patricio patrice",
	"paul pablo pavel pavlo paolo pasha paulo pavol pawel paulus",
	"paula pauline paulina pavlina polina paola",
	"peter pete pedro petr petro pyotr pierre piotr petya pietro perico boutros butrus",
	"raymond ray ramon moncho raimundo",
	"rebecca becky rebeca becca rifka",
	"richard rick dick ricardo rich ricky riccardo dickie",
	"robert rob bob bobby roberto robbie bert rupert beto",
	"roger rogelio rodger",
	"roman romain romano roma",
	"ronald ron ronnie",
	"rosa rose rosie rosita roza rosalia rosario charo rosalie roslyn",
	"ruben reuben rube",
	"samuel sam sammy samuil",
	"sarah sara sally sadie",
	"sergei sergey serhii sergio serge serhiy seryozha",
	"sofia sophia sophie sofiya zofia sonia sonya sofya",
	"stanislav stas stanislaw stan stanislaus",
	"stephen steven steve stefan esteban etienne stepan stevie stephan estefan stefano istvan",
	"susan sue susana suzanne suzy susie susanna zuzana",
	"svetlana sveta svitlana lana",
	"tamara toma tamar",
	"tatiana tatyana tanya tania tetiana tata",
	"teresa theresa terry tess tessa therese teresita maite",
	"theodore ted teddy teodoro fyodor fedor fedir theo teo teodor",
	"thomas tom tommy tomas tommaso foma tomasz thos",
	"timothy tim timmy timofei timoteo tymofii",
	"valentina valya vale valentyna",
	"valery valeri valera valerii",
	"vasily vasili vasyl vasya basilio basil wasyl",
	"veronica ronnie vero veronika nika",
	"victor viktor vic vitya vittorio",
	"victoria vicky vika tori viktoria viktoriia vicki",
	"vincent vince vicente vincenzo vinny chente",
	"virginia ginny gina ginger",
	"vitaly vitalii vitaliy vitalik",
	"vladimir volodymyr vova volodya vladi uladzimir wladimir vlad",
	"vladislav vlad vladyslav wladyslaw",
	"walter walt wally gualterio",
	"xavier javier javi xavi",
	"yakov jacob jake jaco",
	"yaroslav jaroslav yarik slava",
	"zachary zach zack zechariah zakaria zacarias zakariya",
	"zinaida zina",
	"ahmed ahmad ahmet achmed amadou",
	"aisha aicha ayesha aysha aissatou aissata aishat",
	"ali aly aliou alioune",
	"aminata amina aminah ami",
	"bilal bilel",
	"hamid hameed abdelhamid",
	"hamza hamzah",
	"husni hosni",
	"jamal gamal djamel jamel cemal",
	"karim kareem abdelkarim krim",
	"khaled khalid halid",
	"layla leila laila leyla",
	"mahmoud mahmud mahmut",
	"mustafa mostafa moustapha mustapha mustafo",
	"nadia nadya nadezhda nadiia nadejda",
	"omar umar omer oumar umer",
	"osman othman usman ousmane uthman",
	"rashid rachid rasheed",
	"said sayed saeed sayid seydou",
	"salah saleh salih",
	"samir sameer",
	"suleiman solomon sulaiman soliman souleymane salomon shlomo suleyman",
	"tariq tarek tarik",
	"yasin yassin yassine yaseen",
	"yusra yosra",
	"zaynab zeinab zainab zineb zeynep",
	"abdulrahman abdelrahman abderrahman abderrahmane abdurrahman abdourahmane abdirahman",
	"abdelkader abdulkadir abdelqader abdelkadir abdulqadir abdoulkader",
	"abdelaziz abdulaziz abdoulaziz",
	"abdelkarim abdulkarim abdoulkarim",
	"abdelhamid abdulhamid abdoulhamid",
	"abdessalam abdulsalam abdelsalam abdeslam abdusalam",
	"abdellah abdallah abdullah abdoulaye abdulai abdoulay abdulaye",
	"moussa musa mousa moses moise",
	"issa isa eissa",
	"idrissa idris drissa idriss driss",
	"boubacar aboubacar abubakar bubakar abubaker boubakar abou",
	"oumou umu oum",
	"hawa awa eva",
	"cheick cheikh sheikh sheik shaikh",
	"binta bintou bintu",
	"houssine lahcen lhoussaine",
	"youssouf yusuf youssef yousef yusufu",
	"oleg oleh",
	"ganna hanna anna",
	"mykyta nikita",
	"illia ilya elijah elias ilias",
	"ephrem efrem ephraim",
	"yohannes johannes yohanes johanes",
	/* clang-format on */
};

/* What one family name becomes in other romanisations and other tongues: pinyin, Wade and Giles, Cantonese
 * and Hokkien readings; Korean ways; French and English ways in West Africa and in Arabic names; South Asian
 * ways. A clan's name has many bearers, so a group is weak evidence, and it counts no more than sounding
 * alike. Gathered from common knowledge. */
static const char *const family[] = {
	/* clang-format off */
	"wang wong ong heng", "huang wong hwang ng ooi", "wu ng goh go", "li lee lei ly", "zhang chang cheung cheong teo",
	"liu lau lao low", "chen chan tan chin chern", "yang yeung yeong yong", "zhao chao chiu jao", "zhou chou chow chau chew",
	"xu hsu tsui chui shu hui khoo", "sun suen soon", "ma mah beh", "zhu chu choo", "hu woo oh",
	"guo kuo kwok quek kok kwek", "he ho hor hoe", "lin lam lim ling lum", "gao kao ko koh", "luo lo law lor loh",
	"zheng cheng tay teh", "liang leung leong neo niu", "xie hsieh tse cheah chia", "song sung soong", "tang tong thong",
	"deng teng tang", "han hon hahn", "feng fung foong", "cao tsao cho chou", "zeng tseng tsang chan", "peng pang phang",
	"xiao hsiao siu siew", "cai tsai choi chua choy", "pan poon pun phua", "tian tien tin", "dong tung", "yuan yuen",
	"yu yue yee yuh", "ye yeh yip yap ip", "jiang chiang tseung keung kong", "du tu to doe", "su so soh soo", "wei ngai",
	"cheng ching chng", "lu lui lyu loo", "ding ting", "shen sham shum sim", "ren jen yam yum", "mo mok", "kong hung",
	"bai pai pak", "cui tsui choi", "qiu chiu yau khoo", "hou hau", "fang fong png", "jin chin kam kim", "shi shih sze sek",
	"yao yiu", "tan tam", "zhong chung", "lai loy", "wen man boon", "jia chia kar", "qian chien chin", "gu ku koo",
	"hoang huynh", "vu vo", "nguyen nguyn", "ho hu", "phan phang", "truong chuong", "dang tang", "chau chu",
	"kim gim ghim", "lee yi rhee ri li", "park pak bak bahk", "choi choe chwe", "jung jeong chung cheong", "kang gang",
	"cho jo joh", "yoon yun youn", "jang chang", "lim im rim yim", "shin sin", "seo suh so", "kwon gwon", "hwang whang",
	"ahn an", "yoo yu ryu lyu", "jeon jun chun", "ko go koh", "moon mun", "bae pae", "baek paik baik", "heo hur huh",
	"noh roh no", "gu koo ku",
	"diallo jallow dialo jalloh djallo jallo", "toure touray tureh", "traore trawally trawalle traoreh",
	"kone conneh koneh", "cisse ceesay sesay cissay", "ba bah", "ouattara wattara watara", "diarra jarra jara",
	"konate conateh konateh", "diabate jabateh diabateh jobarteh", "kouyate kuyateh kouyateh", "sow sou", "ndiaye njie njai",
	"diop jobe", "gueye gaye", "fall faal", "sarr saar", "thiam cham", "mbaye mbye", "dieng jeng", "diouf joof", "niang nyang",
	"camara kamara", "bangoura bangura", "barry bari", "balde baldeh", "keita keitah", "doumbia doumbouya dumbuya",
	"soumah suma", "sylla silla sillah", "sissoko cissoko sissokho", "ouedraogo wedraogo",
	"mohammed mohamed muhammad mohammad muhammed mohamad mohamud mohammadi", "ahmed ahmad ahmadi", "hussein hussain husain houcine hossain hossein husayn",
	"hassan hasan hassane", "ibrahim ebrahim brahim ibrahima", "ismail ismael smail", "khalil halil", "othman osman uthman usman",
	"rahman rehman rahmani", "sheikh shaikh sheik cheikh", "yusuf youssef yousef yusuf youssouf", "suleiman sulaiman soliman souleymane suleyman",
	"jaber gaber djaber", "hijazi hegazy hegazi", "sharqawi cherkaoui sharkawi", "qasim kassem qassem kacem kasim", "said saeed sayed saidi",
	"bennani benani", "haddad hadad", "najjar nijjar nadjar", "alaoui alawi", "idrissi idrisi",
	"chaudhary choudhary chowdhury choudhury chaudhari chaudhry choudhry", "mukherjee mukhopadhyay mukherji", "banerjee bandyopadhyay",
	"chatterjee chattopadhyay", "singh sing sinh", "sharma sarma", "begum begam", "miah mia miya mian", "bishwakarma biswakarma bk vishwakarma",
	"rai raai", "yadav yadab", "paudel poudel poudyal paudyal", "agarwal aggarwal agrawal", "mishra misra", "tiwari tewari", "iyer aiyar ayyar",
	/* clang-format on */
};

struct nicknames {
	struct link_dictionary words;
	uint16_t (*groups)[NICKNAME_MAX_GROUPS]; /* by word */
	size_t capacity;
};

struct nicknames *nicknames_free(struct nicknames *n)
{
	if (!n)
		return NULL;
	link_dictionary_done(&n->words);
	(void)mem_free(n->groups);
	return mem_free(n);
}

static int add_word(
	struct nicknames *n, const char *word, size_t length, uint16_t group, struct cf_error *err)
{
	uint32_t code;
	TRY(link_dictionary_add(&n->words, word, length, &code, err));
	if (code >= n->capacity) {
		size_t capacity = n->capacity * 2 + 2048;
		uint16_t(*more)[NICKNAME_MAX_GROUPS] = mem_resize(n->groups, capacity, sizeof *more);
		if (!more)
			return error_memory(err);
		memset(more + n->capacity, 0, (capacity - n->capacity) * sizeof *more);
		n->groups = more;
		n->capacity = capacity;
	}
	for (size_t i = 0; i < NICKNAME_MAX_GROUPS; i++)
		if (n->groups[code][i] == 0) {
			n->groups[code][i] = group;
			break;
		}
	return CF_OK;
}

int nicknames_new(enum nickname_table table, struct nicknames **ret, struct cf_error *err)
{
	const char *const *groups = table == NICKNAMES_GIVEN ? given : family;
	size_t n_groups =
		table == NICKNAMES_GIVEN ? sizeof given / sizeof *given : sizeof family / sizeof *family;
	/* the tables' numbers are apart, since given names are also compared with family names */
	size_t first = table == NICKNAMES_GIVEN ? 1 : 1 + sizeof given / sizeof *given;
	CF_CLEANUP_NICKNAMES struct nicknames *n = NEW(struct nicknames);
	if (!n)
		return error_memory(err);
	for (size_t g = 0; g < n_groups; g++)
		for (const char *at = groups[g]; *at;) {
			size_t length = strcspn(at, " ");
			TRY(add_word(n, at, length, (uint16_t)(first + g), err));
			at += length + (at[length] == ' ');
		}
	*ret = TAKE(n);
	return CF_OK;
}

/* The first word; where that is unknown and short, such as "al" or "de", the next. */
static uint32_t find_word(const struct nicknames *n, const char *name, size_t length)
{
	enum { ARTICLE = 2 };
	for (;;) {
		const char *blank = memchr(name, ' ', length);
		size_t first = blank ? (size_t)(blank - name) : length;
		uint32_t code = link_dictionary_find(&n->words, name, first);
		if (code || !blank || first > ARTICLE)
			return code;
		name += first + 1;
		length -= first + 1;
	}
}

void nicknames_groups(
	const struct nicknames *n, const char *name, size_t length, uint16_t ret_groups[NICKNAME_MAX_GROUPS])
{
	uint32_t code = find_word(n, name, length);
	memset(ret_groups, 0, NICKNAME_MAX_GROUPS * sizeof *ret_groups);
	if (code)
		memcpy(ret_groups, n->groups[code], NICKNAME_MAX_GROUPS * sizeof *ret_groups);
}
