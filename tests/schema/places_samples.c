#include "tests/schema/places_samples.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A mark, CRLF, a row of HXL tags, other names, an empty code, a position that is none. */
const char places_sample_cod_old[] =
	"\xEF\xBB\xBF" "ADM3_PCODE,ADM3_EN,ADM3_AR,ADM3_REF,ADM3ALT1EN,ADM2_PCODE,ADM2_EN,ADM2_AR,ADM1_PCODE,ADM1_EN,ADM1_AR,"
	"ADM0_PCODE,ADM0_EN,ADM0_AR,date,validOn,validTo,LATITUDE,LONGITUDE\r\n"
	"#adm3+code,#adm3+name,,,,#adm2+code,,,#adm1+code,,,,,,,,,#geo+lat,#geo+lon\r\n"
	"XY010100,Wadi Nur,وادي نور,Wadi Nour,Wadi Noor,XY0101,Nur,نور,XY01,Sahl,سهل,XY,Xyland,اكس,2017-06-01,2020-12-17,,32.5,36.25\r\n"
	"XY010101,\"Tall, Green\",تل أخضر,,,XY0101,Nur,نور,XY01,Sahl,سهل,XY,Xyland,اكس,2017-06-01,2020-12-17,2021-01-31,95.0,36.5\r\n"
	",Nowhere,,,,XY0101,Nur,نور,XY01,Sahl,سهل,XY,Xyland,اكس,,,,,\r\n"
	"xy0102,Small,,,,XY0101,Nur,نور,XY01,Sahl,سهل,XY,Xyland,اكس,,,,,\r\n";

/* The newer names of columns, semicolons, a version. */
const char places_sample_cod_new[] =
	"adm2_name;adm2_name1;adm2_ref_name;adm2_pcode;adm1_name;adm1_name1;adm1_pcode;adm0_name;adm0_pcode;valid_on;valid_to;version;center_lat;center_lon\n"
	"Nur Wadi;وادي النور;;XY0101;Sahl;سهل;XY01;Xyland;XY;2025-03-04;;v03;32.6;36.3\n"
	"Upper Bir;بير فوقاني;Bir al-Fawqani;XY0102;Sahl;سهل;XY01;Xyland;XY;2025-03-05;;v03;32.7;36.4\n";

/* Days as a spreadsheet counts them, letters of Dari and Pashto, no positions. */
const char places_sample_cod_serial[] =
	"ADM1_EN,ADM1_DA,ADM1_PCODE,ADM1_REF,ADM1ALT1_EN,ADM0_EN,ADM0_DA,ADM0_PCODE,DATE,VALIDON,VALIDTO,AREA_SQKM\n"
	"Ghazgay,غزګی,AF91,,,Afghanistan,افغانستان,AF,43081,44517,,21543.4483480445\n";

/* One name for several places, told apart by what stands in brackets; the plain name in a column of its own. */
const char places_sample_populated[] =
	"ADM4_PCODE,PP_NAME_EN,ADM4_EN,PP_REF_NAM,PPClassTit,ADM3_PCODE,ADM3_EN,ADM2_PCODE,ADM2_EN,ADM1_PCODE,ADM1_EN,ADM0_PCODE,ADM0_EN,LATITUDE,LONGITUDE\n"
	"C9001,Tiba (Nur),Tiba,,Community,XY010100,Wadi Nur,XY0101,Nur,XY01,Sahl,XY,Xyland,32.563721,36.24353\n"
	"C9002,Tiba (Tall),Tiba,,Community,XY010101,Tall,XY0101,Nur,XY01,Sahl,XY,Xyland,32.9,36.9\n"
	"C9003,Hrak,Hrak,Herak,Community,XY010100,Wadi Nur,XY0101,Nur,XY01,Sahl,XY,Xyland,32.750671,36.304077\n"
	"C9004,Bisr Elharir,Bisr Elharir,,Community,XY010100,Wadi Nur,XY0101,Nur,XY01,Sahl,XY,Xyland,32.838928,36.340271\n"
	"C9005,Busra Esh-Sham,Busra Esh-Sham,,Community,XY010100,Wadi Nur,XY0101,Nur,XY01,Sahl,XY,Xyland,32.5181,36.4817\n"
	"C9006,Wadi Nur,Wadi Nur,,Community,XY010100,Wadi Nur,XY0101,Nur,XY01,Sahl,XY,Xyland,32.51,36.26\n";

