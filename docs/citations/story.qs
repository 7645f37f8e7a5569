CREATE
LAST	Len	"[Summary of reporting on North Korean soldiers in Kursk Oblast, as of 12 January 2025]"
LAST	Den	"report, 2025-01-12"
LAST	P1476	en:"[Summary of reporting on North Korean soldiers in Kursk Oblast, as of 12 January 2025]"
LAST	P577	+2025-01-12T00:00:00Z/11
LAST	P407	Q1860
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…1/versions/1"
CREATE
LAST	Len	"Ukraine is ready to hand captured North Korean soldiers over to Kim Jong Un if Ukrainians held in Russia are exchanged for them: not assessed"
LAST	Den	"Claim record, 2025-01-13"
LAST	P31	Q36774
LAST	P1476	en:"Ukraine is ready to hand captured North Korean soldiers over to Kim Jong Un if Ukrainians held in Russia are exchanged for them: not assessed"
LAST	P2093	"Attest"
LAST	P577	+2025-01-13T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…1/versions/1"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…1/versions/1"
CREATE
LAST	Len	"Ukraine has captured two North Korean soldiers in Russia's Kursk region: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	Den	"Claim record, 2025-01-12"
LAST	P31	Q36774
LAST	P1476	en:"Ukraine has captured two North Korean soldiers in Russia's Kursk region: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	P2093	"Attest"
LAST	P577	+2025-01-12T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…2/versions/2"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…2/versions/2"
CREATE
LAST	Len	"The two soldiers are the first North Koreans to be captured since North Korea's involvement in the war was reported: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	Den	"Claim record, 2025-01-12"
LAST	P31	Q36774
LAST	P1476	en:"The two soldiers are the first North Koreans to be captured since North Korea's involvement in the war was reported: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	P2093	"Attest"
LAST	P577	+2025-01-12T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…3/versions/2"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…3/versions/2"
CREATE
LAST	Lmul	"[Interrogation of two captured North Korean soldiers]"
LAST	Den	"Video"
LAST	P1476	und:"[Interrogation of two captured North Korean soldiers]"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…4/versions/1"
CREATE
LAST	Len	"One of the two captured North Korean soldiers would stay in Ukraine: not assessed"
LAST	Den	"Claim record, 2025-01-13"
LAST	P31	Q36774
LAST	P1476	en:"One of the two captured North Korean soldiers would stay in Ukraine: not assessed"
LAST	P2093	"Attest"
LAST	P577	+2025-01-13T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…4/versions/1"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…4/versions/1"
CREATE
LAST	Len	"The other of the two captured North Korean soldiers would go home if ordered to: not assessed"
LAST	Den	"Claim record, 2025-01-13"
LAST	P31	Q36774
LAST	P1476	en:"The other of the two captured North Korean soldiers would go home if ordered to: not assessed"
LAST	P2093	"Attest"
LAST	P577	+2025-01-13T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…5/versions/1"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…5/versions/1"
CREATE
LAST	Len	"About 11,000 North Korean soldiers are deployed in Russia's Kursk region to support Moscow: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	Den	"Claim record, 2025-01-12"
LAST	P31	Q36774
LAST	P1476	en:"About 11,000 North Korean soldiers are deployed in Russia's Kursk region to support Moscow: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	P2093	"Attest"
LAST	P577	+2025-01-12T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…6/versions/2"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…6/versions/2"
CREATE
LAST	Len	"North Korean soldiers have suffered heavy losses fighting for Russia: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	Den	"Claim record, 2025-01-12"
LAST	P31	Q36774
LAST	P1476	en:"North Korean soldiers have suffered heavy losses fighting for Russia: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	P2093	"Attest"
LAST	P577	+2025-01-12T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…7/versions/2"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…7/versions/2"
CREATE
LAST	Len	"North Korean losses are due to a lack of modern combat experience and to poor use of the soldiers by Russian command: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	Den	"Claim record, 2025-01-12"
LAST	P31	Q36774
LAST	P1476	en:"North Korean losses are due to a lack of modern combat experience and to poor use of the soldiers by Russian command: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	P2093	"Attest"
LAST	P577	+2025-01-12T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…8/versions/2"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…8/versions/2"
CREATE
LAST	Len	"About 300 North Korean soldiers have been killed and about 2,700 wounded: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	Den	"Claim record, 2025-01-12"
LAST	P31	Q36774
LAST	P1476	en:"About 300 North Korean soldiers have been killed and about 2,700 wounded: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	P2093	"Attest"
LAST	P577	+2025-01-12T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…9/versions/2"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…9/versions/2"
CREATE
LAST	Len	"North Korean soldiers were told to kill themselves rather than be captured: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	Den	"Claim record, 2025-01-12"
LAST	P31	Q36774
LAST	P1476	en:"North Korean soldiers were told to kill themselves rather than be captured: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	P2093	"Attest"
LAST	P577	+2025-01-12T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…10/versions/2"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…10/versions/2"
CREATE
LAST	Len	"North Korean soldiers who avoid capture were promised rewards such as membership of the Workers' Party of Korea: not assessed"
LAST	Den	"Claim record, 2025-01-13"
LAST	P31	Q36774
LAST	P1476	en:"North Korean soldiers who avoid capture were promised rewards such as membership of the Workers' Party of Korea: not assessed"
LAST	P2093	"Attest"
LAST	P577	+2025-01-13T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…11/versions/1"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…11/versions/1"
CREATE
LAST	Len	"North Korean captives who are unwilling to return may be offered the chance to tell the truth about the war in Korean: not assessed"
LAST	Den	"Claim record, 2025-01-13"
LAST	P31	Q36774
LAST	P1476	en:"North Korean captives who are unwilling to return may be offered the chance to tell the truth about the war in Korean: not assessed"
LAST	P2093	"Attest"
LAST	P577	+2025-01-13T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…12/versions/1"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…12/versions/1"
CREATE
LAST	Len	"The captives have not asked to go to South Korea: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	Den	"Claim record, 2025-01-12"
LAST	P31	Q36774
LAST	P1476	en:"The captives have not asked to go to South Korea: unconfirmed, according to 01-story-january-2025.json, imported by Attest seed desk"
LAST	P2093	"Attest"
LAST	P577	+2025-01-12T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…13/versions/2"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…13/versions/2"
CREATE
LAST	Len	"South Korea is willing to cooperate with Ukraine if asked: not assessed"
LAST	Den	"Claim record, 2025-01-13"
LAST	P31	Q36774
LAST	P1476	en:"South Korea is willing to cooperate with Ukraine if asked: not assessed"
LAST	P2093	"Attest"
LAST	P577	+2025-01-13T00:00:00Z/11
LAST	P407	Q1860
LAST	P953	"https://factcheck.example/api/v1/claims/clm_…14/versions/1"
LAST	P973	"https://factcheck.example/api/v1/claims/clm_…14/versions/1"
