#include "names.h"

static const char spanish_female[] = "María Luz Ana Carmen Andrea~Andre Paola Diana Sandra Yolanda~Yoli "
				     "Luisa~Lucha Marta Gloria Claudia Natalia~Nata "
				     "Daniela~Dani Valentina~Vale Camila~Cami Juliana~Juli Alejandra~Ale "
				     "Carolina~Caro Mónica Adriana Esperanza "
				     "Milagros~Mili Yuliana Leidy Marisol Rocío Beatriz~Bea Ángela "
				     "Verónica~Vero Lucía Rosa Patricia~Paty Yesenia "
				     "Xiomara Graciela~Chela Inés Martha Fernanda~Fer";
static const char spanish_male[] = "José~Pepe Luis~Lucho Juan Carlos Jorge Andrés Miguel Diego Jesús~Chucho "
				   "Javier~Javi Fernando~Fer Óscar "
				   "Ricardo Rafael~Rafa Sebastián~Sebas Camilo Alejandro~Ale Manuel~Manolo "
				   "Pedro Francisco~Paco Daniel~Dani "
				   "Eduardo~Edu Wilmer Yeison Jhon Hernán Iván Alberto~Beto César "
				   "Mauricio~Mauro Nelson Edwin Álvaro Antonio~Toño "
				   "Gustavo Hugo Raúl Víctor Germán Rubén";
static const char spanish_family[] =
	"Rodríguez García Martínez=Martínez|Martines González=González|Gonzales López Hernández Sánchez "
	"Ramírez Pérez "
	"Díaz Gómez Torres Vargas Rojas Moreno Jiménez=Jiménez|Giménez Castro Ortiz=Ortiz|Ortis Álvarez "
	"Romero Suárez "
	"Ruiz Herrera Medina Gutiérrez Mendoza Muñoz Guerrero Castillo Salazar Cárdenas Contreras Valencia "
	"Restrepo "
	"Quintero Cortés=Cortés|Cortez Rivera Flores Reyes Delgado Acosta Vega Molina Ríos Cabrera Navarro "
	"Pineda Mejía "
	"Bedoya Zapata Ospina Arango Giraldo Hurtado Caicedo Mosquera Perea Murillo Palacios Rentería Angulo "
	"Quiñones "
	"Chávez=Chávez|Chaves Ibáñez Núñez Paredes Villalobos Zambrano Bustamante Espinoza=Espinoza|Espinosa";

static const char portuguese_female[] = "Maria Ana Francisca~Chica Antônia Adriana~Dri Juliana~Ju Márcia "
					"Fernanda~Nanda Patrícia Aline Sandra Camila "
					"Amanda Bruna Jéssica Letícia~Lê Júlia Luciana~Lu Vanessa "
					"Mariana~Mari Gabriela~Gabi Vera Vitória Larissa "
					"Cláudia Beatriz~Bia Luana Rita Sônia Renata Eliane Josefa Simone "
					"Natália Cristina Raimunda Tatiane Thaís "
					"Rosângela Conceição";
static const char portuguese_male[] =
	"José~Zé João Antônio~Toninho Francisco~Chico Carlos Paulo Pedro Lucas Luiz=Luiz|Luís Marcos Gabriel "
	"Rafael~Rafa "
	"Daniel Marcelo Bruno Eduardo~Dudu Felipe=Felipe|Filipe Raimundo Rodrigo Manoel=Manoel|Manuel Mateus "
	"André "
	"Fernando Fábio Leonardo~Léo Gustavo Guilherme~Gui Leandro Tiago=Tiago|Thiago Anderson Ricardo "
	"Márcio Jorge "
	"Sebastião~Tião Alexandre Roberto~Beto Edson Diego Vítor=Vítor|Victor Sérgio";
static const char portuguese_family[] = "Silva=da_Silva|Silva Santos=dos_Santos|Santos "
					"Oliveira=de_Oliveira|Oliveira Souza=Souza|Sousa Rodrigues Ferreira "
					"Alves Pereira Lima=de_Lima|Lima Gomes Costa=da_Costa|Costa Ribeiro "
					"Martins Carvalho=de_Carvalho|Carvalho Almeida "
					"Lopes Soares Fernandes Vieira Barbosa Rocha Dias "
					"Nascimento=do_Nascimento|Nascimento Andrade Moreira Nunes "
					"Marques Machado Mendes Freitas Cardoso Ramos Gonçalves Santana "
					"Teixeira Araújo=Araújo|de_Araújo Cavalcante "
					"Moraes=Moraes|Morais Pinheiro Batista=Batista|Baptista "
					"Correia=Correia|Corrêa Monteiro Brandão Conceição Leão "
					"Magalhães Guimarães Queiroz=Queiroz|Queirós Figueiredo Assunção";

const struct origin origins_america[] = {
	{
		.country = "CO",
		.name = "Colombia",
		.weight = 50,
		.system = NAME_TWO_SURNAMES,
		.is_latin = true,
		.unknown_day = 5,
		.female = {spanish_female, NULL},
		.male = {spanish_male, NULL},
		.family = {spanish_family, NULL, NULL},
		.family_flatness = 12,
	},
	{
		.country = "VE",
		.name = "Venezuela",
		.weight = 35,
		.system = NAME_TWO_SURNAMES,
		.is_latin = true,
		.unknown_day = 5,
		.female = {spanish_female, NULL},
		.male = {spanish_male, NULL},
		.family = {spanish_family, NULL, NULL},
		.family_flatness = 12,
	},
	{
		.country = "BR",
		.name = "Brazil",
		.weight = 45,
		.system = NAME_TWO_SURNAMES,
		.is_latin = true,
		.unknown_day = 5,
		.female = {portuguese_female, NULL},
		.male = {portuguese_male, NULL},
		.family = {portuguese_family, NULL, NULL},
		.family_flatness = 8,
	},
};
const size_t n_origins_america = sizeof origins_america / sizeof *origins_america;
