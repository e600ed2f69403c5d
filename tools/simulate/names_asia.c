#include "names.h"

/* Spellings: pinyin (passports of the People's Republic), Wade and Giles, Cantonese. */
static const char chinese_family[] =
	"王=Wang|Wong 李=Li|Lee|Lei 张=Zhang|Chang|Cheung 刘=Liu|Lau 陈=Chen|Ch'en|Chan 杨=Yang|Yeung "
	"黄=Huang|Wong|Hwang 赵=Zhao|Chao|Chiu "
	"吴=Wu|Ng 周=Zhou|Chou|Chow 徐=Xu|Hsu|Tsui 孙=Sun|Suen 马=Ma|Mah 朱=Zhu|Chu 胡=Hu|Woo "
	"郭=Guo|Kuo|Kwok 何=He|Ho 林=Lin|Lam|Lim "
	"高=Gao|Kao|Ko 罗=Luo|Lo|Law 郑=Zheng|Cheng 梁=Liang|Leung 谢=Xie|Hsieh|Tse 宋=Song|Sung "
	"唐=Tang|T'ang|Tong 许=Xu|Hsu|Hui 邓=Deng|Teng|Tang "
	"韩=Han|Hon 冯=Feng|Fung 曹=Cao|Ts'ao|Cho 曾=Zeng|Tseng|Tsang 彭=Peng|P'eng|Pang 萧=Xiao|Hsiao|Siu "
	"蔡=Cai|Ts'ai|Choi 潘=Pan|P'an|Poon "
	"田=Tian|T'ien|Tin 董=Dong|Tung 袁=Yuan|Yuen 于=Yu|Yü 余=Yu|Yue 叶=Ye|Yeh|Yip 蒋=Jiang|Chiang|Tseung "
	"杜=Du|Tu|To 苏=Su|So 魏=Wei|Ngai "
	"程=Cheng|Ch'eng|Ching 吕=Lyu|Lu|Lui 丁=Ding|Ting 沈=Shen|Sham 任=Ren|Jen|Yam";
static const char chinese_first[] =
	"小=Xiao|Hsiao|Siu 美=Mei|Mei|Mei 丽=Li|Li|Lai 秀=Xiu|Hsiu|Sau 玉=Yu|Yü|Yuk 春=Chun|Ch'un 海=Hai|Hoi "
	"晓=Xiao|Hsiao|Hiu 文=Wen|Man 建=Jian|Chien|Kin "
	"志=Zhi|Chih|Chi 国=Guo|Kuo|Kwok 明=Ming|Ming 雪=Xue|Hsueh|Suet 金=Jin|Chin|Kam 永=Yong|Yung|Wing "
	"红=Hong|Hung 佳=Jia|Chia|Kai 思=Si|Ssu|Sze "
	"雅=Ya|Nga 慧=Hui|Wai 静=Jing|Ching 子=Zi|Tzu|Tsz 天=Tian|T'ien|Tin 庆=Qing|Ch'ing|Hing "
	"桂=Gui|Kuei|Kwai 长=Chang|Ch'ang|Cheung 云=Yun|Wan "
	"凤=Feng|Fung 水=Shui|Sui";
static const char chinese_second_female[] =
	"芳=Fang|Fong 燕=Yan|Yen|Yin 英=Ying|Ying 娟=Juan|Chuan|Kuen 霞=Xia|Hsia|Ha 玲=Ling|Ling "
	"萍=Ping|P'ing 梅=Mei|Mui 兰=Lan|Lan 珍=Zhen|Chen|Chun "
	"莲=Lian|Lien|Lin 琴=Qin|Ch'in|Kam 华=Hua|Wah 娜=Na|Na 婷=Ting|T'ing 花=Hua|Fa 云=Yun|Wan 芬=Fen|Fan "
	"妹=Mei|Mui 香=Xiang|Hsiang|Heung "
	"月=Yue|Yueh|Yuet 雯=Wen|Man 琳=Lin|Lam 蓉=Rong|Jung|Yung 仙=Xian|Hsien|Sin";