/* All Arabic became question marks. */
const char places_sample_lost[] =
	"_CX,_CY,PP_NAME_EN,PP_NAME_AR,PP_PCODE,PP_REF_NAM,PP_ALT1_EN,PP_ALT1_AR,PPClassNum,ADM4_EN,ADM4_AR,ADM4_PCODE,ADM3_EN,ADM3_AR,ADM3_PCODE\n"
	"36.197876,32.74292,Kutayba,???????,C9007,,,,0,Kutayba,???????,C9007,Wadi Nur,???? ???,XY010100\n"
	"36.2,32.75,?????,????? - ???,C9008,,,,0,?????,?????,C9008,Wadi Nur,???? ???,XY010100\n";

/* A mark and a row of tags; the parent of an admin 1 is no P-code. */
const char places_sample_pcodes[] =
	"\xEF\xBB\xBF" "Location,Admin Level,P-Code,Name,Parent P-Code,Valid from date\n"
	"#country+code,#geo+admin_level,#adm+code,#adm+name,#adm+code+parent,#date+start\n"
	"XYZ,1,XY01,Sahl,XYZ,2019-10-22\n"
	"XYZ,2,XY0101,Nur,XY01,2020-01-01\n"
	"XYZ,9,XY09,No Level,XYZ,2020-01-01\n";

/* Labels whose languages are called anything; a choice that is no place; two names in one. */
const char places_sample_choices[] =
	"list_name,name,label::English (EN),label::العربية,governorate,district,subdistrict\n"
	"governorates,XY01,Sahl,السهل,,,\n"
	"districts,XY0101,Nur,نور,XY01,,\n"
	"subdistricts,XY010100,Wadi Nur,وادي نور,XY01,XY0101,\n"
	"communities,C9003,Hrak,الحراك,XY01,XY0101,XY010100\n"
	"communities,C9009,Shtat - Rasm,شتات_رسم,XY01,XY0101,XY010100\n"
	"communities,Other_com,Other Community,غير ذلك,,,\n";

/* No heading, no quotes, scripts mixed, a place that is none. */
const char places_sample_geonames[] =
	"172379\tAl Ḩirāk\tAl Hirak\tAl Hirak,Al Ḩirāk,Harak,Хирак,الحراك\t32.75\t36.3\tP\tPPLA3\tSY\t\t06\t\t\t\t0\t\t620\tAsia/Damascus\t2013-09-05\r\n"
	"172380\t\"Quoted\" Hill\tQuoted Hill\t\t32.76\t36.31\tT\tHLL\tSY\t\t06\t\t\t\t0\t\t620\tAsia/Damascus\t2013-09-05\r\n"
	"172381\tMuhafazat Sahl\tMuhafazat Sahl\t\t32.7\t36.2\tA\tADM1\tSY\t\t06\t\t\t\t0\t\t620\tAsia/Damascus\t2013-09-05\r\n"
	"17238\ttoo short\r\n";

const char places_sample_opensyria[] =
	"[\n {\"id\": \"xy-sahl-nur\", \"governorateId\": \"xy-sahl\", \"name\": {\"en\": \"Nur\", \"ar\": \"نور\"},\n"
	"  \"aliases\": [{\"value\": \"Nour District\", \"language\": \"en\", \"type\": \"formal\"}, {\"value\": \"النور\"}, {}],\n"
	"  \"centroid\": {\"latitude\": 32.55, \"longitude\": 36.2}, \"externalIds\": {\"ochaPcode\": \"XY0101\"}},\n"
	" {\"id\": \"xy-jabal\", \"name\": {\"en\": \"Jabal\", \"ar\": null}, \"centroid\": {\"latitude\": 1e300, \"longitude\": 0}},\n"
	" 7, {\"name\": {\"en\": \"Nameless\"}}\n]\n";

void places_stage_begin(struct places_stage *stage)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	(void)snprintf(stage->folder, sizeof stage->folder, "/tmp/sijil-places-XXXXXX");
	cr_assert_not_null(mkdtemp(stage->folder));
	(void)snprintf(stage->path, sizeof stage->path, "%s/places", stage->folder);
	cr_assert_eq(secret_new_random(&stage->key, 32, NULL), STATUS_OK);
	cr_assert_eq(places_open(&stage->places, stage->path, stage->key, NULL), STATUS_OK);
}

void places_stage_end(struct places_stage *stage)
{
	char command[128];
	places_close(stage->places);
	secret_free(stage->key);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", stage->folder);
	cr_assert_eq(system(command), 0);
}

enum status places_stage_take(struct places_stage *stage, const char *name, struct span file, struct places_import *import,
                              struct error *err)
{
	*import = (struct places_import){.name = name, .valid_on = PLACES_DAY_UNKNOWN, .now_s = 1750000000};
	return places_take(stage->places, file, import, err);
}

void places_stage_demand(struct places_stage *stage, const char *name, const char *text)
{
	struct places_import import;
	struct error err = {0};
	cr_assert_eq(places_stage_take(stage, name, span_from_text(text), &import, &err), STATUS_OK, "%s: %s", name, err.message);
}
