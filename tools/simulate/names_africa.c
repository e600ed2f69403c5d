#include "names.h"

static const char nigerian_female[] = "Blessing Joy Precious Gift Faith Mercy Patience Osas Isoken Esosa "
				      "Itohan Efe Omoye Adesuwa Ngozi Chioma "
				      "Chinyere Ifeoma Nkechi Amaka Adaeze Chidinma Oluchi Folake Yetunde "
				      "Bukola Temitope Funmilayo~Funmi Titilayo~Titi "
				      "Omolara Abosede Aisha Hauwa Fatima Loveth Success Happiness Favour "
				      "Queen Sandra Glory Peace Grace Vivian "
				      "Rita Stella";
static const char nigerian_male[] = "Emeka Chukwuemeka~Emeka Obinna Ikenna Chinedu~Nedu Uche Kelechi Tunde "
				    "Segun Kunle Femi Wale Dele Osaze Osagie "
				    "Efosa Nosa Ehis Sunday Monday Friday Godwin Kingsley Emmanuel~Emma "
				    "Michael~Mike Samuel~Sam Daniel Musa Ibrahim "
				    "Sani Bello Victor Festus Lucky Endurance Collins Prince Frank Innocent "
				    "Paul Sylvester Augustine Kenneth Desmond "
				    "Moses Elijah";
static const char nigerian_stem[] = "Ade Olu Ola Ayo Oye Ogun Akin Babat Omo Ani Oko Nwa Eze Chukwu Oni "
				    "Igbin Osa Eho Ero Uwa Agbon Idem Eki Obas "
				    "Ihe Okon Ebo Umeh Onye Ugo";
static const char nigerian_ending[] = "wale bayo yemi kunle bola niyi femi sola remi tola woye dele kanmi "
				      "ola nkwo for onkwo buike gwu osa hon vbe "
				      "gie ruyi ekpen aghe obor ike jide ora";

static const char west_african_female[] =
	"Aminata=Aminata|Aminatou~Ami Mariam=Mariam|Mariame|Maryam "
	"Fatoumata=Fatoumata|Fatumata|Fatimata~Fatou "
	"Awa=Awa|Hawa Kadiatou=Kadiatou|Kadiatu~Kadi Aïssata=Aïssata|Aissatou|Aisata Oumou=Oumou|Umu "
	"Salimata=Salimata|Salimatou "
	"Djénéba=Djénéba|Djeneba|Jeneba Rokia=Rokia|Rokiatou Bintou=Bintou|Binta Nana "
	"Assétou=Assétou|Assetou Hawa "
	"Adama Mawa Maïmouna=Maïmouna|Maimuna~Mouna Safiatou=Safiatou|Safiatu~Safi Korotoumou Tenin Affoué "
	"Akissi Amenan "
	"Adjoua=Adjoua|Adjua Marie Rose Clarisse Solange Estelle Nadège Christelle Edwige Mireille Sylvie "
	"Hortense";
static const char west_african_male[] =
	"Mamadou=Mamadou|Mamadu~Mama Moussa=Moussa|Musa Ibrahima=Ibrahima|Ibrahim "
	"Abdoulaye=Abdoulaye|Abdulai|Abdoulay~Ablo "
	"Ousmane=Ousmane|Usman Souleymane=Souleymane|Sulayman|Suleiman~Solo Amadou=Amadou|Amadu "
	"Sékou=Sékou|Seku "
	"Boubacar=Boubacar|Bubakar|Aboubacar~Bouba Alpha Cheick=Cheick|Cheikh|Sheik Issa "
	"Oumar=Oumar|Omar|Umar Seydou=Seydou|Saidou "
	"Lassina Drissa=Drissa|Idrissa Bakary=Bakary|Bacari Karim Adama Yaya=Yaya|Yahya Kouassi Kouadio "
	"Koffi=Koffi|Kofi "
	"Kouamé Yao Konan Jean Pierre Hervé Serge Didier Arsène Franck Patrice Landry Éric";