static const char chinese_second_male[] =
	"强=Qiang|Ch'iang|Keung 军=Jun|Chün|Kwan 伟=Wei|Wai 勇=Yong|Yung 杰=Jie|Chieh|Kit 涛=Tao|T'ao|To "
	"辉=Hui|Fai 平=Ping|P'ing 刚=Gang|Kang|Kong "
	"林=Lin|Lam 峰=Feng|Fung 东=Dong|Tung 波=Bo|Po 龙=Long|Lung 生=Sheng|Sang 福=Fu|Fuk "
	"财=Cai|Ts'ai|Choi 斌=Bin|Pin|Ban 成=Cheng|Ch'eng|Shing "
	"荣=Rong|Jung|Wing 亮=Liang|Leung 根=Gen|Ken|Kan 山=Shan|San 宝=Bao|Pao|Po 贵=Gui|Kuei|Kwai";

static const char vietnamese_family[] =
	"Nguyễn Trần Lê Phạm Hoàng=Hoàng|Huỳnh Phan Vũ=Vũ|Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đào Đinh Trịnh Mai "
	"Lương Cao Tạ Hà Tô Châu La Thái Lâm Chu "
	"Đoàn Quách";
static const char vietnamese_middle[] =
	"Văn/Thị Đức/Thị Hữu/Ngọc Quang/Thu Minh/Minh Xuân/Xuân Thanh/Thanh Công/Kim Đình/Hồng Quốc/Mỹ "
	"Trọng/Thùy Anh/Phương Tuấn/Bích Việt/Diệu Bá/Như";
static const char vietnamese_female[] = "Hương Lan Hoa Linh Thảo Trang Hà Mai Nga Phương Hằng Thủy Yến Nhung "
					"Ngọc Huyền Hạnh Vân Loan Tuyết Oanh Thúy "
					"Dung Hiền Liên Giang Quỳnh Châu My Trinh Duyên Xuân Nguyệt Kiều Tâm "
					"Bích Ánh Thư Vy Đào Cúc Hồng Lệ Diễm Thơm";
static const char vietnamese_male[] = "Hùng Dũng Tuấn Minh Cường Nam Long Thắng Sơn Hải Đức Hoàng Tùng Trung "
				      "Hiếu Quân Thành Phong Kiên Bình Khánh "
				      "Tài Toàn Lâm Vinh Phúc Đạt Huy Việt Thịnh Hưng Lợi Quý An Tiến Mạnh "
				      "Trường Chiến Khoa Tú Nghĩa Bảo Thái Dương Lực";

/* Thai given and family names are put together from words of Pali and Sanskrit; passports follow the owner's
 * wish. */
static const char thai_female_first[] = "สม=Som ศิริ=Siri|Sri วัน=Wan|Van มาลี=Malee|Mali นฤ=Naru|Narue สุ=Su "
					"พร=Porn|Pon กาญ=Kan อร=Orn|On จันทร์=Chan|Jan ดวง=Duang|Duong "
					"รัตน=Rattana|Ratana บุญ=Boon|Bun ปิย=Piya วิไล=Wilai|Vilai";
static const char thai_female_second[] =
	"พร=porn|phon ใจ=jai|chai ศรี=sri|si มล=mon นภา=napha|napa รัตน์=rat|rath ทิพย์=thip|tip ลักษณ์=lak|luck "
	"วดี=wadee|wadi กมล=kamol|kamon "
	"ญา=ya นันท์=nan|nun ดี=dee|di สุดา=suda";
static const char thai_male_first[] = "สม=Som ธน=Thana|Tana วิ=Wi|Vi ชัย=Chai|Chay ประ=Pra อนุ=Anu ณัฐ=Nat|Nut "
				      "สุ=Su กิตติ=Kitti|Kitty พง=Pong|Phong บุญ=Boon|Bun ศักดิ์=Sak วีระ=Weera|Vira "
				      "อภิ=Api|Aphi มา=Ma";
static const char thai_male_second[] = "ชัย=chai|chay ศักดิ์=sak|sakdi พล=pon|phol วุฒิ=wut|vuth เดช=det|dech "
				       "พงษ์=pong|phong สิทธิ์=sit|sith ชาติ=chart|chat นันท์=nan|nun "
				       "กร=korn|kon ยุทธ=yut|yuth บัติ=bat|bath นพ=nop|nob รักษ์=rak|ruk";
