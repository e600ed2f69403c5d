#include "names.h"

/* The invented country's own names: common European given names, family names of invented stems and endings.
 */
static const char home_female[] =
	"Ana Mira Elena~Lena Sofia Lucia Marta Ivana Klara Nadja Vesna Irena Tea Petra Lena Julia Simona "
	"Dora Eva "
	"Katja~Kati Milena Bianca Tamara Rosa Silvia Danica Nora Tina Alma Helena Iris Jelka Lidia Zora Vera "
	"Emília "
	"Renáta Zuzana~Zuza Adriana Dária Marína Valéria Léna Mónika Teréza Noémi Sára Hana Lívia";
static const char home_male[] = "Luka Marko Ivan Petar~Pero David Tomas~Tom Andrej Filip Josip Daniel~Dani "
				"Viktor Adrian Matej Emil Stefan "
				"Roman Boris Anton~Toni Simon Jan Karel Leon Oskar Martin Pavel Robert~Rob "
				"Denis Goran Igor Jakob Zoran "
				"Alen Bruno Damir Edvard Fabian Gregor Henrik Lorenc Maxim Nikola~Niko "
				"Ondrej Radim Tadeáš Václav Štefan "
				"Ján Lukáš Mário";
static const char home_stem[] = "Mar Vel Kost Dram Lur Pel Tern Sov Bran Kal Mor Zel Rad Hal Gar Tor Ves Dul "
				"Fer Lam Nov Orl Pav Rok Sel "
				"Tur Ulm Vark Zan Bel Crn Dov Erl Fal Grab Hor Jas Krel Lip Mals Nel Ost "
				"Prel Rus Strav Trel Vral Žur Šev "
				"Čal Brod Dren Glav Kren Loz Mel Rup Skal Tav Vod";
static const char home_ending[] =
	"ič ar an ek ov/ova oni aš in elli ec ak iu ent ier osz as ovar ika ando áni";

static const char romanian_female[] = "Maria Elena Ioana Andreea Mihaela Ana Cristina Alexandra~Alexa "
				      "Gabriela~Gabi Daniela~Dana Alina Florentina "
				      "Nicoleta Georgiana~Gina Roxana Simona Mădălina Oana Raluca Diana "
				      "Loredana Ionela Bianca Larisa Ștefania "
				      "Denisa Paula Carmen Mirela Violeta Lăcrămioara Iuliana Valentina~Vali "
				      "Claudia Ramona Corina Adina Ruxandra "
				      "Ecaterina~Cati Anișoara";
static const char romanian_male[] =
	"Andrei Alexandru~Alex Mihai Ionuț Florin Adrian~Adi Cristian~Cristi Marian Gheorghe~Gicu Vasile Ion "
	"Constantin~Costel Nicolae~Nicu Daniel~Dani Bogdan Marius Gabriel~Gabi Ștefan~Fane Răzvan Cosmin "
	"Lucian "
	"Ciprian Dumitru~Mitică Sorin Viorel Costel Robert Iulian Cătălin Petru Laurențiu Valentin~Vali "
	"Dorin "
	"Ovidiu Claudiu Silviu Emil Sergiu Radu Tudor";
static const char romanian_stem[] = "Pop Ion Dumitr Stan Georg Constantin Marin Ștef Rad Din Flor Cristea "
				    "Tom Mihăil Vasil Nicol Petr Ilie Lup "
				    "Diacon Sandu Barb Moldov Mun Oprea Preda Lazăr Ursu Albu Negr Bucur Căl "
				    "Dobr Enach Filip Grigor Horat "
				    "Iord Manol Neagu Oltean Păun Roș Săv Todor Ung Voic Zamfir";
static const char romanian_ending[] = "escu eanu u aru ache oiu ciuc aș a";

static const char ukrainian_female[] =
	"Олена~Лена Ірина~Іра Наталія~Наташа Оксана Тетяна~Таня Марія~Маша Юлія~Юля Світлана~Світа Анна~Аня "
	"Катерина~Катя Людмила~Люда Вікторія~Віка Ольга~Оля Галина~Галя Анастасія~Настя Надія Любов Інна "
	"Дарина "
	"Христина~Христя Соломія Яна Аліна Мирослава Зоряна Валентина Лариса Богдана Євгенія~Женя Злата";
static const char ukrainian_male[] =
	"Олександр~Саша Сергій Володимир~Вова Андрій Микола~Коля Іван Юрій~Юра Василь~Вася Віктор~Вітя "
	"Михайло~Міша "
	"Ігор Олег Дмитро~Діма Богдан Тарас Роман~Рома Петро Ярослав~Ярик Максим Євген~Женя Павло~Паша "
	"Віталій "
	"Руслан Анатолій~Толя Степан Назар Остап Артем~Тьома Денис Григорій~Гриша";