static const char west_african_family[] =
	"Diallo=Diallo|Jallow|Dialo Traoré=Traoré|Traore|Trawally Koné=Koné|Kone|Conneh "
	"Coulibaly=Coulibaly|Kulibaly "
	"Bah=Bah|Ba Barry=Barry|Bari Keita=Keita|Keïta Camara=Camara|Kamara Touré=Touré|Toure "
	"Cissé=Cissé|Ceesay|Sesay "
	"Ouattara=Ouattara|Wattara Sow=Sow|Sou Bamba Diarra=Diarra|Jarra Konaté=Konaté|Conateh "
	"Sylla=Sylla|Silla "
	"Condé=Condé|Conde|Konde Sangaré=Sangaré|Sangare Dembélé=Dembélé|Dembele|Dambele "
	"Doumbia=Doumbia|Doumbouya|Dumbuya "
	"Fofana=Fofana|Fofanah Kourouma=Kourouma|Kuruma Soumah=Soumah|Suma Bangoura=Bangoura|Bangura "
	"Diabaté=Diabaté|Jabateh "
	"Sidibé=Sidibé|Sidibe Kaba=Kaba|Kabba Savané Dosso Kouyaté=Kouyaté|Kuyateh Baldé=Baldé|Balde "
	"Sissoko=Sissoko|Cissoko "
	"Kouassi Kouadio Yao N'Guessan=N'Guessan|Nguessan Konan Aka Assi Tano Brou Gnagne Zadi Gbagbo Séri "
	"Ouédraogo=Ouédraogo|Wedraogo "
	"Sawadogo=Sawadogo|Savadogo Zongo Kaboré=Kaboré|Kabore Nikiema Compaoré=Compaoré|Compaore";

/* Spellings: by the English habit (the Levant), the French one (the Maghreb), and loose ones. */
static const char arabic_female[] = "فاطمة=Fatima|Fatma|Fatimah~Fatoum مريم=Maryam|Mariam|Meryem "
				    "عائشة=Aisha|Aicha|Ayesha خديجة=Khadija|Khadidja|Hadija "
				    "زينب=Zaynab|Zineb|Zainab نور=Nour|Noor|Nur سارة=Sara|Sarah "
				    "هدى=Huda|Houda أمل=Amal|Amel رنا=Rana|Ranah "
				    "ليلى=Layla|Leila|Laila سمية=Sumaya|Soumia|Somaya حنان=Hanan|Hanane "
				    "إيمان=Iman|Imane|Eman رشا=Rasha|Racha "
				    "سلمى=Salma|Selma وفاء=Wafa|Ouafa|Wafaa نادية=Nadia|Nadya "
				    "ياسمين=Yasmin|Yasmine|Jasmin~Yaso سعاد=Suad|Souad|Soad "
				    "كوثر=Kawthar|Kaoutar|Kawsar غزلان=Ghizlan|Rizlane|Ghizlane "
				    "آمنة=Amina|Amna|Aminah رقية=Ruqaya|Rokia|Rouqaya "
				    "دعاء=Duaa|Douae|Doaa هاجر=Hajar|Hager|Hajer بشرى=Bushra|Bouchra|Boshra "
				    "لطيفة=Latifa|Latefa سهام=Siham|Sihem|Seham "
				    "إكرام=Ikram|Ekram";
static const char arabic_male[] =
	"محمد=Mohammad|Mohamed|Muhammad|Mohammed~Hamoudi أحمد=Ahmad|Ahmed|Achmed علي=Ali|Aly "
	"حسن=Hasan|Hassan حسين=Hussein|Houcine|Husayn "
	"عمر=Omar|Umar خالد=Khaled|Khalid يوسف=Youssef|Yusuf|Yousef|Youcef إبراهيم=Ibrahim|Brahim|Ebrahim "
	"مصطفى=Mustafa|Mostafa|Moustapha "
	"عبد_الله=Abdullah|Abdellah|Abdallah~Abed عبد_الرحمن=Abdulrahman|Abderrahmane|Abdelrahman~Abed "
	"كريم=Karim|Kareem سعيد=Said|Saeed|Saïd "
	"محمود=Mahmoud|Mahmood رشيد=Rashid|Rachid جمال=Jamal|Djamel|Gamal طارق=Tariq|Tarek|Tarik "
	"حمزة=Hamza|Hamzah بلال=Bilal|Belal "
	"أيمن=Ayman|Aymen|Aiman ياسين=Yassin|Yacine|Yaseen زكريا=Zakaria|Zakariya|Zakarya أنس=Anas|Anass "
	"رضا=Rida|Reda|Ridha "
	"وليد=Walid|Oualid|Waleed هشام=Hisham|Hicham|Hesham سمير=Samir|Sameer نبيل=Nabil|Nabeel "
	"فؤاد=Fuad|Fouad|Foad "
	"عادل=Adel|Adil ماجد=Majid|Majed بسام=Bassam|Basam فراس=Firas|Feras";