static const char thai_family_1[] =
	"แก้ว=Kaew|Keow ศรี=Sri|Si ทอง=Thong|Tong สุข=Suk|Sook บุญ=Boon|Bun วงศ์=Wong|Vong จันทร์=Chan|Jan "
	"คำ=Kham|Kum ใจ=Jai|Chai พิมพ์=Phim|Pim "
	"ชัย=Chai|Chay ภู=Phu|Poo รัตน=Rattana|Ratana นิล=Nin|Nil อินทร=Intara|Inthra เพชร=Phet|Petch สาย=Sai|Say "
	"แสง=Saeng|Sang ดวง=Duang|Duong "
	"มณี=Manee|Mani พรหม=Phrom|Prom กิตติ=Kitti|Kiti ธรรม=Tham|Dham วิเศษ=Wiset|Viset";
static const char thai_family_2[] = "สุข=suk|sook มี=mee|mi ดี=dee|di สุวรรณ=suwan|suvan ประเสริฐ=prasert|prasoet "
				    "เจริญ=charoen|jaroen ทอง=thong|tong วิจิตร=wichit|vijit "
				    "อุดม=udom ไพ=pai|phai นาค=nak ชู=chu|choo เกษม=kasem|kasaem "
				    "สว่าง=sawang|savang รุ่ง=rung|roong สิริ=siri|sri นาม=nam คง=khong|kong";
static const char thai_family_3[] = "วงศ์=wong|vongs กุล=kun|kul ศักดิ์=sak|sakdi ชัย=chai|chay รัตน์=rat|rath "
				    "พันธ์=phan|bhandh ศิริ=siri|sri เพ็ง=peng|pheng ผล=phon|phol "
				    "ทรัพย์=sap|sub มาศ=mat|mas สกุล=sakun|sakul";

/* Burmese names have no family name; words are drawn one by one. */
static const char burmese_female[] =
	"ခင်=Khin မြ=Mya သန်း=Than စု=Su ဝင်း=Win နွယ်=Nwe|Nwei အေး=Aye|Ei လှ=Hla မေ=May|Mai သီတာ=Thida|Theda "
	"စန္ဒာ=Sandar|Sanda ဖြူ=Phyu|Pyu မိုး=Moe|Mo "
	"နှင်း=Hnin|Nin ရီ=Yi|Yee ငြိမ်း=Nyein|Nyain သက်=Thet ဇင်=Zin မာ=Mar|Ma ဝေ=Wai|Way ချို=Cho|Choe "
	"ကေသီ=Kaythi|Kathy သိန်း=Thein|Thain ပွင့်=Pwint|Pwin "
	"လဲ့=Le|Lei ဇာ=Zar|Za ထွေး=Htwe|Thwe နီလာ=Nilar|Nila အိ=Ei|Ee စိုး=Soe|So ရွှေ=Shwe|Shwei";
static const char burmese_male[] = "အောင်=Aung ကျော်=Kyaw|Kyau မင်း=Min မျိုး=Myo ဇော်=Zaw|Zau ထွန်း=Tun|Htun "
				   "လင်း=Lin|Linn စိုး=Soe|So ဝင်း=Win သန်း=Than ကို=Ko|Koe နိုင်=Naing|Nine "
				   "ဖြိုး=Phyo|Pyo ဟိန်း=Hein|Hain ထက်=Htet|Thet သူ=Thu ရဲ=Ye|Yei မောင်=Maung|Mg "
				   "တင်=Tin ဇေယျာ=Zeyar|Zeya လှ=Hla စန်း=San ငွေ=Ngwe|Ngway မြင့်=Myint|Myin "
				   "ခိုင်=Khaing|Khine သိန်း=Thein|Thain ဘို=Bo သက်=Thet ညွန့်=Nyunt|Nyun ဇင်=Zin";

static const char filipino_female[] = "Maria~Ria Mary Jennifer~Jen Rosalie~Rose Marites~Tess Cristina~Tina "
				      "Jocelyn~Joy Maricel~Cel Rowena~Weng Analyn "
				      "Grace Rhea Liezel=Liezel|Liezl Angelica~Angel Princess Divina Lorna "
				      "Imelda Rosemarie~Rose Gemma Cherry Marilou=Marilou|Marylou "
				      "Arlene Michelle Joan Evangeline~Vangie Remedios Corazon~Cora "
				      "Luzviminda~Luz Jasmine Kimberly~Kim Nenita Editha "
				      "Glenda Myrna Sheila Lovely April Norma Charito";