static const char ukrainian_patronymic[] =
	"Олександрович/Олександрівна Іванович/Іванівна Миколайович/Миколаївна Петрович/Петрівна "
	"Васильович/Василівна "
	"Володимирович/Володимирівна Михайлович/Михайлівна Сергійович/Сергіївна Андрійович/Андріївна "
	"Юрійович/Юріївна Богданович/Богданівна Степанович/Степанівна Григорович/Григорівна "
	"Вікторович/Вікторівна";
static const char ukrainian_stem[] = "Шев Ковал Бонд Ткач Кравч Олій Поліщ Марч Гаврил Савч Руд Мельнич Петр "
				     "Павл Клим Гонч Мороз Лис Гриц "
				     "Кузьм Сидор Левч Пономар Дани Тимош Юрч Захар Мартин Яким Остап Харч "
				     "Нест Боровик Панч Федор Дем Кириль "
				     "Макс Ярем Онищ Вас Гриш Лук Назар Самой Терещ Хом Чер Шап Юхим";
static const char ukrainian_ending[] = "енко чук ук ський/ська ій ець юк ак ов/ова ик";

static const char bulgarian_female[] =
	"Мария Иванка Елена~Ели Йорданка~Данче Пенка Мариана Росица Радка Даниела~Дани Петя Стефка "
	"Николина~Нина "
	"Гергана~Гери Виолета Цветанка Десислава~Деси Силвия Снежана Галина Теодора~Теди Кремена Благовеста "
	"Катерина~Катя Людмила Ралица Албена Зорница Маргарита Невена Станка";
static const char bulgarian_male[] = "Георги~Гошо Иван~Ванко Димитър~Митко Николай~Ники Петър~Пешо "
				     "Христо~Ицо Тодор Йордан~Данчо Стефан~Стефчо "
				     "Васил Александър~Сашо Кирил Ангел Асен Борислав~Боби Венцислав "
				     "Владимир Емил Живко Красимир Любомир Марин "
				     "Огнян Пламен Румен Стоян Цветан Явор Светослав Здравко";
static const char bulgarian_middle[] =
	"Иванов/Иванова Георгиев/Георгиева Димитров/Димитрова Петров/Петрова Николов/Николова "
	"Стоянов/Стоянова "
	"Тодоров/Тодорова Христов/Христова Ангелов/Ангелова Василев/Василева Асенов/Асенова Маринов/Маринова";
static const char bulgarian_stem[] = "Иван Георги Димитр Петр Никол Христ Стоян Тодор Или Васил Атанас Ангел "
				     "Колев Йордан Марин Кол Стефан Никол "
				     "Александр Лазар Михайл Павл Симеон Спас Крум Рад Слав Цвет Жив Бож "
				     "Драг Киряк Ман Найден Пен Руме Станк "
				     "Трайк Филип Цан Черн Щер Янк";
static const char bulgarian_ending[] = "ов/ова ев/ева ски/ска чев/чева ин/ина";

const struct origin origins_europe[] = {
	{
		.country = "XV",
		.name = "the country itself",
		.weight = 170,
		.system = NAME_GIVEN_FAMILY,
		.is_latin = true,
		.unknown_day = 5,
		.female = {home_female, NULL},
		.male = {home_male, NULL},
		.family = {home_stem, home_ending, NULL},
		.family_flatness = 30,
	},
	{
		.country = "RO",
		.name = "Romania",
		.weight = 90,
		.system = NAME_GIVEN_FAMILY,
		.is_latin = true,
		.unknown_day = 5,
		.female = {romanian_female, NULL},
		.male = {romanian_male, NULL},
		.family = {romanian_stem, romanian_ending, NULL},
		.family_flatness = 10,
	},
	{
		.country = "UA",
		.name = "Ukraine",
		.weight = 80,
		.system = NAME_MIDDLE_FAMILY,
		.cyrillic = CYRILLIC_UKRAINIAN,
		.unknown_day = 5,
		.female = {ukrainian_female, NULL},
		.male = {ukrainian_male, NULL},
		.middle = ukrainian_patronymic,
		.family = {ukrainian_stem, ukrainian_ending, NULL},
		.family_flatness = 15,
	},
	{
		.country = "BG",
		.name = "Bulgaria",
		.weight = 55,
		.system = NAME_MIDDLE_FAMILY,
		.cyrillic = CYRILLIC_BULGARIAN,
		.unknown_day = 5,
		.female = {bulgarian_female, NULL},
		.male = {bulgarian_male, NULL},
		.middle = bulgarian_middle,
		.family = {bulgarian_stem, bulgarian_ending, NULL},
		.family_flatness = 8,
	},
};
const size_t n_origins_europe = sizeof origins_europe / sizeof *origins_europe;