static const char arabic_family[] =
	"الأحمد=Al-Ahmad|Alahmad|El_Ahmed الحسن=Al-Hasan|Alhassan|El_Hassan خليل=Khalil|Khaleel "
	"العلي=Al-Ali|Alali|El_Ali "
	"حداد=Haddad|Hadad نجار=Najjar|Nejjar|Najar الخطيب=Al-Khatib|Alkhateeb|El_Khatib "
	"درويش=Darwish|Derwich|Darwich "
	"منصور=Mansour|Mansoor سليمان=Suleiman|Slimane|Sulaiman عثمان=Othman|Osman|Outhmane "
	"صالح=Saleh|Salah|Salih "
	"حمدان=Hamdan|Hemdane قاسم=Qasim|Kassem|Kacem شاهين=Shahin|Chahine|Shaheen "
	"البكري=Al-Bakri|El_Bakri|Albakri "
	"بن_علي=Ben_Ali|Benali بن_عمر=Ben_Omar|Benamar|Benomar الإدريسي=El_Idrissi|Alidrissi|Idrissi "
	"بناني=Bennani|Benani "
	"العلوي=Alaoui|Al-Alawi|El_Alaoui الفاسي=El_Fassi|Alfassi|Fassi شرقاوي=Cherkaoui|Sharqawi|Charkaoui "
	"بوزيد=Bouzid|Bouzide "
	"المرابط=El_Mrabet|Lemrabet|Almurabit زروال=Zeroual|Zerwal التازي=Tazi|Al-Tazi|Ettazi "
	"حجازي=Hijazi|Hegazy|Hedjazi "
	"عبيد=Obeid|Abid|Ubayd جابر=Jaber|Djaber|Gaber مراد=Murad|Mourad|Morad نصر=Nasr|Naser "
	"عساف=Assaf|Asaf سالم=Salem|Salim "
	"غانم=Ghanem|Ranem|Ghanim الشامي=Al-Shami|Chami|Elshamy اليوسف=Al-Yousef|Alyoussef|Elyoucef "
	"رمضان=Ramadan|Ramdane "
	"طه=Taha|Tahah بركات=Barakat|Berkat زيدان=Zidan|Zidane|Zeidan ناصر=Nasser|Naceur|Nassir";

static const char ethiopian_female[] =
	"ሰላም=Selam|Salam ሕይወት=Hiwot|Hiwet ትግስት=Tigist|Tegest~Tigi አልማዝ=Almaz|Almas "
	"ብርቱካን=Birtukan|Bertukan~Birtu መሠረት=Meseret|Messeret~Mesi "
	"አበባ=Abeba|Abebech ጽጌ=Tsige|Tsigie ፍቅርተ=Fikirte|Fikrte ሃና=Hana|Hanna ሳራ=Sara|Sarah ራሔል=Rahel|Rachel "
	"ማርታ=Marta|Martha "
	"ቤቴልሔም=Bethlehem|Betelhem~Beti የሺ=Yeshi|Yeshe ዘነበች=Zenebech|Zenebe አስቴር=Aster|Astier "
	"ገነት=Genet|Gennet "
	"ወይንሸት=Woynshet|Weynshet ሙሉ=Mulu|Mullu እታገኝ=Etagegn|Etagegne ደስታ=Desta|Dessta ሊያ=Lia|Liya "
	"ኤደን=Eden|Edden "
	"ምሕረት=Mihret|Mehret ለተብርሃን=Letebrhan|Letebirhan ሐረግ=Hareg|Harreg ጥሩወርቅ=Tiruwork|Truwerk "
	"ዓለም=Alem|Allem ብርሃን=Birhan|Berhan";