static const char filipino_male[] = "Jose~Joey Juan Mark John Michael~Mike Christian~Ian Jayson=Jayson|Jason "
				    "Rodel Reynaldo~Rey Ronaldo~Ron Eduardo~Eddie "
				    "Jerome Arnel Rommel Marvin Alvin Dennis Edwin Ramon~Mon Antonio~Tony "
				    "Roberto~Bobby Ferdinand Danilo~Danny Rogelio~Roger "
				    "Noel Ariel Jomar Renato~Nato Ernesto~Erning Joel Ryan Angelo Gilbert "
				    "Benjie Crisanto~Cris Domingo Leonardo~Nardo "
				    "Manuel Nestor Wilfredo~Fred";
static const char filipino_family[] =
	"Santos=Santos|delos_Santos Reyes=Reyes|delos_Reyes Cruz=Cruz|dela_Cruz Bautista Ocampo Garcia "
	"Mendoza Torres Tomas Andrada Castillo Flores "
	"Villanueva Ramos Castro Rivera Aquino Navarro Salazar Mercado Dizon Manalo Macaraeg Dimaculangan "
	"Magbanua "
	"Catacutan Pangilinan Dumlao Lumbao Batungbakal Agbayani Tolentino Panganiban Salonga Bonifacio "
	"Sarmiento "
	"Magsaysay Cabuyao Dimayuga Evangelista Francisco Gonzales=Gonzales|Gonzalez Hernandez Ilagan "
	"Jimenez Lacson "
	"Macapagal Natividad Ortega Pascual Quizon Roxas Sumulong Tagle Umali Valdez Yap Zamora Alcantara "
	"Balagtas Cayabyab";

static const char indonesian_female_1[] = "Sri Siti=Siti|Sitti Nur=Nur|Noor Dewi=Dewi|Dewie Tri Endang Eka "
					  "Wahyu Rina Yuli Ratna Tuti Wati Ani Lestari "
					  "Murni Sumi Parti Suli Kasi Marsi Warti Ngati Rusmi Tumi";
static const char indonesian_female_2[] =
	"wati yani ningsih=ningsih|ningsi yah=yah|iah rahayu=rahayu|rahaju asih sari lestari tun hartini "
	"nah wulandari handayani=handayani|andayani astuti=astuti|hastuti aningrum maryati susanti kemi";
static const char indonesian_male_1[] = "Su=Su|Soe Bud Wi Slamet=Slamet|Selamet Har Mar Kar Tri Dwi "
					"Joko=Joko|Djoko Agus Ngat War Pra Sum Tar Ruk Wag Sar "
					"Kas Paid Sunar Sugi Waluy";
static const char indonesian_male_2[] =
	"yanto=yanto|janto harto tono parno man di=di|dy yono=yono|jono wanto priyo=priyo|prijo jo=jo|djo "
	"di_Santoso "
	"iman nadi min ito roto geng rianto adi_Nugroho=adi_Nugroho|adi_Nugraha";

static const char indian_female[] =
	"सीता=Sita|Seeta गीता=Gita|Geeta सुनीता=Sunita|Suneeta अनिता=Anita|Aneeta राधा=Radha|Rada "
	"मीना=Mina|Meena कमला=Kamala|Kamla लक्ष्मी=Laxmi|Lakshmi "
	"सरस्वती=Saraswati|Sarasvati~Saru पार्वती=Parbati|Parvati पूजा=Puja|Pooja माया=Maya|Mayaa "
	"सुमित्रा=Sumitra|Sumithra रीता=Rita|Reeta बिमला=Bimala|Vimala "
	"सविता=Sabita|Savita कल्पना=Kalpana|Kalpna देवी=Devi|Debi निर्मला=Nirmala|Nirmla शान्ति=Shanti|Santi "
	"मनीषा=Manisha|Manesha रेखा=Rekha|Reka "
	"उर्मिला=Urmila|Urmilla प्रिया=Priya|Pria सरिता=Sarita|Saritha दुर्गा=Durga|Doorga चमेली=Chameli|Chamely "
	"पवित्रा=Pabitra|Pavitra जानकी=Janaki|Janki "
	"तुलसी=Tulasi|Tulsi आशा=Asha|Aasha किरण=Kiran|Keeran";