static const char ethiopian_male[] = "አበበ=Abebe|Abbebe ተስፋዬ=Tesfaye|Tesfay~Tesfa ገብረ=Gebre|Gebru "
				     "ሃይሉ=Hailu|Haylu ከበደ=Kebede|Kebbede በቀለ=Bekele|Bekelle "
				     "ዳዊት=Dawit|Daweet ዮሐንስ=Yohannes|Johannes|Yohanes~Joni "
				     "ሙሉጌታ=Mulugeta|Mullugeta ታደሰ=Tadesse|Tadese ግርማ=Girma|Ghirma "
				     "አለሙ=Alemu|Allemu ደረጀ=Dereje|Derege ሰለሞን=Solomon|Selemon "
				     "ተክለ=Tekle|Teklay መኮንን=Mekonnen|Makonnen|Mekonen ወልደ=Wolde|Welde "
				     "ንጉሤ=Nigussie|Negussie|Nigusse በላይ=Belay|Bellay ዘውዴ=Zewdie|Zewde "
				     "አስፋው=Asfaw|Asfau ፍቃዱ=Fikadu|Fekadu ሙሴ=Mussie|Muse "
				     "ኃይለማርያም=Hailemariam|Haylemaryam~Haile ገብረመድኅን=Gebremedhin|Gebremedhen "
				     "አሸናፊ=Ashenafi|Ashenafie ብርሃኑ=Birhanu|Berhanu "
				     "ደምሴ=Demissie|Demise ጌታቸው=Getachew|Getachaw~Geta "
				     "ሺፈራው=Shiferaw|Shifferaw ኤፍሬም=Ephrem|Efrem ሚካኤል=Mikael|Michael "
				     "ሃብታሙ=Habtamu|Habtam አየለ=Ayele|Ayelle ደሳለኝ=Desalegn|Dessalegn "
				     "መንግሥቱ=Mengistu|Mengestu ይልማ=Yilma|Yelma ተፈራ=Tefera|Tafara "
				     "ጎሳዬ=Gossaye|Gosaye ለማ=Lemma|Lema";

const struct origin origins_africa[] = {
	{
		.country = "NG",
		.name = "Nigeria",
		.weight = 65,
		.system = NAME_GIVEN_FAMILY,
		.is_latin = true,
		.unknown_day = 60,
		.female = {nigerian_female, NULL},
		.male = {nigerian_male, NULL},
		.family = {nigerian_stem, nigerian_ending, NULL},
		.family_flatness = 20,
	},
	{
		.country = "CI",
		.name = "Côte d'Ivoire and Guinea",
		.weight = 45,
		.system = NAME_GIVEN_FAMILY,
		.is_latin = true,
		.unknown_day = 140,
		.female = {west_african_female, NULL},
		.male = {west_african_male, NULL},
		.family = {west_african_family, NULL, NULL},
		.family_flatness = 5,
	},
	{
		.country = "MA",
		.name = "Morocco",
		.weight = 35,
		.system = NAME_GIVEN_FAMILY,
		.unknown_day = 30,
		.female = {arabic_female, NULL},
		.male = {arabic_male, NULL},
		.family = {arabic_family, NULL, NULL},
		.family_flatness = 12,
	},
	{
		.country = "SY",
		.name = "Syria and Iraq",
		.weight = 30,
		.system = NAME_FATHERS,
		.unknown_day = 90,
		.female = {arabic_female, NULL},
		.male = {arabic_male, NULL},
		.family = {arabic_family, NULL, NULL},
		.family_flatness = 12,
	},
	{
		.country = "ET",
		.name = "Ethiopia",
		.weight = 35,
		.system = NAME_FATHERS,
		.unknown_day = 180,
		.female = {ethiopian_female, NULL},
		.male = {ethiopian_male, NULL},
		.family_flatness = 12,
	},
};
const size_t n_origins_africa = sizeof origins_africa / sizeof *origins_africa;