static const char indian_male[] =
	"राम=Ram|Raam कृष्ण=Krishna|Krisna हरि=Hari|Haree गोपाल=Gopal|Gopaal राजु=Raju|Rajoo सुरेश=Suresh|Sures "
	"रमेश=Ramesh|Rames दिनेश=Dinesh|Denesh "
	"प्रकाश=Prakash|Prakas संजय=Sanjay|Sanjaya विजय=Bijay|Vijay अर्जुन=Arjun|Arjoon गणेश=Ganesh|Ganes "
	"मोहन=Mohan|Mohon राजेश=Rajesh|Rajes सन्तोष=Santosh|Santos "
	"दीपक=Dipak|Deepak अशोक=Ashok|Asok लक्ष्मण=Laxman|Lakshman शिव=Shiva|Siva बिष्णु=Bishnu|Vishnu "
	"मनोज=Manoj|Manoje अनिल=Anil|Aneel सुनील=Sunil|Suneel "
	"नारायण=Narayan|Narain धन=Dhan|Dan टेक=Tek|Teck कुल=Kul|Cool भीम=Bhim|Bheem जीत=Jit|Jeet "
	"पदम=Padam|Padma मंगल=Mangal|Mangol";
static const char indian_middle[] = "बहादुर=Bahadur|Bdr/कुमारी=Kumari|Kumary कुमार=Kumar|Kumaar/माया=Maya|Mayaa "
				    "प्रसाद=Prasad|Pd/देवी=Devi|Debi लाल=Lal|Laal/लक्ष्मी=Laxmi|Lakshmi";
static const char indian_family[] =
	"तामाङ=Tamang|Tamand राई=Rai|Raai गुरुङ=Gurung|Gurong मगर=Magar|Mager थापा=Thapa|Tapa "
	"श्रेष्ठ=Shrestha|Srestha|Shresta लामा=Lama|Laama चौधरी=Chaudhary|Chaudhari|Choudhary "
	"थारु=Tharu|Taru विश्वकर्मा=Bishwakarma|Vishwakarma|BK परियार=Pariyar|Pariar नेपाली=Nepali|Nepaly "
	"शर्मा=Sharma|Sarma अधिकारी=Adhikari|Adhikary "
	"पौडेल=Paudel|Poudel|Poudyal भण्डारी=Bhandari|Bandari कार्की=Karki|Carki बस्नेत=Basnet|Basnyat "
	"खड्का=Khadka|Khadga सिंह=Singh|Sing महतो=Mahato|Mahto "
	"यादव=Yadav|Yadab मण्डल=Mandal|Mondal लिम्बु=Limbu|Limboo शेर्पा=Sherpa|Serpa घर्ति=Gharti|Gharty "
	"बोहरा=Bohara|Bohra ऐडी=Aidi|Aidee साह=Sah|Shah "
	"ठाकुर=Thakur|Takur पासवान=Paswan|Paswaan कुमार=Kumar|Kumaar वर्मा=Verma|Varma पटेल=Patel|Patail "
	"दास=Das|Dass सुनार=Sunar|Sunuwar दर्जी=Darji|Darjee "
	"सार्की=Sarki|Sarkee रोकाया=Rokaya|Rokaia बुढा=Budha|Buda धामी=Dhami|Dhamee जोशी=Joshi|Josi "
	"ओली=Oli|Olee राना=Rana|Raana ढकाल=Dhakal|Dakal";

static const char uzbek_female[] = "Гулнора~Гуля Дилноза~Диля Нигора Зулфия~Зуля Мадина Феруза Шахноза "
				   "Наргиза~Нара Малика Севара Умида Лола Мухаббат "
				   "Ойгуль Саида Камола Барно Рано Хилола Зебо Азиза Дилфуза Гавхар Насиба "
				   "Нилуфар Юлдуз Сурайё Мавлуда Хуршида Матлуба";
static const char uzbek_male[] =
	"Бахтиёр~Баха Шерзод~Шер Жасур Фаррух Отабек Сардор Улугбек Ботир Рустам Акмал Дилшод Азиз Жамшид "
	"Нодир Равшан "
	"Санжар Анвар Бобур Зафар Икром Камол Мурод Олим Собир Тохир Умид Хасан Хусан Шавкат Элдор";
static const char uzbek_patronymic[] = "Бахтиёрович/Бахтиёровна Рустамович/Рустамовна Анварович/Анваровна "
				       "Азизович/Азизовна Шавкатович/Шавкатовна "
				       "Муродович/Муродовна Камолович/Камоловна Тохирович/Тохировна "
				       "Собирович/Собировна Равшанович/Равшановна "
				       "Олимович/Олимовна Хасанович/Хасановна";
static const char uzbek_stem[] = "Абдулла Рахим Карим Юсуп Исмаил Ахмед Турсун Юлдаш Назар Мирза Хаким Саид "
				 "Умар Норбо Эшон Бозор Хол Кодир Мамат "
				 "Сулейман Тош Эргаш Хайдар Исо Якуб Шарип Олим Расул Солих Усмон Ибрагим "
				 "Набий Халил Ганий Рузи Темир Курбон "
				 "Джура Пулат Ашур";
static const char uzbek_ending[] =
	"ев/ева ов/ова баев/баева кулов/кулова ходжаев/ходжаева мурадов/мурадова заде бердиев/бердиева";

const struct origin origins_asia[] = {
	{
		.country = "CN",
		.name = "China",
		.weight = 40,
		.system = NAME_FAMILY_FIRST,
		.joins_given = true,
		.unknown_day = 5,
		.female = {chinese_first, chinese_second_female},
		.male = {chinese_first, chinese_second_male},
		.family = {chinese_family, NULL, NULL},
		.family_flatness = 8,
	},
	{
		.country = "VN",
		.name = "Viet Nam",
		.weight = 55,
		.system = NAME_FAMILY_FIRST,
		.is_latin = true,
		.unknown_day = 20,
		.female = {vietnamese_female, NULL},
		.male = {vietnamese_male, NULL},
		.middle = vietnamese_middle,
		.family = {vietnamese_family, NULL, NULL},
		.family_flatness = 1,
	},
	{
		.country = "TH",
		.name = "Thailand",
		.weight = 25,
		.system = NAME_GIVEN_FAMILY,
		.unknown_day = 5,
		.female = {thai_female_first, thai_female_second},
		.male = {thai_male_first, thai_male_second},
		.family = {thai_family_1, thai_family_2, thai_family_3},
		.family_flatness = 20,
	},
	{
		.country = "MM",
		.name = "Myanmar",
		.weight = 20,
		.system = NAME_SYLLABLES,
		.unknown_day = 80,
		.female = {burmese_female, NULL},
		.male = {burmese_male, NULL},
		.family_flatness = 20,
	},
	{
		.country = "PH",
		.name = "Philippines",
		.weight = 35,
		.system = NAME_MIDDLE_FAMILY,
		.is_latin = true,
		.unknown_day = 5,
		.female = {filipino_female, NULL},
		.male = {filipino_male, NULL},
		.middle = filipino_family,
		.family = {filipino_family, NULL, NULL},
		.family_flatness = 12,
	},
	{
		.country = "ID",
		.name = "Indonesia",
		.weight = 15,
		.system = NAME_ONE_OR_TWO,
		.is_latin = true,
		.unknown_day = 40,
		.female = {indonesian_female_1, indonesian_female_2},
		.male = {indonesian_male_1, indonesian_male_2},
		.family_flatness = 12,
	},
	{
		.country = "NP",
		.name = "Nepal and India",
		.weight = 45,
		.system = NAME_MIDDLE_FAMILY,
		.unknown_day = 60,
		.female = {indian_female, NULL},
		.male = {indian_male, NULL},
		.middle = indian_middle,
		.family = {indian_family, NULL, NULL},
		.family_flatness = 8,
	},
	{
		.country = "UZ",
		.name = "Uzbekistan",
		.weight = 30,
		.system = NAME_MIDDLE_FAMILY,
		.cyrillic = CYRILLIC_RUSSIAN,
		.unknown_day = 15,
		.female = {uzbek_female, NULL},
		.male = {uzbek_male, NULL},
		.middle = uzbek_patronymic,
		.family = {uzbek_stem, uzbek_ending, NULL},
		.family_flatness = 15,
	},
};
const size_t n_origins_asia = sizeof origins_asia / sizeof *origins_asia;
